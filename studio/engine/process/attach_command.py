"""The handler of `Attach`: another client takes over, as if the engine had just started."""

from pushforward.studio.engine.jobs.training import TrainingJob
from pushforward.studio.engine.process.commands import Answer, handles
from pushforward.studio.engine.process.engine import Engine
from pushforward.studio.protocol.messages import Attach, Watch

__all__: list[str] = []


@handles(Attach)
def _attach(engine: Engine, command: Attach) -> Answer:
    engine.outbox.forget_all()
    for job in engine.queue.jobs():
        if isinstance(job, TrainingJob):
            job.watch(Watch(job=job.job, on=False))
    engine.announce()
    return Answer()
