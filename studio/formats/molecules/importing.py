"""Molecules from files: packed into rows as long as the largest needs; what is left out is told."""

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from observables.molecules.atoms import ATOMS
from observables.molecules.valence import formula, why_invalid
from studio.formats.importer import Importer, Rows
from studio.formats.inspection import Inspection
from studio.formats.limits import FormatError, check_points, rows_at_once
from studio.store.parts import Block, Part
from studio.store.schema import Schema

__all__ = ["MOST_ATOMS", "Found", "Molecule", "MoleculeFiles", "Unread"]

Molecule: TypeAlias = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Atoms (n,) and bonds (n, n), as `observables.molecules` has them."""
Found: TypeAlias = tuple[str, Molecule | str]
"""Where in a file something is, and the molecule, or in words why it is none."""

MOST_ATOMS = 60
"""Heavy atoms of a molecule: a row has three numbers for each pair of them."""
LEAST = 2
SHOWN = 3
TOLD = 3  # reasons that are told with where they were met first


class Unread(ValueError):
    """Something that is no molecule, or none that rows can hold; the message says why."""


@dataclass
class _Seen:
    """What is known of molecules after all were looked through."""

    rows: int = 0
    least: int = MOST_ATOMS
    most: int = 0
    formulas: set[str] = field(default_factory=set)
    left: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)

    def look(self, where: str, found: Molecule | str) -> Molecule | None:
        """Return a molecule that is taken; of others it is noted why they are not."""
        why = found if isinstance(found, str) else _why_not(*found)
        if why or isinstance(found, str):
            self.left[why] += 1
            self.first.setdefault(why, where)
            return None
        self.rows += 1
        size = len(found[0])
        self.least, self.most = min(self.least, size), max(self.most, size)
        self.formulas.add(formula(*found))
        return found

    @property
    def notes(self) -> list[str]:
        """Sentences for people."""
        said = []
        if self.rows:
            said.append(
                f"{self.rows:,} molecules of {self.least} to {self.most} heavy atoms, "
                f"{len(self.formulas):,} formulas."
            )
        if total := sum(self.left.values()):
            reasons = self.left.most_common(TOLD)
            each = "; ".join(f"{n:,} as {why} (first {self.first[why]})" for why, n in reasons)
            more = ", and others" if len(self.left) > TOLD else ""
            said.append(f"{total:,} are left out: {each}{more}.")
        return said


def _why_not(atoms: NDArray[np.int64], bonds: NDArray[np.int64]) -> str:
    if not LEAST <= len(atoms) <= MOST_ATOMS:
        return f"they have fewer than {LEAST} or more than {MOST_ATOMS} heavy atoms"
    return why_invalid(atoms, bonds)


class MoleculeFiles(Importer):
    """What importers of molecules share: two passes, the first for the size of the largest."""

    kind = "molecules"
    format: str
    """What the files are called."""

    @abstractmethod
    def molecules(self, path: Path) -> Iterator[Found]:
        """Yield what a file holds, one after the other.

        Raises:
            FormatError: it holds something else, or too much.
        """

    def inspect(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Inspection:
        """Look through all files."""
        seen = self._looked(paths)
        preview: dict[str, Any] = {}
        if seen.rows:
            block = next(self._blocks(paths, seen.most))
            first = {name: values[:SHOWN] for name, values in block.items()}
            preview = {name: values.tolist() for name, values in first.items()}
            preview["x"] = _seen(first).tolist()
        return Inspection(
            files=[str(path) for path in paths],
            importer=self.slug,
            kind=self.kind,
            format=self.format,
            bytes=0,
            rows=seen.rows,
            parts=_parts(seen.most) if seen.rows else [],
            preview=preview,
            problems=[] if seen.rows else [_nothing(paths)],
            notes=seen.notes,
        )

    def rows(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Rows:
        """Stream the molecules of all files."""
        seen = self._looked(paths)
        if not seen.rows:
            raise FormatError(_nothing(paths), " ".join(seen.notes) or "Check where it came from.")
        check_points(paths[0], "", seen.rows, seen.most * (seen.most + 1) // 2)
        schema = Schema(kind=self.kind, parts=_parts(seen.most), facts={"nodes": seen.most})
        return Rows(schema, self._blocks(paths, seen.most), seen.rows)

    def _taken(self, paths: Sequence[Path], seen: _Seen) -> Iterator[Molecule]:
        for path in paths:
            for where, found in self.molecules(path):
                if (taken := seen.look(where, found)) is not None:
                    yield taken

    def _looked(self, paths: Sequence[Path]) -> _Seen:
        seen = _Seen()
        for _ in self._taken(paths, seen):
            pass
        return seen

    def _blocks(self, paths: Sequence[Path], most: int) -> Iterator[Block]:
        step = rows_at_once(most * (most + 1))
        some: list[Molecule] = []
        for found in self._taken(paths, _Seen()):
            some.append(found)
            if len(some) == step:
                yield _packed(some, most)
                some = []
        if some:
            yield _packed(some, most)


def _nothing(paths: Sequence[Path]) -> str:
    return f"{paths[0].name} has no molecule of at least {LEAST} heavy atoms that can be taken."


def _parts(most: int) -> list[Part]:
    return [
        Part(name="atoms", dtype="uint8", shape=[most]),
        Part(name="bonds", dtype="uint8", shape=[most * (most - 1) // 2]),
        Part(name="size", dtype="int64"),
    ]


def _seen(block: Block) -> NDArray[np.int8]:
    """Return molecules as rows (n, L), as `models.kinds.molecules` says, to be drawn."""
    atoms, pairs, size = (block[name].astype(np.int64) for name in ("atoms", "bonds", "size"))
    real = np.arange(atoms.shape[1]) < size[:, None]
    second = np.triu_indices(atoms.shape[1], 1)[1]
    own = np.where(atoms[..., None] == np.arange(len(ATOMS)), 1, -1) * real[..., None]
    orders = [np.where(pairs == order, 1, -1) * (second < size[:, None]) for order in (1, 2, 3)]
    return np.concatenate([own.reshape(len(own), -1), *orders], axis=1).astype(np.int8)


def _packed(some: Sequence[Molecule], most: int) -> Block:
    """Return molecules as parts of a data set: the element of each atom, the order of the bond of
    each pair i < j, and how many atoms there are.
    """
    atoms = np.zeros((len(some), most), np.uint8)
    bonds = np.zeros((len(some), most, most), np.uint8)
    for row, (own, square) in enumerate(some):
        atoms[row, : len(own)] = own
        bonds[row, : len(own), : len(own)] = square
    first, second = np.triu_indices(most, 1)
    size = np.array([len(own) for own, _ in some], np.int64)
    return {"atoms": atoms, "bonds": bonds[:, first, second], "size": size}
