"""Pixel views T_x: random crops, shifts, rotations, mirror images, jitter and blur, of a batch.

Source: Chen et al. 2020, arXiv:2002.05709, appendix A, with one affine map for crop, shift and
rotation. All images of a batch are changed at once, each by its own numbers. Two libraries do the
same (kornia, torchvision); neither draws from a passed `torch.Generator`, and both are large.
"""

import math
from typing import Annotated

import torch
from torch import Tensor
from torch.nn import functional

from pushforward.models.config import Config, param
from pushforward.models.tensors import upload

__all__ = ["PixelViews", "affine", "pixel_view"]


class PixelViews(Config, frozen=True):
    """How much two views of one image differ in their pixels."""

    use: Annotated[
        bool,
        param("Pixel views", "Changes the pixels of both views at random."),
    ] = True
    crop: Annotated[
        float,
        param(
            "Smallest crop",
            "Smallest share of the area that a random crop keeps; 1 for no crop.",
            above=0.0,
            high=1.0,
            depends=("use", (True,)),
        ),
    ] = 0.5
    shift: Annotated[
        float,
        param(
            "Shift",
            "Largest shift in either direction, as a share of the side.",
            low=0.0,
            high=0.5,
            depends=("use", (True,)),
        ),
    ] = 0.0
    rotation: Annotated[
        float,
        param("Rotation", "Largest rotation.", low=0.0, high=math.pi, unit="rad",
              depends=("use", (True,))),
    ] = 0.25  # fmt: skip
    mirror: Annotated[
        bool,
        param(
            "Mirror",
            "Mirrors half of the views left to right. Not for digits or letters.",
            depends=("use", (True,)),
        ),
    ] = False
    brightness: Annotated[
        float,
        param("Brightness", "Largest relative change of brightness.", low=0.0, high=1.0,
              depends=("use", (True,))),
    ] = 0.3  # fmt: skip
    contrast: Annotated[
        float,
        param("Contrast", "Largest relative change of contrast.", low=0.0, high=1.0,
              depends=("use", (True,))),
    ] = 0.3  # fmt: skip
    colour: Annotated[
        float,
        param(
            "Colour",
            "Largest relative change of saturation. No effect on grey images.",
            low=0.0,
            high=1.0,
            depends=("use", (True,)),
        ),
    ] = 0.4
    blur: Annotated[
        float,
        param(
            "Blur",
            "Largest weight of a 3×3 binomial blur; 0 for none.",
            low=0.0,
            high=1.0,
            depends=("use", (True,)),
        ),
    ] = 0.0


def affine(
    x: Tensor, zoom: Tensor, angle: Tensor, right: Tensor, down: Tensor, mirror: Tensor
) -> Tensor:
    """Return images (n, C, H, W) seen through a window each.

    Args:
        x: images.
        zoom: (n,) side of the window, in sides of the image.
        angle: (n,) by which the content is turned, in radians.
        right: (n,) centre of the window to the right of that of the image, in half sides.
        down: (n,) the same downwards.
        mirror: (n,) -1 to swap left and right, else 1.
    """
    c, s = zoom * angle.cos(), zoom * angle.sin()
    rows = torch.stack([c * mirror, -s, right, s * mirror, c, down], dim=1)
    grid = functional.affine_grid(rows.reshape(-1, 2, 3), list(x.shape), align_corners=False)
    return functional.grid_sample(x, grid, padding_mode="border", align_corners=False)


def pixel_view(
    views: PixelViews,
    x: Tensor,
    generator: torch.Generator,
    bounds: tuple[float, float] | None = (0.0, 1.0),
) -> Tensor:
    """Return a random view of each image.

    Args:
        views: how large the changes may be.
        x: (n, C, H, W), in the units of the data.
        generator: of the CPU.
        bounds: between which all values lie, None for any.
    """
    if not views.use:
        return x
    draws = upload(torch.rand((9, len(x)), generator=generator), x.device)
    signed = 2.0 * draws - 1.0
    zoom = (views.crop + (1.0 - views.crop) * draws[0]).sqrt()
    room = 1.0 - zoom + 2.0 * views.shift
    mirror = 1.0 - 2.0 * (draws[3] < 0.5).to(x) if views.mirror else torch.ones_like(zoom)
    angle = views.rotation * signed[4]
    seen = affine(x, zoom, angle, room * signed[1], room * signed[2], mirror)
    seen = _jittered(views, seen, signed[5:8])
    if views.blur:
        seen = seen + (views.blur * draws[8])[:, None, None, None] * (_blurred(seen) - seen)
    return seen if bounds is None else seen.clamp(*bounds)


def _jittered(views: PixelViews, x: Tensor, signed: Tensor) -> Tensor:
    """Return images with other brightness, contrast and saturation, by (3, n) numbers in ± 1."""
    factor = 1.0 + signed[:, :, None, None, None] * x.new_tensor(
        [views.brightness, views.contrast, views.colour]
    ).reshape(3, 1, 1, 1, 1)
    x = x * factor[0]
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    x = mean + factor[1] * (x - mean)
    if x.shape[1] == 3:
        grey = x.mean(dim=1, keepdim=True)
        x = grey + factor[2] * (x - grey)
    return x


def _blurred(x: Tensor) -> Tensor:
    line = x.new_tensor([0.25, 0.5, 0.25])
    kernel = (line[:, None] * line).expand(x.shape[1], 1, 3, 3)
    padded = functional.pad(x, (1, 1, 1, 1), mode="replicate")
    return functional.conv2d(padded, kernel, groups=x.shape[1])
