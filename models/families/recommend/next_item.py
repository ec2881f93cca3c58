"""Networks that predict each next item of a history by a softmax over all items."""

from collections.abc import Mapping
from typing import Unpack

import torch
from torch import Tensor
from torch.nn import functional

from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.learner import Learner, Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.layouts.histories import PADDING, newest
from pushforward.models.nets.pick import build
from pushforward.models.nets.role import RECOMMENDER
from pushforward.models.nets.sequences.recommender import Recommender
from pushforward.models.registry import family
from pushforward.models.settings.next_item import NextItemConfig
from pushforward.models.tensors import dropped
from pushforward.models.training.trained import Trained

__all__ = ["Caser", "Gru4Rec", "NextItemConfig", "SasRec"]

_WEIGHTS = 0  # a stream of the seed (`models.tensors.make_generator`)
_USERS = 256  # whose histories are read at once where there are many


class _NextItem(Learner[NextItemConfig]):
    """p(x_(t+1) | x_1..x_t) = softmax(scores(s_t)), s_t the state of a network."""

    def __init__(
        self, config: NextItemConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
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
        return {"gru": self._trained}  # the name in saved states, whatever the network

    def walk(self, batch: Rows) -> Walk:
        """Predict x_2..x_T of each history from what comes before, and descend."""
        rows = Batch.of(batch)
        x, target = rows.x[:, :-1], rows.x[:, 1:]
        hidden = torch.rand(x.shape, generator=self.noise, device=self.device)
        seen = torch.where(hidden < self.config.hidden_share, PADDING, x)
        real = target != PADDING
        yield "predict", {"real": rows.x}

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            net, asked, share = self._trained.net, real[part], self.config.dropout
            embedded = dropped(net.items(seen[part]), share, self.noise)
            # Scores of padded places would be most of the work, and nothing uses them.
            states = dropped(net.read(embedded)[asked], share, self.noise)
            scores = net.scores(states).float()
            wanted = target[part][asked] - 1
            value = functional.cross_entropy(
                scores, wanted, label_smoothing=self.config.smoothing, reduction="sum"
            )
            total = real.sum().clamp_min(1) * (len(asked) / len(real))
            hits = (scores.detach().argmax(dim=1) == wanted).sum()
            return value / total, {"accuracy": hits / total}

        found = self._trained.descend(loss, len(x))
        yield "descend", {"real": rows.x}
        return found

    def retune(self, config: NextItemConfig) -> None:
        self._trained.optimizer.config = config.optimizer

    def recommend(self, histories: Rows) -> Tensor:
        """Return log p(next item) of each item, item i at i - 1: (n, L) -> (n, V)."""
        parts = Batch(self.history_states(histories)).split(_USERS)
        with torch.no_grad():
            found = [self._net.scores(part.x).float().log_softmax(dim=1) for part in parts]
        return torch.cat(found)

    def item_vectors(self) -> Tensor:
        """Return the vectors whose products with a state are the scores, (V, k)."""
        return self._net.item_vectors().detach()

    def history_states(
        self, histories: Rows, draws: int = 0, generator: torch.Generator | None = None
    ) -> Tensor:
        """See `models.contracts.abilities.HasHistoryStates`; there is no noise."""
        with torch.no_grad():
            parts = Batch.of(histories).to(self.device).split(_USERS)
            states = torch.cat([newest(part.x, self._net.states(part.x)) for part in parts])
        return states[:, None].expand(-1, draws, -1) if draws else states

    @property
    def _net(self) -> Recommender:
        return self._trained.averaged


@family(
    "gru4rec",
    config=NextItemConfig,
    needs=("symbols", "sequence", "items"),
    capabilities=("recommend", "item-vectors", "history-states"),
    group="recommend",
    units={"loss": "nats"},
)
class Gru4Rec(_NextItem):
    """A recurrent network (Hidasi et al. 2016, arXiv:1511.06939)."""


@family(
    "sasrec",
    config=NextItemConfig,
    needs=("symbols", "sequence", "items"),
    capabilities=("recommend", "item-vectors", "history-states"),
    group="recommend",
    units={"loss": "nats"},
)
class SasRec(_NextItem):
    """Causal self-attention (Kang and McAuley 2018, arXiv:1808.09781), with the cross-entropy over
    all items.
    """


@family(
    "caser",
    config=NextItemConfig,
    needs=("symbols", "sequence", "items"),
    capabilities=("recommend", "item-vectors", "history-states"),
    group="recommend",
    units={"loss": "nats"},
)
class Caser(_NextItem):
    """Convolutions over the last items (Tang and Wang 2018, arXiv:1809.07426)."""
