"""The view of a lab: it shows a preview by itself, and the whole measurement on *More*."""

from functools import partial
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QContextMenuEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QWidget
from shiboken6 import isValid

from pushforward.studio.app.charts.picture_export import Picture, copy_picture, widget_picture
from pushforward.studio.app.core import async_tasks, operator_settings, snapshot_text
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.operator_settings import Asking
from pushforward.studio.app.core.queue_status import engine_task
from pushforward.studio.app.core.run_summary import result_words
from pushforward.studio.app.data.chart_export import ask_picture
from pushforward.studio.app.data.views.lab import Arrays, Finding, Lab
from pushforward.studio.app.data.views.lab_status import LabStatus
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.request_progress import BUSY, UnderWay
from pushforward.studio.app.design.basic import Elided, button, column, label, scrolled, view_bar
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.menu import open_menu
from pushforward.studio.app.design.scroll_page import LowPage
from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.design.veil import Veil
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.query import Query
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.protocol.messages import ResultWritten

__all__ = ["LabView", "PreviewKey"]

MORE_TIP = "Run the full measurement and keep the result"
SETTINGS_TIP = "Choose the settings, then measure"


class PreviewKey(NamedTuple):
    """What a preview is of: a run, and the step of its checkpoint."""

    run: str
    step: int


class LabView(LensView):
    """Shows the result of an operator: the opened or the newest one, otherwise a preview.

    The preview starts when the view is shown, as soon as the run has a checkpoint and the engine is
    free. Values of another step are greyed until the preview of the selected step arrives. A
    subclass adds its widgets to ``page`` in `lay_out`, and shows ``finding`` in `draw`.

    Attributes:
        lab: the operator, and the settings of its preview.
        low: whether the page shrinks to its minimum height before it scrolls.
        split: width in pixels from which the boxes of ``halves`` are horizontal.
        halves: boxes that turn vertical in a narrow window; a subclass fills it in `lay_out`.
        finding: what is shown, None for nothing.
        note: label for the operator's sentence; a subclass adds it below its pictures.
        fact: text before the step in the bar.
        words: label in the bar; see `say`.
    """

    lab: ClassVar[Lab]
    low: ClassVar[bool] = False
    split: ClassVar[int] = 620
    settings_title: ClassVar[str] = "Settings…"

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self.finding: Finding | None = None
        self._stored: Finding | None = None  # the opened or newest result of the run
        self._stored_name = ""
        self._preview: Finding | None = None
        self._loading = False
        self._trouble = ""
        self._step: int | None = None
        self.fact = ""
        self.halves: list[QBoxLayout] = []
        self._query: Query[PreviewKey, Finding] = Query(self, self._request_preview, state=state)
        self._query.changed.connect(self._take_preview)
        self._under_way = UnderWay(self, state, actions, self.lab.operator)
        self._lay_out_frame()
        state.runs.selected.connect(self._select)
        state.runs.changed.connect(self._follow_run)
        state.result_written.connect(self._follow_result)
        state.result_opened.connect(self._follow_run)
        state.playback.changed.connect(self._follow_step)
        for signal in (state.queue_changed, state.engine_changed, self._under_way.changed):
            signal.connect(self.update_finding)
        self._under_way.progressed.connect(self._show_status)
        theme.changed.connect(self.refresh)
        self._select(state.runs.selection)

    def _lay_out_frame(self) -> None:
        self.words = Elided("", "muted")
        self.words.hide()
        self.note = label("", "muted", wrap=True)
        self.settings = button(self.settings_title, self._open_settings, tip=SETTINGS_TIP)
        self.more = button("More", self.measure, kind="primary", tip=MORE_TIP)
        self.bar = view_bar(self, self.words, None, *self.controls(), self.settings, self.more)
        self.status = LabStatus()
        self.page = LowPage() if self.low else QWidget()
        self.lay_out(self.page)
        layout = column(*self.above(), self.status, parent=self, gap=None)
        self._room = scrolled(self.page)
        layout.addWidget(self._room, 1)
        layout.addStretch(0)  # the parts above stay at the top while the page is hidden
        self._veil = Veil(self._room)

    # What a subclass defines

    def controls(self) -> list[QWidget]:
        """Return controls for the bar."""
        return []

    def above(self) -> list[QWidget]:
        """Return widgets above the page, which are visible without a result, too."""
        return []

    def lay_out(self, page: QWidget) -> None:
        """Add the widgets of the view to its page."""
        raise NotImplementedError

    def take(self, finding: Finding | None) -> None:
        """Replace what is shown; None for nothing.

        Raises:
            KeyError, ValueError: the result cannot be shown.
        """
        if finding is not None and self.lab.result not in finding.arrays:
            raise KeyError(self.lab.result)
        self.finding = finding

    def draw(self) -> None:
        """Show ``finding``."""
        raise NotImplementedError

    def propose(self) -> None:
        """Propose settings of the full measurement, where the user has chosen none."""

    @property
    def trouble(self) -> str:
        """Why there is no result, "" if there is one or it is not known yet."""
        return self._trouble

    @property
    def filled(self) -> bool:
        """Whether there is something to show."""
        return self.finding is not None

    @property
    def sample_count(self) -> int:
        """The number of samples of what is shown."""
        return int(self.config.get(self.lab.samples, 0))

    # What is shown

    @property
    def arrays(self) -> Arrays:
        """The arrays of the result, {} without one."""
        return self.finding.arrays if self.finding is not None else {}

    @property
    def config(self) -> dict[str, Any]:
        """The settings of the result, {} without one."""
        return dict(self.finding.config) if self.finding is not None else {}

    def doubles(self, name: str) -> NDArray[np.float64]:
        """Return an array of the result."""
        return np.asarray(self.arrays[name], np.float64)

    @property
    def step(self) -> int | None:
        """The newest checkpoint of the run, not after the selected training step; None for none."""
        run, selected = self.run, self._state.playback.step
        steps = run.checkpoints if run is not None else []
        return max((each for each in steps if selected is None or each <= selected), default=None)

    @property
    def opened(self) -> bool:
        """Whether a result was opened by hand; it is shown at every selected step."""
        return bool(self._stored_name) and self._stored_name == self._state.opened.get(self._key)

    @property
    def measuring(self) -> bool:
        """Whether the full measurement is queued or running."""
        return self._under_way.job is not None

    @property
    def stale(self) -> bool:
        """Whether what is shown is of another run or step than the selected one."""
        if self.finding is None:
            return not self.page.isHidden()
        return not self._suits(self.finding)

    def _suits(self, finding: Finding | None) -> bool:
        step = self.step
        opened = self.opened and finding is self._stored
        return finding is not None and (opened or step is None or finding.step == step)

    def update_finding(self) -> None:
        """Load the stored result or request the preview, whichever is needed, and show it."""
        if not isValid(self) or not self.isVisible():
            return
        self._step = self.step
        name = self._actions.operating.wanted(self._key, self.lab.operator)
        if name != self._stored_name:
            self._stored_name, self._stored = name, None
            if name:
                self._loading = True
                async_tasks.spawn(self._load(self._key, name))
        before = self.finding
        if not self._loading:
            self._show_best()
        if self.finding is None or self.finding is not before:
            self.refresh()
        else:
            self._show_frame()

    def _show_best(self) -> None:
        """Show the stored result or the preview of the selected step; request it if neither is."""
        known = [each for each in (self._stored, self._preview) if each is not None]
        best = next(filter(self._suits, known), None)
        older = self.finding if self.finding in known else next(iter(known), None)
        self._show(best or older)
        if best is None and self.step is not None and not self.measuring:
            key = PreviewKey(self._key, self.step)
            if key == self._query.key or not engine_task(self._state):
                self._query.ask(key)

    def _show(self, finding: Finding | None) -> None:
        if finding is self.finding:
            return
        try:
            self.take(finding)
        except (KeyError, ValueError) as error:
            self.finding, self._trouble = None, f"The result cannot be shown: {error}"
            if finding is self._preview:
                self._preview = None
        else:
            self._trouble = ""

    def _select(self, key: str) -> None:
        self._key = self._under_way.key = key
        self._stored, self._stored_name, self._preview = None, "", None
        self._loading, self._trouble = False, ""
        self._query.cancel()
        self.take(None)
        if self.run is None:
            self.page.hide()
        if self.isVisible():
            self.update_finding()
        else:
            self.page.hide()

    def _follow_result(self, event: ResultWritten) -> None:
        self._follow_run(event.run)

    def _follow_run(self, key: str) -> None:
        operating = self._actions.operating
        if key == self._key and (
            self.step != self._step or operating.wanted(key, self.lab.operator) != self._stored_name
        ):
            self.update_finding()

    def _follow_step(self) -> None:
        if self.isVisible() and self.step != self._step:
            self.update_finding()

    async def _load(self, key: str, name: str) -> None:
        stored, trouble = None, ""
        try:
            stored = Finding.of_record(*await self._actions.operating.read(key, name))
        except (Refused, KeyError, ValueError) as error:
            trouble = f"The result cannot be read: {error}"
        if isValid(self) and (key, name) == (self._key, self._stored_name):
            self._stored, self._loading = stored, False
            self.update_finding()
            if trouble:
                self._trouble = trouble
                self.refresh()

    async def _request_preview(self, key: PreviewKey) -> Finding:
        config = self.lab.preview_config(self._state)
        answer = await self._actions.operating.ask(
            key.run, self.lab.operator, config=config, step=key.step
        )
        return Finding.of_answer(answer, config)

    def _take_preview(self) -> None:
        self._preview = self._query.answer
        self._trouble = str(self._query.error or "")
        self.update_finding()

    # The full measurement

    def measure(self) -> None:
        """Start the full measurement, with the settings that were chosen last."""
        self.propose()
        async_tasks.spawn(self._start(self._key, self.step))

    def _open_settings(self) -> None:
        self.propose()
        self._actions.operating.open(self._key, self.lab.operator)

    async def _start(self, key: str, step: int | None) -> None:
        state, operator = self._state, self.lab.operator
        entry = state.catalog.get("operator", operator) if state.catalog is not None else None
        config = state.asked.get((key, operator), {})
        try:
            asking = (
                operator_settings.asking(config, entry)
                if entry is not None
                else Asking(dict(config), {}, {})
            )
            await self._actions.operating.start(key, operator, asking, step=step)
        except Refused as refused:
            state.notices.error(refused.error, title="The measurement did not start", runs=(key,))

    # Showing

    def refresh(self) -> None:
        """Show what there is, or say why there is nothing yet."""
        self._show_frame()
        if self.filled:
            self.draw()

    def _show_frame(self) -> None:
        """Show everything but the result itself."""
        self.more.setVisible(self.is_preview or not self._suits(self.finding))
        for each, tip in ((self.more, MORE_TIP), (self.settings, SETTINGS_TIP)):
            each.setEnabled(not self.measuring)
            set_tip(each, BUSY if self.measuring else tip)
        pending = self._loading or (self._query.busy and not self._query.error)
        visible = self.filled or (pending and not self.page.isHidden())
        self.page.setVisible(visible)
        self._room.setVisible(visible)
        self._veil.setVisible(visible and self.stale)
        if self.filled:
            self.show_facts()
        self._show_status()

    def show_facts(self) -> None:
        """Show the step in the bar, and the operator's sentence."""
        finding = self.finding
        assert finding is not None
        self.say_of(f"{self.fact}step {finding.step:,}", finding.step)
        further = snapshot_text.trained_further(finding.step, self.run)
        older = f"Measured at step {finding.step:,}{further}." if further else ""
        self.note.setText(f"{finding.note} {older}".strip())
        self.note.setVisible(bool(self.note.text()))

    def _show_status(self) -> None:
        visible = not self.page.isHidden()
        mark = f"Preview, {self.lab.unit} = {self.sample_count:,}" if self.is_preview else ""
        self.status.show_state(mark, *self._state_of_request() if visible else ("",))
        self.empty.setVisible(not visible)
        if not visible:
            self.say("")
            self.empty.tell(*self._why_empty())

    @property
    def is_preview(self) -> bool:
        """Whether a preview is shown."""
        return self.finding is not None and self.finding.preview

    def _state_of_request(self) -> tuple[Any, ...]:
        """Return the text below the bar, the title of its action, and the action."""
        far = self._under_way
        if self.measuring:
            doing = "Cancelling" if far.ending else f"Measuring. {far.text}"
            return (doing,) if far.ending else (doing, "Cancel", far.stop)
        newest = self._actions.operating.wanted(self._key, self.lab.operator, opened=False)
        if self._stored_name != newest and self.finding is self._stored:
            text = result_words(self.run, self._stored_name, self._state.catalog).text
            leave = partial(self._actions.operating.leave, self._key)
            return f"An earlier result: {text}", "Show the newest", leave
        if self._trouble:
            return (self._trouble,)
        if self.stale:
            at = f"Values of step {self.finding.step:,}. " if self.finding is not None else ""
            return (f"{at}{self._why_empty()[1]}",)
        return ("",)

    def _why_empty(self) -> tuple[Any, ...]:
        """Return the title and text of the empty state, the title of its action, and the action."""
        run, far = self.run, self._under_way
        if run is None:
            return "No run selected", "Select a run on the left."
        if self.measuring:
            if far.ending:
                return "Cancelling", far.text
            return "Measuring", far.text, "Cancel", far.stop
        if self._trouble:
            return "No preview", self._trouble, self.more.text(), self.measure
        if self.step is None:
            return "No preview yet", "The preview starts at the first checkpoint of this run."
        if not self._state.engine.ready:
            return "Waiting for the engine", "The preview starts when the engine is ready."
        if not self._query.busy and (task := engine_task(self._state)):
            text = f"{task}. The preview starts when the engine is free."
            return "Waiting for the engine", text, self.more.text(), self.measure
        n = self.lab.preview_config(self._state).get(self.lab.samples)
        return "Computing the preview", f"Computing the preview, {self.lab.unit} = {n}…"

    def say(self, fact: str) -> None:
        """Show a fact in the bar, "" for none."""
        self.words.set_text(fact)
        self.words.setVisible(bool(fact))

    def say_of(self, fact: str, step: int) -> None:
        """Show a fact about the weights of a step, and the step of the training if it is newer."""
        self.say(fact + snapshot_text.trained_further(step, self.run))

    # Export

    def export_picture(self) -> Picture:
        """Return a picture of the whole page."""
        return widget_picture(self.page)

    def ask_export(self) -> None:
        """Ask for a file and write the picture into it."""
        ask_picture(self, self._state, self.lab.operator)

    # Events

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        copy = partial(copy_picture, self) if self.filled else None
        export = self.ask_export if self.filled else None
        open_menu(self, event.pos(), [("Copy picture", copy), ("Export picture…", export)])

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.update_finding()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange the halves below each other in a narrow window."""
        super().resizeEvent(event)
        directions = QBoxLayout.Direction
        wide = self.width() >= self.split
        for box in self.halves:
            box.setDirection(directions.LeftToRight if wide else directions.TopToBottom)
