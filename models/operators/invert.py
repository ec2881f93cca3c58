"""DDIM inversion: the noise that a row comes from, and the row that comes of this noise again."""

from typing import Annotated

import torch

from pushforward.models.config import Config, param
from pushforward.models.operators.base import Operation, Outcome, Slot, Work
from pushforward.models.operators.editing import (
    PIECE,
    ROWS,
    Effort,
    Order,
    StepsSetting,
    along,
    levels_between,
    ready,
)
from pushforward.models.operators.nameless import unnamed
from pushforward.models.registry import operator

__all__ = ["Invert", "InvertConfig", "OrderSetting"]

OrderSetting = Annotated[
    Order,
    param(
        "Solver",
        "Solver between two noise levels.",
        choices={"first": "DDIM (Euler)", "second": "Heun"},
    ),
]


class InvertConfig(Config, frozen=True):
    """How the ODE is followed."""

    steps: StepsSetting = 50
    order: OrderSetting = "first"


@operator(
    "invert",
    title="Invert",
    formerly=("encode",),
    summary="Maps samples to their latents by the ODE and back, with the reconstruction error.",
    source="Song, Meng and Ermon 2021, arXiv:2010.02502, section 4.3",
    needs=("samples", "denoiser"),
    takes=(Slot(ROWS, "Rows", "What is inverted."),),
    config=InvertConfig,
    counts="steps",
)
class Invert:
    """The probability-flow ODE from s_min to s_max and back, without guidance."""

    def __init__(self, config: InvertConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Invert; see `models.operators.base.Operator`. "latent" (n, *shape), about unit Gaussian
        where the rows are like the data; the rows are the reconstructions, "error" (n,) how far
        they are from what was handed, in standard deviations of the data a number.
        """
        operation, taken_from = unnamed(operation)
        editing, order = ready(operation, seed=0), self.config.order
        clock, rows = editing.clock, editing.rows
        up = levels_between(clock.s_min, clock.s_max, self.config.steps)
        down = [*reversed(up), 0.0]
        effort = Effort.of(self.config.steps, len(rows), len(rows))
        latents, made, errors = [], [], []
        for start in range(0, len(rows), PIECE):
            piece = rows.take(slice(start, start + PIECE))
            denoise = editing.model.denoiser(piece)
            top = yield from along(denoise, piece.x, up, order, effort.step)
            back = yield from along(denoise, top, down, order, effort.step)
            latents.append((top / up[-1]).cpu())
            made.append(editing.restored(piece, back).x)
            errors.append((back - piece.x).flatten(1).square().mean(dim=1).sqrt().cpu())
        found = editing.restored(rows, rows.x)
        arrays = {"latent": torch.cat(latents), "error": torch.cat(errors)}
        return Outcome(found.holding(torch.cat(made)), arrays, taken_from=taken_from)
