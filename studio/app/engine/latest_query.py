"""Questions that change while a person moves something: the newest is asked, one at a time."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QTimer

from pushforward.studio.app.core import async_tasks

__all__ = ["Latest"]

Q = TypeVar("Q")
PAUSE = 40  # ms that a question stands before it is asked


class Latest(QObject, Generic[Q]):
    """Asks what was wanted last, as soon as what was asked before is answered: whoever answers has
    one question at a time, and those that were overtaken meanwhile are never asked.
    """

    def __init__(self, parent: QObject, ask: Callable[[Q], Awaitable[None]]) -> None:
        super().__init__(parent)
        self._ask = ask
        self._wanted: Q | None = None
        self._asking = False
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE)
        self._pause.timeout.connect(self._next)

    @property
    def busy(self) -> bool:
        """Whether something is asked, or will be."""
        return self._asking or self._wanted is not None

    def want(self, question: Q) -> None:
        """Ask soon, in the place of what was wanted and not asked yet."""
        self._wanted = question
        if not self._asking and not self._pause.isActive():
            self._pause.start()

    def drop(self) -> None:
        """Ask nothing of what is wanted."""
        self._wanted = None
        self._pause.stop()

    def _next(self) -> None:
        question, self._wanted = self._wanted, None
        if question is not None and not self._asking:
            self._asking = True
            async_tasks.spawn(self._answer(question))

    async def _answer(self, question: Q) -> None:
        try:
            await self._ask(question)
        finally:
            self._asking = False
        self._next()
