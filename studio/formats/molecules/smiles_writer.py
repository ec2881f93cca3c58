"""Molecules spelt as SMILES (OpenSMILES 1.0), by our own means: right, and not canonical."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.observables.molecules.atoms import ATOMS
from pushforward.observables.molecules.valence import hydrogens

__all__ = ["spelt"]

_BONDS = ("", "", "=", "#")
_USUAL: Mapping[str, tuple[int, ...]] = {
    **{"C": (4,), "N": (3, 5), "O": (2,), "P": (3, 5), "S": (2, 4, 6)},
    **dict.fromkeys(("F", "Cl", "Br", "I"), (1,)),
}
"""Up to which sum of bond orders hydrogens are not written (section 3.1.5)."""


def spelt(atoms: NDArray[Any], bonds: NDArray[Any]) -> str:
    """Return a SMILES of a molecule, atoms (n,) and bonds (n, n), that can be: of one piece, its
    double bonds where they are.
    """
    return "".join(_Writer(atoms, bonds).written())


class _Writer:
    """Walks over a molecule depth first: a bond that leads back is the end of a ring."""

    def __init__(self, atoms: NDArray[Any], bonds: NDArray[Any]) -> None:
        self._atoms, self._bonds = atoms, bonds
        self._hydrogens = hydrogens(atoms, bonds).tolist()
        self._near = [np.flatnonzero(row).tolist() for row in bonds]
        self._then: dict[int, list[int]] = {}  # the atoms to which bonds lead on
        self._rings: dict[int, list[int]] = {}  # those from which bonds lead back, to each
        self._labels: dict[tuple[int, int], int] = {}  # of the rings that are open

    def written(self) -> Iterator[str]:
        """Yield the parts of the SMILES."""
        start = min(range(len(self._atoms)), key=lambda atom: len(self._near[atom]))
        self._walk(start, -1)
        yield from self._spell(start)

    def _walk(self, atom: int, before: int) -> None:
        self._then[atom], self._rings[atom] = [], []
        for other in self._near[atom]:
            if other == before:
                continue
            if other not in self._then:
                self._then[atom].append(other)
                self._walk(other, atom)
            elif atom not in self._rings[other] and other not in self._rings[atom]:
                self._rings[other].append(atom)  # which comes later: the ring is open until then

    def _spell(self, atom: int) -> Iterator[str]:
        yield self._symbol(atom)
        ended = [ring for ring in self._labels if ring[1] == atom]
        for ring in ended:
            yield _ring(self._labels[ring])
        for last in self._rings[atom]:
            label = next(k for k in range(1, 100) if k not in self._labels.values())
            self._labels[atom, last] = label
            yield _BONDS[int(self._bonds[atom, last])] + _ring(label)
        for ring in ended:
            del self._labels[ring]
        *branches, on = [*self._then[atom]] or [-1]
        for other in branches:
            yield f"({_BONDS[int(self._bonds[atom, other])]}"
            yield from self._spell(other)
            yield ")"
        if on >= 0:
            yield _BONDS[int(self._bonds[atom, on])]
            yield from self._spell(on)

    def _symbol(self, atom: int) -> str:
        name, more = ATOMS[int(self._atoms[atom])], self._hydrogens[atom]
        used = int(self._bonds[atom].sum())
        left = next((most - used for most in _USUAL[name] if most >= used), 0)
        if left == more:
            return name
        return f"[{name}{'H' * (more > 0)}{more if more > 1 else ''}]"


def _ring(label: int) -> str:
    return str(label) if label < 10 else f"%{label}"
