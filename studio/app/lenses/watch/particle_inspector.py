"""The particle that was clicked on a flow canvas: its life in lines, and in words."""

import asyncio

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.charts.overlays import ParticleCard
from pushforward.studio.app.charts.particle_canvas import ParticleCanvas
from pushforward.studio.app.charts.particle_path import Life
from pushforward.studio.app.core import async_tasks
from pushforward.studio.app.core.runs import FlowRecord, RunState
from pushforward.studio.app.engine.record_reader import read_particle
from pushforward.studio.app.text.number_ticks import number

__all__ = ["OneParticle"]


class OneParticle:
    """Follows the selection of one canvas."""

    def __init__(self, parent: QWidget, canvas: ParticleCanvas) -> None:
        self._canvas = canvas
        self.card = ParticleCard(parent, lambda: canvas.picked.emit(-1))
        self._run: RunState | None = None
        self._record: FlowRecord | None = None
        self._dims = (0, 1)

    def set_record(
        self, run: RunState | None, record: FlowRecord | None, dims: tuple[int, int]
    ) -> None:
        """Take over what is shown now."""
        self._run, self._record, self._dims = run, record, dims
        self.tell()

    def pick(self, particle: int) -> None:
        """Select a particle, -1 for none."""
        run, record = self._run, self._record
        if particle < 0 or record is None or run is None or particle >= record.x.shape[1]:
            self._canvas.set_life(None)
            self.card.hide()
            return
        self._canvas.set_life(self._life(record, particle, None))
        self.tell()
        if run.kept:
            async_tasks.spawn(self._training_of(run.key, particle, self._canvas.flow))

    async def _training_of(self, key: str, particle: int, t: float) -> None:
        places = await asyncio.to_thread(read_particle, key, particle, t)
        run, record = self._run, self._record
        same = run is not None and run.key == key and self._canvas.selection == particle
        if same and record is not None:
            way = places[:, self._dims] if len(places) else None
            self._canvas.set_life(self._life(record, particle, way))

    def _life(
        self, record: FlowRecord, particle: int, training: NDArray[np.float32] | None
    ) -> Life:
        way = record.x[:, particle][:, self._dims]
        return Life(particle, self._canvas.ink(particle), way, training)

    def tell(self) -> None:
        """Say where the particle is now."""
        particle, record = self._canvas.selection, self._record
        if particle < 0 or record is None or particle >= record.x.shape[1]:
            self.card.hide()
            return
        self.card.tell(f"Particle {particle:,}", [" ".join(fact) for fact in self.facts(particle)])

    def facts(self, particle: int) -> list[tuple[str, str]]:
        """Return the facts of a particle's trajectory."""
        record = self._record
        if record is None or particle >= record.x.shape[1]:
            return []
        way = record.x[:, particle][:, self._dims]
        t = self._canvas.flow
        now = [float(np.interp(t, record.t, way[:, d])) for d in (0, 1)]
        found = [("Now at", f"{number(now[0])}, {number(now[1])}")]
        if len(way) > 1:
            start = f"{number(float(way[0, 0]))}, {number(float(way[0, 1]))}"
            length = float(np.hypot(*np.diff(way, axis=0).T).sum())
            found = [("Started at", start), *found, ("Way of length", number(length))]
        return found
