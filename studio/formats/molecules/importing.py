"""Molecules from files, packed into rows of the size of the largest; skipped ones are reported."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pushforward.observables.molecules.atoms import ATOMS, BONDS
from pushforward.observables.molecules.valence import formula, why_invalid
from pushforward.studio.counts import format_count, format_range
from pushforward.studio.formats.graphs.rows import typed_rows
from pushforward.studio.formats.graphs.two_pass import Collected, LeftOut, ReadTwice
from pushforward.studio.store.parts import Block, Part
from pushforward.studio.store.schema import Schema

__all__ = ["MOST_ATOMS", "Found", "Molecule", "MoleculeFiles", "Unread"]

Molecule: TypeAlias = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Atoms (n,) and bonds (n, n), as `observables.molecules` has them."""
Found: TypeAlias = tuple[str, Molecule | str]
"""Where in a file something is, and the molecule, or in words why it is none."""

MOST_ATOMS = 60
"""Heavy atoms of a molecule: a row has three numbers for each pair of them."""
LEAST = 2


class Unread(ValueError):
    """Something that is no molecule, or none that rows can hold; the message says why."""


@dataclass
class _Molecules(Collected[Found, Molecule]):
    """Accepted molecules, and the reasons for skipped ones."""

    rows: int = 0
    least: int = MOST_ATOMS
    most: int = 0
    elements: set[int] = field(default_factory=set)
    formulas: set[str] = field(default_factory=set)
    left: LeftOut = field(default_factory=LeftOut)

    one = f"molecule of at least {LEAST} heavy atoms that can be taken"

    def look(self, met: Found) -> None:
        where, found = met
        why = found if isinstance(found, str) else _why_not(*found)
        if why or isinstance(found, str):
            self.left.add(why, where)
            return
        self.rows += 1
        size = len(found[0])
        self.least, self.most = min(self.least, size), max(self.most, size)
        self.elements.update(found[0].tolist())
        self.formulas.add(formula(*found))

    def accept(self, met: Found) -> Molecule | None:
        found = met[1]
        return None if isinstance(found, str) or _why_not(*found) else found

    @property
    def notes(self) -> list[str]:
        said = []
        if self.rows:
            said.append(
                f"{format_count(self.rows, 'molecule')} of {format_range(self.least, self.most)} "
                "heavy atoms, "
                f"{format_count(len(self.formulas), 'formula')}."
            )
        if left := self.left.note:
            said.append(left)
        return said

    @property
    def numbers(self) -> int:
        return self.most * (self.most + 1) // 2

    @property
    def schema(self) -> Schema:
        parts = [
            Part(name="atoms", dtype="uint8", shape=[self.most]),
            Part(name="bonds", dtype="uint8", shape=[self.most * (self.most - 1) // 2]),
            Part(name="size", dtype="int64"),
        ]
        facts = {"nodes": self.most, "elements": sorted(self.elements)}
        return Schema(kind="molecules", parts=parts, facts=facts)

    def packed(self, some: Sequence[Molecule]) -> Block:
        """Return the parts of molecules: the element of each atom, the order of the bond of each
        pair i < j, and how many atoms there are.
        """
        atoms = np.zeros((len(some), self.most), np.uint8)
        bonds = np.zeros((len(some), self.most, self.most), np.uint8)
        for row, (own, square) in enumerate(some):
            atoms[row, : len(own)] = own
            bonds[row, : len(own), : len(own)] = square
        first, second = np.triu_indices(self.most, 1)
        size = np.array([len(own) for own, _ in some], np.int64)
        return {"atoms": atoms, "bonds": bonds[:, first, second], "size": size}

    def plot_rows(self, block: Block) -> Block:
        atoms, bonds, size = (block[name].astype(np.int64) for name in ("atoms", "bonds", "size"))
        return {"x": typed_rows(atoms, bonds, size, len(ATOMS), len(BONDS))}


def _why_not(atoms: NDArray[np.int64], bonds: NDArray[np.int64]) -> str:
    if not LEAST <= len(atoms) <= MOST_ATOMS:
        return f"they have fewer than {LEAST} or more than {MOST_ATOMS} heavy atoms"
    return why_invalid(atoms, bonds)


class MoleculeFiles(ReadTwice[Found, Molecule]):
    """What importers of molecules share."""

    kind = "molecules"

    @abstractmethod
    def molecules(self, path: Path) -> Iterator[Found]:
        """Yield what a file holds, one after the other.

        Raises:
            FormatError: it holds something else, or too much.
        """

    def each(self, path: Path) -> Iterator[Found]:
        """Yield what a file holds; see `molecules`."""
        return self.molecules(path)

    def collecting(self, options: Mapping[str, Any]) -> Collected[Found, Molecule]:
        """Return an empty collection for molecules."""
        return _Molecules()
