"""Reading project folders for the screen, in a worker thread: plain values in, plain values out.

The store is imported inside the functions: h5py must not load before the window is shown.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pushforward.studio.app.core.app_state import DataInfo
from pushforward.studio.app.core.display_names import called
from pushforward.studio.app.core.evaluation_results import Evaluated, newest
from pushforward.studio.app.core.operator_results import number_of
from pushforward.studio.app.core.runs import RunState, Series, newest_floors
from pushforward.studio.app.engine.mirrored_files import bring
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.protocol.label import Label
from pushforward.studio.protocol.messages import ErrorInfo
from pushforward.studio.protocol.spec import Edit, Recipe

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pushforward.studio.store.results import ResultRecord
    from pushforward.studio.store.run import RunFolder
    from pushforward.studio.store.trash import Trashed

__all__ = [
    "Contents",
    "Deleted",
    "Glance",
    "TrashContents",
    "create",
    "datasets",
    "empty_trash",
    "evaluated",
    "fill",
    "glance",
    "is_project",
    "is_run",
    "look",
    "read",
    "read_inputs",
    "restore",
    "result",
    "tidy",
    "trash",
    "trashed",
    "write_label",
    "write_recipe",
    "write_result_label",
    "write_rule",
]

LOG_TAIL = 200_000  # bytes of a log that are shown


@dataclass(frozen=True)
class Contents:
    """What a project folder holds; runs have their numbers but not yet their curves."""

    name: str
    runs: list[RunState]
    datasets: list[DataInfo]
    problems: list[str]


@dataclass(frozen=True)
class Glance:
    """What a look at a project folder finds: its runs, by key, each with when its status or
    its label was written last (0 for never), and the folders of its data.
    """

    runs: dict[str, int]
    data: frozenset[Path]


@dataclass(frozen=True)
class TrashContents:
    """What the trash of a project holds: what was deleted, oldest first, and the bytes it takes."""

    names: list[str]
    size: int
    things: tuple["Deleted", ...] = ()


@dataclass(frozen=True)
class Deleted:
    """A thing in the trash: its entry there, the name of its file or folder, what it is called,
    "run", "result", "data set" or "file", and when it went (unix); of a result also the folder of
    its run.
    """

    entry: Path
    folder: str
    name: str
    what: str
    time: float
    run: str = ""


@contextmanager
def _refusing(place: Path | None = None) -> Iterator[None]:
    """Raise `Refused` for errors of the store, and for those of the system if ``place`` is read."""
    from pushforward.studio.store.errors import StoreError

    try:
        yield
    except StoreError as error:
        raise Refused(_info(error)) from error
    except OSError as error:
        if place is None:
            raise
        raise Refused(_unreadable(place, error)) from error


def read(path: Path) -> Contents:
    """List a project.

    Raises:
        Refused: the folder is not a project, or cannot be read.
    """
    from pushforward.studio.store.errors import StoreError
    from pushforward.studio.store.project import Project

    with _refusing(path):
        project = Project.open(path)
        problems: list[str] = []
        runs = []
        for folder in project.runs():
            try:
                runs.append(_run(folder.path))
            except StoreError as error:
                problems.append(f"{folder.path.name}: {error}")
        return Contents(project.name, runs, _datasets(path), problems)


def glance(path: Path) -> Glance:
    """Look which runs and data a project has, and which of the runs were written to, without
    reading any.

    Raises:
        Refused: the folder cannot be read.
    """
    from pushforward.studio.store.project import Project

    with _refusing(path):
        project = Project.open(path)
        runs = {str(run): _written(run) for run in project.run_paths()}
        return Glance(runs, frozenset(project.dataset_paths()))


def _written(run: Path) -> int:
    """Return when the status or the label of a run was written last."""
    found = 0
    for name in ("status.json", "label.toml"):
        with suppress(OSError):
            found = max(found, (run / name).stat().st_mtime_ns)
    return found


def look(key: str) -> RunState | None:
    """Return a run with its curves, None while it cannot be read."""
    from pushforward.studio.store.errors import StoreError

    try:
        return fill(_run(Path(key)))
    except (StoreError, OSError, Refused):
        return None


def is_project(path: Path) -> bool:
    """Whether there is a project in a folder."""
    try:
        return (path / "project.toml").is_file()
    except OSError:
        return False


def is_run(path: Path) -> bool:
    """Whether a folder is a run of a project."""
    try:
        return (path / "run.toml").is_file() and is_project(path.parents[1])
    except (OSError, IndexError):
        return False


def create(path: Path, name: str) -> None:
    """Make a project folder, or open the one there.

    Raises:
        Refused: it cannot be made.
    """
    from pushforward.studio.store.project import Project

    with _refusing():
        Project.open_or_create(path, name)


def _run(path: Path) -> RunState:
    from pushforward.studio.store.branches import replayed
    from pushforward.studio.store.run import RunFolder

    folder = RunFolder(path)
    record, status = folder.record, folder.status()
    state = status.state
    lives = folder.alive()
    goes_on = state in ("queued", "running", "paused") and lives
    if state == "paused" and not lives:
        state = "cancelled"  # saved, then left, as it was asked to
    elif state == "queued" and not lives:
        state = "dropped"  # with the queue that it waited in
    elif state == "running" and not lives:
        state = "interrupted"
    return RunState(
        key=str(path),
        name=path.name,
        spec=record.spec,
        state=state,
        step=status.step,
        total=status.total,
        seconds=status.seconds,
        error=status.error,
        background=goes_on,
        elsewhere=goes_on and not status.background,
        pid=status.pid,
        heartbeat=status.heartbeat,
        checkpoints=list(folder.checkpoints.steps()),
        race=record.race,
        budget=record.budget.kind if record.budget is not None else "",
        parent=record.parent or "",
        branch_step=record.branch_step,
        branch_start=(replayed(folder) or (record.branch_step or 0,))[0],
        edits=_edits(folder),
        phases=list(status.phases),
        label=_label(folder),
        results=[result.name for result in folder.results.all()],
        result_names=_result_names(folder),
        result_titles=_result_titles(folder),
    )


def _result_names(folder: "RunFolder") -> dict[str, str]:
    """Return what a person calls results, of those that have a name of their own."""
    from pushforward.studio.store.errors import StoreError

    found = {}
    for result in folder.results.all():
        with suppress(StoreError, OSError):
            if name := result.label().name:
                found[result.name] = name
    return found


def _result_titles(folder: "RunFolder") -> dict[str, str]:
    """Return what was done for results, as it was called then."""
    from pushforward.studio.store.errors import StoreError

    found = {}
    for result in folder.results.all():
        with suppress(StoreError, OSError):
            found[result.name] = result.record.title
    return found


def _label(folder: "RunFolder") -> Label:
    """Return what is said of a run; a label that cannot be read says nothing."""
    from pushforward.studio.store.errors import StoreError

    try:
        return folder.label()
    except StoreError:
        return Label()


def _edits(folder: "RunFolder") -> list[Edit]:
    """Return what was changed in a run; changes that cannot be read are left out."""
    from pushforward.studio.store.edits import effective_spec
    from pushforward.studio.store.errors import StoreError

    try:
        return list(effective_spec(folder).edits)
    except StoreError:
        return list(folder.record.spec.edits)


def _datasets(path: Path) -> list[DataInfo]:
    from pushforward.studio.store.project import Project

    return [
        DataInfo(
            name=d.name,
            rows=d.record.rows,
            columns=tuple(d.columns),
            path=d.path,
            kind=d.record.kind,
            notes=tuple(d.record.notes),
            mean=tuple(d.record.mean),
            std=tuple(d.record.std),
            minimum=tuple(d.record.minimum),
            maximum=tuple(d.record.maximum),
            source=d.record.source,
            hash=d.record.hash,
            classes=tuple(d.record.classes),
        )
        for d in Project.open(path).datasets()
    ]


def tidy(path: Path) -> None:
    """Remove what imports that died have left among the data sets of a project; what cannot be
    removed goes with the next import.
    """
    from pushforward.studio.store.atomic import sweep
    from pushforward.studio.store.errors import StoreError

    with suppress(StoreError, OSError):
        sweep(path / "data")


def datasets(path: Path) -> list[DataInfo]:
    """List a project's data sets.

    Raises:
        Refused: the folder cannot be read.
    """
    with _refusing():
        return _datasets(path)


def fill(run: RunState) -> RunState:
    """Return the run with its curves, kept steps and log, read from its folder.

    Raises:
        Refused: a file of it is damaged, or cannot be read.
    """
    from dataclasses import replace

    from pushforward.studio.store.run import RunFolder

    folder = RunFolder(Path(run.key))
    with _refusing(folder.path):
        columns, floors = folder.metrics.read()
        kept = list(folder.flow.steps())
        steps = list(folder.checkpoints.steps())
        log = _tail(folder.log_path)
        measured = newest(folder.events.read())
    series: dict[str, Series] = {}
    for name, (at, values) in columns.items():
        series[name] = Series()
        series[name].extend(list(at), list(values))
    floors = {**floors, **newest_floors(series)}
    return replace(
        run, series=series, floors=floors, kept=kept, checkpoints=steps, log=log, evaluated=measured
    )


def has_rows(result: Path) -> bool:
    """Whether a result of a run is rows of data, as its folder says.

    Raises:
        Refused: it is damaged, or gone.
    """
    from pushforward.studio.store.results import ResultFolder

    with _refusing(result):
        return ResultFolder(result).has_rows


def read_inputs(place: Path) -> "dict[str, NDArray[Any]]":
    """Return the rows that a person handed for a result of a run, by slot; {} where there are none.

    Raises:
        Refused: they are damaged, or gone.
    """
    from pushforward.studio.store import hdf5
    from pushforward.studio.store.contents import read_arrays
    from pushforward.studio.store.results import ResultFolder

    file = ResultFolder(place).input_path
    with _refusing(place):
        bring(file)
        if not file.exists():
            return {}
        with hdf5.opened(file) as found:
            return read_arrays(found, skip=("provenance",))


def result(place: Path) -> "tuple[ResultRecord, dict[str, NDArray[Any]]]":
    """Return what a result of a run says of itself, and its arrays.

    Raises:
        Refused: it is damaged, or gone.
    """
    from pushforward.studio.store import hdf5
    from pushforward.studio.store.contents import read_arrays
    from pushforward.studio.store.results import ResultFolder

    folder = ResultFolder(place)
    with _refusing(place):
        bring(folder.arrays)
        with hdf5.opened(folder.arrays) as file:
            return folder.record, read_arrays(file, skip=("provenance",))


def evaluated(run: str) -> Evaluated | None:
    """Return what was measured last of a run because somebody asked.

    Raises:
        Refused: its folder cannot be read.
    """
    from pushforward.studio.store.run import RunFolder

    with _refusing(Path(run)):
        return newest(RunFolder(Path(run)).events.read())


def _tail(path: Path) -> list[str]:
    from pushforward.studio.store.errors import StoreError
    from pushforward.studio.store.regular_files import open_regular

    try:
        with open_regular(path) as file:
            file.seek(0, 2)
            size = file.tell()
            file.seek(max(0, size - LOG_TAIL))
            text = file.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return []
    except StoreError as error:
        return [str(error)]
    return text.splitlines()[1 if size > LOG_TAIL else 0 :]


def trash(project: Path, path: Path) -> Path:
    """Move a run or a data set to the project's trash; return where it is now.

    Raises:
        Refused: it cannot be moved, or is only the mirror of one on another computer.
    """
    from pushforward.studio.launchers.mirror import is_mirror
    from pushforward.studio.store.project import Project

    if is_mirror(project):
        message = f"{path.name} is on another computer."
        raise Refused(ErrorInfo(kind="user", message=message, hint="Delete it there."))
    with _refusing():
        return Project.open(project).trash(path)


def restore(project: Path, trashed: Path) -> None:
    """Bring something back from the trash.

    Raises:
        Refused: it is gone, or its place is taken.
    """
    from pushforward.studio.store.project import Project

    with _refusing():
        Project.open(project).restore(trashed)


def trashed(project: Path) -> TrashContents:
    """Look into the trash of a project.

    Raises:
        Refused: it cannot be read.
    """
    from pushforward.studio.store.project import Project

    with _refusing(project / "trash"):
        entries = Project.open(project).trashed()
        size = sum(_size(entry.path) for entry in entries)
    things = [_deleted(entry) for entry in entries]
    return TrashContents([each.name for each in things], size, tuple(things))


def _deleted(entry: "Trashed") -> Deleted:
    place, *rest = Path(entry.origin).parts
    what = {"runs": "run", "data": "data set"}.get(place, "file") if len(rest) == 1 else "file"
    if place == "runs" and rest[1:-1] == ["results"]:
        what = "result"
    folder = Path(entry.origin).name
    run = rest[0] if what == "result" else ""
    return Deleted(entry.path, folder, _called(entry.path / folder, what), what, entry.time, run)


def _called(path: Path, what: str) -> str:
    """Return what something in the trash is called: a run and a result as they were in the list."""
    from pushforward.studio.store.errors import StoreError
    from pushforward.studio.store.results import ResultFolder
    from pushforward.studio.store.run import RunFolder

    if what == "result":
        with suppress(StoreError, OSError):
            result = ResultFolder(path)
            return f"{number_of(path.name)} {result.label().name or result.record.title}"
    if what != "run":
        return path.name
    with suppress(StoreError, OSError):
        return called(path.name, RunFolder(path).label().name)
    return called(path.name)


def _size(folder: Path) -> int:
    return sum(
        os.lstat(os.path.join(at, name)).st_size
        for at, _, names in os.walk(folder)
        for name in names
    )


def empty_trash(project: Path) -> None:
    """Delete for good what is in the trash of a project.

    Raises:
        Refused: the project may not be written, or something could not be deleted.
    """
    from pushforward.studio.store.project import Project

    with _refusing():
        opened = Project.open(project)
        opened.empty_trash()
        left = opened.trashed()
    if left:
        raise Refused(
            ErrorInfo(
                kind="disk",
                message=f"{len(left)} of what was in the trash could not be deleted.",
                hint=f"Look whether you may write in {project / 'trash'}.",
            )
        )


def write_label(run: Path, label: Label) -> None:
    """Write down what a person says of a run.

    Raises:
        Refused: it cannot be written.
    """
    from pushforward.studio.store.run import RunFolder

    with _refusing():
        RunFolder(run).write_label(label)


def write_result_label(result: Path, label: Label) -> None:
    """Write down what a person says of a result.

    Raises:
        Refused: it cannot be written.
    """
    from pushforward.studio.store.results import ResultFolder

    with _refusing():
        ResultFolder(result).write_label(label)


def write_recipe(path: Path, recipe: Recipe) -> None:
    """Write a recipe; `studio.resources.load_recipe` reads it.

    Raises:
        Refused: the disk refused.
    """
    from pushforward.studio.store.text import write_toml

    with _refusing():
        write_toml(path, recipe)


def _unreadable(path: Path, error: OSError) -> ErrorInfo:
    return ErrorInfo(
        kind="disk",
        message=f"{path} cannot be read: {error.strerror}.",
        hint="Check that the folder is there and that you may read it.",
    )


def _info(error: Exception) -> ErrorInfo:
    return ErrorInfo(
        kind=getattr(error, "kind", "disk"),
        message=getattr(error, "message", str(error)),
        hint=getattr(error, "hint", ""),
    )


def write_rule(project: Path, data: str, rule: str) -> str:
    """Write down what a person says makes one of some data valid; return what was said before.

    Raises:
        Refused: it cannot be written.
    """
    from pushforward.studio.store.project import Project

    with _refusing():
        folder = Project.open(project)
        before = folder.rule(data)
        folder.write_rule(data, rule)
    return before
