"""What the engine tells, unasked or as an answer; see `messages`."""

from typing import Any

import msgspec

from pushforward.studio.protocol.catalog import Catalog
from pushforward.studio.protocol.parts import Array, ErrorInfo, JobInfo, PhaseInfo
from pushforward.studio.protocol.spec import Edit

__all__ = [
    "FEW",
    "SPREAD",
    "CatalogEvent",
    "CheckpointWritten",
    "Edited",
    "Failed",
    "Hello",
    "JobChanged",
    "Kept",
    "Log",
    "Metrics",
    "Pong",
    "Progress",
    "Ready",
    "Record",
    "Reply",
    "ResultWritten",
    "Snapshot",
    "StageDone",
]


SPREAD = "spread/"
"""In front of a metric's slug, among `Metrics.floors`."""
FEW = 30
"""Number of samples below which a metric value carries a warning."""


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    pass


class Hello(_Event, frozen=True, kw_only=True):
    """The first event, sent before torch is imported."""

    protocol: int
    version: str
    pid: int


class Ready(_Event, frozen=True, kw_only=True):
    """torch is imported, devices are known. ``folder`` is the absolute path of the folder that an
    engine which outlives its connection serves, "" for others.
    """

    versions: dict[str, str]
    device: str
    folder: str = ""


class CatalogEvent(_Event, frozen=True, kw_only=True):
    """The catalogue, sent after `Ready` without being asked."""

    catalog: Catalog


class Snapshot(_Event, frozen=True, kw_only=True):
    """All jobs, in queue order: what a fresh or restarted screen starts from."""

    jobs: list[JobInfo]


class Reply(_Event, frozen=True, kw_only=True):
    """A command succeeded. ``arrays`` describes the payload."""

    re: int
    result: Any = None
    arrays: dict[str, Array] = {}


class Failed(_Event, frozen=True, kw_only=True):
    """A command was refused; nothing changed."""

    re: int
    error: ErrorInfo


class JobChanged(_Event, frozen=True, kw_only=True):
    """A job came to be, moved in the queue or changed state. ``place`` is its queue position,
    -1 when it is not queued.
    """

    info: JobInfo
    place: int = -1


class Progress(_Event, frozen=True, kw_only=True):
    """Progress of a job, at most 10 a second. Seconds, bytes; view_cost is a fraction of 1.

    ``seconds`` is the training time so far, over all resumptions. ``seconds_left`` is None while
    unknown: at first, and before a phase of unknown speed. ``phase_left`` are the seconds to the
    end of the current phase; ``phases`` are all phases in order, empty if there is only one.
    ``doing`` names other work in a few words: "evaluating".
    """

    job: str
    step: int
    total: int
    steps_per_second: float
    seconds_left: float | None
    memory: int
    device_memory: int | None = None
    view_cost: float = 0.0
    seconds: float = 0.0
    phase_left: float | None = None
    phases: list[PhaseInfo] = []
    doing: str = ""


class Metrics(_Event, frozen=True, kw_only=True):
    """New rows of curves, already on disk: steps and values of equal length by name.

    Names: "loss", "grad_norm", ... of the family; "quality/<metric slug>" of evaluations, with
    "cost/nfe" (network evaluations per sample), "cost/samples" (number of samples),
    "cost/floor/<metric slug>" (the reference, mostly real against real: the mean over several
    pairs), "cost/floor/spread/<slug>" (its standard deviation; missing in earlier versions), and
    the 95 % interval "cost/low/<slug>" and "cost/high/<slug>" of some metrics. A value is NaN if it
    could not be computed, for example because samples are not finite. ``floors``: both by metric
    slug and "spread/<slug>", for the requested number of samples.
    """

    job: str
    columns: dict[str, tuple[list[int], list[float]]]
    floors: dict[str, float] = {}


class Record(_Event, frozen=True, kw_only=True):
    """A `studio.protocol.records.FlowRecord`, whose arrays are the payload. Layers are over
    ``bounds``.

    Requested extras: "extra:critic" (T, n), "extra:manifold" (r, r, 2), "extra:latents" (n, 2); for
    images "extra:projection" (T, n, 2), the particles in the first two principal components of the
    reference classifier's features of unseen data, and "extra:projection-target" (m, 2), those
    data. Within a step, the inputs of the stage: "scene:real", "scene:particles", "scene:velocity",
    "scene:moved", "scene:smoothed", "scene:stepped", each (B, *shape), in data units, noise levels
    "scene:level", "scene:time" or "scene:step" (B,), and conditions "scene:given:..." (B, ...).

    ``preview`` is the number of network evaluations per particle of a first picture that was
    sampled in fewer steps than the run's sampler takes, 0 for any other record.
    """

    job: str
    step: int
    bounds: list[float]
    arrays: dict[str, Array]
    preview: int = 0


class Kept(_Event, frozen=True, kw_only=True):
    """The record of this step is in the run's flow store; ``steps`` are all that are kept."""

    job: str
    step: int
    steps: list[int]


class Edited(_Event, frozen=True, kw_only=True):
    """A change took hold: after ``edit.step``, and it is in the run's ``events.jsonl``."""

    job: str
    edit: Edit


class StageDone(_Event, frozen=True, kw_only=True):
    """A stage of the step after ``step`` is done; the training is paused within the step.

    ``stage`` is its name, "" when the step is complete.
    """

    job: str
    step: int
    stage: str


class CheckpointWritten(_Event, frozen=True, kw_only=True):
    """A checkpoint is safely on disk; ``steps`` are those of all there are now, as older ones were
    thinned out for it.
    """

    job: str
    step: int
    file: str
    steps: list[int] = []


class ResultWritten(_Event, frozen=True, kw_only=True):
    """The result of an operator is on disk: in ``result``, a folder of the run's ``results``, or in
    the requested file; ``note`` is a remark. ``again``: an identical result existed and is not
    written twice.
    """

    job: str
    run: str
    operator: str
    step: int
    result: str = ""
    file: str = ""
    note: str = ""
    again: bool = False


class Log(_Event, frozen=True, kw_only=True):
    """A line of the log: level "info", "warning" or "error"."""

    level: str
    text: str
    job: str = ""


class Pong(_Event, frozen=True, kw_only=True):
    """Answer to `Ping`; ``busy`` is the running job, "" if none."""

    re: int
    busy: str = ""
