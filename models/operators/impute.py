"""Filling in: hidden values of unseen series, sampled many times, next to the true ones."""

from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.batch import Batch
from pushforward.models.kinds.series import SeriesSet
from pushforward.models.metrics.series.crps import Task, bridged, crps, hidden_in
from pushforward.models.operators.base import Operation, Outcome, Progress, SeedSetting, Work
from pushforward.models.operators.completing import completions
from pushforward.models.operators.editing import SamplerSetting
from pushforward.models.registry import operator
from pushforward.models.rounded import rounded
from pushforward.models.tensors import make_generator

__all__ = ["LEVELS", "QUANTILES", "Impute", "ImputeConfig"]

QUANTILES = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
"""The edges of the fans of 95, 80 and 50 %, and the median between them."""
LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
"""Probabilities of the central intervals whose coverage is measured."""
_ROWS, _LAW = 3311, 3312  # streams of a seed (`models.tensors.make_generator`)


class ImputeConfig(Config, frozen=True):
    """What is hidden of how many series, and how often it is drawn."""

    task: Annotated[
        Task,
        param(
            "Hidden",
            "A stretch in the middle of all channels, or the end (forecast). Autoregressive "
            "models can only forecast.",
            choices={"future": "The end", "gap": "A gap"},
        ),
    ] = "future"
    share: Annotated[
        float,
        param("Share", "Fraction of the time that is masked.", low=0.02, high=0.95),
    ] = 0.25
    rows: Annotated[int, param("Series", "Number of unseen series.", low=1, high=512)] = 24
    draws: Annotated[
        int, param("Draws", "Number of imputations of each series.", low=8, high=1000, log=True)
    ] = 48
    seed: SeedSetting = 0
    sampler: SamplerSetting = Pick()


@operator(
    "impute",
    title="Fill in and forecast",
    summary="Masks a part of unseen series and samples it many times: median, intervals and "
    "their coverage of the truth.",
    source="Tashiro et al. 2021, arXiv:2107.03502, sections 5.1 and 5.3; Rasul et al. 2021, "
    "arXiv:2101.12072, algorithm 2; coverage: Gneiting, Balabdaoui and Raftery 2007, "
    "doi:10.1111/j.1467-9868.2007.00587.x",
    kinds=("series",),
    needs=("complete",),
    reads_data=True,
    config=ImputeConfig,
)
class Impute:
    """Imputes hidden values of test series. Its rows are all draws, grouped by series, with "row"
    (m,) the series of each from 0. Arrays, of n series (L, C) in the units of the data:

    - "truth" (n, L, C), and "hidden" (n, L, C), 1 where it was hidden;
    - "quantiles" (7, n, L, C) of the draws, those of `QUANTILES`;
    - "levels" (k,) and "coverage" (k,): probabilities of the central intervals, and the fraction of
    hidden true values in them; - "crps" (n,), in standard deviations of the channel, of the model;
    "crps-line" of linear interpolation; "crps-law" of the exact distribution, if known.
    """

    def __init__(self, config: ImputeConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Fill in; see `models.operators.base.Operator`.

        Raises:
            ValueError: there are no data, or the model does not fill in such gaps.
        """
        c, spec = self.config, operation.learner.spec
        if operation.some is None:
            raise ValueError("it needs the data of the run, and there are none.")
        source = operation.some(c.rows, c.seed)
        rows = source.rows(slice(0, c.rows))
        n = len(rows)
        hidden = hidden_in(c.task, rows.x, make_generator(c.seed, _ROWS), c.share)
        sampler = operation.sampler
        draws = yield from completions(operation.learner, rows, ~hidden, c.draws, c.seed, sampler)
        yield Progress(n * c.draws, n * c.draws)
        quantiles = torch.quantile(draws, torch.tensor(QUANTILES), dim=0)
        arrays = {
            "truth": rows.x,
            "hidden": hidden.to(torch.uint8),
            "quantiles": quantiles,
            "levels": torch.tensor(LEVELS),
            "coverage": _coverage(draws, rows.x, hidden),
            "crps": _scores(draws, rows.x, hidden, spec.std),
            "crps-line": _scores(
                bridged(rows.x, hidden).expand(2, *rows.x.shape), rows.x, hidden, spec.std
            ),
        }
        if isinstance(source, SeriesSet) and source.law is not None:
            drawn = source.law.completed(
                rows.x.flatten(1), ~hidden.flatten(1), c.draws, make_generator(c.seed, _LAW)
            ).reshape(draws.shape)
            arrays["crps-law"] = _scores(drawn.float(), rows.x, hidden, spec.std)
        which = torch.arange(n).repeat_interleave(c.draws)
        given = {name: value[which] for name, value in rows.given.items()}
        made = Batch(draws.transpose(0, 1).flatten(0, 1), given=given)
        return Outcome(made, {"row": which, **arrays}, _describe(arrays))


def _scores(draws: Tensor, x: Tensor, hidden: Tensor, std: Tensor) -> Tensor:
    """Return the CRPS of each series, the mean over what is hidden of it, (n,)."""
    each = crps(draws, x) / std * hidden
    return each.flatten(1).sum(dim=1) / hidden.flatten(1).sum(dim=1)


def _coverage(draws: Tensor, x: Tensor, hidden: Tensor) -> Tensor:
    """Return which share of the hidden truth lies in the middle intervals of `LEVELS`, (k,)."""
    # How many draws are below: even from 0 to their number where the truth is one of them.
    rank = ((draws < x).sum(dim=0)[hidden].double() + 0.5) / (len(draws) + 1)
    away = (2.0 * rank - 1.0).abs()
    return torch.stack([(away <= level).double().mean() for level in LEVELS]).float()


def _describe(arrays: dict[str, Tensor]) -> str:
    parts = [f"CRPS {rounded(float(arrays['crps'].mean()), 3)}"]
    parts.append(f"of a straight line {rounded(float(arrays['crps-line'].mean()), 3)}")
    if "crps-law" in arrays:
        parts.append(f"of the law {rounded(float(arrays['crps-law'].mean()), 3)}")
    inside = 100 * float(arrays["coverage"][LEVELS.index(0.8)])
    return f"{', '.join(parts)}; {inside:.0f} % of the truth is in the fan of 80 %."
