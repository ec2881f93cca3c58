"""The kept flow of fixed particles: one HDF5 file a training step, and ``flow.h5`` over them.

``flow.h5`` is a tiny index of external links, so that the whole history opens as one file in any
HDF5 reader; it is rewritten atomically after each record, or by a training with each checkpoint.
When the store is full, every other record goes, and the first and the last stay: it spans the whole
run at any length.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.protocol.records import EXTRA, GIVEN, LAYER, FlowRecord
from pushforward.studio.store import hdf5
from pushforward.studio.store.atomic import make_folder
from pushforward.studio.store.contents import read_arrays, read_numbers
from pushforward.studio.store.errors import Damaged, StoreError
from pushforward.studio.store.links import stay_inside
from pushforward.studio.store.migrate import CURRENT, upgrade

__all__ = ["FlowStore", "halve"]

Arrays = dict[str, NDArray[Any]]
_NAME = re.compile(r"step-(\d{8,})\.h5")
_GROUPS = {LAYER: "layers", EXTRA: "extras", GIVEN: "given"}


class FlowStore:
    """The flow records of one run: at most ``capacity`` of them, in ``room`` bytes (0: no limit).
    One process writes; any may read.
    """

    def __init__(self, run: Path, capacity: int = 64, room: int = 0) -> None:
        if capacity < 3:
            raise ValueError(f"capacity must be at least 3, got {capacity}")
        self.run = Path(run)
        self.folder = self.run / "flow"
        self.index = self.run / "flow.h5"
        self.capacity = capacity
        self.room = room
        self._behind = False
        """Whether a record was kept that the index does not name."""

    def path(self, step: int) -> Path:
        """Return where the record of a step is, or would be."""
        return self.folder / f"step-{step:08d}.h5"

    def steps(self) -> list[int]:
        """Return the steps that have a record, rising; the files are not opened."""
        if not self.folder.is_dir():
            return []
        names = (_NAME.fullmatch(p.name) for p in self.folder.iterdir())
        return sorted(int(m[1]) for m in names if m)

    def keep(
        self,
        record: FlowRecord,
        types: Mapping[str, str] | None = None,
        *,
        listed: bool = True,
    ) -> list[int]:
        """Store a record and return the kept steps. ``types`` gives arrays that need fewer bits
        ("float16"). If not ``listed``, the record enters the index at the next `sync`, since
        rewriting it costs as much as a record.

        Raises:
            ValueError: inconsistent shapes.
            StoreError: the disk refused (`DiskFull`: there is no room).
        """
        arrays = {name: np.asarray(values) for name, values in record.arrays.items()}
        _check(record.step, arrays, record.bounds)
        for name, kind in (types or {}).items():
            if name in arrays:
                arrays[name] = _narrowed(name, arrays[name], kind)
        make_folder(self.folder)
        hdf5.write(self.path(record.step), lambda file: _fill(file, record, arrays))
        steps = self.steps()
        kept = halve(steps) if len(steps) > self.capacity else steps
        while len(kept) > 2 and self.room and self._size(kept) > self.room:
            kept = halve(kept)
        gone = set(steps) - set(kept)
        # The index first: it never names a file that is gone.
        if listed or gone:
            self._write_index(kept)
        else:
            self._behind = True
        for step in gone:
            self.path(step).unlink(missing_ok=True)
        return kept

    def sync(self) -> None:
        """Let the index name all records, if one was not listed.

        Raises:
            StoreError: the disk refused.
        """
        if self._behind:
            self._write_index(self.steps())

    def load(self, step: int) -> FlowRecord:
        """Return the record of a step; numbers of 16 bits come back as 32, to compute with.

        Raises:
            Damaged: its file is not what it should be.
            StoreError: there is none (it may just have been thinned out).
        """
        path = self.path(step)
        with hdf5.opened(path) as file:
            upgrade("flow", {"format": int(read_numbers(file, "format"))}, path)
            arrays = _read(file)
            bounds = tuple(float(b) for b in read_numbers(file, "bounds"))
            record = FlowRecord(int(read_numbers(file, "step")), arrays, bounds)
            _check(record.step, arrays, bounds)
        return record

    def nearest(self, step: int) -> tuple[FlowRecord | None, list[str]]:
        """Return the intact record nearest to a step, and the names of damaged ones passed over."""
        skipped: list[str] = []
        for near in sorted(self.steps(), key=lambda s: (abs(s - step), s)):
            try:
                return self.load(near), skipped
            except StoreError:
                if self.path(near).exists():  # else it was thinned out meanwhile
                    skipped.append(self.path(near).name)
        return None, skipped

    def truncate_after(self, step: int) -> None:
        """Drop the records after a training step, before the run resumes from it."""
        stay_inside(self.folder)
        steps = self.steps()
        if not steps or steps[-1] <= step:
            return
        self._write_index([s for s in steps if s <= step])
        for later in (s for s in steps if s > step):
            self.path(later).unlink(missing_ok=True)

    def recover(self) -> list[str]:
        """Rename damaged records (to ``.damaged``), rewrite the index, and return their names. For
        the owner, before writing after a crash.
        """
        stay_inside(self.folder)
        damaged = []
        for step in self.steps():
            try:
                self.load(step)
            except Damaged:
                path = self.path(step)
                with suppress(OSError):
                    path.replace(path.with_suffix(".h5.damaged"))
                    damaged.append(path.name)
        if self.steps() or self.index.exists():
            self._write_index(self.steps())
        return damaged

    def _size(self, steps: Sequence[int]) -> int:
        """Return the bytes that the records of some steps take."""
        return sum(self.path(step).stat().st_size for step in steps)

    def _write_index(self, steps: Sequence[int]) -> None:
        import h5py

        def fill(file: Any) -> None:
            file.attrs["format"] = CURRENT["flow"]
            file.attrs["steps"] = np.asarray(steps, np.int64)
            for step in steps:
                name = self.path(step).name
                file[name.removesuffix(".h5")] = h5py.ExternalLink(f"flow/{name}", "/")

        # Not worth waiting for the disk: `recover` makes it again from the records.
        hdf5.write(self.index, fill, durable=False)
        self._behind = False


def halve(steps: Sequence[int]) -> list[int]:
    """Return every other step, with the first and the last."""
    kept = list(steps[::2])
    if steps and kept[-1] != steps[-1]:
        kept.append(steps[-1])
    return kept


def _narrowed(name: str, values: NDArray[Any], kind: str) -> NDArray[Any]:
    if np.dtype(kind).kind != "f" or values.dtype.kind != "f":
        raise ValueError(f"{name!r} of {values.dtype} cannot be kept as {kind}")
    return values.astype(kind)


def _read(file: Any) -> Arrays:
    """Return all arrays of a file by their names; those of earlier versions lack some groups."""
    prefixes = {group: prefix for prefix, group in _GROUPS.items()}
    found = read_arrays(file, groups=tuple(prefixes))
    return {_named(place, prefixes): _widened(values) for place, values in found.items()}


def _named(place: str, prefixes: Mapping[str, str]) -> str:
    """Return the name of an array at a place of the file: "layers/a" is a layer."""
    group, slash, key = place.partition("/")
    return f"{prefixes[group]}{key}" if slash else place


def _widened(values: NDArray[Any]) -> NDArray[Any]:
    return values.astype(np.float32) if values.dtype == np.float16 else values


def _check(step: int, arrays: Mapping[str, NDArray[Any]], bounds: Sequence[float]) -> None:
    t, x = arrays["t"], arrays["x"]
    if t.ndim != 1 or x.ndim < 3 or x.shape[0] != t.shape[0] or not x.size:
        raise ValueError(f"t must be (T,) and x (T, n, *shape), got {t.shape} and {x.shape}")
    if bounds and len(bounds) != 4:
        raise ValueError(f"bounds must be x0, x1, y0, y1, got {bounds}")
    for name, values in arrays.items():
        if values.dtype.kind not in "biuf":
            raise ValueError(f"{name!r} of step {step} must be numbers, got {values.dtype}")
        if values.ndim == 0 or not values.size:
            raise ValueError(f"{name!r} must be an array with values, got {values.shape}")
        told = name == "mask" or name.startswith(GIVEN)
        if told and len(values) != x.shape[1]:
            raise ValueError(f"{name!r} must be of {x.shape[1]} particles, got {values.shape}")
        if name.startswith(LAYER):
            _check_layer(name, values, len(t), bounds)


def _check_layer(name: str, layer: NDArray[Any], times: int, bounds: Sequence[float]) -> None:
    if not bounds:
        raise ValueError(f"{name!r} needs bounds x0, x1, y0, y1, got {bounds}")
    if layer.ndim not in (3, 4) or layer.shape[0] not in (1, times):
        raise ValueError(f"{name!r} must be (T or 1, r, r[, 2]), got {layer.shape}")


def _fill(file: Any, record: FlowRecord, arrays: Mapping[str, NDArray[Any]]) -> None:
    file.attrs["format"] = CURRENT["flow"]
    file.attrs["step"] = record.step
    file.attrs["bounds"] = np.asarray(record.bounds, np.float64)
    for name, values in arrays.items():
        prefix = next((p for p in _GROUPS if name.startswith(p)), "")
        place = f"{_GROUPS[prefix]}/{name.removeprefix(prefix)}" if prefix else name
        # A checksum a frame: a flipped bit is reported, not drawn.
        framed = name == "x" or prefix == LAYER
        chunk = (1, *values.shape[1:]) if framed else values.shape
        file.create_dataset(place, data=values, chunks=chunk, fletcher32=True)
