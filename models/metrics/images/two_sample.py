"""Whether a classifier that is trained for it tells samples from real images."""

from collections.abc import Generator
from typing import Annotated

import torch
from torch import Tensor
from torch.nn import functional

from pushforward.models.config import Config, param
from pushforward.models.contracts.learner import finish
from pushforward.models.judges.images import ImageJudge
from pushforward.models.metrics.base import Evidence, Figure, NotApplicable, SampleMetric, subsample
from pushforward.models.metrics.images.judged import images_of
from pushforward.models.metrics.images.levels import levels_of, on_levels
from pushforward.models.metrics.intervals import wilson
from pushforward.models.registry import metric
from pushforward.models.tensors import in_parts
from pushforward.models.training.optim import OptimizerConfig, ScheduledOptimizer

__all__ = ["TwoSample", "TwoSampleConfig"]

_OPTIMIZER = OptimizerConfig(kind="adamw", lr=2e-3, weight_decay=0.05, schedule="cosine")
_BATCH, _FEWEST = 128, 20
_MADE, _REAL = 0, 1


class TwoSampleConfig(Config, frozen=True):
    """How much the classifier is given."""

    most: Annotated[
        int,
        param(
            "At most",
            "Maximum number of images on each side, half for training and half for testing; "
            "more are subsampled at random. Values with different numbers cannot be compared.",
            low=2 * _FEWEST,
            high=50_000,
            log=True,
            unit="images",
        ),
    ] = 2000
    steps: Annotated[
        int,
        param(
            "Steps",
            "Training steps of the classifier. Values with different numbers cannot be compared.",
            low=1,
            high=10_000,
            log=True,
        ),
    ] = 300


@metric(
    "two-sample-test",
    title="Classifier two-sample test",
    summary="Accuracy of a small classifier trained to separate half of the samples from half "
    "of as many unseen images, on the other halves: 0.5 if indistinguishable, 1 if "
    "separable. Pixels are rounded to real values. With few images the test is weak.",
    source="Lopez-Paz and Oquab 2017, arXiv:1610.06545, section 3",
    config=TwoSampleConfig,
    kinds=("images",),
    minimum=2 * _FEWEST,
    heavy=True,
)
class TwoSample(SampleMetric[TwoSampleConfig]):
    """Accuracy of a classifier of real and generated images on test halves of equal size. For equal
    distributions it is binomial around 1/2 for any classifier, since its weights do not depend on
    the test halves. It has the network of the judge, but not its weights.
    """

    def measure(self, evidence: Evidence) -> Figure:
        return finish(self.walk(evidence))

    def walk(self, evidence: Evidence) -> Generator[None, None, Figure]:
        made, real = images_of(evidence)
        n = min(len(made), len(real), self.config.most)
        if n < 2 * _FEWEST:
            raise NotApplicable(f"it needs {2 * _FEWEST} images on each side, and there are {n}")
        levels = levels_of(real)
        if levels is not None:
            made = on_levels(made, levels)
        sides = [self._halves(x, n, evidence.rng) for x in (made, real)]
        learned, asked = (torch.cat(half) for half in zip(*sides, strict=True))
        half = n // 2
        net = yield from self._taught(learned, _labels(half), evidence.rng)
        with torch.no_grad():
            said = in_parts(net, asked).argmax(dim=1)
        right = said == _labels(n - half)
        value = float(right.double().mean())
        parts = {
            "samples recognised": float(right[: n - half].double().mean()),
            "real recognised": float(right[n - half :].double().mean()),
        }
        return Figure(value, *wilson(value, len(right)), n, parts)

    def _halves(self, x: Tensor, n: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        # Also of exactly n: what comes one after the other may be alike.
        some = subsample(x, n, rng)[torch.randperm(n, generator=rng)]
        return some[: n // 2], some[n // 2 :]

    def _taught(
        self, x: Tensor, labels: Tensor, rng: torch.Generator
    ) -> Generator[None, None, ImageJudge]:
        channels, height, width = x.shape[1:]
        net = ImageJudge((channels, height, width), 2, generator=rng)
        optimizer = ScheduledOptimizer(_OPTIMIZER, net.parameters(), self.config.steps)
        for _ in range(self.config.steps):
            rows = torch.randint(len(x), (min(_BATCH, len(x)),), generator=rng)
            # Not around the yield: whoever works meanwhile may want no gradients.
            with torch.enable_grad():
                loss = functional.cross_entropy(net(x[rows]), labels[rows])
                optimizer.zero_grad()
                torch.autograd.backward(loss)
            optimizer.step()
            yield
        return net.requires_grad_(False).eval()


def _labels(each: int) -> Tensor:
    return torch.tensor([_MADE, _REAL]).repeat_interleave(each)
