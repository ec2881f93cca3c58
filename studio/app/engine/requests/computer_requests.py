"""Where the engine runs: this computer, or the one whose project is open."""

import asyncio
import itertools
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pushforward.studio.app.core import async_tasks, preferences
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.notices import Notice, NoticeAction
from pushforward.studio.app.engine import mirrored_files
from pushforward.studio.app.engine.engine_link import EngineLink
from pushforward.studio.app.engine.process_transport import EngineProcess
from pushforward.studio.app.engine.remote_transport import RemoteTransport, TrafficCounter
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.client.client import EngineClient, EngineState
from pushforward.studio.client.errors import CommandFailed, EngineError
from pushforward.studio.launch import popen_options
from pushforward.studio.launchers.computers import Computer, mirror_folder
from pushforward.studio.protocol.messages import ErrorInfo, JobInfo
from pushforward.studio.store.errors import StoreError, human_bytes

if TYPE_CHECKING:
    from pushforward.studio.launchers.mirror import Mirror

__all__ = ["ComputerIntents"]

SYNC_SECONDS = 2.0
LINK = "engine-link"
_numbers = itertools.count(1)


class ComputerIntents:
    """Moves the engine to the computer of the project that is opened, and mirrors that project."""

    def __init__(self, state: AppState, link: EngineLink) -> None:
        self._state, self._link = state, link
        self._open: Callable[[Path], None] = lambda path: None
        self._computer: Computer | None = None
        self._mirror: Mirror | None = None
        self._counter = TrafficCounter()
        self._is_lost = False
        self._moving = asyncio.Lock()
        self._transfers: dict[str, asyncio.Task[None]] = {}

    def opens_with(self, open_project: Callable[[Path], None]) -> None:
        """Set what opens a project."""
        self._open = open_project

    def open(self, computer: Computer) -> None:
        """Open the project of a computer: the engine starts there."""
        self._open(mirror_folder(computer))

    async def prepare(self, project: Path) -> None:
        """Bring the engine to where a project is, before the project is opened.

        Raises:
            Refused: the computer cannot be reached, or a training here is in the way.
        """
        computer = preferences.computer_of(project)
        async with self._moving:
            if computer != self._computer:
                await self._move(computer)
            if self._mirror is not None:
                await self._sync(self._mirror)

    async def _move(self, computer: Computer | None) -> None:
        state = self._state
        if not state.computer and (job := state.under_way) is not None:
            raise Refused(
                ErrorInfo(
                    kind="user",
                    message=f"{job.title} is training on this computer.",
                    hint="Stop it, or wait for its end. Then open the other computer.",
                )
            )
        mirror = mirror_folder(computer) if computer is not None else None
        client = self._client(computer)
        await self._link.move(client, mirror)
        for run in state.runs.by_key.values():
            run.job = ""
        self._computer = computer
        state.computer, state.bandwidth = computer.title if computer is not None else "", 0.0
        self._mirror = self._make_mirror(client, computer)
        mirrored_files.use(self._mirror)
        state.notices.settle(LINK)
        state.computer_changed.emit()

    def _client(self, computer: Computer | None) -> EngineClient:
        if computer is None:
            return EngineClient(EngineProcess)
        launcher = computer.launcher()
        return EngineClient(
            lambda: RemoteTransport(launcher.command(), self._counter),
            timeouts=launcher.timeouts,
            auto_restart=False,
            reconnects=True,
        )

    def _make_mirror(self, client: EngineClient, computer: Computer | None) -> "Mirror | None":
        from pushforward.studio.launchers.mirror import Mirror

        paths = self._link.paths
        if computer is None or paths is None:
            return None
        return Mirror(client, paths, computer.title)

    async def _sync(self, mirror: "Mirror") -> None:
        try:
            await mirror.sync()
        except EngineError as error:
            raise Refused(error.info) from error
        except StoreError as error:
            raise Refused(error.info()) from error

    async def watch(self) -> None:
        """Keep the mirror and the bandwidth up to date, as long as the studio is open."""
        before, at = self._counter.total, time.monotonic()
        while True:
            await asyncio.sleep(SYNC_SECONDS)
            if self._mirror is not None and self._link.alive and not self._moving.locked():
                try:
                    await self._sync(self._mirror)
                except Refused as refused:
                    if self._link.alive:
                        title = f"{self._state.computer} cannot be mirrored"
                        self._state.notices.error(refused.error, title=title, topic="mirror")
            total, now = self._counter.total, time.monotonic()
            self._state.bandwidth = (total - before) / (now - at)
            before, at = total, now
            if self._state.computer:
                self._state.computer_changed.emit()

    def became(self, now: EngineState) -> None:
        """Say that the connection was lost, until it is back."""
        if not self._state.computer:
            return
        if now.name == "restarting":
            self._is_lost = True
            self._state.notices.post(
                Notice(
                    level="warning",
                    text=f"Connection to {self._state.computer} lost, reconnecting…",
                    why="The engine there continues.",
                    todo="Nothing is lost. The view updates when the connection is back.",
                    topic=LINK,
                    lasting=True,
                )
            )
        elif now.name == "ready":
            self._state.notices.settle(LINK)
            if self._is_lost and self._mirror is not None:
                self._is_lost = False
                async_tasks.spawn(self._catch_up(self._mirror))

    async def _catch_up(self, mirror: "Mirror") -> None:
        try:
            await self._sync(mirror)
        except Refused:
            return  # it is lost again, or `watch` says what is wrong
        self._state.engine_back.emit()

    # Bring a run here, stop an engine

    def bring_here(self, key: str) -> None:
        """Copy a run of the open computer, whole, into the project of this computer used last."""
        if self._mirror is None:
            return
        transfer = f"transfer:{next(_numbers)}"
        run = self._state.runs.by_key[key]
        title = f"Bring {run.name} here"
        self._show(JobInfo(job=transfer, kind="transfer", state="running", title=title))
        task = async_tasks.spawn(self._bring(transfer, key, title, self._mirror))
        self._transfers[transfer] = task

        def forget(_: "asyncio.Task[None]") -> None:
            self._transfers.pop(transfer, None)
            self._state.transfers.pop(transfer, None)
            self._state.doing.pop(transfer, None)
            self._state.queue_changed.emit()

        task.add_done_callback(forget)

    def cancel(self, transfer: str) -> None:
        """End a copy; nothing of it is left here."""
        if transfer in self._transfers:
            self._transfers[transfer].cancel()

    async def _bring(self, transfer: str, key: str, title: str, mirror: "Mirror") -> None:
        from pushforward.studio.launchers.fetching import fetch_run
        from pushforward.studio.store.project import Project

        def progress(done: int, total: int) -> None:
            self._state.doing[transfer] = f"{human_bytes(done)} of {human_bytes(total)}"
            info = JobInfo(job=transfer, kind="transfer", state="running", title=title)
            self._show(info, done, total)

        try:
            target = _project_here()
            project = await asyncio.to_thread(Project.open_or_create, target)
            remote = mirror.paths.to_remote(key)
            run = await fetch_run(self._link.client, remote, project, progress)
        except (CommandFailed, EngineError) as error:
            self._state.notices.error(error.info, title=f"{title}: not done")
        except StoreError as error:
            self._state.notices.error(error.info(), title=f"{title}: not done")
        else:
            show = NoticeAction("Open its project", partial(self._open, run.path))
            text = f"{run.name} is in {project.name}, every file verified"
            self._state.notices.post(Notice(level="good", text=text, actions=(show,)))

    def _show(self, info: JobInfo, done: int = 0, total: int = 0) -> None:
        new = info.job not in self._state.transfers
        # In kibibytes: a progress bar of Qt has 31 bits.
        step, whole = done >> 10, total >> 10
        self._state.transfers[info.job] = msgspec.structs.replace(info, step=step, total=whole)
        if new:
            self._state.queue_changed.emit()
        self._state.job_progressed.emit(info.job)

    async def stop(self, computer: Computer) -> str:
        """Let the engine of a computer save what it trains and end; return what was found."""
        if computer == self._computer:
            self._open(_project_here())
        command = computer.launcher().stop_command()

        def call() -> "subprocess.CompletedProcess[str]":
            return subprocess.run(
                command, capture_output=True, text=True, check=False, **popen_options()
            )

        done = await asyncio.to_thread(call)
        words = (done.stdout.strip() or done.stderr.strip()).splitlines()
        return words[-1] if words else ("Stopped." if done.returncode == 0 else "Not stopped.")


def _project_here() -> Path:
    """Return the project of this computer that was open last."""
    recent = (Path(each.path) for each in preferences.load().recent)
    here = (path for path in recent if preferences.computer_of(path) is None and path.is_dir())
    return next(here, preferences.playground())
