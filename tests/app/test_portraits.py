"""Portraits: what stands for a run in a picture where nothing of it moves."""

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from pushforward.studio.app.core.data_type_registry import all_kinds, kind
from pushforward.studio.app.design.tokens import DARK, LIGHT
from pushforward.studio.formats.cubes.palette import class_colours

WIDE, HIGH = 300, 100


def drawn(slug, arrays, palette=DARK):
    """Return the pixels (HIGH, WIDE) of a portrait as ARGB."""
    image = QImage(WIDE, HIGH, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    with QPainter(image) as painter:
        kind(slug).portrait.paint(painter, QRectF(0, 0, WIDE, HIGH), arrays, palette)
    pixels = np.frombuffer(image.constBits(), np.uint32)
    return pixels.reshape(HIGH, WIDE).copy()


@pytest.mark.parametrize("each", [k for k in all_kinds() if k.portrait], ids=lambda k: k.slug)
def test_what_a_portrait_asks_for_is_an_operator_of_that_kind(each):
    pytest.importorskip("torch")
    from pushforward.models.operators import classify_scene, recommend  # noqa: F401
    from pushforward.models.registry import registry

    entry = registry.get("operator", each.portrait.operator)
    assert not entry.kinds or each.slug in entry.kinds
    slots = {slot.name for slot in entry.takes}
    assert each.portrait.hands.keys() <= slots
    assert bool(each.portrait.hands) == bool(each.portrait.rows)


def test_a_scene_is_seen_beside_what_is_known_and_what_is_said():
    truth = np.zeros((10, 10), np.int16)
    truth[:5] = 1
    said = np.full((10, 10), 2, np.int16)
    arrays = {"colours": np.full((10, 10, 3), 200, np.uint8), "truth": truth, "map": said}
    pixels = drawn("cubes", arrays)
    first, second = (QColor(*ink).rgb() for ink in class_colours(2))
    scene, known, map_ = (pixels[:, left + 40] for left in (0, 106, 200))
    assert scene[50] == QColor(200, 200, 200).rgb()
    # What nobody knows shows the card.
    assert (known[20], known[80]) == (first, 0)
    assert map_[50] == second


def test_a_recommender_is_seen_by_a_history_and_what_comes_next():
    names = np.array([f"Film number {i}" for i in range(1, 31)])
    arrays = {"x": np.array([[3, 4, 5, 0]]), "item": np.array([[7, 8, 9]]), "columns": names}
    dark, light = (drawn("interactions", arrays, palette) for palette in (DARK, LIGHT))
    assert (dark[:, : WIDE // 2] != 0).any()
    assert (dark[:, WIDE // 2 :] != 0).any()
    assert (dark != light).any()
    # The best comes first, in the colour of the accent.
    accent = QColor(DARK.accent)
    blue = np.argwhere((dark & 0xFFFFFF) == (accent.rgb() & 0xFFFFFF))
    assert len(blue)
    assert blue[:, 1].min() > WIDE / 2
    # Without a title there is a number.
    assert (drawn("interactions", {**arrays, "columns": np.array([])}) != 0).any()
