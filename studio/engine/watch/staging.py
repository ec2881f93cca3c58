"""A training step in slow motion: stage by stage, with what each stage has at hand."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from pushforward.models.contracts.abilities import Classifies, Recommends, ShowsOwnLoss
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.learner import (
    CLOCKS,
    LAW,
    LOSS,
    VELOCITIES,
    Learner,
    Scene,
    finish,
)
from pushforward.models.contracts.spec import LABEL, DataSpec
from pushforward.models.layouts.histories import PADDING, sizes
from pushforward.studio.engine.watch.prediction_log import likeliest
from pushforward.studio.protocol.extras import ANSWERS, CANDIDATES, CHANCES, WANTED
from pushforward.studio.protocol.records import GIVEN, SCENE

__all__ = ["StagedStep", "scene_arrays"]

TOP = 8  # classes or items of an answer


class StagedStep:
    """One step of a learner on a batch, that waits between its stages.

    Attributes:
        stage: the name of the last stage that is done, "" before the first.
        scene: what it had at hand.
    """

    def __init__(self, learner: Learner[Any], batch: Rows) -> None:
        self.stage = ""
        self.scene: Scene = {}
        self._learner, self._spec, self._batch = learner, learner.spec, Batch.of(batch)
        self._field = getattr(learner, "field", None)
        self._walk = learner.walk(batch)
        self._metrics: dict[str, Tensor] | None = None

    def arrays(self, most: int) -> dict[str, NDArray[Any]]:
        """Return what the last stage had at hand, as `scene_arrays` has it; {} before the first."""
        if not self.scene:
            return {}
        scene = {**self.scene, **self._own_loss(most)}
        return {**scene_arrays(self._spec, scene, most, self._batch), **self._answers(most)}

    def _answers(self, most: int) -> dict[str, NDArray[Any]]:
        """Return what a classifier or a recommender answers now about the first rows: "answers"
        (n, k), classes from 0 or items from 1, likeliest first; their "chances" (n, k); and
        "wanted" (n,), the answer that the data have, which is no input of the model.
        """
        some = self._batch.take(slice(most))
        if isinstance(self._learner, Recommends):
            last = (sizes(some.x) - 1).clamp_min(0)[:, None]
            wanted = some.x.gather(1, last)[:, 0]
            histories = Batch(some.x.scatter(1, last, PADDING), some.mask, some.given)
            chances, first = self._learner.recommend(histories).float().softmax(dim=1), 1
        elif isinstance(self._learner, Classifies) and LABEL in some.given:
            wanted, first = some.given[LABEL], 0
            chances = self._learner.classify(some).float().exp()
        else:
            return {}
        top, numbers = chances.topk(min(TOP, chances.shape[1]), dim=1)
        found = {ANSWERS: numbers + first, CHANCES: top, WANTED: wanted.long()}
        return {f"{SCENE}{name}": each.detach().cpu().numpy() for name, each in found.items()}

    def _own_loss(self, most: int) -> Scene:
        """Return the own loss of the first particles, and what explains it, where it is known."""
        if not isinstance(self._field, ShowsOwnLoss):
            return {}
        some = {name: each[:most] for name, each in self.scene.items()}
        return self._field.own_loss(some, self._batch)

    def advance(self) -> bool:
        """Do the next stage; False if there was none left, and the step is complete."""
        try:
            self.stage, self.scene = next(self._walk)
        except StopIteration as end:
            self._metrics = end.value
            return False
        return True

    def finish(self) -> dict[str, Tensor]:
        """Run the remaining stages, and return the scalars of the step."""
        if self._metrics is None:
            self._metrics = finish(self._walk)
        return self._metrics


def scene_arrays(
    spec: DataSpec, scene: Mapping[str, Tensor], most: int, batch: Batch | None = None
) -> dict[str, NDArray[Any]]:
    """Return the arrays "scene:..." of a record: at most ``most`` rows, in data units, integers
    unchanged, clocks too; for categorical distributions the most likely symbols. Padded places are
    0, and conditions are "scene:given:...".
    """
    arrays: dict[str, NDArray[Any]] = {}
    padded = batch is not None and batch.mask is not None
    if batch is not None:
        some = {name: batch.given[name][:most].cpu() for name in spec.given if name in batch.given}
        told = spec.restored_given(some)
        arrays |= {f"{SCENE}{GIVEN}{name}": values.numpy() for name, values in told.items()}
    for name, x in scene.items():
        rows = x[:most].detach().cpu()
        if name in CLOCKS or name == LOSS:
            arrays[f"{SCENE}{name}"] = np.ascontiguousarray(rows.numpy())
            continue
        if name == LAW:
            arrays[f"{SCENE}{CANDIDATES}"], arrays[f"{SCENE}{CHANCES}"] = likeliest(rows, spec)
            continue
        if rows.is_floating_point():
            rows = rows.float()
        if name not in VELOCITIES:
            rows = _zeroed(spec.restore(rows), rows) if padded else spec.restore(rows)
        elif spec.symbols is None:
            rows = rows * spec.std
        arrays[f"{SCENE}{name}"] = np.ascontiguousarray(rows.numpy())
    return arrays


def _zeroed(restored: Tensor, rows: Tensor) -> Tensor:
    """Return rows (n, k, ...) in data units with 0 where a place is padded: there alone all that is
    standardised is exactly 0.
    """
    places = rows.reshape(*rows.shape[:2], -1)
    empty = (places == 0).all(dim=-1)
    return restored.masked_fill(empty.reshape(empty.shape + (1,) * (rows.ndim - 2)), 0)
