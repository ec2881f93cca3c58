"""Where the particles of a run start, by which they are coloured: in every lens alike."""

import asyncio

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from pushforward.studio.app.core import async_tasks
from pushforward.studio.app.core.runs import FlowRecord, RunState
from pushforward.studio.app.engine.record_reader import read_record
from pushforward.studio.store.errors import StoreError

__all__ = ["Starts"]


class Starts(QObject):
    """Places (n, 2) at the beginning of the flow; of a model of one step where the first kept
    record has them, and until that is read where the first record has them that came.

    Signals:
        changed: other places are known.
    """

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.places: NDArray[np.float32] | None = None
        self.flows = False  # whether they are places of a flow, and not of a training
        self._asked = ""

    @property
    def count(self) -> int:
        """How many places are known."""
        return 0 if self.places is None else len(self.places)

    def forget(self) -> None:
        """Know nothing: another run is shown, or other columns."""
        self.places, self.flows, self._asked = None, False, ""

    def take(
        self, run: RunState | None, record: FlowRecord, dims: tuple[int, int] = (0, 1)
    ) -> None:
        """Learn of a record; the same array means the same places. Particles that are known keep
        their places: those of a training are where it was first seen.
        """
        if record.x.shape[1] > self.count:
            flows, places = len(record.t) > 1, record.x[0][:, dims]
            if self.places is not None and flows == self.flows:
                places = np.concatenate([self.places, places[self.count :]])
            self._know(places, flows=flows)
        if self.flows or run is None or not run.kept or self._asked == run.key:
            return
        if run.kept[0] < record.step:
            self._asked = run.key
            async_tasks.spawn(self._read(run.key, run.kept[0], dims))

    async def _read(self, key: str, step: int, dims: tuple[int, int]) -> None:
        try:
            first = await asyncio.to_thread(read_record, key, step)
        except StoreError:
            return  # they are then those of the first record seen
        if self._asked == key and first.x.shape[1] >= self.count:
            self._know(first.x[0][:, dims], flows=len(first.t) > 1)

    def _know(self, places: NDArray[np.float32], *, flows: bool) -> None:
        self.places, self.flows = places, flows
        self.changed.emit()
