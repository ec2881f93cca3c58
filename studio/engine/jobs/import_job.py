"""Bringing rows from files into a project."""

import time
from pathlib import Path

from pushforward.studio.engine.data.file_reader import Reading, reading
from pushforward.studio.engine.jobs.job import Job, Work
from pushforward.studio.engine.kinds.base import kind_of
from pushforward.studio.engine.process.background import Background
from pushforward.studio.engine.process.memory import process_memory
from pushforward.studio.engine.process.sink import Sink
from pushforward.studio.formats.worker import named
from pushforward.studio.protocol.messages import ImportData, Log, Progress
from pushforward.studio.store.dataset import DatasetFolder
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.project import Project
from pushforward.studio.store.splits import FEWEST, Split
from pushforward.studio.store.writing import DatasetWriter

__all__ = ["ImportJob"]

POLL = 0.002  # seconds that a training step waits for the import
TELL = 0.2


class ImportJob(Job):
    """Streams the rows of files into the project as a data set. A few blocks of them are in memory
    at a time; one that is cancelled leaves nothing.
    """

    kind = "import"
    lane = "files"
    name = ""
    """Of the data set, once it is there."""

    def __init__(self, job: str, command: ImportData, sink: Sink, called: str = "") -> None:
        """``called`` is what the data are from, where they are not from files of the person."""
        self._paths = [Path(file) for file in command.files]
        self._called = called or named(self._paths)
        self._source = called or ", ".join(command.files)
        super().__init__(job, f"Import of {self._called}")
        self._command = command
        self._sink = sink
        self._writer: DatasetWriter | None = None
        self._stopped = False
        self._began = self._rows_began = self._told = time.monotonic()

    def settle(self) -> None:
        """Nothing is on disk but the result."""

    def work(self) -> Work:
        """Read, check and add, in a thread: reading is another process, and a training may be
        going on.
        """
        command = self._command
        self._began = time.monotonic()
        at_work = reading(self._paths, command.importer, command.options)
        adding = Background(lambda: self._add(at_work))
        try:
            while not adding.done(POLL):
                self._tell()
                yield False
            folder = adding.result()
        except MemoryError as error:
            raise _no_room(self._paths) from error
        finally:
            self._stop()  # also when the import is cancelled
            at_work.stop()
            while not adding.done(1.0):
                pass
        self.total = self.step = folder.record.rows
        self.name = folder.name
        rows, be = kind_of(folder.record.kind).counted(self.step), "is" if self.step == 1 else "are"
        text = f"{rows} of {self._called} {be} in the project as {self.name!r}."
        self._sink.send(Log(level="info", text=text, job=self.job))

    def _add(self, at_work: Reading) -> DatasetFolder:
        command = self._command
        opened = at_work.opened()
        self._rows_began = time.monotonic()
        self.total = opened.total or command.expected
        project = Project.open_or_create(Path(command.project))
        with project.new_dataset(
            command.name,
            opened.schema,
            self._source,
            Split(
                seed=command.seed,
                validation=command.validation,
                test=command.test,
                within=opened.schema.within,
                last=opened.schema.last,
            ),
            expected=opened.total or 0,
            notes=command.notes,
        ) as writer:
            self._writer = writer
            if self._stopped:
                writer.abandon()
            for block in at_work.blocks():
                writer.add(block)
                self.step = writer.rows
            if writer.rows < FEWEST:
                few, advice = kind_of(opened.schema.kind).too_few(writer.rows)
                raise StoreError(f"{named(self._paths)} was not imported. {few}", advice, "data")
        return writer.becomes

    def _stop(self) -> None:
        self._stopped = True
        if self._writer is not None:
            self._writer.abandon()

    def _tell(self) -> None:
        now = time.monotonic()
        if now - self._told < TELL:
            return
        self._told = now
        seconds = now - self._began
        step = self.step  # once: the thread that adds rows goes on meanwhile
        # It was looked into before the first row, for a time that says nothing of the others.
        speed = step / max(now - self._rows_began, 1e-9)
        self._sink.send(
            Progress(
                job=self.job,
                step=step,
                total=self.total,
                steps_per_second=speed,
                seconds_left=max(0, self.total - step) / speed if self.total and speed else None,
                memory=process_memory(),
                seconds=seconds,
                doing="" if step else "Reading the file",
            )
        )


def _no_room(paths: list[Path]) -> StoreError:
    # The advice for a training would be to make it smaller.
    return StoreError(
        f"Out of memory while adding {named(paths)} to the project.",
        "Close other programs, then import again.",
        kind="memory",
    )
