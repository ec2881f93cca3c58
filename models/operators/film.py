"""Film: samples at every step of a sampler, with what the denoiser foresees of them there."""

from collections.abc import Sequence
from typing import Annotated, Any

import torch
from torch import Tensor

from models.config import Config, Pick, param
from models.contracts.batch import Batch
from models.guidance.base import lead
from models.operators.base import Operation, Outcome, Progress, SeedSetting, Work
from models.operators.editing import SamplerSetting
from models.paths.clock import display_scale
from models.registry import operator
from models.samplers.base import SampleStep
from models.samplers.heun import Heun
from models.tensors import make_generator

__all__ = ["Film", "FilmConfig"]

_LATENTS, _NOISE = 3241, 3242  # streams of a seed


class FilmConfig(Config, frozen=True):
    """How many samples are followed, and along which sampler."""

    n: Annotated[int, param("Samples", "How many are followed.", low=1, high=256, log=True)] = 16
    frames: Annotated[
        int,
        param(
            "Frames",
            "Of a sampler with more steps only so many are kept, evenly chosen.",
            low=2,
            high=200,
            log=True,
        ),
    ] = 48
    seed: SeedSetting = 0
    sampler: SamplerSetting = Pick()


@operator(
    "film",
    title="Denoising film",
    summary="Follows samples from noise to data by any sampler: where they are, what the denoiser "
    "foresees of them, and how strong the score is.",
    source="Karras et al. 2022, arXiv:2206.00364, eqs. 2 and 3",
    needs=("samples", "denoiser"),
    config=FilmConfig,
    counts="steps",
)
class Film:
    """Keeps the frames of a sampler.

    The rows are the samples. The arrays, for T frames from noise to data:

    - "s" (T,): the noise levels, 0 at the end; "t" (T,): the flow times; "nfe" (T,): evaluations of
      the network so far, by the sampler alone;
    - "way" (T, n, *shape): x / sqrt(1 + s^2), as everywhere where a flow is seen, and "foreseen"
      (T, n, *shape): D(x, s), both in the units of the data;
    - "score" (T, n): the root mean square of the score (D - x)/s^2, NaN at the end;
    - "left" (T, n): that of what D is off from the sample that it becomes.
    """

    def __init__(self, config: FilmConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Follow; see `models.operators.base.Operator`.

        Raises:
            ValueError: its data are symbols.
        """
        c = self.config
        model: Any = operation.learner
        if model.spec.symbols is not None:
            raise ValueError("its data are symbols, which have no noise between them")
        sampler = operation.sampler if operation.sampler is not None else Heun()
        chosen = model.spec.standard_given(operation.given)
        latents = model.prior(c.n, make_generator(c.seed, _LATENTS), chosen)
        denoise = lead(sampler.guidance, model.denoiser, latents)
        clock, noise = model.clock, make_generator(c.seed, _NOISE)
        total = max(1, len(sampler.levels(clock.s_min, clock.s_max)))
        steps: list[SampleStep] = []
        frames = sampler.frames(denoise, latents, clock.s_min, clock.s_max, noise)
        while True:
            # Not around the yield: another job may run there, and it wants its gradients.
            with torch.no_grad():
                step = next(frames, None)
            if step is None:
                break
            steps.append(step)
            yield Progress(min(len(steps), total), total)
        kept = [steps[i] for i in _even(len(steps), c.frames)]
        foreseen = []
        for step in kept:
            with torch.no_grad():
                level = step.x.new_tensor(step.s)
                foreseen.append(denoise(step.x, level) if step.s > 0.0 else step.x)
            yield Progress(total, total)
        return self._outcome(operation, latents, kept, foreseen)

    def _outcome(
        self,
        operation: Operation,
        latents: Batch,
        kept: Sequence[SampleStep],
        foreseen: Sequence[Tensor],
    ) -> Outcome:
        model: Any = operation.learner
        end = foreseen[-1]

        def shown(x: Tensor) -> Tensor:
            rows: Batch = model.spec.restored(latents.holding(x).to(torch.device("cpu")))
            return rows.x

        levels = torch.tensor([step.s for step in kept])
        scales = display_scale("variance-preserving", levels)
        pairs = list(zip(kept, foreseen, strict=True))
        score = [_size(d - step.x) / step.s**2 if step.s else _size(d) * torch.nan
                 for step, d in pairs]  # fmt: skip
        arrays = {
            "s": levels,
            "t": torch.tensor([model.clock.t(step.s) if step.s else 1.0 for step in kept]),
            "nfe": torch.tensor([step.nfe for step in kept]),
            "way": torch.stack([shown(a * step.x) for a, step in zip(scales, kept, strict=True)]),
            "foreseen": torch.stack([shown(d) for d in foreseen]),
            "score": torch.stack(score),
            "left": torch.stack([_size(d - end) for d in foreseen]),
        }
        made = model.spec.restored(latents.holding(end).to(torch.device("cpu")))
        note = f"{kept[-1].nfe:,} evaluations of the network a sample."
        return Outcome(made, arrays, note)


def _size(x: Tensor) -> Tensor:
    """Return the root mean square of the numbers of each row, (n,), on the CPU."""
    return x.flatten(1).square().mean(dim=1).sqrt().cpu()


def _even(n: int, most: int) -> list[int]:
    """Return at most so many of n places, evenly, the first and the last among them."""
    return sorted({round(i) for i in torch.linspace(0, n - 1, min(n, most)).tolist()})
