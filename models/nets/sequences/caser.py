"""Caser: convolutions over the last items of a history."""

from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import Config, param
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.layouts.histories import PADDING
from pushforward.models.nets.role import Role
from pushforward.models.nets.sequences.recommender import Recommender, draw_weights
from pushforward.models.registry import network

__all__ = ["CaserConfig", "CaserNet", "caser"]


class CaserConfig(Config, frozen=True):
    """Size of the convolutions."""

    width: Annotated[int, param("Width", "Dimension of the item embeddings.", low=4, high=4096)] = (
        64
    )
    span: Annotated[int, param("Window", "Number of last items that are read.", low=2, high=50)] = 5
    across: Annotated[
        int,
        param(
            "Horizontal filters",
            "Filters of each height, which see some items in a row.",
            low=1,
            high=256,
        ),
    ] = 16
    along: Annotated[
        int,
        param(
            "Vertical filters",
            "Filters that weight the items of the window.",
            low=1,
            high=64,
        ),
    ] = 4


class CaserNet(Recommender):
    """s_t = W [max-pooled horizontal filters; vertical filters] of the last items; logits =
    s_t . e'(i) + b_i. Without the user embedding of the paper: histories are all that is known.
    """

    def __init__(self, config: CaserConfig, items: int) -> None:
        super().__init__()
        self._span = config.span
        self.items = nn.Embedding(items + 1, config.width, padding_idx=PADDING)
        self.filters = nn.ModuleList(
            [nn.Conv1d(config.width, config.across, height) for height in range(1, config.span + 1)]
        )
        self.weights = nn.Parameter(torch.empty(config.along, config.span))
        features = config.across * config.span + config.along * config.width
        self.out = nn.Linear(features, config.width)
        self.last = nn.Linear(config.width, config.width)
        self.bias = nn.Parameter(torch.zeros(items))

    def read(self, embedded: Tensor) -> Tensor:
        """See `Recommender.read`."""
        b, places, width = embedded.shape
        padded = functional.pad(embedded, (0, 0, self._span - 1, 0))
        windows = padded.unfold(1, self._span, 1)  # (B, L, d, span)
        flat = windows.reshape(b * places, width, self._span)
        across = [functional.relu(conv(flat)).amax(dim=2) for conv in self.filters]
        along = torch.einsum("nds,fs->nfd", flat, self.weights).flatten(1)
        hidden = functional.relu(self.out(torch.cat([*across, along], dim=1)))
        states: Tensor = self.last(hidden).view(b, places, width)
        return states

    def item_vectors(self) -> Tensor:
        """See `Recommender.item_vectors`."""
        return self.items.weight[1:]


@network(
    "caser",
    title="Convolutions over a history",
    summary="Reads the last few items with horizontal and vertical convolutions.",
    source="Tang and Wang 2018 (Caser), arXiv:1809.07426, sections 3.2 to 3.4, without user "
    "embeddings and with a softmax over all items",
    roles=("recommender",),
    needs=("symbols", "sequence", "items"),
    config=CaserConfig,
)
def caser(config: CaserConfig, spec: DataSpec, role: Role, generator: torch.Generator) -> CaserNet:
    """Return the network for histories of a spec, its initial weights from the generator."""
    assert spec.symbols is not None
    with torch.device("meta"):
        net = CaserNet(config, spec.symbols - 1)
    return draw_weights(net, generator)
