"""Whether a molecule can be, and what is counted in it: by hand, and by RDKit where it is there."""

import numpy as np
import pytest

from pushforward.observables.molecules.atoms import ATOMS
from pushforward.observables.molecules.valence import (
    formula,
    hydrogens,
    molecule_statistics,
    over_valence,
    why_invalid,
)


def molecule(atoms, bonds):
    """Return atoms by their symbols and bonds (i, j, order)."""
    square = np.zeros((len(atoms), len(atoms)), np.int64)
    for i, j, order in bonds:
        square[i, j] = square[j, i] = order
    return np.array([ATOMS.index(each) for each in atoms], np.int64), square


ETHANOL = molecule(["C", "C", "O"], [(0, 1, 1), (1, 2, 1)])
BENZENE = molecule(["C"] * 6, [(i, (i + 1) % 6, 1 + i % 2) for i in range(6)])
CYANIDE = molecule(["C", "N"], [(0, 1, 3)])


def test_hydrogens_fill_what_valence_is_left():
    assert hydrogens(*ETHANOL).tolist() == [3, 2, 1]
    assert hydrogens(*BENZENE).tolist() == [1] * 6
    assert hydrogens(*CYANIDE).tolist() == [1, 0]
    assert [formula(*each) for each in (ETHANOL, BENZENE, CYANIDE)] == ["C2H6O", "C6H6", "CHN"]
    sulphate = molecule(["S", "O", "O", "O", "O"], [(0, 1, 2), (0, 2, 2), (0, 3, 1), (0, 4, 1)])
    assert hydrogens(*sulphate).tolist() == [0, 0, 0, 1, 1]
    assert formula(*sulphate) == "H2O4S"


def test_what_cannot_be_is_told():
    assert why_invalid(*ETHANOL) == ""
    five = molecule(["C", "C", "C"], [(0, 1, 3), (0, 2, 2)])
    assert why_invalid(*five) == "5 bonds at C"
    assert over_valence(*five).tolist() == [True, False, False]
    assert formula(*five) == "C3H?", "how many hydrogens it has nobody can say"
    assert why_invalid(*molecule(["O", "C", "F"], [(0, 1, 1)])) == "2 pieces"
    assert why_invalid(*molecule(["F", "C", "C"], [(0, 1, 1), (0, 2, 1)])) == "2 bonds at F"
    assert why_invalid(*molecule([], [])) == "no atoms"
    assert why_invalid(*molecule(["S", "O", "O"], [(0, 1, 2), (0, 2, 2)])) == ""


def test_what_is_counted():
    atoms, bonds = np.zeros((2, 6), np.int64), np.zeros((2, 6, 6), np.int64)
    atoms[0], bonds[0] = BENZENE
    atoms[1, :3], bonds[1, :3, :3] = ETHANOL
    found = molecule_statistics(atoms, bonds, np.array([6, 3]))
    assert {name: values.tolist() for name, values in found.items() if name != "weight"} == {
        "atoms": [6, 3],
        "bonds": [6, 2],
        "rings": [1, 0],
        "heteroatoms": [0, 1],
        "unsaturation": [4, 0],
    }
    assert found["weight"] == pytest.approx([78.11, 46.07], abs=0.01)


def test_rings_are_degrees_of_unsaturation_too():
    """A lactone, C4H6O2 with one ring and one C=O, and chloroacetonitrile."""
    ring = [(0, 1, 1), (1, 2, 1), (2, 3, 1), (3, 4, 1), (4, 0, 1)]
    lactone = molecule(["C", "C", "C", "C", "O", "O"], [*ring, (3, 5, 2)])
    nitrile = molecule(["Cl", "C", "C", "N"], [(0, 1, 1), (1, 2, 1), (2, 3, 3)])
    for (atoms, bonds), degrees in ((lactone, 2), (nitrile, 2)):
        found = molecule_statistics(atoms[None], bonds[None], np.array([len(atoms)]))
        assert found["unsaturation"].tolist() == [degrees]


def test_rdkit_agrees_on_what_can_be():
    """On 300 random molecules, half of which cannot be; skipped where RDKit is not installed."""
    chem = pytest.importorskip("rdkit.Chem", reason="the extra pushforward[molecules]")
    from pushforward.observables.molecules.toolkit import _packed

    pytest.importorskip("rdkit.RDLogger").DisableLog("rdApp.*")
    rng, said = np.random.default_rng(0), []
    for _ in range(300):
        n = int(rng.integers(2, 7))
        square = np.triu(rng.choice([0, 0, 1, 1, 2, 3], (n, n)), 1)
        atoms, bonds = rng.integers(0, len(ATOMS), n), square + square.T
        made = _packed(atoms, bonds)
        ok = chem.SanitizeMol(made, catchErrors=True) == chem.SanitizeFlags.SANITIZE_NONE
        said.append(ok)
        over = over_valence(atoms, bonds).any()
        assert ok == (not over), (atoms, bonds)
        if ok:
            assert [atom.GetTotalNumHs() for atom in made.GetAtoms()] == hydrogens(
                atoms, bonds
            ).tolist()
    assert 30 < sum(said) < 270
