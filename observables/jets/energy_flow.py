"""Energy flow polynomials: a multigraph each, summed over all ways to place constituents on it.

EFP_G = sum over i_1, ..., i_N of z_i1 ... z_iN times the product over the edges (k, l) of G of the
distances Delta R between the constituents i_k and i_l (Komiske, Metodiev and Thaler 2018,
arXiv:1712.07124, eq. 1.1, with beta 1). With A = Delta R, powers of it taken element by element,
the sums around a constituent are u = A z, w = A^2 z, v = A^3 z and r = A (z u), and no graph of at
most four edges needs more than the product of two matrices, B = A diag(z) A. The EFP of a graph of
several pieces is the product of theirs.
"""

from collections.abc import Callable, Mapping
from functools import cache, cached_property, partial
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from numpy.typing import NDArray

from observables.jets.kinematics import Floats, Room, of_distances

__all__ = ["CONNECTED", "FOUR", "all_polynomials", "connected_polynomials", "four_polynomials"]

_AT_ONCE = 1 << 15  # distances that stay near the processor

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
    return of_distances(partial(_stacked, FOUR, Room()), angles, z, _AT_ONCE)


def all_polynomials(angles: NDArray[Any], z: NDArray[Any]) -> Floats:
    """Return the EFPs of the 36 multigraphs of at most four edges, first those of `CONNECTED`, then
    those of several pieces, (n, 36). Arguments as in `four_polynomials`.
    """
    single = of_distances(partial(_stacked, tuple(CONNECTED), Room()), angles, z, _AT_ONCE)
    column = {name: single[:, k] for k, name in enumerate(CONNECTED)}
    pieces = [np.prod([column[name] for name in names], axis=0) for names in _composites()]
    return np.column_stack([single, *pieces])


def _stacked(names: tuple[str, ...], room: Room, apart: Floats, z: Floats) -> Floats:
    sums = _Sums(apart, z, room)
    return np.stack([_FORMULAS[name](sums) for name in names], axis=1)


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
    apart: Floats, z: Floats, names: tuple[str, ...] = tuple(CONNECTED)
) -> dict[str, Floats]:
    """Return the EFPs of some graphs of `CONNECTED` by their names, (n,) each.

    Args:
        apart: Delta R between constituents, (n, N, N).
        z: as in `four_polynomials`.
        names: of the graphs.
    """
    sums = _Sums(apart, z, Room())
    return {name: _FORMULAS[name](sums) for name in names}


class _Sums:
    """Sums over the constituents of each jet, each of them found once."""

    def __init__(self, apart: Floats, z: Floats, room: Room) -> None:
        self.apart, self.z, self._room = apart, z, room

    def over(self, values: Floats) -> Floats:
        """Return the sum of z times some values (n, N) over the constituents, (n,)."""
        return np.asarray((self.z * values).sum(axis=1))

    def around(self, matrix: Floats, values: Floats | None = None) -> Floats:
        """Return of each constituent the sum over all of a matrix (n, N, N) times z, times some
        values (n, N) if there are any, (n, N).
        """
        z = self.z if values is None else self.z * values
        return np.asarray((matrix @ z[..., None])[..., 0])

    def product(self, left: Floats, right: Floats, name: str = "product") -> Floats:
        """Return matrices (n, N, N) element by element; the last one of a name is lost."""
        return np.multiply(left, right, out=self._room.of(name, self.apart.shape))

    @cached_property
    def square(self) -> Floats:
        return self.product(self.apart, self.apart, "square")

    @cached_property
    def u(self) -> Floats:
        return self.around(self.apart)

    @cached_property
    def w(self) -> Floats:
        return self.around(self.square)

    @cached_property
    def v(self) -> Floats:
        return self.around(self.product(self.square, self.apart))

    @cached_property
    def r(self) -> Floats:
        return self.around(self.apart, self.u)

    @cached_property
    def through(self) -> Floats:
        """B, the ways from one constituent to another by way of a third."""
        room = self._room.of("through", self.apart.shape)
        return np.matmul(self.product(self.apart, self.z[:, None, :]), self.apart, out=room)

    @cached_property
    def triangles(self) -> Floats:
        return self.around(self.product(self.apart, self.through))


_FORMULAS: Mapping[str, Callable[[_Sums], Floats]] = {
    "dot": lambda s: s.z.sum(axis=1),
    "line": lambda s: s.over(s.u),
    "line x2": lambda s: s.over(s.w),
    "wedge": lambda s: s.over(s.u**2),
    "line x3": lambda s: s.over(s.v),
    "wedge x2": lambda s: s.over(s.u * s.w),
    "triangle": lambda s: s.over(s.triangles),
    "path": lambda s: s.over(s.u * s.r),
    "star": lambda s: s.over(s.u**3),
    "line x4": lambda s: s.over(s.around(s.product(s.square, s.square))),
    "wedge x3": lambda s: s.over(s.u * s.v),
    "wedge x2 x2": lambda s: s.over(s.w**2),
    "triangle x2": lambda s: s.over(s.around(s.product(s.square, s.through))),
    "path, end x2": lambda s: s.over(s.w * s.r),
    "path, middle x2": lambda s: s.over(s.u * s.around(s.square, s.u)),
    "star x2": lambda s: s.over(s.w * s.u**2),
    "paw": lambda s: s.over(s.u * s.triangles),
    "square": lambda s: s.over(s.around(s.product(s.through, s.through))),
    "long path": lambda s: s.over(s.r**2),
    "fork": lambda s: s.over(s.u**2 * s.r),
    "star of four": lambda s: s.over(s.u**4),
}
