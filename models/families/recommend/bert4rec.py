"""BERT4Rec: a bidirectional transformer that fills in masked items of a history."""

from collections.abc import Mapping
from typing import Annotated, Unpack

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import Config, param
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.learner import Learner, Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.layouts.histories import PADDING, sizes
from pushforward.models.nets.sequences.recommender import draw_weights
from pushforward.models.nets.sequences.sasrec import AttentionConfig, AttentionStack, check_heads
from pushforward.models.registry import family
from pushforward.models.tensors import dropped
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.trained import Trained

__all__ = ["Bert4Rec", "Bert4RecConfig"]

_WEIGHTS = 0  # a stream of the seed
_USERS = 256  # whose histories are read at once


class Bert4RecConfig(Config, frozen=True):
    """Settings of BERT4Rec."""

    net: AttentionConfig = AttentionConfig()
    masked: Annotated[
        float,
        param(
            "Masked items",
            "Fraction of the items that a training step hides and predicts. The last item of half "
            "of the histories is always among them.",
            above=0.0,
            below=1.0,
            live=True,
        ),
    ] = 0.3
    dropout: Annotated[
        float,
        param(
            "Dropout",
            "Fraction of the numbers of embeddings and states that are zero in a training step.",
            low=0.0,
            below=1.0,
            live=True,
        ),
    ] = 0.1
    optimizer: NetworkOptimizer = OptimizerConfig(
        kind="adamw", lr=3e-3, weight_decay=0.01, schedule="cosine", clip=1.0
    )


class _Bert(nn.Module):
    """Logits of the items at chosen places, from all others."""

    def __init__(self, config: AttentionConfig, items: int, places: int) -> None:
        super().__init__()
        self.items = nn.Embedding(items + 2, config.width, padding_idx=PADDING)
        self.stack = AttentionStack(config, places + 1, causal=False)
        self.bias = nn.Parameter(torch.zeros(items))

    def vectors(self) -> Tensor:
        """Return the vectors of the items, without padding and mask, (V, d)."""
        return self.items.weight[1:-1]

    def scores(self, states: Tensor) -> Tensor:
        """Return the logits, (..., d) -> (..., V)."""
        return functional.linear(states, self.vectors(), self.bias)


@family(
    "bert4rec",
    config=Bert4RecConfig,
    needs=("symbols", "sequence", "items"),
    capabilities=("recommend", "item-vectors", "history-states"),
    group="recommend",
    units={"loss": "nats"},
)
class Bert4Rec(Learner[Bert4RecConfig]):
    """p(x_t | all other items) by attention; the next item is a mask after the last one."""

    UNSHARED = "Its loss draws random masks, noise or negatives row by row."

    def __init__(
        self, config: Bert4RecConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        check_heads(config.net)
        assert spec.symbols is not None
        self.mask = spec.symbols  # the number of the mask: one more than the items
        with torch.device("meta"):
            net = _Bert(config.net, spec.symbols - 1, spec.shape[0])
        draw_weights(net, self.weights(_WEIGHTS))
        self._trained = Trained(
            net.to(self.device), config.optimizer, self.horizon, execution=self.execution
        )

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"bert": self._trained}

    def walk(self, batch: Rows) -> Walk:
        """Predict masked items of each history from the others."""
        x = Batch.of(batch).x
        hidden = self._choose(x)
        seen = torch.where(hidden, self.mask, x)
        yield "predict", {"real": x}

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            net, asked, share = self._trained.net, hidden[part], self.config.dropout
            embedded = dropped(net.items(seen[part]), share, self.noise)
            states = net.stack(embedded, seen[part] != PADDING)
            scores = net.scores(dropped(states[asked], share, self.noise)).float()
            return functional.cross_entropy(scores, x[part][asked] - 1), {}

        found = self._trained.descend(loss, len(x))
        yield "descend", {"real": x}
        return found

    def _choose(self, x: Tensor) -> Tensor:
        """Return which places are masked, (n, L): a random share, at least one of each history."""
        real, size = x != PADDING, sizes(x)[:, None]
        drawn = torch.rand(x.shape, generator=self.noise, device=self.device)
        ends = torch.rand(len(x), 1, generator=self.noise, device=self.device) < 0.5
        last = torch.arange(x.shape[1], device=self.device) == size - 1
        chosen = real & ((drawn < self.config.masked) | (ends & last))
        rank = torch.where(real, drawn, 2.0)
        least = real & (rank == rank.amin(dim=1, keepdim=True))
        return torch.where(chosen.any(dim=1, keepdim=True), chosen, least)

    def retune(self, config: Bert4RecConfig) -> None:
        self._trained.optimizer.config = config.optimizer

    def recommend(self, histories: Rows) -> Tensor:
        """Return log p(next item) of each item, item i at i - 1: (n, L) -> (n, V)."""
        states = self.history_states(histories)
        with torch.no_grad():
            return self._trained.net.scores(states).float().log_softmax(dim=1)

    def item_vectors(self) -> Tensor:
        """Return the vectors whose products with a state are the scores, (V, k)."""
        return self._trained.net.vectors().detach()

    def history_states(
        self, histories: Rows, draws: int = 0, generator: torch.Generator | None = None
    ) -> Tensor:
        """See `models.contracts.abilities.HasHistoryStates`: the state of a mask after the last
        item; there is no noise.
        """
        parts = Batch.of(histories).to(self.device).split(_USERS)
        with torch.no_grad():
            states = torch.cat([self._state(part.x) for part in parts])
        return states[:, None].expand(-1, draws, -1) if draws else states

    def _state(self, x: Tensor) -> Tensor:
        net, size, rows = self._trained.net, sizes(x), torch.arange(len(x), device=x.device)
        longer = functional.pad(x, (0, 1)).index_put((rows, size), x.new_tensor(self.mask))
        states: Tensor = net.stack(net.items(longer), longer != PADDING)
        return states[rows, size]
