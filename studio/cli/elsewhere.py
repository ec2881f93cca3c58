"""Train one run where ``--on`` says, with its progress here."""

import time
from typing import TYPE_CHECKING

from pushforward.studio.cli.progress import ProgressBar
from pushforward.studio.client.follow import RunFollower
from pushforward.studio.workflows.background import withdraw_stop
from pushforward.studio.workflows.stopping import Stop

if TYPE_CHECKING:
    from pushforward.studio.store.run import RunFolder, RunStatus
    from pushforward.studio.workflows.executors.executor import Executor

__all__ = ["train"]

POLL = 0.2  # seconds between two looks at the run


def train(run: "RunFolder", on: str, executor: "Executor") -> tuple["RunFolder", "RunStatus", Stop]:
    """Train a run at a place from its newest checkpoint; return it, its status, and whether it was
    stopped.

    Raises:
        StoreError: the place refused the run.
    """
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
