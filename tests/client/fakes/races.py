"""Trainings in name only that are stepped in turn, for the engine in memory."""

from dataclasses import dataclass, field

from pushforward.studio.protocol.messages import JobInfo
from tests.client.fakes.training import FakeTraining

__all__ = ["FakeRace"]


@dataclass
class FakeRace:
    """A race: its state is that of all who take part and have not ended."""

    job: str
    title: str
    members: list[FakeTraining] = field(default_factory=list)
    state: str = "queued"

    @property
    def info(self) -> JobInfo:
        """The job as everybody sees it: its steps are those of all together."""
        return JobInfo(
            job=self.job,
            kind="race",
            state=self.state,
            title=self.title,
            step=sum(member.step for member in self.members),
            total=sum(member.total for member in self.members),
        )
