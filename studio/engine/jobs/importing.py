"""Bringing points from a file into a project."""

from collections.abc import Generator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.engine.data.reading import reading
from studio.engine.jobs.job import Job, Work
from studio.engine.process.background import Background
from studio.engine.process.sink import Sink
from studio.protocol.messages import ImportData, Log
from studio.store.errors import StoreError, human_bytes
from studio.store.project import Project

__all__ = ["ImportJob"]

POLL = 0.002  # seconds that a training step waits for the reading process


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
        x = yield from self._read()
        yield False
        project = Project.open_or_create(Path(command.project))
        # Hundreds of megabytes take seconds to check and write. There is no half of it: one that
        # is cancelled here is complete all the same.
        adding = Background(
            lambda: project.add_dataset(command.name, x, command.columns, source=str(path))
        )
        while not adding.done(POLL):
            yield False
        try:
            folder = adding.result()
        except MemoryError as error:
            # The advice for a training would be to make it smaller.
            raise _no_room(path, x) from error
        self.total = self.step = len(x)
        text = f"{len(x):,} points of {path.name} are in the project as {folder.name!r}."
        self._sink.send(Log(level="info", text=text, job=self.job))

    def _read(self) -> Generator[bool, None, NDArray[np.float32]]:
        """Read the file in another process: it takes a while, and a training may be going on."""
        command = self._command
        at_work = reading(Path(command.file), command.item, command.columns)
        try:
            while not at_work.poll(POLL):
                yield False
            return at_work.result()
        finally:
            at_work.stop()  # also when the import is cancelled


def _no_room(path: Path, x: NDArray[np.float32]) -> StoreError:
    return StoreError(
        f"The memory of the machine is exhausted: the {len(x):,} points of {path.name} need "
        f"{human_bytes(3 * x.nbytes)} while they are added to the project.",
        "Close other programs, or import fewer columns or a random subset of the rows.",
        kind="memory",
    )
