"""The invariant mass of a jet, from its constituents."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["masses"]


def masses(angles: NDArray[Any], pt: NDArray[Any]) -> NDArray[np.float64]:
    """Return the invariant mass of massless constituents, (n,), in the unit of their pT (PDG 2022,
    kinematics, eq. 49.1).

    Args:
        angles: (n, N, 2), eta and phi of each, from the axis of the jet.
        pt: (n, N), 0 where a place is padded.
    """
    eta, phi = angles[..., 0].astype(np.float64), angles[..., 1].astype(np.float64)
    parts = (pt * np.cosh(eta), pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta))
    energy, x, y, z = (part.sum(axis=1) for part in parts)
    return np.asarray(np.sqrt((energy**2 - x**2 - y**2 - z**2).clip(0.0)))
