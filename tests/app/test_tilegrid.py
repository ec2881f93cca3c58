"""A grid that is browsed paints its tiles bit by bit: what is on the screen is what it shows."""

import time
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QApplication

from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.data.tile_grid import LARGEST, TileGrid
from pushforward.studio.app.data.tile_loading import Browsed
from pushforward.studio.app.data.tile_paint import fitting
from pushforward.studio.app.design.theme import font
from pushforward.studio.app.design.tokens import Tokens

N, SLOW = 40, 0.002  # tiles, and seconds that one takes: fewer than half a row in a moment
RED, BLUE = "#ff0000", "#0000ff"


class Plain:
    """Tiles of one colour that take a while to paint."""

    aspect = 1.0

    def __init__(self, colour: str) -> None:
        self.colour = colour

    def __len__(self) -> int:
        return N

    def paint(self, painter: QPainter, rect: QRectF, row: int, palette: Tokens) -> None:
        time.sleep(SLOW)
        painter.fillRect(rect, QColor(self.colour))

    def said(self, row: int) -> str:
        return ""


@pytest.fixture
def grid(qapp: QApplication) -> Iterator[TileGrid]:
    made = TileGrid("Data", browsed=True)
    made.resize(500, 330)
    made.show()
    qapp.processEvents()
    yield made
    made.close()
    made.deleteLater()


def on_screen(grid: TileGrid) -> list[str]:
    """Return the colours of the middle of each tile as they are on the screen, and not as they
    would be if all were painted anew.
    """
    screen = QApplication.primaryScreen().grabWindow(grid.winId())
    image, scale = screen.toImage(), screen.devicePixelRatio()
    found = []
    for row in range(N):
        at = grid.viewport().mapTo(grid, grid.area(row).center().toPoint())
        if grid.viewport().geometry().contains(at):
            found.append(image.pixelColor(round(at.x() * scale), round(at.y() * scale)).name())
    return found


def settled(grid: TileGrid) -> list[str]:
    """Return what is on the screen when nobody has anything to paint any more."""
    seen = []
    QApplication.processEvents()
    while grid.waiting:
        seen += on_screen(grid)
        QApplication.processEvents()
    QApplication.processEvents()
    return seen


def test_no_tile_stays_as_it_was_before(grid: TileGrid) -> None:
    """Data in the place of as many others: of these nothing is seen any more, and of those all
    come, with nobody scrolling.
    """
    for colour, other in ((RED, BLUE), (BLUE, RED), (RED, BLUE)):
        grid.show_tiles(Plain(colour))
        meanwhile = settled(grid)
        assert on_screen(grid) == [colour] * N
        assert set(meanwhile) - {colour}, "tiles were empty before they were painted"
        assert other not in meanwhile


def test_tiles_come_of_which_a_part_was_painted_meanwhile(grid: TileGrid) -> None:
    grid.zoom(90)
    grid.show_tiles(Plain(RED))
    QApplication.processEvents()
    bar = grid.verticalScrollBar()
    for by in (20, 45, 20, 130):
        bar.setValue(bar.value() + by)
        grid.viewport().update(QRect(0, 30, 300, 50))  # as something that lay over it does
        QApplication.processEvents()
    settled(grid)
    assert set(on_screen(grid)) == {RED}


def test_pictures_are_kept_until_the_next_ones_of_the_same_data_only() -> None:
    x = np.zeros((6, 1, 4, 4), np.float32)
    label = np.array(["one", "two"] * 3)
    images = kind("images")
    tiles = Browsed(images, {"x": x, "label": label})
    assert tiles == Browsed(images.looking(""), {"x": x, "label": label.copy()})
    assert tiles != Browsed(images, {"x": x, "label": label[::-1]})
    assert tiles != Browsed(images, {"x": x.copy(), "label": label})
    assert tiles != Browsed(images, {"x": x})
    jets = kind("jets")
    look = next(iter(jets.looks))
    assert Browsed(jets, {"x": x}) != Browsed(jets.looking(look), {"x": x})


def test_words_below_a_tile_keep_off_those_of_the_next(qapp: QApplication) -> None:
    """Masses below small tiles were printed over each other; half a number is another one."""
    metrics = QFontMetrics(font(11))

    def room(text: str) -> int:
        return metrics.horizontalAdvance(text)

    assert fitting("207 GeV", metrics, room("207 GeV")) == "207 GeV"
    assert fitting("207 GeV", metrics, room("207 GeV") - 1) == "207"
    assert fitting("207 GeV", metrics, room("207") - 1) == ""
    assert fitting("178 GeV 0.51", metrics, room("178 GeV 0.5")) == "178 GeV"
    cut = fitting("light quark", metrics, room("light quark") - 8)
    assert cut.endswith("…")
    assert len(cut) > 6
    assert fitting("", metrics, 5) == ""


def test_a_tile_is_large_enough_to_be_read_and_small_enough_to_be_seen_whole(
    grid: TileGrid,
) -> None:
    """At 1280 x 720 a page of 36 jets had tiles of 36 pixels, and the largest was cut off."""
    grid.show_tiles(Plain(RED), page=36)
    assert grid.tile_height < 60
    grid.show_tiles(Plain(RED), page=36, least=60)
    assert 60 <= grid.tile_height < 90
    grid.zoom(LARGEST)
    assert grid.area(0).height() == grid.tile_height
    assert grid.viewport().rect().contains(grid.area(0).toRect())
    assert grid.in_sight() == (0, 1)


def test_the_words_of_an_empty_strip_have_all_of_its_width(qapp: QApplication) -> None:
    made = TileGrid("Others", strip=True)
    made.resize(400, 84)
    made.show_tiles(None, message="Choose the end of the path: a real sample or a file.")
    made.show()
    qapp.processEvents()
    assert made.viewport().width() > 380
    made.close()
    made.deleteLater()
