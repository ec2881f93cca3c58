"""What a jet is as a whole: mass, transverse momentum, and how far its constituents are apart."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Floats",
    "Room",
    "by_size",
    "distances",
    "masses",
    "momenta",
    "of_distances",
]

Floats = NDArray[np.float64]


class Room:
    """Arrays of some hundred kilobytes that are had again by their names. Those that are given back
    to the system it clears before they are had anew, which takes as long as what is done in them.
    """

    def __init__(self) -> None:
        self._kept: dict[str, Floats] = {}

    def of(self, name: str, shape: tuple[int, ...]) -> Floats:
        """Return an array of a shape, with any numbers in it; a previous owner loses it."""
        size = math.prod(shape)
        if name not in self._kept or len(self._kept[name]) < size:
            self._kept[name] = np.empty(size)
        return self._kept[name][:size].reshape(shape)


def masses(angles: NDArray[Any], pt: NDArray[Any]) -> Floats:
    """Return the invariant mass of all constituents together, (n,), in the unit of their pT.

    m^2 = (sum E)^2 - |sum p|^2, with E = pT cosh eta (PDG 2022, kinematics, eq. 49.1); relative
    angles serve, as a common boost along the beam and a common turn change no mass.
    """
    energy, along, across, beam = _sums(angles, pt)
    return np.asarray(np.sqrt((energy**2 - along**2 - across**2 - beam**2).clip(0.0)))


def momenta(angles: NDArray[Any], pt: NDArray[Any]) -> Floats:
    """Return the transverse momentum of all constituents together, (n,), in the unit of theirs."""
    _, along, across, _ = _sums(angles, pt)
    return np.asarray(np.hypot(along, across))


def _sums(angles: NDArray[Any], pt: NDArray[Any]) -> tuple[Floats, Floats, Floats, Floats]:
    """Return energy and momentum of all constituents together, (n,) each; the last one is along
    the beam.
    """
    # Whatever stands in a padded place is no number of the jet.
    eta, phi = (np.where(pt > 0.0, angles[..., k], 0.0).astype(np.float64) for k in (0, 1))
    parts = (pt * np.cosh(eta), pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta))
    energy, along, across, beam = (part.sum(axis=1, dtype=np.float64) for part in parts)
    return energy, along, across, beam


def distances(angles: NDArray[Any], room: Room | None = None) -> Floats:
    """Return Delta R between constituents, (n, N, N), the root of Delta eta^2 + Delta phi^2, phi
    the short way around.

    Args:
        angles: (n, N, 2).
        room: where the array is kept, until somebody asks for distances there again.
    """
    n, places, _ = angles.shape
    # x_i - x_j is the product of (x, 1) and (1, -x), and rounds as it does: that takes half the
    # time of a difference that is spread over both axes.
    left, right = np.ones((2, 2, n, 2, places))
    left[:, :, 0] = np.moveaxis(angles, -1, 0)
    np.negative(left[:, :, 0], out=right[:, :, 1])
    kept = (room or Room()).of("distances", (2, n, places, places))
    found = np.matmul(left.swapaxes(2, 3), right, out=kept)
    if angles.size and np.ptp(angles[..., 1]) > np.pi:
        found[1] -= 2.0 * np.pi * np.round(found[1] / (2.0 * np.pi))
    found *= found
    found[0] += found[1]
    return np.asarray(np.sqrt(found[0], out=found[1]))


def of_distances(
    function: Callable[[Floats, Floats], Floats],
    angles: NDArray[Any],
    weights: NDArray[Any],
    at_once: int,
) -> Floats:
    """Return what a function says of the distances between constituents, (b, N, N), which it must
    not keep, and of their weights, (b, N), for all jets: as `by_size` does.
    """
    room = Room()
    return by_size(lambda a, z: function(distances(a, room), z), angles, weights, at_once)


def by_size(
    function: Callable[[NDArray[Any], Floats], Floats],
    angles: NDArray[Any],
    weights: NDArray[Any],
    at_once: int,
) -> Floats:
    """Return what a function says of the angles of constituents, (b, N, 2), and of their weights,
    (b, N), for all jets: rows (n, ...). It is given some jets at a time, so that they have about
    ``at_once`` pairs of constituents; and jets of about as many constituents together, since a
    padded place costs as much as another.
    """
    used = _used(weights)
    order = np.argsort(-used, kind="stable")
    start = 0
    found: list[Floats] = []
    while start < len(order) or not found:
        widest = int(used[order[start : start + 1]].max(initial=1))
        some = order[start : start + max(1, at_once // widest**2)]
        found.append(function(angles[some, :widest], weights[some, :widest].astype(np.float64)))
        start += len(some)
    ordered = np.concatenate(found)
    values = np.empty_like(ordered)
    values[order] = ordered
    return values


def _used(weights: NDArray[Any]) -> NDArray[np.intp]:
    """Return up to which place each jet has constituents, (n, N) -> (n,)."""
    places = np.arange(1, weights.shape[1] + 1)
    return np.asarray(((weights != 0.0) * places).max(axis=1, initial=0))
