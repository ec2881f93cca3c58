"""Other windows with the open project: the second one shows a notice."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from pushforward.studio.app.core import async_tasks
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.notices import Notice
from pushforward.studio.app.engine.requests import project_files
from pushforward.studio.app.engine.requests.request_base import Intents, Link

if TYPE_CHECKING:
    from pushforward.studio.store.lock import Lock

__all__ = ["NAME", "WindowIntents"]

NAME = ".window"  # the lock of the window that is open on a project
EVERY = 2.0  # seconds between two tries to get it
TOPIC = "window"


class WindowIntents(Intents):
    """The first window on a project holds a lock there, for as long as it shows it; each other one
    says that it is not alone, until it is.
    """

    def __init__(self, state: AppState, link: Link) -> None:
        super().__init__(state, link)
        self._lock: Lock | None = None
        state.project_changed.connect(self._opened)

    @property
    def first(self) -> bool:
        """Whether this window is the first on its project, so far as is known."""
        return self._lock is not None

    def leave(self) -> None:
        """Let others have the project."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _opened(self) -> None:
        self.leave()
        if self.state.project is not None:
            async_tasks.spawn(self._claim(self.state.project))

    async def _claim(self, project: Path) -> None:
        """Try until the project is ours alone, or another one is open. Where nothing can be written
        nothing is known, and nothing is said.
        """
        from pushforward.studio.store.errors import StoreError
        from pushforward.studio.store.lock import Busy, Lock

        lock, told = Lock(project, f"The project {project.name} is shown", NAME), False
        while self.state.project == project and self._lock is None:
            try:
                # The playground need not be there yet.
                if await asyncio.to_thread(project_files.is_project, project):
                    await asyncio.to_thread(lock.take)
                    self._take(project, lock)
                    return
            except Busy:
                if not told and self.state.project == project:
                    told = True
                    self._say()
            except StoreError:
                pass
            await asyncio.sleep(EVERY)

    def _take(self, project: Path, lock: "Lock") -> None:
        if self.state.project == project and self._lock is None:
            self._lock = lock
            self.state.notices.settle(TOPIC)
        else:
            lock.release()

    def _say(self) -> None:
        self.state.notices.post(
            Notice(
                level="info",
                text="This project is also open in another window",
                why="Both show the same runs and data. A run is trained by one of them at a time; "
                "what is named, edited or deleted in one is so in the other.",
                lasting=True,
                here=True,
                topic=TOPIC,
            )
        )
