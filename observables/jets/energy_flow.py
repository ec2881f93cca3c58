"""Energy flow polynomials: a multigraph each, summed over all ways to place constituents on it.

EFP_G = sum over i_1, ..., i_N of z_i1 ... z_iN times the product over the edges (k, l) of G of the
distances Delta R between the constituents i_k and i_l (Komiske, Metodiev and Thaler 2018,
arXiv:1712.07124, eq. 1.1, with beta 1). With A = Delta R, powers of it taken element by element,
the sums around a constituent are u = A z, w = A^2 z, v = A^3 z and r = A (z u), and no graph of at
most four edges needs more than the product of two matrices, B = A diag(z) A. Each is found of S_ij
= sqrt(z_i z_j) A_ij: S S is B so weighted, whose squares are summed over the square. A^2 is a
product of four columns, A_ij^2 = x_i^2 + x_j^2 - 2 x_i x_j, so that a sum over it needs no pairs.
The EFP of a graph of several pieces is the product of theirs.
"""

import math
from collections.abc import Callable, Mapping
from functools import cache, cached_property, partial
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.observables.jets.kinematics import Floats, Room, by_size, distances

__all__ = ["CONNECTED", "FOUR", "all_polynomials", "connected_polynomials", "four_polynomials"]

_AT_ONCE = 1 << 16  # pairs of constituents that stay near the processor
_LEAST = 1e-150  # of a root of z that is divided by

Edges = tuple[tuple[int, int], ...]

CONNECTED: Mapping[str, Edges] = {
    "dot": (),
    "line": ((0, 1),),
    "line x2": ((0, 1), (0, 1)),
    "wedge": ((0, 1), (1, 2)),
    "line x3": ((0, 1), (0, 1), (0, 1)),
    "wedge x2": ((0, 1), (0, 1), (1, 2)),
    "triangle": ((0, 1), (1, 2), (0, 2)),
    "path": ((0, 1), (1, 2), (2, 3)),
    "star": ((0, 1), (0, 2), (0, 3)),
    "line x4": ((0, 1), (0, 1), (0, 1), (0, 1)),
    "wedge x3": ((0, 1), (0, 1), (0, 1), (1, 2)),
    "wedge x2 x2": ((0, 1), (0, 1), (1, 2), (1, 2)),
    "triangle x2": ((0, 1), (0, 1), (1, 2), (0, 2)),
    "path, end x2": ((0, 1), (0, 1), (1, 2), (2, 3)),
    "path, middle x2": ((0, 1), (1, 2), (1, 2), (2, 3)),
    "star x2": ((0, 1), (0, 1), (0, 2), (0, 3)),
    "paw": ((0, 1), (1, 2), (0, 2), (2, 3)),
    "square": ((0, 1), (1, 2), (2, 3), (0, 3)),
    "long path": ((0, 1), (1, 2), (2, 3), (3, 4)),
    "fork": ((0, 1), (0, 2), (0, 3), (3, 4)),
    "star of four": ((0, 1), (0, 2), (0, 3), (0, 4)),
}
"""The connected multigraphs of at most four edges, by a name, in the order of their edges."""

FOUR = ("path, end x2", "path, middle x2", "star x2", "paw", "square")
"""Those of four nodes and four edges."""


def four_polynomials(angles: NDArray[Any], z: NDArray[Any]) -> Floats:
    """Return the EFPs of the five graphs of `FOUR`, (n, 5).

    Args:
        angles: (n, N, 2), see `observables.jets`.
        z: shares of the pT, (n, N), 0 where a place is padded; their sum need not be 1.
    """
    return by_size(partial(_stacked, FOUR, Room()), angles, z, _AT_ONCE)


def all_polynomials(angles: NDArray[Any], z: NDArray[Any]) -> Floats:
    """Return the EFPs of the 36 multigraphs of at most four edges, first those of `CONNECTED`, then
    those of several pieces, (n, 36). Arguments as in `four_polynomials`.
    """
    single = by_size(partial(_stacked, tuple(CONNECTED), Room()), angles, z, _AT_ONCE)
    column = {name: single[:, k] for k, name in enumerate(CONNECTED)}
    pieces = [np.prod([column[name] for name in names], axis=0) for names in _composites()]
    return np.column_stack([single, *pieces])


def _stacked(names: tuple[str, ...], room: Room, angles: NDArray[Any], z: Floats) -> Floats:
    sums = _Sums(angles, z, room)
    return np.array([_FORMULAS[name](sums) for name in names]).T


@cache
def _composites() -> list[tuple[str, ...]]:
    """Return the graphs of two to four pieces, each with an edge, and of at most four edges."""
    pieces = [name for name, edges in CONNECTED.items() if edges]
    return [
        names
        for count in (2, 3, 4)
        for names in combinations_with_replacement(pieces, count)
        if sum(len(CONNECTED[name]) for name in names) <= 4
    ]


def connected_polynomials(
    angles: NDArray[Any], z: Floats, names: tuple[str, ...] = tuple(CONNECTED)
) -> dict[str, Floats]:
    """Return the EFPs of some graphs of `CONNECTED` by their names, (n,) each.

    Args:
        angles: as in `four_polynomials`.
        z: likewise.
        names: of the graphs.
    """
    sums = _Sums(angles, z, Room())
    return {name: _FORMULAS[name](sums) for name in names}


class _Sums:
    """Sums over the constituents of each jet, each of them found once."""

    def __init__(self, angles: NDArray[Any], z: Floats, room: Room) -> None:
        self.z, self._room = z, room
        self._root = np.sqrt(z)
        self._back = (z > 0.0) / np.maximum(self._root, _LEAST)
        left, self._right = _factors(angles, z, room)
        self._left = left.swapaxes(1, 2)
        squares = np.matmul(self._left, self._right, out=room.of("pairs", (*z.shape, z.shape[1])))
        np.abs(squares, out=squares)  # of two in one spot a rounding is left, of either sign
        np.einsum("nii->ni", squares)[...] = 0.0
        self.pairs = np.sqrt(squares, out=squares)  # S

    def squared(self, values: Floats) -> Floats:
        """Return z_i times the sum of z_j A_ij^2 times values (n, N) over j, (n, N)."""
        return _times(self._left, _times(self._right, values))

    def _like(self, name: str) -> Floats:
        return self._room.of(name, self.pairs.shape)

    @cached_property
    def around(self) -> Floats:
        """A z and A (z w), each times sqrt(z), (n, 2, N): two products cost as much as one."""
        both = np.empty((len(self.z), 2, self.z.shape[1]))
        both[:, 0] = self._root
        np.multiply(self.zw, self._back, out=both[:, 1])
        return both @ self.pairs

    @cached_property
    def u(self) -> Floats:
        return self.around[:, 0] * self._back

    @cached_property
    def r(self) -> Floats:
        return _times(self.pairs, self.around[:, 0]) * self._back

    @cached_property
    def zu(self) -> Floats:
        return self.around[:, 0] * self._root

    @cached_property
    def zw(self) -> Floats:
        return self.squared(np.ones_like(self.z))

    @cached_property
    def w(self) -> Floats:
        return np.asarray(self.zw * self._back**2)

    @cached_property
    def zv(self) -> Floats:
        return _times(self.cubes, np.ones_like(self.z))

    @cached_property
    def apart(self) -> Floats:
        """A, 0 where one of the two has no z."""
        apart = np.multiply(self.pairs, self._back[:, :, None], out=self._like("apart"))
        apart *= self._back[:, None, :]
        return apart

    @cached_property
    def cubes(self) -> Floats:
        """z_i z_j A_ij^3."""
        cubes = np.multiply(self.pairs, self.apart, out=self._like("cubes"))
        cubes *= self.pairs
        return cubes

    @cached_property
    def through(self) -> Floats:
        """S S: the ways from one constituent to another by way of a third."""
        return np.matmul(self.pairs, self.pairs, out=self._like("through"))


def _factors(angles: NDArray[Any], z: Floats, room: Room) -> tuple[Floats, Floats]:
    """Return arrays (n, k, N) of which the product over k is z_i z_j A_ij^2, in the order (i, j).

    x are angles from the middle of the pT, so that little is rounded where A is small: that of two
    in one spot becomes 1e-8 of what they are away from there.
    """
    n, places = z.shape
    if z.size and np.ptp(angles[..., 1]) > np.pi:  # the short way around is no plane
        squares = distances(angles, room)
        squares *= squares
        squares *= z[:, :, None]
        squares *= z[:, None, :]
        return squares, np.eye(places)[None]
    left, right = room.of("factors", (2, n, 4, places))
    x = np.ascontiguousarray(np.moveaxis(angles, 2, 1), dtype=np.float64)
    middle = np.vecdot(x, z[:, None]) / np.maximum(z.sum(axis=1), _LEAST)[:, None]
    x -= middle[..., None]
    np.multiply(x, z[:, None], out=left[:, 2:])
    np.multiply(left[:, 2:], -2.0, out=right[:, 2:])
    x *= left[:, 2:]
    left[:, 0] = right[:, 1] = z
    left[:, 1] = right[:, 0] = x[:, 0] + x[:, 1]
    return left, right


def _times(matrices: Floats, values: Floats) -> Floats:
    """Return matrices (n, N, N) times values (n, N), (n, N)."""
    return np.asarray((matrices @ values[..., None])[..., 0])


def _dot(one: Floats, other: Floats) -> Floats:
    """Return the sum of the products of two arrays (n, ...) of one shape, (n,)."""
    flat = len(one), math.prod(one.shape[1:])
    return np.asarray(np.vecdot(one.reshape(flat), other.reshape(flat)))


_FORMULAS: Mapping[str, Callable[[_Sums], Floats]] = {
    "dot": lambda s: s.z.sum(axis=1),
    "line": lambda s: s.zu.sum(axis=1),
    "line x2": lambda s: s.zw.sum(axis=1),
    "wedge": lambda s: _dot(s.zu, s.u),
    "line x3": lambda s: s.zv.sum(axis=1),
    "wedge x2": lambda s: _dot(s.zw, s.u),
    "triangle": lambda s: _dot(s.pairs, s.through),
    "path": lambda s: _dot(s.zu, s.r),
    "star": lambda s: _dot(s.zu, s.u**2),
    "line x4": lambda s: _dot(s.cubes, s.apart),
    "wedge x3": lambda s: _dot(s.zv, s.u),
    "wedge x2 x2": lambda s: _dot(s.zw, s.w),
    "triangle x2": lambda s: _dot(s.pairs * s.through, s.apart),
    "path, end x2": lambda s: np.vecdot(s.around[:, 0], s.around[:, 1]),
    "path, middle x2": lambda s: _dot(s.u, s.squared(s.u)),
    "star x2": lambda s: _dot(s.zw, s.u**2),
    "paw": lambda s: _dot(np.vecdot(s.pairs, s.through), s.u),
    "square": lambda s: _dot(s.through, s.through),
    "long path": lambda s: _dot(s.z, s.r**2),
    "fork": lambda s: _dot(s.zu * s.u, s.r),
    "star of four": lambda s: _dot(s.zu, s.u**3),
}
