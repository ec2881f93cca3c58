"""Molecules: graphs of heavy atoms, of nine elements, with single, double and triple bonds.

They lie in rows as graphs with types do (`models.layouts.graphs`); hydrogens fill what valence is
left (`observables.molecules`).
"""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from models.contracts.batch import Batch
from models.contracts.spec import SIZE, DataSpec, Given, rows_of_law
from models.layouts.graphs import Packing, pack_types, unpack_types
from models.registry import kind
from models.tensors import make_generator
from observables.molecules.atoms import ATOMS, BONDS

__all__ = ["MoleculeSet", "molecules", "packing_of"]


def packing_of(length: int) -> Packing:
    """Return how molecules lie in rows of a length.

    Raises:
        ValueError: no number of atoms has such rows.
    """
    nodes = 2
    while (packing := _packing(nodes)).length < length:
        nodes += 1
    if packing.length != length:
        raise ValueError(f"rows of {length} numbers are no molecules")
    return packing


def _packing(nodes: int) -> Packing:
    return Packing(nodes, node_types=len(ATOMS), edge_types=len(BONDS))


@dataclass(frozen=True)
class MoleculeSet:
    """Molecules; a `models.contracts.data.RowSource`.

    Attributes:
        x: (n, L) float32, packed rows.
        size: (n,) int64, how many heavy atoms each has.
    """

    x: Tensor
    size: Tensor

    columns: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def of(cls, atoms: Tensor, bonds: Tensor, size: Tensor) -> "MoleculeSet":
        """Return molecules of atoms (n, N) and bonds (n, N, N), as `observables.molecules` has
        them.
        """
        return cls(pack_types(atoms, bonds, size, _packing(atoms.shape[1])), size)

    def __len__(self) -> int:
        return len(self.x)

    @property
    def packing(self) -> Packing:
        """How they lie in a row."""
        return packing_of(self.x.shape[1])

    @property
    def unpacked(self) -> tuple[Tensor, Tensor]:
        """Atoms (n, N) and bonds (n, N, N)."""
        return unpack_types(self.x, self.packing)

    def spec(self) -> DataSpec:
        """Return the spec. All numbers have mean 0 and deviation 1 by declaration, as the edges of
        graphs do.
        """
        packing = self.packing
        zero, one = torch.zeros(packing.length), torch.ones(packing.length)
        return DataSpec(
            "molecules",
            (packing.length,),
            zero,
            one,
            parts=packing.parts,
            masks=packing.masks,
            given={SIZE: Given()},
            law={SIZE: self.size[rows_of_law(len(self))]},
        )

    def rows(self, index: Tensor | slice) -> Batch:
        """Return some molecules, with their size."""
        size = self.size[index]
        return Batch(self.x[index], self.packing.masks[size], {SIZE: size})

    def take(self, index: Tensor | slice) -> "MoleculeSet":
        """Return the molecules of some rows."""
        return replace(self, x=self.x[index], size=self.size[index])


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
    return MoleculeSet.of(atoms * here, chain.long() * (here[:, :, None] & here[:, None]), size)
