"""How rows of molecules are read on the screen; they lie as `models.kinds.molecules` says. Pure."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from observables.molecules.atoms import ATOMS, BONDS
from studio.app.kinds.graph_rows import ends
from studio.app.kinds.kind import Arrays

__all__ = ["MoleculeRows", "most_atoms"]

Floats: TypeAlias = NDArray[np.float64]
Numbers: TypeAlias = NDArray[np.int64]
KINDS, ORDERS = len(ATOMS), len(BONDS)


def _length(nodes: int) -> int:
    return KINDS * nodes + ORDERS * nodes * (nodes - 1) // 2


def most_atoms(length: int) -> int:
    """Return N for rows of so many numbers, 0 where these are rows of no molecules."""
    nodes = 2
    while _length(nodes) < length:
        nodes += 1
    return nodes if _length(nodes) == length else 0


@dataclass(frozen=True, eq=False)
class MoleculeRows:
    """Molecules in rows x (n, L), what is no number read as 0."""

    x: Floats

    @classmethod
    def of(cls, arrays: Arrays) -> "MoleculeRows":
        """Return data (n, ...) by name as molecules."""
        return cls(np.nan_to_num(np.asarray(arrays["x"], np.float64)))

    @cached_property
    def nodes(self) -> int:
        """N, how many atoms a molecule has at most."""
        return most_atoms(self.x.shape[1])

    @cached_property
    def _numbers(self) -> Floats:
        """The numbers of atoms, (n, N, 9)."""
        return self.x[:, : KINDS * self.nodes].reshape(len(self.x), self.nodes, KINDS)

    @cached_property
    def size(self) -> Numbers:
        """How many atoms of each are real, (n,): numbers of others are exactly 0."""
        return np.asarray((self._numbers != 0.0).any(axis=2).sum(axis=1), np.int64)

    @cached_property
    def atoms(self) -> Numbers:
        """The likeliest element of each atom, (n, N), 0 where there is none."""
        real = np.arange(self.nodes) < self.size[:, None]
        return np.asarray(self._numbers.argmax(axis=2) * real, np.int64)

    @cached_property
    def orders(self) -> Floats:
        """How certain each order of each bond is, (n, 3, P) in [0, 1]; 0 beside padded atoms."""
        pairs = self.x[:, KINDS * self.nodes :].reshape(len(self.x), ORDERS, -1)
        return np.where(pairs != 0.0, np.clip((1.0 + pairs) / 2.0, 0.0, 1.0), 0.0)

    @property
    def joined(self) -> Floats:
        """The number of the likeliest order of each pair, (n, P), exactly 0 beside padded atoms."""
        pairs = self.x[:, KINDS * self.nodes :].reshape(len(self.x), ORDERS, -1)
        return np.asarray(pairs.max(axis=1), np.float64)

    @cached_property
    def bonds(self) -> Numbers:
        """The order of each bond that is likely, (n, N, N), 0 where there is none."""
        order = np.where(self.orders.max(axis=1) > 0.5, self.orders.argmax(axis=1) + 1, 0)
        first, second = ends(self.nodes)
        found = np.zeros((len(self.x), self.nodes, self.nodes), np.int64)
        found[:, first, second] = found[:, second, first] = order
        return found

    def each(self) -> list[tuple[NDArray[Any], NDArray[Any]]]:
        """Return the atoms (n,) and bonds (n, n) of each molecule."""
        return [
            (atoms[:n], bonds[:n, :n])
            for atoms, bonds, n in zip(self.atoms, self.bonds, self.size.tolist(), strict=True)
        ]
