"""Train runs on another computer: send them there, let its engine start them, bring them back.

Each run is trained there in a process of its own, which outlives the engine and the connection. Its
folder here shows how far it is, and has all its files once it has ended there. While it is trained
there its lock is held here, so that nothing else trains it.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from pushforward.studio.client.child import ChildProcess
from pushforward.studio.client.client import EngineClient, EngineState
from pushforward.studio.client.errors import CommandFailed, EngineLost
from pushforward.studio.launchers.fetching import fetch_into
from pushforward.studio.launchers.launcher import Launcher
from pushforward.studio.launchers.sending import send_run
from pushforward.studio.protocol.messages import CheckRuns, TrainRun
from pushforward.studio.protocol.slurm import Slurm
from pushforward.studio.store.errors import StoreError, human_bytes
from pushforward.studio.store.run import PATIENCE, RunFolder

__all__ = ["RemoteExecutor"]

LOOK_SECONDS = 1.0  # between two questions how far the runs are
LEAST = 16 * 2**20  # bytes of which each tenth that is copied is reported
T = TypeVar("T")


class RemoteExecutor:
    """Trains runs through the engine of another computer; see `Executor`.

    ``report`` is called with lines on the connection and on what is copied. With ``slurm`` the runs
    are jobs of Slurm there.

    Raises:
        EngineStartFailed: the computer cannot be reached.
    """

    is_elsewhere = True

    def __init__(
        self,
        launcher: Launcher,
        at_once: int = 1,
        report: Callable[[str], None] = lambda line: None,
        slurm: Slurm | None = None,
    ) -> None:
        self.at_once = at_once
        self._report, self._title, self._slurm = report, launcher.title, slurm
        self._remote: dict[RunFolder, str] = {}
        self._looked = 0.0
        self._was_lost = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="remote", daemon=True)
        self._thread.start()
        self._client = EngineClient(
            lambda: ChildProcess(launcher.command()),
            timeouts=launcher.timeouts,
            auto_restart=False,
            reconnects=True,
        )
        try:
            self._folder = self._call(self._client.start()).folder
        except BaseException:
            self._end_loop()
            raise
        self._client.watch_state(self._became)

    def start(self, run: RunFolder) -> None:
        """Send a run there and let it be trained; see `Executor.start`.

        Raises:
            StoreError: another process has the run, the computer refused it, or has other data of
                the same name.
        """
        run.lock.take(PATIENCE)
        try:
            run.update_status(state="running", background=True)
            self._remote[run] = self._patiently(lambda: self._start(run))
        except BaseException:
            run.lock.release()
            raise

    async def _start(self, run: RunFolder) -> str:
        progress = _TenthsOf(f"{run.name}: data to {self._title}", self._report)
        remote = await send_run(self._client, run, self._folder, progress)
        await self._client.request(TrainRun(run=remote, slurm=self._slurm))
        return remote

    def take_ended(self) -> list[RunFolder]:
        """Return the runs that have ended there and are here now."""
        if time.monotonic() - self._looked < LOOK_SECONDS or not self._remote:
            return []
        self._looked = time.monotonic()
        try:
            return self._call(self._look())
        except EngineLost:
            return []  # it is connected again, and asked then

    async def _look(self) -> list[RunFolder]:
        runs = list(self._remote)
        answer = await self._client.request(CheckRuns(runs=[self._remote[run] for run in runs]))
        ended = []
        for run, found in zip(runs, answer.result["runs"], strict=True):
            if found["alive"]:
                step, total = int(found["step"]), int(found["total"])
                run.update_status(durable=False, state="running", step=step, total=total)
                continue
            progress = _TenthsOf(f"{run.name} from {self._title}", self._report)
            await fetch_into(self._client, self._remote[run], run, progress)
            del self._remote[run]
            run.lock.release()
            ended.append(run)
        return ended

    def ask_to_stop(self) -> None:
        """Let the runs there save a checkpoint and end; they go on if there is no connection."""
        for remote in self._remote.values():
            try:
                self._call(self._client.request(TrainRun(run=remote, stop=True)))
            except (EngineLost, CommandFailed) as error:
                self._report(f"{self._title}: {error.info.message} The runs there go on.")

    def close(self) -> None:
        """Hang up; what is trained there goes on."""
        for run in self._remote:
            run.lock.release()
        self._remote.clear()
        self._call(self._client.detach())
        self._end_loop()

    # The connection

    def _patiently(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do something with the connection, once more whenever it was lost in between.

        Raises:
            StoreError: it was refused there.
        """
        while True:
            try:
                return self._call(work())
            except EngineLost:
                if self._client.state.name in ("lost", "stopped"):
                    raise
                time.sleep(LOOK_SECONDS)
            except CommandFailed as error:
                message = f"{self._title}: {error.info.message}"
                raise StoreError(message, error.info.hint) from error

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _became(self, state: EngineState) -> None:
        if state.name == "restarting" and not self._was_lost:
            self._was_lost = True
            self._report(f"{self._title}: connection lost, reconnecting; the runs there go on")
        elif state.name == "ready" and self._was_lost:
            self._was_lost = False
            self._report(f"{self._title}: connected again")

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class _TenthsOf:
    """Reports each tenth of what is copied, if it is much; a `Progress`."""

    def __init__(self, what: str, report: Callable[[str], None]) -> None:
        self._what, self._report, self._tenth = what, report, 0

    def __call__(self, done: int, total: int) -> None:
        tenth = 10 * done // max(total, 1)
        if total >= LEAST and tenth > self._tenth:
            self._tenth = tenth
            self._report(f"{self._what}: {human_bytes(done)} of {human_bytes(total)}")
