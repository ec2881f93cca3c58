"""A recurrent network over the items of a history, with a softmax over all items."""

from typing import Annotated

import torch
from torch import Tensor, nn

from pushforward.models.config import Config, param
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.layouts.histories import PADDING
from pushforward.models.nets.role import Role
from pushforward.models.nets.sequences.recommender import Recommender
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

    def states(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """See `Recommender.states`; padding is at the end, so that no real place comes after it."""
        state: Tensor = self.out(self.gru(self.items(x))[0])
        return state

    def scores(self, states: Tensor) -> Tensor:
        """See `Recommender.scores`."""
        items = self.items.weight[1:] if self._tied else self.targets
        return nn.functional.linear(states, items, self.bias)


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
    # PyTorch would draw the weights from its own numbers first.
    with torch.device("meta"):
        net = GruSequence(config, spec.symbols - 1)
    net.to_empty(device="cpu")
    for name, parameter in net.named_parameters():
        _begin(name, parameter, generator)
    with torch.no_grad():
        net.items.weight[PADDING] = 0.0
    return net


def _begin(name: str, parameter: nn.Parameter, generator: torch.Generator) -> None:
    """Set initial weights: small normal ones for items, PyTorch's own laws for the others."""
    with torch.no_grad():
        if name in ("items.weight", "targets"):
            parameter.normal_(std=parameter.shape[1] ** -0.5, generator=generator)
        elif name == "bias":
            parameter.zero_()
        else:
            reach = parameter.shape[-1] ** -0.5
            parameter.uniform_(-reach, reach, generator=generator)
