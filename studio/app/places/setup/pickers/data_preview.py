"""What data look like before anything moves: points in their plane, others as tiles."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.charts.point_picture import PointsPreview
from pushforward.studio.app.core.data_type import Arrays, Kind
from pushforward.studio.app.data.tile_grid import TileGrid
from pushforward.studio.app.design.basic import column

__all__ = ["DataPreview"]

TILES = 60


class DataPreview(QWidget):
    """Only to be looked at: it takes neither the mouse nor the keyboard."""

    def __init__(self) -> None:
        super().__init__()
        self.points = PointsPreview()
        self.tiles = TileGrid("The data")
        self.tiles.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.tiles.hide()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        column(self.points, self.tiles, parent=self, gap=None)

    def show_data(
        self,
        x: NDArray[np.float32] | None,
        kind: Kind,
        columns: tuple[str, ...],
        message: str,
        parts: Arrays | None = None,
    ) -> None:
        """Show some of the data, (n, ...), or say ``message`` where there are none; ``parts`` is
        what else there is of each, its class by its name.
        """
        tiled = x is not None and kind.layout != "plane"
        self.points.setVisible(not tiled)
        self.tiles.setVisible(tiled)
        if x is not None and tiled:
            self.tiles.setAccessibleName(f"{kind.moving.capitalize()} of the data")
            shown = kind.some(x, parts or {}, columns, min(TILES, kind.page))
            self.tiles.show_tiles(kind.tiles(shown), noun=kind.moving)
        else:
            self.points.show_points(x, columns, message)
