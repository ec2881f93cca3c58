"""Translation: one datum in, another near it out, under other conditions where one says some."""

from typing import Annotated, Any

import torch

from pushforward.models.config import Config, param
from pushforward.models.contracts.abilities import Revises
from pushforward.models.operators.base import Operation, Outcome, Progress, SeedSetting, Slot, Work
from pushforward.models.operators.editing import PIECE, ROWS, DrawsSetting, told_rows
from pushforward.models.registry import operator
from pushforward.models.tensors import make_generator

__all__ = ["Revise", "ReviseConfig"]

_NOISE = 3321  # stream of a seed (`models.tensors.make_generator`)


class ReviseConfig(Config, frozen=True):
    """How much is undone."""

    share: Annotated[
        float,
        param(
            "Fraction undone",
            "Fraction of the diffusion that is undone; for masking, the fraction of masked "
            "nodes and edges. At 1 nothing of the original remains.",
            above=0.0,
            high=1.0,
        ),
    ] = 0.4
    draws: DrawsSetting = 1
    seed: SeedSetting = 0


@operator(
    "revise",
    title="Revise",
    summary="Undoes a part of each sample along the discrete diffusion and samples it again, "
    "optionally under other conditions: graphs get the requested density and stay "
    "similar.",
    source="Meng et al. 2022, arXiv:2108.01073, algorithm 1, on the paths of Austin et al. 2021, "
    "arXiv:2107.03006, eq. 3",
    needs=("samples", "revise"),
    takes=(Slot(ROWS, "Rows", "What is translated: data, or drafts of some."),),
    config=ReviseConfig,
)
class Revise:
    """x_t ~ q(x_t | x_0), sampled back from t: SDEdit of symbols."""

    def __init__(self, config: ReviseConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Translate; see `models.operators.base.Operator`. Each row is repeated once for each of
        its samples; "row" (m,) are their numbers, from 0, "moved" (m,) how far they have come, in
        standard deviations of the data a number.
        """
        model: Any = operation.learner
        assert isinstance(model, Revises)
        c = self.config
        which = torch.arange(len(operation.handed[ROWS])).repeat_interleave(c.draws)
        told, noise = told_rows(operation, c.seed, which), make_generator(c.seed, _NOISE)
        made, moved = [], []
        for start in range(0, len(which), PIECE):
            piece = told.take(slice(start, start + PIECE)).to(operation.learner.device)
            for frame in model.revising(piece, c.share, noise):
                x = frame.x
                yield Progress(start, len(which))
            made.append(x.cpu())
            moved.append((x - piece.x).flatten(1).square().mean(dim=1).sqrt().cpu())
        rows = operation.learner.spec.restored(told.holding(torch.cat(made)))
        return Outcome(rows, {"row": which, "moved": torch.cat(moved)})
