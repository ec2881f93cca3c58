"""Trainings that go on without a window: started when it closes, found and followed later."""

import asyncio
from functools import partial
from pathlib import Path

from pushforward.studio.app.core import async_tasks
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.display_names import numbered
from pushforward.studio.app.core.notices import Notice, NoticeAction
from pushforward.studio.app.core.reduce import reduce
from pushforward.studio.app.engine.requests.project_requests import ProjectIntents
from pushforward.studio.app.engine.requests.request_base import Intents, Link, Refused
from pushforward.studio.protocol.messages import Control

__all__ = ["BackgroundIntents"]

EVERY = 0.5  # seconds between two looks at the files


class BackgroundIntents(Intents):
    """Intents about runs that another process trains."""

    def __init__(self, state: AppState, link: Link, project: ProjectIntents) -> None:
        super().__init__(state, link)
        self._project = project
        self._following: set[str] = set()

    def follow(self) -> None:
        """Follow the runs of the open project that are trained in the background."""
        for run in self.state.runs.by_key.values():
            if run.background and run.key not in self._following:
                self._following.add(run.key)
                topic = f"background:{run.key}"
                self.state.notices.settle(topic)
                show = NoticeAction("Show it", partial(self._show, run.key))
                text = f"{numbered(run)} continues training in the background"
                self.state.notices.post(
                    Notice(level="info", text=text, actions=(show,), topic=topic)
                )
                async_tasks.spawn(self._follow(run.key))

    async def _follow(self, key: str) -> None:
        """Turn what appears in the files into the events that an engine would send."""
        from pushforward.studio.client.follow import RunFollower
        from pushforward.studio.store.errors import StoreError

        follower = RunFollower(Path(key))
        try:
            while not follower.ended and key in self.state.runs.by_key:
                for event in await asyncio.to_thread(follower.poll):
                    reduce(self.state, event)
                await asyncio.sleep(EVERY)
        except StoreError as error:
            self.state.notices.post(
                Notice(
                    level="warning",
                    text=f"{Path(key).name} can no longer be followed",
                    why=str(error),
                )
            )
        finally:
            self._following.discard(key)
            self.state.notices.settle(f"background:{key}")
            run = self.state.runs.by_key.get(key)
            if run is not None:
                run.background = run.elsewhere = False
                self.state.runs.changed.emit(key)

    async def find(self) -> None:
        """Look for background trainings of recent projects, and offer to show them."""
        from pushforward.studio.client.follow import background_runs
        from pushforward.studio.store.errors import StoreError

        for recent in list(self.state.recent):
            try:
                found = await asyncio.to_thread(background_runs, recent.path)
            except (StoreError, OSError):
                continue  # opening that project will say what is wrong with it
            for path in found:
                show = NoticeAction("Show it", partial(self._show, str(path)))
                self.state.notices.post(
                    Notice(
                        level="info",
                        text=f"{path.name} is being trained in the background",
                        why=f"It belongs to the project {recent.name}.",
                        actions=(show,),
                        lasting=True,
                        topic=f"background:{path}",
                    )
                )

    def _show(self, key: str) -> None:
        """Show a run; its training is visible there, so the notice is dismissed."""
        self.state.notices.settle(f"background:{key}")
        self._project.show_run(key)

    async def leave_behind(self, job: str, key: str) -> None:
        """Stop a training here, and let a process of its own go on with it.

        Raises:
            Refused: the engine cannot stop it, or another process has the run.
            OSError: the process cannot be started; the run can be resumed.
        """
        from pushforward.studio.store.errors import StoreError
        from pushforward.studio.workflows import background

        await self.link.ask(Control(job=job, action="cancel"))
        await self.link.close(checkpoint=True)
        try:
            await asyncio.to_thread(background.start, Path(key))
        except StoreError as error:
            raise Refused(error.info()) from error
