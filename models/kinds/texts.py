"""Texts: pieces of equal length, each a row of characters of one alphabet."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.registry import kind
from pushforward.models.tensors import make_generator

__all__ = ["MarkovLaw", "TextSet", "numbers_of", "texts"]


@dataclass(frozen=True)
class MarkovLaw:
    """A chain of characters that begins as it goes on.

    Attributes:
        begin: (K,) float64, the stationary law.
        onward: (K, K) float64, what follows each character.
    """

    begin: Tensor
    onward: Tensor

    @classmethod
    def of(cls, onward: Tensor) -> "MarkovLaw":
        """Return the chain of a matrix (K, K), whose rows are made to add up to 1."""
        onward = onward.double() / onward.double().sum(dim=1, keepdim=True)
        far = torch.linalg.matrix_power(onward, 4096)
        return cls(far.mean(dim=0), onward)

    def log_prob(self, x: Tensor) -> Tensor:
        """Return log p(x) in nats of rows (n, L), (n,) float64."""
        first = self.begin.log()[x[:, 0]]
        return first + self.onward.log()[x[:, :-1], x[:, 1:]].sum(dim=1)

    def entropy(self, length: int) -> float:
        """Return the entropy of a row of such a length, in nats: H(x_1) + (L - 1) H(x_2 | x_1)
        (Cover and Thomas 2006, theorem 4.2.4).
        """
        each = -torch.special.xlogy(self.onward, self.onward).sum(dim=1)
        first = -torch.special.xlogy(self.begin, self.begin).sum()
        return float(first + (length - 1) * (self.begin @ each))

    def draw(self, n: int, length: int, generator: torch.Generator) -> Tensor:
        """Draw n rows, (n, L) int64."""
        x = torch.empty((n, length), dtype=torch.int64)
        x[:, 0] = torch.multinomial(self.begin, n, replacement=True, generator=generator)
        for place in range(1, length):
            law = self.onward[x[:, place - 1]]
            x[:, place] = torch.multinomial(law, 1, generator=generator).squeeze(1)
        return x


@dataclass(frozen=True)
class TextSet:
    """Pieces of text; a `models.contracts.data.RowSource`.

    Attributes:
        x: (n, L) int64, characters by their numbers in Unicode. Where a model has none yet it
            is 0.
        alphabet: the K characters that there may be, in the order of these numbers.
        law: what the text was drawn from, where that is known; of places in the alphabet.
    """

    x: Tensor
    alphabet: str
    law: MarkovLaw | None = None

    @classmethod
    def of(cls, places: Tensor, alphabet: str, law: MarkovLaw | None = None) -> "TextSet":
        """Return texts from places in the alphabet (n, L)."""
        return cls(numbers_of(alphabet)[places], alphabet, law)

    @property
    def columns(self) -> tuple[str, ...]:
        """Nothing: a character says itself."""
        return ()

    @property
    def places(self) -> Tensor:
        """(n, L) int64, where each character stands in the alphabet."""
        return self.spec().standardise(self.x)

    def __len__(self) -> int:
        return len(self.x)

    def spec(self) -> DataSpec:
        """Return the spec: how long pieces are, and which characters there are."""
        shape = tuple(self.x.shape[1:])
        return DataSpec(
            "texts",
            shape,
            torch.zeros(shape),
            torch.ones(shape),
            symbols=len(self.alphabet),
            values=numbers_of(self.alphabet),
        )

    def rows(self, index: Tensor | slice) -> Batch:
        """Return some pieces."""
        return Batch(self.x[index])

    def take(self, index: Tensor | slice) -> "TextSet":
        """Return some of the pieces, of the same law."""
        return replace(self, x=self.x[index])


def numbers_of(text: str) -> Tensor:
    """Return the characters of a text by their numbers in Unicode, (n,) int64."""
    return torch.tensor([ord(character) for character in text], dtype=torch.int64)


@kind(
    "texts",
    title="Text",
    one="text",
    many="texts",
    summary="Pieces of text of equal length, read and written character by character.",
    gives=("symbols", "whole", "sequence"),
    networks={"predictor": "symbol-transformer", "autoregressive": "symbol-transformer"},
    metrics=("bits-per-character", "ngram-distance", "authenticity"),
    training={"samples": 8000, "batch": 64, "particles": 64, "evaluate_samples": 200},
)
def texts(n: int, seed: int) -> TextSet:
    """Return n pieces of 6 of 5 characters, each mostly the one that comes after."""
    law = MarkovLaw.of(0.05 + torch.eye(5).roll(1, dims=1))
    return TextSet.of(law.draw(n, 6, make_generator(seed)), "abcde", law)
