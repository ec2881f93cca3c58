"""Grids: the noise levels that a sampler visits, from s_max down to 0.

All return n + 1 strictly decreasing float64 levels, n steps, with grid[0] = s_max and grid[n] = 0.
"edm-rho" and "log-snr" put n levels on [s_min, s_max] and add the zero; the others, even in a time,
put n + 1 times on [u(s_min), u(s_max)] and let the last step go all the way to zero noise. That
step is first order in any sampler, and no shorter than the others: with many steps it is what is
left of the error, and the order that one measures falls towards 1
(`tests/models/test_sampler_orders.py`).
"""

import math
from typing import Annotated, Literal

import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.paths.gaussian import PATHS, GaussianPath, PathName

__all__ = ["GRIDS", "GridConfig", "GridName", "make_grid"]

GridName = Literal["edm-rho", "log-snr", "time-uniform", "time-quadratic", "ddpm", "iddpm"]
_STEPS = 1000


GRIDS: dict[str, str] = {
    "edm-rho": "EDM (rho = 7)",
    "log-snr": "Uniform log-SNR",
    "time-uniform": "Uniform time",
    "time-quadratic": "Quadratic time",
    "ddpm": "DDPM's 1000 steps",
    "iddpm": "iDDPM's 1000 steps",
}
"""What they are called."""


class GridConfig(Config, frozen=True):
    """Which noise levels are visited."""

    kind: Annotated[
        GridName,
        param(
            "Grid",
            "Spacing of the noise levels. EDM rho and log-SNR need no path; time grids are "
            "uniform in the time, or its square root, of a noise schedule; DDPM and iDDPM take "
            "every n-th of their 1000 levels.",
            choices=GRIDS,
        ),
    ] = "edm-rho"
    rho: Annotated[
        float,
        param(
            "Rho",
            "Exponent ρ; larger values put more steps near the data.",
            low=1.0,
            high=100.0,
            advanced=True,
            depends=("kind", ("edm-rho",)),
        ),
    ] = 7.0
    path: Annotated[
        PathName,
        param(
            "Schedule of the grid",
            "Noise schedule whose time is divided.",
            choices={
                "ve": "Variance exploding",
                "vp-linear": "Variance preserving, linear",
                "vp-cosine": "Variance preserving, cosine",
                "vp-angle": "Variance preserving, angle (PC-JeDi)",
                "sub-vp": "Sub-variance preserving",
                "rectified-flow": "Rectified flow",
            },
            advanced=True,
            depends=("kind", ("time-uniform", "time-quadratic")),
        ),
    ] = "vp-linear"


def make_grid(config: GridConfig, n: int, s_min: float, s_max: float) -> Tensor:
    """Return the n + 1 levels of a grid, float64.

    "edm-rho" is Karras et al. 2022, arXiv:2206.00364, eq. 5; "log-snr" and the time grids are
    those compared by Lu et al. 2022, arXiv:2206.00927, section 3.4 and Song et al. 2021,
    arXiv:2010.02502, appendix D.2 (quadratic). The levels of the variance-exploding path, geometric
    in the table of Karras et al., are "log-snr". "ddpm" strides through the levels of Ho et al.
    2020, arXiv:2006.11239, section 4, and "iddpm" through those of Nichol & Dhariwal 2021,
    arXiv:2102.09672, eq. 17, as in the table of Karras et al.; where there are more steps than
    levels, it goes between them, evenly in ln s.

    Raises:
        ValueError: n < 1, or not 0 < s_min < s_max.
    """
    if n < 1 or not 0 < s_min < s_max:
        raise ValueError(
            f"a grid needs n >= 1 and 0 < s_min < s_max, got n={n}, s_min={s_min:g}, "
            f"s_max={s_max:g}"
        )
    ends = torch.tensor([s_max, s_min], dtype=torch.float64)
    if config.kind == "edm-rho":
        inner = _lerp(ends ** (1 / config.rho), n) ** config.rho
    elif config.kind == "log-snr":
        inner = _lerp(ends.log(), n).exp()
    elif config.kind in ("ddpm", "iddpm"):
        inner = _strided(_ddpm() if config.kind == "ddpm" else _iddpm(), n, ends)
    else:
        power = 2.0 if config.kind == "time-quadratic" else 1.0
        inner = _in_time(PATHS[config.path](), power, n, ends)
    # The ends exactly, whatever the rounding of powers and logarithms; of one level it is s_max.
    if config.kind in ("edm-rho", "log-snr"):
        inner[-1] = s_min
    inner[0] = s_max
    return torch.cat([inner, inner.new_zeros(1)])


def _lerp(ends: Tensor, n: int) -> Tensor:
    """Return n even values from ends[0] to ends[1]."""
    return ends[0] + (ends[1] - ends[0]) * torch.linspace(0, 1, n, dtype=torch.float64)


def _in_time(path: GaussianPath, power: float, n: int, ends: Tensor) -> Tensor:
    times = path.time(ends).clamp_min(0) ** (1 / power)
    return path.s(_lerp(times, n + 1)[:-1] ** power)


def _strided(levels: Tensor, n: int, ends: Tensor) -> Tensor:
    """Return n levels on the way down through the increasing ones, or between them."""
    inside = levels[(levels > ends[1]) & (levels < ends[0])].flip(0)
    known = torch.cat([ends[:1], inside, ends[1:]]).log()
    place = torch.linspace(0, len(known) - 1, n + 1, dtype=torch.float64)[:-1]
    if n < len(known):
        place = torch.floor(place + 0.5)
    above = place.long().clamp_max(len(known) - 2)
    return torch.lerp(known[above], known[above + 1], place - above).exp()


def _ddpm() -> Tensor:
    """Return s after each of the steps of DDPM, increasing."""
    bar = torch.cumprod(1 - torch.linspace(1e-4, 0.02, _STEPS, dtype=torch.float64), dim=0)
    return ((1 - bar) / bar).sqrt()


def _iddpm() -> Tensor:
    """Return s after each of the steps of iDDPM, whose beta is at most .999, increasing."""
    u = torch.linspace(0, 1, _STEPS + 1, dtype=torch.float64)
    bar = torch.cos((u + 0.008) / 1.008 * (0.5 * math.pi)) ** 2
    bar = torch.cumprod((bar[1:] / bar[:-1]).clamp_min(0.001), dim=0)
    return ((1 - bar) / bar).sqrt()
