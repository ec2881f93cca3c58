"""Interpolation between two latents that are drawn: what is made of the way between them."""

from typing import Any

import torch

from pushforward.models.config import Config
from pushforward.models.contracts.abilities import HasLatent
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.family import Family
from pushforward.models.operators.base import Operation, Outcome, Progress, SeedSetting, Work
from pushforward.models.operators.drawing import SAMPLES
from pushforward.models.operators.editing import PIECE
from pushforward.models.operators.great_circle import StopsSetting, on_great_circle
from pushforward.models.registry import operator
from pushforward.models.tensors import make_generator

__all__ = ["InterpolateLatents", "InterpolateLatentsConfig"]


class InterpolateLatentsConfig(Config, frozen=True):
    """How many rows there are, and which latents are the ends."""

    count: StopsSetting = 9
    seed: SeedSetting = 0


@operator(
    "interpolate-latents",
    title="Interpolate latents",
    summary="Interpolates between two random latents and generates a sample at each point.",
    source="White 2016, arXiv:1609.04468, section 2.1 (spherical interpolation)",
    needs=("samples", "mapped"),
    config=InterpolateLatentsConfig,
)
class InterpolateLatents:
    """Along the great circle between two latents, under the conditions of the first."""

    def __init__(self, config: InterpolateLatentsConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Interpolate; see `models.operators.base.Operator`. "way" (m,) says how far each row is,
        from 0 to 1, "angle" (1,) how far the ends are apart, in degrees.
        """
        count, family = self.config.count, operation.learner
        assert isinstance(family, Family)
        rng = make_generator(self.config.seed, SAMPLES)
        one = family.prior(1, rng, family.spec.standard_given(operation.given))
        other = family.prior(1, rng, one.given)
        share = torch.linspace(0.0, 1.0, count, device=one.device)
        every = count, *one.x.shape[1:]
        shares = share.reshape(-1, *(1,) * (one.x.ndim - 1))
        x = on_great_circle(one.x.expand(every), other.x.expand(every), shares)
        latents = one.take(torch.zeros(count, dtype=torch.long, device=one.device)).holding(x)
        made = []
        for start in range(0, count, PIECE):
            yield Progress(start, count)
            made.append(_generate_samples(family, latents.take(slice(start, start + PIECE))).cpu())
        rows = latents.holding(torch.cat(made)).to(torch.device("cpu"))
        cosine = torch.cosine_similarity(one.x.flatten(1), other.x.flatten(1))
        angle = torch.rad2deg(torch.acos(cosine.clamp(-1.0, 1.0)))
        return Outcome(family.spec.restored(rows), {"way": share.cpu(), "angle": angle.cpu()})


@torch.no_grad()
def _generate_samples(family: Family[Any], latents: Batch) -> torch.Tensor:
    if isinstance(family, HasLatent):
        return family.push(latents)
    *_, last = family.flow(latents)
    return last.x
