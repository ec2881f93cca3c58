"""A cache of models in memory, for fast repeated requests."""

import os
from collections import OrderedDict
from dataclasses import dataclass

from pushforward.studio.engine.run.model_loading import Loaded, configure_for, load
from pushforward.studio.store.run import RunFolder

__all__ = ["WarmModels"]

MOST = 4
BYTES = 512 * 2**20
_HELD = 20  # bytes a trained number: weights, averages, moments, and what they are computed with
_LENGTHS = 40  # more, where averages of any length can be made


@dataclass(frozen=True)
class _Key:
    """A checkpoint as it was when it was read."""

    run: RunFolder
    step: int
    written: int
    length: float | None

    @property
    def is_current(self) -> bool:
        """Whether the file is still the one that was read."""
        return _written(self.run, self.step) == self.written


class WarmModels:
    """The models of the last few checkpoints, within a memory limit except for the newest one. A
    model is dropped if its run or checkpoint is gone, or a newer checkpoint of its run is used, or
    others were used more recently.
    """

    def __init__(self, most: int = MOST, limit: int = BYTES) -> None:
        self._most, self._limit = most, limit
        self._held: OrderedDict[_Key, Loaded] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def has(self, run: RunFolder, step: int | None = None, length: float | None = None) -> bool:
        """Whether `get` would answer at once."""
        self._drop_gone()
        return self._key(run, step, length) in self._held

    def get(self, run: RunFolder, step: int | None = None, length: float | None = None) -> Loaded:
        """Return the model of the newest checkpoint of a run, not after ``step`` if that is given,
        averaged over a ``length`` if that is.

        Raises:
            Refused: there is no good checkpoint, or the run does not fit this installation.
            StoreError: the run folder cannot be read.
        """
        self._drop_gone()
        key = self._key(run, step, length)
        if key is not None and key in self._held:
            self._held.move_to_end(key)
            held = self._held[key]
            configure_for(held.resolved, held.family.device)
            return held
        loaded = load(run, step, length)
        if step is None:
            for other in [o for o in self._held if o.run == run and o.step != loaded.step]:
                del self._held[other]
        # A damaged newest file falls back to an older one: ask again next time.
        if key is not None and key.step == loaded.step:
            self._held[key] = loaded
        self._shrink()
        return loaded

    def _key(self, run: RunFolder, step: int | None, length: float | None) -> _Key | None:
        steps = [s for s in run.checkpoints.steps() if step is None or s <= step]
        return _Key(run, steps[-1], _written(run, steps[-1]), length) if steps else None

    def _drop_gone(self) -> None:
        for key in [key for key in self._held if not key.is_current]:
            del self._held[key]

    def _shrink(self) -> None:
        while len(self._held) > 1 and (len(self._held) > self._most or self._bytes() > self._limit):
            self._held.popitem(last=False)

    def _bytes(self) -> int:
        families = [each.family for each in self._held.values()]
        return sum(
            (_HELD + _LENGTHS * family.execution.lengths) * family.parameter_count()
            for family in families
        )


def _written(run: RunFolder, step: int) -> int:
    """Return when the checkpoint of a step was written, in ns; -1 if it is not there."""
    try:
        return os.stat(run.checkpoints.path(step)).st_mtime_ns
    except OSError:
        return -1
