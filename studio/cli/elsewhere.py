"""Train one run where ``--on`` says, with its progress here."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from pushforward.studio.cli.terminal import say
from pushforward.studio.workflows.executors.places import open_executor

if TYPE_CHECKING:
    from pushforward.studio.protocol.spec import RunSpec
    from pushforward.studio.store.run import RunFolder, RunStatus
    from pushforward.studio.workflows.stopping import Stop

__all__ = ["create_and_train", "train"]

POLL = 0.2  # seconds between two looks at the run
Trained = tuple["RunFolder", "RunStatus", "Stop"]


def create_and_train(spec: "RunSpec", project: Path, on: str) -> Trained:
    """Make the run of a spec and train it at a place; return it, its status and whether it was
    stopped.

    Raises:
        UsageError: there is no such place, or the spec is not valid.
        StoreError: the place cannot be reached, or refused the run.
    """
    from pushforward.studio.workflows.create import create

    return train(create(spec, project, elsewhere=True), on)


def train(run: "RunFolder", on: str) -> Trained:
    """Train a run at a place from its newest checkpoint; see `create_and_train`."""
    from pushforward.studio.cli.progress import ProgressBar
    from pushforward.studio.client.follow import RunFollower
    from pushforward.studio.workflows.background import withdraw_stop
    from pushforward.studio.workflows.stopping import Stop

    executor = open_executor(on, 1, say)
    withdraw_stop(run.path)
    stop, asked = Stop(run.path), False
    bar, follower = ProgressBar(), RunFollower(run.path)
    bar.line(f"{run.record.spec.name}  ->  {run.path}, trained on {on}")
    try:
        executor.start(run)
        while not executor.take_ended():
            if stop() and not asked:
                asked = True
                executor.ask_to_stop()
            for event in follower.poll():
                bar(event)
            time.sleep(POLL)
        for event in follower.poll():
            bar(event)
    finally:
        bar.close()
        stop.restore()
        executor.close()
    return run, run.status(), stop
