"""Sentences of a small grammar, and the tree of each as a labelled graph."""

from typing import Annotated, Literal

import numpy as np
import torch

from pushforward.models.config import Config, param
from pushforward.models.data.common import data_generator
from pushforward.models.kinds.sentences import SentenceSet
from pushforward.models.registry import dataset
from pushforward.observables.sentences.grammar import Tree, draw_sentence, unseen

__all__ = ["SentencesConfig", "sentence_trees"]


class SentencesConfig(Config, frozen=True):
    """Which of the sentences there are."""

    part: Annotated[
        Literal["seen", "unseen"],
        param(
            "Sentences",
            "One order of word classes in four is withheld: no sentence of the other part has "
            "it. Use it to test generalisation.",
            choices={"seen": "Three orders of word classes in four", "unseen": "The others"},
        ),
    ] = "seen"


@dataset(
    "sentence-trees",
    title="Sentences and their trees",
    summary="Sentences of a small grammar with 3 to 12 words: nodes are words of eight classes, "
    "edges are dependencies (subject, object, modifier, function word). The words are "
    "given in order.",
    source="this project's own grammar; dependencies of phrases with heads by Gaifman 1965, "
    "doi:10.1016/S0019-9958(65)90232-9",
    holds="sentences",
    config=SentencesConfig,
)
def sentence_trees(config: SentencesConfig, n: int, seed: int) -> SentenceSet:
    """Sample n sentences, each from the distribution of the grammar among those of its part."""
    chance = torch.randint(2**62, (), generator=data_generator(n, seed)).item()
    rng = np.random.default_rng(int(chance))
    found: list[tuple[tuple[str, ...], Tree]] = []
    while len(found) < n:
        one = draw_sentence(rng)
        if unseen(one[1]) == (config.part == "unseen"):
            found.append(one)
    return SentenceSet.parsed(found)
