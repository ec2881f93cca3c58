"""Choose how the rows of a data set become batches of a training."""

from typing import Any

from pushforward.models.contracts.data import MakesBatches
from pushforward.models.contracts.learner import Learner
from pushforward.studio.engine.data.batches import Batches, Fed, Fresh, Mirrored, Shuffled, Streamed
from pushforward.studio.engine.data.datasets import Dataset
from pushforward.studio.engine.data.stored_rows import StoredRows
from pushforward.studio.engine.kinds.compatibility import entry_of
from pushforward.studio.engine.run.resolve import Resolved

__all__ = ["choose_batches"]


def choose_batches(resolved: Resolved, data: Dataset, family: Learner[Any]) -> Batches:
    """Return the batches of a training: fresh, fed, streamed or shuffled rows; mirrored if set."""
    batches = _unmirrored(resolved, data, family)
    mirrored = entry_of(family.spec.kind).mirrored
    if mirrored is None or not resolved.training.mirrored:
        return batches
    return Mirrored(batches, mirrored, family.spec, resolved.training.seed)


def _unmirrored(resolved: Resolved, data: Dataset, family: Learner[Any]) -> Batches:
    training, spec, device = resolved.training, family.spec, family.device
    if data.draw is not None and training.samples == 0:
        return Fresh(data.draw, spec, training.batch, training.seed, device)
    if isinstance(data.rows, MakesBatches):
        return Fed(data.rows.feed(training.batch, training.seed), spec, device)
    if isinstance(data.rows, StoredRows):
        return Streamed(data.rows, spec, training.batch, training.seed, device)
    rows = family.spec.standardised(data.rows.rows(slice(None))).to(family.device)
    return Shuffled(rows, training.batch, training.seed)
