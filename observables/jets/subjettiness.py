"""N-subjettiness: how far from being N narrow subjets a jet is.

tau_N = sum_k pT_k min_j Delta R_jk / sum_k pT_k over the axes j of N subjets (Thaler and Van
Tilburg 2011, arXiv:1011.2268, section 2, with beta 1 and R_0 1). The axes are those of
exclusive kT clustering in which of two the harder gives the direction (winner takes all: Larkoski,
Neill and Thaler 2014, arXiv:1401.2158, section 2.2), so that each is a constituent.
"""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.observables.jets.kinematics import Floats, of_distances

__all__ = ["ratios", "subjettiness", "winners"]

Bools = NDArray[np.bool_]
_AT_ONCE = 1 << 17  # distances: enough jets for steps of numpy, and little memory


def subjettiness(angles: NDArray[Any], pt: NDArray[Any], most: int = 3) -> Floats:
    """Return tau_1, ..., tau_most of each jet, (n, most); 0 for a jet of no more constituents."""
    return of_distances(partial(_subjettiness, most=most), angles, pt, _AT_ONCE)


def _subjettiness(apart: Floats, pt: Floats, most: int) -> Floats:
    total = pt.sum(axis=1)
    found = np.empty((len(pt), most))
    for column, axes in enumerate(winners(apart, pt, most)):
        nearest = np.where(axes[:, None, :], apart, np.inf).min(axis=2, initial=np.inf)
        spread = np.where(pt > 0.0, nearest, 0.0)
        found[:, column] = np.divide(
            (pt * spread).sum(axis=1), total, out=np.zeros(len(pt)), where=total > 0.0
        )
    return found


def ratios(taus: Floats) -> Floats:
    """Return tau_2 / tau_1, tau_3 / tau_2, ... of (n, most), (n, most - 1); 0 where that is 0 / 0,
    as nothing is left to be spread around more axes.
    """
    more, fewer = taus[:, 1:], taus[:, :-1]
    return np.divide(more, fewer, out=np.zeros_like(more), where=fewer > 0.0)


def winners(apart: Floats, pt: Floats, most: int) -> Bools:
    """Return which constituents are the axes of 1, ..., most subjets, (most, n, N); all of a jet
    that has fewer.

    Exclusive kT clustering merges the two of the least min(pT_i, pT_j) Delta R_ij, until N are left
    (Catani et al. 1993, doi:10.1016/0550-3213(93)90166-M). The lesser of the two has the other one
    for its nearest (Cacciari and Salam 2006, arXiv:hep-ph/0512210, section 2), and with
    winner-takes-all recombination axes stay: so one constituent after the other, that of the least
    pT_i min_j Delta R_ij, leaves its pT to its nearest. Only those whose nearest has gone look for
    another: N^2 operations a jet.

    Args:
        apart: Delta R between constituents, (n, N, N).
        pt: (n, N), 0 where a place is padded.
        most: up to how many axes.
    """
    here = pt > 0.0
    pt = pt.copy()
    seen = np.where(here[:, None, :] & ~np.eye(pt.shape[1], dtype=bool), apart, np.inf)
    nearest, gap = seen.argmin(axis=2), seen.min(axis=2, initial=np.inf)
    left = here.sum(axis=1)
    found = np.empty((most, *pt.shape), dtype=bool)
    for wanted in range(most, 0, -1):
        rows = np.flatnonzero(left > wanted)
        while len(rows):
            cost = np.multiply(
                pt[rows], gap[rows], out=np.full((len(rows), pt.shape[1]), np.inf), where=here[rows]
            )
            one = cost.argmin(axis=1)
            other = nearest[rows, one]
            # In the same spot the nearest one may be the lesser.
            swapped = pt[rows, other] < pt[rows, one]
            loser, winner = np.where(swapped, other, one), np.where(swapped, one, other)
            pt[rows, winner] += pt[rows, loser]
            here[rows, loser] = False
            left[rows] -= 1
            row, place = np.nonzero((nearest[rows] == loser[:, None]) & here[rows])
            row = rows[row]
            others = here[row]
            others[np.arange(len(row)), place] = False
            seen = np.where(others, apart[row, place], np.inf)
            nearest[row, place], gap[row, place] = seen.argmin(axis=1), seen.min(axis=1)
            rows = rows[left[rows] > wanted]
        found[wanted - 1] = here
    return found
