"""What a person does to a training on its canvas: change its target by hand."""

from PySide6.QtWidgets import QWidget

from pushforward.studio.app.charts.particle_canvas import ParticleCanvas
from pushforward.studio.app.charts.target_brush import Brush
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.runs import FlowRecord, RunState
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.lenses.watch.target_toolbar import HandBar
from pushforward.studio.protocol.spec import EditPoints

__all__ = ["FlowHands"]

CLUMP = 0.02  # of the training points, added by one click


class FlowHands:
    """Bar and brush of one canvas; shown while its run is under way here."""

    def __init__(
        self, parent: QWidget, state: AppState, actions: Actions, canvas: ParticleCanvas
    ) -> None:
        self._state, self._actions, self._canvas = state, actions, canvas
        self._run: RunState | None = None
        self._planar = False
        self.brush = Brush(canvas, state.hand, self._edit)
        self.bar = HandBar(parent, state, actions)
        canvas.overlays += [self.brush]
        state.hand.changed.connect(self._take)
        state.runs.edited.connect(self._edited)

    def set_run(self, run: RunState | None) -> None:
        """Take over another run, or news of the same."""
        if run is not self._run:
            self._state.hand.take("look")
        self._run = run
        self.bar.refresh()
        self._show()

    def show(self, record: FlowRecord, dims: tuple[int, int]) -> None:
        """Take over another record."""
        planar = record.x.shape[2] == 2 and dims == (0, 1)
        if planar != self._planar:
            self._planar = planar
            self._show()

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
        if holds:
            self._canvas.tool = self.brush
        elif self._canvas.tool is self.brush:
            self._canvas.tool = None
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
            self._actions.real_samples.reload(key)
