"""Watch, for points: the fixed particles of a run, live or at any kept step, at any flow time."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QContextMenuEvent, QResizeEvent
from PySide6.QtWidgets import QMenu

from pushforward.studio.app.charts.camera import Covered
from pushforward.studio.app.charts.lasso import SAME_PLACE, inside, shared
from pushforward.studio.app.charts.lasso_chip import LassoChip
from pushforward.studio.app.charts.layer_panel import LayerPanel
from pushforward.studio.app.charts.overlays import EmptyState, Readout
from pushforward.studio.app.charts.particle_canvas import ParticleCanvas
from pushforward.studio.app.charts.particle_timeline import Timeline
from pushforward.studio.app.charts.picture_export import Picture, canvas_picture
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.core import snapshot_text
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_columns import Column, columns_of
from pushforward.studio.app.core.data_type_registry import family_of_run, kind_of_run
from pushforward.studio.app.core.run_comparison import data_of, training_value
from pushforward.studio.app.core.runs import FlowRecord, RunState
from pushforward.studio.app.core.selection import Offered, Source
from pushforward.studio.app.data.chart_export import ask_picture
from pushforward.studio.app.data.selection_chip import ChosenChip
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.motion_label import MotionChip
from pushforward.studio.app.data.views.run_placeholder import tell_none
from pushforward.studio.app.data.views.view_spec import ViewSpec, shows_moving
from pushforward.studio.app.design.basic import view_bar
from pushforward.studio.app.design.theme import colors, theme
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.particle_starts import Starts
from pushforward.studio.app.engine.record_follower import Following
from pushforward.studio.app.engine.requests.record_watching import Looking
from pushforward.studio.app.lenses.watch.flow_layers import FlowLayers
from pushforward.studio.app.lenses.watch.particle_inspector import OneParticle
from pushforward.studio.app.lenses.watch.target_tools import FlowHands
from pushforward.studio.app.text.number_ticks import number

__all__ = ["VIEW", "WatchView"]

SETTLE_MS = 200  # after a move of the camera, before the engine is asked for another window
MARGIN = 16
INSET, BELOW = 40, 8  # pixels more, where the axes have their numbers
RESOLUTION = 32
LOW, NARROW = 420, 520  # pixels: a smaller canvas begins with the layers folded away
PARTICLES = 1_000_000  # all that a run keeps are wanted; the engine sends fewer if it must


applies = shows_moving("particles")


class WatchView(LensView):
    """Canvas, layers, motion, and what is known of the particle clicked."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self.canvas = ParticleCanvas(self)
        self.panel = LayerPanel(self)
        self.layers = FlowLayers(state, actions, self.canvas, self.panel)
        self._following = Following(self, state, actions, self._looking, applies)
        self._record: FlowRecord | None = None
        self._chip = MotionChip(self)
        self._readout = Readout(self)
        self._one = OneParticle(self, self.canvas)
        self._hands = FlowHands(self, state, actions, self.canvas)
        self._lasso = LassoChip([self.canvas], self._catch)
        self._chosen = ChosenChip(state.selection, self._row_count)
        self.bar = view_bar(self, None, self._chosen, self._lasso)
        self._dims = (0, 1)
        self._columns: list[Column] = []
        self._starts = Starts(self)
        self._cramped = False
        self._moved = QTimer(self)
        self._moved.setSingleShot(True)
        self._moved.setInterval(SETTLE_MS)
        self._connect()
        self._restyle()
        self._select()

    @cached_property
    def empty(self) -> EmptyState:
        """The message over the picture while it has no particles."""
        return EmptyState(self, over=True)

    def _connect(self) -> None:
        follow = self._following
        follow.selected.connect(self._select)
        follow.changed.connect(self._changed)
        self._state.queue_changed.connect(self._tell_empty)
        follow.shown.connect(self._show)
        follow.failed.connect(self._failed)
        follow.moved.connect(self._clocks)
        self._state.playback.changed.connect(self._playing)
        self._state.catalog_changed.connect(self._family)
        theme.changed.connect(self._restyle)
        self._starts.changed.connect(self._identify)
        self.layers.wanted.connect(follow.watch)
        self.panel.dims_changed.connect(self._choose)
        self.panel.folded.connect(self._arrange)
        self.panel.more_wanted.connect(
            lambda: self._state.window.show_preference.emit("view_share")
        )
        self.panel.asked.connect(lambda slug: self._state.looked.look("layer", slug))
        self.canvas.picked.connect(self._pick)
        self._state.selection.changed.connect(self._show_chosen)
        self.canvas.hovered.connect(self._hover)
        self.canvas.painted.connect(follow.mark_drawn)
        self.canvas.arrived.connect(self._name_picture)
        self.canvas.view_changed.connect(self._moved.start)
        self._moved.timeout.connect(self._settled)
        self._lasso.toggled.connect(self._let_hand_go)
        self._state.hand.changed.connect(self._let_lasso_go)

    # Which run, which record

    @property
    def _run(self) -> RunState | None:
        """Return the selected run if it has particles."""
        return self._following.run

    def _select(self) -> None:
        self._record, self._dims = None, (0, 1)
        self._starts.forget()
        self._one.set_record(None, None, self._dims)
        self.canvas.set_record(None)
        self.canvas.set_identity(None)
        self._readout.set_count(0)
        self._readout.set_picture("")
        self._family()
        self._turn_to()

    def _turn_to(self) -> None:
        self.canvas.turn_to((data_of(self._run), self._dims))

    def _changed(self) -> None:
        self._family()
        self._tell_empty()
        if not self._training:
            self.panel.set_few("")

    def _failed(self, step: int, why: str) -> None:
        self.panel.say(f"Step {step:,} cannot be shown: {why}")

    def _show(self, record: FlowRecord) -> None:
        kind = kind_of_run(self._run, self._state.catalog)
        if not kind.fits(record.x.shape[2:]) or record.x.shape[2] < 2:
            return
        before, self._record = self._record, record
        self._starts.take(self._run, record, self._dims)
        timeline = Timeline(record.t, record.x, self._dims)
        self.canvas.playing = self._state.playback.playing
        self.canvas.set_flow(self._state.playback.flow)
        self.canvas.set_record(timeline, smooth=self._state.playback.smooth)
        self.layers.show(record, timeline)
        spec = self._run.spec if self._run is not None else None
        whole = training_value(spec, "particles", self._state.catalog)
        self._readout.set_count(timeline.n, whole)
        self._say_few(timeline.n, whole)
        self._name_picture(before)
        self._tell_empty()
        self._one.set_record(self._run, record, self._dims)
        if self._run is not None:
            offered = Offered({"x": record.x[-1]}, "Particle", self._one.facts)
            self._state.selection.offer(Source(self._run.key, "particles"), offered)
        self._chosen.tell()
        self._show_chosen()
        self._hands.show(record, self._dims)
        self._describe()

    def _name_picture(self, before: FlowRecord | None = None) -> None:
        """Name the step of the picture, and the one ``before`` while particles come from it."""
        record = self._record
        if record is None:
            return
        if self.canvas.moving and before is not None and before.step < record.step:
            self._readout.set_picture(snapshot_text.between(before.step, record.step))
        else:
            self._readout.set_picture(snapshot_text.name_snapshot(record, self._run))

    def _say_few(self, n: int, whole: int | None) -> None:
        """Say why fewer particles are shown than the run follows, and where that is changed."""
        few = ""
        if whole is not None and n < whole and self._training:
            few = f"{n:,} of {whole:,} particles shown to keep training fast. Show more…"
        self.panel.set_few(few)

    @property
    def _training(self) -> bool:
        """Whether what is shown is of a training that goes on."""
        return self._state.playback.live and self._run is not None and bool(self._run.job)

    def _pick(self, particle: int) -> None:
        """Select a particle for all lenses, -1 for none."""
        run = self._run
        if run is not None and particle >= 0:
            source = Source(run.key, "particles")
            self._state.selection.set(source, np.array([particle]), "click")
        else:
            self._state.selection.clear()

    def _let_hand_go(self, on: bool) -> None:
        """One tool is in the hand."""
        if on:
            self._state.hand.take("look")
            self.canvas.tool = self._lasso.tools[0]

    def _let_lasso_go(self) -> None:
        if self._state.hand.tool != "look":
            self._lasso.setChecked(False)

    def _catch(self, _canvas: ParticleCanvas, line: NDArray[np.float64]) -> None:
        """Select the particles that are within a line now; where they are at the end of their flow,
        say how many of the data are there.
        """
        run, record = self._run, self._record
        if run is None or record is None:
            return
        places = Timeline(record.t, record.x, self._dims).at(self.canvas.flow)
        rows = np.flatnonzero(inside(line, places[:, :2]))
        ended = self.canvas.flow >= 1.0 and run.target is not None
        real = run.target[:, list(self._dims)] if ended and run.target is not None else None
        beside = shared(SAME_PLACE, line, real)
        self._state.selection.set(Source(run.key, "particles"), rows, "lasso", beside)

    def _row_count(self, source: Source) -> int:
        """Return how many of the rows of a source are shown here."""
        run, record = self._run, self._record
        here = run is not None and source == Source(run.key, "particles")
        return record.x.shape[1] if here and record is not None else 0

    def _show_chosen(self) -> None:
        """Show the way of the particle that is selected; of several, let the others step back."""
        run, record = self._run, self._record
        rows = self._state.selection.of(Source(run.key, "particles") if run is not None else None)
        if record is not None:
            rows = rows[rows < record.x.shape[1]]
        particle = int(rows[0]) if len(rows) == 1 else -1
        if particle != self.canvas.selection:
            self._one.pick(particle)
        self.canvas.set_chosen(rows)

    def _identify(self) -> None:
        """Colour the particles by their start, as in other views."""
        self.canvas.set_identity(None)
        self.canvas.set_identity(self._starts.places)

    # Clocks

    def _playing(self) -> None:
        self.canvas.playing = self._state.playback.playing

    def _clocks(self) -> None:
        playback = self._state.playback
        if playback.flow != self.canvas.flow:
            self.canvas.set_flow(playback.flow)
            if self.layers.timed:
                self.layers.refresh()
        if not playback.playing:
            self._one.tell()
            self._describe()

    # Family, columns, colours

    def _family(self) -> None:
        run = self._run
        entry = family_of_run(run, self._state.catalog)
        self.layers.set_run(run, entry)
        self._chip.show_run(run, self._state.catalog)
        self._hands.set_run(run)
        self._name_axes()
        self._arrange()

    def _name_axes(self) -> None:
        """Say which numbers of a row are drawn, where there is a choice."""
        run = self._run
        kind = kind_of_run(run, self._state.catalog)
        self._columns = columns_of(kind.columns, run.columns if run is not None else ())
        self.panel.set_columns([column.title for column in self._columns], self._dims)
        across, up = self._axis_columns() or (None, None)
        self.canvas.box.name_axes(across, up)

    def _axis_columns(self) -> tuple[Column, Column] | None:
        """Return what is along the axes, None where they are but x and y."""
        if len(self._columns) <= max(2, *self._dims):
            return None
        return self._columns[self._dims[0]], self._columns[self._dims[1]]

    def _choose(self, across: int, up: int) -> None:
        """Draw other columns of the data."""
        record, self._record = self._record, None
        self._dims = (across, up)
        self._name_axes()
        self._starts.forget()
        if record is not None:
            self._show(record)
        self.layers.set_target()
        self._turn_to()

    def _restyle(self) -> None:
        self.canvas.set_style(CanvasStyle.of(colors()))
        self.panel.update()

    # Looking

    def _settled(self) -> None:
        self._following.watch()
        self.layers.refresh()

    def _looking(self, run: RunState) -> Looking:
        names, extras = self.layers.names(), self.layers.extras()
        window = self.layers.window()
        return Looking(run.job, names, window, RESOLUTION, PARTICLES, extras)

    def export_picture(self) -> Picture:
        """Return the canvas for paper, without what lies on it."""
        return canvas_picture(self.canvas)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Show all", self.canvas.fit)
        if self.canvas.selection >= 0 or len(self.canvas.chosen):
            menu.addAction("Show all particles", lambda: self._pick(-1))
        menu.addAction("Export picture…", self._export)
        menu.popup(event.globalPos())

    def _export(self) -> None:
        ask_picture(self, self._state, "watch")

    # Words and places

    def _describe(self) -> None:
        """Say in words what the canvas shows."""
        record = self._record
        if record is None:
            self.canvas.setAccessibleDescription("No particles yet")
            return
        places = Timeline(record.t, record.x, self._dims).at(self.canvas.flow)[:, self._dims]
        x, y = np.nanmean(places, axis=0)
        sx, sy = np.nanstd(places, axis=0)
        self.canvas.setAccessibleDescription(
            f"{len(places):,} particles at training step {record.step:,}, flow time "
            f"{self.canvas.flow:.2f}. Centre {number(float(x))}, {number(float(y))}; spread "
            f"{number(float(sx))} across, {number(float(sy))} up."
        )

    def _tell_empty(self) -> None:
        run = self._run
        shown = self._record is not None
        self.empty.setVisible(not shown)
        if shown != self.panel.isVisibleTo(self):
            self.panel.setVisible(shown)
            self._arrange()
        if shown or run is None:
            return
        tell_none(self.empty, self._state, self._actions, run, "particles")
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        width, height = self.width(), self.height()
        cramped = height < LOW or width < NARROW
        if cramped != self._cramped:  # crossed: until then it is as the person has it
            self._cramped = cramped
            self.panel.fold.open(not cramped)
        self.panel.adjustSize()
        self.canvas.covered = self._covered()
        self.canvas.setGeometry(0, 0, width, height)
        self.canvas.fit_unless_touched()
        self.panel.move(width - self.panel.width() - MARGIN, MARGIN)
        self._chip.move(MARGIN + INSET, height - self._chip.height() - MARGIN - BELOW)
        self._hands.bar.move(MARGIN + INSET, MARGIN)
        self._one.card.move(MARGIN + INSET, MARGIN + self._hands.bar.height() + 8)
        self._readout.adjustSize()
        self._place_readout()

    def _covered(self) -> list[Covered]:
        """Return what lies over the canvas."""
        open_ = self.panel.isVisibleTo(self) and self.panel.fold.opened
        beside = open_ and self.width() >= 3 * self.panel.width()
        right = self.panel.width() + MARGIN if beside else 0.0
        # Room for the tools is left also where there are none: nothing jumps when they come.
        top = MARGIN + self._hands.bar.height()
        bottom = self._chip.height() + MARGIN + BELOW if self._chip.has_motion else 0
        return [Covered(0.0, top, right, bottom)]

    def _hover(self, place: tuple[float, float] | None) -> None:
        self._readout.set_place(place, self._axis_columns())
        self._place_readout()

    def _place_readout(self) -> None:
        """Put it into the corner, above the motion where that reaches so far."""
        width, height = self.width(), self.height()
        left = width - self._readout.width() - MARGIN
        crowded = self._chip.isVisibleTo(self) and self._chip.geometry().right() + 12 > left
        lift = self._chip.height() + 10 if crowded else 0
        self._readout.move(left, height - self._readout.height() - 24 - lift)


VIEW = ViewSpec(
    id="particles",
    lens="watch",
    title="Particles",
    order=10,
    applies=applies,
    factory=WatchView,
)
