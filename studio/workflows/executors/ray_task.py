"""What runs on the nodes of a Ray cluster: the training of a run, and the mailbox of its files."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from pushforward.studio.engine.jobs import headless
from pushforward.studio.launchers.fetching import run_files
from pushforward.studio.protocol.messages import CheckpointWritten, Event
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from pushforward.studio.version import program_version

__all__ = ["Letter", "Mailbox", "RunFiles", "train"]

SEND_SECONDS = 1.0  # between two letters without a checkpoint
_STATUS = "status.json"


@dataclass
class RunFiles:
    """A run for a node: the files of its folder, those of its data by their paths in the project,
    and the version of the program that sends them.
    """

    name: str
    version: str
    run: dict[str, bytes]
    data: dict[str, bytes]


@dataclass
class Letter:
    """What a task reports: changed files, removed ones, and how far it is. ``starts`` counts the
    tasks of the run so far, ``resumed`` is the step from which the last one began.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    step: int = 0
    total: int = 0
    starts: int = 0
    resumed: int = 0


class Mailbox:
    """An actor that keeps the newest files of each run until the run is closed."""

    def __init__(self) -> None:
        self._files: dict[str, dict[str, bytes]] = {}
        self._news: dict[str, Letter] = {}
        self._starts: dict[str, int] = {}
        self._stop = False

    def open(self, run: str) -> None:
        """Begin with a run that is trained from the files that its task is given."""
        self.close(run)

    def begin(self, run: str) -> dict[str, bytes]:
        """Count a task of a run; return the files that an earlier one has left."""
        self._starts[run] = self._starts.get(run, 0) + 1
        return self._files.get(run, {})

    def put(self, run: str, letter: Letter) -> bool:
        """Take a letter in; return whether the task is to stop."""
        kept = self._files.setdefault(run, {})
        kept.update(letter.files)
        for path in letter.gone:
            kept.pop(path, None)
        old = self._news.get(run, Letter())
        files = {p: c for p, c in {**old.files, **letter.files}.items() if p in kept}
        gone = sorted({*old.gone, *letter.gone} - kept.keys())
        starts = self._starts.get(run, 1)
        resumed = letter.resumed
        self._news[run] = Letter(files, gone, letter.step, letter.total, starts, resumed)
        return self._stop

    def take(self) -> dict[str, Letter]:
        """Return what has changed in each run since the last call."""
        news, self._news = self._news, {}
        return news

    def ask_to_stop(self) -> None:
        """Let all tasks save a checkpoint and end."""
        self._stop = True

    def close(self, run: str) -> None:
        """Forget a run."""
        for kept in (self._files, self._news, self._starts):
            kept.pop(run, None)


def train(files: RunFiles, mailbox: Any) -> bytes:
    """Train a run on this node to its end, or until the mailbox says to stop; return its status.

    Raises:
        RuntimeError: another version of the program is installed here.
    """
    import ray

    if files.version != program_version():
        raise RuntimeError(f"the node has version {program_version()}, not {files.version}")
    folder = Path(tempfile.mkdtemp(prefix="pushforward-ray-"))
    try:
        project = Project.create(folder / "project", "Ray")
        run = RunFolder(project.path / "runs" / files.name)
        _write(project.path, files.data)
        _write(run.path, files.run)
        if left := ray.get(mailbox.begin.remote(files.name)):
            for path in run_files(run):
                if path not in left and path != "run.toml":
                    (run.path / path).unlink()
            _write(run.path, left)
        (run.path / _STATUS).unlink(missing_ok=True)  # it names a process of another computer
        post = _Post(run, mailbox, ray, left)
        status = headless.run(run.path, on_event=post, stop=post.is_stopped)
        post.send(everything=True)
        return msgspec.json.encode(status)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write(folder: Path, files: dict[str, bytes]) -> None:
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


class _Post:
    """Sends the files of a run at each checkpoint, and how far it is in between."""

    def __init__(self, run: RunFolder, mailbox: Any, ray: Any, left: Iterable[str]) -> None:
        """``left`` are the files that an earlier task has sent."""
        self._run, self._mailbox, self._ray = run, mailbox, ray
        self._sent = dict.fromkeys(left, (-1, -1))
        self._at = 0.0
        self._resumed = max(run.checkpoints.steps(), default=0)
        self._stop = False

    def __call__(self, event: Event) -> None:
        if isinstance(event, CheckpointWritten):
            self.send(everything=True)

    def is_stopped(self) -> bool:
        """Whether the training is to stop; asks now and then."""
        if time.monotonic() - self._at > SEND_SECONDS:
            self.send()
        return self._stop

    def send(self, everything: bool = False) -> None:
        """Send a letter; with ``everything``, with the files that have changed."""
        self._at = time.monotonic()
        status = self._run.status()
        letter = Letter(step=status.step, total=status.total, resumed=self._resumed)
        if everything:
            self._add_files(letter)
        self._stop = self._ray.get(self._mailbox.put.remote(self._run.name, letter))

    def _add_files(self, letter: Letter) -> None:
        found = {}
        for path in run_files(self._run):
            if path not in ("run.toml", _STATUS):
                stat = os.stat(self._run.path / path)
                found[path] = (stat.st_size, stat.st_mtime_ns)
        changed = [path for path, mark in found.items() if self._sent.get(path) != mark]
        letter.files = {path: (self._run.path / path).read_bytes() for path in changed}
        letter.gone = sorted(self._sent.keys() - found.keys())
        self._sent = found
