"""Invented words: a chain of letters whose entropy is known."""

from functools import cache
from typing import Annotated

import torch

from pushforward.models.config import Config, param
from pushforward.models.data.common import data_generator
from pushforward.models.kinds.texts import MarkovLaw, TextSet
from pushforward.models.registry import dataset
from pushforward.models.tensors import make_generator

__all__ = ["ALPHABET", "MarkovTextConfig", "markov_law", "markov_text"]

ALPHABET = " abcdefghijklmnopqrstuvwxyz"
_VOWELS = [ALPHABET.index(letter) for letter in "aeiou"]
_LAW = 27  # the seed of the law, so that all draws are of the same one
_SHARP = 2.0  # how unlike each other the letters that may follow are
_TURN = 2.0  # how much likelier a vowel follows a consonant, and a consonant a vowel, in nats
_END = 2.5  # how much likelier a word ends than goes on with any one letter


class MarkovTextConfig(Config, frozen=True):
    """How long the pieces are."""

    length: Annotated[
        int, param("Length", "Number of characters per text.", low=4, high=512, unit="characters")
    ] = 32


@cache
def markov_law() -> MarkovLaw:
    """Return the chain: 27 characters, a blank and the letters."""
    k = len(ALPHABET)
    logits = _SHARP * torch.randn((k, k), generator=make_generator(_LAW))
    vowel = torch.zeros(k, dtype=torch.bool)
    vowel[_VOWELS] = True
    logits = logits + _TURN * (vowel[:, None] != vowel)
    logits[:, 0] = _END
    logits[0, 0] = -20.0  # as good as no two blanks
    return MarkovLaw.of(logits.double().exp())


@dataset(
    "markov-text",
    title="Invented words",
    summary="Random words from a Markov chain of letters, so that the entropy of the text is "
    "known exactly.",
    source="Shannon 1948, doi:10.1002/j.1538-7305.1948.tb01338.x, section 2 (the text as a chain)",
    holds="texts",
    config=MarkovTextConfig,
)
def markov_text(config: MarkovTextConfig, n: int, seed: int) -> TextSet:
    """Draw n pieces of the same endless text."""
    law = markov_law()
    return TextSet.of(law.draw(n, config.length, data_generator(n, seed)), ALPHABET, law)
