"""The samples lens of tiles: generated data beside real ones, with the numbers below."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.app.actions import Actions
from studio.app.askonce import AskOnce
from studio.app.kinds.kind import Arrays, Kind, named
from studio.app.kinds.registry import kind, kind_of_run
from studio.app.plots.export import Picture, widget_picture
from studio.app.plots.sampled import Sampled, Shown
from studio.app.state.session import AppState
from studio.app.viewspec import ViewSpec, shows
from studio.app.widgets.basic import button, icon_button, label, row, section
from studio.app.widgets.exporting import ask_samples
from studio.app.widgets.heldchip import held_chip
from studio.app.widgets.overlays import EmptyState
from studio.app.widgets.qualities import Qualities
from studio.app.widgets.tilegrid import TileGrid

__all__ = ["VIEW", "Pages", "TileSamplesView"]

SHOWN = 64  # particles that the lens wants, live
TARGET = 512  # of the data are fetched to be browsed


class Pages(QWidget):
    """Tiles by the page, with a line above that says which."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._x: NDArray[np.float32] | None = None
        self._kind = kind("")
        self._told: Arrays | None = None
        self._page = 0
        self._message = ""
        self.grid = TileGrid(title)
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

    def show_data(
        self,
        x: NDArray[np.float32] | None,
        shown_as: Kind,
        message: str,
        told: Arrays | None = None,
    ) -> None:
        """Show other data, from their first page; ``told`` is what is known of each."""
        self._x, self._kind, self._message, self._page = x, shown_as, message, 0
        self._told = told
        self.grid.setAccessibleName(f"{self._title} {shown_as.moving}")
        self.turn(0)

    def turn(self, by: int) -> None:
        """Turn so many pages."""
        x, page = self._x, self._kind.page
        n = 0 if x is None else len(x)
        last = max(0, (n - 1) // page)
        self._page = min(last, max(0, self._page + by))
        first = self._page * page
        self.grid.select(-1)
        some = slice(first, first + page)
        known = self._kind.knows(self._told, some)
        tiles = None if x is None else self._kind.tiles({"x": x[some], **known})
        self.grid.show_tiles(tiles, noun=self._kind.moving, message=self._message)
        self.before.setEnabled(self._page > 0)
        self.after.setEnabled(self._page < last)
        self._where.setText(f"{first + 1:,}-{min(n, first + page):,} of {n:,}" if n else "")


applies = shows("pictures")


class TileSamplesView(QWidget):
    """Generated and data side by side, both by the page."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self._drawn: NDArray[np.float32] | None = None
        self._once = AskOnce(self, state)
        self.made, self.data = Pages("Generated"), Pages("Data")
        self._origin = label("", "muted")
        self._numbers = Qualities(state)
        self._note = label("", "small", wrap=True)
        self._empty = EmptyState(self)
        self._sampled = Sampled(self, state, actions, SHOWN, applies)
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
        body.addWidget(self._note)
        self.setProperty("surface", "canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._sampled.shown.connect(self._show)
        self._sampled.told.connect(self._tell)
        self._sampled.failed.connect(self._origin.setText)
        state.engine_changed.connect(self._tell)
        self._sampled.select()

    @property
    def _kind(self) -> Kind:
        return kind_of_run(self._sampled.run, self._state.catalog)

    def _show(self, shown: Shown) -> None:
        if self._kind.fits(shown.x.shape[1:]):
            self._origin.setText(self._sampled.origin)
            run = self._sampled.run
            classes = shown.classes or (run.classes if run is not None else ())
            self.made.show_data(shown.x, self._kind, "", named(shown.told, classes))

    def _tell(self) -> None:
        run = self._sampled.run
        now = self._sampled.now
        some, note = now is not None, now.note if now is not None else ""
        for widget in (self.made, self.data):
            widget.setVisible(some)
        self._numbers.setVisible(some and not note)
        self._note.setText(note)
        self._note.setVisible(bool(note))
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
            title = "No samples yet"
            words = f"Draw {self._kind.moving} and compare them with the data."
            action, act = "Sample now", self._actions.training.sample
            if not self._once.ready:
                words, action, act = "They are drawn when the engine is ready.", "", None
        elif run is not None:
            title, words = "Nothing to sample yet", "Samples follow once the training has begun."
        self._empty.tell(title, words, action, act)

    def _target(self) -> None:
        run = self._sampled.run
        target = run.target if run else None
        new = target is not None and target is not self._drawn
        if target is not None and new and self._kind.fits(target.shape[1:]):
            self._drawn = target
            told = named(run.target_told, run.classes) if run is not None else None
            self.data.show_data(target, self._kind, "", told)
            if self._sampled.now is not None:
                self._show(self._sampled.now)  # the names of classes have come
        elif run is not None and target is None and self._once.due(run):
            self.data.show_data(None, self._kind, "Reading the data")
            self._actions.looking.load_target(run.key, TARGET)

    def _export(self) -> None:
        run = self._sampled.run
        if run is None:
            return
        ask_samples(self, run, self._kind, self._actions.export.samples)

    def export_picture(self) -> Picture:
        """Return both pages and the numbers as they are seen."""
        return widget_picture(self)


VIEW = ViewSpec(
    id="picture-samples",
    title="Samples",
    order=20,
    applies=applies,
    factory=TileSamplesView,
)
