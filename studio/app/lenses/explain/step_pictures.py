"""The pictures of a step, one below the other, each with its title."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core.data_type import Kind, TitledTiles
from pushforward.studio.app.data.tile_grid import TileGrid
from pushforward.studio.app.data.tile_paint import GAP
from pushforward.studio.app.data.tile_parts import TileParts
from pushforward.studio.app.design.basic import column, label

__all__ = ["StepPictures"]

BETWEEN = 2  # pixels between a title and its picture


class StepPictures(QWidget):
    """Pictures have the height that their tiles want, and no more than there is."""

    def __init__(self) -> None:
        super().__init__()
        self._body = column(None, parent=self, gap=4)
        self._rows: list[_Row] = []

    @property
    def titles(self) -> list[str]:
        """What the pictures are of that are shown."""
        return [each.title.text() for each in self._rows if not each.isHidden()]

    @property
    def grids(self) -> list[TileGrid]:
        """The pictures that are shown."""
        return [each.grid for each in self._rows if not each.isHidden()]

    def show_pictures(self, kind: Kind, pictures: Sequence[TitledTiles]) -> None:
        """Show pictures of data of a kind."""
        while len(self._rows) < len(pictures):
            self._rows.append(_Row())
            self._body.insertWidget(len(self._rows) - 1, self._rows[-1])
        for i, each in enumerate(self._rows):
            each.setVisible(i < len(pictures))
            if i < len(pictures):
                each.tell(kind, pictures[i])
        self._share_out()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_out()

    def _share_out(self) -> None:
        """Give each picture the height that its width asks for, and less where there is not enough
        for all: what is left is free below them.
        """
        shown = [each for each in self._rows if not each.isHidden()]
        for each in shown:
            high = round((self.width() - 2 * GAP) / each.aspect) + 2 * GAP
            each.setMaximumHeight(each.title.sizeHint().height() + BETWEEN + high)
            self._body.setStretch(self._body.indexOf(each), round(100 / each.aspect))


class _Row(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.aspect = 1.0
        self.title = label("", "small")
        self.grid = TileGrid("")
        self.grid.setMinimumHeight(32)
        self.parts = TileParts(self.grid)
        column(self.title, (self.grid, 1), parent=self, gap=BETWEEN)
        self.grid.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def tell(self, kind: Kind, picture: TitledTiles) -> None:
        """Show one picture."""
        self.aspect = picture.tiles.aspect
        self.title.setText(picture.title)
        self.grid.setAccessibleName(picture.title)
        self.grid.show_tiles(picture.tiles, noun=kind.moving)
