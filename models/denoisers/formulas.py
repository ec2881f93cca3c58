"""What the choices of a diffusion say, as formulas for a person: one line for each name. The
paths of `FORWARD` are those of `models.paths.gaussian`, and one that is learned.

Noise time u runs from 0 (data) to 1 (noise), x̄ = x_u / α is data with noise s = σ / α, F is what
the network gives out, and data are standardised (sd = 1).
"""

from collections.abc import Mapping

from models.contracts.learner import Line
from models.denoisers.objectives import ObjectiveName
from models.denoisers.precond import PrecondName
from models.denoisers.weights import WeightName

__all__ = [
    "DISTANCE",
    "EDM_NETWORK",
    "FORWARD",
    "LOSSES",
    "OBJECTIVE",
    "OBJECTIVES",
    "OUTPUTS",
    "PATH",
    "PREDICTION",
    "SCHEDULE",
    "VARIANCE",
    "VARIANCE_LOSS",
    "WEIGHT",
]

_DDPM = "Ho et al. 2020, arXiv:2006.11239"
_EDM = "Karras et al. 2022, arXiv:2206.00364"
_IDDPM = "Nichol and Dhariwal 2021, arXiv:2102.09672"
_JEDI = "Leigh et al. 2023, arXiv:2303.05376"
_RECTIFIED = "Liu et al. 2022, arXiv:2209.03003"
_SDE = "Song et al. 2021, arXiv:2011.13456"
_SLICED = "Song et al. 2019, arXiv:1905.07088"
_VDM = "Kingma et al. 2021, arXiv:2107.00630"
_V = "Salimans and Ho 2022, arXiv:2202.00512"

_ON_TIME = ("density", ("uniform-time",))

FORWARD: Mapping[str, str] = {
    "ve": "x_u = x₀ + σ_u ε,  σ_u = σ₀ (σ₁/σ₀)^u",
    "vp-linear": "x_u = α_u x₀ + √(1 − α_u²) ε,  ln α_u = −u² (β₁ − β₀)/4 − u β₀/2",
    "vp-cosine": "x_u = α_u x₀ + √(1 − α_u²) ε,  α_u = cos(a + b u)/cos a",
    "vp-angle": "x_u = cos(a u) x₀ + sin(a u) ε,  cos a = 0.02",
    "sub-vp": "x_u = α_u x₀ + (1 − α_u²) ε,  ln α_u = −u² (β₁ − β₀)/4 − u β₀/2",
    "rectified-flow": "x_u = (1 − u) x₀ + u ε",
    "learned": "x_u = α_u x₀ + √(1 − α_u²) ε,  ln SNR = −γ_η(u), monotone",
}

OUTPUTS: Mapping[PrecondName, str] = {
    "edm": "D = c_skip x̄ + c_out F(c_in x̄)",
    "eps": "F = ε,  D = x̄ − s F",
    "x0": "F = x₀,  D = F",
    "v": "F = (ε − s x₀)/√(1 + s²),  D = (x̄ − s √(1 + s²) F)/(1 + s²)",
    "velocity": "F = x₀ − ε,  D = (x̄ + s F)/(1 + s)",
    "score": "F = s ∇log p(x̄; s),  D = x̄ + s F",
}

LOSSES: Mapping[WeightName, str] = {
    "edm": "E (1 + 1/s²) |D − x₀|²",
    "simple": "E |D − x₀|²/s² = E |ε̂ − ε|²",
    "x0": "E |D − x₀|²",
    "velocity": "E (1 + 1/s)² |D − x₀|² = E |v̂ − v|²",
    "likelihood": "∫ |D − x₀|²/s² dln s",
    "min-snr": "E min(1/s², γ) |D − x₀|²",
    "truncated-snr": "E max(1/s², 1) |D − x₀|²",
    "p2": "E 1/(s² (1 + 1/s²)^k) |D − x₀|²",
    "pc-jedi": "E (1 + 10⁻⁴ β/σ) |D − x₀|²/s²",
}

# That of denoising is the formula of the weight.
OBJECTIVES: Mapping[ObjectiveName, str] = {
    "denoising": "",
    "sliced": "E w(s) [(eᵀ(D − x̄))² + 2s² eᵀ∇D e],  e = ±1",
    "sliced-vr": "E w(s) [|D − x̄|² + 2s² eᵀ∇D e],  e = ±1",
}

PATH = Line(
    by="path",
    formulas=FORWARD,
    sources={
        "ve": f"{_SDE}, eq. 31",
        "vp-linear": f"{_DDPM}, eq. 4; {_SDE}, eq. 33",
        "vp-cosine": f"{_IDDPM}, eq. 17",
        "vp-angle": f"{_JEDI}, section 3",
        "sub-vp": f"{_SDE}, eq. 29",
        "rectified-flow": f"{_RECTIFIED}, eq. 1",
        "learned": f"{_VDM}, eqs. 1 to 3",
    },
    only=_ON_TIME,
    aspect="path",
)
"""In whose time the levels are even, where they are that of a path."""

PREDICTION = Line(
    by="precond",
    formulas={str(name): output for name, output in OUTPUTS.items()},
    sources={
        "edm": f"{_EDM}, eq. 7",
        "eps": f"{_DDPM}, eq. 11",
        "x0": f"{_DDPM}, section 3.2",
        "v": f"{_V}, appendix D",
        "velocity": f"{_RECTIFIED}, eq. 1",
        "score": f"{_SDE}, eq. 7",
    },
    aspect="prediction",
)

EDM_NETWORK = Line(formula=OUTPUTS["edm"], source=f"{_EDM}, eq. 7", aspect="prediction")
"""Of families whose network always predicts what EDM's does."""

WEIGHT = Line(
    by="weight",
    formulas={name: f"min {loss}" for name, loss in LOSSES.items()},
    sources={
        "edm": f"{_EDM}, eq. 8 and table 1",
        "simple": f"{_DDPM}, eq. 14",
        "x0": f"{_EDM}, eq. 2",
        "velocity": f"{_RECTIFIED}, eq. 1",
        "likelihood": f"{_VDM}, eq. 17; Song et al. 2021, arXiv:2101.09258, eq. 7",
        "min-snr": "Hang et al. 2023, arXiv:2303.09556, section 3.4",
        "truncated-snr": f"{_V}, eq. 9",
        "p2": "Choi et al. 2022, arXiv:2204.00227, eq. 8",
        "pc-jedi": f"{_JEDI}, section 3",
    },
    only=("objective", ("denoising",)),
    aspect="loss",
)

DISTANCE = Line(
    by="distance",
    formulas={"huber": "|e|² of F becomes |e|²/2 up to |e| = 1, and |e| − 1/2 beyond"},
    sources={"huber": "Huber 1964, doi:10.1214/aoms/1177703732"},
    only=("objective", ("denoising",)),
    aspect="loss",
)

OBJECTIVE = Line(
    by="objective",
    formulas={name: f"min {loss}" for name, loss in OBJECTIVES.items() if loss},
    sources={"sliced": f"{_SLICED}, eq. 8", "sliced-vr": f"{_SLICED}, eq. 9"},
    aspect="loss",
)

VARIANCE = Line(
    by="variance",
    formulas={"learned": "Σ = exp(v ln β + (1 − v) ln β̃)"},
    sources={"learned": f"{_IDDPM}, eq. 15"},
    aspect="prediction",
)

VARIANCE_LOSS = Line(
    by="variance",
    formulas={
        "learned": "+ λ L_vlb,  λ = 0.001,  L_vlb = E KL(q ‖ N(μ, Σ)),  "
        "q = q(x̄′ | x̄, x₀),  μ = μ(x̄, D) held"
    },
    sources={"learned": f"{_IDDPM}, eq. 16"},
    aspect="loss",
)

SCHEDULE = Line(
    by="path",
    formulas={"learned": "min_η E_u L²,  L = (dln s/du) |D − x₀|²/s²"},
    sources={"learned": f"{_VDM}, appendix I.2"},
    only=_ON_TIME,
    aspect="loss",
)
