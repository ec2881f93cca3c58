"""Interpolation: between two rows, along the sphere on which their latents lie."""

import torch
from torch import Tensor

from pushforward.models.config import Config
from pushforward.models.contracts.batch import Batch
from pushforward.models.operators.base import Operation, Outcome, Slot, Work
from pushforward.models.operators.editing import (
    PIECE,
    ROWS,
    Effort,
    StepsSetting,
    along,
    levels_between,
    ready,
)
from pushforward.models.operators.great_circle import StopsSetting, on_great_circle
from pushforward.models.operators.invert import OrderSetting
from pushforward.models.operators.nameless import unnamed
from pushforward.models.registry import operator

__all__ = ["Interpolate", "InterpolateConfig"]


class InterpolateConfig(Config, frozen=True):
    """How many rows there are between two."""

    count: StopsSetting = 9
    steps: StepsSetting = 50
    order: OrderSetting = "second"


@operator(
    "interpolate",
    title="Interpolate",
    summary="Interpolates between successive samples through their latents.",
    source="Song, Meng and Ermon 2021, arXiv:2010.02502, section 5.3 and appendix D.5 (spherical "
    "interpolation)",
    needs=("samples", "denoiser"),
    takes=(Slot(ROWS, "Rows", "Between which is gone, in their order; at least two."),),
    config=InterpolateConfig,
    counts="steps",
)
class Interpolate:
    """Invert, go along the great circle, decode. What is given changes half way."""

    def __init__(self, config: InterpolateConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Interpolate; see `models.operators.base.Operator`. "way" (m,) says between which rows one
        is: 0.5 is half way from the first to the second.
        """
        operation, taken_from = unnamed(operation)
        editing, order = ready(operation, seed=0), self.config.order
        clock, rows = editing.clock, editing.rows
        if len(rows) < 2:
            raise ValueError("there is nothing between a row and itself: hand at least two")
        up = levels_between(clock.s_min, clock.s_max, self.config.steps)
        way = torch.linspace(0.0, len(rows) - 1, (len(rows) - 1) * (self.config.count - 1) + 1)
        effort = Effort.of(self.config.steps, len(rows), len(way))
        tops = []
        for start in range(0, len(rows), PIECE):
            piece = rows.take(slice(start, start + PIECE))
            denoise = editing.model.denoiser(piece)
            tops.append((yield from along(denoise, piece.x, up, order, effort.step)))
        between = _between(rows.holding(torch.cat(tops)), way.to(rows.device))
        made = []
        for start in range(0, len(way), PIECE):
            piece = between.take(slice(start, start + PIECE))
            denoise, down = editing.model.denoiser(piece), [*reversed(up), 0.0]
            x = yield from along(denoise, piece.x, down, order, effort.step)
            made.append(editing.restored(piece, x).x)
        rows = editing.restored(between, between.x).holding(torch.cat(made))
        return Outcome(rows, {"way": way}, taken_from=taken_from)


def _between(latents: Batch, way: Tensor) -> Batch:
    """Return latents on the way (m,) from row to row; what is given of one is that of the nearer
    end.
    """
    first = way.floor().long().clamp(max=len(latents) - 2)
    share = (way - first).reshape(-1, *(1,) * (latents.x.ndim - 1))
    x = on_great_circle(latents.x[first], latents.x[first + 1], share)
    nearer = latents.take((way + 0.5).floor().long().clamp(max=len(latents) - 1))
    return nearer.holding(nearer.zeroed(x))
