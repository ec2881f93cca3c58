"""Parallel unmasking: a fixed number of masked places at each step, in a random order or the surest
first.
"""

from typing import Annotated, Literal

import torch
from torch import Tensor

from pushforward.models.config import param
from pushforward.models.paths.discrete import DiscretePath, draw_symbols
from pushforward.models.registry import sampler
from pushforward.models.samplers.discrete.base import (
    DiscreteSampler,
    DiscreteSamplerConfig,
    SymbolStep,
)

__all__ = ["Unmasking", "UnmaskingConfig"]


class UnmaskingConfig(DiscreteSamplerConfig, frozen=True):
    """In which order places are written, and how boldly."""

    order: Annotated[
        Literal["random", "confidence"],
        param(
            "Order",
            "Order in which positions are revealed. Random matches the training; most confident "
            "first gives likelier, less diverse samples.",
            choices={"random": "Random", "confidence": "Surest first"},
        ),
    ] = "random"
    temperature: Annotated[
        float,
        param(
            "Temperature",
            "Below 1, likely symbols become more likely.",
            above=0.0,
            high=5.0,
        ),
    ] = 1.0


@sampler(
    "unmasking",
    title="Parallel unmasking",
    summary="Reveals equally many masked positions in each step; with as many steps as "
    "positions it generates one by one.",
    source="Chang et al. 2022 (MaskGIT), arXiv:2202.04200, section 3.2; one by one: Hoogeboom et "
    "al. 2022 (ARDM), arXiv:2110.02037, algorithm 1",
    config=UnmaskingConfig,
    order=None,
    evaluations=1,
    needs=("posterior",),
    update="of the masked places ⌈s n/T⌉ stay,  the others are x₀ ~ p(x₀ | x_t)",
)
class Unmasking(DiscreteSampler):
    """Of the places that are masked, those with the highest marks are drawn from p(x_0 | x_t)."""

    def __init__(self, config: UnmaskingConfig | None = None) -> None:
        self.config = config or UnmaskingConfig()
        super().__init__(self.config)

    def check(self, path: DiscretePath) -> None:
        if path.mask is None:
            raise ValueError(
                f"Parallel unmasking writes masked places, and the path {path.name!r} masks none: "
                "choose the absorbing path, or another sampler."
            )

    def step(self, at: SymbolStep) -> Tensor:
        x, t, s = at.x, at.t, at.s
        law = at.clean(x, t)
        if self.config.temperature != 1.0:
            law = (law.clamp_min(1e-30).log() / self.config.temperature).softmax(dim=-1)
        drawn = draw_symbols(law, at.uniforms(x))
        assert at.path.mask is not None
        masked = x.eq(at.path.mask).flatten(1)
        marks = at.uniforms(x).flatten(1)
        if self.config.order == "confidence":
            marks = law.gather(-1, drawn[..., None]).squeeze(-1).flatten(1)
        stay = -(-masked.shape[1] * s // at.path.steps) if s else 0
        ranks = marks.masked_fill(~masked, torch.inf).argsort(dim=1, descending=True).argsort(dim=1)
        written = masked & (ranks < masked.shape[1] - stay)
        return torch.where(written.reshape(x.shape), drawn, x)
