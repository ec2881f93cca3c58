"""Kept records of a run, read from its folder in a worker thread: the latest request wins.
Scrubbing requests many steps in a row, and only the last one is read. A few are remembered, and the
neighbours of the one shown are read ahead.
"""

import asyncio
from collections import OrderedDict
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from pushforward.studio.app.core import async_tasks
from pushforward.studio.app.core.runs import FlowRecord
from pushforward.studio.app.engine.mirrored_files import bring

__all__ = ["RecordLoader", "read_newest", "read_particle", "read_record"]

REMEMBERED = 9  # records; of 4,096 particles at 24 flow times each is 0.8 MB


def read_record(key: str, step: int) -> FlowRecord:
    """Read the kept record of a step from a run folder.

    Raises:
        StoreError: it is damaged, or was thinned out meanwhile.
    """
    from pushforward.studio.store.flow import FlowStore

    store = FlowStore(Path(key))
    bring(store.path(step))
    return store.load(step)


def read_newest(key: str) -> FlowRecord | None:
    """Read the newest kept record from a run folder, None where none is kept.

    Raises:
        StoreError: it is damaged, or was thinned out meanwhile.
    """
    from pushforward.studio.store.flow import FlowStore

    store = FlowStore(Path(key))
    steps = store.steps()
    if not steps:
        return None
    bring(store.path(steps[-1]))
    return store.load(steps[-1])


def read_particle(key: str, particle: int, t: float) -> np.ndarray:
    """Return where a particle was at a flow time in each kept record, (k, d), oldest first.

    Damaged records are passed over: the line then lacks a point, and is still true.
    """
    from pushforward.studio.store.errors import StoreError
    from pushforward.studio.store.flow import FlowStore

    store = FlowStore(Path(key))
    places = []
    for step in store.steps():
        try:
            bring(store.path(step))
            record = store.load(step)
        except StoreError:
            continue
        if particle < record.x.shape[1]:
            way = record.x[:, particle]
            places.append([np.interp(t, record.t, way[:, d]) for d in range(way.shape[1])])
    return np.asarray(places, dtype=np.float32)


class RecordLoader(QObject):
    """Reads records one at a time.

    Signals:
        loaded: (run key, FlowRecord) that was requested.
        failed: (run key, step, message for the user).
    """

    loaded = Signal(str, object)
    failed = Signal(str, int, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kept: OrderedDict[tuple[str, int], FlowRecord] = OrderedDict()
        self._wish: tuple[str, int] | None = None
        self._ahead: list[tuple[str, int]] = []
        self._busy = False

    def want(self, key: str, step: int, kept: list[int]) -> FlowRecord | None:
        """Return a record if it is at hand; otherwise `loaded` brings it. ``kept`` are all steps
        that there are: the neighbours are read ahead.
        """
        place = kept.index(step) if step in kept else -1
        near = kept[max(0, place - 1) : place + 3] if place >= 0 else []
        self._ahead = [(key, s) for s in near if (key, s) not in self._kept]
        found = self._kept.get((key, step))
        self._wish = None if found is not None else (key, step)
        if found is not None:
            self._kept.move_to_end((key, step))
        if not self._busy and (self._wish or self._ahead):
            self._busy = True
            async_tasks.spawn(self._work())
        return found

    def forget(self) -> None:
        """Drop all that is remembered and wished for."""
        self._kept.clear()
        self._wish, self._ahead = None, []

    async def _work(self) -> None:
        try:
            while isValid(self) and (job := self._next()) is not None:
                await self._read(*job)
        finally:
            self._busy = False

    def _next(self) -> tuple[str, int] | None:
        if self._wish is not None:
            return self._wish
        return self._ahead.pop(0) if self._ahead else None

    async def _read(self, key: str, step: int) -> None:
        from pushforward.studio.store.errors import StoreError

        problem = ""
        record = self._kept.get((key, step))
        if record is None:
            try:
                record = await asyncio.to_thread(read_record, key, step)
            except (StoreError, OSError) as error:
                problem = str(error)
            if not isValid(self):
                return  # its lens was closed meanwhile
        wished = self._wish == (key, step)
        if wished:
            self._wish = None
        if record is None:
            if wished:
                self.failed.emit(key, step, problem)
            return
        self._kept[key, step] = record
        while len(self._kept) > REMEMBERED:
            self._kept.popitem(last=False)
        if wished:
            self.loaded.emit(key, record)
