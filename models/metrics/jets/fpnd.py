"""FPND: the Fréchet distance between generated jets and JetNet's own in ParticleNet's features."""

from collections.abc import Generator

import numpy as np
import torch

from pushforward.models.config import NoConfig
from pushforward.models.contracts.learner import finish
from pushforward.models.metrics.base import Evidence, Figure, NotApplicable, SampleMetric
from pushforward.models.metrics.jets.by_type import FEWEST, check_momenta, types_of
from pushforward.models.metrics.jets.particlenet import PLACES, TYPES, installed
from pushforward.models.metrics.samples.frechet import gaussian_distance, moments
from pushforward.models.registry import metric

__all__ = ["FPND"]


@metric(
    "fpnd",
    title="Fréchet ParticleNet distance (FPND)",
    summary="Fréchet distance of ParticleNet features of generated and JetNet's jets (package "
    "jetnet); mean over gluons, light quarks and tops with 30 constituents. Papers use "
    "50,000 jets. Other data than JetNet's have a large value even when real: compare "
    "with the noise floor.",
    source="Kansal et al. 2021, arXiv:2106.11535, section 5 (FPND)",
    kinds=("jets",),
    minimum=FEWEST,
    bar_is="real against real, the jets of the data against JetNet's",
    heavy=True,
)
class FPND(SampleMetric[NoConfig]):
    """The Fréchet distance in the features of a network that others have trained."""

    def measure(self, evidence: Evidence) -> Figure:
        return finish(self.walk(evidence))

    def walk(self, evidence: Evidence) -> Generator[None, None, Figure]:
        check_momenta(evidence.samples.x)
        if evidence.samples.x.shape[1:] != (PLACES, 3):
            raise NotApplicable(f"its network knows jets of {PLACES} constituents only")
        reference = installed()
        if reference is None:
            raise NotApplicable(
                "its network comes with the package jetnet 0.2.5, which is not installed: pip "
                "install --no-deps jetnet==0.2.5"
            )
        parts: dict[str, float] = {}
        for name, made, _ in types_of(evidence):
            if name in TYPES:
                x = np.concatenate([made.angles, made.share[..., None]], axis=2)
                seen = torch.from_numpy(x * made.there[..., None]).float()
                mean, covariance = map(torch.from_numpy, reference.moments[name])
                own = moments(reference.net.features(seen))
                parts[name] = gaussian_distance(*own, mean, covariance)
                yield
        if not parts:
            raise NotApplicable(f"its network knows no type but {', '.join(TYPES)}")
        return Figure(sum(parts.values()) / len(parts), n=len(evidence.samples), parts=parts)
