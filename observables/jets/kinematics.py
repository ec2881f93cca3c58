"""What a jet is as a whole: mass, transverse momentum, and how far its constituents are apart."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Floats", "distances", "masses", "momenta"]

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
    turned = phi[:, :, None] - phi[:, None, :]
    turned -= 2.0 * np.pi * np.round(turned / (2.0 * np.pi))
    along = eta[:, :, None] - eta[:, None, :]
    return np.asarray(np.sqrt(along**2 + turned**2))
