"""Which structure the labels of a graph require, and why a graph does not have it.

Of a graph with ``types`` (n,), labels of its nodes from 0, and ``edges`` (n, n), symmetric, labels
of its edges from 1 and 0 where there is none, each says in a few words what is wrong with it, ""
where nothing is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pushforward.observables.graphs.makes import why_no_tree, why_not_connected
from pushforward.observables.sentences.grammar import CATEGORIES

__all__ = [
    "LABELLED_MAKES",
    "LINKS",
    "RANKS",
    "LabelledMake",
    "labelled_make_meant",
    "labelled_make_of",
    "why_no_organisation",
    "why_no_sentence",
]

Types: TypeAlias = NDArray[Any]
Edges: TypeAlias = NDArray[Any]

RANKS = ("head", "lead", "member")
LINKS = ("leads", "works with")
_LEADS, _WORKS = 1, 2


def why_no_organisation(types: Types, edges: Edges) -> str:
    """Say why a graph is no organisation: one head who leads all leads, each of whom leads a
    member or more; each of these has one who leads it, and works with all who have the same.
    """
    if apart := why_not_connected(edges):
        return apart
    if (heads := int((types == 0).sum())) != 1:
        return f"{heads} heads" if heads else "no head"
    if (types > 2).any() or (edges > _WORKS).any():
        return "a label of none"
    led = edges == _LEADS
    one, other = np.nonzero(np.triu(led))
    if (np.abs(types[one] - types[other]) != 1).any():
        return "leads past a rank"
    # Of those that somebody leads, who that is.
    above = led & (types[:, None] == types[None] + 1)
    for rank in (1, 2):
        masters = above[types == rank].sum(axis=1)
        if (masters != 1).any():
            return f"a {RANKS[rank]} led by {int(masters[masters != 1][0])}"
    if (led & (types[:, None] == 1) & (types[None] == 2)).sum(axis=1)[types == 1].min(
        initial=1
    ) < 1:
        return "a lead of none"
    master = np.where(types == 0, -1, above.argmax(axis=1))
    team = (master[:, None] == master) & (types > 0)[:, None] & ~np.eye(len(types), dtype=bool)
    works = edges == _WORKS
    if (works & ~team).any():
        return "works past a team"
    return "a team apart" if (team & ~works).any() else ""


_MAIN = CATEGORIES.index("main verb")
_LEAVES = [CATEGORIES.index(name) for name in ("determiner", "adjective", "adverb", "preposition")]


def why_no_sentence(types: Types, edges: Edges) -> str:
    """Say why a graph is not the tree of a sentence: a tree with one main verb, in which nothing
    hangs on what only goes with another word.
    """
    if no_tree := why_no_tree(edges):
        return no_tree
    if (verbs := int((types == _MAIN).sum())) != 1:
        return f"{verbs} main verbs" if verbs else "no main verb"
    joined = (edges > 0).sum(axis=1)
    for leaf in _LEAVES:
        if (joined[types == leaf] > 1).any():
            return f"hangs on {'an' if CATEGORIES[leaf][0] == 'a' else 'a'} {CATEGORIES[leaf]}"
    return ""


@dataclass(frozen=True)
class LabelledMake:
    """Of which make graphs are, as text that may be shown, by what labels they are known, () for
    any, and what is wrong with one that is not: ``why(types, edges)``.
    """

    title: str
    labels: tuple[str, ...]
    why: Callable[[Types, Edges], str]

    def wrong(self, types: Types, edges: Edges, size: NDArray[Any]) -> list[str]:
        """Say what is wrong with each graph, types (n, N) and edges (n, N, N)."""
        each = zip(types, edges, np.asarray(size).tolist(), strict=True)
        return [self.why(own[:n], square[:n, :n]) for own, square, n in each]


LABELLED_MAKES: Mapping[str, LabelledMake] = {
    "organisation": LabelledMake("an organisation", RANKS, why_no_organisation),
    "sentence": LabelledMake("the tree of a sentence", CATEGORIES, why_no_sentence),
    "tree": LabelledMake("a tree", (), lambda types, edges: why_no_tree(edges)),
    "connected": LabelledMake("connected", (), lambda types, edges: why_not_connected(edges)),
}
"""The most particular ones first."""


def labelled_make_of(types: Types, edges: Edges, size: NDArray[Any]) -> LabelledMake | None:
    """Return the most particular make that all of some graphs are of; None where they have nothing
    in common.
    """
    if not len(size):
        return None
    for make in LABELLED_MAKES.values():
        if not any(make.wrong(types, edges, size)):
            return make
    return None


def labelled_make_meant(
    meant: str, types: Types, edges: Edges, size: NDArray[Any]
) -> LabelledMake | None:
    """Return the make that graphs are ``meant`` to be of, one of `LABELLED_MAKES` or "none"; where
    nobody has said so, "", the one that all are of. None for no make.
    """
    return LABELLED_MAKES.get(meant) if meant else labelled_make_of(types, edges, size)
