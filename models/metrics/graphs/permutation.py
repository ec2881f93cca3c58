"""Permutation tests of whether generated and unseen graphs have the same distribution. If they do,
the assignment of graphs to the two sides is arbitrary, and MMD^2 is as large for any other division
of all graphs (Gretton et al. 2012, JMLR 13, section 5). p is the fraction of divisions with an
MMD^2 at least as large, including the observed one, so that it is never 0 and the false positive
rate is at most p (Phipson and Smyth 2010, arXiv:1603.05766, eq. 2).
"""

from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.metrics.base import Evidence, Figure, SampleMetric
from pushforward.models.metrics.graphs.discrepancy import STATISTICS, Kernel, described
from pushforward.models.metrics.graphs.sides import sides
from pushforward.models.registry import metric

__all__ = ["PermutationTest", "PermutationTestConfig", "p_value"]

_SAME = 1e-12  # MMD^2 as near as that are equal: sums of the same numbers in another order


class PermutationTestConfig(Config, frozen=True):
    """How many divisions are tried, and by which kernel they are compared."""

    permutations: Annotated[
        int,
        param(
            "Permutations",
            "Number of permutations. The smallest possible p is 1 / (number + 1).",
            low=19,
            high=99_999,
            log=True,
        ),
    ] = 999
    kernel: Annotated[
        Kernel,
        param(
            "Kernel",
            "Earth mover's distance between histograms, or total variation.",
            choices={"emd": "Earth mover's distance", "tv": "Total variation"},
        ),
    ] = "emd"


def p_value(kernel: Tensor, n: int, permutations: int, rng: torch.Generator) -> float:
    """Return the p of the unbiased MMD^2 between the first n and the others, by a kernel among all,
    (n + m, n + m) float64.

    Raises:
        ValueError: fewer than two on a side.
    """
    m = len(kernel) - n
    if min(n, m) < 2:
        raise ValueError(f"at least 2 graphs are needed on each side, got {min(n, m)}")
    others = kernel - torch.diag(kernel.diagonal())
    first = torch.rand((permutations + 1, n + m), generator=rng).argsort(dim=1)[:, :n]
    first[0] = torch.arange(n)  # the division that was found
    side = torch.zeros((permutations + 1, n + m), dtype=kernel.dtype).scatter_(1, first, 1.0)
    within = ((side @ others) * side).sum(dim=1)
    touching = side @ others.sum(dim=1)
    rest = others.sum() - 2.0 * touching + within
    between = touching - within
    apart = within / (n * (n - 1)) + rest / (m * (m - 1)) - 2.0 * between / (n * m)
    return float((apart >= apart[0] - _SAME).double().mean())


@metric(
    "permutation-test",
    title="Permutation test p",
    summary="p-value of a permutation test on degrees, clustering, orbits and spectra, with "
    "Bonferroni correction. Below 0.05 the sets differ. A large p is no proof of "
    "equality, least of all for few graphs.",
    source="Gretton et al. 2012, JMLR 13, section 5; Phipson and Smyth 2010, arXiv:1603.05766, "
    "eq. 2; Dunn 1961, doi:10.1080/01621459.1961.10482090 (of several tests)",
    config=PermutationTestConfig,
    kinds=("graphs", "labelled-graphs"),
    better="higher",
)
class PermutationTest(SampleMetric[PermutationTestConfig]):
    """The smallest p of the four discrepancies, times four; its parts are the four."""

    def measure(self, evidence: Evidence) -> Figure:
        made, real = sides(evidence)
        n, config, parts = len(made[1]), self.config, {}
        for name, statistic in STATISTICS.items():
            both = described(name, made, real)
            kernel = statistic.kernel(both, both, config.kernel)
            parts[f"p of {name} MMD²"] = p_value(kernel, n, config.permutations, evidence.rng)
        return Figure(min(1.0, len(parts) * min(parts.values())), n=n, parts=parts)
