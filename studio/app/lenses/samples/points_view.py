"""Samples of points: generated against real, with statistics and rows."""

from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHeaderView,
    QWidget,
)

from pushforward.studio.app.charts.camera_box import link
from pushforward.studio.app.charts.lasso import SAME_PLACE, inside, shared
from pushforward.studio.app.charts.lasso_chip import LassoChip
from pushforward.studio.app.charts.particle_canvas import ParticleCanvas
from pushforward.studio.app.charts.particle_timeline import Timeline
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_columns import Column, columns_of
from pushforward.studio.app.core.data_type import Kind
from pushforward.studio.app.core.data_type_registry import kind, kind_of_run
from pushforward.studio.app.core.run_comparison import data_of
from pushforward.studio.app.core.selection import Offered, Source
from pushforward.studio.app.data.metric_list import Qualities
from pushforward.studio.app.data.sample_button import sample_button
from pushforward.studio.app.data.sample_switch import held_chip
from pushforward.studio.app.data.selection_chip import ChosenChip
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.operator_menu import OperatorChip
from pushforward.studio.app.data.views.view_spec import ViewSpec, shows_moving
from pushforward.studio.app.design.basic import (
    Elided,
    button,
    column,
    icon_button,
    label,
    row,
    section,
    view_bar,
)
from pushforward.studio.app.design.table import Column as Heading
from pushforward.studio.app.design.table import Table
from pushforward.studio.app.design.theme import colors, theme
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.particle_starts import Starts
from pushforward.studio.app.engine.sample_source import Sampled, ShownSamples
from pushforward.studio.app.text.number_ticks import number

__all__ = ["VIEW", "SamplesView"]

Floats = NDArray[np.float32]
POINTS = kind("")  # what is assumed of a run before its kind is known
ROWS = 100
COLUMNS = 12  # more are not read, and each takes ROWS items a record
SIDE, EDGES = 320, (12, 16)  # pixels of the numbers and the rows, and left and right of them
DRAWN = 20_000
PARTICLES = 4096


applies = shows_moving("scatter")


class SamplesView(LensView):
    """Two linked canvases, or one with both; statistics and rows at the side."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self._sampled = Sampled(self, state, actions, PARTICLES, applies)
        self.made, self.data = ParticleCanvas(), ParticleCanvas()
        self._starts = Starts(self)
        self.made.setAccessibleName("Generated points")
        self.data.setAccessibleName("Data points")
        self._origin = Elided("", "muted")
        self._overlay = button(
            "Overlay", None, kind="chip", tip=("Show the data behind the samples")
        )
        self._overlay.setCheckable(True)
        self._lasso = LassoChip([self.made, self.data], self._catch)
        self._chip = ChosenChip(state.selection, self._row_count)
        self._drawn_ones = held_chip(self._sampled)
        self._numbers = Qualities(state)
        self._note = label("", "small", wrap=True)
        self._table = Table(f"The first {ROWS} samples", ())
        self._more = label("", "small")
        self._side = QWidget()
        self._columns: list[Column] = []
        self._lay_out()
        self._connect()
        self._restyle()
        self._sampled.select()

    def _lay_out(self) -> None:
        sample = sample_button(self._actions)
        export = icon_button("export", "Export samples to a file", self._actions.export.open)
        can = OperatorChip(self._state, self._actions)
        tools = (self._drawn_ones, self._lasso, self._overlay, sample, can, export)
        self.bar = view_bar(self, self._origin, None, *tools)
        self._lay_out_side()
        self._middle = QWidget()
        row((self._pictures(), 1), self._side, parent=self._middle, gap=0)
        column((self._middle, 1), parent=self)

    def _pictures(self) -> "_Pair":
        pair = _Pair()
        for title, canvas in (("Generated", self.made), ("Data", self.data)):
            box = column(gap=4, margins=None)
            name = section(title)
            name.setContentsMargins(16, 0, 0, 0)
            box.addWidget(name)
            box.addWidget(canvas, 1)
            holder = QWidget()
            holder.setLayout(box)
            box.setContentsMargins(0, 8, 0, 0)
            pair.box.addWidget(holder, 1)
        self._data_box = holder
        return pair

    def _lay_out_side(self) -> None:
        self._table.setMinimumSize(0, 24)  # in a low window the numbers above it keep their height
        self._table.setShowGrid(True)
        self._table.verticalHeader().setDefaultSectionSize(24)
        self._table.horizontalHeader().setTextElideMode(Qt.TextElideMode.ElideRight)
        column(
            section("Numbers"),
            self._numbers,
            self._note,
            row(section("First rows"), self._chip, None, self._more),
            (self._table, 1),
            parent=self._side,
            margins=(EDGES[0], 8, EDGES[1], 16),
        )
        self._side.setFixedWidth(SIDE)

    def _connect(self) -> None:
        self._sampled.selected.connect(self._select)
        self._sampled.shown.connect(self._show)
        self._sampled.told.connect(self._tell)
        self._sampled.failed.connect(self._origin.set_text)
        self._state.engine_changed.connect(self._tell)
        theme.changed.connect(self._restyle)
        self._overlay.toggled.connect(self._target)
        self._starts.changed.connect(self._colour)
        link([self.made.box, self.data.box])

        self._table.selection_changed.connect(self._choose_in_table)
        self._state.selection.changed.connect(self._show_chosen)
        for canvas in (self.made, self.data):
            canvas.picked.connect(partial(self._pick, canvas))

    @property
    def _kind(self) -> Kind:
        return kind_of_run(self._sampled.run, self._state.catalog)

    # Which samples

    def _select(self) -> None:
        for canvas in (self.made, self.data):
            canvas.set_record(None)
        self._starts.forget()
        self._drawn = None  # also the data of this very run, where another kind was seen between
        self.made.turn_to(data_of(self._sampled.run))  # the other one follows
        self._chip.tell()

    def _show(self, shown: ShownSamples) -> None:
        if not POINTS.fits(shown.x.shape[1:]):
            return  # before the catalogue is there nobody knows that they are none
        self._origin.set_text(self._sampled.origin)
        self._draw(self.made, shown.x)
        if shown.record is not None:
            self._starts.take(self._sampled.run, shown.record)
        self._colour()
        self._fill_table(shown)
        self._offer(self.made, "Generated point")
        self._show_chosen()

    def _offer(self, canvas: ParticleCanvas, title: str) -> None:
        """Let the inspector know the rows of a canvas."""
        shown = self._rows_of(canvas)
        if shown is None:
            return
        source, x = shown

        def tell(row: int) -> list[tuple[str, str]]:
            each = zip(self._columns, x[row].tolist(), strict=False)
            return [(column.heading, number(column.read(value))) for column, value in each]

        made = canvas is self.made
        origin = (lambda: self._sampled.origin) if made else (lambda: "")
        self._state.selection.offer(source, Offered({"x": x}, title, tell, origin))

    def _draw(self, canvas: ParticleCanvas, x: NDArray[np.float32]) -> None:
        if self._kind.fits(x.shape[1:]) and x.shape[1] >= 2:
            some = x[:: max(1, len(x) // DRAWN)]
            canvas.set_record(Timeline(np.ones(1, dtype=np.float32), some[None]))
            canvas.setAccessibleDescription(f"{len(some):,} points drawn")

    def _target(self, _on: bool = False) -> None:
        run = self._sampled.run
        overlay = self._overlay.isChecked()
        self._data_box.setVisible(not overlay)
        target = run.target if run else None
        behind = target[:, :2] if target is not None and overlay else None
        if (behind is None) != (self.made.backdrop.target is None):
            self.made.set_backdrop(replace(self.made.backdrop, target=behind))
        if target is not None and self._drawn is not target:
            self._drawn = target
            self._draw(self.data, target)
            self._offer(self.data, "Data point")
            self._show_chosen()
            self.data.fit_unless_touched()
        if run is not None:
            self._actions.real_samples.need(run.key)

    _drawn: NDArray[np.float32] | None = None

    # What is selected

    def _rows_of(self, canvas: ParticleCanvas) -> tuple[Source, Floats] | None:
        """Return what a canvas shows: a source, and all its rows (n, d)."""
        run, now = self._sampled.run, self._sampled.now
        if run is None:
            return None
        if canvas is self.data:
            source = Source(run.key, "data", str(len(run.edits)))
            return None if run.target is None else (source, run.target)
        if now is None:
            return None
        return Source(run.key, "samples" if now.file else "particles", now.file), now.x

    def _row_count(self, source: Source) -> int:
        """Return how many rows of a source are shown."""
        both = filter(None, map(self._rows_of, (self.made, self.data)))
        return sum(len(x) for shown, x in both if shown == source)

    def _pick(self, canvas: ParticleCanvas, particle: int) -> None:
        """Select the point that was clicked, of those that are drawn; -1 lets go."""
        shown = self._rows_of(canvas)
        if particle < 0 or shown is None:
            self._state.selection.clear()
            return
        source, x = shown
        row = particle * max(1, len(x) // DRAWN)
        self._state.selection.set(source, np.array([row]), "click")

    def _catch(self, canvas: ParticleCanvas, line: NDArray[np.float64]) -> None:
        """Select all points within a line, also those that are too many to be drawn, and say how
        many of the others are there.
        """
        shown = self._rows_of(canvas)
        if shown is None:
            return
        made = canvas is self.made
        others = self._rows_of(self.data if made else self.made)
        name = SAME_PLACE if made else "Generated, same place"
        beside = shared(name, line, others[1][:, :2] if others is not None else None)
        source, x = shown
        self._state.selection.set(source, np.flatnonzero(inside(line, x[:, :2])), "lasso", beside)

    def _choose_in_table(self) -> None:
        shown = self._rows_of(self.made)
        if shown is not None:
            rows = np.array(self._table.selected_rows, np.int64)
            self._state.selection.set(shown[0], rows, "table")

    def _show_chosen(self) -> None:
        """Let the rows that are selected stand out on both canvases and in the table."""
        for canvas in (self.made, self.data):
            shown = self._rows_of(canvas)
            rows = self._state.selection.of(shown[0] if shown is not None else None)
            step = max(1, len(shown[1]) // DRAWN) if shown is not None else 1
            canvas.set_chosen(rows[rows % step == 0] // step)
            if canvas is self.made:
                self._table.select_rows(rows.tolist())
        self._chip.tell()

    # Words

    def _fill_table(self, shown: ShownSamples) -> None:
        """Write the first rows, in the numbers that people read."""
        d = shown.x.shape[1]
        rows = shown.x[:ROWS, :COLUMNS]
        self._columns = self._columns_of(shown)
        self._more.setText(f"{COLUMNS} of {d:,} columns" if d > COLUMNS else "")
        left = Qt.AlignmentFlag.AlignLeft
        self._table.set_columns([Heading(c.heading, c.heading, left) for c in self._columns])
        self._table.show_rows(
            [
                [number(c.read(v)) for v, c in zip(point, self._columns, strict=True)]
                for point in rows.tolist()
            ]
        )
        self._share_room()
        across, up = self._columns[:2] if len(self._columns) > 2 else (None, None)
        for canvas in (self.made, self.data):
            canvas.box.name_axes(across, up)

    def _columns_of(self, shown: ShownSamples) -> list[Column]:
        run, d = self._sampled.run, shown.x.shape[1]
        known = (shown.columns, run.columns if run is not None else ())
        numbered = tuple(f"x{i + 1}" for i in range(d))
        names = next((each for each in known if len(each) == d), numbered)[:COLUMNS]
        return columns_of(self._kind.columns, names)

    def _name_columns(self, shown: ShownSamples) -> None:
        """Write the rows anew where their columns are known only now, after the samples."""
        if POINTS.fits(shown.x.shape[1:]) and self._columns_of(shown) != self._columns:
            self._fill_table(shown)

    def _share_room(self) -> None:
        """Let columns share the room that there is, or have what they need where that is more."""
        header, modes = self._table.horizontalHeader(), QHeaderView.ResizeMode
        self._table.ensurePolished()  # else what they need is that of another font
        needs = [
            max(self._table.sizeHintForColumn(place), header.sectionSizeHint(place))
            for place in range(len(self._columns))
        ]
        room = SIDE - sum(EDGES) - self._table.verticalScrollBar().sizeHint().width()
        spare = max(0, room - sum(needs)) // max(1, len(needs))
        header.setSectionResizeMode(modes.Interactive)
        for place, need in enumerate(needs):
            header.resizeSection(place, need + spare)

    def _tell(self) -> None:
        run, now = self._sampled.run, self._sampled.now
        self._middle.setVisible(now is not None)
        self.empty.setVisible(now is None)
        if now is not None:
            self._origin.set_text(self._sampled.origin)
            self._numbers.show_run(run)
            self._numbers.setVisible(not now.given)
            self._note.setText(self._sampled.note)
            self._note.setVisible(bool(self._sampled.note))
            self._name_columns(now)
        else:
            self._origin.set_text("")
            self._say_empty(run.step if run is not None else 0)
        self._target()

    def _say_empty(self, step: int) -> None:
        if step and not self._state.engine.ready:
            self.empty.tell("No samples yet", "Samples are generated when the engine is ready.")
        elif step:
            self.empty.tell(
                "No samples yet",
                "Generate points with the model and compare them with the data.",
                "Sample now",
                self._actions.training.sample,
            )
        else:
            self.empty.tell("Nothing to sample yet", "Available once the training has started.")

    def _restyle(self) -> None:
        tokens = colors()
        style = CanvasStyle.of(tokens)
        for canvas, ink in ((self.made, tokens.accent), (self.data, tokens.muted)):
            canvas.set_style(style)
            canvas.set_uniform(ink)
        self._colour()

    def _colour(self) -> None:
        """Colour the fixed particles as all lenses do; new samples are no particles, and have one
        colour.
        """
        now, places = self._sampled.now, self._starts.places
        fixed = now is not None and now.record is not None and places is not None
        self.made.set_uniform("" if fixed else colors().accent)
        self.made.set_identity(None)
        self.made.set_identity(places if fixed else None)


class _Pair(QWidget):
    """Two panes, side by side or stacked by the available height."""

    def __init__(self) -> None:
        super().__init__()
        self.box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self.box.setContentsMargins(0, 0, 0, 0)
        self.box.setSpacing(1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self.box.setDirection(across if self.width() >= self.height() else down)


VIEW = ViewSpec(
    id="scatter",
    lens="samples",
    title="Generated",
    order=20,
    applies=applies,
    factory=SamplesView,
)
