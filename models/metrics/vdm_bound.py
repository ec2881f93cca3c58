"""How briefly a diffusion could write unseen data down: its variational bound, term by term."""

import math
from collections.abc import Generator
from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.bound import Bound, continuous_bound, discrete_bound
from pushforward.models.config import param
from pushforward.models.contracts.abilities import HasDenoiser, HasReverseVariance
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.denoisers.densities import LogUniform
from pushforward.models.metrics.base import Evidence, Figure, NotApplicable
from pushforward.models.metrics.images.bits import BitsConfig, BitsPerDimension
from pushforward.models.metrics.likelihood import LikelihoodConfig, LogLikelihood, mean_of
from pushforward.models.registry import metric, registry
from pushforward.models.tensors import make_generator

__all__ = ["VdmBound", "VdmBoundConfig"]

_NOISE = 3201  # a stream of a seed
_PIECE = 2**22  # numbers that the values of a piece of rows may come to


class VdmBoundConfig(LikelihoodConfig, frozen=True):
    """How many data are looked at, what numbers they are of, and with how many steps."""

    rows: Annotated[
        int,
        param(
            "Samples",
            "Number of unseen samples. Each takes one network evaluation per level; the "
            "interval shrinks with their square root.",
            low=10,
            high=50_000,
            log=True,
        ),
    ] = 500
    levels: Annotated[
        int,
        param(
            "Levels",
            "Number of noise levels per sample.",
            low=1,
            high=4096,
            log=True,
        ),
    ] = 64
    steps: Annotated[
        int,
        param(
            "Steps",
            "Number of diffusion steps, uniform in log-SNR: the bound of a sampler with as many "
            "steps. A learned reverse variance helps only there.",
            low=0,
            high=4096,
            zero="infinitely many",
        ),
    ] = 0
    values: Annotated[
        int,
        param(
            "Grey levels",
            "Number of values of a dimension between its bounds: 256 for 8-bit images. The "
            "bound is then on a probability, not a density.",
            low=0,
            high=65_536,
            zero="any number",
        ),
    ] = 0


@metric(
    "vdm-bound",
    title="Variational bound",
    summary="Upper bound on the bits per dimension of unseen data, from the diffusion as a "
    "hierarchical VAE; with its prior, reconstruction and diffusion terms.",
    source="Kingma et al. 2021, arXiv:2107.00630, eqs. 11-18; Ho et al. 2020, arXiv:2006.11239, "
    "eq. 5",
    config=VdmBoundConfig,
    needs=("denoiser", "bound"),
    unit="bits/dim",
    bar_is=(
        "the density of the data where it is known, else the Gaussian with mean and "
        "covariance of the training data"
    ),
    heavy=True,
)
class VdmBound(LogLikelihood):
    """E of the bound on -log2 p(x) / d over unseen x, in the units of the data, as a metric."""

    config: VdmBoundConfig

    def walk(self, evidence: Evidence) -> Generator[None, None, Figure]:
        model = evidence.model
        assert model is not None
        assert isinstance(model, HasDenoiser)
        rows = self._rows(evidence)
        spec, generator = model.spec, make_generator(0, _NOISE)
        values = self._values(spec)
        found = []
        for piece in rows.split(self.piece(rows)):
            at = spec.standardised(piece).to(model.device)
            with torch.no_grad():
                bound = self._bound(model, at, values, generator)
            # A density is one per unit of the data; of whole values it is a probability.
            scale = torch.zeros(len(piece)) if self.config.values else spec.log_scale(piece)
            each = (bound.prior, bound.reconstruction, bound.diffusion.sum(dim=1))
            nats = torch.stack(each).cpu().double()
            nats[1] += scale
            found.append(nats)
            yield
        terms = torch.cat(found, dim=1) / (rows.x[0].numel() * math.log(2.0))
        figure = mean_of(terms.sum(dim=0))
        names = ("prior", "reconstruction", "diffusion")
        parts = {name: float(each.mean()) for name, each in zip(names, terms, strict=True)}
        return Figure(figure.value, figure.low, figure.high, figure.n, parts)

    def bar(self, evidence: Evidence) -> Figure:
        if not self.config.values:
            return super().bar(evidence)
        config = BitsConfig(rows=self.config.rows, levels=self.config.values)
        return BitsPerDimension(config).bar(evidence)

    def piece(self, rows: Batch) -> int:
        size = super().piece(rows)
        return max(1, min(size, _PIECE // (rows.x[0].numel() * max(1, self.config.values))))

    def summarise(self, log_prob: Tensor, rows: Batch) -> Figure:
        return mean_of(-log_prob / (rows.x[0].numel() * math.log(2.0)))

    def _bound(
        self, model: HasDenoiser, at: Batch, values: Tensor | None, generator: torch.Generator
    ) -> Bound:
        denoise, law = model.denoiser(at), LogUniform(*model.noise_range)
        steps = self.config.steps
        if not steps:
            return continuous_bound(denoise, at, law, self.config.levels, generator, values=values)
        grid = law.quantile(torch.linspace(0, 1, steps + 1))
        wide = denoise.reverse_variance if isinstance(denoise, HasReverseVariance) else None
        return discrete_bound(denoise, at, grid, generator, variance=wide, values=values)

    def _values(self, spec: DataSpec) -> Tensor | None:
        """Return the values that a number can have, standardised, (k, *shape); None for any.

        Raises:
            NotApplicable: the data have no bounds between which values could be counted.
        """
        if not self.config.values:
            return None
        bounds = registry.get("kind", spec.kind).bounds
        if bounds is None:
            many = registry.get("kind", spec.kind).many
            raise NotApplicable(f"it counts values between two bounds, and {many} have none")
        grid = torch.linspace(*bounds, self.config.values)
        shape = (-1, *([1] * len(spec.shape)))
        return spec.standardise(grid.reshape(shape).expand(-1, *spec.shape))
