"""The distribution that guidance is often said to sample: p(x) p(class | x)^strength, drawn from
exactly.
"""

from typing import Annotated

import torch

from pushforward.models.config import Config, param
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL, DataSpec
from pushforward.models.operators.base import Operation, Outcome, Progress, SeedSetting, Work
from pushforward.models.registry import operator
from pushforward.models.tensors import make_generator

__all__ = ["GuidedLaw", "GuidedLawConfig"]

_CONDITIONS, _DRAWS = 3211, 3212  # streams of a seed (`models.tensors.make_generator`)


class GuidedLawConfig(Config, frozen=True):
    """The number of points, and how far the distribution is tilted."""

    n: Annotated[int, param("Samples", "Number of samples.", low=1, high=1_000_000, log=True)] = (
        4096
    )
    strength: Annotated[
        float,
        param("Strength", "Exponent of p(class | x); 1 is the conditional distribution.",
              low=0.0, high=100.0),
    ] = 2.0  # fmt: skip
    seed: SeedSetting = 0


def _unknown(spec: DataSpec) -> str:
    """Say why the guided law of data cannot be drawn from, "" where it can."""
    if spec.mixture is None:
        return (
            "The exact guided law is known for mixtures of Gaussians only, such as the ring of "
            "five, and these data are none."
        )
    if spec.mixture.classes is None or LABEL not in spec.law:
        return "The model is unconditional: train a class-conditional one, on data with classes."
    return ""


@operator(
    "guided-law",
    title="Exact guided distribution",
    summary="Samples p(x) p(class | x)^strength, known for Gaussian mixtures, for comparison "
    "with guided samples. Guided samples do not follow it above strength 1.",
    source="Luo 2022, arXiv:2208.11970, section 5; exact for a mixture by rejection",
    kinds=("points",),
    needs=("samples", "denoiser"),
    refuses=_unknown,
    config=GuidedLawConfig,
)
class GuidedLaw:
    """Uses the distribution of the data, not the model."""

    def __init__(self, config: GuidedLawConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Draw; see `models.operators.base.Operator`. The class is that which was chosen, else as
        often each as in the data.
        """
        spec, config = operation.learner.spec, self.config
        if why := _unknown(spec):
            raise ValueError(why)
        law = spec.mixture
        assert law is not None
        given = spec.standard_given(operation.given)
        _, told = spec.conditions(config.n, make_generator(config.seed, _CONDITIONS), given)
        label, generator = told[LABEL].long(), make_generator(config.seed, _DRAWS)
        x = torch.empty((config.n, *spec.shape))
        done = 0
        for one in range(int(label.max()) + 1):
            mine = label == one
            count = int(mine.sum())
            if count:
                x[mine] = law.sample_tilted(count, one, config.strength, generator).to(x)
            done += count
            yield Progress(done, config.n)
        return Outcome(Batch(x, given=told))
