"""Layout of molecules as in chemistry: equal bond lengths, zigzag chains at 120 degrees, regular
rings, straight triple bonds.

The same molecule gives the same picture: atoms are put into canonical order. Rings that share an
edge or an atom are placed side by side, and parts are flipped about a bond if that gives more room
(Helson 1999, Reviews in Computational Chemistry 13, 313-398). Cages and molecules with overlapping
atoms use `studio.cage_layout`.
"""

import cmath
import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.observables.graphs.canonical import canonical_order
from pushforward.studio.cage_layout import cage_places, crossings

__all__ = ["as_drawn"]

Places = dict[int, complex]
Near = list[list[int]]
NEAREST = 0.45  # of a bond: atoms that are nearer than that lie on each other
APART = 1.5  # bonds between two pieces
PASSES = 3
SNAP = math.pi / 6


def as_drawn(bonds: NDArray[Any], size: NDArray[Any], atoms: NDArray[Any]) -> NDArray[np.float32]:
    """Return where atoms are drawn of molecules, their bonds (g, N, N) and atoms (g, N), (g, N, 2):
    about the origin, of root mean square distance about 1 from it, wider than high; 0 where one is
    padded.
    """
    found = np.zeros((*atoms.shape, 2), np.float32)
    for row, n in enumerate(size.tolist()):
        if n:
            square = np.asarray(bonds[row, :n, :n], np.int64)
            order = np.array(canonical_order(square, atoms[row, :n].tolist()), np.int64)
            square = square[np.ix_(order, order)]
            z = _turned(_lay_out_molecule(square), square)
            found[row, order] = np.stack([z.real, z.imag], axis=1)
    return found


def _lay_out_molecule(square: NDArray[np.int64]) -> NDArray[np.complex128]:
    """Return places of the atoms of one molecule, fragments side by side."""
    z, right, near = np.zeros(len(square), complex), 0.0, _near(square)
    left = set(range(len(square)))
    while left:
        piece = sorted(_reached(near, min(left)))
        left -= set(piece)
        own = _Sketch(square[np.ix_(piece, piece)]).places()
        z[piece] = own - own.real.min() + right
        right += float(own.real.max() - own.real.min()) + APART
    return z


def _near(square: NDArray[np.int64]) -> Near:
    """Return the neighbours of each atom."""
    return [np.flatnonzero(row).tolist() for row in square]


def _reached(near: Near, start: int, but: int = -1) -> set[int]:
    """Return the atoms that hang together with one, not by way of another."""
    seen, queue = {start}, [start]
    while queue:
        for other in near[queue.pop()]:
            if other not in seen and other != but:
                seen.add(other)
                queue.append(other)
    return seen


class _Sketch:
    """One molecule of one piece; places are complex numbers, bonds have length 1."""

    def __init__(self, square: NDArray[np.int64]) -> None:
        self._square = square
        self._near = _near(square)
        self._at: Places = {}
        self._rings = _rings(square, self._near)
        self._systems = [_ring_system(each, square) for each in _fused(self._rings)]

    def places(self) -> NDArray[np.complex128]:
        """Return the places (n,)."""
        n = len(self._square)
        largest: Places = max(self._systems, key=lambda own: len(own), default={0: 0j})
        self._at = dict(largest)
        queue = list(self._at)
        while queue:
            atom = queue.pop(0)
            new = [each for each in self._near[atom] if each not in self._at]
            for other, angle in zip(new, self._directions(atom, len(new)), strict=True):
                if other not in self._at:
                    queue += self._set(atom, other, angle)
        z = np.array([self._at[atom] for atom in range(n)])
        z = self._turned_over(z)
        if n > 1 and (_least(z) < NEAREST or self._crossed(z)):
            x = cage_places(self._square != 0, self._rings)
            z = x[:, 0] + 1j * x[:, 1]
        return z

    def _crossed(self, z: NDArray[np.complex128]) -> bool:
        x, bonds = np.stack([z.real, z.imag], axis=1), np.argwhere(np.triu(self._square, 1))
        return bool(crossings(x[None], bonds)[0])

    def _directions(self, atom: int, count: int) -> list[float]:
        """Return the directions of ``count`` atoms attached to one."""
        here, all_of = self._at[atom], len(self._near[atom])
        there = sorted(
            cmath.phase(self._at[each] - here) for each in self._near[atom] if each in self._at
        )
        if len(there) > 1:  # they share the widest gap
            gaps = [
                ((after - before) % math.tau or math.tau, before)
                for before, after in zip(there, [*there[1:], there[0]], strict=True)
            ]
            gap, start = max(gaps)
            return [start + gap * (k + 1) / (count + 1) for k in range(count)]
        orders = self._square[atom]
        straight = all_of == 2 and (orders.max() == 3 or (orders == 2).sum() == 2)
        step = math.pi if straight else math.tau / (3 if all_of < 4 else all_of)
        if not there:
            return [step * k for k in range(count)]
        ways = [[there[0] + sign * step * (k + 1) for k in range(count)] for sign in (1, -1)]
        return min(ways, key=lambda way: self._crowd([here + cmath.rect(1, a) for a in way]))

    def _set(self, atom: int, other: int, angle: float) -> list[int]:
        """Set an atom to one, with its rings; return which ones have a place now."""
        place = self._at[atom] + cmath.rect(1.0, angle)
        own = next((each for each in self._systems if other in each), {other: 0j})
        inner = sum((own[each] - own[other] for each in self._near[other] if each in own), 0j)
        away = cmath.rect(1.0, -cmath.phase(inner or 1))  # its own rings lie away from the one
        flat = {each: (z - own[other]) * away for each, z in own.items()}
        turn = cmath.rect(1.0, angle)
        ways: list[Places] = [
            {each: place + turn * z for each, z in flat.items()},
            {each: place + turn * z.conjugate() for each, z in flat.items()},
        ]
        best: Places = min(ways, key=lambda way: self._crowd(list(way.values())))
        self._at |= best
        return list(own)

    def _crowd(self, some: Sequence[complex]) -> float:
        """Say how near some places are to what has one already."""
        away = np.abs(np.array(some)[:, None] - np.array(list(self._at.values()))).clip(1e-3)
        return round(float((away**-2.0).sum()), 6)

    def _turned_over(self, z: NDArray[np.complex128]) -> NDArray[np.complex128]:
        """Turn parts over about a bond, where that leaves more room."""
        joints = [
            (i, j, sorted(_reached(self._near, j, but=i)))
            for i, j in np.argwhere(np.triu(self._square, 1)).tolist()
            if min(len(self._near[i]), len(self._near[j])) > 1
            and not any(i in each and j in each for each in self._systems)
        ]
        least = _energy(z)
        for _ in range(PASSES):
            before = least
            for i, j, part in joints:
                axis = (z[j] - z[i]) / abs(z[j] - z[i])
                other = z.copy()
                other[part] = z[i] + axis**2 * np.conj(z[part] - z[i])
                if (energy := _energy(other)) < least - 1e-6:
                    z, least = other, energy
            if least == before:
                break
        return z


def _away(z: NDArray[np.complex128]) -> NDArray[np.float64]:
    first, second = _pairs(len(z))
    return np.asarray(np.abs(z[first] - z[second]))


@lru_cache(maxsize=64)
def _pairs(n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return np.triu_indices(n, 1)


def _least(z: NDArray[np.complex128]) -> float:
    return float(_away(z).min())


def _energy(z: NDArray[np.complex128]) -> float:
    return float((_away(z).clip(1e-3) ** -4.0).sum())


def _rings(square: NDArray[np.int64], near: Near) -> list[list[int]]:
    """Return the smallest rings: as many as there are bonds beyond those of a tree, none the sum of
    others (Horton 1987, doi:10.1137/0216026, of the shortest one through each bond).
    """
    pairs = np.argwhere(np.triu(square, 1)).tolist()
    number = {(i, j): 1 << k for k, (i, j) in enumerate(pairs)}
    found = sorted((ring for i, j in pairs if (ring := _shortest(near, i, j))), key=len)
    kept: list[list[int]] = []
    basis: list[int] = []
    for ring in found:
        bits = 0
        for i, j in zip(ring, [*ring[1:], ring[0]], strict=True):
            bits ^= number[min(i, j), max(i, j)]
        for known in basis:
            bits = min(bits, bits ^ known)
        if bits:
            basis = sorted([*basis, bits], reverse=True)
            kept.append(ring)
    return kept


def _shortest(near: Near, start: int, end: int) -> list[int]:
    """Return the shortest ring with a bond, [] for none."""
    before, queue = {start: -1}, [start]
    while queue:
        atom = queue.pop(0)
        for other in near[atom]:
            if other in before or (atom, other) == (start, end):
                continue
            before[other] = atom
            queue.append(other)
    ring = [end] if end in before else []
    while ring and ring[-1] != start:
        ring.append(before[ring[-1]])
    return ring


def _fused(rings: Sequence[list[int]]) -> list[list[list[int]]]:
    """Return rings grouped by shared atoms."""
    groups: list[list[list[int]]] = []
    for ring in rings:
        mine = [group for group in groups if any(set(ring) & set(each) for each in group)]
        groups = [group for group in groups if group not in mine]
        groups.append([each for group in mine for each in group] + [ring])
    return groups


def _ring_system(rings: Sequence[list[int]], square: NDArray[np.int64]) -> Places:
    """Return places of rings that share atoms: polygons side by side, or by stress a cage."""
    at: Places = {}
    left = [*rings]
    while left:
        ring = max(left, key=lambda ring: (sum(each in at for each in ring), -len(ring)))
        left.remove(ring)
        shared = [each for each in ring if each in at]
        ways = list(_polygons(ring, shared, at))
        if not ways:
            return _cage(rings, square)
        there = np.array(list(at.values()) or [0j])
        best: Places = max(ways, key=lambda way: round(_room(way, there, shared), 6))
        at |= best
    return (
        at if len(at) < 2 or _least(np.array(list(at.values()))) > NEAREST else _cage(rings, square)
    )


def _room(way: Places, there: NDArray[np.complex128], shared: Sequence[int]) -> float:
    """Return the distance of a polygon's new places from existing ones."""
    new = np.array([z for each, z in way.items() if each not in shared])
    return float(np.abs(new[:, None] - there).min()) if len(new) else 0.0


def _polygons(ring: Sequence[int], shared: Sequence[int], at: Places) -> Iterator[Places]:
    """Yield the possible regular polygons of a ring with ``shared`` fixed atoms."""
    n = len(ring)
    if len(shared) > 2:
        return
    radius = 0.5 / math.sin(math.pi / n)
    corners = [radius * cmath.rect(1.0, math.tau * k / n) for k in range(n)]
    if len(shared) == 2:
        i, j = (ring.index(each) for each in shared)
        if (j - i) % n not in (1, n - 1):
            return
        one, other = at[shared[0]], at[shared[1]]
        for flat in (corners, [z.conjugate() for z in corners]):
            turn = (other - one) / (flat[j] - flat[i])
            yield {ring[k]: one + turn * (flat[k] - flat[i]) for k in range(n)}
    elif shared:
        i, here = ring.index(shared[0]), at[shared[0]]
        others = [z for z in at.values() if 0.5 < abs(z - here) < 1.5]
        away = cmath.phase(-sum((z - here for z in others), 0j) or 1)
        turn = cmath.rect(1.0, away - cmath.phase(-corners[i]))
        yield {ring[k]: here + turn * (corners[k] - corners[i]) for k in range(n)}
    else:
        yield dict(zip(ring, corners, strict=True))


def _cage(rings: Sequence[list[int]], square: NDArray[np.int64]) -> Places:
    own = sorted({each for ring in rings for each in ring})
    inner = [[own.index(each) for each in ring] for ring in rings]
    x = cage_places(square[np.ix_(own, own)] != 0, inner)
    return dict(zip(own, (x[:, 0] + 1j * x[:, 1]).tolist(), strict=True))


def _turned(z: NDArray[np.complex128], square: NDArray[np.int64]) -> NDArray[np.complex128]:
    """Return places about their middle, of size 1, the longest axis across and bonds at multiples
    of 30 degrees to it, the longer tail of each axis to the right and up.
    """
    z = z - z.mean()
    first, second = np.nonzero(np.triu(square, 1))
    ways = np.angle(z[second] - z[first])
    # The square of a complex number has twice its angle, so that an axis has one.
    spin = (z**2).sum()
    across = 0.5 * cmath.phase(spin)
    if len(ways) and abs(spin) < 0.05 * float((np.abs(z) ** 2).sum()):
        across = float(ways[0]) - math.pi / 2.0  # as wide as high: a bond upright
    elif len(ways):
        off = np.angle(np.exp(12j * (ways - across)).sum()) / 12.0
        across += float(off)
    z = z * cmath.rect(1.0, -across)
    z = np.where((z.real**3).sum() < -1e-6, -np.conj(z), z)
    z = np.where((z.imag**3).sum() < -1e-6, np.conj(z), z)
    z = z - complex(z.real.max() + z.real.min(), z.imag.max() + z.imag.min()) / 2.0
    size = float(np.sqrt((np.abs(z) ** 2).mean()))
    return np.asarray(z / size if size > 1e-9 else z)
