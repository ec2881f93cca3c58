"""Anchors of a representation: samples of a generator with their latents, fresh or from a frozen
set, mixed with real samples; and the second view of each.
"""

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL, DataSpec
from pushforward.models.representation.latent_views import LatentViews, neighbours, truncated
from pushforward.models.representation.source import ViewSource
from pushforward.models.representation.steering import learn_directions
from pushforward.models.tensors import make_generator, upload

__all__ = ["Anchors"]

_FROZEN = 4000  # the first of the streams of a seed that frozen anchors are drawn from
_CHUNK = 256  # frozen anchors that are generated at once


class Anchors:
    """Draws anchors and their neighbours.

    Args:
        source: the generator.
        spec: of the data.
        views: latent views.
        frozen: number of latents that are drawn once; 0 draws new ones for every batch.
        real_share: fraction of the anchors that are real samples.
        seed: of frozen anchors and edit directions.
    """

    def __init__(
        self,
        source: ViewSource,
        spec: DataSpec,
        views: LatentViews,
        *,
        frozen: int = 0,
        real_share: float = 0.0,
        seed: int = 0,
    ) -> None:
        self.source, self.spec, self.views = source, spec, views
        self.frozen, self.real_share, self.seed = frozen, real_share, seed
        self._set: list[tuple[Batch, Tensor]] = []
        self._directions: Tensor | None = None

    def draw(self, real: Batch, generator: torch.Generator, step: int) -> tuple[Batch, Batch]:
        """Return as many anchors as real rows, and the latents of the generated ones, which come
        first.

        Args:
            real: the real samples of the step.
            generator: of the CPU.
            step: number of the step, by which a frozen set grows.
        """
        n = len(real) - round(self.real_share * len(real))
        latents, made = (
            self._frozen_pairs(n, generator, step) if self.frozen else self.new(n, generator)
        )
        if n == len(real):
            given = {name: value.to(made.device) for name, value in latents.given.items()}
            return Batch(made, given=given), latents
        rest = real.take(slice(n, None))
        given = {
            name: torch.cat([value.to(made.device), rest.given[name]])
            for name, value in latents.given.items()
            if name == LABEL and name in rest.given
        }
        return Batch(torch.cat([made, rest.x]), given=given), latents

    def new(self, n: int, generator: torch.Generator) -> tuple[Batch, Tensor]:
        """Return n new latents, on the CPU, and their samples, (n, *shape)."""
        drawn = self.source.draw(n, generator)
        z = truncated(self.views, self.source.numbers(drawn))
        latents = self.source.holding(drawn, z)
        return latents, self.source.push(latents)

    def _frozen_pairs(self, n: int, generator: torch.Generator, step: int) -> tuple[Batch, Tensor]:
        """Return n of the frozen anchors by chance. The set grows by one chunk a step, and a chunk
        is a function of the seed: when a training is resumed it is generated again.
        """
        wanted = min(-(-self.frozen // _CHUNK), step + 1)
        for index in range(len(self._set), wanted):
            size = min(_CHUNK, self.frozen - index * _CHUNK)
            self._set.append(self.new(size, make_generator(self.seed, _FROZEN + index)))
        known = self._set[:wanted]
        latents, made = Batch.cat([each for each, _ in known]), torch.cat([x for _, x in known])
        rows = torch.randint(len(made), (n,), generator=generator)
        return latents.take(rows), made[upload(rows, made.device)]

    def neighbour(
        self, latents: Batch, generator: torch.Generator, views: LatentViews | None = None
    ) -> Tensor:
        """Return samples of neighbours of latents, (n, *shape), standardised, by some views or the
        usual ones.
        """
        views = views or self.views
        directions = self.directions() if views.kind == "steering" else None
        z = neighbours(views, self.source.numbers(latents), generator, directions)
        return self.source.push(self.source.holding(latents, z))

    def second(self, anchors: Batch, latents: Batch, generator: torch.Generator) -> Tensor:
        """Return the samples of the second views, (n, *shape), before pixel views."""
        if self.views.kind == "none" or not len(latents):
            return anchors.x
        return torch.cat([self.neighbour(latents, generator), anchors.x[len(latents) :]])

    def directions(self) -> Tensor:
        """Return the learned edit directions (edits, d); learn them when they are first needed."""
        if self._directions is None:
            self._directions, _ = learn_directions(self.source, self.spec, self.seed)
        return self._directions
