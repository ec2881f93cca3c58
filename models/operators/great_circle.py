"""The way between two latents: most of a Gaussian of many numbers lies near a sphere, and a
straight line between two of its points leaves that (Shoemake 1985, "Animating rotation with
quaternion curves", section 3.3: spherical linear interpolation).
"""

from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import param

__all__ = ["StopsSetting", "on_great_circle"]

StopsSetting = Annotated[
    int, param("Stops", "Number of samples from one to the next, both included.", low=3, high=1000)
]


def on_great_circle(one: Tensor, other: Tensor, share: Tensor) -> Tensor:
    """Return points on the great circle between two of a sphere, (m, *shape); where they lie in one
    line, on the line.
    """
    flat = [x.flatten(1) / x.flatten(1).norm(dim=1, keepdim=True) for x in (one, other)]
    cosine = (flat[0] * flat[1]).sum(dim=1).clamp(-1.0, 1.0).reshape(share.shape)
    angle = torch.acos(cosine)
    sine = torch.sin(angle)
    straight = sine < 1e-4
    safe = torch.where(straight, 1.0, sine)
    a = torch.where(straight, 1.0 - share, torch.sin((1.0 - share) * angle) / safe)
    b = torch.where(straight, share, torch.sin(share * angle) / safe)
    return a * one + b * other
