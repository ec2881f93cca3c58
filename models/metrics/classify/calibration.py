"""Expected calibration error of a classifier."""

from collections.abc import Generator

import torch

from pushforward.models.config import NoConfig
from pushforward.models.contracts.abilities import Classifies
from pushforward.models.contracts.learner import finish
from pushforward.models.contracts.spec import LABEL
from pushforward.models.metrics.base import Evidence, Figure, Metric, check_finite
from pushforward.models.metrics.classify.confusions import calibration_error
from pushforward.models.registry import metric

__all__ = ["CalibrationError"]

_PIECE = 1024


@metric(
    "calibration-error",
    title="Calibration error",
    summary="Mean difference between the probability of the predicted class and how often it is "
    "correct (ECE, 15 bins). Probabilities of 0.9 should be correct in 90 %.",
    source="Guo et al. 2017, arXiv:1706.04599, eq. 3; Naeini et al. 2015, "
    "doi:10.1609/aaai.v29i1.9602",
    needs=("classify",),
    better="lower",
    bar_is="exact probabilities",
)
class CalibrationError(Metric[NoConfig]):
    """The expected calibration error on data that were not learned from."""

    def measure(self, evidence: Evidence) -> Figure:
        return finish(self.walk(evidence))

    def walk(self, evidence: Evidence) -> Generator[None, None, Figure]:
        model, real = evidence.model, evidence.real
        assert model is not None
        assert isinstance(model, Classifies)
        confidence, correct = [], []
        for start in range(0, len(real), _PIECE):
            rows = real.rows(slice(start, start + _PIECE))
            scores = model.classify(model.spec.standardised(rows).to(model.device)).cpu()
            check_finite(scores)
            best = scores.max(dim=1)
            confidence.append(best.values.exp())
            correct.append(best.indices == rows.given[LABEL].long())
            yield
        error = calibration_error(torch.cat(confidence), torch.cat(correct))
        return Figure(error, n=len(real))

    def bar(self, evidence: Evidence) -> Figure:
        return Figure(0.0, n=len(evidence.real))
