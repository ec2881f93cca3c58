"""Rows of another data set, with their classes numbered as a model has learned them."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource
from pushforward.models.contracts.spec import LABEL, DataSpec

__all__ = ["renumbered"]


@dataclass(frozen=True)
class _Renumbered:
    """A `RowSource`; ``numbers`` (classes of the rows,) are those of the model."""

    source: RowSource
    numbers: Tensor

    @property
    def columns(self) -> tuple[str, ...]:
        return self.source.columns

    def __len__(self) -> int:
        return len(self.source)

    def spec(self) -> DataSpec:
        return self.source.spec()

    def rows(self, index: Tensor | slice) -> Batch:
        rows = self.source.rows(index)
        return replace(rows, given={**rows.given, LABEL: self.numbers[rows.given[LABEL]]})

    def take(self, index: Tensor | slice) -> RowSource:
        return _Renumbered(self.source.take(index), self.numbers)


def renumbered(rows: RowSource, model: DataSpec) -> RowSource:
    """Return rows whose class numbers are those of the model, matched by class name. Unchanged if
    the model is unconditional or either side has no class names.

    Raises:
        ValueError: a row is of a class that the model has not learned; a sentence that goes on
            after the name of the rows.
    """
    own, known = rows.spec().given.get(LABEL), model.given.get(LABEL)
    if own is None or known is None or LABEL not in model.law or own.names == known.names:
        return rows
    if not own.names or not known.names:
        return rows
    found = sorted(set(rows.rows(slice(None)).given[LABEL].tolist()))
    strange = [own.names[each] for each in found if own.names[each] not in known.names]
    if strange:
        raise ValueError(
            f"has rows of {', '.join(map(repr, strange))}, but the model knows only "
            f"{', '.join(known.names)}"
        )
    numbers = [known.names.index(each) if each in known.names else 0 for each in own.names]
    return _Renumbered(rows, torch.tensor(numbers))
