"""A view that requests live results from the selected run's model."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from PySide6.QtGui import QShowEvent
from shiboken6 import isValid

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type import Arrays
from pushforward.studio.app.data.views.lab_status import LabStatus
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.design.basic import Elided, button
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.query import DEBOUNCE_MS, Query
from pushforward.studio.app.engine.requests.request_base import Refused

__all__ = ["AskedLive", "Asking"]


class Keyed(Protocol):
    """A request with its run."""

    @property
    def key(self) -> str: ...


Q = TypeVar("Q", bound=Keyed)


@dataclass(frozen=True)
class Asking:
    """A question in the words of an operator."""

    operator: str
    config: Mapping[str, Any]
    given: Mapping[str, Any] = field(default_factory=lambda: {})


class AskedLive(LensView, Generic[Q]):
    """Sends one request at a time, the newest, and keeps the last answer; ``words`` describe its
    step or that it is outdated.

    Attributes:
        preview: number of samples of an answer; 0 where it is not a preview.
        whole: their number after *More*, until something else is asked.
        status: a line that marks a preview; a subclass adds it above its page.
        more: the button *More*; a subclass adds it to its bar where there is a preview.
    """

    preview: ClassVar[int] = 0
    whole: ClassVar[int] = 0

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self._key, self.wrong = "", ""
        self.found: tuple[Q, Arrays] | None = None
        self._asked: Q | None = None  # last
        self._said = ""  # of what was found
        self._refined = False  # whether the whole number is requested
        self._count = 0  # samples of what was found
        self._query: Query[Q, None] = Query(self, self._answer, debounce_ms=DEBOUNCE_MS)
        self._query.changed.connect(self.tell)
        self.words = Elided("", "muted")
        self.status = LabStatus()
        tip = f"Compute it with {self.whole:,} samples"
        self.more = button("More", self.refine, kind="primary", tip=tip)
        self.more.hide()

    def follow(self) -> None:
        """Follow the selected run, once all is laid out."""
        self._state.runs.selected.connect(self.select)
        self._state.engine_changed.connect(self.meet)
        self.select(self._state.runs.selection)

    # What a view has of its own

    @abstractmethod
    def meet(self) -> None:
        """Ask, where somebody looks and there is something to ask."""

    @abstractmethod
    def asking(self, question: Q) -> Asking:
        """Return a question as an operator is asked it."""

    @abstractmethod
    def refresh(self) -> None:
        """Show what was answered last, or what could be asked."""

    def begin(self) -> None:
        """Let go of what is known of the run before."""

    def to_stored(self, arrays: Arrays) -> Arrays:
        """Return the arrays of an answer in the form for storage."""
        return arrays

    # What they share

    @property
    def filled(self) -> bool:
        """Whether there is something to show."""
        return self.found is not None

    @property
    def trouble(self) -> str:
        """Why there is no result, "" if there is one or it is not known yet."""
        return "" if self.filled else self.wrong

    @property
    def count(self) -> int:
        """The number of samples that is requested."""
        return self.whole if self._refined else self.preview

    def refine(self) -> None:
        """Ask the last question again, for the whole number of samples."""
        if self.found is not None:
            self.want(self.found[0], refined=True)

    @property
    def awake(self) -> bool:
        """Whether somebody looks, and the engine answers."""
        return self._state.engine.ready and self.isVisible()

    @property
    def stale(self) -> bool:
        """Whether what is shown is not of what was asked last."""
        return self.found is not None and self._asked not in (None, self.found[0])

    def select(self, key: str) -> None:
        """Ask another run."""
        self._key, self.found, self.wrong, self._asked = key, None, "", None
        self._query.cancel()
        self.begin()
        self.meet()

    def want(self, question: Q, *, refined: bool = False) -> None:
        """Ask as soon as what was asked before is answered."""
        self._asked, self._refined = question, refined
        self._query.ask(question, again=True)
        self.tell()

    def drop(self) -> None:
        """Ask nothing of what is wanted."""
        self._asked = None
        self._query.cancel()
        self.tell()

    @property
    def is_preview(self) -> bool:
        """Whether a preview is shown."""
        return self.found is not None and bool(self.preview) and self._count < self.whole

    def tell(self) -> None:
        """Describe the step of the displayed answer."""
        some = self.found is not None
        self.words.set_text(f"drawing anew, shown: {self._said}" if self.stale else self._said)
        self.words.setVisible(some)
        self.status.show_state(f"Preview, n = {self._count:,}" if self.is_preview else "", "")
        self.more.setVisible(self.is_preview)
        self.more.setEnabled(not self.stale and not self._query.busy)

    async def _answer(self, question: Q) -> None:
        asking, count = self.asking(question), self.count
        try:
            answer = await self._actions.operating.ask(
                question.key, asking.operator, config=dict(asking.config), given=dict(asking.given)
            )
        except Refused as refused:
            if isValid(self) and question.key == self._key:
                self.wrong = refused.error.message
                self._asked = None if self._asked == question else self._asked
                self.refresh()
                self.tell()
            return
        if not isValid(self) or question.key != self._key:
            return
        self.found, self.wrong = (question, self.to_stored(answer.arrays)), ""
        self._count = count
        self._said = f"step {int((answer.result or {}).get('step', 0)):,}"
        self.refresh()
        self.tell()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.meet()
