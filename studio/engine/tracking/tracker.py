"""The protocol of trackers, and the table of those that there are.

A tracker is one module of this package, named as in `TRACKERS`, with a function
``open_tracker(run: TrackedRun) -> Tracker``.
"""

import hashlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pushforward.studio.engine.process.refusal import Refused
from pushforward.studio.engine.watch.curves import Columns

__all__ = ["TRACKERS", "TrackedRun", "Tracker", "TrackerInfo", "check_tracker", "run_key"]


@dataclass(frozen=True)
class TrackerInfo:
    """A tracker that can be chosen.

    Attributes:
        slug: the value of the setting, its module here, and the extra that installs it.
        title: its name.
        package: the package that must be importable.
    """

    slug: str
    title: str
    package: str


TRACKERS = {
    each.slug: each
    for each in (
        TrackerInfo("tensorboard", "TensorBoard", "tensorboard"),
        TrackerInfo("mlflow", "MLflow", "mlflow"),
        TrackerInfo("wandb", "Weights & Biases", "wandb"),
    )
}


@dataclass(frozen=True)
class TrackedRun:
    """What a tracker knows of a training.

    Attributes:
        name: of the run's folder.
        title: the user's name of the run.
        folder: of the run, for files that belong to it.
        project: the folder of the project, for files that several runs share.
        key: the same for each session of one run; see `run_key`.
        settings: all settings by their dotted path, as text.
        step: the step from which the training goes on; 0 for a new one.
    """

    name: str
    title: str
    folder: Path
    project: Path
    key: str
    settings: Mapping[str, str]
    step: int


class Tracker(Protocol):
    """One run in a tracker. All calls come from one thread, which is not the training's."""

    @property
    def place(self) -> str:
        """Where the curves are, for the log: a folder or an address."""

    def log(self, columns: Columns) -> None:
        """Write values: for each curve its steps and as many values, all finite."""

    def close(self, finished: bool) -> None:
        """Write what is left; ``finished`` is False if the training stopped before its end."""


def check_tracker(slug: str) -> None:
    """Make sure that a tracker can be used here.

    Raises:
        Refused: its package is not installed.
    """
    info = TRACKERS.get(slug)
    if info is not None and importlib.util.find_spec(info.package) is None:
        raise Refused(
            f"{info.title} is not installed.",
            f"Install it: pip install 'pushforward[{slug}]'. Or choose no tracker.",
            path="training.tracker",
        )


def run_key(record: Path) -> str:
    """Return a key of 16 hexadecimal digits of a run's ``run.toml``, which never changes.

    Raises:
        OSError: it cannot be read.
    """
    return hashlib.sha256(record.read_bytes()).hexdigest()[:16]
