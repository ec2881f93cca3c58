"""What messages are made of: arrays in a payload, errors for people, jobs."""

import msgspec

from pushforward.studio.protocol.spec import RunSpec
from pushforward.studio.protocol.trial import Trial

__all__ = [
    "Array",
    "ErrorInfo",
    "JobInfo",
    "PhaseInfo",
]


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


class PhaseInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A phase of a training, as `models.contracts.learner.Phase`: short ``name``, ``title``, and
    ``start``, the step after which it begins.
    """

    name: str
    title: str
    start: int


class JobInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A job as everybody sees it.

    kind: "training", "race", "operator", "evaluation", "import", "export" (to a file).
    state: "queued", "running", "paused", "finished", "cancelled", "failed".
    ``run`` is the absolute path of the run folder ("" for imports and races). A training that
    takes part in a race names the race's job. ``parent`` is the name of the run that a branch
    left at ``branch_step``; ``trial`` is its place in a sweep.
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
    race: str = ""
    parent: str = ""
    branch_step: int | None = None
    trial: Trial | None = None
