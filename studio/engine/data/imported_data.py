"""Data sets that were imported into a project: opened, looked into, and shared out."""

import hashlib
import json
import math
from collections.abc import Callable, Generator, Mapping
from functools import lru_cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from pushforward.models.config import ConfigError
from pushforward.models.contracts.data import Outline, RowSource, Splits
from pushforward.studio.engine.data.datasets import LARGE, Dataset, halves
from pushforward.studio.engine.data.reference_classifier import Judging
from pushforward.studio.engine.data.stored_rows import StoredRows, facts_of
from pushforward.studio.engine.data.target import FEWEST
from pushforward.studio.engine.kinds.base import kind_of
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.protocol.spec import KIND, Pick, project_name
from pushforward.studio.store.dataset import DatasetFolder
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.project import Project
from pushforward.studio.store.splits import SHARES, Split, shares

__all__ = [
    "find_imported",
    "find_outline",
    "find_place",
    "find_shares",
    "find_where_it_lies",
    "imported",
    "imported_kind",
    "imported_outline",
    "measured",
    "run_settings",
    "stored_facts",
]

T = TypeVar("T")
Settings = Mapping[str, Any]
NO_SETTINGS: Settings = MappingProxyType({})
_LOOKED_AT = 1000
_FEW = 64


def imported(name: str, project: Path, settings: Settings = NO_SETTINGS) -> Dataset:
    """Open a data set that was imported into a project: in memory, or where it lies if it is large.
    ``settings`` are those of the run.

    Raises:
        Refused: the project has no such data set, or it has too few rows; the path is "dataset".
        StoreError: its file is damaged.
    """
    folder = _folder(name, project)
    record = folder.record
    if (split := _split_of(folder, settings)) is not None:
        folder.verify()
        return _of_splits(split, folder, settings)
    if record.stored == "hdf5":
        # Sets of before are learned from whole, and measured against themselves.
        rows = kind_of(record.kind).from_parts({"x": folder.read()}, facts_of(folder))
        pair, most = partial(halves, rows), len(rows) // 2
        return Dataset(rows, record.hash, None, pair, most=most, own=True)
    large = _is_large(name, project)
    if not large:
        folder.verify()
    parts = _shares(folder, large=large)
    train, unseen = parts["train"], parts["test"]
    if len(train) < FEWEST:
        raise _too_few(folder, len(train))
    real = next((parts[s] for s in ("validation", "test") if len(parts[s]) >= FEWEST), train)
    # Who is held out measures, however few: two halves are another matter.
    held = next((parts[s] for s in ("validation", "test") if len(parts[s])), None)
    judging = None if large else Judging.find(record.kind, train, folder.name)

    def every() -> RowSource:
        rows = StoredRows(folder, np.arange(record.rows), facts_of(folder))
        return rows if large else rows.take(slice(None))

    return Dataset(
        train,
        record.hash,
        None,
        partial(halves, real),
        judging,
        unseen if len(unseen) else None,
        len(real) // 2,
        every,
        held,
        real is parts["validation"] and len(unseen) >= FEWEST,
        own=real is train,
    )


def run_settings(dataset: Pick) -> dict[str, Any]:
    """Return the settings that the pick of an imported set has, other than its data type."""
    return {name: value for name, value in dataset.config.items() if name != KIND}


def _split_of(folder: DatasetFolder, settings: Settings) -> Splits | None:
    """Return a set whose data type splits it by settings; None for any other.

    Raises:
        Refused: the settings do not fit; the path is that of the setting.
    """
    if folder.record.stored == "hdf5" or not kind_of(folder.record.kind).is_split(settings):
        return None
    return _split_remembered(folder, folder.record.hash, json.dumps(dict(settings), sort_keys=True))


@lru_cache(maxsize=2)
def _split_remembered(folder: DatasetFolder, hash_: str, settings: str) -> Splits | None:
    """Cache the split of the last settings: a form requests it repeatedly."""
    kind, facts = kind_of(folder.record.kind), facts_of(folder)
    parts = _all_parts(folder)
    try:
        return kind.split_parts(parts, facts, json.loads(settings))
    except ConfigError as error:
        path = f"dataset.{error.path}".rstrip(".")
        raise Refused(f"{path}: {error.message}", path=path) from error


def _of_splits(parts: Splits, folder: DatasetFolder, settings: Settings) -> Dataset:
    hash_ = folder.record.hash
    if settings:
        said = json.dumps(dict(settings), sort_keys=True)
        hash_ = hashlib.sha256(f"{hash_} {said}".encode()).hexdigest()
    held = parts.test if parts.validation is None else parts.validation
    kind = kind_of(folder.record.kind)
    return Dataset(
        parts.train,
        hash_,
        None,
        partial(halves, held),
        None,
        parts.test,
        len(held) // 2,
        None if kind.whole else partial(_read_all_rows, folder, folder.record.hash),
        held,
        parts.validation is not None,
    )


def where_it_lies(name: str, project: Path, settings: Settings = NO_SETTINGS) -> RowSource:
    """Return the training rows of an imported set as a source on disk, without reading them; data
    that must be read as a whole are in memory.

    Raises:
        Refused, StoreError: as `imported`, but for damage that only reading finds.
    """
    folder = _folder(name, project)
    kind = kind_of(folder.record.kind)
    if folder.record.stored == "hdf5" or kind.is_split(settings):
        return imported(name, project, settings).rows
    train = _shares(folder, large=True)["train"]
    if len(train) < FEWEST:
        raise _too_few(folder, len(train))
    return train


def imported_outline(name: str, project: Path, settings: Settings = NO_SETTINGS) -> Outline:
    """Return the outline of an imported set without reading it.

    Raises:
        Refused, StoreError: as `imported`, but for damage that only reading finds.
    """
    folder = _folder(name, project)
    record = folder.record
    if (parts := _split_of(folder, settings)) is not None:
        return Outline(parts.train.take(slice(0, _FEW)), len(parts.train))
    if kind_of(record.kind).whole:
        whole = _read_all_rows(folder, record.hash)
        return Outline(whole.take(slice(0, _FEW)), len(whole))
    if record.stored != "hdf5":
        numbers = np.arange(min(record.rows, _LOOKED_AT))
        few = StoredRows(folder, numbers, facts_of(folder))
        return Outline(few.few(_FEW), record.rows)
    zeros = np.zeros((1, len(record.columns)), np.float32)
    made_up = {"x": np.concatenate([zeros, zeros + 1])}
    return Outline(kind_of(record.kind).from_parts(made_up, facts_of(folder)), record.rows)


def imported_kind(slug: str, project: Path | None) -> str | None:
    """Return the data type of an imported set, or None if unknown."""
    name = project_name(slug)
    if name is None or project is None:
        return None
    try:
        return Project.open(project).dataset(name).record.kind
    except StoreError:
        return None  # whoever opens it says why


def _folder(name: str, project: Path) -> DatasetFolder:
    folder = Project.open(project).dataset(name)
    # An import takes no fewer than ten rows; smaller sets of before are still learned from.
    if folder.record.rows < FEWEST:
        raise _too_few(folder, folder.record.rows)
    return folder


def _too_few(folder: DatasetFolder, n: int) -> Refused:
    rows = kind_of(folder.record.kind).counted(n)
    return Refused(
        f"The data set {folder.name!r} leaves {rows} for training; a model needs at least "
        f"{FEWEST}.",
        "Import more files together as one data set.",
        kind="data",
        path="dataset",
    )


def _shares(folder: DatasetFolder, *, large: bool) -> dict[str, RowSource]:
    """Return the rows of each of `studio.store.splits.SHARES`, on the disk or in memory."""
    record, facts = folder.record, facts_of(folder)
    whole = _read_all_rows(folder, record.hash) if kind_of(record.kind).whole else None
    share_of = _share_of(folder, None if whole is None else len(whole))
    found: dict[str, RowSource] = {}
    for place, share in enumerate(SHARES):
        numbers = np.flatnonzero(share_of == place)
        if whole is not None:
            found[share] = whole.take(torch.from_numpy(numbers))
            continue
        # Half the memory, where it is held for as long as the training lasts.
        fits = record.rows <= np.iinfo(np.int32).max
        rows = StoredRows(folder, numbers.astype(np.int32) if fits else numbers, facts)
        found[share] = rows if large else rows.take(slice(None))
    return found


def imported_shares(name: str, project: Path, settings: Settings = NO_SETTINGS) -> dict[str, int]:
    """Return how many rows of an imported set are "learned" from, held out to be "measured" with,
    as `imported` measures, and for a last test ("tested"); {} where all are learned from.

    Raises:
        Refused, StoreError: as `imported`, but for damage that only reading finds.
    """
    folder = _folder(name, project)
    record = folder.record
    if record.stored == "hdf5":
        return {}
    if (parts := _split_of(folder, settings)) is not None:
        validates = parts.validation is not None
        held = parts.validation if parts.validation is not None else parts.test
        tested = len(parts.test) if validates else 0
        return {"learned": len(parts.train), "measured": len(held), "tested": tested}
    rows = len(_read_all_rows(folder, record.hash)) if kind_of(record.kind).whole else None
    counts = np.bincount(_share_of(folder, rows), minlength=len(SHARES))
    found = dict(zip(SHARES, counts.tolist(), strict=True))
    measured = next((s for s in ("validation", "test") if found[s]), "")
    return {
        "learned": found["train"],
        "measured": found.get(measured, 0),
        "tested": found["test"] if measured == "validation" else 0,
    }


@lru_cache(maxsize=1)
def _read_all_rows(folder: DatasetFolder, hash_: str) -> RowSource:
    """Return all rows of an imported set that must be read as a whole. The last set is cached by
    its hash, because a form requests it repeatedly.
    """
    kind = kind_of(folder.record.kind)
    return kind.from_parts(_all_parts(folder), facts_of(folder))


def _all_parts(folder: DatasetFolder) -> dict[str, NDArray[Any]]:
    """Return all rows of a set by part: data that are read as a whole may be larger than memory."""
    reader = folder.open()
    if kind_of(folder.record.kind).whole:
        return reader.mapped()
    return reader.rows(np.arange(folder.record.rows))


def _share_of(folder: DatasetFolder, rows: int | None) -> NDArray[np.uint8]:
    """Return the split index of each row of a set, of ``rows`` rows if data are built from several
    stored rows.
    """
    return _remembered(folder, folder.record.hash, folder.record.split, rows)


@lru_cache(maxsize=2)
def _remembered(
    folder: DatasetFolder, hash_: str, split: Split, rows: int | None
) -> NDArray[np.uint8]:
    """A byte a row, a second for ten millions: a run asks more than once."""
    return folder.shares() if rows is None else shares(rows, split)


def find_place(slug: str, project: Path) -> Mapping[str, Any]:
    """Return how imported data lie on the ground, as their files say it; {} where they do not."""
    found = stored_facts(slug, project).get("where")
    return found if isinstance(found, dict) else {}


def stored_facts(slug: str, project: Path) -> Mapping[str, Any]:
    """Return what the import of a set stored of it; {} where there is none, or it is damaged."""
    name = project_name(slug)
    if name is None:
        return {}
    try:
        return Project.open(project).dataset(name).facts
    except StoreError:
        return {}  # whoever reads the data says what is wrong with them


def measured(dataset: Pick, project: Path) -> Generator[bool, None, None]:
    """Have the statistics of a large imported set measured, if they never were; yields False
    meanwhile. Of other sets they are measured as they are read.

    Raises:
        Refused, StoreError: as `imported`.
    """
    name = project_name(dataset.slug)
    if name is None or not _is_large(name, project):
        return
    if kind_of(_folder(name, project).record.kind).is_split(run_settings(dataset)):
        return  # which is in memory
    rows = find_imported(name, project).rows
    assert isinstance(rows, StoredRows)
    yield from rows.prepare()


def _is_large(name: str, project: Path) -> bool:
    record = _folder(name, project).record
    if record.stored == "hdf5" or kind_of(record.kind).whole:
        return False
    outline = imported_outline(name, project)
    numbers = outline.rows * math.prod(outline.spec.shape)
    return numbers * outline.spec.mean.element_size() > LARGE


def find_imported(name: str, project: Path | None, settings: Settings = NO_SETTINGS) -> Dataset:
    """Like `imported`, with every failure put at the dotted setting "dataset".

    Raises:
        Refused: there is no project, no such set, or its file is damaged.
    """
    return _found(imported, name, project, settings)


def find_shares(
    name: str, project: Path | None, settings: Settings = NO_SETTINGS
) -> dict[str, int]:
    """Like `imported_shares`, with every failure put at the dotted setting "dataset".

    Raises:
        Refused: there is no project, no such set, or its record is damaged.
    """
    return _found(imported_shares, name, project, settings)


def find_outline(name: str, project: Path | None, settings: Settings = NO_SETTINGS) -> Outline:
    """Like `imported_outline`, with every failure put at the dotted setting "dataset".

    Raises:
        Refused: there is no project, no such set, or its record is damaged.
    """
    return _found(imported_outline, name, project, settings)


def find_where_it_lies(
    name: str, project: Path | None, settings: Settings = NO_SETTINGS
) -> RowSource:
    """Like `where_it_lies`, with every failure put at the dotted setting "dataset".

    Raises:
        Refused: there is no project, no such set, or its record is damaged.
    """
    return _found(where_it_lies, name, project, settings)


def _found(
    find: Callable[[str, Path, Settings], T], name: str, project: Path | None, settings: Settings
) -> T:
    if project is None or not project.exists():
        raise Refused(f"The imported data set {name!r} needs an open project.", path="dataset")
    try:
        return find(name, project, settings)
    except StoreError as error:
        raise Refused(error.message, error.hint, kind="data", path="dataset") from error
