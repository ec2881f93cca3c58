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
"""With fewer samples than these a figure says little, and it is said."""


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    pass


class Hello(_Event, frozen=True, kw_only=True):
    """The first event, sent before torch is imported."""

    protocol: int
    version: str
    pid: int


class Ready(_Event, frozen=True, kw_only=True):
    """torch is imported, devices are known."""

    versions: dict[str, str]
    device: str


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
    """At most 10 a second: where a job is. Seconds, bytes; view_cost is a fraction of 1.

    ``seconds`` is the training time so far, over all resumptions. ``seconds_left`` is None while
    it is not known: at first, and before a phase that nobody has seen the speed of. ``phase_left``
    are the seconds to the end of the phase that is under way; ``phases`` are all there are, in
    order, none where there is but one. ``doing`` says in a few words what a job is at that
    makes no steps meanwhile: "evaluating".
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
    """New rows of curves, already on disk: for each name, steps and values of equal length.

    Names: "loss", "grad_norm", ... from the family; "quality/<metric slug>" from evaluation, and
    with what it was measured then: "cost/nfe", how many evaluations of networks a sample took,
    "cost/samples", how many samples there were, "cost/floor/<metric slug>", what the figure is
    held against, mostly real against real, for so many: the mean over several pairs of real data,
    and its standard deviation over the pairs at "cost/floor/spread/<slug>" (runs of earlier
    versions have none), and where it lies with 95 % confidence, "cost/low/<slug>" and
    "cost/high/<slug>", of metrics that say so. A value is NaN where it could not be measured, as
    when a sample was not finite. ``floors``: both by metric slug and "spread/<slug>", for as many
    samples as the run asks for.
    """

    job: str
    columns: dict[str, tuple[list[int], list[float]]]
    floors: dict[str, float] = {}


class Record(_Event, frozen=True, kw_only=True):
    """A `studio.protocol.records.FlowRecord`, whose arrays the payload holds.

    Layers are over ``bounds``. Extras that were asked for: "extra:critic" (T, n), "extra:manifold"
    (r, r, 2), "extra:latents" (n, 2); of images "extra:projection" (T, n, 2), where a judge sees
    the particles, in the plane in which unseen data vary most to it, and "extra:projection-target"
    (m, 2), where the data are.
    Within a step, what the stage has at hand: "scene:real", "scene:particles", "scene:velocity",
    "scene:moved", "scene:smoothed", "scene:stepped", each (B, *shape), in data units, how noisy
    particles are, "scene:level", "scene:time" or "scene:step" (B,), and what is given of the data,
    "scene:given:..." (B, ...).
    """

    job: str
    step: int
    bounds: list[float]
    arrays: dict[str, Array]


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
    """What came of an operator is safely on disk: in ``result``, a folder of the run's
    ``results``, or in the file that was asked for; ``note`` is what is to be known of it, in
    sentences. What came out the same ``again`` was there already, and is not written twice.
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
