"""A training step in slow motion: stage by stage, with what each stage has at hand."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from models.contracts.learner import LAW, VELOCITIES, Scene, Walk, finish
from models.contracts.spec import DataSpec
from studio.engine.watch.telling import likeliest
from studio.protocol.extras import CANDIDATES, CHANCES
from studio.protocol.records import SCENE

__all__ = ["StagedStep", "scene_arrays"]


class StagedStep:
    """One step that waits between its stages.

    Attributes:
        stage: the name of the last stage that is done, "" before the first.
        scene: what it had at hand.
    """

    def __init__(self, walk: Walk) -> None:
        self.stage = ""
        self.scene: Scene = {}
        self._walk = walk
        self._metrics: dict[str, Tensor] | None = None

    def advance(self) -> bool:
        """Do the next stage; False if there was none left, and the step is complete."""
        try:
            self.stage, self.scene = next(self._walk)
        except StopIteration as end:
            self._metrics = end.value
            return False
        return True

    def finish(self) -> dict[str, Tensor]:
        """Do what is left, and return the scalars of the step."""
        if self._metrics is None:
            self._metrics = finish(self._walk)
        return self._metrics


def scene_arrays(spec: DataSpec, scene: Mapping[str, Tensor], most: int) -> dict[str, NDArray[Any]]:
    """Return the arrays "scene:..." of a record: at most so many rows, in data units, whole numbers
    as they are; of laws the likeliest symbols, as records have them.
    """
    arrays: dict[str, NDArray[Any]] = {}
    for name, x in scene.items():
        rows = x[:most].detach().cpu()
        if name == LAW:
            arrays[f"{SCENE}{CANDIDATES}"], arrays[f"{SCENE}{CHANCES}"] = likeliest(rows, spec)
            continue
        if rows.is_floating_point():
            rows = rows.float()
        if name not in VELOCITIES:
            rows = spec.restore(rows)
        elif spec.symbols is None:
            rows = rows * spec.std
        arrays[f"{SCENE}{name}"] = np.ascontiguousarray(rows.numpy())
    return arrays
