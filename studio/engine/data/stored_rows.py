"""Rows of an imported data set that stay on disk and are read on demand. Statistics are computed
once, in one pass, and cached next to the file.
"""

import hashlib
import logging
import threading
from collections.abc import Generator, Iterator
from functools import cached_property
from pathlib import Path

import numpy as np
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource
from pushforward.models.contracts.spec import DataSpec
from pushforward.studio.engine.data.specs import spec_from, spec_parts
from pushforward.studio.engine.kinds.base import DataKind, Facts, kind_of
from pushforward.studio.store.atomic import write_bytes
from pushforward.studio.store.dataset import DatasetFolder
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.links import stay_inside

__all__ = ["StoredRows", "facts_of"]

_log = logging.getLogger(__name__)
STATISTICS = "statistics.safetensors"
VERSION = "1"
BLOCK = 2**22
"""Bytes of rows that are read at once for the statistics."""


def facts_of(folder: DatasetFolder) -> Facts:
    """Return the stored facts of a data set other than its rows.

    Raises:
        StoreError: its record is damaged.
    """
    record = folder.record
    return Facts(tuple(record.columns), tuple(record.classes), folder.facts, record.split)


class StoredRows:
    """Rows of an imported data set on disk; a `models.contracts.data.RowSource`. Only row numbers
    and requested rows are in memory.
    """

    def __init__(self, folder: DatasetFolder, numbers: np.ndarray, facts: Facts) -> None:
        """``numbers`` (n,), whole numbers, are those of the rows, ascending."""
        self._folder = folder
        self._facts = facts
        self._numbers = numbers
        self._reader = folder.open()
        self._reading = threading.Lock()
        self._kind: DataKind = kind_of(folder.record.kind)
        self._spec: DataSpec | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the numbers of a row."""
        return self._facts.columns

    def __len__(self) -> int:
        return len(self._numbers)

    def spec(self) -> DataSpec:
        """Return the spec of the data; the first call reads every row."""
        for _ in self.prepare():
            pass
        assert self._spec is not None
        return self._spec

    def prepare(self) -> Generator[bool, None, None]:
        """Have the statistics measured, if they never were; yields False meanwhile."""
        if self._spec is not None:
            return
        found = self._kept()
        if found is None:
            _log.info("The statistics of %s are measured; this happens once.", self._folder.name)
            measuring = self._kind.measuring(self.outline())
            for block in self._blocks():
                measuring.add(block)
                yield False
            found = measuring.spec()
            self._keep(found)
        self._spec = found

    def outline(self) -> DataSpec:
        """Return their spec as a few of them have it, with statistics of those few."""
        return self.few(64).spec()

    def few(self, n: int) -> RowSource:
        """Return at most n of them, evenly spaced, in memory."""
        step = max(1, len(self) // n)
        return self._read(self._numbers[::step][:n])

    def rows(self, index: Tensor | slice) -> Batch:
        """Return some rows."""
        return self._read(self._chosen(index)).rows(slice(None))

    def take(self, index: Tensor | slice) -> RowSource:
        """Return some of the rows, in memory, with all else that is known."""
        return self._read(self._chosen(index))

    def _chosen(self, index: Tensor | slice) -> np.ndarray:
        return self._numbers[index if isinstance(index, slice) else index.numpy()]

    def _read(self, numbers: np.ndarray) -> RowSource:
        with self._reading:
            parts = self._reader.rows(numbers)
            # The pages of a map count as memory of this process as long as it stands.
            self._reader.close()
        return self._kind.from_parts(parts, self._facts)

    def _blocks(self) -> Iterator[Batch]:
        row = max(1, sum(part.row_bytes for part in self._reader.parts))
        size = max(1, BLOCK // row)
        for start in range(0, len(self), size):
            yield self.rows(slice(start, start + size))

    @property
    def _path(self) -> Path:
        return self._folder.path / STATISTICS

    @cached_property
    def _key(self) -> str:
        """Return the cache key of the statistics: the rows and the method."""
        numbers = hashlib.sha256(np.ascontiguousarray(self._numbers, "<i8").data).hexdigest()
        return f"{VERSION} {self._folder.record.hash} {numbers}"

    def _kept(self) -> DataSpec | None:
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(self._path, "pt") as file:
                metadata = file.metadata() or {}
                if metadata.get("rows") != self._key:
                    return None
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            found = spec_from(tensors, metadata["spec"])
        except FileNotFoundError:
            return None
        except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
            _log.info("The statistics in %s are measured again: %s", self._path, error)
            return None
        return found if found.shape == self.outline().shape else None

    def _keep(self, spec: DataSpec) -> None:
        from safetensors.torch import save

        tensors, said = spec_parts(spec)
        try:
            stay_inside(self._path)
            write_bytes(self._path, save(tensors, {"rows": self._key, "spec": said}), durable=False)
        except (OSError, StoreError) as error:
            _log.info("The statistics are not kept, and will be measured again: %s", error)
