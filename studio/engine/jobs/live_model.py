"""The model of a training that runs in this engine, as it is now."""

from collections.abc import Iterable
from typing import Any

from pushforward.models.contracts.learner import Learner
from pushforward.studio.engine.jobs.job import Job
from pushforward.studio.engine.jobs.training import training_of
from pushforward.studio.engine.run.model_loading import Loaded
from pushforward.studio.engine.run.session import Session
from pushforward.studio.store.run import RunFolder

__all__ = ["copy_model", "find_live_model"]


def copy_model(session: Session) -> Learner[Any]:
    """Return a copy of the model of a training, which may go on while the copy is used."""
    live = session.family
    copy = session.resolved.build(live.spec, live.device)
    if session.in_force.config != session.resolved.family.config:
        copy.reconfigure(session.in_force.config)
    copy.load_state(live.state())
    return copy


def find_live_model(run: RunFolder, jobs: Iterable[Job]) -> Loaded | None:
    """Return a copy of the model of a run that one of the jobs trains, None if none does."""
    job = training_of(run, jobs)
    if job is None or job.session is None:
        return None
    session = job.session
    columns = session.source.rows.columns
    return Loaded(
        run,
        session.resolved,
        copy_model(session),
        job.step,
        columns,
        session.sampler,
        list(session.done),
    )
