"""Filming: the frames of a sampler, and the denoised estimate of each."""

from collections.abc import Sequence
from typing import Annotated, Any

import torch
from torch import Tensor

from pushforward.models.config import param
from pushforward.models.contracts.abilities import Denoise
from pushforward.models.contracts.batch import Batch
from pushforward.models.operators.base import Outcome, Progress, Work
from pushforward.models.paths.clock import display_scale
from pushforward.models.samplers.base import Sampler, SampleStep

__all__ = ["FramesSetting", "filmed"]

FramesSetting = Annotated[
    int,
    param(
        "Maximum frames",
        "Maximum number of frames. A sampler has one for the noise and one per step, so 18 "
        "steps give 19.",
        low=2,
        high=200,
        log=True,
    ),
]


def filmed(
    model: Any,
    sampler: Sampler,
    denoise: Denoise,
    latents: Batch,
    ends: tuple[float, float],
    frames: int,
    noise: torch.Generator,
) -> Work:
    """Follow latents down the noise; yields how many steps are done.

    The rows of the outcome are the samples. The arrays, for T frames from noise to data:

    - "s" (T,): the noise levels, 0 at the end; "t" (T,): the flow times; "nfe" (T,): evaluations of
      the network so far, by the sampler alone;
    - "way" (T, n, *shape): x / sqrt(1 + s^2), as everywhere where a flow is seen, and "foreseen"
      (T, n, *shape): D(x, s), both in the units of the data;
    - "score" (T, n): the root mean square of the score (D - x)/s^2, NaN at the end;
    - "left" (T, n): that of what D is off from the sample that it becomes.

    Args:
        model: a diffusion, with its clock and its data.
        sampler: which is followed.
        denoise: D(x, s), led where the sampler says so.
        latents: x / s at the largest noise level, (n, *shape), with mask and conditions.
        ends: the smallest noise level above 0, and the largest.
        frames: at most this number is kept.
        noise: for samplers that add some.
    """
    total = max(1, len(sampler.levels(*ends)))
    steps: list[SampleStep] = []
    going = sampler.frames(denoise, latents, *ends, noise)
    while True:
        # Not around the yield: another job may run there, and it wants its gradients.
        with torch.no_grad():
            step = next(going, None)
        if step is None:
            break
        if not steps or step.s < steps[-1].s:  # of a walk at one level its beginning
            steps.append(step)
        yield Progress(min(len(steps), total), total)
    kept = [steps[i] for i in _even(len(steps), frames)]
    foreseen = []
    for step in kept:
        with torch.no_grad():
            level = step.x.new_tensor(step.s)
            foreseen.append(denoise(step.x, level) if step.s > 0.0 else step.x)
        yield Progress(total, total)
    return _outcome(model, latents, kept, foreseen, _describe(len(steps), len(kept)))


def _outcome(
    model: Any,
    latents: Batch,
    kept: Sequence[SampleStep],
    foreseen: Sequence[Tensor],
    frames: str,
) -> Outcome:
    end = foreseen[-1]

    def to_data_units(x: Tensor) -> Batch:
        rows: Batch = model.spec.restored(latents.holding(x).to(torch.device("cpu")))
        return rows

    levels = torch.tensor([step.s for step in kept])
    scales = display_scale("variance-preserving", levels)
    pairs = list(zip(kept, foreseen, strict=True))
    score = [_size(d - step.x) / step.s**2 if step.s else _size(d) * torch.nan
             for step, d in pairs]  # fmt: skip
    arrays = {
        "s": levels,
        "t": torch.tensor([model.clock.t(step.s) if step.s else 1.0 for step in kept]),
        "nfe": torch.tensor([step.nfe for step in kept]),
        "way": torch.stack(
            [to_data_units(a * step.x).x for a, step in zip(scales, kept, strict=True)]
        ),
        "foreseen": torch.stack([to_data_units(d).x for d in foreseen]),
        "score": torch.stack(score),
        "left": torch.stack([_size(d - end) for d in foreseen]),
    }
    note = f"{frames} {kept[-1].nfe:,} evaluations of the network a sample."
    return Outcome(to_data_units(end), arrays, note)


def _describe(there: int, kept: int) -> str:
    """Say how many frames there are, and why no more."""
    if kept < there:
        return f"{kept:,} of the {there:,} frames of the sampler, evenly chosen."
    return f"{there:,} frames: the noise, and one for each of the {there - 1:,} steps."


def _size(x: Tensor) -> Tensor:
    """Return the root mean square of the numbers of each row, (n,), on the CPU."""
    return x.flatten(1).square().mean(dim=1).sqrt().cpu()


def _even(n: int, most: int) -> list[int]:
    """Return at most a number of n places, evenly spaced, the first and the last included."""
    return sorted({round(i) for i in torch.linspace(0, n - 1, min(n, most)).tolist()})
