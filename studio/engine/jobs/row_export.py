"""Writing rows that are there already to a file: drawn samples, the fixed particles, the data."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource
from pushforward.studio.engine.jobs.job import Work
from pushforward.studio.engine.jobs.run_job import RunJob
from pushforward.studio.engine.kinds.base import kind_of
from pushforward.studio.engine.kinds.compatibility import picked_kind
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.process.sink import Sink
from pushforward.studio.engine.run.checkpoint_state import saved_columns
from pushforward.studio.engine.run.destination import check_destination
from pushforward.studio.engine.run.effective_settings import held_rows, target_of
from pushforward.studio.engine.run.model_loading import newest_checkpoint
from pushforward.studio.protocol.messages import ExportRows, ResultWritten
from pushforward.studio.store.flow import FlowStore
from pushforward.studio.store.run import RunFolder
from pushforward.studio.store.samples import SampleSets

__all__ = ["RowsJob"]


@dataclass(frozen=True)
class _ExportedRows:
    """Rows of a source, the names of their columns, and provenance."""

    rows: RowSource | Batch
    columns: tuple[str, ...]
    said: dict[str, Any]


class RowsJob(RunJob):
    """Job that exports the requested rows of a source."""

    kind = "export"
    lane = "files"

    def __init__(self, job: str, command: ExportRows, sink: Sink) -> None:
        """Check what can be known before anything is read.

        Raises:
            Refused: there is no such source, or the file cannot be written so; the path names the
                field.
            StoreError: the run cannot be read.
        """
        run = RunFolder(Path(command.run))
        self._kind = picked_kind(run.record.spec.dataset)
        _check(command, self._kind)
        super().__init__(job, f"Export: {run.name}", run, sink)
        self._command = command
        self.total = len(command.rows)

    def work(self) -> Work:
        """Read, write; see `studio.engine.jobs.job.Job.work`."""
        command, file = self._command, Path(self._command.file)
        yield False
        there = _READ[command.what](self.folder, command)
        some = _select_rows(there.rows, command.rows)
        yield False
        # Somebody may have written one since the work began.
        check_destination(file, command.overwrite)
        said = {"run": self.folder.name, **there.said}
        if command.rows:
            said["rows"] = command.rows
        kind = kind_of(self._kind)
        kind.write(file, some, there.columns, said)
        note = kind.left_out(file, some)
        self.step = self.total = len(some)
        step = int(there.said.get("step", -1))
        self.say(f"{kind.counted(len(some))} are in {file}. {note}".strip())
        self.sink.send(
            ResultWritten(
                job=self.job, run=str(self.folder.path), operator="", step=step, file=str(file),
                note=note,
            )
        )  # fmt: skip


def _check(command: ExportRows, kind: str) -> None:
    if command.what not in _READ:
        raise Refused(f"No rows of {command.what!r}.", path="what")
    file, suffixes = Path(command.file), kind_of(kind).suffixes
    suffix = file.suffix.lower()
    if suffix not in suffixes:
        raise Refused(
            f"Rows cannot be written as {suffix or 'a file without a suffix'}.",
            f"Use one of {', '.join(suffixes)}.",
            path="file",
        )
    check_destination(file, command.overwrite)


def _select_rows(rows: RowSource | Batch, chosen: list[int]) -> Batch:
    """Return the rows of some numbers, all for none; of a source no others are read.

    Raises:
        Refused: there is no such row.
    """
    if not chosen:
        return rows if isinstance(rows, Batch) else rows.rows(slice(None))
    if min(chosen) < 0 or max(chosen) >= len(rows):
        raise Refused(
            f"There are {len(rows):,} rows; row {max(chosen):,} does not exist.",
            "Snapshots between the first and the last may have fewer particles.",
            path="rows",
        )
    index = torch.tensor(chosen)
    return rows.take(index) if isinstance(rows, Batch) else rows.rows(index)


def _sample_rows(run: RunFolder, command: ExportRows) -> _ExportedRows:
    sets = SampleSets(run.path)
    there = [*sets.paths(), *(result.arrays for result in run.results.all())]
    path = next((each for each in there if str(each) == command.of), None)
    if path is None:
        raise Refused(f"{command.of} holds no samples of {run.name}.", path="of")
    found = sets.read(path)
    return _ExportedRows(_batch(found.x, found.beside), found.columns, dict(found.attrs))


def _particle_rows(run: RunFolder, command: ExportRows) -> _ExportedRows:
    store = FlowStore(run.path)
    steps = [each for each in store.steps() if command.step is None or each <= command.step]
    if not steps:
        raise Refused(f"{run.name} has no snapshot up to that step.", path="step")
    record = store.load(steps[-1])
    kept = record.x.shape[1]
    if command.n > kept:
        raise Refused(
            f"Of step {record.step:,} {kept:,} particles were recorded, not {command.n:,}.",
            "Choose the newest snapshot, which has all.",
            path="n",
        )
    known = dict(record.conditions)
    if record.mask is not None:
        known["mask"] = record.mask
    said = {"step": record.step, "seed": run.record.spec.training.get("seed", 0)}
    columns = saved_columns(newest_checkpoint(run))
    rows = _batch(record.x[-1], known).take(slice(0, command.n or None))
    return _ExportedRows(rows, columns, {**said, "particles": "fixed"})


def _data_rows(run: RunFolder, command: ExportRows) -> _ExportedRows:
    source, target = target_of(run, None)
    n = command.n or len(target.x)
    # What is known of rows is known by their number, which edits change.
    whole = not target.done and len(target.x) == len(source.rows)
    rows = source.rows.rows(target.chosen(n)) if whole else Batch(target.thinned(n))
    said = {"dataset": run.record.spec.dataset.slug, "edits": len(target.done)}
    return _ExportedRows(rows, tuple(source.rows.columns), said)


def _held_out_rows(run: RunFolder, command: ExportRows) -> _ExportedRows:
    source, target = target_of(run, None)
    rows = held_rows(source, target, command.n)
    if rows is None:
        raise Refused(f"{run.name} has no held-out data.", path="what")
    said = {"dataset": run.record.spec.dataset.slug, "held": True}
    return _ExportedRows(rows, tuple(source.rows.columns), said)


def _nearest_training_rows(run: RunFolder, command: ExportRows) -> _ExportedRows:
    source, _ = target_of(run, None)
    said = {"dataset": run.record.spec.dataset.slug}
    return _ExportedRows(source.rows, tuple(source.rows.columns), said)


_READ = {
    "samples": _sample_rows,
    "particles": _particle_rows,
    "data": _data_rows,
    "held": _held_out_rows,
    "near": _nearest_training_rows,
}  # fmt: skip


def _batch(x: NDArray[Any], known: Mapping[str, NDArray[Any]]) -> Batch:
    """Return rows and their conditions as a batch."""
    tensors = {name: torch.from_numpy(np.ascontiguousarray(each)) for name, each in known.items()}
    mask = tensors.pop("mask", None)
    rows = torch.from_numpy(np.ascontiguousarray(x))
    given = {name: each for name, each in tensors.items() if len(each) == len(rows)}
    return Batch(rows, None if mask is None else mask.bool(), given)
