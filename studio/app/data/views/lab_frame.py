"""A view of what an operator found last in the selected run, where that is no rows of data."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QContextMenuEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget
from shiboken6 import isValid

from pushforward.studio.app.charts.picture_export import Picture, copy_picture, widget_picture
from pushforward.studio.app.core import async_tasks, snapshot_text
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.operator_settings import offered
from pushforward.studio.app.core.run_summary import result_words
from pushforward.studio.app.data.chart_export import ask_picture
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.request_progress import BUSY, UnderWay
from pushforward.studio.app.design.basic import Elided, button, label, row, scrolled, view_bar
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.menu import open_menu
from pushforward.studio.app.design.scroll_page import LowPage
from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.protocol.messages import ResultWritten

if TYPE_CHECKING:
    from pushforward.studio.store.results import ResultRecord

__all__ = ["Arrays", "ArraysView", "FoundView", "can_ask"]

Arrays = Mapping[str, NDArray[Any]]
ASKS = "Choose a measurement and start it"


def can_ask(state: AppState, operator: str) -> bool:
    """Return whether the selected run supports an operator now."""
    return any(each.slug == operator for each in offered(state.runs.current, state.catalog))


class FoundView(LensView):
    """Loads the result that was opened, else the newest one, when a run is selected and when one is
    written, and says what could be asked where there is none. A subclass lays its parts into
    ``page``, takes what was found in `take`, and draws in `draw`.

    Attributes:
        operator: its slug.
        question, answer: what is said where nothing was asked yet.
        does, doing: what is offered there, and what is said while it is done.
        low: whether what is in the page is made as low as it may be before it scrolls.
        words: the fact in the bar; see `say`.
    """

    operator = ""
    question = ""
    answer = ""
    does, doing = "Measure", "Measuring"
    low = False

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self._under_way = UnderWay(self, state, actions, self.operator)
        self.words = Elided("", "muted")
        self.words.hide()
        self.measure = button("Measure…", self._measure, tip=ASKS)
        self.bar = view_bar(self, self.words, None, *self.controls(), self.measure)
        # Below the bar, which has no room for it in a narrow window.
        self._which = label("", "muted")
        self.newest = button("Show the newest", self._leave, kind="link")
        self.earlier = QWidget()
        line = row(self._which, self.newest, None)
        line.setContentsMargins(16, 8, 16, 0)
        self.earlier.setLayout(line)
        self.earlier.hide()
        self.page = LowPage() if self.low else QWidget()
        self.lay_out(self.page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for part in self.above():
            layout.addWidget(part)
        layout.addWidget(self.earlier)
        self._room = scrolled(self.page)
        layout.addWidget(self._room, 1)
        layout.addStretch(0)  # what stands above stays there while the page is hidden
        state.runs.selected.connect(self._select)
        state.runs.changed.connect(self._changed)
        state.result_written.connect(self._written)
        state.result_opened.connect(self._opened)
        self._under_way.changed.connect(self.refresh)
        self._under_way.progressed.connect(self._further)
        theme.changed.connect(self.refresh)
        self._select(state.runs.selection)

    # For those to say who make one of it

    def controls(self) -> list[QWidget]:
        """Return controls for the bar."""
        return []

    def above(self) -> list[QWidget]:
        """Return what stands above the page, also where nothing was found yet."""
        return []

    def lay_out(self, page: QWidget) -> None:
        """Put the parts of the view into its page."""
        raise NotImplementedError

    def take(self, found: "tuple[ResultRecord, Arrays] | None") -> None:
        """Take what was found, None for nothing.

        Raises:
            KeyError, ValueError: it is not what it should be.
        """
        raise NotImplementedError

    @property
    def filled(self) -> bool:
        """Whether there is something to show."""
        raise NotImplementedError

    def draw(self) -> None:
        """Show what was taken."""
        raise NotImplementedError

    # What there is

    def _select(self, key: str) -> None:
        self._key = self._under_way.key = key
        self.take(None)
        self.refresh()
        async_tasks.spawn(self._load(key))

    def _changed(self, key: str) -> None:
        if key == self._key and not self.filled:
            async_tasks.spawn(self._load(key))

    def _written(self, event: ResultWritten) -> None:
        if event.run == self._key and event.operator == self.operator and not event.file:
            async_tasks.spawn(self._load(self._key))

    def _opened(self, key: str) -> None:
        if key == self._key:
            async_tasks.spawn(self._load(key))

    def _leave(self) -> None:
        self._actions.operating.leave(self._key)

    @property
    def measuring(self) -> bool:
        """Whether a measurement of the run is running."""
        return self._under_way.job is not None

    def _further(self) -> None:
        if not self.filled and self.isVisible():
            self._tell_how_far()

    def _tell_how_far(self) -> None:
        """Say how far it is, for how long it takes yet, and offer to end it."""
        far = self._under_way
        if far.ending:
            self.empty.tell("Cancelling", far.text)
        else:
            self.empty.tell(self.doing, far.text, "Cancel", far.stop)

    async def _load(self, key: str) -> None:
        operating = self._actions.operating
        name = operating.wanted(key, self.operator)
        try:
            read = await operating.read(key, name) if name else None
            if not isValid(self) or key != self._key or (read is None and not self.filled):
                return
            if name != operating.wanted(key, self.operator):
                return  # another one was opened meanwhile
            self.take(read)
        except (Refused, KeyError, ValueError) as error:
            if isValid(self) and key == self._key:
                self.say(f"The result cannot be read: {error}")
            return
        self.refresh()

    def refresh(self) -> None:
        """Show what there is, or what could be asked."""
        self.measure.setEnabled(not self.measuring)
        set_tip(self.measure, BUSY if self.measuring else ASKS)
        self.page.setVisible(self.filled)
        self._room.setVisible(
            self.filled
        )  # else a bar stands beside nothing that could be scrolled
        wanted, newest = (
            self._actions.operating.wanted(self._key, self.operator, opened=opened)
            for opened in (True, False)
        )
        self.earlier.setVisible(self.filled and wanted != newest)
        run = self.run
        said = result_words(run, wanted, self._state.catalog).text if wanted else ""
        self._which.setText(f"An earlier result: {said}")
        if self.filled:
            self.empty.hide()
            self.draw()
            return
        self.say("")
        if self.measuring:
            self._tell_how_far()
            return
        run = self.run
        ready = run is not None and bool(run.checkpoints or run.job)
        wait = "Available after the first checkpoint."
        doing = self._measure if ready else None
        self.empty.tell(
            self.question, self.answer if ready else wait, self.does if ready else "", doing
        )

    def say(self, fact: str) -> None:
        """Say a fact in the bar, which keeps no room for none."""
        self.words.set_text(fact)
        self.words.setVisible(bool(fact))

    def say_of(self, fact: str, step: int) -> None:
        """Say a fact of weights of a step, and how far the training is where that is further."""
        self.say(fact + snapshot_text.trained_further(step, self.run))

    # Taking it away

    def export_picture(self) -> Picture:
        """Return what was found as a picture: the page, also what is scrolled out of sight."""
        return widget_picture(self.page)

    def ask_export(self) -> None:
        """Ask for a file and write the picture into it."""
        ask_picture(self, self._state, self.operator)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        some = self.filled
        open_menu(
            self,
            event.pos(),
            [
                ("Copy picture", partial(copy_picture, self) if some else None),
                ("Export picture…", self.ask_export if some else None),
            ],
        )

    def _measure(self) -> None:
        self._actions.operating.open(self._key, self.operator)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()


class ArraysView(FoundView):
    """Shows arrays as they were found.

    Attributes:
        found: the arrays by name, {} where there are none.
        config: the settings that they were found with.
        note: what the operator says of them, for the subclass to put into its page.
        fact: what is said of them before the step, for the subclass to set.
    """

    def __init__(self, state: AppState, actions: Actions) -> None:
        self.found: Arrays = {}
        self.config: Mapping[str, Any] = {}
        self.note = label("", "muted", wrap=True)
        self.fact = ""
        self._step, self._noted = 0, ""
        super().__init__(state, actions)

    def take(self, found: "tuple[ResultRecord, Arrays] | None") -> None:
        self.found = {} if found is None else found[1]
        self.config = {} if found is None else found[0].config
        if found is not None:
            self._noted = found[0].note
            self._step = found[0].step

    def refresh(self) -> None:
        if self.filled:  # before a subclass says more
            self.say_of(f"{self.fact}step {self._step:,}", self._step)
            # The bar has no room for it in a narrow window.
            run = self.run
            further = snapshot_text.trained_further(self._step, run)
            older = f"Measured at step {self._step:,}{further}." if further else ""
            self.note.setText(f"{self._noted} {older}".strip())
        super().refresh()

    def doubles(self, name: str) -> NDArray[np.float64]:
        """Return one of the arrays."""
        return np.asarray(self.found[name], np.float64)
