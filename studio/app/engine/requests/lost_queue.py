"""What waited in the queue of an engine that ended, now or with its window: it is named, and queued
again if so wished.

Nothing starts by itself: what ended the engine may be the very run that would begin next.
"""

from pushforward.studio.app.core.app_state import LONG, AppState
from pushforward.studio.app.core.display_names import numbered
from pushforward.studio.app.core.notices import NoticeAction
from pushforward.studio.app.core.queue_status import queue_title
from pushforward.studio.app.engine.requests.request_base import Intents, Link
from pushforward.studio.protocol.messages import ErrorInfo, JobInfo, ResumeRace, ResumeTraining

__all__ = ["DroppedIntents"]

TOPIC = "queue-dropped"
NAMED = 5  # so many are named; the others are counted


class DroppedIntents(Intents):
    """Intents about trainings and races that an engine has not come to."""

    def __init__(self, state: AppState, link: Link) -> None:
        super().__init__(state, link)
        self._dropped: list[ResumeTraining | ResumeRace] = []
        state.jobs_lost.connect(self._lost)
        state.dropped.connect(self._found)
        state.queue_changed.connect(self._follow)

    def queue_again(self) -> None:
        """Queue them in their order, without those that somebody has started since."""
        work = self._queue_again(list(self._dropped))
        self._do(work, "Not all were queued again", topic=TOPIC, here=False)

    async def _queue_again(self, commands: list[ResumeTraining | ResumeRace]) -> None:
        if not self.link.alive:
            await self.link.restart()
        for command in commands:
            await self.link.ask(command)

    def _lost(self, _jobs: list[JobInfo]) -> None:
        """Name what waited."""
        jobs = self.state.jobs
        waited = [jobs[job] for job in self.state.queue if job in jobs and jobs[job].kind in LONG]
        if waited:
            names = [queue_title(info) for info in waited]
            self._say([self._again(info) for info in waited], names, "The engine ended")

    def _found(self, keys: list[str]) -> None:
        """Name what was read from the disk, and had waited in a window that is gone."""
        runs = [self.state.runs.by_key[key] for key in keys]
        alone = [run for run in runs if not run.race]
        races = {run.race: [each.key for each in runs if each.race == run.race] for run in runs}
        commands: list[ResumeTraining | ResumeRace] = [ResumeTraining(run=run.key) for run in alone]
        commands += [ResumeRace(runs=members) for race, members in races.items() if race]
        names = [numbered(run) for run in alone]
        names += ["a race" for race in races if race]
        self._say(commands, names, "The studio ended")

    def _say(
        self, commands: list[ResumeTraining | ResumeRace], names: list[str], ended: str
    ) -> None:
        self._dropped = commands
        rest = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
        title = f"{len(names):,} that waited left the queue" if names[1:] else ""
        self.state.notices.error(
            ErrorInfo(
                kind="engine",
                message=f"{ended} before it came to: {', '.join(names[:NAMED])}{rest}.",
                hint="Nothing of this is lost: it can be queued again.",
            ),
            title=title or f"{names[0]} left the queue",
            topic=TOPIC,
            actions=(NoticeAction("Queue again", self.queue_again),),
        )

    def _again(self, info: JobInfo) -> ResumeTraining | ResumeRace:
        if info.kind == "race":
            members = (job for job in self.state.jobs.values() if job.race == info.job)
            return ResumeRace(runs=[job.run for job in members])
        return ResumeTraining(run=info.run)

    def _follow(self) -> None:
        """Leave out what is in the hands of the engine again."""
        if not self._dropped:
            return
        back = {job.run for job in self.state.jobs.values() if job.kind == "training"}
        self._dropped = [each for each in self._dropped if not back & _runs(each)]
        if not self._dropped:
            self.state.notices.settle(TOPIC)


def _runs(command: ResumeTraining | ResumeRace) -> set[str]:
    return set(command.runs) if isinstance(command, ResumeRace) else {command.run}
