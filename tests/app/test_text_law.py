"""What a model weighed of each character of a text: said, drawn, pointed at."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from pytestqt.qtbot import QtBot

from pushforward.studio.app.data.tile_grid import TileGrid
from pushforward.studio.app.data.tile_loading import Browsed
from pushforward.studio.app.data.tile_parts import TileParts
from pushforward.studio.app.data_types.texts.token_predictions import LawTiles, scene, step
from pushforward.studio.app.data_types.texts.type import KIND, pieces
from pushforward.studio.app.design.tokens import DARK, LIGHT
from pushforward.studio.app.lenses.explain.step_pictures import StepPictures
from pushforward.studio.protocol.extras import CANDIDATES, CHANCES, WRITTEN
from tests.app.test_text_tiles import near, numbers, painted

RECT = QRectF(0, 0, 400, 50)


def told(text: str, laws: dict[int, dict[str, float]]) -> dict[str, np.ndarray]:
    """Return one text in which places have laws of two characters."""
    ids, chances = np.zeros((1, len(text), 2), np.uint8), np.zeros((1, len(text), 2), np.float16)
    for place, law in laws.items():
        ids[0, place] = list(map(ord, law))
        chances[0, place] = list(law.values())
    written = np.zeros((1, len(text), 2), np.float32)
    return {"x": numbers(text), WRITTEN: written, CANDIDATES: ids, CHANCES: chances}


BEFORE = told("ca___", {0: {"c": 0.9, "k": 0.1}})
AFTER = told("ca_t_", {0: {"c": 0.9, "k": 0.1}, 2: {"r": 0.6, "l": 0.4}, 3: {"s": 0.7, "t": 0.3},
                       4: {" ": 0.996, "e": 0.004}})  # fmt: skip


def test_it_is_said_with_its_place_and_what_stands_there():
    tiles = pieces(AFTER)
    what = tiles.weighed(0, 3)
    assert (what.title, what.chosen) == ("Character 4, t", 1)
    assert what.shares == (("s", pytest.approx(0.7, abs=1e-3)), ("t", pytest.approx(0.3, abs=1e-3)))
    masked = tiles.weighed(0, 4)
    assert masked.title == "Character 5, masked"
    assert [name for name, _ in masked.shares] == ["space"], "less than half a hundredth is nothing"
    assert tiles.weighed(0, 1) is None, "nothing was ever asked of it"
    assert pieces({"x": numbers("cat")}).weighed(0, 1) is None, "a record of an earlier version"
    assert Browsed(KIND, AFTER).weighed(0, 3) == what


def test_each_character_is_found_where_it_is():
    tiles = pieces(AFTER)
    areas = [tiles.part_area(RECT, 0, part) for part in range(tiles.parts(0))]
    assert [tiles.part_at(RECT, 0, area.center()) for area in areas] == [0, 1, 2, 3, 4]
    assert tiles.part_at(RECT, 0, QPointF(399.9, 0.1)) == -1


def test_a_step_asks_only_of_what_changes_or_is_not_there_yet():
    first, law, last = step(BEFORE, AFTER)
    assert [each.title for each in (first, law, last)] == [
        "Before", "Prediction", "Sampled",
    ]  # fmt: skip
    assert isinstance(law.tiles, LawTiles)
    assert law.tiles.asked[0].tolist() == [False, False, True, True, True]
    assert law.tiles.describe(0) == "cars "
    assert law.tiles.weighed(0, 0) is None
    # A character stands above its law.
    tall = QRectF(0, 60, 400, 200)
    for part in range(5):
        above, below = first.tiles.part_area(RECT, 0, part), law.tiles.part_area(tall, 0, part)
        assert (above.left(), above.width()) == pytest.approx((below.left(), below.width()))
    bare = [{name: each[name] for name in ("x", WRITTEN)} for each in (BEFORE, AFTER)]
    assert [each.title for each in step(*bare)] == ["Before", "Sampled"]


def test_a_law_that_changes_is_one_that_was_asked_for():
    other = told("ca___", {0: {"c": 0.5, "k": 0.5}})
    assert step(BEFORE, other)[1].tiles.asked[0].tolist() == [True] + [False] * 4
    assert not step(BEFORE, BEFORE)[1].tiles.asked[0].any(), "what is not asked is not weighed"


def test_a_stage_shows_what_is_left_and_where_the_model_would_be_right():
    real, law = numbers("cat"), {name: AFTER[name][:, 1:4] for name in (CANDIDATES, CHANCES)}
    assert [each.title for each in scene({"real": real})] == ["The data"]
    titles = [each.title for each in scene({"real": real, "particles": numbers("c__")})]
    assert titles == ["The data", "Noised input"]
    left, said, was = scene({"real": real, "particles": numbers("c__"), **law})
    assert left.title == "Noised input"
    assert said.tiles.asked[0].tolist() == [False, True, True]
    sure = was.tiles.arrays[WRITTEN][0, :, 0]
    assert sure == pytest.approx([0.0, 0.0, 0.3], abs=1e-3), "of t, and neither of c nor of a"
    # One that writes in order reads the text itself.
    assert scene({"real": real, **law})[0].tiles.asked.all()


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=lambda p: p.name)
def test_bars_are_as_long_as_characters_are_likely(qapp, palette):
    def blue(chance: float) -> int:
        law = told("_____", {2: {"r": chance, "l": 0.2}})
        tiles = step(told("_____", {}), law)[1].tiles
        pixels, bare = painted(tiles, palette), painted(pieces(told("_____", {})), palette)
        assert pixels.shape == bare.shape
        ground = painted(step(told("_____", {}), told("_____", {}))[1].tiles, palette)
        return int((pixels != ground).any(axis=-1).sum())

    assert blue(0.3) < blue(0.5) < blue(0.8)
    drawn = step(told("_____", {}), told("__r__", {2: {"r": 0.8, "l": 0.2}}))[1].tiles
    still = step(told("_____", {}), told("_____", {2: {"r": 0.8, "l": 0.2}}))[1].tiles
    assert near(painted(drawn, palette), palette.text) > near(painted(still, palette), palette.text)


def test_pointing_walking_and_letting_go(qtbot: QtBot):
    grid = TileGrid("Texts")
    parts = TileParts(grid)
    qtbot.addWidget(grid)
    grid.resize(420, 240)
    grid.show_tiles(pieces(AFTER))
    grid.show()
    qtbot.waitExposed(grid)

    def place(part: int):
        return grid.tiles.part_area(grid.area(0), 0, part).center().toPoint()

    qtbot.mouseMove(grid.viewport(), place(3))
    qtbot.waitUntil(lambda: parts.part == (0, 3))
    assert parts.card.isVisible()
    assert parts.card.accessibleName() == "Character 4, t: s 0.70, t 0.30"
    qtbot.mouseMove(grid.viewport(), place(1))
    qtbot.waitUntil(lambda: not parts.card.isVisible())
    qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=place(3))
    parts._look(None)  # the mouse leaves
    assert parts.part == (0, 3)
    assert parts.card.isVisible()
    qtbot.keyClick(grid, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert parts.card.accessibleName() == "Character 3, masked: r 0.60, l 0.40"
    assert grid.accessibleDescription() == parts.card.accessibleName()
    grid.show_tiles(pieces(BEFORE))  # the clocks moved: nothing was asked there yet
    assert not parts.card.isVisible()
    grid.show_tiles(pieces(AFTER))
    assert parts.card.isVisible()
    qtbot.keyClick(grid, Qt.Key.Key_Escape)
    assert parts.part is None
    assert not parts.card.isVisible()
    parts.hold((0, 3))
    grid.show_tiles(pieces({"x": numbers("ca")}))
    assert not parts.card.isVisible(), "a shorter text has no such place"
    grid.hide()


def test_pictures_are_as_high_as_they_are_wide_and_no_more_than_there_is(qtbot: QtBot):
    pictures = StepPictures()
    qtbot.addWidget(pictures)
    pictures.resize(420, 600)
    pictures.show_pictures(KIND, step(BEFORE, AFTER))
    pictures.show()
    assert pictures.titles == ["Before", "Prediction", "Sampled"]
    heights = [grid.height() for grid in pictures.grids]
    assert heights[0] == heights[2] < 80
    assert 3 * heights[0] < heights[1] < 240
    pictures.show_pictures(KIND, scene({"real": numbers("cat")}))
    assert pictures.titles == ["The data"]
