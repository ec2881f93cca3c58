"""Molecules as SMILES, a line each (OpenSMILES 1.0).

What rows can hold is read: atoms of nine elements without charges, isotopes left out, and so are
the directions of bonds. Rings that are written as aromatic get alternating bonds.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pushforward.observables.molecules.atoms import ATOMS, VALENCES
from pushforward.observables.molecules.resonance import filled
from pushforward.studio.formats.graphs.two_pass import lines_of
from pushforward.studio.formats.molecules.importing import Found, Molecule, MoleculeFiles, Unread
from pushforward.studio.formats.registry import importer

__all__ = ["Smiles", "of_smiles"]

_LONGEST = 2000  # bytes of a line
_ORDERS = {"-": 1, "=": 2, "#": 3, ":": 0, "/": 1, "\\": 1}
_TOKEN = re.compile(
    r"(?P<bracket>\[(?P<isotope>\d*)(?P<symbol>[A-Z][a-z]?|[a-z]{1,2}|\*)(?P<chiral>@{0,2})"
    r"(?P<h>H\d*)?(?P<charge>[+-]+\d*)?(?::\d+)?\])"
    r"|(?P<bare>Cl|Br|[BCNOPSFI]|[bcnops])"
    r"|(?P<bond>[-=#:/\\])|(?P<open>\()|(?P<close>\))|(?P<ring>\d|%\d\d)|(?P<dot>\.)"
)
_HEADS = ("smiles", "canonical_smiles", "smi")


@importer
class Smiles(MoleculeFiles):
    """Lines of SMILES, each perhaps with a name after it."""

    slug = "smiles"
    title = "Molecules: SMILES"
    format = "SMILES"
    suffixes = (".smi", ".smiles")

    def molecules(self, path: Path) -> Iterator[Found]:
        """Yield the molecules of a file."""
        for number, line in lines_of(path, _LONGEST):
            where = f"{path.name}, line {number:,}"
            if line is None:
                yield where, f"their line is longer than {_LONGEST:,} bytes"
                continue
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            except UnicodeDecodeError:
                yield where, "their line is no text"
                continue
            word = (text.split() or [""])[0]
            if not word or word.startswith("#") or (number == 1 and word.lower() in _HEADS):
                continue
            try:
                yield where, of_smiles(word)
            except Unread as error:
                yield where, str(error)


def of_smiles(text: str) -> Molecule:
    """Return the molecule of a SMILES.

    Raises:
        Unread: it is none, or has what rows cannot hold.
    """
    return _Reader().read(text)


class _Reader:
    """Reads one SMILES: atoms as they come, bonds by the numbers of their atoms."""

    def __init__(self) -> None:
        self.atoms: list[int] = []
        self.aromatic: list[bool] = []
        self.hydrogens: list[int | None] = []  # as written in brackets
        self.bonds: dict[tuple[int, int], int] = {}  # 0 where the order is still to be found
        self._rings: dict[str, tuple[int, int | None]] = {}

    def read(self, text: str) -> Molecule:
        last, order, branches, place = -1, None, [], 0
        while place < len(text):
            found = _TOKEN.match(text, place)
            if found is None:
                raise Unread(f"{text[place]!r} at its place {place + 1} is not supported")
            place, kind = found.end(), found.lastgroup
            kind = "bracket" if found["bracket"] else kind
            if kind in ("bracket", "bare"):
                node = self._atom(found)
                if last >= 0:
                    self._join(last, node, order)
                last, order = node, None
            elif kind == "bond":
                order = _ORDERS[found["bond"]]
            elif kind == "dot":
                raise Unread("it is in pieces")
            elif last < 0:
                raise Unread("it does not begin with an atom")
            elif kind == "open":
                branches.append(last)
            elif kind == "close":
                if not branches:
                    raise Unread("a branch ends that has not begun")
                last, order = branches.pop(), None
            else:
                self._ring(found["ring"].lstrip("%0") or "0", last, order)
                order = None
        if branches or self._rings or order is not None or not self.atoms:
            raise Unread("a branch, a ring or a bond is not ended")
        return self._finished()

    def _atom(self, found: re.Match[str]) -> int:
        symbol = found["bare"] or found["symbol"]
        name = symbol.capitalize()
        if name == "H" and found["bracket"]:
            raise Unread("it has hydrogens as atoms")
        if name not in ATOMS:
            raise Unread(f"it has {name}; supported: {', '.join(ATOMS)}")
        if found["charge"]:
            raise Unread("it has a charge, which is not supported")
        self.atoms.append(ATOMS.index(name))
        self.aromatic.append(symbol.islower())
        written = found["h"]
        count = int(written[1:] or 1) if written else 0
        self.hydrogens.append(count if found["bracket"] else None)
        return len(self.atoms) - 1

    def _join(self, one: int, other: int, order: int | None) -> None:
        pair = (min(one, other), max(one, other))
        if one == other or pair in self.bonds:
            raise Unread("two atoms are joined twice")
        both = self.aromatic[one] and self.aromatic[other]
        self.bonds[pair] = (0 if both else 1) if order is None else order

    def _ring(self, label: str, node: int, order: int | None) -> None:
        if label not in self._rings:
            self._rings[label] = node, order
            return
        start, before = self._rings.pop(label)
        if order is not None and before is not None and order != before:
            raise Unread("the two ends of a ring have bonds of other orders")
        self._join(start, node, before if order is None else order)

    def _finished(self) -> Molecule:
        """Return the molecule once aromatic bonds have their orders and no atom has too many."""
        n = len(self.atoms)
        square, open_ = np.zeros((n, n), np.int64), np.zeros((n, n), bool)
        for (i, j), order in self.bonds.items():
            square[i, j] = square[j, i] = max(1, order)
            open_[i, j] = open_[j, i] = order == 0
        missing = [
            int(self.aromatic[i] and self._room(i, int(square[i].sum())) > 0) for i in range(n)
        ]
        more = filled(open_, missing)
        if more is None:
            raise Unread("no alternating bonds fit its aromatic rings")
        square += more
        for i in range(n):
            used, written = int(square[i].sum()), self.hydrogens[i]
            allowed = VALENCES[ATOMS[self.atoms[i]]]
            if written is not None and used + written not in allowed:
                raise Unread(f"{ATOMS[self.atoms[i]]} has {used + written} bonds, an open one")
            if used > max(allowed):
                raise Unread(f"{used} bonds at {ATOMS[self.atoms[i]]}")
        return np.array(self.atoms, np.int64), square

    def _room(self, node: int, used: int) -> int:
        """Return the missing bond orders of an aromatic atom besides its written hydrogens: a
        carbon with three bonds one, a nitrogen with two one, an oxygen none.
        """
        allowed = VALENCES[ATOMS[self.atoms[node]]]
        used += self.hydrogens[node] or 0
        return next((each for each in allowed if each >= used), used) - used
