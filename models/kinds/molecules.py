"""Molecules: graphs of heavy atoms, of nine elements, with single, double and triple bonds.

They lie in rows as graphs with types do (`models.layouts.graphs`); hydrogens fill what valence is
left (`observables.molecules`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from pushforward.models.contracts.spec import Given
from pushforward.models.layouts.graphs import Packing, pack_types, unpack_types
from pushforward.models.layouts.typed_graphs import TypedGraphs
from pushforward.models.registry import kind
from pushforward.models.tensors import make_generator, real_places
from pushforward.observables.molecules.atoms import ATOMS, BONDS

__all__ = ["HETEROATOMS", "RINGS", "MoleculeSet", "molecules", "packing_of"]


RINGS, HETEROATOMS = "rings", "heteroatoms"
"""Under these names properties of a molecule are given, where they are."""
_PACKING = Packing(2, node_types=len(ATOMS), edge_types=len(BONDS))


def packing_of(length: int) -> Packing:
    """Return how molecules lie in rows of a length.

    Raises:
        ValueError: no number of atoms has such rows.
    """
    return _PACKING.as_long(length)


@dataclass(frozen=True)
class MoleculeSet(TypedGraphs):
    """Molecules: nodes are heavy atoms, edges bonds.

    Attributes:
        told: whether the numbers of rings and heteroatoms are conditions.
        elements: the elements that they have, by their numbers in `ATOMS`; () where that is unknown
            and any may come.
    """

    told: bool = False
    elements: tuple[int, ...] = ()

    kind: ClassVar[str] = "molecules"

    @classmethod
    def of(cls, atoms: Tensor, bonds: Tensor, size: Tensor) -> "MoleculeSet":
        """Return molecules of atoms (n, N) and bonds (n, N, N), as `observables.molecules` has
        them.
        """
        packing = replace(_PACKING, nodes=atoms.shape[1])
        return cls(pack_types(atoms, bonds, size, packing), size)

    @property
    def packing(self) -> Packing:
        return packing_of(self.x.shape[1])

    @property
    def node_types(self) -> Collection[int]:
        return self.elements or super().node_types

    def known(self) -> Mapping[str, Given]:
        found = dict(super().known())
        if self.told:
            for name, values in self._counts(slice(None)).items():
                std = values.std().clamp_min(1e-6)
                found[name] = Given(mean=values.mean(), std=std, names=(name,))
        return found

    def given(self, index: Tensor | slice) -> dict[str, Tensor]:
        found = super().given(index)
        return {**found, **self._counts(index)} if self.told else found

    def _counts(self, index: Tensor | slice) -> dict[str, Tensor]:
        """Return how many independent rings molecules in one piece have, and how many atoms that
        are no carbon, (n,) float32 each.
        """
        atoms, bonds = unpack_types(self.x[index], self.packing)
        size = self.size[index]
        edges = (bonds > 0).sum(dim=(1, 2)) // 2
        others = ((atoms > 0) & real_places(size, atoms.shape[1])).sum(dim=1)
        return {RINGS: (edges - size + 1).float(), HETEROATOMS: others.float()}


@kind(
    "molecules",
    title="Molecules",
    one="molecule",
    many="molecules",
    summary="Heavy atoms of nine elements and the bonds between them; hydrogens fill the rest.",
    gives=("continuous", "types"),
    networks={"denoiser": "typed-graph-net"},
    metrics=("valid-molecules", "different-molecules", "new-molecules"),
    training={"particles": 64, "frames": 16, "batch": 64, "evaluate_samples": 100},
    families={
        "edm": {
            # Below .2 every bit is decided, and above 5 none is.
            "density_mean": 0.4,
            "s_min": 0.2,
            "ema": 0.998,
            "optimizer": {"kind": "adamw", "lr": 2e-3, "schedule": "cosine", "clip": 1.0},
        },
        # What an element leaves room for shows in what its atom has already.
        "masked-types": {"net": {"slug": "typed-graph-net", "config": {"valences": True}}},
        "score-flow": {"speed": 0.5, "reach": 10.0, "s_low": 0.3},
    },
)
def molecules(n: int, seed: int) -> MoleculeSet:
    """Return n chains of 2 or 3 atoms of carbon, nitrogen and oxygen."""
    rng = make_generator(seed)
    size = torch.randint(2, 4, (n,), generator=rng)
    atoms = torch.randint(0, 3, (n, 3), generator=rng)
    places = torch.arange(3)
    chain = (places[:, None] - places).abs() == 1
    here = places < size[:, None]
    made = MoleculeSet.of(atoms * here, chain.long() * (here[:, :, None] & here[:, None]), size)
    return replace(made, elements=(0, 1, 2))
