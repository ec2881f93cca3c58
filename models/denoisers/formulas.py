"""What the choices of a diffusion say, as formulas for a person: one line for each name. The
paths of `FORWARD` are those of `models.paths.gaussian`, and one that is learned.

Noise time u runs from 0 (data) to 1 (noise), x̄ = x_u / α is data with noise s = σ / α, and F is
what the network gives out.
"""

from collections.abc import Mapping

from models.denoisers.objectives import ObjectiveName
from models.denoisers.precond import PrecondName
from models.denoisers.weights import WeightName

__all__ = ["FORWARD", "LOSSES", "OBJECTIVES", "OUTPUTS"]

FORWARD: Mapping[str, str] = {
    "ve": "x_u = x₀ + σ_u ε,  σ_u = σ₀ (σ₁/σ₀)^u",
    "vp-linear": "x_u = α_u x₀ + √(1 − α_u²) ε,  ln α_u = −u² (β₁ − β₀)/4 − u β₀/2",
    "vp-cosine": "x_u = α_u x₀ + √(1 − α_u²) ε,  α_u = cos(a + b u)/cos a",
    "sub-vp": "x_u = α_u x₀ + (1 − α_u²) ε,  ln α_u = −u² (β₁ − β₀)/4 − u β₀/2",
    "rectified-flow": "x_u = (1 − u) x₀ + u ε",
    "learned": "x_u = α_u x₀ + √(1 − α_u²) ε,  ln SNR = −γ_η(u), monotone",
}

OUTPUTS: Mapping[PrecondName, str] = {
    "edm": "D = c_skip x̄ + c_out F(c_in x̄)",
    "eps": "F = ε,  D = x̄ − s F",
    "x0": "F = x₀,  D = F",
    "v": "F = α ε − σ x₀,  D = (x̄ − s √(1 + s²) F)/(1 + s²)",
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
}

# That of denoising is the formula of the weight.
OBJECTIVES: Mapping[ObjectiveName, str] = {
    "denoising": "",
    "sliced": "E w(s) [(eᵀ(D − x̄))² + 2s² eᵀ∇D e],  e = ±1",
    "sliced-vr": "E w(s) [|D − x̄|² + 2s² eᵀ∇D e],  e = ±1",
}
