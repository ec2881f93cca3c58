"""What operators share that sample rows under a measurement, y = A x."""

from collections.abc import Generator

import torch
from torch import Tensor

from pushforward.models.config import Config, Pick
from pushforward.models.guidance.measurement import Measured, Measurement
from pushforward.models.guidance.pick import measuring
from pushforward.models.guidance.settings import MeasurementSetting
from pushforward.models.operators.base import Operation, Outcome, Progress, SeedSetting
from pushforward.models.operators.editing import PIECE, ROWS, DrawsSetting, SamplerSetting, ready
from pushforward.models.operators.nameless import unnamed

__all__ = ["RestoringConfig", "restored"]


class RestoringConfig(Config, frozen=True):
    """How what was not measured is sampled."""

    method: MeasurementSetting = Pick(slug="repaint")
    draws: DrawsSetting = 1
    seed: SeedSetting = 0
    sampler: SamplerSetting = Pick()


def restored(
    operation: Operation, config: RestoringConfig, measurement: Measurement, y: Tensor
) -> Generator[Progress, None, Outcome]:
    """Sample rows x with A x = y, (n, ...) in the units of the data: of each row that was handed.
    A must leave a row of equal numbers what it is, so that it means the same in standard units,
    which are the same for all numbers of a row.

    Each row is repeated once for each of its samples; "row" (m,) are their numbers, from 0, and
    "seen" (m, *shape) is A+ y: all that was known of them.
    """
    operation, taken_from = unnamed(operation)
    which = torch.arange(len(operation.handed[ROWS])).repeat_interleave(config.draws)
    editing = ready(operation, config.seed, which)
    guidance = measuring(config.method)
    seen = measurement.pseudo_inverse(y)[which]
    standard = measurement.apply(editing.model.spec.standardise(seen)).to(editing.rows.device)
    s, made = editing.clock.s_max, []
    for start in range(0, len(which), PIECE):
        piece = editing.rows.take(slice(start, start + PIECE))
        held = guidance.to(Measured(standard[start : start + PIECE], measurement))
        noise = editing.noised(piece.holding(torch.zeros_like(piece.x)), s)
        x = yield from editing.down(piece, noise, s, Progress(start, len(which)), held)
        made.append(editing.restored(piece, x).x)
    found = editing.restored(editing.rows, editing.rows.x).holding(torch.cat(made))
    return Outcome(found, {"row": which, "seen": seen}, taken_from=taken_from)
