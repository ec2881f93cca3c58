"""Purification (DiffPure): noise drowns what an attacker or an error has added, and goes again."""

from typing import Annotated

import torch

from pushforward.models.config import Config, Pick, param
from pushforward.models.operators.base import Operation, Outcome, Progress, SeedSetting, Slot, Work
from pushforward.models.operators.editing import PIECE, ROWS, SamplerSetting, ready
from pushforward.models.operators.nameless import unnamed
from pushforward.models.registry import operator

__all__ = ["Purify", "PurifyConfig"]


class PurifyConfig(Config, frozen=True):
    """How much noise, and how many answers one is the middle of."""

    noise: Annotated[
        float,
        param(
            "Noise",
            "Noise level: larger than the perturbation and smaller than the class differences, "
            "in standard deviations of the data. The paper's t* = 0.1 is 0.33.",
            above=0.0,
            high=100.0,
            unit="data std",
            log=True,
        ),
    ] = 0.33
    votes: Annotated[
        int,
        param(
            "Votes",
            "Number of purifications with different noise, which are averaged.",
            low=1,
            high=100,
        ),
    ] = 1
    seed: SeedSetting = 0
    sampler: SamplerSetting = Pick()


@operator(
    "purify",
    title="Purify",
    summary="Moves perturbed samples back to the data distribution by adding noise and "
    "denoising, before classification.",
    source="Nie et al. 2022, arXiv:2205.07460, eqs. 4 and 6",
    needs=("samples", "denoiser"),
    takes=(Slot(ROWS, "Rows", "What was disturbed."),),
    config=PurifyConfig,
)
class Purify:
    """The mean of a number of rows sampled down from x + s eps."""

    def __init__(self, config: PurifyConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Purify; see `models.operators.base.Operator`. "moved" (n,) says how far each row has
        come, in standard deviations of the data a number: large for what was disturbed much.
        """
        operation, taken_from = unnamed(operation)
        editing, votes = ready(operation, self.config.seed), self.config.votes
        rows = editing.rows
        s, made, moved = min(self.config.noise, editing.clock.s_max), [], []
        for start in range(0, len(rows), PIECE):
            piece = rows.take(slice(start, start + PIECE))
            total = torch.zeros_like(piece.x)
            for vote in range(votes):
                now = Progress(start + vote * len(piece) // votes, len(rows))
                noised = editing.noised(piece, s)
                total += yield from editing.down(piece, noised, s, now, share=1 / votes)
            mean = total / votes
            made.append(editing.restored(piece, mean).x)
            moved.append((mean - piece.x).flatten(1).square().mean(dim=1).sqrt().cpu())
        found = editing.restored(rows, rows.x)
        arrays = {"moved": torch.cat(moved)}
        return Outcome(found.holding(torch.cat(made)), arrays, taken_from=taken_from)
