"""The samples lens of images: generated pictures beside data, with the numbers below."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from studio.app.actions import Actions
from studio.app.plots.export import Picture, widget_picture
from studio.app.plots.sampled import Sampled, Shown
from studio.app.state.session import AppState
from studio.app.viewspec import ViewSpec, shows
from studio.app.widgets.basic import button, icon_button, label, row, section
from studio.app.widgets.heldchip import held_chip
from studio.app.widgets.overlays import EmptyState
from studio.app.widgets.picturegrid import PictureGrid
from studio.app.widgets.qualities import Qualities

__all__ = ["VIEW", "Pages", "PictureSamplesView"]

PAGE = 64
TARGET = 512  # pictures of the data that are fetched to be browsed
FILTERS = "NumPy (*.npz);;HDF5 (*.h5)"


class Pages(QWidget):
    """Pictures by the page, with a line above that says which."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._images: NDArray[np.float32] | None = None
        self._page = 0
        self._message = ""
        self.grid = PictureGrid(f"{title} pictures")
        self._where = label("", "small")
        before, after = f"{title}: the page before", f"{title}: the next page"
        self.before = icon_button("chevron-left", before, lambda: self.turn(-1))
        self.after = icon_button("chevron-right", after, lambda: self.turn(1))
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(4)
        body.addLayout(row(section(title), None, self._where, self.before, self.after, gap=4))
        body.addWidget(self.grid, 1)
        self.grid.picked.connect(self.grid.select)

    def show_pictures(self, images: NDArray[np.float32] | None, message: str) -> None:
        """Show other pictures, from their first page."""
        self._images, self._message, self._page = images, message, 0
        self.turn(0)

    def turn(self, by: int) -> None:
        """Turn so many pages."""
        images = self._images
        n = 0 if images is None else len(images)
        last = max(0, (n - 1) // PAGE)
        self._page = min(last, max(0, self._page + by))
        first = self._page * PAGE
        self.grid.select(-1)
        part = None if images is None else images[first : first + PAGE]
        self.grid.show_pictures(part, message=self._message)
        self.before.setEnabled(self._page > 0)
        self.after.setEnabled(self._page < last)
        self._where.setText(f"{first + 1:,}-{min(n, first + PAGE):,} of {n:,}" if n else "")


class PictureSamplesView(QWidget):
    """Generated and data side by side, both by the page."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self._drawn: NDArray[np.float32] | None = None
        self._asked = ""
        self.made, self.data = Pages("Generated"), Pages("Data")
        self._origin = label("", "muted")
        self._numbers = Qualities(state)
        self._empty = EmptyState(self)
        self._sampled = Sampled(self, state, actions, PAGE)
        sample = button("Sample now", actions.training.sample, tip="Draw new samples into the run")
        export = button("Export", self._export, tip="Write samples to a file", icon="export")
        self._drawn_ones = held_chip(self._sampled)
        self._head = row(self._origin, None, self._drawn_ones, sample, export)
        halves = QHBoxLayout()
        halves.setSpacing(20)
        halves.addWidget(self.made, 1)
        halves.addWidget(self.data, 1)
        body = QVBoxLayout(self)
        body.setContentsMargins(16, 8, 16, 12)
        body.setSpacing(8)
        body.addLayout(self._head)
        body.addLayout(halves, 1)
        body.addWidget(self._numbers)
        self.setProperty("surface", "canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._sampled.shown.connect(self._show)
        self._sampled.told.connect(self._tell)
        self._sampled.failed.connect(self._origin.setText)
        state.engine_changed.connect(self._tell)
        self._sampled.select()

    def _show(self, shown: Shown) -> None:
        if shown.x.ndim == 4:
            self._origin.setText(self._sampled.origin)
            self.made.show_pictures(shown.x, "")

    def _tell(self) -> None:
        run = self._state.runs.current
        some = self._sampled.now is not None
        for widget in (self.made, self.data, self._numbers):
            widget.setVisible(some)
        self._empty.setVisible(not some)
        self._numbers.show_run(run)
        self._target()
        if some:
            self._origin.setText(self._sampled.origin)
            return
        self._origin.setText("")
        act: Callable[[], None] | None = None
        title, words, action = "No run is selected", "Samples of a run are shown here.", ""
        if run is not None and run.step:
            title, words = "No samples yet", "Draw pictures and compare them with the data."
            action, act = "Sample now", self._actions.training.sample
        elif run is not None:
            title, words = "Nothing to sample yet", "Samples follow once the training has begun."
        self._empty.tell(title, words, action, act)
        self._center()

    def _target(self) -> None:
        run = self._state.runs.current
        target = run.target if run else None
        ready = self._state.engine.state in ("ready", "busy")
        if target is not None and target is not self._drawn and target.ndim == 4:
            self._drawn = target
            self.data.show_pictures(target, "")
        elif run is not None and target is None and ready and self._asked != run.key:
            self._asked = run.key
            self.data.show_pictures(None, "Reading the data")
            self._actions.looking.load_target(run.key, TARGET)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._center()

    def _center(self) -> None:
        room, size = self.size(), self._empty.size()
        self._empty.move((room.width() - size.width()) // 2, (room.height() - size.height()) // 2)

    def _export(self) -> None:
        run = self._state.runs.current
        if run is None:
            return
        dialog = QFileDialog(self, "Export samples", f"{run.name}-samples.npz", FILTERS)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("npz")
        dialog.fileSelected.connect(self._actions.export.samples)
        dialog.open()

    def export_picture(self) -> Picture:
        """Return both pages and the numbers as they are seen."""
        return widget_picture(self)


VIEW = ViewSpec(
    id="picture-samples",
    title="Samples",
    order=20,
    applies=shows("images"),
    factory=PictureSamplesView,
)
