"""The conditions of a network of graphs whose nodes are the words of a given sentence.

A bidirectional recurrent network reads the sentence, and its output for a word is added to the
word's node; what it makes of two words, each seen as what hangs and as what is hung on, to their
pair: the scorer of Dozat and Manning 2017, arXiv:1611.01734, section 3.2, by products of channels
and without a direction, and with how far apart the words are.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.contracts.spec import DataSpec
from pushforward.models.layouts.graphs import Packing
from pushforward.models.nets.graphs.row_gru import gru
from pushforward.models.nets.mlp import linear

__all__ = ["SentenceReader", "sentence_of"]


def sentence_of(spec: DataSpec) -> str:
    """Return the name under which a label of each node is given, in their order, "" for none."""
    nodes = Packing.of(spec.parts).nodes
    found = (n for n, known in spec.given.items() if known.classes and known.shape == (nodes,))
    return next(found, "")


class SentenceReader(nn.Module):
    """given, by name -> features of nodes (B, N, width) and of pairs (B, N, N, pairs).

    Args:
        spec: of the data.
        name: of the sentence among what is given, (B, N) whole numbers, 0 where no word is.
        width: channels of a node.
        pairs: channels of a pair.
        generator: where the initial weights come from (a generator of the CPU).
    """

    far: Tensor

    def __init__(
        self, spec: DataSpec, name: str, width: int, pairs: int, generator: torch.Generator
    ) -> None:
        super().__init__()
        g, self.name = generator, name
        self.classes, nodes = spec.given[name].classes, Packing.of(spec.parts).nodes
        self.words = linear(self.classes, width, generator=g)
        self.onward, self.backward = gru(width, width, 1, g), gru(width, width, 1, g)
        self.node = linear(2 * width, width, generator=g)
        self.hangs, self.holds = (linear(2 * width, pairs, generator=g) for _ in range(2))
        self.apart = nn.Parameter(0.1 * torch.randn((nodes, pairs), generator=g))
        self.pair = linear(pairs, pairs, generator=g)
        places = torch.arange(nodes)
        self.register_buffer("far", (places[:, None] - places).abs(), persistent=False)

    def forward(self, given: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        known = given[self.name].long().clamp_min(0)
        h = self.words(functional.one_hot(known, self.classes).to(self.words.weight))
        read = torch.cat([self.onward(h)[0], self.backward(h.flip(1))[0].flip(1)], dim=2)
        one, other = functional.silu(self.hangs(read)), functional.silu(self.holds(read))
        meet = one[:, :, None] * other[:, None]
        told: Tensor = self.pair(meet + meet.transpose(1, 2) + self.apart[self.far])
        return self.node(read), told
