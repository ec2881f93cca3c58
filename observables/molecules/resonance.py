"""Bonds that may be drawn in several ways: which orders fit, and which of them are moved.

A ring of alternating bonds can be drawn in two ways that are one molecule (Kekulé 1872).
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pushforward.observables.graphs.canonical import same_graphs

__all__ = ["MOBILE", "filled", "resonant", "same_molecules"]

Numbers: TypeAlias = NDArray[np.int64]
MOBILE = 4
"""Stands in the place of the order of a bond that differs between ways of drawing."""


def filled(joined: NDArray[Any], missing: Sequence[int]) -> Numbers | None:
    """Return how much is to be added to the order of each bond (n, n) so that each atom gets what
    it is ``missing`` (n,), no bond more than two; None where there is no way.

    A perfect matching (Edmonds 1965, that of networkx) of as many copies of each atom as it misses;
    where each misses at most one, mostly none has a choice once a few are matched.
    """
    n = len(missing)
    found = np.zeros((n, n), np.int64)
    if not any(missing):
        return found
    if max(missing) == 1 and (matched := _matched(joined, missing)) is not None:
        for i, j in matched:
            found[i, j] = found[j, i] = 1
        return found
    import networkx  # a quarter of a second, for those who ask

    copies = networkx.Graph()
    copies.add_nodes_from((i, k) for i in range(n) for k in range(missing[i]))
    for i, j in np.argwhere(np.triu(joined, 1)).tolist():
        pairs = ((k, m) for k in range(missing[i]) for m in range(missing[j]))
        copies.add_edges_from(((i, k), (j, m)) for k, m in pairs)
    both = networkx.max_weight_matching(copies, maxcardinality=True)
    if 2 * len(both) < len(copies):
        return None
    for (i, _), (j, _) in both:
        found[i, j] += 1
        found[j, i] += 1
    return found if found.max() <= 2 else None


def _matched(joined: NDArray[Any], missing: Sequence[int]) -> list[tuple[int, int]] | None:
    """Return pairs of joined atoms, each that misses one in one of them, those first that have the
    fewest to choose from; None where that leads nowhere, which is no proof that nothing does.
    """
    left = {i for i, many in enumerate(missing) if many}
    around = {i: {j for j in np.flatnonzero(joined[i]).tolist() if j in left} for i in left}
    found = []
    while left:
        one = min(left, key=lambda i: (len(around[i]), i))
        if not around[one]:
            return None
        other = min(around[one], key=lambda j: (len(around[j]), j))
        found.append((one, other))
        left -= {one, other}
        for node in (one, other):
            for each in around[node]:
                around[each].discard(node)
    return found


def resonant(bonds: NDArray[Any]) -> Numbers:
    """Return the orders of bonds (n, n) with `MOBILE` in the place of those single and double bonds
    that alternate around a ring: what is left is the same however the molecule was drawn.
    """
    found = np.array(bonds, np.int64)
    double = {i: int(np.flatnonzero(row == 2)[0]) for i, row in enumerate(found)
              if (row == 2).sum() == 1}  # fmt: skip
    ends = {i: j for i, j in double.items() if double.get(j) == i}
    singles = {i: [j for j in np.flatnonzero(found[i] == 1).tolist() if j in ends] for i in ends}
    # Whatever alternates does so through a single bond.
    for first, last in ends.items():
        for node in singles[first]:
            if first < node and found[first, node] != MOBILE:
                ring = _ring(first, last, ends, {**singles, first: [node]})
                for i, j in zip(ring, ring[1:] + ring[:1], strict=True):
                    found[i, j] = found[j, i] = MOBILE
    return found


def same_molecules(atoms: NDArray[Any], bonds: NDArray[Any], size: NDArray[Any]) -> Numbers:
    """Return the class of each molecule (n, N), (n, N, N), (n,): those that are the same, however
    numbered and drawn, have one number, from 0 as they are met.
    """
    return same_graphs(np.array([resonant(each) for each in bonds]), size, atoms)


def _ring(first: int, last: int, ends: dict[int, int], singles: dict[int, list[int]]) -> list[int]:
    """Return the atoms of a ring of alternating bonds that a double bond is in, in their order; []
    where there is none.
    """
    way = [first]
    left = [iter(singles[first])]
    seen = {first, last}
    while left:
        node = next(left[-1], None)
        if node is None:
            left.pop()
            gone = way[-2:] if len(way) > 1 else way
            seen -= set(gone) if len(way) > 1 else set()
            way = way[: -len(gone)]
        elif node == last and len(way) > 1:
            return [*way, last]
        elif node not in seen:
            way += [node, ends[node]]
            seen |= {node, ends[node]}
            left.append(iter(singles[ends[node]]))
    return []
