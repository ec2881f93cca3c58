"""D10: what jets are measured by is what its definition says, term by term."""

from collections.abc import Callable
from itertools import combinations

import numpy as np
import torch

from pushforward.models.metrics.jets.physics_distance import polynomial_mmd2
from pushforward.models.metrics.samples.frechet import frechet_distance
from pushforward.observables.jets.correlators import correlators
from pushforward.observables.jets.energy_flow import CONNECTED, connected_polynomials
from pushforward.observables.jets.kinematics import Floats, distances
from pushforward.observables.jets.subjettiness import winners
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.points.diffusion_orders import listed

__all__ = ["figures_are_their_definitions"]

_JETS, _MOST, _LINE, _SEED = 20, 8, 1e-10, 0
Order = Callable[[float, float, float], float]


def _clouds() -> tuple[Floats, Floats]:
    """Return angles (n, N, 2) and pT (n, N) of jets of different sizes."""
    rng = np.random.default_rng(_SEED)
    size = rng.integers(1, _MOST + 1, _JETS)
    there = np.arange(_MOST) < size[:, None]
    return rng.normal(0.0, 0.15, (_JETS, _MOST, 2)), rng.exponential(0.05, (_JETS, _MOST)) * there


def _summed(edges: tuple[tuple[int, int], ...], apart: Floats, z: Floats) -> float:
    """Return the polynomial of one jet: the sum over all placements of its graph's nodes."""
    nodes = 1 + max((node for edge in edges for node in edge), default=0)
    letters = "abcde"[:nodes]
    terms = [*letters, *(letters[i] + letters[j] for i, j in edges)]
    return float(np.einsum(",".join(terms) + "->", *[z] * nodes, *[apart] * len(edges)))


def _clustered(apart: Floats, pt: Floats, wanted: int, order: Order) -> set[int]:
    """Return the axes of a clustering that looks at every pair each time; the harder wins."""
    pt, left = pt.copy(), [k for k, each in enumerate(pt) if each > 0.0]
    while len(left) > wanted:
        pairs = ((order(pt[a], pt[b], apart[a, b]), a, b) for a, b in combinations(left, 2))
        _, one, other = min(pairs)
        winner, loser = (one, other) if pt[one] >= pt[other] else (other, one)
        pt[winner] += pt[loser]
        left.remove(loser)
    return set(left)


def _error(found: Floats, expected: Floats) -> float:
    real = expected > 0.0  # a jet of few constituents has no triangle, say
    return float(np.abs(found[real] / expected[real] - 1.0).max(initial=0.0))


def _kt(one: float, other: float, apart: float) -> float:
    return min(one, other) ** 2 * apart**2


def _measured(scale: Callable[[Floats], Floats] = lambda z: z, order: Order = _kt) -> Outcome:
    angles, z = _clouds()
    apart = distances(angles)
    found = connected_polynomials(angles, scale(z))
    jets = list(zip(apart, z, strict=True))
    value = {
        "polynomials": max(
            _error(found[name], np.array([_summed(edges, *jet) for jet in jets]))
            for name, edges in CONNECTED.items()
        )
    }
    total = z.sum(axis=1)
    pairs, triples = correlators(angles, scale(z))
    for name, own, edges, same in (
        ("e2", pairs, CONNECTED["line"], 2.0),
        ("e3", triples, CONNECTED["triangle"], 6.0),
    ):
        sums = np.array([_summed(edges, *jet) for jet in jets])
        value[name] = _error(own, sums / same / total ** (2 if name == "e2" else 3))
    axes = winners(apart, z, 3)
    value["wrong axes"] = float(
        sum(
            set(np.flatnonzero(axes[count - 1, row])) != _clustered(*jet, count, order)
            for row, jet in enumerate(jets)
            for count in (1, 2, 3)
        )
    )
    twos, zeros = torch.full((50, 2), 2.0).double(), torch.zeros((50, 2)).double()
    value["FPD of the same"] = frechet_distance(twos, twos)
    value["FPD of twos"] = abs(frechet_distance(twos, zeros) / 8.0 - 1.0)
    value["KPD of twos"] = abs(polynomial_mmd2(twos, zeros) / 624.0 - 1.0)
    return Outcome(
        listed(value),
        value,
        max(value.values()) <= _LINE,
        "about 1e-15, the rounding of both sides",
        [_SEED],
    )


@experiment(
    "D10",
    title="Figures of jets are what they are defined as",
    claim="Energy flow polynomials of at most four edges, e2 and e3 by products of matrices are "
    "their sums over all placements of constituents, axes by nearest neighbours those of a "
    "clustering that looks at every pair, and FPD and KPD of constant features are 0, 8 and 624.",
    pass_line="relative errors and wrong axes <= 1e-10",
    group="J",
    source="Komiske, Metodiev and Thaler 2018, arXiv:1712.07124, eq. 1.1; Catani et al. 1993, "
    "doi:10.1016/0550-3213(93)90166-M; Kansal et al. 2023, arXiv:2211.10295",
    nulls=[
        Null(
            "shares that are made to sum to one",
            lambda: _measured(scale=lambda z: z / z.sum(axis=1, keepdims=True)),
        ),
        Null("the nearest two merge first", lambda: _measured(order=lambda _a, _b, apart: apart)),
    ],
)
def figures_are_their_definitions() -> Outcome:
    """Hold each against its definition."""
    return _measured()
