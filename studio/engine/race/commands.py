"""The commands about races."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pushforward.studio.engine.jobs.training import refuse_twice
from pushforward.studio.engine.process.commands import Answer, answer_after, handles
from pushforward.studio.engine.race.setup import all_valid, create_race, going_on, line_up, lock_all
from pushforward.studio.engine.run.data_ahead import DataAhead
from pushforward.studio.protocol import messages as m
from pushforward.studio.store.run import RunFolder

if TYPE_CHECKING:
    from pushforward.studio.engine.process.engine import Engine

__all__: list[str] = []


@handles(m.StartRace)
def _start(engine: "Engine", command: m.StartRace) -> Answer | None:
    project = Path(command.project)
    runs = all_valid(engine.validator, command.specs, project)

    def start() -> Answer:
        return _queue(engine, create_race(runs, command.budget, project))

    if not runs:
        return start()
    # All participants learn from the same data, or it is refused.
    return answer_after(engine, command.id, DataAhead(runs[0], project).done, start)


@handles(m.ResumeRace)
def _resume(engine: "Engine", command: m.ResumeRace) -> Answer:
    folders = [RunFolder(Path(run)) for run in command.runs]
    for folder in folders:
        refuse_twice(folder, engine.queue.jobs())
    with lock_all(folders):
        return _queue(engine, going_on(folders))


def _queue(engine: "Engine", folders: Sequence[RunFolder]) -> Answer:
    queue = engine.queue
    with lock_all(folders):
        race = line_up(folders, engine.outbox, queue.changed, lambda folder: engine.new_name())
        race.claim()
    queue.forget(race.job)
    queue.add(race)
    return Answer(
        {
            "job": race.job,
            "jobs": [part.job for part in race.parts],
            "runs": [part.run for part in race.parts],
        }
    )
