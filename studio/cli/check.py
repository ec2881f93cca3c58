"""Check this installation: a minute with a real engine, in a folder that is thrown away.

It trains, pauses, is killed, resumes, exports and leaves. One line a step; the status is 1 when
one fails, and the steps after it are left out, since they build on it.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from pushforward.studio.cli.terminal import complain, say
from pushforward.studio.client.child import kill_tree
from pushforward.studio.client.client import EngineClient
from pushforward.studio.client.errors import EngineError
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import Pick, RunSpec

__all__ = ["HELP", "add_arguments", "run"]

HELP = "check this installation (about a minute)"
PATIENCE = 60.0  # seconds a step may take


class CheckFailed(Exception):
    """A step did not do what it should; the message says what happened."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--keep", type=Path, metavar="DIR", help="work in this folder and keep it")


def run(arguments: argparse.Namespace) -> int:
    """Go through the steps; 0 when all is well."""
    if arguments.keep:
        return asyncio.run(_Check(arguments.keep.absolute()).run())
    with tempfile.TemporaryDirectory(prefix="pushforward-check-") as folder:
        return asyncio.run(_Check(Path(folder)).run())


class _Check:
    """The steps share a client, a project and a run."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.client = EngineClient()
        self.events: list[m.Event] = []
        self.news = asyncio.Event()
        self.job = ""
        self.run_path = ""
        self.client.subscribe(self._add_event)
        self.client.watch_state(lambda state: self.news.set())

    async def run(self) -> int:
        steps: list[tuple[str, Callable[[], Awaitable[str]]]] = [
            ("the engine starts", self.starts),
            ("it trains", self.trains),
            ("it pauses and steps", self.pauses),
            ("a crash is detected and the engine restarts", self.dies),
            ("the run resumes from its last checkpoint", self.resumes),
            ("samples and weights are exported", self.exports),
            ("the engine shuts down", self.leaves),
        ]
        try:
            for title, step in steps:
                began = time.perf_counter()
                try:
                    told = await asyncio.wait_for(step(), PATIENCE)
                except (CheckFailed, EngineError, OSError, TimeoutError) as error:
                    reason = str(error) or f"nothing happened within {PATIENCE:g} seconds"
                    say(f"FAILED  {title}: {reason}")
                    complain("the installation does not work; set it up again, then check again")
                    return 1
                say(f"ok      {title} ({told}; {time.perf_counter() - began:.1f} s)")
        finally:
            await self.client.stop(checkpoint=False)
        say("All is well.")
        return 0

    # The steps, each returning what it saw

    async def starts(self) -> str:
        ready = await self.client.start()
        versions = ", ".join(f"{name} {version}" for name, version in ready.versions.items())
        return f"on {ready.device}; {versions}"

    async def trains(self) -> str:
        spec = RunSpec(
            name="Check",
            family=Pick(slug="edm", config={"net": {"width": 32}}),
            dataset=Pick(slug="eight-gaussians"),
            training={"steps": 1_000_000, "batch": 64, "particles": 256},
        )
        await self._start(m.StartTraining(spec=spec, project=str(self.project)))
        await self._until(lambda: self._step() >= 200)
        await self.client.request(m.Control(job=self.job, action="checkpoint"))
        await self._until(lambda: bool(self._events_of(m.CheckpointWritten)))
        speed = self._events_of(m.Progress)[-1].steps_per_second
        return f"{speed:,.0f} steps/s"

    async def pauses(self) -> str:
        await self.client.request(m.Control(job=self.job, action="pause"))
        await self._until(lambda: self._state() == "paused")
        before = self._events_of(m.JobChanged)[-1].info.step
        await self.client.request(m.Control(job=self.job, action="step", n=5))
        await self._until(lambda: self._events_of(m.JobChanged)[-1].info.step > before)
        await self._until(lambda: self._state() == "paused")
        after = self._events_of(m.JobChanged)[-1].info.step
        if after != before + 5:
            raise CheckFailed(f"5 steps after step {before} it is at step {after}")
        await self.client.request(m.Control(job=self.job, action="resume"))
        return f"at step {before}"

    async def dies(self) -> str:
        pid, began = self.client.state.pid, time.perf_counter()
        if pid is None:
            raise CheckFailed("the engine has no process")
        kill_tree(pid)
        await self._until(lambda: self.client.state.name == "restarting")
        noticed = time.perf_counter() - began
        await self._until(lambda: self.client.state.name in ("ready", "lost"))
        if self.client.state.name == "lost":
            raise CheckFailed(self.client.state.message)
        return f"after {1000 * noticed:.0f} ms"

    async def resumes(self) -> str:
        saved = self._events_of(m.CheckpointWritten)[-1].step
        step = await self._start(m.ResumeTraining(run=self.run_path))
        if step < saved:
            raise CheckFailed(f"it resumes from step {step}, but step {saved} was saved")
        await self._until(lambda: self._step() > step)
        await self.client.request(m.Control(job=self.job, action="cancel"))
        await self._until(lambda: self._state() == "cancelled")
        return f"from step {step}"

    async def exports(self) -> str:
        table, weights = self.project / "samples.csv", self.project / "weights.safetensors"
        wanted = m.Operate(
            run=self.run_path, operator="generate", config={"n": 500}, file=str(table)
        )
        await self._finish(wanted)
        await self._finish(m.ExportWeights(run=self.run_path, file=str(weights)))
        lines = table.read_text(encoding="utf-8").count("\n")
        if lines < 500:
            raise CheckFailed(f"{table.name} has {lines} lines instead of 500 and a header")
        return f"{table.stat().st_size + weights.stat().st_size:,} bytes"

    async def leaves(self) -> str:
        outcome = await self.client.stop()
        if outcome is None or outcome.exit.status != 0:
            raise CheckFailed(outcome.sentence if outcome else "it had already ended")
        return "status 0"

    # Listening

    def _add_event(self, event: m.Event, arrays: Any) -> None:
        self.events.append(event)
        self.news.set()

    def _events_of(self, kind: type) -> list[Any]:
        """The events of a kind of the current job."""
        return [e for e in self.events if isinstance(e, kind) and _job(e) == self.job]

    def _state(self) -> str:
        changes = self._events_of(m.JobChanged)
        return changes[-1].info.state if changes else ""

    def _step(self) -> int:
        progress = self._events_of(m.Progress)
        return progress[-1].step if progress else 0

    async def _start(self, command: Any) -> int:
        """Start or resume the training; return the step it begins at."""
        answer = await self.client.request(command)
        self.events = [e for e in self.events if not isinstance(e, m.Progress)]
        self.job, self.run_path = answer.result["job"], answer.result["run"]
        return int(answer.result.get("step", 0))

    async def _finish(self, command: Any) -> None:
        """Give a command and wait for the end of the job that it makes, if it makes one."""
        answer = await self.client.request(command)
        job = (answer.result or {}).get("job", "")
        if job:
            self.job = job
            await self._until(lambda: self._state() == "finished")

    async def _until(self, true: Callable[[], bool]) -> None:
        while not true():
            if self._state() == "failed":
                error = self._events_of(m.JobChanged)[-1].info.error
                raise CheckFailed(error.message if error else "the training failed")
            self.news.clear()
            await self.news.wait()


def _job(event: Any) -> str:
    return str(event.info.job if isinstance(event, m.JobChanged) else getattr(event, "job", ""))
