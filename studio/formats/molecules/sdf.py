"""Molecules as SDF: blocks of atoms and bonds, V2000 (CTfile formats, BIOVIA 2020)."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pushforward.observables.molecules.atoms import ATOMS, BONDS
from pushforward.observables.molecules.resonance import filled
from pushforward.observables.molecules.valence import hydrogens
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.molecules.importing import Found, Molecule, MoleculeFiles, Unread
from pushforward.studio.formats.registry import importer

__all__ = ["Sdf"]

_LONGEST = 2000  # bytes of a line
_MOST = 999  # atoms, hydrogens counted: V2000 has three digits
_AROMATIC = 4


@importer
class Sdf(MoleculeFiles):
    """Structure-data files, and single mol files."""

    slug = "sdf"
    title = "Molecules: SDF"
    format = "SDF"
    suffixes = (".sdf", ".mol")

    def molecules(self, path: Path) -> Iterator[Found]:
        """Yield the molecules of a file."""
        number, lines = 1, list[str]()
        for line in _lines(path):
            if line.startswith("$$$$"):
                yield _try_molecule(path, number, lines)
                number, lines = number + 1, []
            elif len(lines) <= 4 + 3 * _MOST:  # what follows are properties, which nobody reads
                lines.append(line)
        if any(line.strip() for line in lines):
            yield _try_molecule(path, number, lines)


def _try_molecule(path: Path, number: int, lines: list[str]) -> Found:
    where = f"{path.name}, molecule {number:,}"
    try:
        return where, _molecule(lines)
    except Unread as error:
        return where, str(error)


def _lines(path: Path) -> Iterator[str]:
    with open(path, "rb") as file:
        number = 0
        while line := file.readline(_LONGEST + 1):
            number += 1
            if len(line) > _LONGEST:
                raise FormatError(
                    f"{path.name}, line {number:,} is longer than {_LONGEST:,} bytes.",
                    "Remove such properties.",
                )
            yield line.decode("latin-1").rstrip("\r\n")


def _molecule(lines: list[str]) -> Molecule:
    """Return the molecule of a block, hydrogens taken off.

    Raises:
        Unread: it is none, or has what rows cannot hold.
    """
    if len(lines) < 4 or "V3000" in lines[3]:
        raise Unread("it has no block of V2000")
    n, m = _parse_int(lines[3][:3]), _parse_int(lines[3][3:6])
    block, listed = lines[4 : 4 + n], lines[4 + n : 4 + n + m]
    if not 0 < n <= _MOST or len(block) < n or len(listed) < m:
        raise Unread("it has fewer lines than its head says")
    if any(line.startswith(("M  CHG", "M  RAD")) for line in lines[4 + n + m :]) or any(
        line[36:39].strip() not in ("", "0") for line in block
    ):
        raise Unread("it has a charge or an open bond, which is not supported")
    names = [line[31:34].strip() for line in block]
    heavy = [i for i, name in enumerate(names) if name != "H"]
    place = {node: row for row, node in enumerate(heavy)}
    for name in names:
        if name != "H" and name not in ATOMS:
            raise Unread(
                f"it has {name or 'an atom without a name'}; supported: {', '.join(ATOMS)}"
            )
    square, open_ = np.zeros((2, len(heavy), len(heavy)), np.int64)
    protons = np.zeros(len(heavy), np.int64)
    for line in listed:
        i, j, order = _parse_int(line[:3]) - 1, _parse_int(line[3:6]) - 1, _parse_int(line[6:9])
        if not (0 <= i < n and 0 <= j < n and i != j):
            raise Unread("a bond joins an atom that is not there")
        if i not in place or j not in place:
            for node in {i, j} & place.keys():
                protons[place[node]] += 1
            continue
        if order not in (*range(1, len(BONDS) + 1), _AROMATIC):
            raise Unread("it has a bond that is not single, double or triple")
        one, other = place[i], place[j]
        square[one, other] = square[other, one] = 1 if order == _AROMATIC else order
        open_[one, other] = open_[other, one] = order == _AROMATIC
    atoms = np.array([ATOMS.index(names[i]) for i in heavy], np.int64)
    left = hydrogens(atoms, square) - protons
    more = filled(open_, [int(row.any() and left[i] > 0) for i, row in enumerate(open_)])
    if more is None:
        raise Unread("no alternating bonds fit its aromatic rings")
    return atoms, square + more


def _parse_int(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise Unread("a number of its block is none") from None
