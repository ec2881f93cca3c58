"""Every h on offer: the losses of MonoFlow, and the f-divergences in two readings.

With u = log r, r = p/q, p the data and q the particles, which move along h'(u) grad u:

- "monoflow": the generator losses -E h(d) that Yi et al. 2023 (MonoFlow, arXiv:2302.01075)
  compare. In continuous time any increasing h brings the particles to the data.
- "gradient-flow": the Wasserstein gradient flow of a divergence E_q f(r) has the velocity
  r^2 f''(r) grad log r, so h'(u) = r^2 f''(r), positive for any strictly convex f.
- "plugged-in": -f(e^u), what one gets from putting an estimated ratio into the divergence and
  holding it fixed while the particles move. It increases everywhere only for the reverse KL.

Exponents are bounded: beyond u = 30 the argument grows so slowly (`_bound`) that every h and every
slope is finite for every finite u of float32, and no increasing h stops increasing.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Annotated, Literal, get_args

import torch
from torch import Tensor
from torch.nn import functional as F

from pushforward.models.config import param
from pushforward.models.fields.rescaling import Elementwise, Reading, Rescaling

__all__ = [
    "DISTINCT",
    "DIVERGENCES",
    "RESCALINGS",
    "TITLES",
    "RescalingName",
    "RescalingSetting",
    "ShiftSetting",
    "rescaling",
]

RescalingName = Literal[
    "vanilla",
    "non-saturated",
    "maximum-likelihood",
    "logit",
    "arcsinh",
    "exp-1.5",
    "flow-reverse-kl",
    "flow-forward-kl",
    "flow-chi2",
    "flow-hellinger",
    "flow-js",
    "plugged-reverse-kl",
    "plugged-forward-kl",
    "plugged-chi2",
    "plugged-hellinger",
    "plugged-js",
]

_BOUND = 30.0
_LOG_2 = math.log(2.0)


def _bound(u: Tensor) -> Tensor:
    """Return u up to 30, and 30 + log(1 + log(1 + u - 30)) beyond: increasing, and smooth once."""
    # Not by clamping u: at the bound itself its derivative is a convention, which PyTorch changed.
    over = F.relu(u - _BOUND)
    return torch.where(u > _BOUND, _BOUND + over.log1p().log1p(), u)


def _bound_slope(u: Tensor) -> Tensor:
    over = F.relu(u - _BOUND)
    return 1.0 / ((1.0 + over) * (1.0 + over.log1p()))


def _same(u: Tensor) -> Tensor:
    return u


def _one(u: Tensor) -> Tensor:
    return torch.ones_like(u)


def _sigmoid_of_minus(u: Tensor) -> Tensor:
    return torch.sigmoid(-u)


def _arcsinh_slope(u: Tensor) -> Tensor:
    # hypot: the square of a large u would overflow.
    return 1.0 / torch.hypot(u, torch.ones_like(u))


def _exp(rate: float, scale: float = 1.0) -> Elementwise:
    """Return u -> scale e^(rate u)."""
    return lambda u: scale * torch.exp(rate * u)


def _forward_kl(u: Tensor) -> Tensor:
    return -u * u.exp()


def _forward_kl_slope(u: Tensor) -> Tensor:
    return -(1.0 + u) * u.exp()


def _chi2(u: Tensor) -> Tensor:
    return -u.expm1().square()


def _chi2_slope(u: Tensor) -> Tensor:
    return -2.0 * u.expm1() * u.exp()


def _hellinger(u: Tensor) -> Tensor:
    return -(0.5 * u).expm1().square()


def _hellinger_slope(u: Tensor) -> Tensor:
    return -(0.5 * u).expm1() * (0.5 * u).exp()


def _js(u: Tensor) -> Tensor:
    """-f(e^u) with f = r log r - (r + 1) log((r + 1)/2), arranged so that large terms do not
    cancel: log((r + 1)/2) is softplus(u) - log 2, and u - softplus(u) is -softplus(-u).
    """
    return F.softplus(u) - _LOG_2 - u.exp() * (_LOG_2 - F.softplus(-u))


def _js_slope(u: Tensor) -> Tensor:
    return -u.exp() * (_LOG_2 - F.softplus(-u))


DIVERGENCES: dict[str, Elementwise] = {
    "reverse-kl": lambda r: -r.log(),
    "forward-kl": lambda r: r * r.log(),
    "chi2": lambda r: (r - 1.0).square(),
    "hellinger": lambda r: (r.sqrt() - 1.0).square(),
    "js": lambda r: r * r.log() - (r + 1.0) * ((r + 1.0) / 2.0).log(),
}
"""f of each divergence E_q f(r), r = p/q; convex with f(1) = 0. "hellinger" is the squared one,
and "js" twice the Jensen-Shannon divergence."""

_YI = "Yi et al. 2023, arXiv:2302.01075"
_FLOW = "Wasserstein gradient flow of E_q f(p/q); " + _YI
_PLUGGED = _YI + ", divergences with the ratio held fixed"


def _falls_above(slope: Elementwise) -> float | None:
    """Return where a slope ceases to be positive on [-30, 30], or None where it never does."""
    u = torch.linspace(-_BOUND, _BOUND, 6001, dtype=torch.float64)
    wrong = u[slope(u) <= 0.0]
    return float(wrong.min()) if len(wrong) else None


def _reason(edge: float | None) -> str:
    if edge is None:
        return ""
    edge = round(edge, 1) + 0.0  # No minus before a zero.
    return (
        f"h falls where u > {edge:g}: wherever the data are denser than {math.exp(edge):.2g} times "
        "the particles, particles are sent down the log ratio, away from the data. Putting the "
        "ratio into a divergence and holding it fixed does not minimise the divergence."
    )


def _entry(
    name: RescalingName,
    title: str,
    h: Elementwise,
    slope: Elementwise,
    formula: tuple[str, str],
    reading: Reading,
    source: str,
    *,
    bounded: bool = False,
) -> Rescaling:
    """Build one row; ``bounded`` for an h with exponentials, which reads the bounded argument."""
    edge = _falls_above(slope)
    return Rescaling(
        name=name,
        title=title,
        formula=formula[0],
        slope_formula=formula[1],
        source=source,
        reading=reading,
        h=(lambda u: h(_bound(u))) if bounded else h,
        slope=(lambda u: slope(_bound(u)) * _bound_slope(u)) if bounded else slope,
        monotone=edge is None,
        reason=_reason(edge),
    )


_loss = partial(_entry, reading="monoflow")
_flow = partial(_entry, reading="gradient-flow", source=_FLOW)
_plug = partial(_entry, reading="plugged-in", source=_PLUGGED)

_TABLE: tuple[Rescaling, ...] = (
    _loss(
        "vanilla",
        "Vanilla (saturating)",
        F.softplus,
        torch.sigmoid,
        ("log(1 + eᵘ)", "σ(u)"),
        source="Goodfellow et al. 2014, arXiv:1406.2661, eq. 1; " + _YI,
    ),
    _loss(
        "non-saturated",
        "Non-saturated",
        F.logsigmoid,
        _sigmoid_of_minus,
        ("log σ(u)", "σ(−u)"),
        source="Goodfellow et al. 2014, arXiv:1406.2661, section 3; " + _YI,
    ),
    _loss(
        "maximum-likelihood",
        "Maximum likelihood",
        _exp(1.0),
        _exp(1.0),
        ("eᵘ", "eᵘ"),
        source="Goodfellow 2014, arXiv:1412.6515; " + _YI,
        bounded=True,
    ),
    _loss("logit", "Logit", _same, _one, ("u", "1"), source=_YI),
    _loss(
        "arcsinh",
        "Arcsinh",
        torch.asinh,
        _arcsinh_slope,
        ("arsinh u", "1 / √(1 + u²)"),
        source=_YI,
    ),
    _loss(
        "exp-1.5",
        "Exp(1.5 u)",
        _exp(1.5),
        _exp(1.5, 1.5),
        ("e^(1.5 u)", "1.5 e^(1.5 u)"),
        source=_YI,
        bounded=True,
    ),
    _flow("flow-reverse-kl", "Flow: reverse KL", _same, _one, ("u", "r² f″(r) = 1")),
    _flow(
        "flow-forward-kl",
        "Flow: forward KL",
        _exp(1.0),
        _exp(1.0),
        ("eᵘ", "r² f″(r) = r = eᵘ"),
        bounded=True,
    ),
    _flow(
        "flow-chi2",
        "Flow: chi-squared",
        _exp(2.0),
        _exp(2.0, 2.0),
        ("e²ᵘ", "r² f″(r) = 2 r² = 2 e²ᵘ"),
        bounded=True,
    ),
    _flow(
        "flow-hellinger",
        "Flow: Hellinger",
        _exp(0.5),
        _exp(0.5, 0.5),
        ("e^(u/2)", "r² f″(r) = ½ √r = ½ e^(u/2)"),
        bounded=True,
    ),
    _flow(
        "flow-js",
        "Flow: Jensen–Shannon",
        F.softplus,
        torch.sigmoid,
        ("log(1 + eᵘ)", "r² f″(r) = r / (1 + r) = σ(u)"),
    ),
    _plug("plugged-reverse-kl", "Plugged in: reverse KL", _same, _one, ("−f(eᵘ) = u", "1")),
    _plug(
        "plugged-forward-kl",
        "Plugged in: forward KL",
        _forward_kl,
        _forward_kl_slope,
        ("−f(eᵘ) = −u eᵘ", "−(1 + u) eᵘ"),
        bounded=True,
    ),
    _plug(
        "plugged-chi2",
        "Plugged in: chi-squared",
        _chi2,
        _chi2_slope,
        ("−f(eᵘ) = −(eᵘ − 1)²", "−2 (eᵘ − 1) eᵘ"),
        bounded=True,
    ),
    _plug(
        "plugged-hellinger",
        "Plugged in: Hellinger",
        _hellinger,
        _hellinger_slope,
        ("−f(eᵘ) = −(e^(u/2) − 1)²", "−(e^(u/2) − 1) e^(u/2)"),
        bounded=True,
    ),
    _plug(
        "plugged-js",
        "Plugged in: Jensen–Shannon",
        _js,
        _js_slope,
        ("−f(eᵘ) = (1 + eᵘ) log((1 + eᵘ)/2) − u eᵘ", "−eᵘ log(2 σ(u))"),
        bounded=True,
    ),
)

RESCALINGS: dict[str, Rescaling] = {row.name: row for row in _TABLE}
"""Every h by its slug, in the order in which they are offered."""


def _distinct() -> list[Rescaling]:
    u = torch.linspace(-_BOUND, _BOUND, 601, dtype=torch.float64)
    found: list[Rescaling] = []
    for row in _TABLE:
        if not any(torch.allclose(row.slope(u), other.slope(u), rtol=1e-9) for other in found):
            found.append(row)
    return found


DISTINCT: list[Rescaling] = _distinct()
"""The first h of each function h': 12 of the 16, since a loss and the flow of a divergence may be
the same motion by two or three names."""

TITLES: dict[str, str] = {row.name: row.title for row in _TABLE}
"""Titles for ``param(choices=...)``."""

if tuple(RESCALINGS) != get_args(RescalingName):  # A row without a name in the type, or twice.
    raise RuntimeError("the table of rescalings and RescalingName differ")

RescalingSetting = Annotated[
    RescalingName,
    param(
        "Rescaling h",
        "Particles move along h′(d) ∇d of the critic d. In continuous time any increasing h "
        "converges to the data; with finite steps an h′ that vanishes or explodes may not. "
        "Those derived from other divergences than reverse KL do not increase everywhere and "
        "can diverge.",
        live=True,
        # Of a critic's log ratio; the critics of other losses are climbed as they are.
        depends=("loss", ("logistic",)),
        choices=TITLES,
    ),
]
ShiftSetting = Annotated[
    float,
    param(
        "Shift",
        "C in h(d + C). Use 3 to 5 where the slope vanishes because particles far outnumber "
        "data, as with the vanilla loss.",
        low=-100.0,
        high=100.0,
        zero="None",
        live=True,
        depends=("loss", ("logistic",)),
    ),
]


def _shifted(f: Callable[[Tensor], Tensor], shift: float) -> Elementwise:
    return lambda u: f(u + shift)


def rescaling(name: RescalingName, shift: float = 0.0) -> Rescaling:
    """Return the h of that name, shifted: u -> h(u + shift) (Yi et al. 2023, section 5.2).

    Whether it increases does not depend on the shift.

    Raises:
        KeyError: there is none of that name.
    """
    row = RESCALINGS[name]
    if shift == 0.0:
        return row
    argument = f"u {'+' if shift > 0 else '−'} {abs(shift):g}"
    return replace(
        row,
        title=f"{row.title}, shifted by {shift:g}",
        formula=f"h({argument}), h(u) = {row.formula}",
        slope_formula=f"h′({argument}), h′(u) = {row.slope_formula}",
        h=_shifted(row.h, shift),
        slope=_shifted(row.slope, shift),
    )
