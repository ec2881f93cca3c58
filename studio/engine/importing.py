"""Bringing points from a file into a project."""

from pathlib import Path

from studio.engine.background import Background
from studio.engine.jobs import Job, Work
from studio.engine.places import place
from studio.engine.sink import Sink
from studio.formats import read
from studio.protocol.messages import ImportData, Log
from studio.store.project import Project

__all__ = ["ImportJob"]

POLL = 0.002  # seconds that a training step waits for the reading thread


class ImportJob(Job):
    """Reads columns of a file and adds them to the project as a data set."""

    kind = "import"

    def __init__(self, job: str, command: ImportData, sink: Sink) -> None:
        super().__init__(job, f"Import of {Path(command.file).name}")
        self._command = command
        self._sink = sink

    def settle(self) -> None:
        """Nothing is on disk but the result."""

    def work(self) -> Work:
        """Read, check, add."""
        command = self._command
        path = Path(command.file)
        # A file of some gigabytes takes seconds to read, and a training may be going on.
        reading = Background(lambda: read(path, command.item, command.columns))
        while not reading.done(POLL):
            yield False
        x = reading.result()
        yield False
        project = Project.open_or_create(place("project", command.project))
        folder = project.add_dataset(command.name, x, command.columns, source=str(path))
        self.total = self.step = len(x)
        text = f"{len(x):,} points of {path.name} are in the project as {folder.name!r}."
        self._sink.send(Log(level="info", text=text, job=self.job))
