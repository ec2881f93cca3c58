"""Molecules as XYZ: elements and coordinates including hydrogens; bonds are inferred from
distances. Also in the variant of QM9, with charges after the coordinates and numbers such as
``9.8*^-7``.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

import numpy as np

from pushforward.observables.molecules.atoms import ATOMS, VALENCES
from pushforward.observables.molecules.resonance import filled
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.molecules.importing import Found, Molecule, MoleculeFiles, Unread
from pushforward.studio.formats.registry import importer

__all__ = ["Xyz"]

_LONGEST = 2000  # bytes of a line
_MOST = 300  # atoms, hydrogens counted
_HINT = "A molecule is the number of its atoms, a line of words, and a line an atom: C 0.0 0.1 1.2."
RADII: Mapping[str, float] = {
    "H": 0.31, "C": 0.76, "N": 0.71, "O": 0.66, "F": 0.57, "P": 1.07, "S": 1.05, "Cl": 1.02,
    "Br": 1.20, "I": 1.39,
}  # fmt: skip
"""Covalent radii in ångström (Cordero et al. 2008, doi:10.1039/b801115j, table 2)."""
_REACH = 1.3  # of the sum of two radii, within which atoms are joined


@importer
class Xyz(MoleculeFiles):
    """Files of coordinates, one molecule or several after each other."""

    slug = "xyz"
    title = "Molecules: XYZ"
    format = "XYZ"
    suffixes = (".xyz",)

    def molecules(self, path: Path) -> Iterator[Found]:
        """Yield the molecules of a file; QM9's lines after the atoms are skipped."""
        with open(path, "rb") as file:
            lines = _lines(path, file)
            number = 0
            for line in lines:
                if not line.strip().isdigit():
                    if not number and line.strip():
                        raise FormatError(f"{path.name} does not begin with a number.", _HINT)
                    continue
                number += 1
                where, count = f"{path.name}, molecule {number:,}", int(line)
                if not 0 < count <= _MOST:
                    raise FormatError(f"{where} says that it has {line.strip()[:20]} atoms; "
                                      f"it may have 1 to {_MOST}.", _HINT)  # fmt: skip
                block = list(islice(lines, count + 1))[1:]
                try:
                    yield where, _molecule(block, count)
                except Unread as error:
                    yield where, str(error)


def _lines(path: Path, file: object) -> Iterator[str]:
    number = 0
    while line := file.readline(_LONGEST + 1):  # type: ignore[attr-defined]
        number += 1
        if len(line) > _LONGEST:
            raise FormatError(f"{path.name}, line {number:,} is longer than {_LONGEST:,} bytes.")
        yield line.decode("latin-1")


def _molecule(lines: list[str], count: int) -> Molecule:
    """Return the molecule of lines of atoms, hydrogens taken off.

    Raises:
        Unread: they are none, or have what rows cannot hold.
    """
    if len(lines) < count:
        raise Unread("it ends before its last atom")
    words = [line.replace("*^", "e").split() for line in lines]
    try:
        names = [each[0] for each in words]
        places = np.array([[float(x) for x in each[1:4]] for each in words])
    except (ValueError, IndexError):
        raise Unread("a line is no element with three coordinates") from None
    if places.shape != (count, 3) or not np.isfinite(places).all():
        raise Unread("a line is no element with three coordinates")
    for name in names:
        if name not in RADII:
            raise Unread(f"it has {name[:10]}; supported: {', '.join(ATOMS)}")
    radius = np.array([RADII[name] for name in names])
    apart = np.linalg.norm(places[:, None] - places, axis=2)
    reach = apart / (radius[:, None] + radius)
    joined = (reach < _REACH) & ~np.eye(count, dtype=bool)
    proton = np.array([name == "H" for name in names])
    joined &= ~(proton[:, None] & proton)
    most = np.array([1 if name == "H" else max(VALENCES[name]) for name in names])
    while (over := joined.sum(axis=1) > most).any():
        # Across a small ring atoms may be near without a bond: the farthest of them have none.
        far = np.where(joined & over[:, None], reach, 0.0)
        one, other = np.unravel_index(int(far.argmax()), far.shape)
        joined[one, other] = joined[other, one] = False
    missing = [
        0 if name == "H" else _lacks(name, int(row.sum()))
        for name, row in zip(names, joined, strict=True)
    ]
    more = filled(joined & ~proton[:, None] & ~proton, missing)
    if more is None or (joined[proton].sum(axis=1) != 1).any():
        raise Unread("no bonds without charges fit its distances")
    square = (joined.astype(np.int64) + more)[~proton][:, ~proton]
    atoms = [ATOMS.index(name) for name in names if name != "H"]
    return np.array(atoms, np.int64), square


def _lacks(name: str, bonds: int) -> int:
    """Return the missing bond orders of an atom with ``bonds`` neighbours."""
    found = next((each for each in VALENCES[name] if each >= bonds), None)
    if found is None:
        raise Unread(f"{bonds} bonds at {name}")
    return found - bonds
