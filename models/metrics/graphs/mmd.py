"""Distances between sets of graphs as metrics: of degrees, of clustering, of orbits, of spectra."""

from typing import Annotated, ClassVar

from pushforward.models.config import Config, param
from pushforward.models.metrics.base import Evidence, Figure, SampleMetric
from pushforward.models.metrics.graphs.discrepancy import (
    STATISTICS,
    Estimate,
    Kernel,
    described,
    figure_of,
)
from pushforward.models.metrics.graphs.sides import sides
from pushforward.models.registry import metric

__all__ = [
    "BELOW",
    "FEWEST",
    "ClusteringMMD",
    "DegreeMMD",
    "EstimateSetting",
    "GraphMMDConfig",
    "OrbitMMD",
    "SpectralMMD",
]

FEWEST = 10
"""Of fewer graphs the unbiased estimate scatters so far below 0 that it says nothing."""
_SOURCE = "You et al. 2018, arXiv:1802.08773, section 4.3; Gretton et al. 2012, JMLR 13, eqs. 3, 5"

BELOW = (
    "The unbiased estimate is 0 on average between real and real, so it may be negative within its "
    "interval, which is wide for few graphs."
)


EstimateSetting = Annotated[
    Estimate,
    param(
        "Estimate",
        "Unbiased is 0 on average between real sets. Published tables use the biased estimate, "
        "which is larger for few graphs.",
        choices={"unbiased": "Unbiased", "biased": "Biased (as in published tables)"},
    ),
]


class GraphMMDConfig(Config, frozen=True):
    """How a discrepancy is estimated."""

    estimate: EstimateSetting = "unbiased"
    kernel: Annotated[
        Kernel,
        param(
            "Kernel",
            "Earth mover's distance between histograms, as in tables of community and ego "
            "graphs; or total variation, as in those of planar graphs and block models.",
            choices={"emd": "Earth mover's distance", "tv": "Total variation"},
        ),
    ] = "emd"


class _GraphMMD(SampleMetric[GraphMMDConfig]):
    """MMD^2 of one statistic, between generated and unseen graphs."""

    statistic: ClassVar[str]

    def measure(self, evidence: Evidence) -> Figure:
        made, real = sides(evidence)
        both, n = described(self.statistic, made, real), len(made[1])
        found = STATISTICS[self.statistic].kernel(both, both, self.config.kernel)
        return figure_of(found[:n, :n], found[n:, n:], found[:n, n:], self.config.estimate)


@metric(
    "degree-mmd",
    title="Degree MMD²",
    summary="How far the degrees of generated graphs are from those of unseen ones: kernel "
    "exp(-EMD²/2) of histograms of degrees. It does not see how edges lie. " + BELOW,
    source=_SOURCE,
    config=GraphMMDConfig,
    kinds=("graphs", "labelled-graphs"),
    minimum=FEWEST,
)
class DegreeMMD(_GraphMMD):
    """MMD^2 of histograms of degrees, sigma 1."""

    statistic = "degree"


@metric(
    "clustering-mmd",
    title="Clustering MMD²",
    summary="How far the clustering coefficients of generated graphs are from those of unseen "
    "ones: kernel of width 0.1 of histograms in 100 bins. " + BELOW,
    source=_SOURCE,
    config=GraphMMDConfig,
    kinds=("graphs", "labelled-graphs"),
    minimum=FEWEST,
)
class ClusteringMMD(_GraphMMD):
    """MMD^2 of histograms of clustering coefficients, sigma .1."""

    statistic = "clustering"


@metric(
    "orbit-mmd",
    title="Orbit MMD²",
    summary="How far generated graphs are from unseen ones in how often each small graph of up to "
    "four nodes is found in them: Gaussian kernel of width 30 of mean orbit counts. " + BELOW,
    source=_SOURCE + "; Przulj 2007, doi:10.1093/bioinformatics/btl301, figure 1",
    config=GraphMMDConfig,
    kinds=("graphs", "labelled-graphs"),
    minimum=FEWEST,
)
class OrbitMMD(_GraphMMD):
    """MMD^2 of mean orbit counts, sigma 30."""

    statistic = "orbit"


@metric(
    "spectral-mmd",
    title="Spectral MMD²",
    summary="How far generated graphs are from unseen ones as a whole: kernel of width 10 bins of "
    "histograms of the eigenvalues of the normalised Laplacian, in 200 bins. " + BELOW,
    source=_SOURCE + "; spectra: Liao et al. 2019, arXiv:1910.00760, section 4.2",
    config=GraphMMDConfig,
    kinds=("graphs", "labelled-graphs"),
    minimum=FEWEST,
)
class SpectralMMD(_GraphMMD):
    """MMD^2 of histograms of eigenvalues of the normalised Laplacian, sigma 10 bins."""

    statistic = "spectral"
