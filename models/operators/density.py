"""Likelihood lab: how likely data are to a model, learned ones, unseen ones, and others."""

import math
from collections.abc import Generator
from typing import Annotated, Any

import torch
from torch import Tensor

from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.abilities import HasLikelihood, WalksLikelihood
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource
from pushforward.models.likelihood import STEPS
from pushforward.models.metrics.images.levels import count_of_levels
from pushforward.models.metrics.likelihood import gaussian_log_prob
from pushforward.models.operators.base import Operation, Outcome, Progress, SeedSetting, Work
from pushforward.models.operators.otherset import other_rows
from pushforward.models.registry import operator, registry
from pushforward.models.rounded import rounded
from pushforward.models.tensors import make_generator

__all__ = ["LikelihoodLab", "LikelihoodLabConfig"]

_DRAWN, _LEVELS = 3031, 3033  # streams of the seed
_PIECE, _MOST = 4096, 256  # numbers, and rows, of a piece: the engine waits for it
_ROOM = 0.25  # of the span of the data around it that is mapped
_LEARNED, _UNSEEN, _OTHER = "learned", "unseen", "other"


class LikelihoodLabConfig(Config, frozen=True):
    """How many data are asked about, and which others."""

    rows: Annotated[
        int,
        param(
            "Samples",
            "Maximum number of samples per set. Each takes hundreds of network evaluations of a "
            "diffusion.",
            low=16,
            high=50_000,
            log=True,
        ),
    ] = 100
    other: Annotated[
        Pick,
        param(
            "Other data",
            "A data set of the same shape that was not trained on: out-of-distribution data.",
            of="dataset",
        ),
    ] = Pick()
    levels: Annotated[
        int,
        param(
            "Levels",
            "Number of values of a dimension for bounded data such as pixels: 256 for 8 bits, "
            "17 for the 8x8 digits; 0 to count them. Uniform noise of one level makes densities "
            "comparable in bits. Values with different levels cannot be compared.",
            low=0,
            high=65_536,
            zero="as in the data",
        ),
    ] = 0
    map: Annotated[
        int,
        param(
            "Map",
            "Grid points per side of the density map in the plane; 0 for no map.",
            low=0,
            high=256,
            zero="no map",
            kinds=("points", "jet-variables"),
        ),
    ] = 64
    steps: Annotated[
        int,
        param(
            "Solver steps",
            "Runge-Kutta steps of the ODE, four network evaluations each. Fewer are faster and "
            "less exact; only for models with an ODE.",
            low=4,
            high=1024,
            log=True,
        ),
    ] = STEPS
    seed: SeedSetting = 0


@operator(
    "likelihood-lab",
    title="Likelihood lab",
    summary="Compares the likelihood of training, unseen and other data, next to the exact "
    "density where it is known; maps the density in the plane.",
    source="Song et al. 2021, arXiv:2011.13456, eqs. 39-40; Theis et al. 2016, arXiv:1511.01844, "
    "section 3.1 (levels); Nalisnick et al. 2019, arXiv:1810.09136 (other data may be the likelier "
    "ones)",
    reads_data=True,
    config=LikelihoodLabConfig,
    needs=("likelihood",),
)
class LikelihoodLab:
    """Log-densities in nats and in the units of the data.

    The outcome, by set ("learned", "unseen": set apart, or drawn anew, "other" where some were
    chosen):

    - "<set>" (n,): log p(x) of the model;
    - "bar-<set>" (n,): log-density of the same rows under the exact distribution, or if it is
      unknown under the Gaussian with mean and covariance of the training data; NaN if that is
      singular;
    - "law" (): 1 if the bar is the exact distribution;
    - "numbers" (): dimensions of a row; "cell" (): the bits that the width of a level adds to each
      of them, and "levels" (): how many there are, 0 and 0 where numbers have none;
    - "map", "law-map" (m, m) and "bounds" (4,) of data on a plane: log p at places, rows from
      below, and x0, x1, y0, y1.
    """

    def __init__(self, config: LikelihoodLabConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Evaluate; see `models.operators.base.Operator`.

        Raises:
            ValueError: there are no data, or the others have another form.
        """
        learner, config = operation.learner, self.config
        assert isinstance(learner, HasLikelihood)
        if operation.data is None:
            raise ValueError("it needs the data of the run, and there are none.")
        sets = {_LEARNED: operation.data()}
        if operation.some is not None:
            sets[_UNSEEN] = operation.some(config.rows, config.seed)
        other = None
        if config.other.slug:
            other = other_rows(operation, config.other, config.rows, config.seed, _DRAWN)
        some = {name: _some(source, config.rows, config.seed) for name, source in sets.items()}
        some |= {_OTHER: other} if other is not None else {}
        levels, cell = _levels(learner.spec.kind, config.levels, some[_LEARNED].x)
        rows = {name: _spread(each, cell, config.seed) for name, each in some.items()}
        law = sets[_LEARNED].spec().mixture
        places, bounds = _places(rows[_LEARNED], config.map)
        total = sum(map(len, rows.values())) + len(places)
        at = Progress(0, total)
        arrays: dict[str, Tensor] = {
            "law": torch.tensor(int(law is not None)),
            "numbers": torch.tensor(rows[_LEARNED].x[0].numel()),
            "cell": torch.tensor(-math.log2(cell) if cell else 0.0),
            "levels": torch.tensor(levels),
        }
        fitted = rows[_LEARNED].x.flatten(1).double()

        def bar(x: Tensor) -> Tensor:
            x = x.flatten(1).double()
            if law is not None:
                return law.to(x).log_prob(x, x.new_zeros(()))
            try:
                return gaussian_log_prob(fitted, x)
            except ArithmeticError:
                return x.new_full((len(x),), torch.nan)

        for name, each in rows.items():
            arrays[name], at = yield from _log_prob(learner, each, at, config.steps)
            arrays[f"bar-{name}"] = bar(each.x).float()
        if len(places):
            found, at = yield from _log_prob(learner, places, at, config.steps)
            m = config.map
            arrays |= {"map": found.reshape(m, m), "bounds": bounds}
            if law is not None:
                arrays["law-map"] = bar(places.x).float().reshape(m, m)
        return Outcome(arrays=arrays, note=_describe(arrays))


def _log_prob(
    learner: Any, rows: Batch, at: Progress, steps: int
) -> Generator[Progress, None, tuple[Tensor, Progress]]:
    """Return log p (n,) in the units of the data, and how far it is then."""
    spec, parts = learner.spec, []
    for piece in rows.split(max(1, min(_MOST, _PIECE // rows.x[0].numel()))):
        standard = spec.standardised(piece).to(learner.device)
        if isinstance(learner, WalksLikelihood):
            found = yield from _walked(learner.walk_log_prob(standard, steps), at, len(piece))
        else:
            with torch.no_grad():
                found = learner.log_prob(standard)
        found = found.detach().cpu().double()
        parts.append((found - spec.log_scale(piece)).float())
        at = Progress(at.done + len(piece), at.total)
        yield at
    return torch.cat(parts), at


def _walked(
    walk: Generator[float, None, Tensor], at: Progress, rows: int
) -> Generator[Progress, None, Tensor]:
    """Go through the pieces of a likelihood, each as a share of its rows."""
    while True:
        try:
            with torch.no_grad():
                share = next(walk)
        except StopIteration as end:
            found: Tensor = end.value
            return found
        yield Progress(at.done + int(share * rows), at.total)


def _levels(kind: str, levels: int, learned: Tensor) -> tuple[int, float]:
    """Return the number of levels of data between two bounds (that of the training rows if 0 is
    requested) and the width of one; 0 and 0 without bounds.
    """
    bounds = registry.get("kind", kind).bounds
    if bounds is None:
        return 0, 0.0
    count = levels or count_of_levels(learned, *bounds)
    return count, (bounds[1] - bounds[0]) / (count - 1)


def _spread(rows: Batch, cell: float, seed: int) -> Batch:
    """Return rows whose numbers are spread evenly over the cell of their level."""
    if not cell:
        return rows
    u = torch.rand(rows.x.shape, generator=make_generator(seed, _LEVELS))
    return rows.holding(rows.x + (u - 0.5) * cell)


def _some(source: RowSource, n: int, seed: int) -> Batch:
    order = torch.randperm(len(source), generator=make_generator(seed, _DRAWN))
    return source.rows(order[:n])


def _places(rows: Batch, side: int) -> tuple[Batch, Tensor]:
    """Return the places of a map, rows from below, and its bounds; none where there is no plane."""
    if rows.x.shape[1:] != (2,) or not side:
        return Batch(rows.x[:0]), torch.empty(0)
    low, high = rows.x.min(dim=0).values, rows.x.max(dim=0).values
    room = _ROOM * (high - low)
    low, high = low - room, high + room
    across, up = (torch.linspace(float(low[i]), float(high[i]), side) for i in range(2))
    y, x = torch.meshgrid(up, across, indexing="ij")
    bounds = torch.stack([low[0], high[0], low[1], high[1]])
    return Batch(torch.stack([x, y], dim=-1).reshape(-1, 2)), bounds


def _describe(arrays: dict[str, Tensor]) -> str:
    name = _UNSEEN if _UNSEEN in arrays else _LEARNED
    mean, bar = float(arrays[name].mean()), float(arrays[f"bar-{name}"].mean())
    if math.isnan(bar):
        return (
            f"{name.capitalize()} data have {rounded(mean, 4)} nats; no Gaussian has their moments."
        )
    whose = "the distribution of the data" if int(arrays["law"]) else "one Gaussian"
    sign = "+" if mean >= bar else ""
    apart = float(arrays[name].double().sub(arrays[f"bar-{name}"]).std()) / math.sqrt(
        len(arrays[name])
    )
    return (
        f"{name.capitalize()} data have {rounded(mean, 4)} nats; {whose} gives them "
        f"{rounded(bar, 4)} (difference {sign}{rounded(mean - bar, 4)} ± {rounded(2 * apart, 2)})."
    )
