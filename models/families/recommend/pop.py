"""POP: what most people took, to everybody. What every recommender is held against."""

from collections.abc import Mapping
from typing import Unpack

from torch import Tensor

from pushforward.models.config import NoConfig
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.learner import Learner, Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.layouts.histories import PADDING
from pushforward.models.popularity import Counts
from pushforward.models.registry import family

__all__ = ["Pop"]


@family(
    "pop",
    needs=("symbols", "sequence", "items"),
    capabilities=("recommend",),
    group="recommend",
    units={"loss": "nats"},
    passes=1,
)
class Pop(Learner[NoConfig]):
    """p(item) = (count + 1) / (all + V), whatever the history."""

    def __init__(self, config: NoConfig, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        assert spec.symbols is not None
        self._counts = Counts(spec.symbols - 1, self.device)

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"counts": self._counts}

    def walk(self, batch: Rows) -> Walk:
        """Count; the loss is that of the items of this batch before they were counted."""
        x = Batch.of(batch).x
        shares = self._counts.log_shares()
        loss = -shares[x[x != PADDING] - 1].mean()
        self._counts.add(x)
        yield "count", {"real": x}
        return {"loss": loss}

    def recommend(self, histories: Rows) -> Tensor:
        """Return log p of each item, item i at i - 1, the same for all: (n, L) -> (n, V)."""
        return self._counts.log_shares().expand(len(Batch.of(histories)), -1)
