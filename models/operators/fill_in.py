"""Filling in: some numbers of a row are known, and a model that goes on draws the rest."""

import torch

from pushforward.models.config import Config, Pick
from pushforward.models.operators.base import Operation, Outcome, Progress, SeedSetting, Slot, Work
from pushforward.models.operators.completing import completions
from pushforward.models.operators.editing import (
    KNOWN_SLOT,
    ROWS,
    DrawsSetting,
    SamplerSetting,
    known_places,
    told_rows,
)
from pushforward.models.registry import operator

__all__ = ["FillIn", "FillInConfig"]


class FillInConfig(Config, frozen=True):
    """How often what is not known is drawn."""

    draws: DrawsSetting = 1
    seed: SeedSetting = 0
    sampler: SamplerSetting = Pick()


@operator(
    "fill-in",
    title="Fill in",
    summary="Keeps the known part of each sample and generates the rest autoregressively: atoms "
    "and bonds of a molecule, edges of a graph, values of a series.",
    source="Vignac et al. 2023, arXiv:2209.14734, appendix E (graphs); Tashiro et al. 2021, "
    "arXiv:2107.03502, section 3 (series)",
    needs=("samples", "complete"),
    takes=(
        Slot(ROWS, "Rows", "Samples to complete; unknown values are ignored."),
        KNOWN_SLOT,
    ),
    config=FillInConfig,
)
class FillIn:
    """Draws by the model itself; `models.operators.inpaint` leads a denoiser instead."""

    def __init__(self, config: FillInConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Fill in; see `models.operators.base.Operator`. Each row is repeated once for each of its
        samples; "row" (m,) are their numbers, from 0.

        Raises:
            ValueError: the model does not go on from what is known.
        """
        rows, known, c = operation.handed[ROWS], known_places(operation), self.config
        which = torch.arange(len(rows)).repeat_interleave(c.draws)
        spec = operation.learner.spec
        told = spec.restored(told_rows(operation, c.seed, which))
        seen = known[which]
        (made,) = yield from completions(
            operation.learner, told, seen, 1, c.seed, operation.sampler
        )
        yield Progress(len(which), len(which))
        # What is known is known to the last bit: no error of units is left in it.
        x = torch.where(seen, rows.x[which], made)
        return Outcome(told.holding(x), {"row": which})
