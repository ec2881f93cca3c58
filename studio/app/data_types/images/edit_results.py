"""What came of an edit: its images, what is known of them, and what can be done with one."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core.data_type import Kind
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.data.tile_grid import TileGrid
from pushforward.studio.app.data_types.images.edit_captions import Edited
from pushforward.studio.app.design.basic import Elided, button, column, label, row, section

__all__ = ["EditResults"]


class EditResults(QWidget):
    """Grid of results with a current one.

    Signals: picked: another one is current. wanted: edit the current one further. browsed: show all
    in Samples.
    """

    picked = Signal()
    wanted = Signal()
    browsed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.found: Edited | None = None
        self._at = 0
        self.tiles = TileGrid("Result")
        self.tiles.setMinimumHeight(132)
        self.tiles.picked.connect(self._pick)
        self.said = label("", "small", wrap=True)
        self.facts = Elided("", "small", middle=True)
        use = button("Edit this", self.wanted.emit, kind="chip", tip="Use as input")
        copy = button("Copy", self._copy, kind="chip", tip="Copy image")
        show = button("Browse", self.browsed.emit, kind="chip", tip="Show all in Samples")
        self._use, self._show = use, show
        self._does: tuple[QWidget, ...] = (use, copy, show)
        column(
            row(section("Results"), None, use, copy, show),
            self.tiles,
            self.said,
            self.facts,
            parent=self,
            gap=6,
        )

    @property
    def image(self) -> NDArray[np.float32] | None:
        """The one that is looked at, (C, H, W)."""
        return None if self.found is None else self.found.images[self._at]

    @property
    def is_other(self) -> bool:
        """Whether the one that is looked at is of what the image was to become."""
        return self.found is not None and self.found.others[self._at]

    def take(self, found: Edited | None) -> None:
        """Take what came of something else, None for nothing; `show_tiles` shows it."""
        self.found, self._at = found, 0 if found is None else found.first

    def show_tiles(self, kind: Kind, run: RunState | None, *, awaited: str) -> None:
        """Show what there is of a run, or what is to be done for it. ``awaited`` is what is on its
        way, "" for nothing.
        """
        found = self.found
        for each in self._does:
            each.setVisible(found is not None)
        if found is not None:
            self._use.setVisible(not found.task.drawn)  # it takes no image
            self._show.setVisible(bool(found.name))  # a preview is not stored
        self.facts.setVisible(found is not None)
        self.said.setText(found.said if found is not None else "")
        self.said.setVisible(bool(self.said.text()))
        if found is None:
            message = f"{awaited} is loading." if awaited else ""
            message = message or "The result appears here after Apply."
            self.tiles.show_tiles(None, message=message)
            self.facts.set_text("")
            return
        tiles = kind.tiles({"x": found.images})
        self.tiles.show_tiles(tiles, noun=kind.one, words=list(found.names))
        self.tiles.select(self._at)
        self.facts.set_text(found.facts(run))
        self.facts.set_more(found.note)

    def _pick(self, place: int) -> None:
        if place >= 0 and self.found is not None:
            self._at = place
            self.picked.emit()

    def _copy(self) -> None:
        self.tiles.copy_rows(np.array([self._at]))
