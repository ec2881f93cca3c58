"""The bound of a trained diffusion, taken apart: by term, by noise level, by the number of steps,
and how much an estimate of it varies.
"""

import math
from collections.abc import Callable, Generator, Mapping
from typing import Annotated, Any, get_args

import torch
from torch import Tensor

from pushforward.models.bound import (
    Bound,
    Variance,
    discrete_bound,
    fixed_large,
    prior_term,
    reconstruction_term,
)
from pushforward.models.bound_spread import Moments, error_at
from pushforward.models.config import Config, param
from pushforward.models.contracts.abilities import Denoise, HasDenoiser, HasReverseVariance
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.learner import Learner
from pushforward.models.denoisers.densities import Density, LogNormal, LogUniform, UniformTime
from pushforward.models.denoisers.times import TimesName
from pushforward.models.metrics.intervals import of_mean
from pushforward.models.operators.base import Operation, Outcome, Progress, SeedSetting, Work
from pushforward.models.paths.gaussian import VariancePreservingCosine, VariancePreservingLinear
from pushforward.models.registry import operator
from pushforward.models.tensors import make_generator, noise_like

__all__ = ["SCHEDULES", "TIMES", "BoundExplorer", "BoundExplorerConfig"]

SCHEDULES = ("own", "log-snr", "vp-linear", "vp-cosine", "log-normal")
"""The schedules that are compared: that of the training, which may be a learned one, and others
between the same ends."""
TIMES: tuple[TimesName, ...] = get_args(TimesName)
"""The ways to draw the times of a batch that are compared."""
_POINTS = 97  # of the curve of a schedule
_BATCH = 128  # rows of the batch whose mean is asked about
_NOISE = 3202  # a stream of a seed


class BoundExplorerConfig(Config, frozen=True):
    """How many data are looked at, at how many noise levels."""

    rows: Annotated[
        int,
        param("Samples", "Number of unseen samples.", low=16, high=20_000, log=True),
    ] = 1000
    levels: Annotated[
        int,
        param("Levels", "Number of noise levels between minimum and maximum noise.",
              low=8, high=512, log=True),
    ] = 64  # fmt: skip
    steps: Annotated[
        tuple[int, ...],
        param("Steps", "Numbers of diffusion steps to compare.", fewest=1, low=1, high=1000),
    ] = (4, 8, 16, 32, 64)
    seed: SeedSetting = 0


@operator(
    "bound",
    title="Bound explorer",
    summary="Splits the variational bound of a diffusion into prior, reconstruction and a term "
    "per noise level, for few and many steps, and compares the variance of its "
    "estimates by schedule and time sampling. In bits per dimension.",
    source="Kingma et al. 2021, arXiv:2107.00630, eqs. 11-18 and appendix I; Luo 2022, "
    "arXiv:2208.11970, eqs. 43-45",
    reads_data=True,
    config=BoundExplorerConfig,
    needs=("denoiser", "bound"),
)
class BoundExplorer:
    """Measures level by level. All is in bits/dim, in the units of the data.

    The outcome:

    - "total" (3,): the bound of infinitely many steps, and its interval; "prior" (1,),
      "reconstruction" (1,), "diffusion" (1,): its terms;
    - "level" (k,): noise levels s, even in ln s; "log-snr" (k,): -2 ln s; "term" (k,), "term-error"
      (k,): what each adds to the diffusion term, and its standard error;
    - "steps" (j,); "small", "large" (j,): the bound with that number of steps, even in log-SNR,
    with the variance of the posterior and with that of the forward step; "learned" (j,) where the
    model has learned one; - "u" (97,), "schedules" (m, 97): log-SNR over noise time, in the order
    of `SCHEDULES`; "schedule-spread" (m,): the standard deviation of the diffusion term from one
    draw; - "times-spread" (4,): of the mean over a batch of 128 rows on its own schedule, in the
    order of `TIMES`.
    """

    def __init__(self, config: BoundExplorerConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Measure; see `models.operators.base.Operator`.

        Raises:
            ValueError: there are no data to look at.
        """
        config, learner = self.config, operation.learner
        assert isinstance(learner, HasDenoiser)
        rows = _unseen(operation, config.rows, config.seed)
        spec = learner.spec
        at = spec.standardised(rows).to(learner.device)
        self._done, self._total = 0, config.levels + sum(config.steps)
        denoise, (s_min, s_max) = learner.denoiser(at), learner.noise_range
        scale = spec.log_scale(rows).float()
        count = at.zeroed(torch.ones_like(at.x)).flatten(1).sum(dim=1).cpu()
        noise = make_generator(config.seed, _NOISE)

        errors, levels, width = yield from self._errors(denoise, at, s_min, s_max, noise)
        ends = torch.tensor([s_min, s_max]).to(at.x).unbind()
        reconstruction = reconstruction_term(at, ends[0], noise_like(at.x, noise)).cpu() + scale
        prior = prior_term(at, ends[1]).cpu()
        bits = math.log(2.0) * float(count.mean())
        whole = (prior + reconstruction + width * errors.sum(dim=1)) / bits
        terms = width * errors / bits
        arrays: dict[str, Tensor] = {
            "total": torch.tensor([float(whole.mean()), *of_mean(whole.double())]),
            "prior": prior.mean()[None] / bits,
            "reconstruction": reconstruction.mean()[None] / bits,
            "diffusion": terms.sum(dim=1).mean()[None],
            "level": levels.float(),
            "log-snr": -2 * levels.log().float(),
            "term": terms.mean(dim=0),
            "term-error": terms.std(dim=0) / math.sqrt(len(terms)),
        }
        doubled = errors.double()
        moments = Moments(levels, doubled.mean(dim=0), doubled.square().mean(dim=0), width)
        arrays |= _spreads(moments, _schedules(learner), bits)
        arrays |= yield from self._stepwise(denoise, at, (s_min, s_max), scale, bits)
        return Outcome(arrays=arrays, note=_describe(arrays))

    def _errors(
        self, denoise: Denoise, at: Batch, s_min: float, s_max: float, noise: torch.Generator
    ) -> Generator[Progress, None, tuple[Tensor, Tensor, float]]:
        """Return |D - x0|^2/s^2 of each row at each level, (n, k), the levels and their width."""
        levels, width = Moments.levels(s_min, s_max, self.config.levels)
        found = []
        for s in levels.to(at.x).unbind():
            with torch.no_grad():
                found.append(error_at(denoise, at, s, noise).cpu())
            yield self._advance(1)
        return torch.stack(found, dim=1), levels, width

    def _stepwise(
        self,
        denoise: Denoise,
        at: Batch,
        ends: tuple[float, float],
        scale: Tensor,
        bits: float,
    ) -> Generator[Progress, None, dict[str, Tensor]]:
        """Return the bound by number of steps, for each variance that there is."""
        variances: dict[str, Variance | None] = {"small": None, "large": fixed_large}
        if isinstance(denoise, HasReverseVariance):
            variances["learned"] = denoise.reverse_variance
        found: dict[str, list[float]] = {name: [] for name in variances}
        for steps in self.config.steps:
            grid = LogUniform(*ends).quantile(torch.linspace(0, 1, steps + 1))
            for name, variance in variances.items():
                # The same noise for each, so that what differs is the variance.
                noise = make_generator(self.config.seed, _NOISE + 1)
                with torch.no_grad():
                    bound = discrete_bound(denoise, at, grid, noise, variance=variance)
                found[name].append(_mean(bound, scale, bits))
            yield self._advance(steps)
        measured = {name: torch.tensor(values) for name, values in found.items()}
        return {"steps": torch.tensor(self.config.steps), **measured}

    def _advance(self, more: int) -> Progress:
        self._done += more
        return Progress(self._done, self._total)


def _mean(bound: Bound, scale: Tensor, bits: float) -> float:
    return float((bound.total.cpu() + scale).mean()) / bits


def _unseen(operation: Operation, n: int, seed: int) -> Batch:
    """Return at most n rows that were not learned from, or of all where none are set apart.

    Raises:
        ValueError: there are none, or there is no run.
    """
    source = operation.held() if operation.held is not None else None
    if source is None and operation.data is not None:
        source = operation.data()
    if source is None or len(source) == 0:
        raise ValueError("the bound is one of data, and there are none here: it needs a run.")
    chosen = torch.randperm(len(source), generator=make_generator(seed, _NOISE + 2))[:n]
    return source.rows(chosen)


def _schedules(learner: Learner[Any]) -> Mapping[str, Density]:
    """Return the laws of the levels that are compared, in the order of `SCHEDULES`."""
    assert isinstance(learner, HasDenoiser)
    s_min, s_max = learner.noise_range
    known: dict[str, Callable[[], Density]] = {
        "log-snr": lambda: LogUniform(s_min, s_max),
        "vp-linear": lambda: UniformTime(VariancePreservingLinear(), s_min, s_max),
        "vp-cosine": lambda: UniformTime(VariancePreservingCosine(), s_min, s_max),
        "log-normal": lambda: LogNormal(-1.2, 1.2, s_min, s_max),
    }
    found = {name: make() for name, make in known.items()}
    own = getattr(getattr(learner, "field", None), "density", None)
    return {"own": own if isinstance(own, Density) else found["log-snr"], **found}


def _spreads(moments: Moments, schedules: Mapping[str, Density], bits: float) -> dict[str, Tensor]:
    u = torch.linspace(0, 1, _POINTS, dtype=torch.float64)
    curves = [-2 * law.quantile(u).log() for law in schedules.values()]
    one = [math.sqrt(max(0.0, moments.one_draw(law))) / bits for law in schedules.values()]
    own = schedules["own"]
    each = [math.sqrt(max(0.0, moments.of_batch(name, own, _BATCH))) / bits for name in TIMES]
    return {
        "u": u.float(),
        "schedules": torch.stack(curves).float(),
        "schedule-spread": torch.tensor(one),
        "times-spread": torch.tensor(each),
    }


def _describe(arrays: Mapping[str, Tensor]) -> str:
    total, low, high = arrays["total"].tolist()
    return (
        f"At most {total:.3f} bits/dim (95 %: {low:.3f} to {high:.3f}): prior "
        f"{float(arrays['prior']):.3f}, reconstruction {float(arrays['reconstruction']):.3f}, "
        f"diffusion {float(arrays['diffusion']):.3f}."
    )
