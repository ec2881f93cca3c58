"""SDEdit: some noise on rows, and down again: what is coarse stays, what is fine is new."""

from typing import Annotated

import torch

from pushforward.models.config import Config, Pick, param
from pushforward.models.operators.base import Operation, Outcome, Progress, SeedSetting, Slot, Work
from pushforward.models.operators.editing import PIECE, ROWS, DrawsSetting, SamplerSetting, ready
from pushforward.models.operators.nameless import unnamed
from pushforward.models.registry import operator

__all__ = ["SDEdit", "SDEditConfig"]


class SDEditConfig(Config, frozen=True):
    """How much noise, and how it is taken away."""

    noise: Annotated[
        float,
        param(
            "Noise",
            "Noise level, in standard deviations of the data. Finer details are regenerated; "
            "above about 2 little of the sample is preserved.",
            above=0.0,
            high=100.0,
            unit="data std",
            log=True,
        ),
    ] = 0.5
    draws: DrawsSetting = 1
    seed: SeedSetting = 0
    sampler: SamplerSetting = Pick()


@operator(
    "sdedit",
    title="SDEdit",
    summary="Adds noise to samples and denoises them, optionally under other conditions: "
    "likely, and similar to the originals.",
    source="Meng et al. 2022, arXiv:2108.01073, algorithm 1",
    needs=("samples", "denoiser"),
    takes=(Slot(ROWS, "Rows", "What is edited: data, or sketches of some."),),
    config=SDEditConfig,
)
class SDEdit:
    """x + s eps, sampled down from the noise level s."""

    def __init__(self, config: SDEditConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Edit; see `models.operators.base.Operator`. Each row is repeated once for each of its
        samples; "row" (m,) are their numbers, from 0, "moved" (m,) how far they have come, in
        standard deviations of the data a number.
        """
        operation, taken_from = unnamed(operation)
        rows = operation.handed[ROWS]
        which = torch.arange(len(rows)).repeat_interleave(self.config.draws)
        editing = ready(operation, self.config.seed, which)
        s, made, moved = min(self.config.noise, editing.clock.s_max), [], []
        for start in range(0, len(which), PIECE):
            piece = editing.rows.take(slice(start, start + PIECE))
            now = Progress(start, len(which))
            x = yield from editing.down(piece, editing.noised(piece, s), s, now)
            made.append(editing.restored(piece, x).x)
            moved.append((x - piece.x).flatten(1).square().mean(dim=1).sqrt().cpu())
        found = editing.restored(editing.rows, editing.rows.x)
        arrays = {"row": which, "moved": torch.cat(moved)}
        return Outcome(found.holding(torch.cat(made)), arrays, taken_from=taken_from)
