"""A run: a folder whose ``run.toml`` is never edited; its other files grow."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from pushforward.studio.protocol.label import Label
from pushforward.studio.protocol.messages import Budget, ErrorInfo, PhaseInfo
from pushforward.studio.protocol.spec import RunSpec
from pushforward.studio.protocol.trial import Trial
from pushforward.studio.store.atomic import sweep
from pushforward.studio.store.checkpoint import Checkpoints
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.events import EventLog
from pushforward.studio.store.flow import FlowStore
from pushforward.studio.store.inputs import InputRecord, Inputs
from pushforward.studio.store.links import stay_inside
from pushforward.studio.store.lock import Lock
from pushforward.studio.store.metrics import MetricsLog
from pushforward.studio.store.migrate import CURRENT
from pushforward.studio.store.process import is_same, this_process
from pushforward.studio.store.results import Results
from pushforward.studio.store.samples import SampleSets
from pushforward.studio.store.text import read_json, read_toml, write_json, write_toml

__all__ = ["PATIENCE", "RunFolder", "RunRecord", "RunStatus"]

PATIENCE = 10.0
"""Seconds that a run is waited for which another process, such as a closing studio, lets go."""


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """``run.toml``: everything that the run is, resolved. Written once, when it is queued.

    ``dataset_hash`` is that in the record of an imported data set, of drawn ones
    `studio.store.dataset.points_hash` of the training data; ``versions`` by package; ``parent``
    names the run that this one left at ``branch_step``, if any; ``race`` is the same
    for all that took part in one race, "" outside races, and ``budget`` what each of them may
    spend; ``trial`` is its place in a sweep; ``inputs`` are the trained runs that it learns from.
    """

    spec: RunSpec
    format: int = CURRENT["run"]
    created: datetime = msgspec.field(default_factory=_now)
    seed: int = 0
    device: str = ""
    dataset_hash: str = ""
    parent: str | None = None
    branch_step: int | None = None
    race: str = ""
    budget: Budget | None = None
    trial: Trial | None = None
    versions: dict[str, str] = {}
    inputs: dict[str, InputRecord] = {}


class RunStatus(msgspec.Struct, frozen=True, kw_only=True):
    """``status.json``: where the run is, replaced whole at each change.

    state: "queued", "running", "paused", "finished", "cancelled", "failed" (as in a JobInfo), or
    "interrupted": its window was gone, and its engine saved it and left.
    ``pid`` and ``process_started`` (unix seconds) say who writes; ``heartbeat`` (unix seconds)
    when it last did; ``seconds`` counts training time, over all resumptions; ``phases`` are those
    of the training, if it has several.
    """

    state: str = "queued"
    step: int = 0
    total: int = 0
    pid: int = 0
    process_started: float = 0.0
    heartbeat: float = 0.0
    seconds: float = 0.0
    background: bool = False
    error: ErrorInfo | None = None
    phases: list[PhaseInfo] = []


class RunFolder:
    """A run on disk, by path. Creating the object touches nothing; writing creates missing
    files.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path).absolute()

    def __repr__(self) -> str:
        return f"RunFolder({str(self.path)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RunFolder) and other.path == self.path

    def __hash__(self) -> int:
        return hash(self.path)

    @property
    def name(self) -> str:
        """The folder's name, number first: "0007-eight-gaussians"."""
        return self.path.name

    @property
    def number(self) -> int:
        """The number that the name starts with, 0 if it has none."""
        digits = self.name.partition("-")[0]
        return int(digits) if digits.isdecimal() else 0

    @property
    def project(self) -> Path:
        """The folder of the project that the run belongs to."""
        return self.path.parents[1]

    @cached_property
    def record(self) -> RunRecord:
        """What ``run.toml`` says; read once, since it never changes.

        Raises:
            StoreError: it is missing, damaged, or of a later version.
        """
        return read_toml(self.path / "run.toml", RunRecord, "run")

    def label(self) -> Label:
        """Return the user's label of the run, empty if there is none.

        Raises:
            StoreError: it is damaged, or of a later version.
        """
        path = self.path / "label.toml"
        return read_toml(path, Label, "label") if path.exists() else Label()

    def write_label(self, label: Label) -> None:
        """Replace the label, also while another process trains the run.

        Raises:
            StoreError: the run is gone, the disk refused, or the label is of a later version, which
                would be lost.
        """
        self.require()
        self.label()
        write_toml(self.path / "label.toml", label)

    def status(self) -> RunStatus:
        """Return where the run is. One that cannot be read is a failure that says so."""
        path = self.path / "status.json"
        if not path.exists():
            return RunStatus()
        try:
            return read_json(path, RunStatus)
        except StoreError as error:
            return RunStatus(state="failed", error=error.info())

    def write_status(self, status: RunStatus, *, durable: bool = True) -> None:
        """Replace the status. ``durable=False`` is for mere heartbeats: it does not wait for the
        disk, yet a kill still leaves the old or the new one.

        Raises:
            StoreError: the disk refused.
        """
        write_json(self.path / "status.json", status, durable=durable)

    def update_status(self, *, durable: bool = True, **changes: Any) -> RunStatus:
        """Change some fields, stamp the heartbeat and this process, and return the result.

        Raises:
            StoreError: the disk refused.
        """
        pid, started = this_process()
        stamp = {"pid": pid, "process_started": started, "heartbeat": time.time()}
        status = msgspec.structs.replace(self.status(), **{**stamp, **changes})
        self.write_status(status, durable=durable)
        return status

    @cached_property
    def lock(self) -> Lock:
        """The lock of the process that trains the run, from queueing to its end."""
        return Lock(self.path, f"{self.name} is being trained")

    @contextmanager
    def owned(self, patience: float = 0.0) -> Iterator[None]:
        """Own the run within a block, waiting at most ``patience`` seconds.

        The lock decides; without one (while loading, or on some network file systems) the status
        does.

        Raises:
            Busy: another process has it.
            StoreError: the folder is missing or not writable, or the disk failed.
        """
        deadline = time.monotonic() + patience
        with self.lock.hold(patience):
            while self.alive() and (pid := self.status().pid) != os.getpid():
                if time.monotonic() >= deadline:
                    raise self.lock.busy(pid)
                time.sleep(0.1)
            yield

    def require(self) -> None:
        """Make sure that the folder is still that of the run: nothing makes it anew.

        Raises:
            StoreError: it was moved, deleted, or emptied while the run was going on.
        """
        if not (self.path / "run.toml").is_file():
            raise StoreError(
                f"The folder of the run is gone: {self.path} has no run.toml.",
                "If it was moved, resume it from where it is now; steps since its last checkpoint "
                "are lost.",
            )

    def alive(self) -> bool:
        """Say whether the process that last wrote the status still runs this run."""
        status = self.status()
        if status.state not in ("queued", "running", "paused"):
            return False
        return is_same(status.pid, status.process_started)

    def interrupted(self) -> bool:
        """Say whether the run was going on when its process died: it can be resumed."""
        status = self.status()
        if status.state == "interrupted":
            return True
        started = status.state in ("running", "paused")
        return started and not is_same(status.pid, status.process_started)

    def recover(self) -> list[str]:
        """Clean up after a dead writer; return sentences on what was found. For the owner, once,
        before writing.

        Raises:
            StoreError: a link leads out of the folder; the run is not resumed.
        """
        for entry in self.path.iterdir():
            stay_inside(entry)
        for folder in ("", "checkpoints", "flow", "results"):
            sweep(self.path / folder)
        damaged = self.flow.recover()
        return [f"The flow record {name} was damaged and has been moved aside." for name in damaged]

    def reached(self) -> int:
        """Return the last step that the curves or the kept flow speak of, 0 if none.

        Raises:
            StoreError: the curves cannot be read.
        """
        columns, _ = self.metrics.read()
        steps = [steps[-1] for steps, _ in columns.values() if steps]
        return max([*steps, *self.flow.steps()], default=0)

    @cached_property
    def metrics(self) -> MetricsLog:
        """The curves."""
        return MetricsLog(self.path / "metrics.jsonl")

    @cached_property
    def events(self) -> EventLog:
        """What was changed while the run was going."""
        return EventLog(self.path / "events.jsonl")

    @cached_property
    def checkpoints(self) -> Checkpoints:
        """The checkpoints; set ``.keep`` to the settings of the run."""
        return Checkpoints(self.path / "checkpoints")

    @cached_property
    def flow(self) -> FlowStore:
        """The kept flow; set ``.capacity`` to the settings of the run."""
        return FlowStore(self.path)

    @cached_property
    def samples(self) -> SampleSets:
        """The generated sample sets."""
        return SampleSets(self.path)

    @cached_property
    def results(self) -> Results:
        """What was done with the run."""
        return Results(self.path / "results")

    @cached_property
    def inputs(self) -> Inputs:
        """The copies of the trained runs that the run learns from."""
        return Inputs(self.path / "inputs")

    @property
    def log_path(self) -> Path:
        """The text log of the run."""
        return self.path / "log.txt"
