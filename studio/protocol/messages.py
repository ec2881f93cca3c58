"""Every command and event that crosses the process line.

A frame is a header (one of these structs, msgpack) and a raw payload. Commands carry ``id``;
exactly one `Reply` or `Failed` answers each, with ``re`` equal to that id. Events of a job carry
``job``. `Snapshot` comes first, then increments. Lifecycle events are never dropped; `Record`s
are: the newest wins, against credits that the viewer returns as it draws.
"""

from typing import Any

import msgspec

from studio.protocol.catalog import Catalog
from studio.protocol.spec import Pick, RunSpec

__all__ = [
    "PROTOCOL",
    "Array",
    "CatalogEvent",
    "CheckpointWritten",
    "Command",
    "Control",
    "Credit",
    "ErrorInfo",
    "Evaluate",
    "Event",
    "ExportSamples",
    "ExportWeights",
    "Failed",
    "GetCatalog",
    "Hello",
    "ImportData",
    "InspectData",
    "JobChanged",
    "JobInfo",
    "Kept",
    "Log",
    "Metrics",
    "MoveJob",
    "Ping",
    "Pong",
    "PreviewData",
    "Progress",
    "QueryLayer",
    "Ready",
    "Record",
    "Reply",
    "ResumeTraining",
    "Sample",
    "SetSpeed",
    "Shutdown",
    "Snapshot",
    "StartTraining",
    "Validate",
    "Watch",
]

PROTOCOL = 1


class Array(msgspec.Struct, frozen=True, kw_only=True):
    """Where an array lies in the payload: little-endian, C order, ``offset`` in bytes."""

    dtype: str
    shape: list[int]
    offset: int


class ErrorInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong, for people.

    kind: "user" (bad input), "data", "memory", "disk", "device", "numeric" (NaN), "engine"
    (crash, hang), "bug". ``path`` is the dotted setting at fault, "" if none.
    """

    kind: str
    message: str
    hint: str = ""
    details: str = ""
    path: str = ""


class JobInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A job as everybody sees it.

    kind: "training", "sampling", "evaluation", "import", "export".
    state: "queued", "running", "paused", "finished", "cancelled", "failed".
    ``run`` is the absolute path of the run folder ("" for imports).
    """

    job: str
    kind: str
    state: str
    title: str
    run: str = ""
    step: int = 0
    total: int = 0
    family: str = ""
    spec: RunSpec | None = None
    error: ErrorInfo | None = None


class _Command(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    id: int = 0


class GetCatalog(_Command, frozen=True, kw_only=True):
    """Ask for the catalogue; reply: Catalog as ``result``."""


class Validate(_Command, frozen=True, kw_only=True):
    """Check a spec without running it; reply: {"problems": [ErrorInfo...], "parameters": int,
    "bytes": estimated memory, "resolved": RunSpec with all defaults filled in}.
    """

    spec: RunSpec
    project: str = ""


class PreviewData(_Command, frozen=True, kw_only=True):
    """Draw n points of a data set; reply: {"columns", "n", "mean", "std", "modes"} and arrays
    "x" (n, d) f4 in data units.
    """

    dataset: Pick
    project: str = ""
    n: int = 4096


class InspectData(_Command, frozen=True, kw_only=True):
    """Look into a file; reply: a `studio.formats.base.Inspection` as plain data."""

    file: str


class ImportData(_Command, frozen=True, kw_only=True):
    """Import columns of a file as a project data set; reply: {"job"}; a job of kind "import".

    ``item`` names the table or array inside the file (HDF5, NPZ), "" for the only one.
    """

    file: str
    project: str
    name: str
    columns: list[str]
    item: str = ""


class StartTraining(_Command, frozen=True, kw_only=True):
    """Queue a training in a project folder (made if absent); reply: {"job", "run"}."""

    spec: RunSpec
    project: str


class ResumeTraining(_Command, frozen=True, kw_only=True):
    """Queue the continuation of a run from its newest good checkpoint; reply: {"job", "run",
    "step", "skipped": names of damaged checkpoints passed over}. ``steps`` raises the total.
    """

    run: str
    steps: int | None = None


class Control(_Command, frozen=True, kw_only=True):
    """Steer a job: "pause", "resume", "step" (n steps, then pause), "checkpoint", "sample"
    (n samples into the run), "evaluate", "cancel" (stop and keep), each between two steps.
    """

    job: str
    action: str
    n: int = 1


class SetSpeed(_Command, frozen=True, kw_only=True):
    """Slow motion: wait so many seconds after each step (0 = full speed)."""

    job: str
    delay: float


class MoveJob(_Command, frozen=True, kw_only=True):
    """Move a queued job to a place in the queue (0 = next); -1 removes it."""

    job: str
    place: int


class Watch(_Command, frozen=True, kw_only=True):
    """Say what of a job is looked at: with ``on`` false nothing is computed for the screen.

    ``layers`` are names of family layers, on a ``resolution`` x ``resolution`` grid over
    ``bounds`` = [x0, x1, y0, y1] in data units. ``particles`` caps how many are sent.
    """

    job: str
    on: bool
    layers: list[str] = []
    bounds: list[float] = []
    resolution: int = 32
    particles: int = 4096


class Credit(_Command, frozen=True, kw_only=True):
    """Return credits: so many more records may be sent (not answered)."""

    job: str
    n: int = 1


class QueryLayer(_Command, frozen=True, kw_only=True):
    """Evaluate a layer of a run's newest state, or of its newest checkpoint not after ``step``.

    Reply: {"step": step of the weights used} and array "layer" (r, r) or (r, r, 2).
    """

    run: str
    layer: str
    bounds: list[float]
    resolution: int = 64
    t: float = 1.0
    step: int | None = None


class Sample(_Command, frozen=True, kw_only=True):
    """Queue sampling from a run's newest (or given) checkpoint; reply: {"job"}."""

    run: str
    n: int
    seed: int = 0
    sampler: Pick | None = None
    step: int | None = None


class Evaluate(_Command, frozen=True, kw_only=True):
    """Queue an evaluation of a run with fresh samples; reply: {"job"}."""

    run: str
    n: int = 5000
    seed: int = 0


class ExportSamples(_Command, frozen=True, kw_only=True):
    """Queue: write n samples of a run to a file; the suffix (.csv .npz .h5) says how."""

    run: str
    file: str
    n: int
    seed: int = 0


class ExportWeights(_Command, frozen=True, kw_only=True):
    """Write the averaged weights of the newest checkpoint to .safetensors, config in metadata."""

    run: str
    file: str


class Ping(_Command, frozen=True, kw_only=True):
    """Answered by the reader thread with `Pong`, also while torch computes."""


class Shutdown(_Command, frozen=True, kw_only=True):
    """Leave; with ``checkpoint`` running trainings are saved first."""

    checkpoint: bool = True


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
    """At most 10 a second: where a job is. Seconds, bytes; view_cost is a fraction of 1."""

    job: str
    step: int
    total: int
    steps_per_second: float
    seconds_left: float | None
    memory: int
    device_memory: int | None = None
    view_cost: float = 0.0


class Metrics(_Event, frozen=True, kw_only=True):
    """New rows of curves, already on disk: for each name, steps and values of equal length.

    Names: "loss", "grad_norm", ... from the family; "quality/<metric slug>" from evaluation.
    ``floors``: real-against-real value by metric slug.
    """

    job: str
    columns: dict[str, tuple[list[int], list[float]]]
    floors: dict[str, float] = {}


class Record(_Event, frozen=True, kw_only=True):
    """The fixed particles at one training step; the payload holds the arrays.

    "t" (T,) f4 flow times; "x" (T, n, d) f4 in data units; per layer "layer:<name>"
    (T or 1, r, r) or (..., r, r, 2) f4, over ``bounds``. Row order is particle identity.
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


class CheckpointWritten(_Event, frozen=True, kw_only=True):
    """A checkpoint is safely on disk."""

    job: str
    step: int
    file: str


class Log(_Event, frozen=True, kw_only=True):
    """A line of the log: level "info", "warning" or "error"."""

    level: str
    text: str
    job: str = ""


class Pong(_Event, frozen=True, kw_only=True):
    """Answer to `Ping`; ``busy`` is the running job, "" if none."""

    re: int
    busy: str = ""


Command = (
    GetCatalog
    | Validate
    | PreviewData
    | InspectData
    | ImportData
    | StartTraining
    | ResumeTraining
    | Control
    | SetSpeed
    | MoveJob
    | Watch
    | Credit
    | QueryLayer
    | Sample
    | Evaluate
    | ExportSamples
    | ExportWeights
    | Ping
    | Shutdown
)
Event = (
    Hello
    | Ready
    | CatalogEvent
    | Snapshot
    | Reply
    | Failed
    | JobChanged
    | Progress
    | Metrics
    | Record
    | Kept
    | CheckpointWritten
    | Log
    | Pong
)
