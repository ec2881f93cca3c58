"""Denoising: samples of what a noisy row may have been, and their mean."""

from dataclasses import replace
from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.operators.base import Operation, Outcome, Progress, SeedSetting, Slot, Work
from pushforward.models.operators.editing import PIECE, ROWS, DrawsSetting, StepsSetting, ready
from pushforward.models.operators.nameless import unnamed
from pushforward.models.registry import operator
from pushforward.models.samplers.ddim import Ddim, DdimConfig
from pushforward.models.samplers.grids import GridConfig

__all__ = ["DenoiseConfig", "DenoiseRows"]


class DenoiseConfig(Config, frozen=True):
    """How much noise there is, and how it is taken away."""

    noise: Annotated[
        float,
        param(
            "Noise",
            "Standard deviation of the noise in the inputs, in standard deviations of the data.",
            above=0.0,
            high=100.0,
            unit="data std",
            log=True,
        ),
    ] = 0.5
    first: Annotated[
        bool,
        param(
            "Add noise first",
            "Adds the noise first, as a test; off for inputs that are already noisy.",
        ),
    ] = False
    draws: DrawsSetting = 1
    steps: StepsSetting = 50
    seed: SeedSetting = 0


@operator(
    "denoise",
    title="Denoise",
    summary="Removes Gaussian noise: posterior samples of each input, and the posterior mean.",
    source="Kawar, Vaksman and Elad 2021, arXiv:2101.09552; the walk: Ho et al. 2020, "
    "arXiv:2006.11239, algorithm 2",
    needs=("samples", "denoiser"),
    takes=(Slot(ROWS, "Rows", "What is noisy, or is to be."),),
    config=DenoiseConfig,
)
class DenoiseRows:
    """A row y = x + s eps is a particle at the noise level s: the walk down from there draws from
    p(x | y). It must add noise of its own: along the ODE each y would have a single x.
    """

    def __init__(self, config: DenoiseConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Denoise; see `models.operators.base.Operator`. Each row is repeated once for each of its
        samples; "row" (m,) are their numbers, from 0, "seen" (m, *shape) the noisy rows, and "mean"
        (m, *shape) D(y, s), which has the least squared error of all guesses.
        """
        c = self.config
        walk = Ddim(DdimConfig(steps=c.steps, eta=1.0, grid=GridConfig(kind="log-snr")))
        operation, taken_from = unnamed(operation)
        which = torch.arange(len(operation.handed[ROWS])).repeat_interleave(c.draws)
        one = ready(operation, c.seed)
        noisy = one.noised(one.rows, c.noise) if c.first else one.rows.x
        editing = replace(ready(operation, c.seed, which), sampler=walk)
        y, s = noisy[which.to(noisy.device)], min(c.noise, editing.clock.s_max)
        made: list[Tensor] = []
        seen: list[Tensor] = []
        means: list[Tensor] = []
        for start in range(0, len(which), PIECE):
            some = slice(start, start + PIECE)
            piece, at, now = editing.rows.take(some), y[some], Progress(start, len(which))
            with torch.no_grad():
                mean = editing.model.denoiser(piece)(at, at.new_tensor(s))
            x = yield from editing.down(piece, at, s, now)
            for kept, value in ((made, x), (seen, at), (means, mean)):
                kept.append(editing.restored(piece, value).x)
        found = editing.restored(editing.rows, editing.rows.x).holding(torch.cat(made))
        arrays = {"row": which, "seen": torch.cat(seen), "mean": torch.cat(means)}
        return Outcome(found, arrays, taken_from=taken_from)
