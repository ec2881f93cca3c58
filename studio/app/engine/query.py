"""The answer to the newest question of a view."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal
from shiboken6 import isValid

from pushforward.studio.app.core import async_tasks
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.engine.requests.request_base import Refused

__all__ = ["DEBOUNCE_MS", "Query"]

K = TypeVar("K")
A = TypeVar("A")

DEBOUNCE_MS = 40
"""Usual pause before a question that changes while a control is dragged."""


class Query(QObject, Generic[K, A]):
    """Fetches the answer to the newest key, one request at a time.

    Keys that are replaced while a request runs are never requested. An answer to a key that was
    replaced meanwhile is dropped, or with ``progressive`` shown until the newest one arrives.

    Attributes:
        key: the newest key, None before the first and after `cancel`.
        answer: the last answer that was accepted, None where there is none.
        error: why the newest key has no answer, None where nothing failed.

    Signals:
        changed: an answer or an error has arrived.
    """

    changed = Signal()

    def __init__(
        self,
        parent: QObject,
        fetch: Callable[[K], Awaitable[A]],
        *,
        state: AppState | None = None,
        debounce_ms: int = 0,
        errors: tuple[type[Exception], ...] = (Refused,),
        progressive: bool = False,
    ) -> None:
        """Create a query without a key.

        Args:
            parent: owns the query; answers that arrive after its end are dropped.
            fetch: returns the answer to a key.
            state: where given, keys wait until the engine is ready, and a failed key is requested
                again when the engine is back.
            debounce_ms: pause before each request.
            errors: exceptions of ``fetch`` that become `error`; others reach the error handler.
            progressive: keep the last answer until the next one has arrived, and accept answers
                to keys that were replaced meanwhile.
        """
        super().__init__(parent)
        self._fetch, self._errors, self._progressive = fetch, errors, progressive
        self.key: K | None = None
        self.answer: A | None = None
        self.error: Exception | None = None
        self._revision = 0  # counts keys, so that the same key can be requested again
        self._settled = 0  # the revision that has its answer or its error
        self._running = False
        self._state = state
        self._engine_lost = state is not None and not state.engine.ready
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(debounce_ms)
        self._timer.timeout.connect(self._start)
        if state is not None:
            state.engine_changed.connect(self._follow_engine)

    @property
    def busy(self) -> bool:
        """Whether the newest key waits for its answer."""
        return self._running or self._settled != self._revision

    def ask(self, key: K, *, again: bool = False) -> A | None:
        """Return the answer to a key if it is known; otherwise request it.

        Args:
            key: the question; keys are compared by ``==``.
            again: request it also where it is the newest key already.
        """
        if again or self.key is None or key != self.key:
            self._replace(key)
            self._schedule()
        return self.answer if self._settled == self._revision else None

    def cancel(self) -> None:
        """Forget the key and the answer; a request that runs is not waited for."""
        self._replace(None)
        self.answer = None
        self._settled = self._revision
        self._timer.stop()

    def _replace(self, key: K | None) -> None:
        self.key, self.error = key, None
        self._revision += 1
        if not self._progressive:
            self.answer = None

    def _schedule(self) -> None:
        if self._running or self._timer.isActive():
            return
        if self._timer.interval():
            self._timer.start()
        else:
            self._start()

    def _start(self) -> None:
        waits = self._state is not None and not self._state.engine.ready
        if self.key is not None and self.busy and not self._running and not waits:
            self._running = True
            async_tasks.spawn(self._request(self.key, self._revision))

    async def _request(self, key: K, revision: int) -> None:
        answer: A | None = None
        error: Exception | None = None
        try:
            answer = await self._fetch(key)
        except self._errors as caught:
            error = caught
        finally:  # an error that nobody expects ends the request, too
            self._running = False
            newest = revision == self._revision
            if newest:
                self._settled = revision
        if not isValid(self):
            return
        if newest or (self._progressive and self.key is not None and error is None):
            self.error = error
            if error is None or not self._progressive:
                self.answer = answer
            self.changed.emit()
        self._start()

    def _follow_engine(self) -> None:
        assert self._state is not None
        ready = self._state.engine.ready
        if ready and self._engine_lost and self.key is not None:
            if self.error is not None:
                self.ask(self.key, again=True)
            else:
                self._start()
        self._engine_lost = not ready
