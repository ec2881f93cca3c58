"""Commands of the window to the engine. Each is answered once; see `messages`."""

from typing import Any, Literal

import msgspec

from pushforward.studio.protocol.slurm import Slurm
from pushforward.studio.protocol.spec import ChangeSetting, Edit, Pick, RunSpec
from pushforward.studio.protocol.trial import Trial

__all__ = [
    "FILE_PIECE",
    "GENERATE",
    "PATHS",
    "VIEW_SHARE",
    "AddRun",
    "ApplyEdit",
    "Attach",
    "BranchRun",
    "Budget",
    "CheckRuns",
    "Control",
    "Credit",
    "Evaluate",
    "ExportRows",
    "ExportWeights",
    "GetAble",
    "GetCatalog",
    "GetNearest",
    "GetRows",
    "GetTarget",
    "GiveUp",
    "HashFile",
    "ImportData",
    "InspectData",
    "ListFiles",
    "MakeData",
    "MoveJob",
    "Operate",
    "Ping",
    "PreviewData",
    "QueryLayer",
    "ReadFile",
    "ResumeRace",
    "ResumeTraining",
    "SetSpeed",
    "ShareFlow",
    "Shutdown",
    "StartRace",
    "StartTraining",
    "TrainRun",
    "Validate",
    "WalkStep",
    "Watch",
    "WriteFile",
    "WriteReport",
]

GENERATE = "generate"
"""The operator that every generative model has; its results are samples."""
VIEW_SHARE = 0.03
"""Default share of the training time for the live view."""

PATHS = ("encoder", "file", "files", "of", "project", "run", "runs")
"""The fields of commands that hold folders or files, whichever command it is."""

FILE_PIECE = 4 * 2**20
"""Bytes of a file that one `ReadFile` may ask for."""


class _Command(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    id: int = 0


class GetCatalog(_Command, frozen=True, kw_only=True):
    """Request the catalogue; reply: Catalog as ``result``."""


class Validate(_Command, frozen=True, kw_only=True):
    """Check a spec without running it; reply: {"problems": [ErrorInfo...], "parameters": int,
    "bytes": estimated memory, "evaluations": int or None, "schedule": {"t", "alpha", "sigma",
    "log_snr", "grid"} or None (see `models.contracts.schedule`), "resolved": RunSpec with all
    defaults filled in}. ``first`` are runs that will be trained before it, by the input that they
    will be.
    """

    spec: RunSpec
    project: str = ""
    first: dict[str, RunSpec] = {}


class PreviewData(_Command, frozen=True, kw_only=True):
    """Sample n points of a data set; reply: {"columns", "n": number of training rows, "shares":
    sizes of the splits, "counts": training rows per class, "repeats": duplicates of an imported
    set, "mean", "std", "modes", "names"} and arrays "x" (n, d) f4 in data units. For images: "x"
    (n, C, H, W) in [0, 1], fewer than n if large, "labels" (n,) i4 if there are classes, "names" of
    the classes, no columns, and one "mean" and "std" for all pixels.
    """

    dataset: Pick
    project: str = ""
    n: int = 4096


class GetTarget(_Command, frozen=True, kw_only=True):
    """Request the training data of a run with its edits: of the current training, or after all
    edits on disk, or after those up to ``step``.

    Reply: {"columns", "n": number of points, "names": of the classes, "own": whether evaluation
    uses training data because too few are held out} and array "x" (at most n, d) f4, data units,
    nearly the same points after an edit; "label" (n,) if there are classes and no edits. With
    ``held``, the held-out data if there are some: "held" in the reply says so.
    """

    run: str
    n: int = 4096
    step: int | None = None
    held: bool = False


class GetNearest(_Command, frozen=True, kw_only=True):
    """Search the ``n`` nearest training rows of each row ``x``, by the distance called ``by``,
    within its class if ``given`` has one. With ``encoder``, the folder of a run that learned a
    representation of such rows, the distance is that of its features, and ``by`` is not read.

    Reply: {"n": number of training rows, "among": number of rows searched, per query, "usual":
    median nearest-neighbour distance of its class if requested, else null, "names": of the classes}
    and arrays "far" (m, n) f8, infinite if there are fewer, "number" (m, n) i8, row numbers, and
    the rows in order: "x" (m n, ...), "mask", and conditions.
    """

    run: str
    by: str = ""
    x: list[Any]
    mask: list[list[bool]] = []
    given: dict[str, list[float]] = {}
    n: int = 1
    usual: bool = False
    encoder: str = ""


class GetRows(_Command, frozen=True, kw_only=True):
    """Request the first n rows of a run's data set, including held-out ones. Reply: as for
    `PreviewData`, with the total "n", and the arrays by name.
    """

    run: str
    n: int = 4096


class GetAble(_Command, frozen=True, kw_only=True):
    """Ask what a trained run can do, and under which conditions; reply: a
    `studio.protocol.capabilities.Able` as plain data.
    """

    run: str


class InspectData(_Command, frozen=True, kw_only=True):
    """Inspect files that belong together; reply: a `studio.formats.Inspection` as plain data.
    ``importer`` is one of its offers, "" for the most specific one, with its ``options``.
    """

    files: list[str]
    importer: str = ""
    options: dict[str, Any] = {}


class GiveUp(_Command, frozen=True, kw_only=True):
    """Cancel the `InspectData` of the id ``re``. Ignored if it was answered."""

    re: int


class ImportData(_Command, frozen=True, kw_only=True):
    """Import the rows of files as a project data set; reply: {"job"}; a job of kind "import".

    ``importer`` and ``options`` as in `InspectData`; for tables, "item" (HDF5, NPZ; "" for the only
    one) and "columns". ``expected`` is the number of rows found by `InspectData`, 0 if unknown.
    ``notes`` are stored with the data. ``seed``, ``validation`` and ``test`` define the split (see
    `studio.store.splits`).
    """

    files: list[str]
    project: str
    name: str
    importer: str = ""
    options: dict[str, Any] = {}
    expected: int = 0
    notes: list[str] = []
    seed: int = 0
    validation: float = 0.1
    test: float = 0.1


class MakeData(_Command, frozen=True, kw_only=True):
    """Generate data with an external program and add them to a project; reply: {"job"}, of kind
    "import". ``maker`` is a catalogue entry of kind "maker", with its settings.
    """

    maker: Pick
    project: str
    name: str


class StartTraining(_Command, frozen=True, kw_only=True):
    """Queue a training in a project folder (made if absent); reply: {"job", "run"}. ``trial`` is
    its place in a sweep.
    """

    spec: RunSpec
    project: str
    trial: Trial | None = None


class ResumeTraining(_Command, frozen=True, kw_only=True):
    """Queue a run for resuming from its newest intact checkpoint; reply: {"job", "run", "step",
    "skipped": names of damaged checkpoints}. ``steps`` is a new total number of steps.
    """

    run: str
    steps: int | None = None


class ApplyEdit(_Command, frozen=True, kw_only=True):
    """Change a training between two steps; reply: {"step"} where it took hold.

    The step inside the edit is not looked at. The edit is on disk before it is answered. An edit
    within a step that is done in stages comes after that step.
    """

    job: str
    edit: Edit


class BranchRun(_Command, frozen=True, kw_only=True):
    """Queue a new run that equals another up to ``step`` and differs from there on; reply:
    {"job", "run", "from_step"}, the step of the checkpoint that it really starts from.

    ``changes`` take hold at ``step`` (theirs is not looked at). The edits of the other run up to
    ``step`` are kept, later ones left out. ``name`` "" makes one from that of the other run.
    ``dataset`` continues on the same data with other settings, such as more labels, from the
    newest checkpoint not after ``step``; ``steps`` is a new total number of steps, 0 for that of
    the other run. ``settings`` are other settings by path, such as "training.batch" or
    "family.label_dropout": with them the branch leaves at that checkpoint. What would change the
    shapes of the weights, or the particles, is refused.
    """

    run: str
    step: int
    name: str
    changes: list[ChangeSetting] = []
    dataset: Pick | None = None
    steps: int = 0
    settings: dict[str, Any] = {}


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """What every participant of a race may spend: kind "steps", "seconds" or "samples" (data
    points seen).
    """

    kind: str
    amount: float


class StartRace(_Command, frozen=True, kw_only=True):
    """Queue 2 to 8 trainings on the same data, stepped in turn at equal budget; reply: {"job",
    "jobs": [...], "runs": [...]}. Controls of the race's job hold for all.

    "pause", "resume", "step" and the speed of one that takes part hold for all as well; what it
    makes is its own, and to cancel it takes it out of the race. The race's job is called as the
    race is in the records of its runs. Its steps are steps, data points, or milliseconds.
    """

    specs: list[RunSpec]
    project: str
    budget: Budget


class ResumeRace(_Command, frozen=True, kw_only=True):
    """Queue a race for resuming by its run folders, without those that have ended; reply as for
    `StartRace`. Runs that are behind catch up first.
    """

    runs: list[str]


class Control(_Command, frozen=True, kw_only=True):
    """Steer a job: "pause", "resume", "step" (n steps, then pause), "stage" (pause, and do the
    next n stages of a step), "checkpoint", "sample" (n samples into the run), "evaluate", "cancel"
    (stop and keep), each between two steps. Within a step that is done in stages, all but "stage"
    first do the rest of it, which counts as a step.
    """

    job: str
    action: str
    n: int = 1


class SetSpeed(_Command, frozen=True, kw_only=True):
    """Slow motion: wait ``delay`` seconds after each step (0 = full speed)."""

    job: str
    delay: float


class MoveJob(_Command, frozen=True, kw_only=True):
    """Move a queued job to a place in the queue (0 = next); -1 removes it."""

    job: str
    place: int


class Watch(_Command, frozen=True, kw_only=True):
    """Set what the window shows of a job; with ``on`` false nothing is computed for it.

    ``layers`` are names of family layers, on a ``resolution`` x ``resolution`` grid over ``bounds``
    = [x0, x1, y0, y1] in data units. ``particles`` is the maximum number to send. ``extras``
    request more arrays: "critic" (d at the particles), "manifold" (image of a grid of the first two
    latents), "latents" (the first two latents of each particle), "projection" (images in principal
    components of the reference classifier). ``credits`` add to those of `Credit`; with ``on`` false
    all are void. ``share`` is the allowed fraction of the training time, 0.005 to 0.5.
    """

    job: str
    on: bool
    layers: list[str] = []
    bounds: list[float] = []
    resolution: int = 32
    particles: int = 4096
    extras: list[str] = []
    credits: int = 0
    share: float = VIEW_SHARE


class Credit(_Command, frozen=True, kw_only=True):
    """Allow ``n`` more records to be sent (not answered)."""

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


class WalkStep(_Command, frozen=True, kw_only=True):
    """Run the training step after a run's newest checkpoint (at most ``step``) stage by stage, and
    return ``n`` rows of the inputs of each stage. Nothing is saved; the run may have ended. Reply:
    {"step": steps done before, "bounds" of the layers, "stages": names in order} and the arrays as
    "stage/name", named as in a `studio.protocol.records.FlowRecord`.
    """

    run: str
    n: int = 1024
    step: int | None = None


class Operate(_Command, frozen=True, kw_only=True):
    """Apply an operator to a trained run, with the weights of the newest checkpoint (at most
    ``step``), averaged over ``length`` if the run stored averages (`models.training.posthoc`).

    ``config`` are settings of the operator; ``inputs`` fill its slots with rows in data units as
    nested lists, "data" (training data) or "all" (with held-out data); ``given`` are conditions by
    name, in data units (a class by number, name or prefix; one value or a list). Reply: {"job"};
    the result goes to the run (`ResultWritten`), or to ``file``. With ``inline`` nothing is
    written, and the reply is {"step", "note", "config"} (the settings that were used) with
    the arrays ("x", ...). With ``estimate`` the reply is {"seconds"}, the expected duration, None
    if unknown. ``overwrite`` allows replacing a file. With ``inline``, ``live`` and no ``step`` a
    run that is training answers with its present weights.
    """

    run: str
    operator: str
    config: dict[str, Any] = {}
    inputs: dict[str, Any] = {}
    given: dict[str, Any] = {}
    step: int | None = None
    length: float | None = None
    file: str = ""
    overwrite: bool = False
    inline: bool = False
    estimate: bool = False
    live: bool = False


class ExportRows(_Command, frozen=True, kw_only=True):
    """Write existing rows of a run to a file; reply: {"job"}.

    ``what``: "samples" of the file ``of``; the first ``n`` fixed "particles" at the end of the flow
    of the newest snapshot (at most ``step``); the training "data", of which `GetTarget` gives ``n``
    (0 for all); the "held" out data; or the training rows "near" to something, by the numbers of
    `GetNearest`. ``rows`` are row numbers, in output order; [] for all. ``overwrite`` as in
    `Operate`.
    """

    run: str
    what: str
    file: str
    of: str = ""
    step: int | None = None
    n: int = 0
    rows: list[int] = []
    overwrite: bool = False


class Evaluate(_Command, frozen=True, kw_only=True):
    """Queue an evaluation of a run with fresh samples; reply: {"job"}. The newest checkpoint, or
    the newest up to ``step``, averaged over ``length`` as in `Operate`; with the run's own sampler
    and ``metrics`` unless others are named.
    """

    run: str
    n: int = 5000
    seed: int = 0
    sampler: Pick | None = None
    step: int | None = None
    length: float | None = None
    metrics: list[Pick] = []


class ExportWeights(_Command, frozen=True, kw_only=True):
    """Write the averaged weights of the newest checkpoint to .safetensors, config in metadata.
    ``overwrite`` as in `Operate`.
    """

    run: str
    file: str
    overwrite: bool = False


class ListFiles(_Command, frozen=True, kw_only=True):
    """List the regular files of a run, data set or project: ``{"files": [[path, bytes], ...]}``,
    sorted, with "/" in paths relative to the folder. Hidden files and links are left out.
    """

    project: str


class ReadFile(_Command, frozen=True, kw_only=True):
    """Send bytes ``offset`` to ``offset + n`` (at most `FILE_PIECE`) of a file of a project, as the
    array "data"; less at its end.
    """

    file: str
    offset: int
    n: int


class HashFile(_Command, frozen=True, kw_only=True):
    """Answer ``{"sha256": ...}`` of a file of a project."""

    file: str


class WriteFile(_Command, frozen=True, kw_only=True):
    """Write bytes of a file below the runs or the data of a project, under a hidden name. The last
    one of a file has its ``digest`` (SHA-256): the file takes its name if it is right.
    """

    file: str
    offset: int
    data: bytes
    digest: bytes = b""


class AddRun(_Command, frozen=True, kw_only=True):
    """Make the folder of a run that another computer has recorded (``record`` is its ``run.toml``)
    in a project (made if absent), under the next free number; reply: {"run"}. A run with this very
    record that is there already is returned instead.
    """

    project: str
    record: bytes


class TrainRun(_Command, frozen=True, kw_only=True):
    """Train a run from its newest checkpoint in a process of its own, which outlives the engine;
    one that is trained or finished already is left alone. With ``slurm`` it is a job of Slurm. With
    ``stop`` it saves a checkpoint and ends.
    """

    run: str
    stop: bool = False
    slurm: Slurm | None = None


class CheckRuns(_Command, frozen=True, kw_only=True):
    """Answer ``{"runs": [{"state", "step", "total", "alive"}, ...]}``: how far runs are, and
    whether the process that trains one exists.
    """

    runs: list[str]


class Attach(_Command, frozen=True, kw_only=True):
    """A new client is connected: void all watches and credits of the one before, and send `Ready`,
    the catalogue and a `Snapshot` again. Sent by the host of an engine.
    """


class ShareFlow(_Command, frozen=True, kw_only=True):
    """Write what runs recorded, side by side, to a page (.html), an animation (.gif, .apng, .webp)
    or a video (.mp4, .webm); reply: {"job"}.

    ``particles`` of each run at most; ``clock`` is what an animation goes through, and ``size`` the
    pixels of a run in it; a page has both clocks. ``seconds`` is the duration of one pass; ``step``
    the last training step, the newest if None. ``overwrite`` as in `Operate`.
    """

    runs: list[str]
    file: str
    particles: int = 1000
    clock: Literal["flow", "training"] = "flow"
    theme: Literal["auto", "dark", "light"] = "auto"
    size: int = 480
    seconds: float = 6.0
    step: int | None = None
    overwrite: bool = False


class WriteReport(_Command, frozen=True, kw_only=True):
    """Write a report of runs as one page (.html) or as PDF; reply: {"job"}. ``overwrite`` as in
    `Operate`.
    """

    runs: list[str]
    file: str
    theme: Literal["auto", "dark", "light"] = "auto"
    overwrite: bool = False


class Ping(_Command, frozen=True, kw_only=True):
    """Answered by the reader thread with `Pong`, also while torch computes."""


class Shutdown(_Command, frozen=True, kw_only=True):
    """Leave; with ``checkpoint`` running trainings are saved first."""

    checkpoint: bool = True
