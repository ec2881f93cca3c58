"""Morphing: from what a row is to another class, stop by stop, from one and the same noise."""

from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import Config, DataChoice, Pick, param
from pushforward.models.contracts.abilities import Denoise
from pushforward.models.contracts.spec import LABEL, DataSpec
from pushforward.models.guidance.base import lead
from pushforward.models.guidance.pick import build
from pushforward.models.guidance.settings import GuidanceSetting
from pushforward.models.operators.base import Operation, Outcome, Progress, Slot, Work
from pushforward.models.operators.editing import (
    PIECE,
    ROWS,
    Effort,
    StepsSetting,
    along,
    levels_between,
    ready,
    under,
)
from pushforward.models.operators.invert import OrderSetting
from pushforward.models.operators.nameless import unnamed
from pushforward.models.operators.translate import class_named
from pushforward.models.registry import operator

__all__ = ["Morph", "MorphConfig"]


class MorphConfig(Config, frozen=True):
    """Which class a row becomes, and by how many stops."""

    to: Annotated[DataChoice, param("Target class", "The class at the end.", of="class")] = (
        DataChoice("")
    )
    count: Annotated[
        int,
        param(
            "Stops", "Number of samples from one class to the other, both included.", low=2, high=64
        ),
    ] = 8
    steps: StepsSetting = 50
    order: OrderSetting = "second"
    guidance: GuidanceSetting = Pick()


def _classless(spec: DataSpec) -> str:
    """Say why rows become no other class of a model, "" where they can."""
    if LABEL in spec.law:
        return ""
    return "The model is unconditional: train a class-conditional one, on data with classes."


@operator(
    "morph",
    title="Morph class",
    summary="Inverts samples and decodes their latents with the class gradually changed to "
    "another one.",
    source="Su et al. 2023, arXiv:2203.08382, algorithm 1 (its ends); Liu et al. 2022, "
    "arXiv:2206.01714 (scores of two conditions, mixed)",
    needs=("samples", "denoiser"),
    takes=(Slot(ROWS, "Rows", "What is morphed."),),
    refuses=_classless,
    config=MorphConfig,
    counts="steps",
)
class Morph:
    """The probability-flow ODE up as each row is, and down along D_w = (1 - w) D(x | its class) +
    w D(x | the other), w from 0 to 1. The mean of two denoisers is the mean of two scores, that of
    p(x | a)^(1 - w) p(x | b)^w at each noise level. At w = 0 it is the way back of `invert`, at
    w = 1 what `translate` makes.
    """

    def __init__(self, config: MorphConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Morph; see `models.operators.base.Operator`. The stops are grouped by row: "row" (m,) is
        the row of each, from 0, and "way" (m,) its position from 0 to 1.

        Raises:
            ValueError: no class is chosen, or the model does not have it.
        """
        config = self.config
        if not config.to:
            raise ValueError("choose the target class under Target class (to)")
        operation, taken_from = unnamed(operation)
        editing = ready(operation, seed=0)
        model, rows = editing.model, editing.rows
        label = class_named(model.spec, config.to)
        up = levels_between(editing.clock.s_min, editing.clock.s_max, config.steps)
        down = [*reversed(up), 0.0]
        guidance = build(config.guidance, "condition")
        stops = len(rows) * config.count
        effort = Effort.of(config.steps, len(rows), stops, stops)
        tops = []
        for start in range(0, len(rows), PIECE):
            piece = rows.take(slice(start, start + PIECE))
            denoise = model.denoiser(piece)
            tops.append((yield from along(denoise, piece.x, up, config.order, effort.step)))
        row = torch.arange(len(rows)).repeat_interleave(config.count)
        way = torch.linspace(0.0, 1.0, config.count).repeat(len(rows))
        own = rows.holding(torch.cat(tops)).take(row.to(rows.device))
        other = under(own, {LABEL: label})
        made = []

        def twice(n: int) -> Progress:
            return effort.step(n, n)

        for start in range(0, len(row), PIECE):
            some = slice(start, start + PIECE)
            ends = [lead(guidance, model.denoiser, each.take(some)) for each in (own, other)]
            denoise = _between(ends[0], ends[1], way[some].to(own.x))
            made.append((yield from along(denoise, own.x[some], down, config.order, twice)))
        nearer = torch.where(way < 0.5, own.given[LABEL].cpu(), other.given[LABEL].cpu())
        found = under(own, {LABEL: nearer})
        return Outcome(
            editing.restored(found, torch.cat(made)), {"row": row, "way": way},
            taken_from=taken_from,
        )  # fmt: skip


def _between(one: Denoise, other: Denoise, share: Tensor) -> Denoise:
    """Return (1 - w) of one denoiser and w of the other for the shares w (n,) of its rows; what
    counts for nothing of a row is not added to it.
    """

    def denoise(x: Tensor, s: Tensor) -> Tensor:
        w = share.reshape(-1, *(1,) * (x.ndim - 1))
        return torch.lerp(one(x, s), other(x, s), w)

    return denoise
