"""Tiles that fade from one record into the next."""

import numpy as np
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from pushforward.studio.app.core.data_type import Tiles
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.data.tile_grid import TileGrid


def of_brightness(value: float) -> Tiles:
    return kind("images").tiles({"x": np.full((9, 1, 8, 8), value, np.float32)})


def brightness(grid: TileGrid) -> float:
    """Return the brightness of the middle of the first tile, 0 to 255."""
    image = grid.viewport().grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    ratio = image.devicePixelRatio()
    middle = grid.area(0).center() * ratio
    return float(image.pixelColor(round(middle.x()), round(middle.y())).lightness())


def shown(qtbot: QtBot) -> TileGrid:
    grid = TileGrid("Tiles")
    qtbot.addWidget(grid)
    grid.resize(300, 300)
    grid.show_tiles(of_brightness(-1.0))
    grid.show()
    QApplication.processEvents()
    return grid


def test_tiles_fade_from_what_they_showed(qtbot: QtBot) -> None:
    grid = shown(qtbot)
    dark = brightness(grid)
    grid.show_tiles(of_brightness(1.0), smooth=True)
    assert grid.fading
    seen = []
    while grid.fading:
        seen.append(brightness(grid))
        QApplication.processEvents()
    bright = brightness(grid)
    assert bright > dark + 200
    assert seen == sorted(seen)
    assert any(dark + 20 < each < bright - 20 for each in seen)


def test_what_the_person_does_is_seen_at_once(qtbot: QtBot) -> None:
    grid = shown(qtbot)
    grid.show_tiles(of_brightness(1.0), smooth=True)
    grid.select(3)
    assert not grid.fading


def test_other_tiles_do_not_fade(qtbot: QtBot) -> None:
    grid = shown(qtbot)
    grid.show_tiles(kind("images").tiles({"x": np.ones((4, 1, 8, 8), np.float32)}), smooth=True)
    assert not grid.fading
    grid.hide()
    grid.show_tiles(kind("images").tiles({"x": np.ones((4, 1, 8, 8), np.float32)}), smooth=True)
    assert not grid.fading
