"""Learned edit directions of a generator: latents w with G(z + a w) near edit(G(z), a).

Source: Jahanian, Chai and Isola 2020, arXiv:1907.07171, eq. 2. Here the squared error is minimised
by one Gauss-Newton step: G(z + a w) is linear in w to first order, and its derivatives by the
latent are taken by differences, so that no gradient of the generator is needed. The length of each
direction is then chosen on other anchors.
"""

from collections.abc import Callable, Generator

import torch
from torch import Tensor

from pushforward.models.contracts.spec import DataSpec
from pushforward.models.representation.pixel_views import affine
from pushforward.models.representation.source import ViewSource

__all__ = ["EDITS", "learn_directions", "learn_in_steps"]

EDITS = ("shift right", "shift down", "zoom", "rotate", "brighten")
_STEP = 0.05  # of a difference, in standard deviations of the latent
_PUSHES = 2048  # samples that the derivatives take, if a latent has few numbers
_FEWEST, _MOST, _CHECKED = 4, 32, 64  # anchors that are fitted, and others that check
_ROWS = 128  # samples that are generated at once
_LENGTHS = (0.25, 0.5, 1.0, 1.5, 2.0)
_RIDGE = 1e-3


def _edited(name: str, x: Tensor) -> Tensor:
    """Return images (n, C, H, W) in data units after one unit of an edit."""
    n, one = len(x), x.new_ones(len(x))
    zero = x.new_zeros(n)
    match name:
        case "shift right":
            return affine(x, one, zero, zero - 0.25, zero, one)
        case "shift down":
            return affine(x, one, zero, zero, zero - 0.25, one)
        case "zoom":
            return affine(x, 0.8 * one, zero, zero, zero, one)
        case "rotate":
            return affine(x, one, zero + 0.25, zero, zero, one)
        case "brighten":
            return 1.3 * x
    raise KeyError(name)


def learn_directions(source: ViewSource, spec: DataSpec, seed: int) -> tuple[Tensor, Tensor]:
    """Return directions (edits, d) for one unit of each of `EDITS`, and the share of the squared
    error of each edit that its direction explains on other anchors, (edits,).
    """
    learning = learn_in_steps(source, spec, seed)
    while True:
        try:
            next(learning)
        except StopIteration as end:
            found: tuple[Tensor, Tensor] = end.value
            return found


def learn_in_steps(
    source: ViewSource, spec: DataSpec, seed: int
) -> Generator[float, None, tuple[Tensor, Tensor]]:
    """Do `learn_directions`, and yield the share that is done after each number of the latent."""
    d = source.numbers(source.draw(1, torch.Generator())).shape[1]
    n = min(_MOST, max(_FEWEST, _PUSHES // d))
    latents = source.draw(n + _CHECKED, torch.Generator().manual_seed(seed))
    z = source.numbers(latents)

    def push(numbers: Tensor, rows: Tensor) -> Tensor:
        made = source.push(source.holding(latents.take(rows), numbers)).cpu()
        return spec.restore(made).flatten(1)

    fitted, checked = torch.arange(n), torch.arange(n, n + _CHECKED)
    x = push(z[fitted], fitted)
    slopes, together = [], max(1, _ROWS // n)
    for axes in torch.split(torch.arange(d), together):
        moved = z[fitted].repeat(len(axes), 1, 1)
        moved[torch.arange(len(axes)), :, axes] += _STEP
        seen = push(moved.flatten(0, 1), fitted.repeat(len(axes))).reshape(len(axes), *x.shape)
        slopes.append((seen - x) / _STEP)
        yield (int(axes[-1]) + 1) / d
    jacobian = torch.cat(slopes).flatten(1).T.double()  # (anchors * numbers, d)
    normal = jacobian.T @ jacobian
    normal = normal + _RIDGE * normal.diagonal().mean() * torch.eye(len(normal)).double()
    seen = push(z[checked], checked)
    found, explained = [], []
    for name in EDITS:
        goal = _edited(name, x.reshape(-1, *spec.shape)).flatten(1) - x
        w = torch.linalg.solve(normal, jacobian.T @ goal.flatten().double()).float()
        best, share = _length(
            w,
            lambda at: push(z[checked] + at, checked),
            _edited(name, seen.reshape(-1, *spec.shape)).flatten(1),
            seen,
        )
        found.append(best * w)
        explained.append(share)
    return torch.stack(found), torch.tensor(explained)


def _length(
    w: Tensor, push: Callable[[Tensor], Tensor], goal: Tensor, seen: Tensor
) -> tuple[float, float]:
    """Return the length of a direction with the least error, and the share that it explains."""
    whole = float((goal - seen).square().sum())
    left = {length: float((goal - push(length * w)).square().sum()) for length in _LENGTHS}
    best = min(left, key=lambda length: left[length])
    return best, 1.0 - left[best] / max(whole, 1e-12)
