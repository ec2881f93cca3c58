"""The energy mover's distance: the least work that turns one jet into another."""

import warnings
from functools import lru_cache

import numpy as np

from pushforward.models.metrics.jets.by_type import Jets
from pushforward.observables.jets.kinematics import Floats

__all__ = ["movers_distances"]

_ITERATIONS = 1_000_000
_KEPT = 64  # tables of distances, of some 100 x 100


def movers_distances(left: Jets, right: Jets) -> Floats:
    """Return the energy mover's distance between each of n jets and each of m, (n, m).

    min over f of sum f_ij Delta R_ij + |sum z_i - sum z'_j|, where f moves shares z of the pT, as
    much as the lighter jet has, from one jet to the other (Komiske, Metodiev and Thaler 2019,
    arXiv:1902.02346, eq. 1, with R 1). A constituent at the distance 1 from all others takes what
    is too much, which makes it a problem of equal masses; each is solved exactly, by the network
    simplex method (Bonneel et al. 2011, doi:10.1145/2070781.2024192, as in POT).

    Raises:
        ArithmeticError: the solver found no best plan.
    """
    sides = [(jets.angles.astype(np.float64), jets.share) for jets in (left, right)]
    shapes = [share.shape for _, share in sides]
    data = [array.tobytes() for side in sides for array in side]
    # Two metrics ask for the same tables, with the same draws.
    return _table(*data, *shapes).copy()


@lru_cache(maxsize=_KEPT)
def _table(
    angles: bytes,
    share: bytes,
    others: bytes,
    shares: bytes,
    n: tuple[int, int],
    m: tuple[int, int],
) -> Floats:
    one = np.frombuffer(angles).reshape(*n, 2), np.frombuffer(share).reshape(n)
    other = np.frombuffer(others).reshape(*m, 2), np.frombuffer(shares).reshape(m)
    return np.stack([_row(*jet, *other) for jet in zip(*one, strict=True)])


def _row(angles: Floats, share: Floats, others: Floats, shares: Floats) -> Floats:
    """Return the distances of one jet, (N, 2) and (N,), from many, (m, M, 2) and (m, M); (m,)."""
    eta, phi = (others[:, None, :, k] - angles[:, None, k] for k in (0, 1))
    if np.abs(phi).max(initial=0.0) > np.pi:
        phi -= 2.0 * np.pi * np.round(phi / (2.0 * np.pi))
    cost = np.ones((len(others), len(share) + 1, others.shape[1] + 1))
    np.sqrt(eta * eta + phi * phi, out=cost[:, :-1, :-1])
    more = shares.sum(axis=1) - share.sum()
    sources = np.column_stack([np.broadcast_to(share, (len(more), len(share))), more.clip(0.0)])
    targets = np.column_stack([shares, (-more).clip(0.0)])
    found = np.empty(len(others))
    for row, (source, target) in enumerate(zip(sources, targets, strict=True)):
        here, there = source > 0.0, target > 0.0
        between = cost[row].compress(here, axis=0).compress(there, axis=1)
        found[row] = _least_work(source[here], target[there], between)
    return found


def _least_work(source: Floats, target: Floats, cost: Floats) -> float:
    """Return the cost of the best plan between masses above 0, (a,) and (b,), by costs (a, b)."""
    from ot.lp.emd_wrap import check_result, emd_c

    if not len(source):
        return 0.0
    # What `ot.emd2` does around its solver, for masses of 0 and for gradients, takes as long as the
    # solver does for two jets. None of its ways to solve many at once is exact.
    target = target * (source.sum() / target.sum())
    _, work, _, _, code = emd_c(source, target, cost, _ITERATIONS, 1)
    # Where it finds no plan POT warns, and returns a cost of 0.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        refused = check_result(code)
    if refused:
        raise ArithmeticError(f"no best plan was found between two jets: {refused}")
    return float(work)
