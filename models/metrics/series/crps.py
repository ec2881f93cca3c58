"""CRPS: how good imputations and forecasts are, with all that they say of what they do not know."""

from collections.abc import Callable, Generator
from typing import Annotated, Literal

import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.contracts.abilities import Completes
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.learner import finish
from pushforward.models.kinds.series import SeriesSet
from pushforward.models.metrics.base import Evidence, Figure, Metric, NotApplicable
from pushforward.models.metrics.likelihood import mean_of
from pushforward.models.operators.completing import completions
from pushforward.models.registry import metric
from pushforward.models.tensors import make_generator

__all__ = ["Crps", "CrpsConfig", "bridged", "crps", "hidden_in"]

Task = Literal["gap", "future"]
_SEED = 31


class CrpsConfig(Config, frozen=True):
    """What is hidden, and how often it is drawn."""

    task: Annotated[
        Task,
        param(
            "Hidden",
            "Masks a quarter of the time in the middle, or the last quarter.",
            choices={"future": "The last quarter", "gap": "A quarter in between"},
        ),
    ] = "future"
    rows: Annotated[
        int, param("Series", "Number of unseen series.", low=4, high=10_000, log=True)
    ] = 48
    draws: Annotated[
        int, param("Draws", "Number of imputations of each series.", low=2, high=1000, log=True)
    ] = 24


def crps(draws: Tensor, truth: Tensor) -> Tensor:
    """Return E|X - y| - E|X - X'| / 2 of each number, estimated without bias from independent
    draws (Gneiting and Raftery 2007, doi:10.1198/016214506000001437, eq. 21).

    Args:
        draws: (k, *) of X, k at least 2.
        truth: (*) y.
    """
    k = len(draws)
    away = (draws - truth).abs().mean(dim=0)
    # Sorted, the i-th number is above i - 1 others and below k - i.
    rank = 2.0 * torch.arange(k, dtype=draws.dtype) - (k - 1)
    apart = (draws.sort(dim=0).values * rank.reshape(-1, *(1,) * truth.dim())).sum(dim=0)
    return away - apart / (k * (k - 1))


def hidden_in(task: Task, x: Tensor, generator: torch.Generator, share: float = 0.25) -> Tensor:
    """Return which numbers of series (n, L, C) are hidden, bool: a share of the time, which leaves
    some at the beginning and of a gap also at the end.
    """
    n, length, _ = x.shape
    wide = min(max(1, int(length * share)), length - (1 if task == "future" else 2))
    time = torch.arange(length)[None, :, None]
    if task == "future":
        return (time >= length - wide).expand(x.shape)
    room = max(1, length - wide - 1)
    start = 1 + torch.randint(room, (n, 1, 1), generator=generator)
    return ((time >= start) & (time < start + wide)).expand(x.shape)


def bridged(x: Tensor, hidden: Tensor) -> Tensor:
    """Return series (n, L, C) with straight lines between what is observed; before the first and
    after the last that number goes on, and 0 stands where nothing is.
    """
    length = x.shape[1]
    time = torch.arange(length)[None, :, None].expand(x.shape)
    seen = ~hidden
    left = torch.where(seen, time, -1).cummax(dim=1).values
    right = torch.where(seen, time, length).flip(1).cummin(dim=1).values.flip(1)
    none = (left < 0) & (right >= length)
    left, right = (
        torch.where(left < 0, right, left).clamp(0, length - 1),
        torch.where(right >= length, left, right).clamp(0, length - 1),
    )
    share = (time - left) / (right - left).clamp_min(1)
    a, b = x.gather(1, left), x.gather(1, right)
    return torch.where(none, 0.0, torch.where(seen, x, a + share * (b - a)))


@metric(
    "crps",
    title="CRPS of masked values",
    summary="Continuous ranked probability score of imputed values, in standard deviations of "
    "the channel: distance to the truth minus half the spread of the samples.",
    source="Matheson and Winkler 1976, doi:10.1287/mnsc.22.10.1087; Gneiting and Raftery 2007, "
    "doi:10.1198/016214506000001437, eq. 21",
    kinds=("series",),
    needs=("complete",),
    unit="std",
    bar_is="the distribution of the series where it is known, else linear interpolation",
    heavy=True,
    config=CrpsConfig,
)
class Crps(Metric[CrpsConfig]):
    """The mean over hidden numbers, each divided by the deviation of its channel."""

    def measure(self, evidence: Evidence) -> Figure:
        return finish(self.walk(evidence))

    def walk(self, evidence: Evidence) -> Generator[None, None, Figure]:
        model = evidence.model
        assert model is not None
        assert isinstance(model, Completes)
        rows, hidden, std = self._rows(evidence)
        work = completions(model, rows, ~hidden, self.config.draws, _SEED)
        while True:
            try:
                next(work)
            except StopIteration as end:
                draws: Tensor = end.value
                break
            yield
        return _figure(draws, rows.x, hidden, std)

    def score(self, evidence: Evidence, fill: Callable[[Tensor, Tensor], Tensor]) -> Figure:
        """Return the CRPS of completions (k, n, L, C) that ``fill(x, hidden)`` makes of the same
        series, in place of a model's.
        """
        rows, hidden, std = self._rows(evidence)
        return _figure(fill(rows.x, hidden), rows.x, hidden, std)

    def bar(self, evidence: Evidence) -> Figure:
        """With the exact distribution if it is known; the part "line" is linear interpolation
        between observed numbers, or the last number continued.
        """
        rows, hidden, std = self._rows(evidence)
        real, x = evidence.real, rows.x
        assert isinstance(real, SeriesSet)
        line = _figure(bridged(x, hidden).expand(2, *x.shape), x, hidden, std)
        found = line
        if real.law is not None:
            drawn = real.law.completed(
                x.flatten(1), ~hidden.flatten(1), self.config.draws, make_generator(_SEED, 1)
            )
            found = _figure(drawn.reshape(-1, *x.shape).float(), x, hidden, std)
        return Figure(found.value, found.low, found.high, found.n, {"line": line.value})

    def _rows(self, evidence: Evidence) -> tuple[Batch, Tensor, Tensor]:
        """Return series, what is hidden of them, and the deviation of each number."""
        real = evidence.real
        if not isinstance(real, SeriesSet):
            raise NotApplicable("it reads series")
        rows = evidence.reference
        if len(rows) > self.config.rows:
            order = torch.randperm(len(rows), generator=evidence.rng)
            rows = rows.take(order[: self.config.rows])
        # Everyone is asked the same.
        hidden = hidden_in(self.config.task, rows.x, make_generator(_SEED, 2))
        return rows, hidden, real.spec().std


def _figure(draws: Tensor, x: Tensor, hidden: Tensor, std: Tensor) -> Figure:
    """Return the mean over rows of the mean over what is hidden of each."""
    each = crps(draws, x) / std
    return mean_of(((each * hidden).flatten(1).sum(dim=1) / hidden.flatten(1).sum(dim=1)).double())
