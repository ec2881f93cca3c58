"""What a person does to a training on its flow canvas: explain it, and change its target."""

from PySide6.QtWidgets import QWidget

from studio.app.actions import Actions
from studio.app.plots.brush import Brush
from studio.app.plots.canvas import ParticleCanvas
from studio.app.plots.scene import SceneOverlay
from studio.app.state.runs import FlowRecord, RunState
from studio.app.state.session import AppState
from studio.app.widgets.flowlayers import FlowLayers
from studio.app.widgets.handbar import HandBar
from studio.app.widgets.lessoncard import LessonCard
from studio.protocol.catalog import EntrySpec
from studio.protocol.spec import EditPoints

__all__ = ["FlowHands"]

CLUMP = 0.02  # of the training points, added by one click


class FlowHands:
    """Bar, brush, lesson and scene of one canvas; shown while its run is under way here."""

    def __init__(
        self,
        parent: QWidget,
        state: AppState,
        actions: Actions,
        canvas: ParticleCanvas,
        layers: FlowLayers,
    ) -> None:
        self._state, self._actions = state, actions
        self._canvas, self._layers = canvas, layers
        self._run: RunState | None = None
        self._planar = False
        self.scene = SceneOverlay()
        self.brush = Brush(canvas, state.hand, self._edit)
        self.bar = HandBar(parent, state, actions)
        self.lesson = LessonCard(parent, state, actions)
        canvas.overlays += [self.scene, self.brush]
        state.hand.changed.connect(self._take)
        state.lesson.changed.connect(self._lesson)
        state.runs.edited.connect(self._edited)
        state.runs.staged.connect(self._staged)

    def set_run(self, run: RunState | None, entry: EntrySpec | None) -> None:
        """Take over another run, or news of the same."""
        if run is not self._run:
            self._state.hand.take("look")
            self.scene.set_scene({})
        self._run = run
        settings = run.spec.family.config if run is not None and run.spec is not None else {}
        stages = entry.stages if entry is not None else []
        self.lesson.set_stages([stage.under(settings) for stage in stages])
        self.lesson.refresh()
        self.bar.refresh()
        self._show()

    def show(self, record: FlowRecord, dims: tuple[int, int]) -> None:
        """Take over another record."""
        self.scene.dims = dims
        self.scene.set_scene(record.scene if self._explained else {})
        self.lesson.set_kernel(self.scene.kernel_error)
        self._layers.step_back(bool(self.scene))
        planar = record.x.shape[2] == 2 and dims == (0, 1)
        if planar != self._planar:
            self._planar = planar
            self._show()
        self._canvas.update()

    def arrange(self, left: int, top: int, bottom: int) -> None:
        """Put the bar at the top and the lesson at the bottom."""
        self.bar.move(left, top)
        self.lesson.anchor(left, bottom)

    @property
    def explaining(self) -> bool:
        """Whether the lesson lies on the canvas."""
        return not self.lesson.isHidden()

    @property
    def lesson_size(self) -> tuple[int, int]:
        """How wide the lesson is, and how high it has been."""
        return self.lesson.width(), self.lesson.highest

    @property
    def _explained(self) -> bool:
        return self._run is not None and self._run.key == self._state.lesson.run

    def _show(self) -> None:
        run = self._run
        here = run is not None and bool(run.job) and not run.background
        here = here and run is not None and run.state in ("running", "paused")
        self.bar.setVisible(here and self._planar)
        if not (here and self._planar):
            self._state.hand.take("look")
        self._take()

    def _take(self) -> None:
        holds = self._state.hand.tool != "look"
        self._canvas.tool = self.brush if holds else None
        if not holds:
            self.brush.move(None)
        self._canvas.update()

    def _edit(self, stroke: EditPoints) -> None:
        run = self._run
        if run is None:
            return
        if stroke.action == "add":
            self._actions.hand.add_points(run.key, stroke, CLUMP)
        else:
            self._actions.edits.apply(run.key, stroke)

    def _edited(self, key: str) -> None:
        if self._run is not None and key == self._run.key:
            self._actions.looking.reload_target(key)

    def _staged(self, key: str) -> None:
        """Show the layer that a stage is about."""
        stage = self.lesson.stage
        if self._explained and stage is not None and stage.layer:
            self._layers.show_layer(stage.layer)

    def _lesson(self) -> None:
        if not self._explained:
            self.scene.set_scene({})
            self._layers.step_back(False)
        self._canvas.update()
