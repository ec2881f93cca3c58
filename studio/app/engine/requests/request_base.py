"""What every group of intents shares: the state, the link to the engine, and how errors end."""

from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.core import async_tasks, preferences
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.notices import NoticeAction
from pushforward.studio.protocol.messages import Command, ErrorInfo

__all__ = ["Answer", "Intents", "Link", "Refused", "floats"]


class Refused(Exception):
    """The engine could not, or would not, do what was asked; ``error`` says why."""

    def __init__(self, error: ErrorInfo) -> None:
        super().__init__(error.message)
        self.error = error


@dataclass(frozen=True)
class Answer:
    """What came back: plain data, and arrays by name."""

    result: Any = None
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)


class Link(Protocol):
    """The engine as the actions see it."""

    @property
    def alive(self) -> bool:
        """Whether commands can be sent."""

    async def ask(self, command: Command) -> Answer:
        """Send a command and wait for its answer.

        Raises:
            Refused: the engine said no, or is gone.
        """

    def tell(self, command: Command) -> None:
        """Send a command without waiting for its answer; without an engine it is dropped."""

    async def restart(self) -> None:
        """Start the engine again after it was lost.

        Raises:
            Refused: it does not start.
        """

    async def close(self, checkpoint: bool) -> None:
        """Let the engine save what runs, if so wished, and leave."""


class Intents:
    """Base of the groups: they only read and write ``state`` and talk through ``link``."""

    def __init__(self, state: AppState, link: Link) -> None:
        self.state = state
        self.link = link

    def need_project(self) -> Path:
        """Return the open project; where none is, the playground, so that nothing waits for a
        place.
        """
        if self.state.project is None:
            self.state.project = preferences.playground()
            self.state.project_name = self.state.project.name
            self.state.project_changed.emit()
        return self.state.project

    def leave_project(self) -> None:
        """Take away what is said of the open project and of its runs: another one is opened."""
        self.state.notices.leave()
        for key in self.state.runs.by_key:
            self.state.notices.forget(key)

    def _do(
        self,
        work: Coroutine[Any, Any, None],
        title: str = "",
        topic: str = "",
        run: str = "",
        *,
        here: bool = True,
        again: NoticeAction | None = None,
    ) -> None:
        """Run a sequence; if it is refused, say so under ``title``, until the same is done.

        Args:
            work: what is done.
            title: what is said if it is refused.
            topic: what is the same, if not all that has the title and is about the run.
            run: the key of the run that it is about, "" for none.
            here: whether a refusal says something only while the same project is open.
            again: what may be tried once its cause is mended.
        """
        topic = topic or f"{title}:{run}"
        task = async_tasks.spawn(self._guarded(work, title, topic, run, here, again))
        # A task that is cancelled before its first step never comes to await the sequence.
        task.add_done_callback(lambda _: work.close())

    async def _guarded(
        self,
        work: Coroutine[Any, Any, None],
        title: str,
        topic: str,
        run: str,
        here: bool,
        again: NoticeAction | None,
    ) -> None:
        runs = (run,) if run else ()
        actions = (again,) if again is not None else ()
        try:
            await work
        except Refused as refused:
            error = refused.error
            self.state.notices.error(
                error, title=title, topic=topic, runs=runs, here=here, actions=actions
            )
        else:
            self.state.notices.settle(topic)

    def _tell(self, command: Command, title: str = "", run: str = "") -> None:
        """Ask for something whose result comes as events; only a refusal is shown."""
        self._do(self._ask_only(command), title, run=run)

    async def _ask_if_alive(self, command: Command) -> Answer | None:
        """Return the answer, None without an engine: a notice is shown already, and the caller asks
        again when the engine is back.

        Raises:
            Refused: the engine refuses.
        """
        try:
            return await self.link.ask(command)
        except Refused:
            if self.link.alive:
                raise
            return None

    async def _ask_only(self, command: Command) -> None:
        await self.link.ask(command)


def floats(answer: Answer, name: str) -> NDArray[np.float32]:
    """Return an array of an answer as float32.

    Raises:
        Refused: the engine did not send it.
    """
    array = answer.arrays.get(name)
    if array is None:
        raise Refused(
            ErrorInfo(
                kind="bug",
                message=f"The engine's answer lacks the array {name!r}.",
                hint="Restart the engine from the menu Engine.",
            )
        )
    return np.asarray(array, dtype=np.float32)
