"""Molecules drawn as chemists do: bonds of one length, rings regular, chains in zigzag."""

import numpy as np
import pytest

from pushforward.studio.cage_layout import crossings
from pushforward.studio.formats.molecules.smiles import of_smiles
from pushforward.studio.graph_layout import lay_out, spread
from pushforward.studio.molecule_layout import as_drawn


def drawn(text, order=None, lay=as_drawn):
    """Return places (n, 2) and bonds (n, n) of a molecule, perhaps with its atoms in an order."""
    atoms, bonds = of_smiles(text)
    if order is not None:
        atoms, bonds = atoms[order], bonds[np.ix_(order, order)]
    return lay(bonds[None], np.array([len(atoms)]), atoms[None])[0].astype(np.float64), bonds


def lengths(places, bonds):
    first, second = np.nonzero(np.triu(bonds, 1))
    return np.linalg.norm(places[first] - places[second], axis=1)


def apart(places):
    first, second = np.triu_indices(len(places), 1)
    return np.linalg.norm(places[first] - places[second], axis=1)


def angle(places, one, at, other):
    ways = [places[each] - places[at] for each in (one, other)]
    cosine = ways[0] @ ways[1] / np.linalg.norm(ways, axis=1).prod()
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


ALL_EQUAL = (
    *("CCO", "C=CC", "COC", "CCCCCCCC", "CC(C)(C)C", "C#CCC#N", "c1ccccc1", "C1CC1", "C1CCC1O"),
    *("c1ccc2[nH]ccc2c1", "C1CC12CC2", "OCc1cc(-c2ccc(N3CCCC3)nn2)ccc1F"),
    *("CC(C)CC(C(=O)O)N", "O=S(=O)(N)C", "Cc1nnc(SCC(=O)Nc2ccc3c(c2)OCO3)s1"),
)


@pytest.mark.parametrize("text", ALL_EQUAL)
def test_bonds_are_of_one_length_and_no_two_atoms_in_one_place(text):
    places, bonds = drawn(text)
    each = lengths(places, bonds)
    assert each == pytest.approx(np.full(len(each), each[0]), rel=1e-5)
    assert apart(places).min() > 0.6 * each[0]
    assert np.abs(places.max(axis=0) + places.min(axis=0)).max() < 1e-6, "in the middle"


def test_chains_are_in_zigzag_rings_regular_and_triple_bonds_straight():
    chain, _ = drawn("CCCCCC")
    assert [angle(chain, i, i + 1, i + 2) for i in range(4)] == pytest.approx([120] * 4)
    far = np.linalg.norm(chain[0] - chain[5])
    assert far == pytest.approx(apart(chain).max()), "it does not turn back"
    ring, _ = drawn("c1ccccc1")
    inner = [angle(ring, i, (i + 1) % 6, (i + 2) % 6) for i in range(6)]
    assert inner == pytest.approx([120] * 6, abs=1e-3)
    five, _ = drawn("C1CCCC1")
    assert angle(five, 0, 1, 2) == pytest.approx(108, abs=1e-3)
    nitrile, _ = drawn("CC#N")
    assert angle(nitrile, 0, 1, 2) == pytest.approx(180, abs=1e-3)
    toluene, _ = drawn("Cc1ccccc1")
    assert angle(toluene, 0, 1, 2) == pytest.approx(120, abs=1e-3), "outwards"
    old, _ = drawn("CCO", lay=lay_out)
    assert angle(old, 0, 1, 2) == pytest.approx(180, abs=1), "by stress it is a line"


@pytest.mark.parametrize("text", ["CC(C)CC(C(=O)O)N", "c1ccc2[nH]ccc2c1", "C1CC2CC1CC2", "CCO"])
def test_the_same_molecule_is_the_same_picture(text):
    rng, (places, bonds) = np.random.default_rng(0), drawn(text)
    for _ in range(3):
        order = rng.permutation(len(bonds))
        again, _ = drawn(text, order)
        apart_from = np.linalg.norm(again[:, None] - places, axis=2).min(axis=1)
        assert apart_from.max() < 1e-3


CAGES = (
    *("C1CC2CC1CC2", "C1CC2CCC1CC2", "C12C3C4C1C5C2C3C45", "C1C2CC1C2", "C1C2CC1CO2"),
    *("C1C2CC3CC1CC(C2)C3", "CC12CC(C1)C2O", "OC1C2CC1N2", "C1N2CC1(O)C2=O", "N12CC1C1CC21"),
)


@pytest.mark.parametrize("text", CAGES)
def test_no_bonds_of_a_cage_cross(text):
    """By stress those of every second cage of QM9 did."""
    places, bonds = drawn(text)
    assert crossings(places[None], np.argwhere(np.triu(bonds, 1))).tolist() == [0]
    each = lengths(places, bonds)
    assert apart(places).min() > 0.25 * each.mean()
    assert each.max() < 1.8 * each.mean()


def test_bonds_that_cross_are_counted():
    square = np.array([[[0, 0], [1, 1], [1, 0], [0, 1]], [[0, 0], [1, 0], [1, 1], [0, 1]]], float)
    bonds = np.array([[0, 1], [2, 3], [1, 2]])
    assert crossings(square, bonds).tolist() == [1, 0]


def test_of_cages_laid_out_by_stress_some_cross():
    """What no bonds of a cage crossing is told from."""
    crossed = 0
    for text in CAGES:
        _, bonds = of_smiles(text)
        pairs = np.argwhere(np.triu(bonds, 1))
        crossed += int(crossings(spread(bonds[None] != 0), pairs)[0] > 0)
    assert crossed >= 3


def test_what_cannot_be_is_drawn_too():
    bonds = np.zeros((3, 8, 8), np.int64)
    bonds[0, 0, 1:] = bonds[0, 1:, 0] = 1  # seven bonds at one atom
    bonds[1, [0, 2], [1, 3]] = bonds[1, [1, 3], [0, 2]] = 2  # four pieces
    places = as_drawn(bonds, np.array([8, 6, 0]), np.zeros((3, 8), np.int64)).astype(np.float64)
    assert apart(places[0]).min() > 0.3
    assert apart(places[1, :6]).min() > 0.1
    assert not places[1, 6:].any()
    assert not places[2].any()
