"""Make the folder of a new run from its settings."""

from pathlib import Path

from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.run.validation import Validator
from pushforward.studio.protocol.spec import RunSpec
from pushforward.studio.protocol.trial import Trial
from pushforward.studio.store.run import RunFolder
from pushforward.studio.workflows.errors import UsageError
from pushforward.studio.workflows.wording import problem

__all__ = ["create"]


def create(
    spec: RunSpec, project: Path, trial: Trial | None = None, elsewhere: bool = False
) -> RunFolder:
    """Make the run folder of a spec; ``trial`` is its place in a sweep. The devices and the memory
    of this computer do not matter to a run that is trained ``elsewhere``.

    Raises:
        UsageError: the spec is not valid or needs more memory than there is; all problems are
            listed.
    """
    problems = Validator().validate(spec, project, elsewhere=elsewhere).problems
    if problems:
        raise UsageError("invalid run:", *(f"  {problem(p)} {p.hint}".rstrip() for p in problems))
    return headless.create(spec, project, trial, elsewhere)
