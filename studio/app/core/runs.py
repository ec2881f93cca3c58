"""Runs as the views see them. Only the reducer writes here; views read and listen.

Signals say *what* changed, with the key of the run (its absolute folder path), so that a view
can decide whether to care. Nothing here imports h5py or torch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from pushforward.studio.app.core.evaluation_results import Evaluated
from pushforward.studio.protocol.curve_names import FLOOR
from pushforward.studio.protocol.label import Label
from pushforward.studio.protocol.messages import ErrorInfo, PhaseInfo
from pushforward.studio.protocol.records import FlowRecord
from pushforward.studio.protocol.spec import Edit, RunSpec

__all__ = [
    "LOG_LINES",
    "PHASE",
    "RESUMABLE",
    "FlowRecord",
    "RunState",
    "Runs",
    "Series",
    "newest_floors",
]

Floats = NDArray[np.float32]
PHASE = "phase"  # the curve that says in which of its phases a training was
RESUMABLE = ("cancelled", "failed", "interrupted", "dropped")
"""States of runs that can be gone on with; "dropped" are those whose queue is gone."""
LOG_LINES = 2000  # lines of log kept per run; the file has them all


class Series:
    """A curve that grows: steps and values in doubling buffers, appended in amortised O(1)."""

    def __init__(self) -> None:
        self._data = np.empty((2, 1024), dtype=np.float64)
        self._n = 0

    def __len__(self) -> int:
        return self._n

    @property
    def steps(self) -> NDArray[np.float64]:
        """Steps so far (a view, not a copy)."""
        return self._data[0, : self._n]

    @property
    def values(self) -> NDArray[np.float64]:
        """Values so far (a view, not a copy)."""
        return self._data[1, : self._n]

    def extend(self, steps: list[int], values: list[float]) -> None:
        """Append rows; a step not after the last one cuts the curve there first (resume)."""
        if not steps:
            return
        if self._n and steps[0] <= self._data[0, self._n - 1]:
            self._n = int(np.searchsorted(self._data[0, : self._n], steps[0], side="left"))
        need = self._n + len(steps)
        if need > self._data.shape[1]:
            grown = np.empty((2, max(need, 2 * self._data.shape[1])), dtype=np.float64)
            grown[:, : self._n] = self._data[:, : self._n]
            self._data = grown
        self._data[0, self._n : need] = steps
        self._data[1, self._n : need] = values
        self._n = need

    def until(self, step: int) -> "Series":
        """Return the rows up to a step, to be read only: they are those of this curve."""
        found = Series()
        found._data = self._data
        found._n = int(np.searchsorted(self.steps, step, side="right"))
        return found

    def cut_after(self, step: int) -> bool:
        """Drop the rows after a step; return whether there were any."""
        before, self._n = self._n, int(np.searchsorted(self.steps, step, side="right"))
        return self._n < before

    def precede(self, steps: list[int], values: list[float]) -> None:
        """Put rows before those there are; rows from the first one there on are left out."""
        here = (self.steps.astype(int).tolist(), self.values.tolist())
        end = len(steps) if not here[0] else int(np.searchsorted(steps, here[0][0], side="left"))
        self._n = 0
        self.extend(steps[:end], values[:end])
        self.extend(*here)


def newest_floors(series: Mapping[str, Series]) -> dict[str, float]:
    """Return the floors of the newest figures by metric: each is for as many samples as they."""
    return {
        name.removeprefix(FLOOR): float(each.values[-1])
        for name, each in series.items()
        if name.startswith(FLOOR) and len(each)
    }


@dataclass
class RunState:
    """The state of one run on the screen.

    ``model`` is the title of its model, "" if it is unknown or the user named the run; ``parent``
    is the folder name of the run it left at ``branch_step``, which it replays from after
    ``branch_start``; ``race`` the job of the race it takes part in, and ``budget`` the kind of what
    it may spend there; ``edits`` what was changed in it, in order; ``stage`` the stage within a
    step that was done last, "" between two steps. ``seconds`` is the training time so far;
    ``parameters`` counts those of its networks, None until somebody asked. ``frames`` is how many
    flow times its kept records have, 0 before one was seen. ``target`` are some of its ``learned``
    target points, which are counted when they are first shown; ``target_told`` is what is known of
    each by name, and ``classes`` are the names of their classes, ``alike`` what holds for each of
    them, and for what the run makes, by name. ``held`` are some data that it has not learned, with
    ``held_told``, None where nobody asked or there are none: ``holds_out`` says which.
    ``measured_by_own`` says that the figures of the run are against data that it learned, and
    ``most`` of how many samples they are at most, None where nobody knows or there is no end.
    ``phase_left`` are the seconds to the end of the present one of its ``phases``; ``evaluated`` is
    what was measured of it last because somebody asked. ``background`` says that another process
    trains it, ``elsewhere`` that this is one that a person has before them, such as another window,
    and ``pid`` is the process that wrote its status last, at ``heartbeat`` in seconds since 1970 (0
    for never) when it was read from disk. ``results`` are the names of what operators made of it,
    in order of number; ``result_names`` are what a person calls some of these, and
    ``result_titles`` what was done for those that were read. ``label`` is what a person says of it;
    ``log_dropped`` counts the lines that stood before those in ``log``.
    """

    key: str
    name: str
    spec: RunSpec | None = None
    model: str = ""
    job: str = ""
    state: str = "finished"
    step: int = 0
    total: int = 0
    steps_per_second: float = 0.0
    seconds_left: float | None = None
    phase_left: float | None = None
    seconds: float = 0.0
    parameters: int | None = None
    memory: int = 0
    device_memory: int | None = None
    view_cost: float = 0.0
    error: ErrorInfo | None = None
    series: dict[str, Series] = field(default_factory=dict)
    floors: dict[str, float] = field(default_factory=dict)
    kept: list[int] = field(default_factory=list)
    live: FlowRecord | None = None
    frames: int = 0
    target: Floats | None = None
    learned: int | None = None
    columns: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    target_told: dict[str, NDArray[Any]] = field(default_factory=dict)
    alike: dict[str, float] = field(default_factory=dict)
    holds_out: bool | None = None
    held: Floats | None = None
    held_told: dict[str, NDArray[Any]] = field(default_factory=dict)
    measured_by_own: bool = False
    most: int | None = None
    checkpoints: list[int] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    log_dropped: int = 0
    background: bool = False
    elsewhere: bool = False
    pid: int = 0
    heartbeat: float = 0.0
    race: str = ""
    budget: str = ""
    parent: str = ""
    branch_step: int | None = None
    branch_start: int = 0
    edits: list[Edit] = field(default_factory=list)
    stage: str = ""
    phases: list[PhaseInfo] = field(default_factory=list)
    evaluated: Evaluated | None = None
    label: Label = field(default_factory=Label)
    results: list[str] = field(default_factory=list)
    result_names: dict[str, str] = field(default_factory=dict)
    result_titles: dict[str, str] = field(default_factory=dict)

    @property
    def unread(self) -> bool:
        """Whether it was trained, and what its folder has of that is not supported yet."""
        return self.step > 0 and not (self.job or self.series or self.kept or self.checkpoints)

    @property
    def here(self) -> bool:
        """Whether the engine of this window works on it, or is going to."""
        return bool(self.job) and not self.background

    def say(self, line: str) -> None:
        """Append a line to the log, which keeps a bounded tail."""
        self.log.append(line)
        self.log_dropped += max(0, len(self.log) - LOG_LINES)
        del self.log[:-LOG_LINES]

    def join(self, read: "RunState") -> None:
        """Merge what was read from the run's folder with newer events: curves, floors, snapshots,
        checkpoints, log.
        """
        told, self.series = self.series, dict(read.series)
        for name, curve in told.items():
            joined = self.series.setdefault(name, curve)
            if joined is not curve:
                curve.precede(joined.steps.astype(int).tolist(), joined.values.tolist())
                self.series[name] = curve
        self.floors = {**read.floors, **self.floors}
        self.kept = self.kept or read.kept  # each word of them names all
        newest = max(read.checkpoints, default=-1)
        self.checkpoints = [*read.checkpoints, *(c for c in self.checkpoints if c > newest)]
        self.log = _joined(read.log, self.log)
        self.evaluated = self.evaluated or read.evaluated

    @property
    def stops(self) -> list[int]:
        """The steps that the training clock can be at: those whose particles were kept, or the
        checkpoints of a run in which nothing moves.
        """
        return self.kept or self.checkpoints

    def phase_at(self, step: int) -> int:
        """Return the place in ``phases`` of the one that a step belongs to; -1 without phases."""
        return sum(phase.start <= step for phase in self.phases) - 1


def _joined(read: list[str], told: list[str]) -> list[str]:
    """Return the lines of a file, followed by events that are not in it yet. File lines begin with
    time and level.
    """
    for n in range(min(len(read), len(told)), 0, -1):
        pairs = zip(read[-n:], told[:n], strict=True)
        if all(line.endswith(word) for line, word in pairs):
            return [*read, *told[n:]]
    return [*read, *told]


class Runs(QObject):
    """All runs of the open project, in order of number; ``chosen`` are those to be compared."""

    listed = Signal()
    changed = Signal(str)
    progressed = Signal(str)
    metrics_appended = Signal(str)
    record_arrived = Signal(str)
    kept_changed = Signal(str)
    logged = Signal(str)
    edited = Signal(str)
    staged = Signal(str)
    selected = Signal(str)
    compared = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.by_key: dict[str, RunState] = {}
        self.selection: str = ""
        self.chosen: tuple[str, ...] = ()

    @property
    def current(self) -> RunState | None:
        """The selected run, if any."""
        return self.by_key.get(self.selection)

    def by_job(self, job: str) -> RunState | None:
        """Return the run that a job works on."""
        return next((r for r in self.by_key.values() if job and r.job == job), None)

    def choose(self, keys: tuple[str, ...]) -> None:
        """Choose runs to be compared (see `studio.app.core.run_comparison`); () for none."""
        if keys != self.chosen:
            self.chosen = keys
            self.compared.emit()

    def select(self, key: str) -> None:
        """Select a run ("" for none), clearing a multiple selection."""
        if key != self.selection:
            self.selection = key
            self.selected.emit(key)
        if key not in self.chosen:
            self.choose(())
