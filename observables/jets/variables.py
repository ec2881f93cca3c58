"""The variables of a jet by name, and of its constituents: what a distribution may be shown of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.observables.jets.correlators import c2, correlators, d2
from pushforward.observables.jets.energy_flow import FOUR, four_polynomials
from pushforward.observables.jets.kinematics import Floats, masses, momenta
from pushforward.observables.jets.subjettiness import ratios, subjettiness

__all__ = ["CONSTITUENT", "EFPS", "JET", "Variable", "constituent_variables", "jet_variables"]

EFPS = tuple(f"efp-{number}" for number in range(1, len(FOUR) + 1))
"""The slugs of the energy flow polynomials of four edges, in the order of `energy_flow.FOUR`."""


@dataclass(frozen=True)
class Variable:
    """What a variable is called, as text that may be shown, and its unit ("" for none)."""

    title: str
    about: str
    unit: str = ""


JET: Mapping[str, Variable] = {
    "mass": Variable("Mass", "Invariant mass of the constituents", "GeV"),
    "pt": Variable("pT", "Transverse momentum of the constituents together", "GeV"),
    "constituents": Variable("Constituents", "How many constituents it has"),
    "tau21": Variable("τ₂₁", "N-subjettiness ratio: small where there are two prongs"),
    "tau32": Variable("τ₃₂", "N-subjettiness ratio: small where there are three prongs"),
    "c2": Variable("C₂", "e₃ / e₂² of energy correlations: small where there are two prongs"),
    "d2": Variable("D₂", "e₃ / e₂³ of energy correlations: small where there are two prongs"),
    **{
        slug: Variable(f"EFP {number}", f"Energy flow polynomial of four edges: {graph}")
        for number, (slug, graph) in enumerate(zip(EFPS, FOUR, strict=True), 1)
    },
}
"""The variables of a jet by slug, in the order in which they are shown."""

CONSTITUENT: Mapping[str, Variable] = {
    "eta": Variable("Δη", "Pseudorapidity of a constituent from the axis of its jet"),
    "phi": Variable("Δφ", "Azimuth of a constituent from the axis of its jet"),
    "pt": Variable("pT", "Transverse momentum of a constituent", "GeV"),
}
"""The variables of a constituent by slug."""


def jet_variables(
    angles: NDArray[Any],
    pt: NDArray[Any],
    names: Iterable[str] = JET,
    scale: NDArray[Any] | None = None,
) -> dict[str, Floats]:
    """Return variables of jets by slug, (n,) each; what some of them share is found once.

    5,000 jets of 30 constituents take about a second for tau21 and tau32, a tenth for the rest.

    Args:
        angles: of constituents, (n, N, 2), see `observables.jets`.
        pt: of constituents, (n, N), in GeV.
        names: those of `JET` that are wanted.
        scale: (n,), what the pT of an EFP are shares of; of the constituents' sum if unknown.

    Raises:
        KeyError: there is no such variable.
    """
    wanted = tuple(names)
    if unknown := [name for name in wanted if name not in JET]:
        raise KeyError(f"no variable of a jet: {', '.join(unknown)}; there are {', '.join(JET)}")
    pt = pt.astype(np.float64)
    found: dict[str, Floats] = {}
    if "mass" in wanted:
        found["mass"] = masses(angles, pt)
    if "pt" in wanted:
        found["pt"] = momenta(angles, pt)
    if "constituents" in wanted:
        found["constituents"] = (pt > 0.0).sum(axis=1).astype(np.float64)
    if not {"tau21", "tau32"}.isdisjoint(wanted):
        found["tau21"], found["tau32"] = ratios(subjettiness(angles, pt)).T
    if not {"c2", "d2"}.isdisjoint(wanted):
        pairs, triples = correlators(angles, pt)
        found |= {"c2": c2(pairs, triples), "d2": d2(pairs, triples)}
    if not set(EFPS).isdisjoint(wanted):
        total = (pt.sum(axis=1) if scale is None else scale)[:, None]
        share = np.divide(pt, total, out=np.zeros(pt.shape), where=total > 0.0)
        found |= zip(EFPS, four_polynomials(angles, share).T, strict=True)
    return {name: found[name] for name in wanted}


def constituent_variables(
    angles: NDArray[Any], pt: NDArray[Any]
) -> tuple[dict[str, Floats], NDArray[np.intp]]:
    """Return the variables of all constituents by slug, (m,) each, and of which jet each is, (m,).

    Args:
        angles: (n, N, 2), see `observables.jets`.
        pt: (n, N).
    """
    jets, places = np.nonzero(pt > 0.0)
    eta, phi = angles[jets, places].astype(np.float64).T
    return {"eta": eta, "phi": phi, "pt": pt[jets, places].astype(np.float64)}, jets
