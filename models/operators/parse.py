"""Parse: a sentence is typed, and a model conditioned on its words draws its tree."""

from typing import Annotated

import torch

from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.spec import SIZE
from pushforward.models.kinds.sentences import SENTENCE
from pushforward.models.operators.base import Operation, Outcome, SeedSetting, Work
from pushforward.models.operators.drawing import draw_samples
from pushforward.models.operators.editing import SamplerSetting
from pushforward.models.registry import operator
from pushforward.observables.sentences.grammar import tokens

__all__ = ["Parse", "ParseConfig"]


class ParseConfig(Config, frozen=True):
    """What is parsed, and how often."""

    text: Annotated[
        str, param("Sentence", "Words of the grammar; capitals and full stops are ignored.")
    ] = "the dog that the girl saw ran"
    draws: Annotated[
        int,
        param(
            "Draws",
            "Number of sampled trees; they differ where the model is uncertain.",
            low=1,
            high=256,
            log=True,
        ),
    ] = 8
    seed: SeedSetting = 0
    sampler: SamplerSetting = Pick()


@operator(
    "parse",
    title="Parse",
    summary="Samples the dependency tree of a sentence: which word depends on which, and how.",
    source="Dozat and Manning 2017, arXiv:1611.01734 (parsing as a choice for each pair of words)",
    kinds=("sentences",),
    needs=("samples",),
    asks=None,  # the sentence says it
    config=ParseConfig,
)
class Parse:
    """Draws the graph of given words."""

    def __init__(self, config: ParseConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Parse; see `models.operators.base.Operator`. Rows are draws of one tree.

        Raises:
            ValueError: it has a word that is not known, no word, or too many.
        """
        c, family = self.config, operation.learner
        assert isinstance(family, Family)
        lexicon, places = family.spec.given[SENTENCE].names, family.spec.given[SENTENCE].shape[0]
        words = tokens(c.text, lexicon[1:], places)
        told = torch.zeros((c.draws, places))
        told[:, : len(words)] = torch.tensor([lexicon.index(word) for word in words])
        given = {SENTENCE: told, SIZE: torch.full((c.draws,), len(words))}
        made = yield from draw_samples(
            family, c.draws, c.seed, sampler=operation.sampler, given=given
        )
        return Outcome(made, taken_from="as in the sentence that was typed")
