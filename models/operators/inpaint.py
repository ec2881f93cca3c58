"""Inpainting and completion: some numbers of a row are known, and the others are sampled."""

import torch

from pushforward.models.config import Config, Pick
from pushforward.models.guidance.measurement import KnownValues, Measured
from pushforward.models.guidance.pick import measuring
from pushforward.models.guidance.settings import MeasurementSetting
from pushforward.models.operators.base import Operation, Outcome, Progress, SeedSetting, Slot, Work
from pushforward.models.operators.editing import (
    KNOWN_SLOT,
    PIECE,
    ROWS,
    DrawsSetting,
    SamplerSetting,
    known_places,
    ready,
)
from pushforward.models.operators.nameless import unnamed
from pushforward.models.registry import operator

__all__ = ["Inpaint", "InpaintConfig"]


class InpaintConfig(Config, frozen=True):
    """How what is not known is sampled."""

    method: MeasurementSetting = Pick(slug="repaint")
    draws: DrawsSetting = 1
    seed: SeedSetting = 0
    sampler: SamplerSetting = Pick()


@operator(
    "inpaint",
    title="Inpaint",
    summary="Keeps some values of each sample, or pixels of an image, and samples the others.",
    source="Lugmayr et al. 2022, arXiv:2201.09865; Chung et al. 2023, arXiv:2209.14687",
    needs=("samples", "denoiser"),
    takes=(
        Slot(ROWS, "Rows", "Samples to complete; unknown values are ignored."),
        KNOWN_SLOT,
    ),
    config=InpaintConfig,
)
class Inpaint:
    """Samples by a denoiser that is held to what is known. Only rows without padding."""

    def __init__(self, config: InpaintConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Inpaint; see `models.operators.base.Operator`. Each row is repeated once for each of its
        samples; "row" (m,) are their numbers, from 0.
        """
        operation, taken_from = unnamed(operation)
        rows, places = operation.handed[ROWS], known_places(operation)
        which = torch.arange(len(rows)).repeat_interleave(self.config.draws)
        editing = ready(operation, self.config.seed, which)
        known = places[which].to(editing.rows.device)
        guidance = measuring(self.config.method)
        s, made = editing.clock.s_max, []
        for start in range(0, len(which), PIECE):
            piece = editing.rows.take(slice(start, start + PIECE))
            seen = KnownValues(known[start : start + PIECE])
            held = guidance.to(Measured(seen.apply(piece.x), seen))
            blank = piece.holding(torch.zeros_like(piece.x))
            noise, now = editing.noised(blank, s), Progress(start, len(which))
            x = yield from editing.down(piece, noise, s, now, held)
            made.append(editing.restored(piece, x).x)
        found = editing.restored(editing.rows, editing.rows.x)
        # What is known is known to the last bit: no error of sampler or units is left in it.
        x = torch.where(known.cpu(), rows.x[which], torch.cat(made))
        return Outcome(found.holding(x), {"row": which}, taken_from=taken_from)
