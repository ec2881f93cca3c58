"""A fully connected critic of permutation invariants of a graph. It reads structural features of
the soft adjacency (`models.layouts.graph_invariants`) and never the row: its gradient, and thus the
motion of particles, is permutation equivariant for any weights. It costs a tenth of a
message-passing network, and sees only these invariants.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.layouts.graph_invariants import structural_features
from pushforward.models.layouts.graphs import Packing
from pushforward.models.nets.given import GivenFeatures
from pushforward.models.nets.mlp import MLP, MLPConfig, TimeMLP
from pushforward.models.nets.role import Role
from pushforward.models.registry import network

__all__ = ["invariant_mlp"]


class _OfInvariants(nn.Module):
    """x (B, L) -> (B, 1)."""

    def __init__(
        self, config: MLPConfig, spec: DataSpec, role: Role, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.packing = Packing.of(spec.parts)
        seen = sum(part.shape[1] for part in self._features(spec.example(1, generator)))
        told = GivenFeatures(spec) if spec.given else None
        make = TimeMLP if role.clock else MLP
        self.net = make(config, seen, 1, generator=generator, told=told)

    def _features(self, rows: Batch) -> tuple[Tensor, ...]:
        return structural_features(rows, self.packing)

    def forward(
        self,
        x: Tensor,
        clock: Tensor | None = None,
        given: Mapping[str, Tensor] | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        seen = torch.cat(self._features(Batch(x, mask)), dim=1)
        out: Tensor = self.net(seen, clock, given)
        return out


@network(
    "invariant-mlp",
    title="Fully connected on invariants",
    summary="A fast critic on permutation-invariant features: degrees, cycles, walks, spectrum.",
    source="features of Vignac et al. 2023, arXiv:2209.14734, section 4.2, and of Dwivedi et al. "
    "2022, arXiv:2110.07875, section 4",
    roles=("critic",),
    needs=("graph",),
    config=MLPConfig,
)
def invariant_mlp(
    config: MLPConfig, spec: DataSpec, role: Role, generator: torch.Generator
) -> nn.Module:
    """Return a critic of invariants."""
    return _OfInvariants(config, spec, role, generator)
