"""Matrix factorisations that are trained by pairs: BPR-MF and FPMC.

Users have no vector of their own, since recommendation is for any history: a user is the mean of
the vectors of the items of the history (FISM; Kabbur et al. 2013, doi:10.1145/2487575.2487589).
Negative items are sampled in training only.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Unpack

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import Config, param
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.learner import Learner, Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.layouts.histories import PADDING, newest
from pushforward.models.nets.sequences.recommender import draw_weights
from pushforward.models.registry import family
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.trained import Trained

__all__ = ["BprMf", "FactorsConfig", "Fpmc"]

_WEIGHTS = 0  # a stream of the seed


class FactorsSize(Config, frozen=True):
    """Size of a factorisation."""

    width: Annotated[int, param("Width", "Number of factors.", low=4, high=4096)] = 64


class FactorsConfig(Config, frozen=True):
    """Settings of a factorisation."""

    net: FactorsSize = FactorsSize()
    negatives: Annotated[
        int,
        param(
            "Negatives",
            "Number of sampled items that each item is compared with in a training step.",
            low=1,
            high=1000,
        ),
    ] = 8
    optimizer: NetworkOptimizer = OptimizerConfig(
        kind="adamw", lr=5e-3, weight_decay=0.01, schedule="cosine", clip=1.0
    )


class _Factors(nn.Module):
    """Vectors of items: as a part of a history, as the last item, and as a target."""

    def __init__(self, width: int, items: int, *, sequential: bool) -> None:
        super().__init__()
        self.items = nn.Embedding(items + 1, width, padding_idx=PADDING)
        self.last = nn.Embedding(items + 1, width, padding_idx=PADDING) if sequential else None
        size = 2 * width if sequential else width
        self.targets = nn.Parameter(torch.empty(items, size))
        self.bias = nn.Parameter(torch.zeros(items))

    def states(self, x: Tensor) -> Tensor:
        """Return the state after each item, (n, L) -> (n, L, k): the mean of the items so far, and
        of a sequential model also the last item.
        """
        count = (x != PADDING).cumsum(dim=1).clamp_min(1)[..., None]
        user = self.items(x).cumsum(dim=1) / count
        return user if self.last is None else torch.cat([user, self.last(x)], dim=2)


class _Pairwise(Learner[FactorsConfig]):
    """Maximises log sigmoid(score of the next item - score of a sampled item)."""

    UNSHARED = "Its loss draws random masks, noise or negatives row by row."

    sequential: ClassVar[bool] = False

    def __init__(self, config: FactorsConfig, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        assert spec.symbols is not None
        self.items = spec.symbols - 1
        with torch.device("meta"):
            net = _Factors(config.net.width, self.items, sequential=self.sequential)
        draw_weights(net, self.weights(_WEIGHTS))
        self._trained = Trained(
            net.to(self.device), config.optimizer, self.horizon, execution=self.execution
        )

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"factors": self._trained}

    def retune(self, config: FactorsConfig) -> None:
        self._trained.optimizer.config = config.optimizer

    def walk(self, batch: Rows) -> Walk:
        """Rank the next item above sampled ones, after each place."""
        x = Batch.of(batch).x
        real = x[:, 1:] != PADDING
        yield "predict", {"real": x}

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            net, asked, target = self._trained.net, real[part], x[part, 1:]
            states = net.states(x[part, :-1])[asked]
            size = (len(states), self.config.negatives)
            sampled = torch.randint(self.items, size, generator=self.noise, device=self.device)
            items = torch.cat([target[asked][:, None] - 1, sampled], dim=1)
            scores = (net.targets[items] @ states[..., None]).squeeze(2) + net.bias[items]
            above = scores[:, :1] - scores[:, 1:]
            return functional.softplus(-above).mean(), {"accuracy": (above > 0).float().mean()}

        found = self._trained.descend(loss, len(x))
        yield "descend", {"real": x}
        return found

    def recommend(self, histories: Rows) -> Tensor:
        """Return the score of each item, item i at i - 1: (n, L) -> (n, V)."""
        with torch.no_grad():
            net = self._trained.net
            return functional.linear(self.history_states(histories), net.targets, net.bias)

    def item_vectors(self) -> Tensor:
        """Return the vectors whose products with a state are the scores, (V, k)."""
        return self._trained.net.targets.detach()

    def history_states(
        self, histories: Rows, draws: int = 0, generator: torch.Generator | None = None
    ) -> Tensor:
        """See `models.contracts.abilities.HasHistoryStates`; there is no noise."""
        x = Batch.of(histories).to(self.device).x
        with torch.no_grad():
            states = newest(x, self._trained.net.states(x))
        return states[:, None].expand(-1, draws, -1) if draws else states


@family(
    "bpr",
    config=FactorsConfig,
    needs=("symbols", "sequence", "items"),
    capabilities=("recommend", "item-vectors", "history-states"),
    group="recommend",
    units={"loss": "nats"},
)
class BprMf(_Pairwise):
    """score(i) = p . q_i + b_i, p the mean of the history (Rendle et al. 2009)."""


@family(
    "fpmc",
    config=FactorsConfig,
    needs=("symbols", "sequence", "items"),
    capabilities=("recommend", "item-vectors", "history-states"),
    group="recommend",
    units={"loss": "nats"},
)
class Fpmc(_Pairwise):
    """score(i) = p . q_i + l(last item) . m_i + b_i (Rendle et al. 2010)."""

    sequential = True
