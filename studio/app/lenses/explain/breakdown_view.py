"""A moment, explained: the stages of one training step, and what each of them has at hand."""

from functools import cached_property

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.charts import background_layers as lay
from pushforward.studio.app.charts.backdrop import Backdrop
from pushforward.studio.app.charts.camera import padded
from pushforward.studio.app.charts.grid_fields import Heat, sample
from pushforward.studio.app.charts.overlays import EmptyState
from pushforward.studio.app.charts.particle_canvas import ParticleCanvas
from pushforward.studio.app.charts.particle_timeline import Timeline
from pushforward.studio.app.charts.picture_export import Picture, canvas_picture
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.charts.rescaling_chart import HPlot
from pushforward.studio.app.charts.rescaling_shape import Doubles, values_at
from pushforward.studio.app.charts.transition import Transition
from pushforward.studio.app.core import snapshot_text
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import family_of_run, kind_of_run
from pushforward.studio.app.core.rescaling_choice import h_of_run
from pushforward.studio.app.core.run_comparison import data_of
from pushforward.studio.app.core.runs import FlowRecord, RunState
from pushforward.studio.app.core.timers import single_shot
from pushforward.studio.app.core.training_stages import stages_under
from pushforward.studio.app.data.chart_export import ask_picture
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.view_spec import ViewSpec
from pushforward.studio.app.design.basic import Elided, column, icon_button, label, row, view_bar
from pushforward.studio.app.design.theme import colors, theme
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.particle_starts import Starts
from pushforward.studio.app.engine.record_follower import Following
from pushforward.studio.app.engine.requests.record_watching import Looking
from pushforward.studio.app.lenses.explain.breakdown_controls import Freezing
from pushforward.studio.app.lenses.explain.rescaling_curves import scene_of, shape_of
from pushforward.studio.app.lenses.explain.scene_legend import SceneLegend, marks_of
from pushforward.studio.app.lenses.explain.stage_list import StageList
from pushforward.studio.app.lenses.explain.stage_scene import SceneOverlay
from pushforward.studio.app.text import number_format
from pushforward.studio.app.text.noise_labels import span_of
from pushforward.studio.protocol.catalog import LayerSpec, StageSpec
from pushforward.studio.protocol.extras import CRITIC

__all__ = ["VIEW", "MomentView", "explainable"]

PARTICLES, OF_A_STAGE, RESOLUTION = 4096, 1024, 32
SETTLE_MS = 200  # after a move of the camera
MOTION = 0.9  # seconds from the marks of a stage to those of the next
REACH = 0.04  # of the width of the picture: how near the pointer is to a particle that it is on
LEFT = 300
CURVES, ROOM = 250, 480  # heights of the h curves, and of the view from which they have room
MARGIN = 12


def explainable(state: AppState) -> bool:
    """Whether the steps of the selected run have stages that can be drawn: in a plane."""
    run, entry = state.runs.current, family_of_run(state.runs.current, state.catalog)
    flat = kind_of_run(run, state.catalog).layout == "plane"
    return flat and entry is not None and bool(entry.stages)


class MomentView(LensView):
    """The list of stages, and the canvas of the one that is looked at."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self.stages = StageList()
        self.canvas = ParticleCanvas()
        self.scene = SceneOverlay()
        self.canvas.overlays = [self.scene]
        self.legend = SceneLegend(self.canvas)
        self.curves = HPlot()
        self.curves.setFixedHeight(CURVES)
        self.curves.setAccessibleName("h and h′ over the critic's values of the particles")
        self.curves.hide()
        self._motion = Transition(self)
        self._pointed = -1
        self._shown: FlowRecord | None = None
        self.title, self.where = label("", "heading"), Elided("", "muted")
        self._following = Following(self, state, actions, self._looking, explainable)
        self._starts = Starts(self)
        self._freezing = Freezing(self, state, actions, self._following, self.stages)
        self.freeze, self.frozen = self._freezing.freeze, self._freezing.frozen
        self._moved_camera = single_shot(
            self, self._following.watch, SETTLE_MS
        )  # layers of what is seen now
        self._lay_out()
        self._connect()
        self._restyle()
        self._changed()

    @cached_property
    def empty(self) -> EmptyState:
        """The message in the middle of the particles' picture while it has none."""
        return EmptyState(self.canvas)

    def _lay_out(self) -> None:
        picture = icon_button("export", "Export picture: PNG or SVG", self._export)
        self._told = Elided("", "muted")
        self.bar = view_bar(self, self._told, None, self.frozen, self.freeze, picture)
        left = column((self.stages, 1), margins=(MARGIN, MARGIN, 0, MARGIN))
        walk = self._freezing
        left.addLayout(row(walk.back, walk.next, walk.slowly, None))
        left.addWidget(self.curves)
        side = QWidget()
        side.setLayout(left)
        side.setFixedWidth(LEFT)
        right = column(
            row(self.title, None, self.where),
            (self.canvas, 1),
            margins=(MARGIN, MARGIN, MARGIN, MARGIN),
        )
        row(side, (right, 1), parent=self, gap=0)

    def _connect(self) -> None:
        follow = self._following
        follow.changed.connect(self._changed)
        follow.shown.connect(lambda _: self._draw())
        follow.moved.connect(self._draw)
        follow.selected.connect(self._forget)
        follow.selected.connect(self._changed)
        self._starts.changed.connect(self._identify)
        self._state.catalog_changed.connect(self._changed)
        self._state.engine_changed.connect(self._changed)
        self._freezing.turned.connect(self._turned)
        self._motion.ticked.connect(self._move)
        self.canvas.hovered.connect(self._point)
        self.canvas.painted.connect(self._painted)
        self.canvas.view_changed.connect(self._moved_camera.start)
        theme.changed.connect(self._restyle)

    def _turned(self) -> None:
        moment = self._freezing.moment
        if moment is not None and not moment.at and self.isVisible():
            self.stages.setFocus(Qt.FocusReason.OtherFocusReason)  # arrows walk through what comes
        self._draw()

    def _painted(self) -> None:
        moment = self._freezing.moment
        if moment is None or moment.walking:
            self._following.mark_drawn()  # while a moment stands still no more pictures are wanted

    # What is shown

    def _looking(self, run: RunState) -> Looking:
        layers = tuple(layer.name for layer in self._layers())
        # The training waits for the pictures of stages, which show a batch and no trails.
        n = PARTICLES if self._freezing.moment is None else OF_A_STAGE
        critic = (CRITIC,) if h_of_run(run, None, self._state.catalog) is not None else ()
        bounds = padded(self.canvas.camera.bounds)
        return Looking(run.job, layers, bounds, RESOLUTION, n, extras=critic)

    def _layers(self) -> list[LayerSpec]:
        """Return the layers of the stages, and the first heat map as background. Expensive ones are
        computed while the step is paused.
        """
        entry = family_of_run(self._state.runs.current, self._state.catalog)
        if entry is None:
            return []
        named = {stage.layer for stage in entry.stages}
        dear = named if self._freezing.moment is not None else set()
        kept = [each for each in entry.layers if not lay.on_demand(each) or each.name in dear]
        heats = [layer for layer in kept if layer.kind == "scalar"]
        return [layer for layer in kept if layer.name in named or layer in heats[:1]]

    def _changed(self) -> None:
        run = self._following.run
        if self.canvas.turn_to(data_of(run)):
            self.canvas.set_record(None)
            self.canvas.set_backdrop(Backdrop(axes=False))  # of the other data
        entry = family_of_run(run, self._state.catalog)
        spec = run.spec if run is not None else None
        self.stages.set_stages(stages_under(entry, spec) if spec is not None else [])
        if run is not None:
            self._actions.real_samples.need(run.key)
        self._draw()

    def _forget(self) -> None:
        self._starts.forget()
        self._identify()

    def _identify(self) -> None:
        """Colour the particles by where they start, as Watch does."""
        self.canvas.set_identity(None)
        self.canvas.set_identity(self._starts.places)

    def _draw(self) -> None:
        """Show what the stage has at hand; where no moment is frozen, what the run is like now."""
        if not self.isVisible():
            return
        moment, stage = self._freezing.moment, self.stages.stage
        record = self._following.record
        if moment is not None:
            record = moment.records.get(stage.name if stage is not None else "", record)
        self._shown = record
        frozen = moment is not None and stage is not None and stage.name in moment.records
        scene = record.scene if frozen and record is not None else {}
        if self.scene.set_scene(scene, stage.name if scene and stage is not None else ""):
            self.scene.progress = 0.0
            self._motion.start(MOTION)
        self.canvas.set_layers(particles=not frozen, trails=not frozen, paths=False)
        heat = None
        if record is not None:
            timeline = Timeline(record.t, record.x)
            self.canvas.set_flow(self._state.playback.flow)
            if not frozen:
                self._starts.take(self._following.run, record)
            self.canvas.set_record(timeline)
            heat = self._set_backdrop(record, stage)
        else:
            self.canvas.set_record(None)
        self.legend.show_marks(marks_of(scene, self.scene.kernel_error), heat)
        self._draw_curves(record)
        self._place()
        self.canvas.update()
        self._tell()

    def _draw_curves(self, record: FlowRecord | None) -> None:
        """Show h over the critic where the run has one; the particle under the pointer is marked,
        else the median.
        """
        run, step = self._following.run, record.step if record is not None else None
        h = h_of_run(run, step, self._state.catalog)
        self.curves.setVisible(h is not None and self.height() >= ROOM)
        if h is None or self.curves.isHidden():
            return
        d = self._critic(record)
        marked = float(d[self._pointed]) if 0 <= self._pointed < len(d) and self.scene else None
        self.curves.set_scene(scene_of(shape_of(h), d, marked=marked))

    def _critic(self, record: FlowRecord | None) -> Doubles:
        """Return the critic at the particles of a stage (n,), by its map; where no moment is frozen
        at those of the flow.
        """
        here, now = self.scene.places, self._state.playback.flow
        layer = next((each for each in self._layers() if each.name == CRITIC), None)
        if record is None:
            return np.empty(0)
        if len(here) and layer is not None and CRITIC in record.layers:
            heat = lay.heat_of(layer, record.layers[CRITIC], record.window, record.t, now)
            return sample(heat.grid, heat.bounds, here).astype(np.float64)
        extra = record.extras.get(CRITIC) if not self.scene else None
        return values_at(extra, record.t, now) if extra is not None else np.empty(0)

    def _move(self) -> None:
        """Draw the marks at their present place between two stages."""
        self.scene.progress = self._motion.now
        self.canvas.update()

    def _point(self, place: tuple[float, float] | None) -> None:
        """Name the particle under the pointer, with its value of the map and its speed."""
        west, east, _, _ = self.canvas.camera.bounds
        pointed = self.scene.find_nearest(place, REACH * (east - west)) if place else -1
        if pointed != self._pointed:
            self._pointed = self.scene.pointed = pointed
            self._draw_curves(self._shown)
            self.canvas.update()
            self._tell()

    def _particle_values(self) -> str:
        """Return the values of the particle under the pointer, "" for none."""
        here, heat = self.scene.places, self.canvas.backdrop.heat
        if self._pointed < 0 or self._pointed >= len(here):
            return ""
        at, parts = here[self._pointed : self._pointed + 1], [f"Particle {self._pointed}"]
        if heat is not None:
            value = number_format.figure(float(sample(heat.grid, heat.bounds, at)[0]))
            parts.append(f"{heat.symbol} = {value}")
        loss = self.scene.loss_of(self._pointed)
        if loss is not None:
            parts.append(f"loss {number_format.figure(loss)}")
        speed = self.scene.speed_of(self._pointed)
        if speed is not None:
            parts.append(f"speed {number_format.figure(speed)}")
        return ", ".join(parts)

    def _set_backdrop(self, record: FlowRecord, stage: StageSpec | None) -> Heat | None:
        run, now = self._following.run, self.canvas.flow
        layers = self._layers()
        about = stage.layer if stage is not None else ""
        scalars = [x for x in layers if x.kind == "scalar" and x.name in record.layers]
        scalar = next((x for x in scalars if x.name == about), next(iter(scalars), None))
        heat = None
        if scalar is not None:
            grid = record.layers[scalar.name]
            heat = lay.heat_of(scalar, grid, record.window, record.t, now)
        target = run.target if run is not None else None
        before = self.canvas.backdrop.target
        if target is not None:
            same = before is not None and before.base is target
            target = before if same else target[:, :2]
        arrows = lay.arrows_of(record, layers, [about], now)
        self.canvas.set_backdrop(Backdrop(target=target, heat=heat, arrows=arrows, axes=False))
        if before is None and target is not None:
            self.canvas.fit_unless_touched()
        return heat

    def _tell(self) -> None:
        run, moment, stage = self._following.run, self._freezing.moment, self.stages.stage
        self._freezing.tell()
        at, last = self.stages.currentRow(), self.stages.count() - 1
        if run is None or stage is None:
            return
        if moment is not None:
            came = stage.name in moment.records
            self.title.setText(f"Inputs of stage {at + 1}" if came else "It comes")
            noise = span_of(moment.records[stage.name].scene) if came else ""
            where = f"stage {at + 1} of {last + 1}"
            where = f"{where}, {noise}" if noise else where
            self.where.set_text(self._particle_values() or where)
            self._told.set_text(self._freezing.going(run))
            if not came and not moment.walking:
                self.title.setText("This step skips this stage")
        else:
            record = self._following.record
            self.title.setText("Where the particles are")
            self.where.set_text(
                snapshot_text.picture_of(record.step, run) if record is not None else ""
            )
            why = self._freezing.why_not()
            self._told.set_text(why or "Freeze a step to see the inputs of each stage")
        nothing = self.canvas.count == 0 and not self.scene
        self.empty.setVisible(nothing)
        if nothing:
            self.empty.tell("No particles yet", "Shown after the first training steps.")

    # Looks

    def _restyle(self) -> None:
        self.canvas.set_style(CanvasStyle.of(colors()))
        self._draw()

    def _place(self) -> None:
        self.legend.move(MARGIN, self.canvas.height() - self.legend.height() - MARGIN)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._draw_curves(self._shown)
        QTimer.singleShot(0, self, self._place)  # the canvas has its new size by then

    def export_picture(self) -> Picture:
        """Return the canvas for paper, with the marks of the stage."""
        return canvas_picture(self.canvas)

    def _export(self) -> None:
        stage = self.stages.stage
        ask_picture(self, self._state, stage.name if stage is not None else "moment")


VIEW = ViewSpec(
    id="moment",
    lens="explain",
    title="This moment",
    order=10,
    applies=explainable,
    factory=MomentView,
)
