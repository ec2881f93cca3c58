"""Transport distances between what tells prongs: N-subjettiness, correlations, flow polynomials."""

from typing import ClassVar

from models.metrics.jets.by_type import FEWEST, DrawingConfig, Jets
from models.metrics.jets.w1 import W1Of
from models.registry import metric
from observables.jets.energy_flow import four_polynomials
from observables.jets.kinematics import Floats
from observables.jets.variables import jet_variables

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
    summary="Transport distances between generated and unseen jets in the five energy flow "
    "polynomials of four nodes and four edges, of shares of the pT; their mean, and over the "
    "types. Papers give it in hundred-thousandths.",
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
    summary="Transport distance between generated and unseen jets in tau2 over tau1, which is "
    "small where there are two prongs, as in jets of W and Z; the mean over the types.",
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
    summary="Transport distance between generated and unseen jets in tau3 over tau2, which is "
    "small where there are three prongs, as in jets of tops; the mean over the types.",
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
    summary="Transport distance between generated and unseen jets in D2 = e3 / e2^3 of energy "
    "correlations; the mean over the types. What code of jet papers calls D2 may be C2: see that.",
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
    summary="Transport distance between generated and unseen jets in C2 = e3 / e2^2 of energy "
    "correlations; the mean over the types. The code of PC-JeDi's group calls it D2: e3 times the "
    "sum of pT over e2 squared, of sums that are not normalised.",
    source="Larkoski, Salam and Thaler 2013, arXiv:1305.0007, section 2, beta 1",
    kinds=("jets",),
    minimum=FEWEST,
    config=DrawingConfig,
)
class W1C2(_Variable):
    """W1 of e3 / e2^2."""

    name = "c2"
