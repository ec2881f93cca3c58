"""What each command does: one handler per command, between two training steps.

Exactly one `Reply` or `Failed` answers a command. A refused command changes nothing.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from pushforward.studio.engine.data import file_reader
from pushforward.studio.engine.data.preview import first_rows, preview
from pushforward.studio.engine.jobs.evaluation_job import EvaluationJob
from pushforward.studio.engine.jobs.headless import planned_total
from pushforward.studio.engine.jobs.import_job import ImportJob
from pushforward.studio.engine.jobs.job import Job, Work
from pushforward.studio.engine.jobs.live_model import find_live_model
from pushforward.studio.engine.jobs.maker_job import MakingJob
from pushforward.studio.engine.jobs.operator_job import OperatorJob, estimated, inline
from pushforward.studio.engine.jobs.row_export import RowsJob
from pushforward.studio.engine.jobs.share_job import ShareJob
from pushforward.studio.engine.jobs.step_breakdown import walk
from pushforward.studio.engine.jobs.training import TrainingJob, refuse_twice
from pushforward.studio.engine.jobs.weight_export import export_weights
from pushforward.studio.engine.makers.picking import pick_maker
from pushforward.studio.engine.process.background import Background
from pushforward.studio.engine.process.failures import Refused, describe
from pushforward.studio.engine.process.path_checks import check_places
from pushforward.studio.engine.run.capabilities import able
from pushforward.studio.engine.run.data_ahead import DataAhead
from pushforward.studio.engine.run.resolve import Resolved, check
from pushforward.studio.engine.run.run_creation import new_run
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import RunSpec
from pushforward.studio.protocol.wire import pack_arrays
from pushforward.studio.store.run import RunFolder
from pushforward.studio.store.splits import Split, check_split

if TYPE_CHECKING:
    from pushforward.studio.engine.process.engine import Engine

__all__ = [
    "Answer",
    "dispatch",
    "enqueue",
    "handled",
    "handles",
    "respond",
    "train",
    "valid",
    "within",
]

MAX_PREVIEW = 200_000
MAX_SAMPLES = 10_000_000
AT_ONCE, PAUSE = 0.2, 0.02  # seconds: waited for data before other commands, and at a time after
LEAST_SHARE, MOST_SHARE = 0.005, 0.5  # of the time of a training, for who looks at it
C = TypeVar("C", bound=m.Command)


@dataclass(frozen=True)
class Answer:
    """The content of a `Reply`."""

    result: Any = None
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)


Handler = Callable[["Engine", Any], "Answer | None"]
_handlers: dict[type, Handler] = {}


def handles(kind: type[C]) -> Callable[[Callable[["Engine", C], Answer | None]], Handler]:
    """Register the handler of a command; one that returns None answers by itself later."""

    def add(handler: Callable[["Engine", C], Answer | None]) -> Handler:
        _handlers[kind] = handler
        return handler

    return add


def handled() -> set[type]:
    """Return the commands that have a handler."""
    return set(_handlers)


def dispatch(engine: "Engine", command: m.Command) -> None:
    """Handle a command and answer it."""

    def handle() -> Answer | None:
        check_places(command)
        return _handlers[type(command)](engine, command)

    respond(engine, command.id, handle)


def respond(engine: "Engine", to: int, call: Callable[[], Answer | None]) -> None:
    """Answer the command of a number with what a call returns (None: later) or raises."""
    try:
        answer = call()
        if answer is not None:
            arrays, payload = pack_arrays(answer.arrays)
            engine.outbox.send(m.Reply(re=to, result=answer.result, arrays=arrays), payload)
    except Exception as error:
        # The boundary of a command: whatever goes wrong is its answer, and the engine goes on.
        engine.outbox.send(m.Failed(re=to, error=describe(error)))


def answer_after(
    engine: "Engine", to: int, done: Callable[[float], bool], call: Callable[[], Answer]
) -> Answer | None:
    """Return an answer that something must be done before; later (None), if that takes long.
    ``done`` waits for some seconds and says whether it is.
    """
    if done(AT_ONCE):
        return call()

    def chore() -> Work:
        while not done(0.0 if engine.queue.busy else PAUSE):
            yield False
        respond(engine, to, call)

    engine.chores.append(chore())
    return None


def answer_aside(engine: "Engine", to: int, call: Callable[[], Answer]) -> Answer | None:
    """Return an answer that is computed on a thread, as it may read or draw a whole data set; later
    (None), if that takes long.
    """
    computing = Background(call)
    return answer_after(engine, to, computing.done, computing.result)


@handles(m.GetCatalog)
def _catalog(engine: "Engine", command: m.GetCatalog) -> Answer:
    return Answer(engine.catalog)


@handles(m.Validate)
def _validate(engine: "Engine", command: m.Validate) -> Answer:
    project = Path(command.project) if command.project else None
    found = engine.validator.validate(command.spec, project, first=command.first)
    return Answer(
        {
            "problems": found.problems,
            "parameters": found.parameters,
            "bytes": found.bytes,
            "evaluations": found.evaluations,
            "schedule": vars(found.schedule) if found.schedule else None,
            "resolved": found.resolved.spec if found.resolved else None,
        }
    )


@handles(m.PreviewData)
def _preview(engine: "Engine", command: m.PreviewData) -> Answer | None:
    n = within("n", command.n, MAX_PREVIEW)
    project = Path(command.project) if command.project else None
    return answer_aside(engine, command.id, lambda: Answer(*preview(command.dataset, project, n)))


@handles(m.GetRows)
def _rows(engine: "Engine", command: m.GetRows) -> Answer | None:
    n = within("n", command.n, MAX_PREVIEW)
    run = RunFolder(Path(command.run))
    resolved = check(run.record.spec, any_device=True)
    return answer_aside(
        engine, command.id, lambda: Answer(*first_rows(resolved.load_data(run.project), n))
    )


@handles(m.InspectData)
def _inspect(engine: "Engine", command: m.InspectData) -> None:
    def begun(looking: file_reader.Reading) -> None:
        engine.looks[command.id] = looking

    def look() -> None:
        paths = [Path(file) for file in command.files]
        found = functools.partial(
            file_reader.inspect, paths, command.importer, command.options, begun
        )
        respond(engine, command.id, lambda: Answer(found()))
        engine.looks.pop(command.id, None)

    # Looking through a large file takes seconds, and a training may be going on.
    Background(look)


@handles(m.GiveUp)
def _give_up(engine: "Engine", command: m.GiveUp) -> Answer:
    looking = engine.looks.get(command.re)
    if looking is not None:
        looking.give_up()
    return Answer()


@handles(m.ImportData)
def _import(engine: "Engine", command: m.ImportData) -> Answer:
    if not command.files:
        raise Refused("No files are chosen.", "Choose at least one.")
    if command.options.get("columns") == []:
        raise Refused("No columns are chosen.", "Choose at least one column of numbers.")
    if command.seed < 0:
        raise Refused(f"The seed of a split must be a whole number ≥ 0, not {command.seed}.")
    try:
        check_split(Split(validation=command.validation, test=command.test))
    except ValueError as error:
        raise Refused(f"Invalid split: {error}.") from error
    return enqueue(engine, ImportJob(engine.new_name(), command, engine.outbox))


@handles(m.MakeData)
def _make(engine: "Engine", command: m.MakeData) -> Answer:
    maker, config = pick_maker(command.maker)
    return enqueue(engine, MakingJob(engine.new_name(), command, maker, config, engine.outbox))


@handles(m.StartTraining)
def _start(engine: "Engine", command: m.StartTraining) -> Answer | None:
    project = Path(command.project)
    resolved = valid(engine, command.spec, project)

    def start() -> Answer:
        folder = new_run(resolved, project, trial=command.trial)
        return train(engine, folder, resolved.training.steps)

    return answer_after(engine, command.id, DataAhead(resolved, project).done, start)


@handles(m.ResumeTraining)
def _resume(engine: "Engine", command: m.ResumeTraining) -> Answer:
    folder = RunFolder(Path(command.run))
    total = planned_total(folder, command.steps)
    refuse_twice(folder, engine.queue.jobs())
    with folder.owned():
        return _go_on(engine, folder, total)


def _go_on(engine: "Engine", folder: RunFolder, total: int) -> Answer:
    """Queue a run for resuming from its newest intact checkpoint."""
    checkpoint, skipped = folder.checkpoints.newest()
    if checkpoint is None and skipped:
        raise Refused(
            f"All checkpoints of {folder.name} are damaged.", "Start it anew.", kind="data"
        )
    step = checkpoint.step if checkpoint else 0
    if step >= total:
        raise Refused(
            f"{folder.name} has completed its {total:,} steps.", "Request more steps to continue."
        )
    valid(engine, folder.record.spec, folder.project, folder)
    answer = train(engine, folder, total, step)
    return Answer({**answer.result, "step": step, "skipped": skipped})


def train(engine: "Engine", folder: RunFolder, total: int, step: int = 0) -> Answer:
    """Queue the training of a run folder at ``step``; it is locked until the job ends.

    Raises:
        StoreError: another process has the run, or the disk refused.
    """
    with folder.lock.hold():
        folder.update_status(state="queued", step=step, total=total, error=None, background=False)
        job = TrainingJob(engine.new_name(), folder, engine.outbox, total=total)
        job.claim()
    return enqueue(engine, job)


def valid(engine: "Engine", spec: RunSpec, project: Path, own: RunFolder | None = None) -> Resolved:
    """Check a spec; ``own`` is the run that it resumes or branches from, if any. See
    `Validator.validate`.

    Raises:
        Refused: the first problem.
    """
    found = engine.validator.validate(spec, project, own)
    if found.resolved is None:
        raise Refused.from_problem(found.problems[0])
    return found.resolved


def enqueue(engine: "Engine", job: Job) -> Answer:
    """Put a job at the end of the queue."""
    engine.queue.add(job)
    return Answer({"job": job.job, "run": job.run})


@handles(m.Control)
def _control(engine: "Engine", command: m.Control) -> Answer:
    within("n", command.n, MAX_SAMPLES)
    engine.queue.control(command.job, command.action, command.n)
    return Answer()


@handles(m.SetSpeed)
def _speed(engine: "Engine", command: m.SetSpeed) -> Answer:
    engine.queue.set_speed(command.job, command.delay)
    return Answer()


@handles(m.MoveJob)
def _move(engine: "Engine", command: m.MoveJob) -> Answer:
    engine.queue.move(command.job, command.place)
    return Answer()


@handles(m.Watch)
def _watch(engine: "Engine", command: m.Watch) -> Answer:
    job = engine.queue.get(command.job)
    if not isinstance(job, TrainingJob):
        raise Refused(f"{job.title} cannot be watched: it is not a training.")
    if command.bounds and len(command.bounds) != 4:
        raise Refused(f"The bounds must be four numbers or none, got {command.bounds}.")
    within("resolution", command.resolution, 512)
    within("particles", command.particles, MAX_SAMPLES)
    if not LEAST_SHARE <= command.share <= MOST_SHARE:
        raise Refused(f"The share must be from 0.005 to 0.5 of the time, got {command.share}.")
    if command.credits < 0:
        raise Refused(f"The credits must not be negative, got {command.credits}.")
    if not command.on:
        engine.outbox.forget(command.job)
    elif command.credits:
        engine.outbox.credit(command.job, command.credits)
    job.watch(msgspec.structs.replace(command, id=0, credits=0))
    return Answer()


@handles(m.Credit)
def _credit(engine: "Engine", command: m.Credit) -> None:
    # The reader thread does this without waiting; here only for callers without one (tests).
    engine.outbox.credit(command.job, command.n)


@handles(m.QueryLayer)
def _layer(engine: "Engine", command: m.QueryLayer) -> None:
    look = engine.layers.layer(command, engine.queue.jobs())

    def chore() -> Work:
        try:
            values = yield from look.work()
        except Exception as error:
            # Still the boundary of the command: it is only answered later.
            engine.outbox.send(m.Failed(re=command.id, error=describe(error)))
            return
        arrays = {"layer": np.ascontiguousarray(values)}
        respond(engine, command.id, lambda: Answer({"step": look.step}, arrays))

    engine.chores.append(chore())


@handles(m.WalkStep)
def _walk(engine: "Engine", command: m.WalkStep) -> None:
    def chore() -> Work:
        try:
            walked = yield from walk(command)
        except Exception as error:
            # Still the boundary of the command: it is only answered later.
            engine.outbox.send(m.Failed(re=command.id, error=describe(error)))
            return
        said = {"step": walked.step, "bounds": walked.bounds, "stages": list(walked.stages)}
        arrays = {
            f"{stage}/{name}": values
            for stage, each in walked.stages.items()
            for name, values in each.items()
        }
        respond(engine, command.id, lambda: Answer(said, arrays))

    engine.chores.append(chore())


@handles(m.Operate)
def _operate(engine: "Engine", command: m.Operate) -> Answer | None:
    if not command.inline and not command.estimate:
        name = engine.new_name()
        job = OperatorJob(name, command, engine.outbox, engine.warm, lambda: engine.queue.trains)
        return enqueue(engine, job)

    def chore() -> Work:
        try:
            if command.estimate:
                seconds = yield from estimated(command, engine.warm)
                respond(engine, command.id, lambda: Answer({"seconds": seconds}))
                return
            answer = yield from inline(
                command, engine.warm, lambda run: find_live_model(run, engine.queue.jobs())
            )
        except Exception as error:
            # Still the boundary of the command: it is only answered later.
            engine.outbox.send(m.Failed(re=command.id, error=describe(error)))
            return
        record = answer.record
        said = {"step": record.step, "note": record.note, "config": record.config}
        respond(engine, command.id, lambda: Answer(said, answer.arrays))

    engine.chores.append(chore())
    return None


@handles(m.GetAble)
def _able(engine: "Engine", command: m.GetAble) -> Answer:
    return Answer(able(Path(command.run)))


@handles(m.Evaluate)
def _evaluate(engine: "Engine", command: m.Evaluate) -> Answer:
    within("n", command.n, MAX_SAMPLES)
    return enqueue(engine, EvaluationJob(engine.new_name(), command, engine.outbox))


@handles(m.ExportRows)
def _export_rows(engine: "Engine", command: m.ExportRows) -> Answer:
    return enqueue(engine, RowsJob(engine.new_name(), command, engine.outbox))


@handles(m.ShareFlow)
@handles(m.WriteReport)
def _share(engine: "Engine", command: m.ShareFlow | m.WriteReport) -> Answer:
    return enqueue(engine, ShareJob(engine.new_name(), command, engine.outbox))


@handles(m.ExportWeights)
def _weights(engine: "Engine", command: m.ExportWeights) -> Answer:
    run, file = RunFolder(Path(command.run)), Path(command.file)
    step = export_weights(run, file, overwrite=command.overwrite)
    return Answer({"file": command.file, "step": step})


@handles(m.Ping)
def _ping(engine: "Engine", command: m.Ping) -> None:
    # As for credits: the reader thread answers, also while torch computes.
    engine.outbox.send(m.Pong(re=command.id, busy=engine.queue.busy))


@handles(m.Shutdown)
def _shutdown(engine: "Engine", command: m.Shutdown) -> Answer:
    engine.leave(command.checkpoint)
    return Answer()


def within(name: str, value: int, most: int) -> int:
    """Return a number of a command.

    Raises:
        Refused: it is less than 1, or too large.
    """
    if not 1 <= value <= most:
        raise Refused(f"{name} must be between 1 and {most:,}, got {value:,}.", path=name)
    return value
