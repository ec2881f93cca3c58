"""One race in the current process, without a screen."""

from collections.abc import Callable, Sequence
from pathlib import Path

from pushforward.studio.engine.jobs.headless import drive
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.process.sink import CallbackSink
from pushforward.studio.engine.race.setup import all_valid, create_race, going_on, line_up, lock_all
from pushforward.studio.engine.run.validation import Validator
from pushforward.studio.protocol.messages import Budget, ErrorInfo, Event
from pushforward.studio.protocol.spec import RunSpec
from pushforward.studio.store.run import RunFolder

__all__ = ["create", "run"]


def create(specs: Sequence[RunSpec], budget: Budget, project: Path) -> list[RunFolder]:
    """Check specs and make the run folders of their race in a project (made if absent).

    Raises:
        Refused: a spec has a problem, or they cannot race.
        StoreError: the disk refused.
    """
    discover()
    return create_race(all_valid(Validator(), specs, project), budget, project)


def run(
    folders: Sequence[RunFolder],
    *,
    on_event: Callable[[Event], None] = lambda event: None,
    stop: Callable[[], bool] = lambda: False,
) -> ErrorInfo | None:
    """Run a race to its end, or until ``stop()``, which saves all runs as "paused"; return the
    error of a race that failed as a whole. The status of each run tells how it ended.

    Args:
        folders: new runs, or those of a race to resume.
        on_event: called with all events, in this thread; a participant's job has the name of its
            folder.
        stop: called between steps.

    Raises:
        Refused: the folders are not of one race, or it is over.
        StoreError: a run folder cannot be read, or another process has the run.
    """
    discover()
    with lock_all(folders):
        left = going_on(folders)
        job = line_up(left, CallbackSink(on_event), lambda info, place: None, lambda run: run.name)
        drive(job, stop)
    return job.error
