"""Texts on the screen: read, as sure as the model was, and what is not there yet."""

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.data_types.texts.type import KIND, pieces, spelled
from pushforward.studio.app.design.tokens import DARK, LIGHT
from pushforward.studio.protocol.extras import WRITTEN


def numbers(*texts: str) -> np.ndarray:
    return np.array([[0 if c == "_" else ord(c) for c in text] for text in texts])


def drawn(arrays, palette=DARK, width=300, height=150, row=0) -> np.ndarray:
    return painted(pieces(arrays), palette, width, height, row)


def painted(tiles, palette=DARK, width=300, height=150, row=0) -> np.ndarray:
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    with QPainter(image) as painter:
        tiles.paint(painter, QRectF(0, 0, width, height), row, palette)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(height, width, 4)
    return pixels[..., 2::-1].astype(int)


def near(pixels: np.ndarray, colour: str, within: float = 30.0) -> int:
    wanted = np.array(QColor(colour).getRgb()[:3])
    return int((np.abs(pixels - wanted).max(axis=-1) < within).sum())


def test_a_text_is_said_and_what_is_missing_is_a_box():
    assert spelled({"x": numbers("ab _c")[0]}) == "ab □c"
    assert spelled({"x": np.array([0x202E, 97])}) != "\u202ea", "nothing turns the line around"
    assert kind("texts") is KIND


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=lambda p: p.name)
def test_sure_characters_are_blue_and_unsure_ones_warm(qapp, palette):
    x = numbers("mmmmmmmm")
    for chance, ink, other in (
        (1.0, palette.accent, palette.warm),
        (0.1, palette.warm, palette.accent),
    ):
        written = np.zeros((1, 8, 2))
        written[..., 0] = chance
        pixels = drawn({"x": x, WRITTEN: written}, palette)
        assert near(pixels, ink) > 20
        assert near(pixels, other) == 0


def test_what_was_just_written_has_an_outline(qapp):
    x, written = numbers("iiiiiiii"), np.zeros((1, 8, 2))
    written[..., 0] = 1.0
    before = drawn({"x": x, WRITTEN: written})
    written[0, 3, 1] = 1.0
    changed = (drawn({"x": x, WRITTEN: written}) != before).any(axis=(0, 2)).nonzero()[0]
    assert len(changed) > 10
    assert changed.max() - changed.min() < 300 / 4


def test_masked_places_are_blocks_and_blanks_are_not(qapp):
    masked, blank = drawn({"x": numbers("____")}), drawn({"x": numbers("    ")})
    assert near(masked, DARK.line, 3) > 5000
    assert near(blank, DARK.line, 3) == 0


def test_small_tiles_are_dashes_and_broken_numbers_are_nothing(qapp):
    dashes = drawn({"x": numbers("ab cd" * 12)}, width=40, height=20)
    assert near(dashes, DARK.text) > 30
    broken = np.array([[np.nan, np.inf, -5.0, 1e12]])
    assert near(drawn({"x": broken}), DARK.line, 3) > 5000


def test_texts_can_be_sorted_by_their_words_and_found_by_their_characters():
    arrays = {"x": numbers("a bee sea", "abcdefghi")}
    assert KIND.measures(arrays)["Words"].tolist() == [3, 1]
    assert KIND.measures(arrays)["Longest word"].tolist() == [3, 9]
    written = np.full((2, 9, 2), 0.5)
    assert KIND.measures({**arrays, WRITTEN: written})["Sureness"].tolist() == [0.5, 0.5]
    assert KIND.apart is not None
    far = KIND.apart({"x": numbers("abcdefghi")[0]}, {"x": numbers("abcdefghi", "abcdxxxxi")})
    assert far == pytest.approx([0.0, 2.0])
    assert KIND.facts(arrays["x"], (), {"alphabet": "abc"}) == (
        "2 texts of 9 characters · 3 different characters"
    )
