"""D3PM: discrete diffusion that replaces or masks symbols and predicts the clean ones."""

from collections.abc import Iterator
from typing import Any, Unpack

import torch
from torch import Tensor

from pushforward.models.carriers.discrete_diffusion import (
    UNITS,
    DiscreteDiffusion,
    DiscreteDiffusionConfig,
)
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.family import Frame
from pushforward.models.contracts.learner import LAW, Scene, Training
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.registry import family

__all__ = ["D3pm", "D3pmConfig"]


class D3pmConfig(DiscreteDiffusionConfig, frozen=True):
    """Settings of a diffusion of symbols."""


@family(
    "d3pm",
    config=D3pmConfig,
    needs=("symbols", "whole"),
    capabilities=("posterior", "bound"),
    group="discrete",
    units=UNITS,
    sampler="d3pm-ancestral",
)
class D3pm(DiscreteDiffusion[D3pmConfig]):
    """The data are symbols as they stand."""

    def __init__(self, config: D3pmConfig, spec: DataSpec, **training: Unpack[Training]) -> None:
        assert spec.symbols is not None
        super().__init__(config, spec, spec.symbols, **training)

    def written(self, rows: Batch) -> Batch:
        return rows

    def to_model_units(self, symbols: Tensor) -> Tensor:
        return symbols

    def seen(self, symbols: Tensor) -> Tensor:
        return symbols

    def posterior_scene(self, law: Tensor) -> Scene:
        return {LAW: law}

    def writing(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[tuple[Frame, Tensor | None]]:
        """Yield the flow with what its symbols are drawn from; see `models.contracts.abilities`."""
        yield from self.going(latents, sampler=sampler, generator=generator)

    def log_prob_bound(self, x: Rows) -> Tensor:
        """Return the variational bound of log p(x), (n,)."""
        return self.symbol_bound(Batch.of(x))
