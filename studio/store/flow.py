"""The kept flow of fixed particles: one HDF5 file a training step, and ``flow.h5`` over them.

``flow.h5`` is a tiny index of external links, so that the whole history opens as one file in any
HDF5 reader; it is rewritten atomically after each record. When the store is full, every other
record goes, and the first and the last stay: it spans the whole run at any length.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from studio.store import hdf5
from studio.store.atomic import make_folder
from studio.store.errors import Damaged, StoreError
from studio.store.links import stay_inside
from studio.store.migrate import CURRENT, upgrade

__all__ = ["FlowStore", "StoredRecord", "halve"]

Floats = NDArray[np.float32]
_NAME = re.compile(r"step-(\d{8,})\.h5")


@dataclass(frozen=True)
class StoredRecord:
    """The fixed particles at one training step, in data units.

    t (T,), x (T, n, d), or (T, n, C, H, W) of images, row i always the same particle; layers by
    name, (T or 1, r, r) scalars or (T or 1, r, r, 2) vectors over ``bounds`` (x0, x1, y0, y1; empty
    where there are no layers);
    extras by name, arrays of any shape whose meaning `studio.protocol.messages.Record` has.
    """

    step: int
    t: Floats
    x: Floats
    layers: dict[str, Floats] = field(default_factory=dict)
    bounds: tuple[float, ...] = ()
    extras: dict[str, Floats] = field(default_factory=dict)


class FlowStore:
    """The flow records of one run. One process writes; any may read."""

    def __init__(self, run: Path, capacity: int = 64) -> None:
        if capacity < 3:
            raise ValueError(f"capacity must be at least 3, got {capacity}")
        self.run = Path(run)
        self.folder = self.run / "flow"
        self.index = self.run / "flow.h5"
        self.capacity = capacity

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
        step: int,
        t: ArrayLike,
        x: ArrayLike,
        layers: Mapping[str, ArrayLike] | None = None,
        bounds: Sequence[float] = (),
        extras: Mapping[str, ArrayLike] | None = None,
    ) -> list[int]:
        """Store a record (shapes as in `StoredRecord`) and return the steps that are kept now.

        Raises:
            ValueError: the shapes do not fit together.
            StoreError: the disk refused (`DiskFull`: there is no room).
        """
        record = StoredRecord(
            step,
            np.asarray(t, np.float32),
            np.asarray(x, np.float32),
            _floats(layers),
            tuple(float(b) for b in bounds),
            _floats(extras),
        )
        _check(record)
        make_folder(self.folder)
        hdf5.write(self.path(step), lambda file: _fill(file, record))
        steps = self.steps()
        kept = halve(steps) if len(steps) > self.capacity else steps
        # The index first: it never names a file that is gone.
        self._write_index(kept)
        for gone in set(steps) - set(kept):
            self.path(gone).unlink(missing_ok=True)
        return kept

    def load(self, step: int) -> StoredRecord:
        """Return the record of a step.

        Raises:
            Damaged: its file is not what it should be.
            StoreError: there is none (it may just have been thinned out).
        """
        path = self.path(step)
        with hdf5.opened(path) as file:
            upgrade("flow", {"format": int(file.attrs["format"])}, path)
            record = StoredRecord(
                int(file.attrs["step"]),
                np.asarray(hdf5.values(file, "t")),
                np.asarray(hdf5.values(file, "x"), np.float32),
                _group(file, "layers"),
                tuple(float(b) for b in file.attrs["bounds"]),
                # Records of earlier versions have none.
                _group(file, "extras") if "extras" in file else {},
            )
            _check(record)
        return record

    def nearest(self, step: int) -> tuple[StoredRecord | None, list[str]]:
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
        """Drop the records after a training step: a run goes on from there."""
        stay_inside(self.folder)
        steps = self.steps()
        if not steps or steps[-1] <= step:
            return
        self._write_index([s for s in steps if s <= step])
        for later in (s for s in steps if s > step):
            self.path(later).unlink(missing_ok=True)

    def recover(self) -> list[str]:
        """Set damaged records aside (as ``.damaged``), rewrite the index, and name them.

        For the owner, before it goes on writing after a crash.
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


def halve(steps: Sequence[int]) -> list[int]:
    """Return every other step, with the first and the last."""
    kept = list(steps[::2])
    if steps and kept[-1] != steps[-1]:
        kept.append(steps[-1])
    return kept


def _floats(arrays: Mapping[str, ArrayLike] | None) -> dict[str, Floats]:
    return {name: np.asarray(value, np.float32) for name, value in (arrays or {}).items()}


def _group(file: Any, name: str) -> dict[str, Floats]:
    return {str(key): np.asarray(hdf5.values(file[name], key)) for key in file[name]}


def _check(record: StoredRecord) -> None:
    t, x = record.t, record.x
    if t.ndim != 1 or x.ndim < 3 or x.shape[0] != t.shape[0] or not x.size:
        raise ValueError(f"t must be (T,) and x (T, n, *shape), got {t.shape} and {x.shape}")
    if record.layers and len(record.bounds) != 4:
        raise ValueError(f"layers need bounds x0, x1, y0, y1, got {record.bounds}")
    for name, layer in record.layers.items():
        if layer.ndim not in (3, 4) or layer.shape[0] not in (1, t.shape[0]):
            raise ValueError(f"layer {name!r} must be (T or 1, r, r[, 2]), got {layer.shape}")
    for name, extra in record.extras.items():
        if extra.ndim == 0 or not extra.size:
            raise ValueError(f"extra {name!r} must be an array with values, got {extra.shape}")


def _fill(file: Any, record: StoredRecord) -> None:
    file.attrs["format"] = CURRENT["flow"]
    file.attrs["step"] = record.step
    file.attrs["bounds"] = np.asarray(record.bounds, np.float64)
    file["t"] = record.t
    # A checksum a frame: a flipped bit is reported, not drawn.
    chunk = (1, *record.x.shape[1:])
    # The eye sees no more of pixels than half the bits hold.
    x = record.x if record.x.ndim == 3 else record.x.astype(np.float16)
    file.create_dataset("x", data=x, chunks=chunk, fletcher32=True)
    layers = file.create_group("layers")
    for name, layer in record.layers.items():
        layers.create_dataset(name, data=layer, chunks=(1, *layer.shape[1:]), fletcher32=True)
    extras = file.create_group("extras")
    for name, extra in record.extras.items():
        extras.create_dataset(name, data=extra, chunks=extra.shape, fletcher32=True)
