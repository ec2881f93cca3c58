"""How probable a model finds data that it has never seen."""

import math
from collections.abc import Generator
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.contracts.abilities import HasLikelihood
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.learner import finish
from pushforward.models.metrics.base import Evidence, Figure, Metric, check_finite, flat
from pushforward.models.metrics.intervals import of_mean
from pushforward.models.registry import metric

__all__ = ["LikelihoodConfig", "LogLikelihood", "gaussian_log_prob", "mean_of"]

# Numbers of a piece: an ODE is solved for all its rows at once, with the engine waiting.
_PIECE = 4096
_MOST_ROWS, _FITTED = 512, 20_000


class LikelihoodConfig(Config, frozen=True):
    """How many data are looked at."""

    rows: Annotated[
        int,
        param(
            "Samples",
            "Number of unseen samples. Each takes hundreds of network evaluations of a "
            "diffusion; the interval shrinks with their square root.",
            low=10,
            high=50_000,
            log=True,
        ),
    ] = 500


@metric(
    "log-likelihood",
    title="Log-likelihood",
    summary="Mean log-density of the model at unseen data; only for models with a density. "
    "Above 16 dimensions an unbiased estimate.",
    source="Song et al. 2021, arXiv:2011.13456, eqs. 39-40; bar: Cover and Thomas 2006, theorem "
    "8.6.5",
    config=LikelihoodConfig,
    needs=("likelihood",),
    better="higher",
    unit="nats a datum",
    bar_is=(
        "the density of the data where it is known, else the Gaussian with mean and "
        "covariance of the training data"
    ),
    heavy=True,
)
class LogLikelihood(Metric[LikelihoodConfig]):
    """E log p(x) over unseen x, in nats and in the units of the data, as a metric.

    Its bar is minus the entropy of the data where their law is known. Otherwise it is what one
    Gaussian achieves, and a right model is above it: no law with these moments has more entropy.
    """

    by_law: ClassVar[bool] = True
    """Whether rows are measured without noise, so that the exact distribution of the data applies.
    """

    def measure(self, evidence: Evidence) -> Figure:
        return finish(self.walk(evidence))

    def walk(self, evidence: Evidence) -> Generator[None, None, Figure]:
        model = evidence.model
        assert model is not None
        assert isinstance(model, HasLikelihood)
        rows = self._rows(evidence)
        spec = model.spec
        found = []
        for piece in rows.split(self.piece(rows)):
            at = spec.standardised(piece).to(model.device)
            found.append(model.log_prob(at).detach().cpu().double() - spec.log_scale(piece))
            yield
        return self.summarise(torch.cat(found), rows)

    def bar(self, evidence: Evidence) -> Figure:
        rows = self._rows(evidence)
        x = rows.x.flatten(1).double()
        law = evidence.real.spec().mixture
        if law is not None and self.by_law:
            return self.summarise(law.to(x).log_prob(x, x.new_zeros(())), rows)
        if evidence.train is None:
            raise ValueError("the bar is a Gaussian of the training data, and there are none")
        chosen: Tensor | slice = slice(None)
        if len(evidence.train) > _FITTED:
            chosen = torch.randperm(len(evidence.train), generator=evidence.rng)[:_FITTED]
        some = self.prepared(evidence.train.rows(chosen), evidence)
        return self.summarise(gaussian_log_prob(flat(some), x), rows)

    def piece(self, rows: Batch) -> int:
        """Return how many rows are looked at between two pauses."""
        return max(1, min(_MOST_ROWS, _PIECE // rows.x[0].numel()))

    def prepared(self, rows: Batch, evidence: Evidence) -> Batch:
        """Return rows as their probability is defined."""
        return rows

    def summarise(self, log_prob: Tensor, rows: Batch) -> Figure:
        """Return the figure of log-densities (n,) in nats, at rows in the units of the data."""
        return mean_of(log_prob)

    def _rows(self, evidence: Evidence) -> Batch:
        """Return some of the unseen data, (n, *shape).

        Raises:
            NotApplicable: they are no rows of equally many numbers.
            ArithmeticError: a number is not finite.
        """
        rows = evidence.reference
        check_finite(flat(rows))
        if len(rows) > self.config.rows:
            chosen = torch.randperm(len(rows), generator=evidence.rng)[: self.config.rows]
            rows = rows.take(chosen)
        return self.prepared(rows, evidence)


def mean_of(values: Tensor) -> Figure:
    """Return the mean of values (n,) with its interval.

    Raises:
        ArithmeticError: a value is not finite.
    """
    broken = int((~values.isfinite()).sum())
    if broken:
        raise ArithmeticError(f"{broken:,} of {len(values):,} densities are not finite numbers")
    mean, n = float(values.mean()), len(values)
    if n < 2:
        return Figure(mean, n=n)
    return Figure(mean, *of_mean(values), n)


def gaussian_log_prob(train: Tensor, x: Tensor) -> Tensor:
    """Return the log-density at x (n, d) of the Gaussian with mean and covariance of train (m, d).

    In float64. Where there are not twice as many rows as dimensions the coordinates are taken for
    independent: a covariance of fewer has directions of no width.

    Raises:
        ArithmeticError: the data are flat: in some direction they do not vary.
    """
    fitted, at = train.cpu().double(), x.cpu().double()
    m, d = fitted.shape
    gap = at - fitted.mean(dim=0)
    if m > 2 * d:
        root, failed = torch.linalg.cholesky_ex(fitted.T.cov().reshape(d, d))
        if failed:
            raise ArithmeticError("the training data do not vary in some direction")
        z = torch.linalg.solve_triangular(root, gap.T, upper=False).T
        scale = root.diagonal().log().sum()
    else:
        std = fitted.std(dim=0)
        if not bool((std > 0.0).all()):
            raise ArithmeticError("the training data do not vary in some direction")
        z, scale = gap / std, std.log().sum()
    found: Tensor = -0.5 * (z.square().sum(dim=1) + d * math.log(2.0 * math.pi)) - scale
    return found
