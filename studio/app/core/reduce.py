"""The only writer of state from events: one case per event of the protocol. It uses no engine, file
or widget, so it can be tested directly. Answers to commands (`Reply`, `Failed`) go to the caller
and change nothing here.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, assert_never

import msgspec
from numpy.typing import NDArray

from pushforward.studio.app.core.app_state import LONG, AppState, EngineStatus, is_background
from pushforward.studio.app.core.notices import Notice
from pushforward.studio.app.core.operator_results import view_of
from pushforward.studio.app.core.runs import FlowRecord, RunState, Series, newest_floors
from pushforward.studio.protocol import messages as m

__all__ = ["ENDED", "attach", "cause", "reduce"]

NOTHING: Mapping[str, NDArray[Any]] = {}
ENDED = ("finished", "cancelled", "failed")
ENDINGS = {  # what is said when a job is done; of a race once, for all who took part
    "training": "is trained",
    "race": "is over",
    "import": "is done",
}


def reduce(state: AppState, event: m.Event, arrays: Mapping[str, NDArray[Any]] = NOTHING) -> None:
    """Apply one event; ``arrays`` holds, by name, those that a `Record` describes."""
    match event:
        case m.Hello():
            state.engine_pid = event.pid
            _engine(state, EngineStatus(message="Loading the models"))
        case m.Ready():
            _ready(state, event)
        case m.CatalogEvent():
            _catalog(state, event)
        case m.Snapshot():
            _snapshot(state, event)
        case m.JobChanged():
            _job(state, event.info, event.place)
        case m.Progress():
            _progress(state, event)
        case m.Metrics():
            _metrics(state, event)
        case m.Record():
            _record(state, event, arrays)
        case m.Kept():
            _kept(state, event)
        case m.Edited():
            _edited(state, event)
        case m.StageDone():
            _staged(state, event)
        case m.CheckpointWritten():
            _checkpoint(state, event)
        case m.ResultWritten():
            _result(state, event)
        case m.Log():
            _log(state, event)
        case m.Reply() | m.Failed() | m.Pong():
            pass
        case _:
            assert_never(event)


def _result(state: AppState, event: m.ResultWritten) -> None:
    run, name = state.runs.by_key.get(event.run), event.result.rpartition("/")[2]
    if run is not None and name and name not in run.results:
        run.results.append(name)
        if state.opened_in(view_of(event.operator), run.key):
            del state.opened[run.key]  # what has just been made is looked at
    state.runs.changed.emit(event.run)
    state.result_written.emit(event)


def _engine(state: AppState, status: EngineStatus) -> None:
    if status != state.engine:
        state.engine = status
        state.engine_changed.emit()


def _ready(state: AppState, event: m.Ready) -> None:
    device, _, reason = event.device.partition(": ")
    _engine(
        state,
        EngineStatus(
            state="ready",
            device=device,
            reason=reason,
            message="Engine ready",
            versions=event.versions,
        ),
    )
    for topic in ("engine-lost", "engine-silent"):
        state.notices.settle(topic)


def _catalog(state: AppState, event: m.CatalogEvent) -> None:
    state.catalog = event.catalog
    state.catalog_changed.emit()
    topics = [f"module:{problem.module}" for problem in event.catalog.problems]
    state.notices.settle_but("module:", topics)
    for problem in event.catalog.problems:
        state.notices.post(
            Notice(
                level="warning",
                text=f"{problem.module} could not be loaded",
                why=problem.message,
                todo="Everything else works. Fix or remove that file, then restart the engine.",
                details=problem.details,
                topic=f"module:{problem.module}",
                lasting=True,
            )
        )


def _snapshot(state: AppState, event: m.Snapshot) -> None:
    """Start from what the engine says; what it does not know of any more is over."""
    known = {info.job for info in event.jobs}
    for run in state.runs.by_key.values():
        if run.job and run.job not in known and not is_background(run.job):
            run.job = ""
            if run.state in ("queued", "running", "paused"):
                run.state = "dropped" if run.state == "queued" else "interrupted"
            state.runs.changed.emit(run.key)
    state.forget_jobs()
    for info in event.jobs:
        place = len(state.queue) if info.state == "queued" else -1
        _job(state, info, place, quiet=True)
    state.queue_changed.emit()


def _job(state: AppState, info: m.JobInfo, place: int, quiet: bool = False) -> None:
    before = state.jobs.get(info.job)
    state.jobs[info.job] = info
    state.queue = [job for job in state.queue if job != info.job]
    if info.state == "queued" and not info.race:  # a race waits as one
        state.queue.insert(len(state.queue) if place < 0 else place, info.job)
    if info.run:
        _run_of_job(state, info)
    ended = info.state in ENDED and (before is None or before.state not in ENDED)
    if info.state not in ("failed", "cancelled"):
        state.notices.settle(cause(info))
    if ended and not quiet:
        _announce(state, info)
    if info.state in ENDED:
        del state.jobs[info.job]
        state.doing.pop(info.job, None)
        state.left.pop(info.job, None)
        state.job_ended.emit(info)
    if not quiet:
        state.queue_changed.emit()
    _busy(state)


def _busy(state: AppState) -> None:
    """The engine is busy while a job runs."""
    if not state.engine.ready:
        return
    works = any(
        job.state == "running" and not is_background(job.job) for job in state.jobs.values()
    )
    message = "Engine busy" if works else "Engine ready"
    _engine(state, replace(state.engine, state="busy" if works else "ready", message=message))


def _run_of_job(state: AppState, info: m.JobInfo) -> None:
    """Bring the run of a job up to date; only a training changes what the run is."""
    run = state.runs.by_key.get(info.run)
    listed = run is not None
    if run is None:
        if state.project is None or Path(info.run).parent.parent != state.project:
            return
        run = RunState(key=info.run, name=Path(info.run).name)
        state.runs.by_key[info.run] = run
    if info.kind == "training":
        _train(state, run, info)
    if not listed:
        state.runs.listed.emit()
    state.runs.changed.emit(run.key)


def _train(state: AppState, run: RunState, info: m.JobInfo) -> None:
    """Take over what a training says of its run."""
    if info.state not in ENDED and info.job != run.job:
        _take_back(state, run, info.step)  # it goes on from its newest checkpoint
    run.state = info.state
    run.job = "" if info.state in ENDED else info.job
    run.step, run.total = info.step, info.total or run.total
    run.spec = info.spec or run.spec
    if run.spec is not None and not run.edits:
        run.edits = list(run.spec.edits)
    run.error = info.error
    run.race, run.parent = info.race or run.race, info.parent or run.parent
    if info.branch_step is not None:
        run.branch_step = info.branch_step
    if info.state in ENDED:
        run.seconds_left = run.phase_left = None
        run.steps_per_second = 0.0


def attach(state: AppState) -> None:
    """Attach known training jobs to runs just read from disk, since jobs are reported only when
    they change. A job of this window's engine is trained by no other process.
    """
    for each in state.runs.by_key.values():
        if each.pid == state.engine_pid:
            each.background = each.elsewhere = False
    for info in state.jobs.values():
        run = state.runs.by_key.get(info.run)
        if run is not None and info.kind == "training":
            _train(state, run, info)
            if not is_background(info.job):
                run.background = run.elsewhere = False


def cause(info: m.JobInfo) -> str:
    """Return the topic of what is said about the end of a job: when the same kind of job has begun
    again on the same run, it is settled.
    """
    return f"{info.kind}:{info.run or info.title}"


def _announce(state: AppState, info: m.JobInfo) -> None:
    """Say that a job ended: a failure stays until dismissed, an end is a passing word."""
    if info.state == "failed":
        error = info.error or m.ErrorInfo(kind="bug", message="The job failed without a message.")
        members = tuple(run.key for run in state.runs.by_key.values() if run.race == info.job)
        runs = (info.run,) if info.run else members if info.kind == "race" else ()
        here = info.kind not in LONG  # those are found in their own project
        title = f"{info.title} failed"
        state.notices.error(error, title=title, topic=cause(info), runs=runs, here=here)
    elif info.state == "finished" and info.kind in ENDINGS and not info.race:
        state.notices.post(Notice(level="good", text=f"{info.title} {ENDINGS[info.kind]}"))


def _progress(state: AppState, event: m.Progress) -> None:
    info, began = state.jobs.get(event.job), False
    if info is not None:
        state.jobs[event.job] = msgspec.structs.replace(info, step=event.step, total=event.total)
        began = state.doing.get(event.job) != event.doing
        state.doing[event.job] = event.doing
        state.left.pop(event.job, None)
        if event.seconds_left is not None:
            state.left[event.job] = event.seconds_left
        state.job_progressed.emit(event.job)
    run = state.runs.by_job(event.job)
    if run is None:
        _race_progress(state, event)
        return
    _take_back(state, run, event.step)
    run.step, run.total = event.step, event.total
    run.steps_per_second = event.steps_per_second
    if run.race not in state.jobs:  # else its own time says nothing of the time that all take
        run.seconds_left = event.seconds_left
    run.phase_left, run.phases = event.phase_left, event.phases or run.phases
    run.memory, run.device_memory = event.memory, event.device_memory
    run.view_cost = event.view_cost
    run.seconds = event.seconds or run.seconds
    state.runs.progressed.emit(run.key)
    if began and not run.kept:
        state.runs.changed.emit(run.key)  # all that is seen of it yet is what it is at


def _take_back(state: AppState, run: RunState, step: int) -> None:
    """A training that was resumed does the steps after its checkpoint again: what was seen of them
    is no more.
    """
    if run.live is not None and run.live.step > step:
        run.live = None
    if any([curve.cut_after(step) for curve in run.series.values()]):
        run.series = {name: curve for name, curve in run.series.items() if len(curve)}
        run.floors.update(newest_floors(run.series))
        state.runs.metrics_appended.emit(run.key)
    if run.kept and run.kept[-1] > step:
        run.kept = [kept for kept in run.kept if kept <= step]
        state.runs.kept_changed.emit(run.key)


def _race_progress(state: AppState, event: m.Progress) -> None:
    """Who takes part in a race is done when the race is."""
    for run in state.runs.by_key.values():
        if run.race == event.job and run.job:
            run.seconds_left = event.seconds_left
            state.runs.progressed.emit(run.key)


def _run_for(state: AppState, job: str) -> RunState | None:
    """Return the run that a job works on, also for evaluation and sampling jobs."""
    run = state.runs.by_job(job)
    if run is None and job in state.jobs:
        run = state.runs.by_key.get(state.jobs[job].run)
    return run


def _metrics(state: AppState, event: m.Metrics) -> None:
    run = _run_for(state, event.job)
    if run is None:
        return
    for name, (steps, values) in event.columns.items():
        run.series.setdefault(name, Series()).extend(steps, values)
    run.floors.update(event.floors)
    run.floors.update(newest_floors(run.series))
    state.runs.metrics_appended.emit(run.key)


def _record(state: AppState, event: m.Record, arrays: Mapping[str, NDArray[Any]]) -> None:
    run = state.runs.by_job(event.job)
    if run is None:
        return
    run.live = FlowRecord(event.step, dict(arrays), tuple(event.bounds), preview=event.preview)
    state.runs.record_arrived.emit(run.key)


def _edited(state: AppState, event: m.Edited) -> None:
    run = state.runs.by_job(event.job)
    if run is not None and event.edit not in run.edits:  # those of its spec are told as well
        run.edits = sorted([*run.edits, event.edit], key=lambda edit: edit.step)
        state.runs.edited.emit(run.key)


def _staged(state: AppState, event: m.StageDone) -> None:
    run = state.runs.by_job(event.job)
    if run is not None:
        run.stage = event.stage
        state.runs.staged.emit(run.key)


def _kept(state: AppState, event: m.Kept) -> None:
    run = state.runs.by_job(event.job)
    if run is not None:
        run.kept = list(event.steps)
        state.runs.kept_changed.emit(run.key)


def _checkpoint(state: AppState, event: m.CheckpointWritten) -> None:
    run = state.runs.by_job(event.job)
    if run is not None:
        run.checkpoints = event.steps or sorted({*run.checkpoints, event.step})
        state.runs.changed.emit(run.key)


def _log(state: AppState, event: m.Log) -> None:
    run = _run_for(state, event.job) if event.job else None
    if run is not None:
        run.say(event.text if event.level == "info" else f"{event.level}: {event.text}")
        state.runs.logged.emit(run.key)
    elif event.level == "error" and not event.job:  # that a job failed is said with its end
        state.notices.post(Notice(level="error", text=event.text))
