"""What a person does to a training on its canvas: change its target by hand."""

from functools import partial

from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QPushButton, QWidget

from pushforward.studio.app.charts.layer_panel import paint_chip
from pushforward.studio.app.charts.particle_canvas import ParticleCanvas
from pushforward.studio.app.charts.target_brush import Brush
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.canvas_tools import TOOLS, ToolName, standing
from pushforward.studio.app.core.runs import FlowRecord, RunState
from pushforward.studio.app.design.basic import icon_button, restyle, row
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.protocol.spec import EditPoints

__all__ = ["FlowHands"]

CLUMP = 0.02  # of the training points, added by one click


_NAMES: dict[ToolName, tuple[str, str]] = {
    "look": ("cursor", "Pan: drag; click a particle for its trajectory"),
    "add": ("plus", "Add target points: click"),
    "move": ("move", "Move target points: drag"),
    "remove": ("eraser", "Remove target points: click"),
}


class HandBar(QWidget):
    """Buttons in a row on the canvas."""

    def __init__(self, parent: QWidget, state: AppState, actions: Actions) -> None:
        super().__init__(parent)
        self._state, self._actions = state, actions
        self.buttons: dict[ToolName, QPushButton] = {}
        for tool in TOOLS:
            made = icon_button(*_NAMES[tool], partial(state.hand.take, tool))
            made.setCheckable(True)
            self.buttons[tool] = made
        hand = state.hand
        self.narrow = icon_button("brush-narrow", "Narrower brush", partial(hand.widen, -1))
        self.wide = icon_button("brush-wide", "Wider brush", partial(hand.widen, 1))
        self.undo = icon_button("undo", "Undo the last change of the target", self._undo)
        groups = (self.narrow, self.wide, 6, self.undo)
        self.setLayout(row(*self.buttons.values(), 6, *groups, gap=2, margins=4))
        self.setAccessibleName("Tools")
        hand.changed.connect(self.refresh)
        state.runs.edited.connect(self.refresh)
        self.refresh()
        self.adjustSize()
        self.hide()

    def refresh(self, _key: str = "") -> None:
        """Show which tool is held, and what can be undone."""
        held = self._state.hand.tool
        for tool, made in self.buttons.items():
            made.setChecked(tool == held)
            restyle(made, held="true" if tool == held else "false")
        drawing = held != "look"
        self.narrow.setEnabled(drawing)
        self.wide.setEnabled(drawing)
        run = self._state.runs.current
        self.undo.setEnabled(run is not None and standing(run.edits) > 0)

    def _undo(self) -> None:
        run = self._state.runs.current
        if run is not None:
            self._actions.edits.undo_points(run.key)

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_chip(self)


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
