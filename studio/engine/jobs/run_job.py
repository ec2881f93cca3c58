"""Short jobs on a run that has been trained."""

from pushforward.studio.engine.jobs.job import Job
from pushforward.studio.engine.process.sink import Sink
from pushforward.studio.engine.run.runlog import RunLog
from pushforward.studio.protocol.spec import RunSpec
from pushforward.studio.store.run import RunFolder

__all__ = ["RunJob"]


class RunJob(Job):
    """A short job on a run that has been trained; it owns none of the run's status."""

    def __init__(self, job: str, title: str, run: RunFolder, sink: Sink) -> None:
        super().__init__(job, title, str(run.path))
        self.folder = run
        self.sink = sink
        self._log = RunLog(run.log_path, sink, job)

    @property
    def spec(self) -> RunSpec:
        """The run's spec."""
        return self.folder.record.spec

    def settle(self) -> None:
        """Nothing is on disk but the result."""

    def say(self, text: str, *, level: str = "info") -> None:
        """Write a line to the run's log."""
        self._log.write(level, text)
