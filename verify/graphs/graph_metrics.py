"""GR1 to GR4: what graphs are measured by sees what it should, and says how much chance there is.

Each claim holds known laws against each other, and nothing is trained: graphs of two communities,
others of the same law, and graphs of another law with as many nodes and edges.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial
from statistics import fmean, stdev

from torch import Tensor

from pushforward.models.data.community import CommunityConfig, community
from pushforward.models.layouts.graph_validity import connected, two_communities
from pushforward.models.metrics.graphs.discrepancy import (
    STATISTICS,
    Estimate,
    Kernel,
    Statistic,
    described,
    discrepancy,
    mmd2,
)
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.graphs.graph_nulls import erdos_renyi, flipped, independent_edges

__all__ = ["floors", "saturation", "sees_structure", "validity"]

_SEED = 1
_NAMES = ("degree", "clustering", "orbit")
_REPEATS = 8
_CHUNKS = 40  # of few graphs: what is estimated of them is far from a bell in so few as eight
_FEW, _MADE, _MORE = 20, 100, 400
_ERRORS = 3.0  # standard errors of a mean
_TIMES = 5.0  # the worst floor
_REAL, _RANDOM = 0.95, 0.1

Graphs = tuple[Tensor, Tensor]
Make = Callable[[Graphs, int], Graphs]
"""Function of real graphs and a seed that returns the same number of graphs."""


@cache
def _fresh(n: int, seed: int) -> Graphs:
    graphs = community(CommunityConfig(), n, seed)
    return graphs.adjacency, graphs.size


def _same(real: Graphs, seed: int) -> Graphs:
    """Return others of the same law."""
    return _fresh(len(real[1]), 1000 + seed)


def _anywhere(real: Graphs, seed: int) -> Graphs:
    return erdos_renyi(real, len(real[1]), seed)


def _turned(real: Graphs, seed: int, share: float = 0.05) -> Graphs:
    return flipped(real, len(real[1]), seed, share)


def _alone(real: Graphs, seed: int) -> Graphs:
    return independent_edges(real, len(real[1]), seed)


def _distances(
    name: str, make: Make, n: int, m: int, estimate: Estimate, repeats: int = _REPEATS
) -> list[float]:
    """Return the distances of n graphs from m real ones, for repeated pairs of sets."""
    found = []
    for seed in range(repeats):
        made = make(_fresh(n, 2 * seed), seed)
        found.append(discrepancy(name, made, _fresh(m, 2 * seed + 1), estimate))
    return found


def _expected(name: str, n: int, m: int) -> float:
    """Return the mean of the biased estimate between two sets of one law: (1/n + 1/m) (1 - E k),
    with k of two graphs that are independent (Gretton et al. 2012, JMLR 13, eq. 5: what counts
    each graph against itself is all that is more than 0).
    """
    both = described(name, _fresh(_MORE, 500), _fresh(_MORE, 501))
    kernel = STATISTICS[name].kernel(both[:_MORE], both[_MORE:])
    return (1 / n + 1 / m) * (1.0 - float(kernel.mean()))


def _off(values: Sequence[float], expected: float) -> float:
    """Return by how many standard errors the mean is off."""
    error: float = stdev(values) / len(values) ** 0.5
    return abs(fmean(values) - expected) / error


def _of_floors(make: Make) -> Outcome:
    figures, value = [], {}
    for name in _NAMES:
        biased = _distances(name, make, _FEW, _FEW, "biased", _CHUNKS)
        unbiased = _distances(name, make, _MADE, _MORE, "unbiased")
        expected = _expected(name, _FEW, _FEW)
        value[f"{name} 20v20"], value[name] = _off(biased, expected), _off(unbiased, 0.0)
        figures.append(
            f"{name} 20v20 {fmean(biased):.4f} (law {expected:.4f}, worst {max(biased):.4f}), "
            f"100v400 {fmean(unbiased):+.4f} (worst {max(unbiased):+.4f})"
        )
    return Outcome(
        "; ".join(figures),
        {f"{name}, standard errors off": far for name, far in value.items()},
        max(value.values()) <= _ERRORS,
        "0 standard errors; the law is exact",
        list(range(_REPEATS)),
    )


@experiment(
    "GR1",
    title="What graphs are measured by has a floor, and it is the one that is told",
    claim="Between fresh graphs of one law MMD^2 of degrees, clustering and orbits is what the "
    "estimate has by itself: 0 on average where it is unbiased, and (1/n + 1/m)(1 - E k) where it "
    "is biased, which of 20 graphs is as much as published models differ by.",
    pass_line="means within 3 standard errors of that, each statistic: biased 20 v 20 of 40 pairs "
    "of sets, and unbiased 100 v 400 of 8",
    group="Graphs",
    source="Gretton et al. 2012, JMLR 13, eqs. 3 and 5; O'Bray et al. 2022, arXiv:2106.01098",
    nulls=[
        Null("2 % of pairs turned", lambda: _of_floors(partial(_turned, share=0.02))),
        Null("edges each for itself", lambda: _of_floors(_alone)),
    ],
)
def floors() -> Outcome:
    """Hold fresh graphs against fresh graphs."""
    return _of_floors(_same)


def _edges(adjacency: Tensor, size: Tensor) -> Tensor:
    """Return the share of pairs that are joined, (n, 1)."""
    pairs = (size * (size - 1)).clamp_min(1)
    return (adjacency.sum(dim=(1, 2)) / pairs)[:, None].double()


_DENSITY = Statistic(_edges, sigma=0.1, variation=0.1, histogram=False)


def _far(
    statistic: Statistic, make: Make, n: int, m: int, estimate: Estimate, kernel: Kernel = "emd"
) -> list[float]:
    """Return what a statistic says of eight pairs of sets; places are alike in all of them."""
    found = []
    for seed in range(_REPEATS):
        sides = make(_fresh(n, 2 * seed), seed), _fresh(m, 2 * seed + 1)
        left, right = (statistic.describe(*each) for each in sides)
        found.append(mmd2(statistic, left, right, estimate, kernel))
    return found


def _of_random_graphs(names: Sequence[str], statistics: Sequence[Statistic]) -> Outcome:
    figures, value = [], {}
    for name, statistic in zip(names, statistics, strict=True):
        floor = _far(statistic, _same, _FEW, _FEW, "biased")
        random = _far(statistic, _anywhere, _FEW, _FEW, "biased")
        value[name] = fmean(random) / max(floor)
        figures.append(f"{name} {fmean(random):.3f} (floor {fmean(floor):.3f}, {max(floor):.3f})")
    return Outcome(
        "; ".join(figures),
        {f"{name}, times the worst floor": times for name, times in value.items()},
        min(value.values()) >= _TIMES,
        "in brackets: mean and worst of 8 fresh sets",
        list(range(_REPEATS)),
    )


@experiment(
    "GR2",
    title="Random graphs of as many edges are told from communities",
    claim="Clustering and orbits tell graphs whose edges lie anywhere from those of two "
    "communities with as many nodes and edges, at 20 against 20, though degrees hardly do.",
    pass_line="MMD^2, biased, 20 v 20, at least 5 times the worst of 8 floors, each",
    group="Graphs",
    source="You et al. 2018, arXiv:1802.08773, section 4.3 (the measure); Erdos and Renyi 1959",
    nulls=[Null("by how many edges there are", lambda: _of_random_graphs(["edges"], [_DENSITY]))],
)
def sees_structure() -> Outcome:
    """Hold random graphs against communities."""
    names = ("clustering", "orbit")
    return _of_random_graphs(names, [STATISTICS[name] for name in names])


_WIDE = (
    replace(STATISTICS["spectral"], sigma=10.0),
    replace(STATISTICS["clustering"], variation=1.0),
)
_NARROW = (
    replace(STATISTICS["spectral"], sigma=1.0),
    replace(STATISTICS["clustering"], variation=0.1),
)
_KERNELS: tuple[Kernel, Kernel] = ("emd", "tv")
_CALLED = ("spectral, EMD", "clustering, TV")


def _of_kernels(statistics: Sequence[Statistic]) -> Outcome:
    figures, value = [], {}
    for name, statistic, kernel in zip(_CALLED, statistics, _KERNELS, strict=True):
        floor, near, far = (
            _far(statistic, make, _MADE, _MADE, "unbiased", kernel)
            for make in (_same, _turned, _anywhere)
        )
        value[f"{name}, 5 % turned"] = (fmean(near) - fmean(floor)) / max(stdev(floor), 1e-12)
        value[f"{name}, random"] = (fmean(far) - fmean(floor)) / max(stdev(floor), 1e-12)
        figures.append(
            f"{name}: floor {fmean(floor):+.4f} ± {stdev(floor):.4f}, 5 % turned "
            f"{fmean(near):.4f}, random {fmean(far):.4f}"
        )
    small = min(value[f"{name}, 5 % turned"] for name in _CALLED)
    large = min(value[f"{name}, random"] for name in _CALLED)
    return Outcome(
        "; ".join(figures),
        {f"{name}, deviations of the floor": far for name, far in value.items()},
        small >= _ERRORS and large >= 10 * _ERRORS,
        "mean and deviation of 8 fresh sets stand beside",
        list(range(_REPEATS)),
    )


@experiment(
    "GR3",
    title="Kernels that see nothing are not used as evidence",
    claim="Spectra with a kernel of width 10 bins, and clustering by total variation with width "
    "1, distinguish graphs with 5 % flipped pairs from fresh ones. With the usual widths, 1 and "
    ".1, any two graphs have the largest distance, and the metrics distinguish almost nothing.",
    pass_line="MMD^2, unbiased, 100 v 100, mean of 8: 5 % turned at least 3, random graphs at "
    "least 30 deviations of the floor above it, both kernels",
    group="Graphs",
    source="O'Bray et al. 2022, arXiv:2106.01098, section 4; Liao et al. 2019, arXiv:1910.00760 "
    "(the usual widths)",
    nulls=[Null("the usual widths", lambda: _of_kernels(_NARROW))],
)
def saturation() -> Outcome:
    """Hold three laws against fresh graphs by both kernels."""
    return _of_kernels(_WIDE)


def _of_check(check: Callable[[Tensor, Tensor], Tensor]) -> Outcome:
    real = _fresh(_MORE, _SEED)
    shares = [float(check(*each).double().mean()) for each in (real, _anywhere(real, _SEED))]
    return Outcome(
        f"real {shares[0]:.3f}, as many edges anywhere {shares[1]:.3f}",
        {"real": shares[0], "random": shares[1]},
        shares[0] >= _REAL and shares[1] <= _RANDOM,
        "1 and 0",
        [_SEED],
    )


@experiment(
    "GR4",
    title="Structural validity tells real graphs from random ones",
    claim="The check for two communities takes real graphs, and hardly any with as many nodes and "
    "edges anywhere.",
    pass_line="at least .95 of 400 real graphs and at most .1 of 400 random ones are valid",
    group="Graphs",
    source="You et al. 2018, arXiv:1802.08773, section 4.1 (the data)",
    nulls=[Null("that a graph hangs together", lambda: _of_check(connected))],
)
def validity() -> Outcome:
    """Check both."""
    return _of_check(partial(two_communities, low=12, high=20))
