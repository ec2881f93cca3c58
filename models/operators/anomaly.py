"""Anomalies: what a model cannot make out in noise is nothing that it has learned."""

import math
from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import Config, ConfigError, param
from pushforward.models.contracts.batch import Batch
from pushforward.models.nets.offered import gives
from pushforward.models.operators.base import Operation, Outcome, Progress, SeedSetting, Slot, Work
from pushforward.models.operators.editing import PIECE, ROWS, DrawsSetting, Editing, ready
from pushforward.models.operators.nameless import unnamed
from pushforward.models.registry import operator

__all__ = ["Anomaly", "AnomalyConfig"]


class AnomalyConfig(Config, frozen=True):
    """At which noise levels, and how often, it is asked."""

    low: Annotated[
        float,
        param("Minimum noise", "Minimum noise level.", above=0.0, high=100.0, unit="data std",
              log=True),
    ] = 0.05  # fmt: skip
    high: Annotated[
        float,
        param("Maximum noise", "Maximum noise level.", above=0.0, high=100.0, unit="data std",
              log=True),
    ] = 1.0  # fmt: skip
    levels: Annotated[
        int, param("Levels", "Number of noise levels, in geometric progression.", low=1, high=100)
    ] = 6
    draws: DrawsSetting = 4
    seed: SeedSetting = 0


@operator(
    "anomaly",
    title="Find anomalies",
    summary="Anomaly score of each sample: the denoising error over several noise levels. "
    "Larger means less like the training data.",
    source="Wyatt et al. 2022, AnoDDPM (CVPR workshops), section 3; Graham et al. 2023, "
    "arXiv:2211.07740, section 3 (several noise levels)",
    needs=("samples", "denoiser"),
    takes=(Slot(ROWS, "Rows", "The samples to score."),),
    config=AnomalyConfig,
)
class Anomaly:
    """The mean over levels and noise of (1 + s^2)/s^2 |D(x + s eps, s) - x|^2 a number.

    Divided by s^2/(1 + s^2), the error that is left of unit Gaussian data, each level counts about
    evenly.
    """

    def __init__(self, config: AnomalyConfig) -> None:
        self.config = config
        if config.low > config.high:
            raise ConfigError("low", "the smallest noise level must not be above the largest")

    def work(self, operation: Operation) -> Work:
        """Score; see `models.operators.base.Operator`. "score" (n,); of a grid also "map"
        (n, *shape), where in each the error is.
        """
        operation, taken_from = unnamed(operation)
        editing, c = ready(operation, self.config.seed), self.config
        rows, errors = editing.rows, []
        spread = math.log(c.high / c.low) / max(1, c.levels - 1)
        levels = [c.low * math.exp(spread * i) for i in range(c.levels)]
        for start in range(0, len(rows), PIECE):
            piece = rows.take(slice(start, start + PIECE))
            total = torch.zeros_like(piece.x)
            for s in levels:
                for _ in range(c.draws):
                    total += _error(editing, piece, s)
                yield Progress(start, len(rows))
            errors.append(total.cpu() / (c.levels * c.draws))
        error = torch.cat(errors)
        places = Batch(error, rows.mask).zeroed(torch.ones_like(error))
        score = error.flatten(1).sum(dim=1) / places.flatten(1).sum(dim=1)
        found = {"score": score}
        if "grid" in gives(editing.model.spec.kind):
            found["map"] = error
        return Outcome(editing.restored(rows, rows.x), found, taken_from=taken_from)


@torch.no_grad()
def _error(editing: Editing, piece: Batch, s: float) -> Tensor:
    """Return the squared error of each number at a noise level, in units of what is usual."""
    level = torch.tensor(s, dtype=piece.x.dtype, device=piece.device)
    said = editing.model.denoiser(piece)(editing.noised(piece, s), level)
    return piece.zeroed((said - piece.x).square()) * (1 + s**2) / s**2
