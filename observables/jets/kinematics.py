"""What a jet is as a whole: mass, transverse momentum, and how far its constituents are apart."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Floats", "distances", "masses", "momenta", "of_distances"]

Floats = NDArray[np.float64]


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


def distances(angles: NDArray[Any]) -> Floats:
    """Return Delta R between constituents, (n, N, N): sqrt(Delta eta^2 + Delta phi^2), phi the
    short way around.
    """
    eta, phi = np.moveaxis(angles.astype(np.float64), -1, 0)
    apart = phi[:, :, None] - phi[:, None, :]
    if phi.size and np.ptp(phi) > np.pi:
        apart -= 2.0 * np.pi * np.round(apart / (2.0 * np.pi))
    apart *= apart
    along = eta[:, :, None] - eta[:, None, :]
    along *= along
    apart += along
    return np.asarray(np.sqrt(apart, out=apart))


def of_distances(
    function: Callable[[Floats, Floats], Floats],
    angles: NDArray[Any],
    weights: NDArray[Any],
    at_once: int,
) -> Floats:
    """Return what a function says of the distances between constituents, (b, N, N), and of their
    weights, (b, N), for all jets: rows (n, ...). It is given some jets at a time, so that
    about ``at_once`` distances are held.
    """
    block = max(1, at_once // max(1, weights.shape[1]) ** 2)
    starts = range(0, max(1, len(weights)), block)
    rows = [slice(start, start + block) for start in starts]
    return np.concatenate(
        [function(distances(angles[some]), weights[some].astype(np.float64)) for some in rows]
    )
