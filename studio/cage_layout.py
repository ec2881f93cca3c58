"""Layout of cage molecules, whose rings share more than a bond, and of molecules without room in
the standard layout.

One ring goes around all others, as a regular polygon, and inner atoms lie at the mean of their
neighbours, so no bonds cross if that ring can be the outline (Tutte 1963,
doi:10.1112/plms/s3-13.1.743). Hanging atoms go into the widest gap. Stress (`studio.graph_layout`)
then equalises bond lengths. Of all candidates, the one with the fewest crossings is chosen, then
the one with the most equal bonds.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import combinations, islice

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.graph_layout import spread

__all__ = ["cage_places", "crossings"]

Floats = NDArray[np.float64]
Pairs = NDArray[np.int64]
_OUTLINES = 32  # that are tried at most
_SUMS = 128  # of rings that are looked at for them
_ROUNDS = (1, 2, 5)  # of stress, one after the other
_ROOM = 0.5  # bonds that an atom should be from a bond that is none of its own
_CLOSE = 4.0  # how much that counts beside how different bonds are


def cage_places(joined: NDArray[np.bool_], rings: Sequence[Sequence[int]]) -> Floats:
    """Return places (n, 2) of connected atoms (n, n) with the smallest ``rings``, with a mean bond
    length of 1.
    """
    starts = [_inside(outline, joined) for outline in islice(_outlines(rings), _OUTLINES)]
    found = [spread(joined[None])]
    if starts:
        found.append(np.stack(starts))
        every = np.broadcast_to(joined, (len(starts), *joined.shape))
        for rounds in _ROUNDS:
            found.append(spread(every, found[-1], rounds))
    x = np.concatenate(found)
    bonds = np.argwhere(np.triu(joined, 1))
    lengths = np.linalg.norm(x[:, bonds[:, 0]] - x[:, bonds[:, 1]], axis=-1)
    size = lengths.mean(axis=1)
    x, lengths = x / size[:, None, None], lengths / size[:, None]
    uneven = lengths.max(axis=1) - lengths.min(axis=1)
    strain = uneven + _CLOSE * (_ROOM - _nearest(x, bonds)).clip(0.0)
    best = np.lexsort((strain.round(6), crossings(x, bonds)))[0]
    return np.asarray(x[best])


def _outlines(rings: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Yield the rings that are sums of some smallest ones, each as its atoms in turn: what two of
    them share lies inside.
    """
    own = [{frozenset(pair) for pair in zip(ring, [*ring[1:], ring[0]], strict=True)}
           for ring in rings]  # fmt: skip
    every = (some for k in range(len(own), 0, -1) for some in combinations(own, k))
    for some in islice(every, _SUMS):
        total: set[frozenset[int]] = set()
        for each in some:
            total ^= each
        if outline := _in_turn(total):
            yield outline


def _in_turn(bonds: set[frozenset[int]]) -> list[int]:
    """Return the atoms of some bonds in turn, [] where these are not one ring."""
    near: dict[int, list[int]] = {}
    for one, other in sorted(tuple(sorted(each)) for each in bonds):
        near.setdefault(one, []).append(other)
        near.setdefault(other, []).append(one)
    if not near or any(len(each) != 2 for each in near.values()):
        return []
    turn = [min(near)]
    before, here = turn[0], near[turn[0]][0]
    while here != turn[0]:
        turn.append(here)
        one, other = near[here]
        before, here = here, other if one == before else one
    return turn if len(turn) == len(near) else []


def _inside(outline: Sequence[int], joined: NDArray[np.bool_]) -> Floats:
    """Return places (n, 2) of an outline as a regular polygon, of its interior, and of hanging
    atoms.
    """
    turn = math.tau * np.arange(len(outline)) / len(outline)
    hint = np.arange(len(joined))  # what would fall on one spot is a hint apart
    x = 1e-3 * np.stack([np.cos(2.4 * hint), np.sin(2.4 * hint)], axis=1)
    x[list(outline)] = np.stack([np.cos(turn), np.sin(turn)], 1) / (2 * math.sin(turn[1] / 2))
    hanging = _hanging(joined, outline)
    inner = [each for each in hint.tolist() if each not in outline and each not in hanging]
    if inner:
        own = joined[inner].astype(np.float64)
        own[:, list(hanging)] = 0.0
        pull = np.diag(own.sum(axis=1)) - own[:, inner]
        x[inner] += np.linalg.solve(pull, own[:, list(outline)] @ x[list(outline)])
    placed = {*outline, *inner}
    for each, at in reversed(hanging.items()):
        near = [k for k in np.flatnonzero(joined[at]).tolist() if k in placed]
        x[each] = x[at] + _gap(x[near] - x[at])
        placed.add(each)
    return x


def _hanging(joined: NDArray[np.bool_], outline: Sequence[int]) -> dict[int, int]:
    """Return which atoms hang at a tree, with what they hang at, the outermost first."""
    left, found = joined.copy(), dict[int, int]()
    while ends := [k for k in np.flatnonzero(left.sum(axis=1) == 1) if k not in outline]:
        for each in ends:
            if left[each].any():
                found[int(each)] = int(np.flatnonzero(left[each])[0])
                left[each] = left[:, each] = False
    return found


def _gap(ways: Floats) -> Floats:
    """Return a step of length 1 into the widest gap between some ways (k, 2)."""
    angles = np.sort(np.arctan2(ways[:, 1], ways[:, 0]))
    gaps = np.diff(angles, append=angles[:1] + math.tau)
    middle = angles[gaps.argmax()] + gaps.max() / 2.0
    return np.array([math.cos(middle), math.sin(middle)])


def crossings(x: Floats, bonds: Pairs) -> NDArray[np.int64]:
    """Return how many pairs of bonds (m, 2) cross that have no atom in common, in each of some
    drawings (g, n, 2).
    """
    one, other = np.triu_indices(len(bonds), 1)
    (a, b), (c, d) = bonds[one].T, bonds[other].T
    apart = (a != c) & (a != d) & (b != c) & (b != d)
    a, b, c, d = (each[apart] for each in (a, b, c, d))
    over = _side(x, a, b, c) * _side(x, a, b, d) < 0.0
    return np.asarray((over & (_side(x, c, d, a) * _side(x, c, d, b) < 0.0)).sum(axis=1))


def _side(x: Floats, start: Pairs, end: Pairs, at: Pairs) -> Floats:
    """Return on which side of lines places lie, by sign."""
    way, to = x[:, end] - x[:, start], x[:, at] - x[:, start]
    return np.asarray(way[..., 0] * to[..., 1] - way[..., 1] * to[..., 0])


def _nearest(x: Floats, bonds: Pairs) -> Floats:
    """Return how near an atom is to a bond that is none of its own, in each drawing (g, n, 2)."""
    start = x[:, bonds[:, 0]][:, :, None]
    way = x[:, bonds[:, 1]][:, :, None] - start
    to = x[:, None] - start
    along = (way * to).sum(axis=-1) / (way**2).sum(axis=-1).clip(1e-12)
    away = np.linalg.norm(to - along.clip(0.0, 1.0)[..., None] * way, axis=-1)
    atoms = np.arange(x.shape[1])
    away[:, (bonds[:, :1] == atoms) | (bonds[:, 1:] == atoms)] = np.inf
    return np.asarray(away.min(axis=(1, 2)))
