"""What a language of graphs is: which symbol may come next, and what it adds.

A word is read symbol by symbol, and at each place only some symbols may come: every complete word
is a graph with the requested number of nodes and the structure of the language. Nodes are numbered
as they arrive; the first is there from the beginning. A graph has one word per traversal; one is
sampled at random with a known probability.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch

from pushforward.models.tensors import widest_float

__all__ = ["Chances", "Language", "Neighbours", "Reading", "Written", "depth_first"]

T = TypeVar("T")
Neighbours = Sequence[Sequence[int]]
"""Of each node of a graph those that it is joined to."""

_AT_ONCE = 1024  # uniform numbers


class Chances:
    """Choices by chance, and how likely they were together.

    Args:
        generator: of any device.

    Attributes:
        log_prob: the logarithm of the probability of all choices since it was last set to 0.
    """

    def __init__(self, generator: torch.Generator) -> None:
        self._numbers = _uniform(generator)
        self.log_prob = 0.0

    def pick(self, options: Sequence[T]) -> T:
        """Return one of some options, all alike."""
        self.log_prob -= math.log(len(options))
        return options[int(next(self._numbers) * len(options))]

    def shuffled(self, options: Sequence[T]) -> list[T]:
        """Return the options in an order, all alike."""
        left, found = list(options), []
        while left:
            found.append(self.pick(left))
            left.remove(found[-1])
        return found


def _uniform(generator: torch.Generator) -> Iterator[float]:
    while True:
        numbers = torch.rand(
            _AT_ONCE,
            generator=generator,
            device=generator.device,
            dtype=widest_float(generator.device),
        )
        yield from numbers.tolist()


@dataclass(frozen=True)
class Written:
    """A graph as a word.

    Attributes:
        word: its symbols.
        order: which node arrives at each place.
    """

    word: list[int]
    order: list[int]


class Reading(ABC):
    """An unfinished word.

    Attributes:
        size: how many nodes there will be.
        nodes: how many have arrived.
        edges: those there are, each as the later and the earlier node.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.nodes = min(1, size)
        self.edges: list[tuple[int, int]] = []

    @abstractmethod
    def allowed(self) -> list[int]:
        """Return the symbols that may come next, rising; none at the end of the word."""

    @abstractmethod
    def read(self, symbol: int) -> None:
        """Add what a symbol says that may come next."""

    def arrive(self, *joined: int) -> int:
        """Add a node, joined to some; return its number."""
        node = self.nodes
        self.nodes += 1
        self.edges += [(node, other) for other in joined]
        return node


class Language(ABC):
    """How graphs of at most N nodes are written.

    Args:
        nodes: N.
    """

    def __init__(self, nodes: int) -> None:
        self.nodes = nodes

    @property
    @abstractmethod
    def symbols(self) -> int:
        """How many symbols there are."""

    @property
    @abstractmethod
    def longest(self) -> int:
        """How many symbols a word has at most, one or more."""

    @abstractmethod
    def reading(self, size: int) -> Reading:
        """Return the beginning of a word for a graph of a number of nodes."""

    @abstractmethod
    def written(self, graph: Neighbours, chances: Chances) -> Written | None:
        """Return a word for a graph, by chance, or None where the language has none for it."""


def depth_first(graph: Neighbours, chances: Chances) -> list[int]:
    """Return nodes in depth-first order: each next one is a neighbour of the latest node that has
    any left, by chance, as is where a component begins.
    """
    left = dict.fromkeys(range(len(graph)))
    path: list[int] = []
    order: list[int] = []
    while left:
        around: list[int] = []
        while path and not (around := [node for node in graph[path[-1]] if node in left]):
            path.pop()
        node = chances.pick(around or list(left))
        del left[node]
        path.append(node)
        order.append(node)
    return order
