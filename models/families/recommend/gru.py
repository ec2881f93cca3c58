"""GRU4Rec with a full softmax: a recurrent network predicts each next item of a history."""

from collections.abc import Mapping
from typing import Annotated, Unpack

import torch
from torch import Tensor
from torch.nn import functional

from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.learner import Learner, Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.layouts.histories import PADDING, newest
from pushforward.models.nets.pick import build
from pushforward.models.nets.role import RECOMMENDER
from pushforward.models.nets.sequences.recommender import Recommender
from pushforward.models.nets.settings import RecommenderNet
from pushforward.models.registry import family
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.trained import Trained

__all__ = ["Gru4Rec", "Gru4RecConfig"]

_WEIGHTS = 0  # a stream of the seed (`models.tensors.make_generator`)
_PEOPLE = 256  # whose histories are read at once where many are asked about


class Gru4RecConfig(Config, frozen=True):
    """Settings of a recurrent recommender."""

    net: RecommenderNet = Pick()
    hidden_share: Annotated[
        float,
        param(
            "Item dropout",
            "Fraction of history items hidden from the network in a training step. Reduces "
            "overfitting.",
            low=0.0,
            below=1.0,
            live=True,
        ),
    ] = 0.1
    smoothing: Annotated[
        float,
        param(
            "Label smoothing",
            "Fraction of the probability that is spread evenly over all items.",
            low=0.0,
            below=1.0,
            live=True,
        ),
    ] = 0.0
    optimizer: NetworkOptimizer = OptimizerConfig(
        kind="adamw", lr=3e-3, weight_decay=0.01, schedule="cosine", clip=1.0
    )
    ema: Annotated[
        float,
        param(
            "EMA decay",
            "Decay of the moving average of the weights, which recommendation uses; 0 for no "
            "average.",
            low=0.0,
            below=1.0,
        ),
    ] = 0.99


@family(
    "gru4rec",
    config=Gru4RecConfig,
    needs=("symbols", "sequence", "items"),
    capabilities=("recommend",),
    group="recommend",
    units={"loss": "nats"},
)
class Gru4Rec(Learner[Gru4RecConfig]):
    """p(x_(t+1) | x_1..x_t) = softmax(scores(s_t)), s_t the state of a recurrent network."""

    def __init__(self, config: Gru4RecConfig, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        net = build(config.net, spec, RECOMMENDER, self.weights(_WEIGHTS)).to(self.device)
        assert isinstance(net, Recommender)
        self._trained: Trained[Recommender] = Trained(
            net,
            config.optimizer,
            self.horizon,
            decay=config.ema or None,
            execution=self.execution,
        )

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"gru": self._trained}

    def walk(self, batch: Rows) -> Walk:
        """Predict x_2..x_T of each history from what comes before, and descend."""
        rows = Batch.of(batch)
        x, target = rows.x[:, :-1], rows.x[:, 1:]
        hidden = torch.rand(x.shape, generator=self.noise, device=self.device)
        seen = torch.where(hidden < self.config.hidden_share, PADDING, x)
        real = target != PADDING
        yield "predict", {"real": rows.x}

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            net, asked = self._trained.net, real[part]
            # Scores of padded places would be most of the work, and nobody asks for them.
            scores = net.scores(net.states(seen[part])[asked]).float()
            wanted = target[part][asked] - 1
            value = functional.cross_entropy(
                scores, wanted, label_smoothing=self.config.smoothing, reduction="sum"
            )
            share = len(asked) / len(real)
            total = real.sum().clamp_min(1) * share
            hits = (scores.detach().argmax(dim=1) == wanted).sum()
            return value / total, {"accuracy": hits / total}

        said = self._trained.descend(loss, len(x))
        yield "descend", {"real": rows.x}
        return said

    def retune(self, config: Gru4RecConfig) -> None:
        self._trained.optimizer.config = config.optimizer

    def recommend(self, histories: Rows) -> Tensor:
        """Return log p(next item) of each item, item i at i - 1: (n, L) -> (n, V)."""
        net = self._trained.averaged
        with torch.no_grad():
            parts = [
                net.scores(newest(part.x, net.states(part.x))).float().log_softmax(dim=1)
                for part in Batch.of(histories).to(self.device).split(_PEOPLE)
            ]
        return torch.cat(parts)
