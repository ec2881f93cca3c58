"""A recurrent network over the items of a history, with a softmax over all items."""

from typing import Annotated

import torch
from torch import Tensor, nn

from pushforward.models.config import Config, param
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.layouts.histories import PADDING
from pushforward.models.nets.role import Role
from pushforward.models.nets.sequences.recommender import Recommender, draw_weights
from pushforward.models.registry import network

__all__ = ["GruConfig", "GruSequence", "gru_sequence"]


class GruConfig(Config, frozen=True):
    """Size of the recurrent network."""

    width: Annotated[int, param("Width", "Dimension of the item embeddings.", low=4, high=4096)] = (
        64
    )
    hidden: Annotated[
        int, param("Hidden units", "Units of the recurrent state.", low=4, high=4096)
    ] = 128
    depth: Annotated[int, param("Layers", "Number of GRU layers.", low=1, high=8)] = 1
    tied: Annotated[
        bool,
        param(
            "Tied embeddings",
            "The softmax uses the input embeddings of the items; otherwise each item has a "
            "second vector.",
        ),
    ] = True


class GruSequence(Recommender):
    """s_t = GRU(e(x_1), ..., e(x_t)); logits = W s_t . e(i) + b_i over all items i."""

    def __init__(self, config: GruConfig, items: int) -> None:
        super().__init__()
        self._tied = config.tied
        self.items = nn.Embedding(items + 1, config.width, padding_idx=PADDING)
        self.gru = nn.GRU(config.width, config.hidden, config.depth, batch_first=True)
        self.out = nn.Linear(config.hidden, config.width)
        self.bias = nn.Parameter(torch.zeros(items))
        if not config.tied:
            self.targets = nn.Parameter(torch.empty(items, config.width))

    def read(self, embedded: Tensor) -> Tensor:
        """See `Recommender.read`."""
        state: Tensor = self.out(self.gru(embedded)[0])
        return state

    def item_vectors(self) -> Tensor:
        """See `Recommender.item_vectors`."""
        return self.items.weight[1:] if self._tied else self.targets


@network(
    "gru-sequence",
    title="GRU",
    summary="Reads a history item by item and scores all items after each, with a full softmax.",
    source="Hidasi et al. 2016 (GRU4Rec), arXiv:1511.06939, section 3.1; the softmax over all "
    "items instead of sampled ones as in Petrov and Macdonald 2022, arXiv:2207.07483",
    roles=("recommender",),
    needs=("symbols", "sequence", "items"),
    config=GruConfig,
)
def gru_sequence(
    config: GruConfig, spec: DataSpec, role: Role, generator: torch.Generator
) -> GruSequence:
    """Return the network for histories of a spec, its initial weights from the generator."""
    assert spec.symbols is not None
    with torch.device("meta"):
        net = GruSequence(config, spec.symbols - 1)
    return draw_weights(net, generator)
