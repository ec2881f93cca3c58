"""Loss weights w(s) of E_s[ w(s) |D(x0 + s eps, s) - x0|^2 ], all stated for the denoised point.

| name | w(s) | the same as | |---|---|---| | edm | (s^2 + sd^2)/(s sd)^2 | |F - target|^2 of EDM
preconditioning | | simple | 1/s^2 | |eps - predicted eps|^2 (DDPM's L_simple); the SNR weight | |
x0 | 1 | |x0 - D|^2 | | velocity | ((1 + s)/s)^2 | |velocity - predicted velocity|^2 (flow matching)
| | likelihood | 1/(s^2 p(ln s)) | a bound on -log p, for any density p (VDM, ScoreFlow) | | min-snr
| min(1/s^2, gamma) | | | truncated-snr | max(1/s^2, 1) | | | p2 | (1/s^2) / (1 + 1/s^2)^power | the
SNR weight without imperceptible detail | | pc-jedi | (1 + 1e-4 beta/sigma)/s^2 | "simple" and 1e-4
beta/sigma of it, on the path "vp-angle" |

ScoreFlow's weight g(t)^2 of the score is "likelihood" on every path: g^2 |score - target|^2 dt is
2 |D - x0|^2/s^2 d ln s. On "vp-angle" beta = 2 span tan a and sigma = sin a (Leigh et al. 2023,
arXiv:2303.05376), so that beta/sigma = 2 span sqrt(1 + s^2) is finite without noise, too; the code
of its authors divides 0 by 0 there, and averages the weight apart from the error.

Sources: Karras et al. 2022, arXiv:2206.00364, table 1; Ho et al. 2020, arXiv:2006.11239, eq. 14;
Kingma et al. 2021, arXiv:2107.00630, eq. 17; Song et al. 2021, arXiv:2101.09258, eq. 8; Hang et
al. 2023, arXiv:2303.09556, section 3.4; Salimans & Ho 2022, arXiv:2202.00512, eq. 9; Choi et al.
2022, arXiv:2204.00227, eq. 8 with k = 1.
"""

from typing import Literal

import torch
from torch import Tensor

from pushforward.models.denoisers.densities import Density
from pushforward.models.denoisers.precond import PrecondName
from pushforward.models.paths.gaussian import VariancePreservingAngle

__all__ = ["WeightName", "is_natural", "loss_weight"]

WeightName = Literal[
    "edm", "simple", "x0", "velocity", "likelihood", "min-snr", "truncated-snr", "p2", "pc-jedi"
]


# Which weight is 1/c_out^2 of a preconditioning, so that it is even on what the network predicts.
_NATURAL: dict[PrecondName, WeightName] = {
    "edm": "edm",
    "eps": "simple",
    "x0": "x0",
    "velocity": "velocity",
    "score": "simple",
}


def is_natural(name: WeightName, precond: PrecondName) -> bool:
    """Say whether the weight is even on the output of a network with this preconditioning."""
    return _NATURAL.get(precond) == name


def loss_weight(
    name: WeightName,
    s: Tensor,
    density: Density,
    *,
    data_std: float = 1.0,
    gamma: float = 5.0,
    power: float = 1.0,
) -> Tensor:
    """Return w(s), in the shape of s.

    Args:
        name: a row of the table.
        s: noise levels, > 0.
        density: what s was drawn from; only "likelihood" uses it.
        data_std: sd of the table.
        gamma: the cap of "min-snr".
        power: of "p2".
    """
    snr = s.reciprocal().square()
    match name:
        case "edm":
            return snr + data_std**-2
        case "simple":
            return snr
        case "x0":
            return torch.ones_like(s)
        case "velocity":
            return (1 + 1 / s) ** 2
        case "likelihood":
            return snr / density.pdf(s)
        case "min-snr":
            return snr.clamp(max=gamma)
        case "truncated-snr":
            return snr.clamp(min=1.0)
        case "p2":
            return snr / (1 + snr) ** power
        case "pc-jedi":
            rate = 2 * VariancePreservingAngle().span * (1 + s.square()).sqrt()
            return snr * (1 + 1e-4 * rate)
