"""Ancestral sampling of symbols: each step undoes several steps of the corruption at once."""

from torch import Tensor

from pushforward.models.paths.discrete import draw_symbols
from pushforward.models.registry import sampler
from pushforward.models.samplers.discrete.base import (
    DiscreteSampler,
    DiscreteSamplerConfig,
    SymbolStep,
)

__all__ = ["Ancestral"]


@sampler(
    "d3pm-ancestral",
    title="Ancestral (D3PM)",
    summary="Samples each position from p(x_s | x_t). With k steps at once, exact except for "
    "positions that change together.",
    source="Austin et al. 2021, arXiv:2107.03006, eqs. 3 and 4; k steps at once: section 3",
    config=DiscreteSamplerConfig,
    order=None,
    evaluations=1,
    needs=("posterior",),
    update="x_s ~ Σ q(x_s | x_t, x₀) p(x₀ | x_t)",
)
class Ancestral(DiscreteSampler):
    """x_s ~ sum over x_0 of q(x_s | x_t, x_0) p(x_0 | x_t), at each place for itself."""

    def __init__(self, config: DiscreteSamplerConfig | None = None) -> None:
        super().__init__(config or DiscreteSamplerConfig())

    def step(self, at: SymbolStep) -> Tensor:
        x, t, s = at.x, at.t, at.s
        return draw_symbols(at.path.reverse(at.clean(x, t), x, t, s), at.uniforms(x))
