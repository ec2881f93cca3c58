"""Sentences of a small grammar (`observables.sentences`): graphs with labels whose nodes are words,
in their order, and the words are given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from pushforward.models.contracts.spec import Given
from pushforward.models.kinds.labelled_graphs import LabelledSet
from pushforward.models.registry import kind
from pushforward.observables.sentences.grammar import (
    CATEGORIES,
    LONGEST,
    RELATIONS,
    WORDS,
    Tree,
    draw_sentence,
)

__all__ = ["SENTENCE", "SentenceSet", "sentences"]

SENTENCE = "sentence"
"""The name under which the words of a graph are given: the number of each from 1 in the lexicon, 0
where there is none.
"""
_SHORT = 4  # words of an example


@dataclass(frozen=True)
class SentenceSet(LabelledSet):
    """Sentences and their trees: nodes are labelled by word classes, edges by relations.

    Attributes:
        words: (n, N) int64, the number of each word in `WORDS`, from 1; 0 where there is none.
    """

    node_labels: tuple[str, ...] = CATEGORIES
    edge_labels: tuple[str, ...] = RELATIONS
    words: Tensor = field(default_factory=lambda: torch.empty(0, 0, dtype=torch.int64))

    kind: ClassVar[str] = "sentences"

    @classmethod
    def parsed(
        cls, some: Sequence[tuple[tuple[str, ...], Tree]], places: int = LONGEST
    ) -> "SentenceSet":
        """Return sentences with their trees, of at most a number of words."""
        types, words = (torch.zeros((len(some), places), dtype=torch.int64) for _ in range(2))
        edges = torch.zeros((len(some), places, places), dtype=torch.int64)
        number = {word: place for place, word in enumerate(WORDS, 1)}
        for row, (own, tree) in enumerate(some):
            types[row, : len(own)] = torch.tensor(tree.categories)
            words[row, : len(own)] = torch.tensor([number[word] for word in own])
            for one, other, relation in tree.links:
                edges[row, one, other] = edges[row, other, one] = relation
        size = torch.tensor([len(own) for own, _ in some])
        made = LabelledSet.of(types, edges, size)
        spare = made.packing.nodes - places
        return cls(made.x, size, words=torch.nn.functional.pad(words, (0, spare)))

    def known(self) -> Mapping[str, Given]:
        names = ("", *WORDS)
        return {**super().known(), SENTENCE: Given((self.packing.nodes,), len(names), names)}

    def given(self, index: Tensor | slice) -> dict[str, Tensor]:
        return {**super().given(index), SENTENCE: self.words[index]}

    def take(self, index: Tensor | slice) -> "SentenceSet":
        return replace(self, x=self.x[index], size=self.size[index], words=self.words[index])


@kind(
    "sentences",
    title="Sentences",
    one="sentence",
    many="sentences",
    summary="Which word of a sentence hangs on which, and how; the words are given in their order.",
    gives=("types",),
    networks={"denoiser": "typed-graph-net"},
    metrics=("valid-labels", "label-triples"),
    training={"particles": 64, "frames": 11, "batch": 32, "evaluate_samples": 100},
    families={
        "masked-types": {
            "steps": 10,
            "net": {"slug": "typed-graph-net", "config": {"layers": 2}},
        },
    },
)
def sentences(n: int, seed: int) -> SentenceSet:
    """Return n sentences of three or four words."""
    rng = np.random.default_rng(seed)
    found: list[tuple[tuple[str, ...], Tree]] = []
    while len(found) < n:
        if len((one := draw_sentence(rng))[0]) <= _SHORT:
            found.append(one)
    return SentenceSet.parsed(found, _SHORT)
