"""What a trained run can do, and between what its conditions lie, from its newest checkpoint."""

from pathlib import Path

from torch import Tensor

from pushforward.models.config import describe
from pushforward.models.contracts.spec import SIZE, DataSpec
from pushforward.models.entries import OperatorEntry
from pushforward.studio.engine.kinds.base import kind_of
from pushforward.studio.engine.kinds.compatibility import picked_kind
from pushforward.studio.engine.run.checkpoint_state import saved_data
from pushforward.studio.engine.run.model_loading import newest_checkpoint
from pushforward.studio.engine.run.operator_requests import offered
from pushforward.studio.engine.run.other_datasets import other_sets
from pushforward.studio.protocol.capabilities import Able, AbleTo, Condition
from pushforward.studio.store.run import RunFolder

__all__ = ["able", "conditions"]

MAKES = "samples"
"""What an operator needs that makes rows: these it can make under conditions."""


def able(run: Path) -> Able:
    """Return what a run can do; no network is loaded for it.

    Raises:
        Refused: it has no good checkpoint.
        StoreError: it cannot be read.
    """
    folder = RunFolder(run)
    checkpoint = newest_checkpoint(folder)
    data = saved_data(checkpoint)
    learned = folder.record.spec.dataset
    suffixes = list(kind_of(picked_kind(learned)).suffixes)
    there = offered(folder, data)
    asks = any(_asks_others(entry) for entry, reason in there if not reason)
    return Able(
        step=checkpoint.step,
        operators=[
            AbleTo(
                operator=entry.slug,
                suffixes=[] if reason else suffixes,
                conditions=MAKES in entry.needs and entry.asks is not None,
                asks=list(entry.asks or ()),
                reason=reason,
            )
            for entry, reason in there
        ],
        conditions=conditions(data),
        others=other_sets(data, learned, folder.project) if asks else [],
    )


def _asks_others(entry: OperatorEntry) -> bool:
    """Return whether an operator takes another data set."""
    return any((row["kind"], row["of"]) == ("pick", "dataset") for row in describe(entry.config))


def conditions(spec: DataSpec) -> list[Condition]:
    """Return the conditions of a model in data units: classes and scalars."""
    known = spec.restored_given(spec.law)
    return [
        _condition(spec, name, values)
        for name, values in known.items()
        if not spec.given[name].shape
    ]


def _condition(spec: DataSpec, name: str, values: Tensor) -> Condition:
    given = spec.given[name]
    if given.classes:
        names = [*given.names] or [str(number) for number in range(given.classes)]
        return Condition(name=name, names=names, whole=True)
    least = most = None
    if name == SIZE and (sizes := spec.sizes()) is not None:
        least, most = map(float, sizes)
    elif limits := kind_of(spec.kind).limits.get(name):
        least, most = limits
    elif given.log:
        least = 0.0
    return Condition(
        name=name,
        unit=given.unit,
        whole=not values.is_floating_point(),
        low=float(values.min()),
        high=float(values.max()),
        least=least,
        most=most,
    )
