"""A project: a folder with ``project.toml``, ``data/``, ``runs/`` and ``trash/``.

Opening never writes. Runs and data sets are created under a hidden name and renamed, so they appear
complete. Several windows and commands may share a project. The project lock, held briefly,
serialises numbering runs and moving to and from the trash. Data and sample sets claim their names
by renaming, and a run is written by the process with its lock (`RunFolder.lock`).
"""

import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from pushforward.spelling import ask_whether
from pushforward.studio.counts import join_words
from pushforward.studio.protocol.spec import project_name
from pushforward.studio.store.atomic import (
    check_space,
    make_folder,
    partial_path,
    sweep,
    sync_folder,
)
from pushforward.studio.store.dataset import DatasetFolder
from pushforward.studio.store.errors import StoreError, explain
from pushforward.studio.store.lock import Lock
from pushforward.studio.store.migrate import CURRENT
from pushforward.studio.store.names import MOST, check_name, slug
from pushforward.studio.store.run import RunFolder, RunRecord
from pushforward.studio.store.schema import Schema, points_schema
from pushforward.studio.store.splits import Split
from pushforward.studio.store.text import read_toml, write_toml
from pushforward.studio.store.trash import Trash, Trashed
from pushforward.studio.store.writing import DatasetWriter

__all__ = ["Project"]

_RUN = re.compile(r"(\d{4,})-.+")
_HOUR = 3600.0
_NAMED = 3  # of runs that are in the way
_PATIENCE = 10.0  # seconds; the lock of a project is held for moments


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    """``project.toml``."""

    name: str
    format: int = CURRENT["project"]
    created: datetime | None = None


class _Rules(msgspec.Struct, frozen=True, kw_only=True):
    """``rules.toml``: the chosen validity rule by slug of the data, built-in ones too; missing
    until one is chosen.
    """

    valid: dict[str, str] = {}
    format: int = CURRENT["rules"]


class _Queue(msgspec.Struct, frozen=True, kw_only=True):
    """``queue.toml``: names of runs that were moved in the queue, the next one first."""

    order: list[str] = []
    format: int = CURRENT["queue"]


class Project:
    """An open project. Any number of processes may have it open."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = Path(path).absolute()
        self.name = name
        self._trash = Trash(self.path)
        self._lock = Lock(self.path, f"The project {name} is being changed")

    @classmethod
    def create(cls, path: Path, name: str) -> Self:
        """Make a project in a folder, which is made if it is not there.

        Raises:
            StoreError: there is one already or the name is too long (kind "user"), or the disk
                refused.
        """
        check_name(name)
        path = Path(path).absolute()
        if (path / "project.toml").exists():
            raise StoreError(f"There is already a project in {path}.", "Open it.", kind="user")
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise explain(error, path) from error
        write_toml(path / "project.toml", _Record(name=name, created=_now()))
        return cls(path, name)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a project; nothing is written.

        Raises:
            StoreError: there is none, its file is damaged, or it is of a later version.
        """
        path = Path(path).absolute()
        if not (path / "project.toml").is_file():
            raise StoreError(
                f"{path} is not a project: it has no project.toml.",
                "Choose a folder that has one, or make a new project.",
                kind="user",
            )
        return cls(path, read_toml(path / "project.toml", _Record, "project").name)

    @classmethod
    def open_or_create(cls, path: Path, name: str = "") -> Self:
        """Open the project of a folder, or make one there (named after the folder by default)."""
        path = Path(path).absolute()
        if not (path / "project.toml").exists():
            try:
                return cls.create(path, name or path.name[:MOST])
            except StoreError:
                if not (path / "project.toml").exists():
                    raise  # else somebody made it at the same time
        return cls.open(path)

    def runs(self) -> list[RunFolder]:
        """Return the runs by number; `problems` lists unreadable ones."""
        return [run for run in self._run_folders() if _problem(run) is None]

    def run(self, name: str) -> RunFolder:
        """Return a run by its folder's name.

        Raises:
            StoreError: there is none, or it cannot be read.
        """
        run = RunFolder(self.path / "runs" / name)
        if not _RUN.fullmatch(name) or not run.path.is_dir():
            names = [each.path.name for each in self._run_folders()]
            hint = ask_whether(name, names, sentence=True)
            raise StoreError(f"The project {self.name} has no run {name!r}.", hint, kind="user")
        _ = run.record
        return run

    def new_run(
        self, record: RunRecord, fill: Callable[[RunFolder], None] | None = None
    ) -> RunFolder:
        """Make the folder of a new run under the next free number.

        ``fill`` puts more into it before anybody can meet it.

        Several processes may do so at once: each gets a number of its own, and a number is never
        given twice, not even that of a run in the trash.

        Raises:
            StoreError: the disk refused.
        """
        folder = self.path / "runs"
        name = slug(record.spec.name, "run")
        make_folder(folder)
        try:
            with self._lock.hold(_PATIENCE):
                sweep(self.path)
                number, hidden = self._claimed(folder)
            return _finish(hidden, folder / f"{number:04d}-{name}", record, fill)
        except OSError as error:
            raise explain(error, folder) from error

    def _claimed(self, folder: Path) -> tuple[int, Path]:
        """Return the next free number and the hidden folder that claims it, which is the workshop
        as well.
        """
        number = max(self._numbers(), default=0)
        while True:
            number += 1
            hidden = folder / f".{number:04d}"
            if not _claim(hidden):
                continue
            if number not in self._numbers():
                return number, hidden
            # Its claimant has just come to the end, for which it needs no lock.
            hidden.rmdir()

    def datasets(self) -> list[DatasetFolder]:
        """Return the data sets by name; `problems` lists unreadable ones."""
        return [data for data in self._dataset_folders() if _problem(data) is None]

    def dataset(self, name: str) -> DatasetFolder:
        """Return a data set by name (the ``<name>`` of ``project:<name>``).

        Raises:
            StoreError: there is none, or it cannot be read.
        """
        data = DatasetFolder(self.path / "data" / name)
        if Path(name).name != name or not (data.path / "dataset.toml").is_file():
            if (lost := self._deleted(data.path)) is not None:
                raise lost
            known = [each.name for each in self.datasets()]
            those = f"Those there are: {', '.join(known) or 'none'}."
            raise StoreError(
                f"The project {self.name} has no data set {name!r}.",
                ask_whether(name, known, those, sentence=True),
                kind="user",
            )
        _ = data.record
        return data

    def rule(self, data: str) -> str:
        """Return the validity rule of data by slug, "" for none.

        Raises:
            StoreError: the file is damaged, or of a later version.
        """
        return self._rules().valid.get(data, "")

    def write_rule(self, data: str, rule: str) -> None:
        """Set the validity rule of data, "" for none.

        Raises:
            StoreError: the disk refused, or the file cannot be read and would be lost.
        """
        with self._lock.hold(_PATIENCE):
            others = {slug: each for slug, each in self._rules().valid.items() if slug != data}
            said = {**others, data: rule} if rule else others
            write_toml(self.path / "rules.toml", _Rules(valid=said))

    def _rules(self) -> _Rules:
        path = self.path / "rules.toml"
        return read_toml(path, _Rules, "rules") if path.exists() else _Rules()

    def queued(self) -> list[RunFolder]:
        """Return the runs that wait for a command to train them, the next one first. Those of a
        race are left out: they are started together.

        Raises:
            StoreError: the order cannot be read.
        """
        path = self.path / "queue.toml"
        order = read_toml(path, _Queue, "queue").order if path.exists() else []
        places = {name: place for place, name in enumerate(order)}
        waiting = [
            run
            for run in self.runs()
            if run.status().state == "queued" and not run.alive() and not run.record.race
        ]
        return sorted(waiting, key=lambda run: places.get(run.name, len(places)))

    def move_in_queue(self, name: str, place: int) -> list[RunFolder]:
        """Move a waiting run to a place in the queue (0 = next); return the new order.

        Raises:
            StoreError: the disk refused, or the file cannot be read and would be lost.
            KeyError: no run of this name waits.
        """
        with self._lock.hold(_PATIENCE):
            runs = {run.name: run for run in self.queued()}
            run = runs.pop(name)
            order = list(runs.values())
            order.insert(max(place, 0), run)
            names = [each.name for each in order]
            write_toml(self.path / "queue.toml", _Queue(order=names))
        return order

    def learning_from(self, name: str) -> list[RunFolder]:
        """Return the runs that learn, or have learned, from a data set of the project."""
        return [run for run in self.runs() if project_name(run.record.spec.dataset.slug) == name]

    def add_dataset(
        self, name: str, x: ArrayLike, columns: Sequence[str], source: str = ""
    ) -> DatasetFolder:
        """Add points x (n, d) under a name; see `new_dataset`.

        Raises:
            StoreError: the name is taken or too long ("user"), the points will not do ("data"), or
                the disk refused.
        """
        points = np.asarray(x, np.float32)
        if points.ndim != 2 or points.shape[1] != len(columns):
            raise StoreError(
                f"Points must be a table with {len(columns)} columns, got the shape "
                f"{points.shape}.",
                "Choose as many columns as there are names.",
                kind="data",
            )
        schema = points_schema(columns)
        with self.new_dataset(name, schema, source, expected=len(points)) as writer:
            writer.add({"x": points})
        return writer.becomes

    @contextmanager
    def new_dataset(
        self,
        name: str,
        schema: Schema,
        source: str = "",
        split: Split | None = None,
        expected: int = 0,
        notes: Sequence[str] = (),
    ) -> Iterator[DatasetWriter]:
        """Yield a writer of a new data set, which appears complete when the block ends; if it
        raises, nothing is left.

        ``name`` becomes a folder name, never replacing one. ``expected`` is the number of rows if
        known; ``notes`` are stored.

        Raises:
            StoreError: the name is taken or too long ("user"), invalid rows ("data"), or the disk
                refused (`DiskFull` at once if they cannot fit).
            Abandoned: the writer was cancelled.
        """
        folder = self.path / "data"
        check_name(name)
        target = folder / slug(name, "data")
        taken = StoreError(
            f"There is already a data set {target.name!r}.", "Choose another name.", kind="user"
        )
        if target.exists():
            raise taken
        make_folder(folder)
        sweep(folder)
        check_space(folder, expected * schema.row_bytes)
        hidden = partial_path(target)
        try:
            hidden.mkdir()
            becomes = DatasetFolder(target)
            writer = DatasetWriter(hidden, becomes, name, schema, source, split, notes)
            try:
                yield writer
                writer.finish()
            finally:
                writer.close()
            if target.exists():
                raise taken
            hidden.rename(target)
            sync_folder(folder)
        except OSError as error:
            raise taken if target.exists() else explain(error, target) from error
        finally:
            shutil.rmtree(hidden, ignore_errors=True)

    def run_paths(self) -> list[Path]:
        """Return the folders of the runs; nothing in them is looked at."""
        return [run.path for run in self._run_folders()]

    def dataset_paths(self) -> list[Path]:
        """Return the folders of the data sets; nothing in them is looked at."""
        return [data.path for data in self._dataset_folders()]

    def problems(self) -> list[str]:
        """Return a sentence for each run or data set that cannot be read."""
        every: list[RunFolder | DatasetFolder] = [*self._run_folders(), *self._dataset_folders()]
        return [problem for folder in every if (problem := _problem(folder)) is not None]

    def trash(self, path: Path) -> Path:
        """Move a run, a data set or a file of the project to the trash; return its entry.

        Raises:
            StoreError: the run is going on ("user"), or one that learns from the data set is; the
                path is not in the project, or the disk refused.
        """
        run = RunFolder(path)
        with self._lock.hold(_PATIENCE):
            if (run.path / "run.toml").exists():
                if run.alive():
                    raise StoreError(
                        f"The run {run.name} is training.", "Stop it first.", kind="user"
                    )
                with run.lock.hold():
                    pass  # nobody else has it
            if Path(path).absolute().parent == self.path / "data":
                self._let_go(Path(path).name)
            return self._trash.put(Path(path))

    def _let_go(self, name: str) -> None:
        """Make sure that no run that trains or waits to be trained needs a data set.

        Raises:
            StoreError: one does.
        """
        going = [run.name for run in self.learning_from(name) if run.alive()]
        if going:
            few, more = going[:_NAMED], len(going) - _NAMED
            names = [*few, f"{more:,} more"] if more > 0 else few
            runs = "run" if len(going) == 1 else "runs"
            raise StoreError(
                f"The data set {name!r} is needed by the {runs} {join_words(names)}, still in the "
                "queue.",
                "Stop it first." if len(going) == 1 else "Stop them first.",
                kind="user",
            )

    def _deleted(self, path: Path) -> StoreError | None:
        """Return the error for a data set in the trash, None if it is not there."""
        origin = path.relative_to(self.path).as_posix()
        entry = next((each for each in reversed(self.trashed()) if each.origin == origin), None)
        if entry is None:
            return None
        return StoreError(
            f"The data set {path.name!r} of the project {self.name} was deleted: it is in the "
            "trash.",
            "Restore it from the trash in the window, or move the folder "
            f"{entry.path / path.name} to {path}.",
            kind="user",
        )

    def trashed(self) -> list[Trashed]:
        """Return the content of the trash, oldest first."""
        return self._trash.entries()

    def restore(self, entry: Path) -> Path:
        """Put something back from the trash; return where it is.

        Raises:
            StoreError: its place is taken, the entry is damaged, or the disk refused.
        """
        with self._lock.hold(_PATIENCE):
            return self._trash.restore(entry)

    def empty_trash(self) -> None:
        """Delete the content of the trash permanently. Numbers of deleted runs may be reused.

        Raises:
            StoreError: the project is not writable.
        """
        with self._lock.hold(_PATIENCE):
            self._trash.empty()

    def _run_folders(self) -> list[RunFolder]:
        runs = [RunFolder(p) for p in _children(self.path / "runs") if _RUN.fullmatch(p.name)]
        return sorted(runs, key=lambda run: (run.number, run.name))

    def _dataset_folders(self) -> list[DatasetFolder]:
        children = _children(self.path / "data")
        return [DatasetFolder(p) for p in children if not p.name.startswith(".")]

    def _numbers(self) -> set[int]:
        here = {run.number for run in self._run_folders()}
        gone = {RunFolder(Path(t.origin)).number for t in self.trashed() if _is_run(t.origin)}
        return here | gone


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _children(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []


def _is_run(origin: str) -> bool:
    parts = Path(origin).parts
    return len(parts) == 2 and parts[0] == "runs"


def _problem(folder: RunFolder | DatasetFolder) -> str | None:
    try:
        _ = folder.record
    except StoreError as error:
        return str(error)
    return None


def _claim(hidden: Path) -> bool:
    """Make the hidden folder; False if another process has it. One left by a crash is removed."""
    with suppress(FileNotFoundError):
        if time.time() - hidden.stat().st_mtime > _HOUR:
            shutil.rmtree(hidden, ignore_errors=True)
    try:
        hidden.mkdir()
    except FileExistsError:
        return False
    return True


def _finish(
    hidden: Path, target: Path, record: RunRecord, fill: Callable[[RunFolder], None] | None
) -> RunFolder:
    try:
        write_toml(hidden / "run.toml", record)
        if fill is not None:
            fill(RunFolder(hidden))
        hidden.rename(target)
    except BaseException:
        shutil.rmtree(hidden, ignore_errors=True)
        raise
    sync_folder(target.parent)
    return RunFolder(target)
