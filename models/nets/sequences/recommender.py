"""The interface of networks that score the items after each place of a history."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TypeVar

import torch
from torch import Tensor, nn

__all__ = ["Recommender", "draw_weights"]

M = TypeVar("M", bound=nn.Module)


class Recommender(nn.Module, ABC):
    """States of a history, and scores of all items after a state.

    The two are separate because states of all places are cheap and scores are not: for the next
    item only the last place is scored. A state depends on its own place and those before it, and
    not on later ones.

    Attributes:
        items: the embedding of the items, 0 of the padding.
    """

    items: nn.Embedding

    def states(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the state after each place: x (B, L) int64 -> (B, L, k)."""
        embedded: Tensor = self.items(x)
        return self.read(embedded)

    @abstractmethod
    def read(self, embedded: Tensor) -> Tensor:
        """Return the states of embedded items, (B, L, d) -> (B, L, k). Padding is at the end, so
        that no real place comes after it.
        """

    @abstractmethod
    def item_vectors(self) -> Tensor:
        """Return the vectors whose products with a state are the scores, (V, k)."""

    def scores(self, states: Tensor) -> Tensor:
        """Return a logit of each item, item i at i - 1: states (..., k) -> (..., V)."""
        return nn.functional.linear(states, self.item_vectors(), self.bias)

    bias: nn.Parameter

    def forward(
        self,
        x: Tensor,
        clock: Tensor | None = None,
        given: Mapping[str, Tensor] | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        """Return the logits after each place: x (B, L) int64 -> (B, L, V)."""
        return self.scores(self.states(x, mask))


def draw_weights(net: M, generator: torch.Generator) -> M:
    """Draw the initial weights of a network that was made on the device "meta": normal ones of
    variance 1/width for embeddings, uniform ones for layers, 1 and 0 for normalisations.

    PyTorch's own initialisation would draw from its global generator.
    """
    net.to_empty(device="cpu")
    with torch.no_grad():
        for module in net.modules():
            for name, parameter in module.named_parameters(recurse=False):
                _draw(module, name, parameter, generator)
            if isinstance(module, nn.Embedding) and module.padding_idx is not None:
                module.weight[module.padding_idx] = 0.0
            if isinstance(module, nn.LayerNorm):
                module.weight.fill_(1.0)
                module.bias.zero_()
            if isinstance(module, nn.Linear | nn.Conv1d) and module.bias is not None:
                module.bias.zero_()
    return net


def _draw(
    module: nn.Module, name: str, parameter: nn.Parameter, generator: torch.Generator
) -> None:
    if isinstance(module, nn.GRU | nn.Linear | nn.Conv1d):
        reach = parameter[0].numel() ** -0.5
        if isinstance(module, nn.GRU):
            reach = module.hidden_size**-0.5
        parameter.uniform_(-reach, reach, generator=generator)
    elif name == "bias":
        parameter.zero_()
    else:
        parameter.normal_(std=parameter.shape[-1] ** -0.5, generator=generator)
