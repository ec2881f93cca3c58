"""Take in runs and data of another computer, and train such runs in processes of their own.

Files are written below the runs and the data of a project only, under plain names; none is written
through a link, and each takes its name once its hash is right.
"""

import hashlib
import os
from pathlib import Path
from typing import Any

from pushforward.studio.engine.process.background import Background
from pushforward.studio.engine.process.commands import Answer, handles, respond
from pushforward.studio.engine.process.engine import Engine
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.protocol import messages as m
from pushforward.studio.store.atomic import check_space, replacing, write_bytes
from pushforward.studio.store.errors import Damaged
from pushforward.studio.store.links import stay_inside
from pushforward.studio.store.names import is_plain
from pushforward.studio.store.project import Project
from pushforward.studio.store.regular_files import open_handle
from pushforward.studio.store.run import RunFolder, RunRecord
from pushforward.studio.store.text import read_toml
from pushforward.studio.workflows import background
from pushforward.studio.workflows.executors.slurm import is_submitted, submit

__all__: list[str] = []

MAX_RUNS = 10_000
_TAKES = ("runs", "data")


@handles(m.WriteFile)
def _write(engine: Engine, command: m.WriteFile) -> None:
    if command.offset < 0 or len(command.data) > m.FILE_PIECE:
        raise Refused(f"A piece has at most {m.FILE_PIECE:,} bytes, and an offset of 0 or more.")

    def written() -> Answer:
        target = _target(Path(command.file))
        hidden = target.with_name(f".{target.name}.incoming")
        target.parent.mkdir(parents=True, exist_ok=True)
        check_space(target.parent, len(command.data))
        flags = os.O_WRONLY | os.O_CREAT | (0 if command.offset else os.O_TRUNC)
        flags |= getattr(os, "O_NOFOLLOW", 0)
        with os.fdopen(open_handle(hidden, flags), "wb") as file:
            file.seek(command.offset)
            file.write(command.data)
        if command.digest:
            _take(hidden, target, command.digest)
        return Answer()

    _answer_later(engine, command.id, written)


def _take(hidden: Path, target: Path, digest: bytes) -> None:
    """Give a file that has arrived its name.

    Raises:
        Damaged: its hash is another one; it is removed.
        StoreError: the disk refused.
    """
    with hidden.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").digest()
    if found != digest:
        hidden.unlink()
        raise Damaged(f"{target} arrived with other bytes than were sent.", "Send it again.")
    with replacing(target) as partial:
        hidden.replace(partial)


@handles(m.AddRun)
def _add_run(engine: Engine, command: m.AddRun) -> None:
    def added() -> Answer:
        project = Project.open_or_create(Path(command.project))
        for path in project.run_paths():
            file = path / "run.toml"
            if file.stat().st_size == len(command.record) and file.read_bytes() == command.record:
                return Answer({"run": str(path)})
        return Answer({"run": str(project.new_run(_read_record(command.record, project)).path)})

    _answer_later(engine, command.id, added)


def _read_record(text: bytes, project: Project) -> RunRecord:
    """Return a record that was sent.

    Raises:
        StoreError: it is no record, or one of a later version.
    """
    file = project.path / f".record-{hashlib.sha256(text).hexdigest()[:16]}.toml"
    write_bytes(file, text, durable=False)
    try:
        return read_toml(file, RunRecord, "run")
    finally:
        file.unlink(missing_ok=True)


@handles(m.TrainRun)
def _train(engine: Engine, command: m.TrainRun) -> None:
    run = RunFolder(Path(command.run))

    def begun() -> Answer:
        run.require()
        goes_on = run.alive() or is_submitted(run)
        if command.stop:
            if goes_on:
                background.ask_to_stop(run.path)
        elif goes_on or run.status().state == "finished":
            pass
        elif command.slurm is not None:
            submit(run, command.slurm)
        else:
            background.start(run.path)
        return Answer()

    _answer_later(engine, command.id, begun)


@handles(m.CheckRuns)
def _check(engine: Engine, command: m.CheckRuns) -> None:
    if len(command.runs) > MAX_RUNS:
        raise Refused(f"At most {MAX_RUNS:,} runs, not {len(command.runs):,}.", path="runs")

    def checked() -> Answer:
        return Answer({"runs": [_state(RunFolder(Path(path))) for path in command.runs]})

    _answer_later(engine, command.id, checked)


def _state(run: RunFolder) -> dict[str, Any]:
    alive = run.alive() or is_submitted(run)  # before the status is read: it may end in between
    status = run.status()
    return {"state": status.state, "step": status.step, "total": status.total, "alive": alive}


def _answer_later(engine: Engine, to: int, call: Any) -> None:
    """Answer from a thread: a slow disk must not hold a training up."""
    Background(lambda: respond(engine, to, call))


def _target(path: Path) -> Path:
    """Return where a file is written, if it lies below the runs or the data of a project.

    Raises:
        Refused: it does not.
        StoreError: a link leads out.
    """
    for project in path.parents:
        if (project / "project.toml").is_file():
            below = path.relative_to(project).as_posix()
            if is_plain(below) and below.partition("/")[0] in _TAKES and below.count("/") > 1:
                stay_inside(path)
                return path
            break
    raise Refused(f"{path} is not below the runs or the data of a project.", path="file")
