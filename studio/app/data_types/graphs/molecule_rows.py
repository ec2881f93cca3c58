"""How rows of molecules are read on the screen; they lie as `models.kinds.molecules` says. Pure."""

import numpy as np

from pushforward.observables.molecules.atoms import ATOMS, BONDS
from pushforward.studio.app.core.data_type import Arrays
from pushforward.studio.app.data_types.graphs.typed_rows import Numbers, TypedRows
from pushforward.studio.protocol.extras import SIZE

__all__ = ["MoleculeRows", "most_atoms"]

KINDS, ORDERS = len(ATOMS), len(BONDS)


def _length(nodes: int) -> int:
    return KINDS * nodes + ORDERS * nodes * (nodes - 1) // 2


def most_atoms(length: int) -> int:
    """Return N for rows of this length, 0 if they are no molecules."""
    nodes = 2
    while _length(nodes) < length:
        nodes += 1
    return nodes if _length(nodes) == length else 0


class MoleculeRows(TypedRows):
    """Molecules: nodes are atoms, edges bonds."""

    @classmethod
    def of(cls, arrays: Arrays) -> "MoleculeRows":
        """Return data (n, ...) by name as molecules."""
        x = np.nan_to_num(np.asarray(arrays["x"], np.float64))
        return cls(x, most_atoms(x.shape[1]), KINDS, ORDERS, arrays.get(SIZE))

    @property
    def atoms(self) -> Numbers:
        """The likeliest element of each atom, (n, N), 0 where there is none."""
        return self.types

    @property
    def bonds(self) -> Numbers:
        """The order of each bond that is likely, (n, N, N), 0 where there is none."""
        return self.edges
