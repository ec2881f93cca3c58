"""How likely given rows are to a model that knows its density."""

import torch

from models.config import NoConfig
from models.contracts.abilities import HasLikelihood
from models.contracts.batch import Batch
from models.operators.base import Operation, Outcome, Progress, Slot, Work
from models.registry import operator

__all__ = ["Likelihood"]

_PIECE = 256
_ROWS = "rows"


@operator(
    "likelihood",
    title="Likelihood",
    summary="Says of each row how likely it is to the model: log p(x) in nats, in the units of "
    "the data.",
    source="Song et al. 2021, arXiv:2011.13456, eq. 39",
    needs=("likelihood",),
    takes=(Slot(_ROWS, "Rows", "What is asked about."),),
)
class Likelihood:
    """Evaluates the density, rows by rows, since it may take seconds."""

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Evaluate; see `models.operators.base.Operator`."""
        learner, rows = operation.learner, operation.handed[_ROWS]
        assert isinstance(learner, HasLikelihood)
        spec = learner.spec
        parts: list[torch.Tensor] = []
        for piece in rows.split(_PIECE):
            standard: Batch = spec.standardised(piece).to(learner.device)
            with torch.no_grad():
                found = learner.log_prob(standard).detach().double().cpu()
            parts.append((found - spec.log_scale(piece)).float())
            yield Progress(sum(map(len, parts)), len(rows))
        return Outcome(rows, {"log-density": torch.cat(parts)})
