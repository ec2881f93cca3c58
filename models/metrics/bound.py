"""How probable a model finds data that it has never seen, at least."""

from collections.abc import Generator

import torch

from pushforward.models.contracts.abilities import HasBound
from pushforward.models.metrics.base import Evidence, Figure
from pushforward.models.metrics.likelihood import LikelihoodConfig, LogLikelihood
from pushforward.models.registry import metric

__all__ = ["LogLikelihoodBound"]


@metric(
    "log-likelihood-bound",
    title="Log-likelihood, bound",
    summary="Mean lower bound on the log-density at unseen data, for latent-variable models.",
    source="Kingma and Welling 2014, arXiv:1312.6114, eq. 3; bar: Cover and Thomas 2006, theorem "
    "8.6.5",
    config=LikelihoodConfig,
    needs=("bound",),
    better="higher",
    unit="nats a datum",
    bar_is=(
        "the density of the data where it is known, else the Gaussian with mean and "
        "covariance of the training data"
    ),
    heavy=True,
)
class LogLikelihoodBound(LogLikelihood):
    """E of a lower bound of log p(x) over unseen x, in nats and in the units of the data."""

    def walk(self, evidence: Evidence) -> Generator[None, None, Figure]:
        model = evidence.model
        assert model is not None
        assert isinstance(model, HasBound)
        rows = self._rows(evidence)
        spec = model.spec
        found = []
        for piece in rows.split(self.piece(rows)):
            at = spec.standardised(piece).to(model.device)
            found.append(model.log_prob_bound(at).detach().cpu().double() - spec.log_scale(piece))
            yield
        return self.summarise(torch.cat(found), rows)
