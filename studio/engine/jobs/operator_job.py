"""Doing with a trained run what an operator can: into its results, to a file, or as an answer."""

import time
from collections.abc import Callable, Generator
from pathlib import Path

from pushforward.studio.engine.jobs.job import Work
from pushforward.studio.engine.jobs.run_job import RunJob
from pushforward.studio.engine.kinds.base import kind_of
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.process.memory import process_memory
from pushforward.studio.engine.process.pieces import in_pieces
from pushforward.studio.engine.process.sink import Sink
from pushforward.studio.engine.run.destination import check_destination
from pushforward.studio.engine.run.model_cache import WarmModels
from pushforward.studio.engine.run.model_loading import Loaded
from pushforward.studio.engine.run.operator_requests import Answer, ask
from pushforward.studio.protocol.messages import Operate, Progress, ResultWritten
from pushforward.studio.store.run import RunFolder

__all__ = ["OperatorJob", "estimated", "inline"]

TICK = 0.1
TRIED = 1.5
"""Seconds of trial work for a time estimate, once progress is known."""
PATIENCE = 5.0
"""Maximum seconds of a time estimate."""
MOST_INLINE = 64 * 2**20
"""Bytes that an answer may have: it goes over the line at once."""


class OperatorJob(RunJob):
    """Job that runs an operator and writes its result; nothing is left if it is cancelled. ``warm``
    caches models, and ``shared`` tells whether a training runs at the same time.
    """

    kind = "operator"

    def __init__(
        self,
        job: str,
        command: Operate,
        sink: Sink,
        warm: WarmModels,
        shared: Callable[[], bool] = lambda: False,
    ) -> None:
        self._asked = ask(command)
        run, title = self._asked.run, self._asked.operator.entry.title
        super().__init__(job, f"{title}: {run.name}", run, sink)
        self._command = command
        self._warm, self._shared = warm, shared
        self._ticked = 0.0
        self._began: tuple[float, int] | None = None  # when, and with how much done
        self.total = self._asked.total
        if command.file:
            self.kind = "export"

    def work(self) -> Work:
        """Load, do, write; see `studio.engine.jobs.job.Job.work`."""
        command = self._command
        if not self._warm.has(self.folder, command.step, command.length):
            self._tell("Loading the model")
            yield False
        loaded = self._warm.get(self.folder, command.step, command.length)
        yield False
        doing = self._asked.work(loaded, self._warm.get, self._shared)
        while True:
            try:
                progress = next(doing)
            except StopIteration as end:
                answer: Answer = end.value
                break
            self.step, self.total = progress.done, progress.total
            self._began = self._began or (time.monotonic(), self.step)
            if time.monotonic() - self._ticked >= TICK:
                self._tell(self._asked.operator.entry.title)
            yield False
        self._write(answer)
        self.step = self.total

    def _tell(self, doing: str) -> None:
        self._ticked = time.monotonic()
        self.sink.send(
            Progress(
                job=self.job,
                step=self.step,
                total=self.total,
                steps_per_second=0.0,
                seconds_left=self._left(),
                memory=process_memory(),
                doing=doing,
            )
        )

    def _left(self) -> float | None:
        """Return how many seconds it takes yet, at the speed so far; None where nothing is done."""
        if self._began is None or self.step <= self._began[1]:
            return None
        since, done = self._began
        return (self.total - self.step) * (time.monotonic() - since) / (self.step - done)

    def _write(self, answer: Answer) -> None:
        record, file, result, left = answer.record, self._command.file, "", ""
        again = False
        if file:
            # Somebody may have written one since the work began.
            check_destination(Path(file), self._command.overwrite)
            left = answer.export(Path(file))
            where = file
        else:
            results = self.folder.results
            # What was found is found once; rows that are drawn anew are wanted anew.
            found = bool(answer.outcome.arrays)
            same = results.same(record, answer.arrays) if found else None
            made = same or results.write(record, answer.arrays, answer.columns, answer.typed)
            again = same is not None
            result, where = str(made.path), f"results/{made.name}"
        rows = answer.outcome.rows
        what = (
            record.title
            if rows is None
            else f"{record.title}: {kind_of(answer.kind).counted(len(rows))}"
        )
        be = "is" if rows is None else "are"
        note = " ".join(filter(None, (record.note, left)))
        said = f"{what} of step {record.step:,} {be} in {where}"
        self.say(f"{said}{', the same as before' if again else ''}. {note}".strip())
        self.sink.send(
            ResultWritten(
                job=self.job,
                run=str(self.folder.path),
                operator=record.operator,
                step=record.step,
                result=result,
                file=file,
                note=note,
                again=again,
            )
        )


def estimated(
    command: Operate, warm: WarmModels, clock: Callable[[], float] = time.monotonic
) -> Generator[bool, None, float | None]:
    """Begin it, and return about how many seconds it takes, by how far it comes in `TRIED`; None
    where it does not say. What trains meanwhile counts, as it will then.

    Raises:
        Refused: it cannot be done.
    """
    asked = ask(command)
    loaded = warm.get(asked.run, command.step, command.length)
    yield False
    doing = asked.work(loaded, warm.get)
    start = clock()
    first: tuple[float, int] | None = None  # when something was done for the first time, and what
    while True:
        try:
            progress = next(doing)
        except StopIteration:
            return clock() - start
        now = clock()
        first = first or (now, progress.done)
        since, done = now - first[0], progress.done - first[1]
        if (since >= TRIED and done > 0) or now - start >= PATIENCE:
            doing.close()
            left = (progress.total - progress.done) * since / done if done > 0 else None
            return None if left is None else now - start + left
        yield False


def inline(
    command: Operate,
    warm: WarmModels,
    live: Callable[[RunFolder], Loaded | None] = lambda run: None,
) -> Generator[bool, None, Answer]:
    """Do it and return what came of it; yields False between two network passes. ``live`` returns
    the model of a run that is training.

    Raises:
        Refused: it cannot be done, or is too much for an answer.
    """
    asked = ask(command)
    loaded = live(asked.run) if command.live and command.step is None else None
    if loaded is None:
        loaded = warm.get(asked.run, command.step, command.length)
    answer = yield from in_pieces(asked.work(loaded, warm.get))
    size = sum(values.nbytes for values in answer.arrays.values())
    if size > MOST_INLINE:
        raise Refused(
            f"The answer has {size / 2**20:,.0f} MB, which is too large for a reply.",
            "Write it to the run instead.",
        )
    return answer
