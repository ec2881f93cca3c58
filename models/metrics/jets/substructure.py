"""Transport distances between what tells prongs: N-subjettiness, correlations, flow polynomials."""

from typing import ClassVar

from pushforward.models.metrics.jets.by_type import FEWEST, DrawingConfig, Jets
from pushforward.models.metrics.jets.w1 import W1Of
from pushforward.models.registry import metric
from pushforward.observables.jets.energy_flow import four_polynomials
from pushforward.observables.jets.kinematics import Floats
from pushforward.observables.jets.variables import jet_variables

__all__ = ["W1C2", "W1D2", "W1Polynomials", "W1Tau21", "W1Tau32"]

_TAU = (
    "Thaler and Van Tilburg 2011, arXiv:1011.2268, section 2, beta 1; axes of exclusive kT by "
    "winner-take-all, Larkoski, Neill and Thaler 2014, arXiv:1401.2158"
)


class _Variable(W1Of):
    """The W1 distance of one variable of a jet."""

    name: ClassVar[str]

    def _numbers(self, jets: Jets) -> Floats:
        return jet_variables(jets.angles, jets.pt, (self.name,))[self.name][:, None]


@metric(
    "w1-efps",
    title="W1 of energy flow polynomials (W1EFP)",
    summary="Wasserstein-1 distances in five energy flow polynomials with four nodes and four "
    "edges of relative pT; their mean, and over the types. Papers give it in "
    "hundred-thousandths.",
    source="Kansal et al. 2021, arXiv:2106.11535, section 5 (W1EFP); Komiske, Metodiev and Thaler "
    "2018, arXiv:1712.07124, eq. 1.1, beta 1, pT not normalised",
    kinds=("jets",),
    minimum=FEWEST,
    config=DrawingConfig,
)
class W1Polynomials(W1Of):
    """W1 of each of the five polynomials, their mean."""

    def _numbers(self, jets: Jets) -> Floats:
        return four_polynomials(jets.angles, jets.share)


@metric(
    "w1-tau21",
    title="W1 of τ₂₁",
    summary="Wasserstein-1 distance between generated and unseen jets in τ₂/τ₁, which is small "
    "for two prongs, as in W and Z jets; mean over the types.",
    source=_TAU,
    kinds=("jets",),
    minimum=FEWEST,
    config=DrawingConfig,
)
class W1Tau21(_Variable):
    """W1 of tau2 / tau1."""

    name = "tau21"


@metric(
    "w1-tau32",
    title="W1 of τ₃₂",
    summary="Wasserstein-1 distance between generated and unseen jets in τ₃/τ₂, which is small "
    "for three prongs, as in top jets; mean over the types.",
    source=_TAU,
    kinds=("jets",),
    minimum=FEWEST,
    config=DrawingConfig,
)
class W1Tau32(_Variable):
    """W1 of tau3 / tau2."""

    name = "tau32"


@metric(
    "w1-d2",
    title="W1 of D₂",
    summary="Wasserstein-1 distance between generated and unseen jets in D₂ = e₃/e₂³ of energy "
    "correlations; mean over the types. Code of jet papers may call C₂ D₂.",
    source="Larkoski, Moult and Neill 2014, arXiv:1409.6298, section 1, beta 1",
    kinds=("jets",),
    minimum=FEWEST,
    config=DrawingConfig,
)
class W1D2(_Variable):
    """W1 of e3 / e2^3."""

    name = "d2"


@metric(
    "w1-c2",
    title="W1 of C₂",
    summary="Wasserstein-1 distance between generated and unseen jets in C₂ = e₃/e₂² of energy "
    "correlations; mean over the types. The code of PC-JeDi calls it D₂, with sums that "
    "are not normalised.",
    source="Larkoski, Salam and Thaler 2013, arXiv:1305.0007, section 2, beta 1",
    kinds=("jets",),
    minimum=FEWEST,
    config=DrawingConfig,
)
class W1C2(_Variable):
    """W1 of e3 / e2^2."""

    name = "c2"
