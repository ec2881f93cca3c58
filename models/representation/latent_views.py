"""Latent views T_z: neighbours of a latent whose samples are positives of each other.

Source: Jahanian et al. 2022, arXiv:2106.05258, section 3.2, with the numbers of the official code
(truncated normals with bounds of 2, standard deviation 0.88). The variance-preserving view is
sqrt(1 - s^2) z + s w, which keeps the norm of a Gaussian latent.
"""

import math
from typing import Annotated, Literal

import torch
from torch import Tensor

from pushforward.models.config import Config, param

__all__ = ["CUT_STD", "LatentViews", "cut_normal", "neighbours", "truncated"]

_CUT = 2.0
CUT_STD = 0.8796256610342398
"""The standard deviation of a unit normal that is cut at 2."""

ViewKind = Literal[
    "none", "gaussian", "preserving", "uniform", "angular", "steering", "independent"
]


class LatentViews(Config, frozen=True):
    """How the second view of an anchor differs from it in the latent space of the source."""

    kind: Annotated[
        ViewKind,
        param(
            "Latent views",
            "How the latent of the second view is made from that of the anchor. None uses the same "
            "sample twice, so that only pixel views differ.",
            choices={
                "none": "None",
                "gaussian": "Gaussian",
                "preserving": "Gaussian, norm-preserving",
                "uniform": "Uniform",
                "angular": "Angular",
                "steering": "Learned edit directions",
                "independent": "Independent (null model)",
            },
        ),
    ] = "none"
    sigma: Annotated[
        float,
        param(
            "View noise σ",
            "Size of the change, in standard deviations of the latent prior; the largest angle in "
            "radians for angular views. Large values change the class.",
            low=0.0,
            high=10.0,
            depends=("kind", ("gaussian", "preserving", "uniform", "angular", "steering")),
        ),
    ] = 0.2
    truncation: Annotated[
        float,
        param(
            "Truncation",
            "Scale t of the anchors: latents are t times a unit normal cut at ± 2, and so is the "
            "view noise. 0 for the prior itself.",
            low=0.0,
            high=4.0,
            zero="the prior",
        ),
    ] = 0.0


def cut_normal(z: Tensor) -> Tensor:
    """Return normals cut at ± 2, a rising function of unit normals z: no value is drawn again."""
    share = torch.special.ndtr(z.double())
    least = float(torch.special.ndtr(torch.tensor(-_CUT, dtype=torch.float64)))
    cut: Tensor = torch.special.ndtri(least + share * (1.0 - 2.0 * least))
    return cut.to(z.dtype)


def truncated(views: LatentViews, z: Tensor) -> Tensor:
    """Return anchors of unit normal latents z: t times the cut normal, or z itself."""
    return views.truncation * cut_normal(z) if views.truncation else z


def neighbours(
    views: LatentViews,
    z: Tensor,
    generator: torch.Generator,
    directions: Tensor | None = None,
) -> Tensor:
    """Return the latents of the second views, (n, d).

    Args:
        views: how they are drawn.
        z: (n, d) anchors, on the CPU.
        generator: of the CPU; the numbers drawn depend on the shape of z only.
        directions: (k, d) learned edit directions, for "steering".

    Raises:
        ValueError: "steering" without directions.
    """
    unit, sigma = torch.randn(z.shape, generator=generator), views.sigma
    match views.kind:
        case "none":
            return z
        case "independent":
            return truncated(views, unit)
        case "gaussian":
            return z + sigma * truncated(views, unit)
        case "preserving":
            s = min(1.0, sigma)
            return math.sqrt(1.0 - s * s) * z + s * truncated(views, unit)
        case "uniform":
            # The same standard deviation as the Gaussian.
            width = sigma * (views.truncation or 1.0) * math.sqrt(3.0)
            even: Tensor = 2.0 * torch.special.ndtr(unit) - 1.0
            return z + width * even
        case "angular":
            return _turned(z, unit, sigma, generator)
        case "steering":
            if directions is None:
                raise ValueError("steering needs learned directions")
            amounts = 2.0 * torch.rand((len(z), len(directions)), generator=generator) - 1.0
            return z + sigma * (amounts @ directions)


def _turned(z: Tensor, unit: Tensor, most: float, generator: torch.Generator) -> Tensor:
    """Return z turned by a uniform angle up to ``most`` radians in a random plane."""
    angle = most * torch.rand((len(z), 1), generator=generator)
    norm = _norms(z)
    axis = z / norm
    across = unit - (unit * axis).sum(dim=1, keepdim=True) * axis
    across = across / _norms(across)
    return norm * (angle.cos() * axis + angle.sin() * across)


def _norms(x: Tensor) -> Tensor:
    return x.square().sum(dim=1, keepdim=True).sqrt().clamp_min(1e-12)
