"""8C: halves and coarse pictures of digits are completed better than without a model."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.learner import Learner
from pushforward.models.contracts.spec import LABEL
from pushforward.models.contracts.unconditional import UNCONDITIONAL
from pushforward.verify.bench import Bench
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.images.digits import (
    SEEDS,
    STEPS,
    UNET_STEPS,
    conditional_trial,
    digits,
    over_seeds,
    told_by_unet,
)
from pushforward.verify.images.image_lookups import mean_of_nearest
from pushforward.verify.operator_requests import run_operator

__all__ = ["best_kernel", "best_linear", "halves", "of_exact_draws", "psnr", "sharper"]

_ROWS, _DRAWS, _HALF, _SIDE = 100, 4, 4, 2
# Of widths from .5 to 3 and ridges from .01 to 3 the best for a fifth of the training images.
_WIDTH, _RIDGE = 0.7, 0.3


def psnr(made: Tensor, real: Tensor) -> float:
    """Return 10 log10(1 / mean square error) in decibels, of pixels between 0 and 1."""
    return float(-10.0 * (made - real).double().square().mean().log10())


def _unseen() -> Batch:
    """Return unseen images without their classes."""
    x = digits().unseen.x[:_ROWS]
    return Batch(x, given={LABEL: torch.full((len(x),), UNCONDITIONAL)})


def _means(x: Tensor) -> Tensor:
    """Return the mean of each image's draws, which stand one after the other."""
    return x.reshape(-1, _DRAWS, *x.shape[1:]).mean(dim=1)


def best_linear() -> Tensor:
    """Return the right halves of unseen images by the best linear guess from their left ones:
    regression with a ridge of 1e-2 on the training images.
    """
    train, unseen = digits().train.x, _unseen().x
    known, wanted = (train[..., part].flatten(1).double() for part in _parts())
    middle, target = known.mean(dim=0), wanted.mean(dim=0)
    a = known - middle
    ridge = 1e-2 * len(a) * torch.eye(a.shape[1], dtype=a.dtype)
    weights = torch.linalg.solve(a.T @ a + ridge, a.T @ (wanted - target))
    left = unseen[..., _parts()[0]].flatten(1).double()
    guess: Tensor = target + (left - middle) @ weights
    return guess.reshape(len(unseen), 1, 8, _HALF).float()


def best_kernel() -> Tensor:
    """Return the right halves of unseen images by kernel ridge regression from their left ones,
    with a Gaussian kernel: close to the mean of all that they may have been, than which no guess
    has less squared error.
    """
    train, unseen = digits().train.x, _unseen().x
    known, wanted = (train[..., part].flatten(1).double() for part in _parts())
    left, target = unseen[..., _parts()[0]].flatten(1).double(), wanted.mean(dim=0)

    def kernel(a: Tensor) -> Tensor:
        return torch.exp(-torch.cdist(a, known).square() / (2.0 * _WIDTH**2))

    ridge = _RIDGE * torch.eye(len(known), dtype=known.dtype)
    weights = torch.linalg.solve(kernel(known) + ridge, wanted - target)
    guess: Tensor = target + kernel(left) @ weights
    return guess.reshape(len(unseen), 1, 8, _HALF).float()


def of_exact_draws(best: float) -> float:
    """Return the PSNR in dB of the mean of `_DRAWS` draws from the exact posterior, from the PSNR
    of the posterior mean: each draw is as far from that as the truth.
    """
    return best - 10.0 * math.log10(1.0 + 1.0 / _DRAWS)


def _parts() -> tuple[slice, slice]:
    return slice(None, _HALF), slice(_HALF, None)


def _halves(bench: Bench, steps: int = UNET_STEPS, *, other: bool = False) -> Outcome:
    """Complete right halves; ``other`` hands left halves of other images."""
    unseen, mean = _unseen(), digits().train.x.mean(dim=0)
    wanted = unseen.x[..., _HALF:]
    known = torch.zeros(1, *unseen.x.shape[1:])
    known[..., :_HALF] = 1.0
    filled = psnr(mean[..., _HALF:].expand_as(wanted), wanted)

    def measure(learner: Learner[Any], seed: int) -> dict[str, float]:
        rows = unseen.holding(unseen.x.roll(1, dims=0)) if other else unseen
        handed = {"rows": rows, "known": Batch(known)}
        x = run_operator("inpaint", learner, handed, draws=_DRAWS, seed=seed)
        return {
            "mean of four draws": psnr(_means(x)[..., _HALF:], wanted),
            "one draw": psnr(x[::_DRAWS, ..., _HALF:], wanted),
        }

    def passed(found: Mapping[str, float]) -> bool:
        return found["mean of four draws"] >= filled + 2.0

    linear, best = psnr(best_linear(), wanted), psnr(best_kernel(), wanted)
    floor = (
        f"the mean image {filled:.3g} dB; the best linear guess {linear:.3g} dB, by a kernel "
        f"{best:.3g} dB, and exact draws around that one {of_exact_draws(best):.3g} dB"
    )
    return over_seeds(bench, measure, passed, floor, trial=told_by_unet(steps), seeds=SEEDS)


def _halves_of_nearest(bench: Bench) -> Outcome:
    """Complete right halves by the mean of the training images with the nearest left halves."""
    train, unseen, (left, right) = digits().train.x, _unseen().x, _parts()
    guess = mean_of_nearest(unseen[..., left], train[..., left], train[..., right], _DRAWS)
    wanted, mean = unseen[..., right], train.mean(dim=0)[..., right]
    found, filled = psnr(guess, wanted), psnr(mean.expand_as(wanted), wanted)
    return _without_model(found, found >= filled + 2.0)


def _without_model(found: float, passed: bool) -> Outcome:
    name = "mean of four draws"
    return Outcome(f"{name} {found:.3g} dB", {name: found}, passed, "", [])


@experiment(
    "8C-inpaint",
    title="The other half of a digit",
    claim="RePaint completes the right half of an unseen digit from its left one: the mean of four "
    "draws is nearer to what was there than the mean image is. The mean of the four training "
    "images with the nearest left halves is nearer, without training.",
    pass_line="PSNR of the mean of four draws over the unknown half >= 2 dB above that of the mean "
    "image, 100 unseen images; mean of three seeds",
    group="8C",
    source="Lugmayr et al. 2022, arXiv:2201.09865, algorithm 1",
    slow=True,
    nulls=[
        Null("left halves of other images", lambda bench: _halves(bench, other=True)),
        Null("one step of training", lambda bench: _halves(bench, steps=1)),
    ],
    baselines=[Null("mean of the four training images that fit best", _halves_of_nearest)],
)
def halves(bench: Bench) -> Outcome:
    """Train and complete."""
    return _halves(bench)


def _sharper(bench: Bench, steps: int = STEPS, *, other: bool = False) -> Outcome:
    """Make 8x8 pixels of 4x4 means; ``other`` hands those of other images."""
    unseen = _unseen()
    coarse = functional.avg_pool2d(unseen.x, _SIDE)
    cubic = functional.interpolate(coarse, scale_factor=_SIDE, mode="bicubic").clamp(0.0, 1.0)
    bicubic = psnr(cubic, unseen.x)

    def measure(learner: Learner[Any], seed: int) -> dict[str, float]:
        rows = unseen.holding(unseen.x.roll(1, dims=0)) if other else unseen
        handed = {"rows": rows}
        x = run_operator("super-resolution", learner, handed, draws=_DRAWS, seed=seed, side=_SIDE)
        return {
            "mean of four draws": psnr(_means(x), unseen.x),
            "one draw": psnr(x[::_DRAWS], unseen.x),
        }

    def passed(found: Mapping[str, float]) -> bool:
        return found["mean of four draws"] >= bicubic + 1.0

    return over_seeds(
        bench,
        measure,
        passed,
        f"bicubic {bicubic:.3g} dB",
        trial=conditional_trial(steps),
        seeds=SEEDS,
    )


def _sharp_by_components(bench: Bench) -> Outcome:
    """Return the PSNR of the best linear guess of 8x8 pixels from 4x4 means (principal components
    regression by all 16 of these, ridge 1e-2).
    """
    train, unseen = digits().train.x, _unseen().x
    known, given = (functional.avg_pool2d(x, _SIDE).flatten(1).double() for x in (train, unseen))
    middle, target = known.mean(dim=0), train.flatten(1).double().mean(dim=0)
    a = known - middle
    ridge = 1e-2 * len(a) * torch.eye(a.shape[1], dtype=a.dtype)
    weights = torch.linalg.solve(a.T @ a + ridge, a.T @ (train.flatten(1).double() - target))
    guess = (target + (given - middle) @ weights).reshape(unseen.shape).float()
    return _sharp(guess)


def _sharp_by_nearest(bench: Bench) -> Outcome:
    """Return that of the mean of the training images with the nearest 4x4 means."""
    train, unseen = digits().train.x, _unseen().x
    coarse, known = (functional.avg_pool2d(x, _SIDE) for x in (unseen, train))
    return _sharp(mean_of_nearest(coarse, known, train, _DRAWS))


def _sharp(guess: Tensor) -> Outcome:
    found, unseen = psnr(guess, _unseen().x), _unseen().x
    coarse = functional.avg_pool2d(unseen, _SIDE)
    cubic = functional.interpolate(coarse, scale_factor=_SIDE, mode="bicubic").clamp(0.0, 1.0)
    return _without_model(found, found >= psnr(cubic, unseen) + 1.0)


@experiment(
    "8C-sharper",
    title="Digits of 4x4 pixels made sharp",
    claim="RePaint, constrained to the means of squares, restores 8x8 pixels from 4x4: the mean of "
    "four samples is nearer to the image than bicubic interpolation is. The mean of the four "
    "training images that fit best is nearer still. So this shows that the operator keeps the "
    "known means, and no advantage over a look-up.",
    pass_line="PSNR of the mean of four draws >= 1 dB above bicubic interpolation, 100 unseen "
    "images; mean of three seeds",
    group="8C",
    source="Wang et al. 2022, arXiv:2212.00490, section 3.2",
    slow=True,
    nulls=[
        Null("coarse pictures of other images", lambda bench: _sharper(bench, other=True)),
        Null("one step of training", lambda bench: _sharper(bench, steps=1)),
    ],
    baselines=[
        Null("linear regression on training images", _sharp_by_components),
        Null("mean of the four training images that fit best", _sharp_by_nearest),
    ],
)
def sharper(bench: Bench) -> Outcome:
    """Train and sharpen."""
    return _sharper(bench)
