"""Film of rows: from given rows under noise, or from the noise that they come from, down again."""

from collections.abc import Generator
from dataclasses import replace
from typing import Annotated, Literal

import torch
from torch import Tensor

from pushforward.models.config import Config, Pick, param
from pushforward.models.guidance.base import lead
from pushforward.models.operators.base import Operation, Outcome, Progress, SeedSetting, Slot, Work
from pushforward.models.operators.editing import (
    ROWS,
    DrawsSetting,
    Editing,
    SamplerSetting,
    StepsSetting,
    along,
    levels_between,
    ready,
)
from pushforward.models.operators.filming import FramesSetting, filmed
from pushforward.models.operators.nameless import unnamed
from pushforward.models.registry import operator

__all__ = ["FilmOfRows", "FilmOfRowsConfig"]

_MOST = 256  # samples of a film: each of its frames is kept


class FilmOfRowsConfig(Config, frozen=True):
    """How high the film begins, and how the rows get there."""

    noise: Annotated[
        float,
        param(
            "Noise",
            "Noise level at the start, in standard deviations of the data; at most σ_max. Above "
            "about 2 little of a sample is preserved.",
            above=0.0,
            high=1000.0,
            unit="data std",
            log=True,
        ),
    ] = 1.0
    way: Annotated[
        Literal["drawn", "own"],
        param(
            "Noising method",
            "Adds random noise, which gives similar new samples; or integrates the "
            "probability-flow ODE to the latent (DDIM inversion), which gives the same sample "
            "back.",
            choices={"drawn": "Draw noise", "own": "Invert"},
        ),
    ] = "drawn"
    steps: StepsSetting = 50
    draws: DrawsSetting = 1
    frames: FramesSetting = 48
    seed: SeedSetting = 0
    sampler: SamplerSetting = Pick()


@operator(
    "film-of-rows",
    title="Denoising film of rows",
    summary="Adds noise to samples, at random or by the ODE, and denoises them again: what is "
    "preserved, and the denoised estimates.",
    source="Meng et al. 2022, arXiv:2108.01073, algorithm 1 (noise is drawn); Song, Meng and Ermon "
    "2021, arXiv:2010.02502, section 4.3 (inverted)",
    needs=("samples", "denoiser"),
    takes=(Slot(ROWS, "Rows", "What the film begins with."),),
    config=FilmOfRowsConfig,
    counts="steps",
)
class FilmOfRows:
    """The film of what was made of given rows, as `models.operators.filming.filmed` says. Each row
    is repeated once for each of its samples; "row" (n,) are their numbers, from 0, and "moved" (n,)
    how far they have come, in standard deviations of the data a number.
    """

    def __init__(self, config: FilmOfRowsConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Follow; see `models.operators.base.Operator`.

        Raises:
            ValueError: there are too many rows, or its data are symbols.
        """
        c = self.config
        operation, taken_from = unnamed(operation)
        which = torch.arange(len(operation.handed[ROWS])).repeat_interleave(c.draws)
        if len(which) > _MOST:
            raise ValueError(
                f"{len(which):,} samples are more than the {_MOST} that a film follows: hand fewer "
                "rows, or draw fewer of each"
            )
        editing = ready(operation, c.seed, which)
        rows, clock = editing.rows, editing.clock
        top = min(c.noise, clock.s_max)
        x = yield from self._up(editing, top)
        denoise = lead(editing.sampler.guidance, editing.model.denoiser, rows)
        ends = (min(clock.s_min, 0.5 * top), top)
        found: Outcome = yield from filmed(
            editing.model, editing.sampler, denoise, rows.holding(x / top), ends, c.frames,
            editing.noise,
        )  # fmt: skip
        assert found.rows is not None
        end = editing.model.spec.standardised(found.rows).x
        moved = (end - rows.x.cpu()).flatten(1).square().mean(dim=1).sqrt()
        arrays = {**found.arrays, "row": which, "moved": moved}
        return replace(found, arrays=arrays, taken_from=taken_from)

    def _up(self, editing: Editing, top: float) -> Generator[Progress, None, Tensor]:
        """Return the rows at the noise level ``top``, (n, *shape)."""
        rows = editing.rows
        if self.config.way == "drawn":
            return editing.noised(rows, top)
        low = min(editing.clock.s_min, 0.5 * top)
        levels = levels_between(low, top, self.config.steps)
        denoise = editing.model.denoiser(rows)
        total = len(rows)
        return (yield from along(denoise, rows.x, levels, "second", lambda n: Progress(0, total)))
