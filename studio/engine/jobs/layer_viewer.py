"""Layers on demand: of a training that is going on, or of a checkpoint."""

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pushforward.models.contracts.learner import Learner
from pushforward.models.contracts.presentation import Layer
from pushforward.studio.engine.jobs.job import Job
from pushforward.studio.engine.jobs.live_model import copy_model
from pushforward.studio.engine.jobs.training import training_of
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.model_cache import WarmModels
from pushforward.studio.engine.watch.recorder import evaluate_points, grid
from pushforward.studio.protocol.messages import QueryLayer
from pushforward.studio.store.run import RunFolder

__all__ = ["LayerViewer", "Look"]

MAX_RESOLUTION = 512
PIECE = 256


@dataclass(frozen=True)
class Look:
    """A layer over a grid, evaluated in pieces, since a likelihood may take seconds."""

    family: Learner[Any]
    layer: Layer
    step: int
    query: QueryLayer

    def work(self) -> Generator[bool, None, NDArray[Any]]:
        """Evaluate; yields False between pieces. Returns (r, r) or (r, r, 2)."""
        query = self.query
        points = grid(query.bounds, query.resolution)
        parts = []
        for piece in torch.split(points, PIECE):
            parts.append(evaluate_points(self.family, self.layer, piece, query.t))
            yield False
        values: NDArray[Any] = np.concatenate(parts)
        return values.reshape(query.resolution, query.resolution, *values.shape[1:])


class LayerViewer:
    """Evaluates layers, of trainings that are going on or of ``warm`` models."""

    def __init__(self, warm: WarmModels) -> None:
        self._warm = warm

    def layer(self, query: QueryLayer, jobs: Iterable[Job]) -> "Look":
        """Return a look at the layer, ready to be worked on.

        Raises:
            Refused: there is no such layer, no checkpoint, or the request makes no sense.
        """
        family, step = self._family(query, jobs)
        layer = next((la for la in family.layers if la.name == query.layer), None)
        if layer is None:
            known = ", ".join(la.name for la in family.layers) or "none"
            raise Refused(f"This model has no layer {query.layer!r}; it has: {known}.")
        if family.spec.shape != (2,) or len(query.bounds) != 4:
            raise Refused("Layers are drawn for points of the plane, over four bounds.")
        x0, x1, y0, y1 = query.bounds
        if not (np.isfinite(query.bounds).all() and x0 < x1 and y0 < y1):
            raise Refused(f"The bounds must be finite and rising, got {query.bounds}.")
        if not 1 <= query.resolution <= MAX_RESOLUTION or not 0.0 <= query.t <= 1.0:
            raise Refused(f"The resolution must be 1 to {MAX_RESOLUTION}, and t 0 to 1.")
        return Look(family, layer, step, query)

    def _family(self, query: QueryLayer, jobs: Iterable[Job]) -> tuple[Learner[Any], int]:
        run = RunFolder(Path(query.run))
        if query.step is None:
            job = training_of(run, jobs)
            if job is not None and job.session is not None:
                return copy_model(job.session), job.step
        loaded = self._warm.get(run, query.step)
        return loaded.family, loaded.step
