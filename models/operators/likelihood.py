"""How likely given rows are to a model that knows its density."""

from typing import Annotated

import torch

from pushforward.models.config import Config, param
from pushforward.models.contracts.abilities import HasLikelihood
from pushforward.models.contracts.batch import Batch
from pushforward.models.operators.base import Operation, Outcome, Progress, SeedSetting, Slot, Work
from pushforward.models.operators.row_conditions import add_conditions
from pushforward.models.registry import operator
from pushforward.models.tensors import make_generator

__all__ = ["Likelihood", "LikelihoodConfig"]

_PIECE = 4096
"""Numbers of a piece: an ODE is solved for all its rows at once, with the engine waiting."""
_MOST = 256
"""Rows of a piece."""
_DRAWN = 3013
"""The stream of the seed that rows are drawn from."""
_ROWS = "rows"


class LikelihoodConfig(Config, frozen=True):
    """How many rows are asked about, and which."""

    rows: Annotated[
        int,
        param(
            "Samples",
            "Maximum number of samples, chosen by the seed. Each takes hundreds of network "
            "evaluations of a diffusion.",
            low=1,
            high=10_000_000,
            log=True,
        ),
    ] = 2048
    seed: SeedSetting = 0


@operator(
    "likelihood",
    title="Likelihood",
    summary="Computes log p(x) in nats for each sample, in the units of the data. Runs next to "
    "trainings; short jobs such as sampling or export wait for it.",
    source="Song et al. 2021, arXiv:2011.13456, eq. 39",
    config=LikelihoodConfig,
    needs=("likelihood",),
    takes=(Slot(_ROWS, "Rows", "The samples to score."),),
)
class Likelihood:
    """Evaluates the density, rows by rows, since it may take seconds."""

    def __init__(self, config: LikelihoodConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Evaluate; see `models.operators.base.Operator`."""
        learner, spec = operation.learner, operation.learner.spec
        assert isinstance(learner, HasLikelihood)
        rows, note = self._choose_rows(
            add_conditions(spec, operation.handed[_ROWS], operation.given)
        )
        parts: list[torch.Tensor] = []
        for piece in rows.split(max(1, min(_MOST, _PIECE // rows.x[0].numel()))):
            standard: Batch = spec.standardised(piece).to(learner.device)
            with torch.no_grad():
                found = learner.log_prob(standard).detach().cpu().double()
            parts.append((found - spec.log_scale(piece)).float())
            yield Progress(sum(map(len, parts)), len(rows))
        return Outcome(rows, {"log-density": torch.cat(parts)}, note)

    def _choose_rows(self, rows: Batch) -> tuple[Batch, str]:
        """Return the rows that are asked about, and say which these are where they are not all."""
        n, seed = self.config.rows, self.config.seed
        if len(rows) <= n:
            return rows, ""
        some = torch.randperm(len(rows), generator=make_generator(seed, _DRAWN))[:n]
        return rows.take(some.sort().values), (
            f"{n:,} of {len(rows):,} rows were asked about, drawn with the seed {seed}."
        )
