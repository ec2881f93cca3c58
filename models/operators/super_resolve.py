"""Super-resolution: of each square of pixels only the mean is known, and the pixels are sampled."""

from typing import Annotated

import torch

from models.config import Config, Pick, param
from models.guidance.measurement import Averages, Measured, MeasurementGuidance
from models.guidance.pick import build
from models.guidance.settings import MeasurementSetting
from models.operators.base import Operation, Outcome, Progress, SeedSetting, Slot, Work
from models.operators.editing import PIECE, ROWS, DrawsSetting, SamplerSetting, ready
from models.registry import operator

__all__ = ["SuperResolve", "SuperResolveConfig"]


class SuperResolveConfig(Config, frozen=True):
    """How coarse what is known is, and how the rest is sampled."""

    side: Annotated[
        int,
        param(
            "Square",
            "Only means over squares of so many pixels a side are known; it divides both sides of "
            "an image.",
            low=2,
            high=64,
            unit="pixels",
        ),
    ] = 2
    method: MeasurementSetting = Pick(slug="repaint")
    draws: DrawsSetting = 1
    seed: SeedSetting = 0
    sampler: SamplerSetting = Pick()


@operator(
    "super-resolve",
    title="Super-resolve",
    summary="Makes images coarse and samples fine ones that are the same when they are seen as "
    "coarsely.",
    source="Wang et al. 2022, arXiv:2212.00490, section 3.2; Chung et al. 2023, arXiv:2209.14687",
    kinds=("images",),
    needs=("samples", "denoiser"),
    takes=(Slot(ROWS, "Images", "What is made coarse; what is finer in them is not read."),),
    config=SuperResolveConfig,
)
class SuperResolve:
    """Samples by a denoiser that is held to the means of squares."""

    def __init__(self, config: SuperResolveConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Super-resolve; see `models.operators.base.Operator`. Each image comes so often as it is
        drawn, one after the other; "row" (m,) are their numbers, from 0, and "coarse" (m, *shape)
        what was known of them, in the units of the data.
        """
        rows, measurement = operation.handed[ROWS], Averages(self.config.side)
        height, width = rows.x.shape[-2:]
        if height % self.config.side or width % self.config.side:
            raise ValueError(
                f"{height} x {width} pixels cannot be divided into squares of "
                f"{self.config.side} x {self.config.side}"
            )
        which = torch.arange(len(rows)).repeat_interleave(self.config.draws)
        editing = ready(operation, self.config.seed, which)
        guidance = build(self.config.method, "measurement")
        assert isinstance(guidance, MeasurementGuidance)
        s, made = editing.clock.s_max, []
        for start in range(0, len(which), PIECE):
            piece = editing.rows.take(slice(start, start + PIECE))
            held = guidance.to(Measured(measurement.of(piece.x), measurement))
            noise = editing.noised(piece.holding(torch.zeros_like(piece.x)), s)
            x = yield from editing.down(piece, noise, s, Progress(start, len(which)), held)
            made.append(editing.restored(piece, x).x)
        found = editing.restored(editing.rows, editing.rows.x).holding(torch.cat(made))
        coarse = measurement.back(measurement.of(rows.x))[which]
        return Outcome(found, {"row": which, "coarse": coarse})
