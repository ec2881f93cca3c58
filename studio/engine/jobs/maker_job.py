"""Job that generates data with an external program and imports them."""

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pushforward.models.config import Config
from pushforward.models.registry import registry
from pushforward.studio.engine.jobs.import_job import POLL, TELL, ImportJob
from pushforward.studio.engine.jobs.job import Job, Work
from pushforward.studio.engine.makers.base import Maker, Program
from pushforward.studio.engine.process.background import Background
from pushforward.studio.engine.process.memory import process_memory
from pushforward.studio.engine.process.sink import Sink
from pushforward.studio.launch import popen_options, script_env
from pushforward.studio.protocol.messages import ImportData, MakeData, Progress
from pushforward.studio.store.atomic import make_folder, partial_path, sweep
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.project import Project

__all__ = ["MakingJob"]

LONGEST = 2**16  # letters of a line of a program


class MakingJob(Job):
    """Runs the programs of a maker one after the other, and imports their files. One that is
    cancelled ends the program and leaves nothing.
    """

    kind = "import"
    lane = "files"
    name = ""
    """Of the data set, once it is there."""

    def __init__(
        self, job: str, command: MakeData, maker: Maker[Any], config: Config, sink: Sink
    ) -> None:
        """``config`` are the settings of the command, checked."""
        super().__init__(job, maker.title)
        self._command = command
        self._maker = maker
        self._config = config
        self._sink = sink
        self._before = 0  # rows of the programs that are done
        self._about: dict[str, Any] = {}
        self._began = self._told = time.monotonic()

    def settle(self) -> None:
        """Nothing is on disk but the result."""

    def work(self) -> Work:
        """Make, then import as any files."""
        self._began = time.monotonic()
        with self._folder() as folder:
            programs = self._maker.programs(self._config, folder)
            self.total = sum(program.count for program in programs)
            notes = []
            for program in programs:
                yield from self._run(program)
                notes.append(self._maker.note(program, self._about))
                self._before += program.count
                self.step = self._before
            importing = ImportJob(
                self.job, self._wanted(programs, notes), self._sink, self._maker.called
            )
            yield from importing.work()
            self.name = importing.name

    @contextmanager
    def _folder(self) -> Iterator[Path]:
        """Yield a hidden folder of the project; it is removed later if this process dies."""
        data = Project.open_or_create(Path(self._command.project)).path / "data"
        make_folder(data)
        sweep(data)
        hidden = partial_path(data / self._maker.slug)
        hidden.mkdir()
        try:
            yield hidden
        finally:
            shutil.rmtree(hidden, ignore_errors=True)

    @property
    def _many(self) -> str:
        """What the data are called."""
        return registry.get("kind", self._maker.kind).many

    def _wanted(self, programs: list[Program], notes: list[str]) -> ImportData:
        return ImportData(
            files=[str(program.file) for program in programs],
            project=self._command.project,
            name=self._command.name,
            importer=self._maker.importer,
            expected=self.total,
            notes=notes,
        )

    def _run(self, program: Program) -> Generator[bool, None, None]:
        with tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(
                program.command,
                # It ends with its input: with this process, however that ends.
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                **popen_options(script_env()),
            )
            listening = Background(lambda: self._listen(process))
            try:
                while not listening.done(POLL):
                    self._tell()
                    yield False
                listening.result()
                status = process.wait()
            finally:
                process.kill()
                process.wait()
                while not listening.done(1.0):
                    pass
                for stream in (process.stdin, process.stdout):
                    if stream is not None:
                        stream.close()
            if status or not program.file.is_file() or not self._about:
                errors.seek(0)
                raise self._failed(errors.read().decode("utf-8", "replace"), status)

    def _listen(self, process: "subprocess.Popen[bytes]") -> None:
        """Take what a program says, until it says no more."""
        self._about = {}
        assert process.stdout is not None
        while line := process.stdout.readline(LONGEST):
            try:
                said = json.loads(line)
            except ValueError:
                continue  # a library has something to say
            if isinstance(said, dict):
                self.step = self._before + int(said.get(self._maker.rows, 0))
                self._about = said.get("about", self._about)

    def _failed(self, words: str, status: int) -> StoreError:
        last = words.strip().rpartition("\n")[2] or f"the program ended with {status}"
        return StoreError(
            f"No {self._many} were made: {last.rstrip('.')}.",
            "Change the settings, or look whether the program is installed calibrated.",
            kind="data",
        )

    def _tell(self) -> None:
        now = time.monotonic()
        if now - self._told < TELL:
            return
        self._told = now
        seconds = now - self._began
        speed = self.step / max(seconds, 1e-9)
        self._sink.send(
            Progress(
                job=self.job,
                step=self.step,
                total=self.total,
                steps_per_second=speed,
                seconds_left=(self.total - self.step) / speed if speed else None,
                memory=process_memory(),
                seconds=seconds,
                doing=f"Making {self._many}",
            )
        )
