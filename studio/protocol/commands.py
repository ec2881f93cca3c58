"""What the screen asks of the engine. Each command is answered once; see `messages`."""

from typing import Any

import msgspec

from pushforward.studio.protocol.spec import ChangeSetting, Edit, Pick, RunSpec

__all__ = [
    "GENERATE",
    "VIEW_SHARE",
    "ApplyEdit",
    "BranchRun",
    "Budget",
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
    "ImportData",
    "InspectData",
    "MakeData",
    "MoveJob",
    "Operate",
    "Ping",
    "PreviewData",
    "QueryLayer",
    "ResumeRace",
    "ResumeTraining",
    "SetSpeed",
    "Shutdown",
    "StartRace",
    "StartTraining",
    "Validate",
    "WalkStep",
    "Watch",
]

GENERATE = "generate"
"""The operator that every generative model has; its results are samples."""
VIEW_SHARE = 0.03
"""Of a training's time looking at it may take, where nobody has said another."""


class _Command(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    id: int = 0


class GetCatalog(_Command, frozen=True, kw_only=True):
    """Ask for the catalogue; reply: Catalog as ``result``."""


class Validate(_Command, frozen=True, kw_only=True):
    """Check a spec without running it; reply: {"problems": [ErrorInfo...], "parameters": int,
    "bytes": estimated memory, "evaluations": int or None, "schedule": {"t", "alpha", "sigma",
    "log_snr", "grid"} or None (see `models.contracts.schedule`), "resolved": RunSpec with all
    defaults filled in}.
    """

    spec: RunSpec
    project: str = ""


class PreviewData(_Command, frozen=True, kw_only=True):
    """Draw n points of a data set; reply: {"columns", "n": how many are learned from, "shares":
    what becomes of all, as `studio.counts.shared_out` says it, "counts": how many of each class
    are learned from, where that is known, "repeats": which of an imported set are there more than
    once, "" where nobody compared them, "mean", "std", "modes", "names"}
    and arrays "x" (n, d) f4 in data units. Of images: "x" (n, C, H, W) in [0, 1], fewer than n
    where they are large, "labels" (n,) i4 where there are labels, "names" of the classes, no
    columns, and one "mean" and "std" for all pixels.
    """

    dataset: Pick
    project: str = ""
    n: int = 4096


class GetTarget(_Command, frozen=True, kw_only=True):
    """Ask for what a run learns, as its edits have made it: of the training that is under way, or
    after all edits on disk, or after those up to ``step``. Reply: {"columns", "n": how many there
    are, "names": of the classes, "own": whether the run is measured with these, as too few are held
    out} and array "x" (at most n, d) f4, data units: after an edit nearly the same points; "label"
    (n,) are their classes, where they have some and were not edited. With ``held`` of what the run
    is measured with and did not learn, where there is such: "held" in the reply says whether these
    are they.
    """

    run: str
    n: int = 4096
    step: int | None = None
    held: bool = False


class GetNearest(_Command, frozen=True, kw_only=True):
    """Ask which of all rows that a run learns are nearest to some others, by what their kind
    compares of them under the name ``by``: the ``n`` nearest of each of the rows ``x``, of its
    class where ``given`` says one. Reply: {"n": how many rows are learned, "among": of how many the
    nearest were sought, for each row that was asked about, "usual": how far rows of its class are
    from their nearest other one, with ``usual``, else null, "names": of the classes} and arrays
    "far" (m, n) f8, infinite where there are fewer, "number" (m, n) i8, which of the rows that are
    learned these are, and the rows themselves, one after the other: "x" (m n, ...), "mask", and
    what is given of each.
    """

    run: str
    by: str
    x: list[Any]
    mask: list[list[bool]] = []
    given: dict[str, list[float]] = {}
    n: int = 1
    usual: bool = False


class GetRows(_Command, frozen=True, kw_only=True):
    """Ask for the first n of all rows that the data set of a run has, those that are held out, too:
    what a model can be asked about. Reply: what `PreviewData` tells of its kind, with "n", how many
    there are, and the arrays by name.
    """

    run: str
    n: int = 4096


class GetAble(_Command, frozen=True, kw_only=True):
    """Ask what a trained run can do, and under which conditions; reply: a
    `studio.protocol.capabilities.Able` as plain data.
    """

    run: str


class InspectData(_Command, frozen=True, kw_only=True):
    """Look into files that belong together; reply: a `studio.formats.Inspection` as plain data.

    ``importer`` is one of its offers, "" for the most particular that takes the files, and
    ``options`` are what that can be told.
    """

    files: list[str]
    importer: str = ""
    options: dict[str, Any] = {}


class GiveUp(_Command, frozen=True, kw_only=True):
    """Stop to look into files: nobody waits for the answer to the `InspectData` of the id ``re``
    any more. One that is answered already is none to stop.
    """

    re: int


class ImportData(_Command, frozen=True, kw_only=True):
    """Import the rows of files as a project data set; reply: {"job"}; a job of kind "import".

    ``importer`` and ``options`` as in `InspectData`. Of tables, ``options`` names the table as
    "item" (HDF5, NPZ; "" for the only one) and its "columns". ``expected`` is how many rows
    `InspectData` has found, 0 if nobody looked: an importer may not know before it has read all.
    ``notes`` are what it has said, to be kept with the data. ``seed`` says which rows validate and
    which test, and ``validation`` and ``test`` how large a share of all they are (see
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
    """Have data made by a program of somebody else's, and add them to a project; reply: {"job"}, of
    kind "import". ``maker`` is an entry of the catalogue of kind "maker", with its settings.
    """

    maker: Pick
    project: str
    name: str


class StartTraining(_Command, frozen=True, kw_only=True):
    """Queue a training in a project folder (made if absent); reply: {"job", "run"}."""

    spec: RunSpec
    project: str


class ResumeTraining(_Command, frozen=True, kw_only=True):
    """Queue the continuation of a run from its newest good checkpoint; reply: {"job", "run",
    "step", "skipped": names of damaged checkpoints passed over}. ``steps`` is another
    total, beyond the step that it goes on from.
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
    """

    run: str
    step: int
    name: str
    changes: list[ChangeSetting] = []


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
    """Queue the continuation of a race by its run folders, those left out that have ended; reply
    as for `StartRace`. Those that are behind catch up first.
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
    ``bounds`` = [x0, x1, y0, y1] in data units. ``particles`` caps how many are sent. ``extras``
    ask for more arrays in the records: "critic" (d at the particles), "manifold" (a grid of the
    first two latents, pushed forward), "latents" (the first two latents of each particle),
    "projection" (images in the plane of what a judge sees). ``credits`` may be sent besides those
    that `Credit` returns; with ``on`` false all are void. All of it may take the ``share`` of the
    training's time, from 0.005 to 0.5.
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


class WalkStep(_Command, frozen=True, kw_only=True):
    """Do the training step after a run's newest checkpoint, or its newest not after ``step``, stage
    by stage, and show ``n`` rows of what each has at hand. Nobody keeps what comes of it: the run
    stays as it is, and may be one that has ended.

    Reply: {"step": steps done before, "bounds" of the layers, "stages": their names in order} and
    the arrays of each as "stage/name", named as those of a `studio.protocol.records.FlowRecord`.
    """

    run: str
    n: int = 1024
    step: int | None = None


class Operate(_Command, frozen=True, kw_only=True):
    """Do with a trained run what an operator of the catalogue can: with the weights of the newest
    checkpoint, or of the newest not after ``step``; averaged over ``length``, where the run kept
    what another length than its own is made of (`models.training.posthoc`).

    ``config`` are settings of the operator; ``inputs`` fill its slots, each with rows in data units
    as nested lists, with "data" for all that the run has learned from, or with "all" for those and
    what was held out; ``given`` are conditions by name, in data units (a class by its number, its
    name or the beginning of that; one value for all rows, or a list). Reply: {"job"}; what comes
    of it goes into the run (`ResultWritten`), or to ``file``, whose suffix says how rows are
    written. With ``inline`` nothing is written, and the reply is {"step", "note"} with the arrays
    by name ("x", ...): for a view that asks often. With ``estimate`` it is only begun, and the
    reply is {"seconds"}, about how many it takes, None where that cannot be told soon. A file that
    is there already is replaced only with ``overwrite``, by which the person has agreed to it.
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


class ExportRows(_Command, frozen=True, kw_only=True):
    """Write rows of a run that are there already to a file, whose suffix says how; reply: {"job"}.

    ``what`` they are: "samples" that were drawn, of the file ``of``; the fixed "particles" at the
    end of their flow, of the newest kept moment, not after ``step`` if that is given, the first
    ``n`` of them; the "data" that the run learns, of which `GetTarget` gives ``n`` (0 for all), or
    the "held" ones that it did not learn, ``n`` as there; or those of all that it learns which are
    "near" to something, by the numbers that `GetNearest` gives them.
    ``rows`` are their numbers there, in the order in which they are written; [] for all.
    ``overwrite`` as in `Operate`.
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


class Ping(_Command, frozen=True, kw_only=True):
    """Answered by the reader thread with `Pong`, also while torch computes."""


class Shutdown(_Command, frozen=True, kw_only=True):
    """Leave; with ``checkpoint`` running trainings are saved first."""

    checkpoint: bool = True
