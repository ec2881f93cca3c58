"""One of several runs side by side: its name and motion, its figures, its particles."""

from dataclasses import replace
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QFrame, QStackedWidget

from pushforward.studio.app.charts.overlays import Foot
from pushforward.studio.app.charts.particle_canvas import ParticleCanvas
from pushforward.studio.app.charts.particle_path import Life
from pushforward.studio.app.charts.particle_timeline import Timeline
from pushforward.studio.app.charts.picture_export import Picture, canvas_picture, widget_picture
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.charts.run_badge import Badge
from pushforward.studio.app.core import display_names, run_comparison, snapshot_text
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type import Kind, named
from pushforward.studio.app.core.data_type_registry import family_of_run, kind_of_run
from pushforward.studio.app.core.display_names import numbered
from pushforward.studio.app.core.runs import FlowRecord, RunState
from pushforward.studio.app.core.sampling_settings import evaluations_of
from pushforward.studio.app.data.tile_frames import frame_at
from pushforward.studio.app.data.tile_grid import TileGrid
from pushforward.studio.app.design.basic import Elided, column, label, row
from pushforward.studio.app.design.formula_label import FormulaLine
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.theme import colors, theme
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.paired_record import PairedRecord
from pushforward.studio.app.engine.particle_starts import Starts
from pushforward.studio.app.engine.requests.record_watching import Looking
from pushforward.studio.app.text import number_format
from pushforward.studio.app.text.number_ticks import number

__all__ = ["ComparePane", "waiting"]

TILES = 36  # few enough that each can be seen
NOWHERE = (-1.0, 1.0, -1.0, 1.0)
PARTICLES = 4096  # of each run, live: several canvases share one screen
Places = NDArray[np.float32]


class ComparePane(QFrame):
    """Draws the content of `PairedRecord`. The owner links cameras and picked particles. ``starts``
    are the start positions of a run's particles; ``colours_of`` those that determine their colours.

    Signals: opened: open the run alone (double click).
    """

    opened = Signal()

    def __init__(self, state: AppState, actions: Actions, place: int) -> None:
        super().__init__()
        self._state = state
        self._place = place
        self._dims = (0, 1)
        self._particle = -1
        self._most = TILES
        self._told: FlowRecord | None = None
        self._target: NDArray[np.float32] | None = None
        self.starts = Starts(self)
        self.colours_of: Places | None = None
        self.setProperty("surface", "panel")
        self.badge = Badge(place)
        self._name = Elided("", "strong")
        self._motion = FormulaLine()
        self._step = label("", "small")
        self._cost = label("", "small")
        set_tip(self._cost, run_comparison.EVALUATIONS)
        self.canvas = ParticleCanvas(self)
        self._wait = Foot(self.canvas)
        self.grid = TileGrid("The fixed latents")
        self.grid.opened.connect(self.opened)
        self._blank = label("", "muted", wrap=True)
        self._blank.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedWidget()
        self._lay_out()
        self.beside = PairedRecord(self, state, actions, self._looking, lambda _: True)
        self.beside.selected.connect(self._forget)
        self.beside.changed.connect(self.tell)
        self.beside.shown.connect(self._show)
        self.beside.failed.connect(self._failed)
        self.beside.moved.connect(self._clocks)
        self.canvas.painted.connect(self.beside.mark_drawn)
        state.runs.progressed.connect(self._progressed)
        state.playback.changed.connect(self._playing)
        theme.changed.connect(self._restyle)
        self._restyle()

    def _lay_out(self) -> None:
        first = row(self.badge, self._name, self._step, gap=6)
        second = row(self._motion, self._cost, gap=6)
        for line in (first, second):
            line.setContentsMargins(8, 0, 8, 0)
        first.setStretch(1, 1)
        second.setStretch(0, 1)
        layout = column(first, second, 2, parent=self, gap=2, margins=(0, 5, 0, 0))
        for each in (self.canvas, self.grid, self._blank):
            self._stack.addWidget(each)
        layout.addWidget(self._stack, 1)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """What is drawn has double clicks of its own: this is about the name above it."""
        if event.position().y() < self._stack.y():
            self.opened.emit()

    @property
    def run(self) -> RunState | None:
        """The run that is shown."""
        return self.beside.run

    def show_run(self, run: RunState) -> None:
        """Show another run."""
        self.beside.show(run.key)
        self.badge.say(display_names.number(run.name))
        self.tell()

    def call(self, name: str) -> None:
        """Set the distinguishing name of the run; the tooltip has the full name."""
        self._name.set_text(name)

    @property
    def _kind(self) -> Kind:
        return kind_of_run(self.run, self._state.catalog)

    # Records

    def _looking(self, run: RunState) -> Looking:
        # Without layers the engine needs no window, so that moving the camera asks for nothing.
        return Looking(run.job, (), NOWHERE, 2, PARTICLES, self._kind.parts)

    def _in_plane(self, record: FlowRecord | None) -> TypeGuard[FlowRecord]:
        """Whether a record is there, and its data are drawn as dots."""
        kind = self._kind
        return record is not None and kind.layout == "plane" and kind.fits(record.x.shape[2:])

    def _forget(self) -> None:
        self.starts.forget()
        self.colours_of = None
        self.canvas.set_record(None)
        self.canvas.set_identity(None)

    def _show(self, record: FlowRecord) -> None:
        if not self._kind.fits(record.x.shape[2:]):
            return
        if self._kind.layout == "tiles":
            self._show_tiles(record)
            return
        if record.x.shape[2] < 2:
            return
        self._stack.setCurrentWidget(self.canvas)
        self.starts.take(self.run, record)
        self.canvas.playing = self._state.playback.playing
        self.canvas.set_flow(self._state.playback.flow)
        timeline = Timeline(record.t, record.x, self._dims)
        self.canvas.set_record(timeline, smooth=self._state.playback.smooth)
        self.pick(self._particle)
        self.tell()

    def _show_tiles(self, record: FlowRecord) -> None:
        """Show the first data as tiles; the same latent has the same place in every pane."""
        self._stack.setCurrentWidget(self.grid)
        frame = frame_at(record.t, self._state.playback.flow)
        kind = self._kind
        some = slice(min(self._most, kind.page))
        self.grid.setAccessibleName(f"{kind.moving.capitalize()} of the fixed latents")
        told = named(record.conditions, self._classes)
        told |= kind.holding(self._alike, record.x.shape[1])
        tiles = kind.tiles(kind.rows(record.x, record.extras, frame, some, told))
        self.grid.show_tiles(tiles, noun=kind.moving, smooth=self._state.playback.smooth)
        self.grid.select(self._particle if self._particle < self._most else -1)
        self.beside.mark_drawn()
        self.tell()

    @property
    def _classes(self) -> tuple[str, ...]:
        """What classes of the data are called, as far as any run that learns them knows."""
        return next((run.classes for run in self._same_data if run.classes), ())

    @property
    def _alike(self) -> dict[str, float]:
        """What holds for each of the data, as far as any run that learns them knows."""
        return next((run.alike for run in self._same_data if run.alike), {})

    @property
    def _same_data(self) -> list[RunState]:
        """The run, and the others that learn the same data."""
        run, known = self.beside.run, self._state.runs.by_key.values()
        if run is None or run.spec is None:
            return [] if run is None else [run]
        data = run.spec.dataset
        return [run, *(r for r in known if r.spec is not None and r.spec.dataset == data)]

    def show_at_most(self, tiles: int) -> None:
        """Show no more tiles than this: as many as the other panes can, in the same places."""
        if self._most != (most := min(tiles, TILES)):
            self._most = most
            self._clocks()

    def colour_by(self, starts: Places) -> None:
        """Colour the particles by where they started, (n, 2)."""
        self.colours_of = starts
        self.canvas.set_identity(None)
        self.canvas.set_identity(starts)

    def set_target(self, target: NDArray[np.float32] | None) -> None:
        """Show the data behind the particles; all panes are given the same points."""
        plane = self._kind.layout == "plane"
        flat = target is None or (
            plane and self._kind.fits(target.shape[1:]) and target.shape[1] > 1
        )
        if target is self._target or not flat:
            return
        self._target = target
        points = None if target is None else target[:, :2]
        self.canvas.set_backdrop(replace(self.canvas.backdrop, target=points))
        self.canvas.fit_unless_touched()

    def _clocks(self) -> None:
        self.canvas.set_flow(self._state.playback.flow)
        record = self.beside.record
        if record is not None and self._kind.layout == "tiles":
            self._show(record)

    def _playing(self) -> None:
        self.canvas.playing = self._state.playback.playing

    def pick(self, particle: int) -> None:
        """Show the way of a particle, -1 for none."""
        self._particle = particle
        record = self.beside.record
        self.grid.select(particle if particle < self._most else -1)
        if particle < 0 or not self._in_plane(record) or particle >= record.x.shape[1]:
            self.canvas.set_life(None)
            return
        way = record.x[:, particle][:, self._dims]
        self.canvas.set_life(Life(particle, self.canvas.ink(particle), way))

    def picture(self) -> Picture:
        """Return what is drawn, for paper."""
        if self._stack.currentWidget() is self.grid:
            return widget_picture(self.grid)
        return canvas_picture(self.canvas)

    # Words

    def _restyle(self) -> None:
        self.canvas.set_style(CanvasStyle.of(colors()))

    def _progressed(self, key: str) -> None:
        if key == self.beside.key:
            self.tell()

    def _failed(self, step: int, why: str) -> None:
        self._wait.setText(f"Step {step:,} cannot be shown")
        set_tip(self._wait, why)
        self._arrange()

    def tell(self) -> None:
        """Say what is shown, how fast it goes, and what a sample costs."""
        run, record = self.run, self.beside.record
        if run is None:
            return
        entry = family_of_run(run, self._state.catalog)
        self._name.set_more(f"{numbered(run)}\nDouble click: this run alone")
        self._motion.set_text(entry.motion if entry is not None else "")
        # Of the picture, not of the training: those who are behind are seen to be.
        at = record.step if record is not None else run.step
        picture = snapshot_text.at_step(at, run) if record is not None else f"step {at:,}"
        self._step.setText(picture)
        set_tip(self._step, f"{100 * run_comparison.share(run, at):.0f} % of its budget")
        self._cost.setText(_cost(run))
        if record is None or self._told is not record:
            self._told = record
            self._wait.setText(waiting(run, self._kind) if record is None else "")
            # Axes are of data in a plane: of others nothing is to be seen yet.
            blank = record is None and self._kind.layout != "plane"
            self._blank.setText(waiting(run, self._kind) if blank else "")
            if blank:
                self._stack.setCurrentWidget(self._blank)
        self.canvas.setAccessibleName(f"Particles of {run.name}")
        self.canvas.setAccessibleDescription(self._description(run, at))
        self._arrange()

    def _description(self, run: RunState, at: int) -> str:
        record = self.beside.record
        if not self._in_plane(record):
            return waiting(run, self._kind)
        places = Timeline(record.t, record.x, self._dims).at(self.canvas.flow)[:, self._dims]
        x, y = np.nanmean(places, axis=0)
        return (
            f"{len(places):,} particles at training step {at:,}. "
            f"Centre {number(float(x))}, {number(float(y))}."
        )

    def _arrange(self) -> None:
        self._wait.arrange()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        self._arrange()


def _cost(run: RunState) -> str:
    parts = []
    if run.state == "running" and run.steps_per_second:
        parts.append(f"{number_format.figure(run.steps_per_second)} steps/s")
    return " · ".join(filter(None, [*parts, evaluations_of(run)]))


def waiting(run: RunState, kind: Kind) -> str:
    """Return why nothing of a run is there yet, "Graphs appear ..."."""
    if run.state == "queued":
        return "Waiting in the queue"
    if run.kept:
        return f"Reading the {kind.moving}"
    moving = kind.moving.capitalize()
    return f"{moving} appear with the first training steps" if run.job else "Nothing was kept"
