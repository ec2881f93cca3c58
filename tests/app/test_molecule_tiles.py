"""Molecules as tiles: bonds as lines, atoms as letters, and what is wrong with them in words."""

from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from pushforward.observables.molecules.atoms import ATOMS
from pushforward.observables.molecules.toolkit import installed
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.data.row_filter import keeps
from pushforward.studio.app.data_types.graphs import molecule_paint
from pushforward.studio.app.data_types.graphs.graph_paint import mark_place
from pushforward.studio.app.data_types.graphs.molecule_rows import MoleculeRows, most_atoms
from pushforward.studio.app.design.tokens import DARK
from pushforward.studio.app.places.data.found_tiles import FoundTiles
from pushforward.studio.formats.graphs.edgelist import EdgeList
from pushforward.studio.formats.molecules.smiles import Smiles, of_smiles

SIDE, NODES = 160, 6
MOLECULES = kind("molecules")


def rows(*smiles, nodes=NODES, extra=()):
    """Return molecules as rows; ``extra`` are (row, i, j, order) of bonds put into them."""
    first, second = np.triu_indices(nodes, 1)
    found = []
    for row, text in enumerate(smiles):
        atoms, bonds = of_smiles(text)
        n = len(atoms)
        for _, i, j, order in (each for each in extra if each[0] == row):
            bonds[i, j] = bonds[j, i] = order
        types = np.where(atoms[:, None] == np.arange(len(ATOMS)), 1.0, -1.0)
        whole = np.zeros((nodes, nodes), int)
        whole[:n, :n] = bonds
        pairs = [np.where(whole[first, second] == o, 1.0, -1.0) * (second < n) for o in (1, 2, 3)]
        padded = np.zeros((nodes, len(ATOMS)))
        padded[:n] = types
        found.append(np.concatenate([padded.ravel(), *pairs]))
    return np.float32(found)


def painted(x, look="", **more):
    tiles = MOLECULES.looking(look).tiles({"x": x, **more})
    image = QImage(SIDE, SIDE, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.black)
    with QPainter(image) as painter:
        tiles.paint(painter, QRectF(0, 0, SIDE, SIDE), 0, DARK)
    return {f"#{int(p) & 0xFFFFFF:06x}" for p in np.unique(np.frombuffer(image.constBits(), "u4"))}


def hues(colours):
    """Return the hues of clear colours, in twelfths of the circle, -1 for grey."""
    clear = [QColor(each) for each in colours if QColor(each).lightness() > 60]
    return {each.hue() // 30 if each.saturation() > 60 else -1 for each in clear}


def letters_under_the_mark():
    """Count the pixels of an atom that lie where a tile has its mark."""
    x, side = rows("O=O", nodes=2), 52
    tiles = MOLECULES.tiles({"x": x, "places": np.float32([[[1, 1], [-1, -1]]])})
    image = QImage(side, side, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.black)
    with QPainter(image) as painter:
        tiles.paint(painter, QRectF(0, 0, side, side), 0, DARK)
    mark = mark_place(QRectF(0, 0, side, side)).toPoint()
    near = range(-4, 5)
    colours = (image.pixelColor(mark.x() + i, mark.y() + j) for i in near for j in near)
    return sum(each.lightness() > 60 for each in colours)


def test_no_letter_lies_where_a_tile_has_its_mark(monkeypatch):
    assert letters_under_the_mark() == 0
    monkeypatch.setattr(molecule_paint, "NEAR", 0.0)
    assert letters_under_the_mark() > 0, "it would"


def test_rows_are_read_as_they_were_written():
    x = rows("CCO", "C#N")
    assert most_atoms(x.shape[1]) == NODES
    found = MoleculeRows.of({"x": x})
    assert found.size.tolist() == [3, 2]
    for (atoms, bonds), text in zip(found.each(), ("CCO", "C#N"), strict=True):
        known = of_smiles(text)
        assert (atoms == known[0]).all()
        assert (bonds == known[1]).all()
    assert MOLECULES.fits((x.shape[1],))
    assert not MOLECULES.fits((x.shape[1] + 1,))


def test_what_is_known_of_each_and_what_is_wrong():
    x = rows("CCO", "C1CC1", "CCO", extra=[(2, 1, 2, 3)])
    known = MOLECULES.measures({"x": x})
    assert known["Formula"].tolist() == ["C2H6O", "C3H6", "C2H?O"]
    assert known["Validity"].tolist() == ["valid", "valid", "invalid: 3 bonds at O"]
    assert known["Rings"].tolist() == [0, 1, 0]
    assert known["Weight"][0] == pytest.approx(46.07, abs=0.01)
    assert keeps(known, "rings > 0, valid", 3).tolist() == [False, True, False]
    assert keeps(known, "h6", 3).tolist() == [True, True, False], "elements begin with a capital"


def test_the_same_molecules_are_one_class_and_new_ones_are_told():
    made = {"x": rows("OCC", "CCO", "C1CC1", "CC#N")}
    found = MOLECULES.among(made, {"x": rows("CCO", "CCC")}, own=False)
    assert found["class"].tolist() == [1, 1, 2, 3]
    assert found["copies"].tolist() == [2, 2, 1, 1]
    assert found["new"].tolist() == ["known", "known", "new", "new"]
    assert found["why"].tolist() == [""] * 4
    training = {"x": rows("CCO", "CCC", "OCC")}
    own = MOLECULES.among(training, training, own=True)
    assert "new" not in own, "of what is learned nothing is new"
    one = {"x": rows("CCO")[0]}
    far = MOLECULES.apart(one, training)
    assert far[0] == far[2] == 0.0
    assert far[1] > 0.0


def test_elements_have_letters_and_colours(qapp):
    plain, oxygen, nitrogen = (hues(painted(rows(text))) for text in ("CCC", "CCO", "CCN"))
    assert plain <= {-1}, "lines between carbons have no colour"
    assert QColor(DARK.danger).hue() // 30 in oxygen
    assert QColor(DARK.accent).hue() // 30 in nitrogen
    wrong = rows("CCC", extra=[(0, 0, 1, 3), (0, 1, 2, 3)])
    marked = hues(painted(wrong, why=np.array(["6 bonds at C"])))
    assert QColor(DARK.danger).hue() // 30 in hues(painted(wrong)), "a ring of too many bonds"
    assert QColor(DARK.warm).hue() // 30 in marked


def test_a_double_bond_has_two_lines(qapp):
    one, two, three = (painted_lines(rows(text)) for text in ("CC", "C=C", "C#C"))
    assert (one, two, three) == (1, 2, 3)


def painted_lines(x):
    """Return how many lines are crossed half way between two atoms."""
    image = QImage(SIDE, SIDE, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.black)
    with QPainter(image) as painter:
        MOLECULES.tiles({"x": x}).paint(painter, QRectF(0, 0, SIDE, SIDE), 0, DARK)
    column = [QColor(image.pixel(SIDE // 2, j)).lightness() > 100 for j in range(SIDE)]
    return sum(here and not before for before, here in pairwise(column))


def test_rdkit_places_atoms_where_it_is_installed(qapp):
    if not installed():
        assert not MOLECULES.looks
        pytest.skip("the extra pushforward[molecules] is not installed")
    x = rows("c1ccccc1")
    places = MOLECULES.looking("RDKit").tiles({"x": x}).arrays["places"][0]
    assert np.linalg.norm(places, axis=1) == pytest.approx(np.full(6, 1.5), abs=0.02)
    assert hues(painted(x, "RDKit")) == {-1}
    nitrile = MOLECULES.looking("RDKit").tiles({"x": rows("CC#N")}).arrays["places"][0][:3]
    one, other = np.diff(nitrile, axis=0)
    assert abs(one[0] * other[1] - one[1] * other[0]) < 1e-3, "a triple bond is straight"
    broken = rows("CCO", extra=[(0, 1, 2, 3)])
    assert MOLECULES.looking("RDKit").tiles({"x": broken}).arrays["places"].any()


def test_what_would_be_imported_is_drawn_before(qapp, tmp_path):
    path = tmp_path / "some.smi"
    path.write_text("CCO\nc1ccncc1\n")
    shown = FoundTiles()
    shown.show_found(Smiles().inspect([path], {}))
    assert not shown.isHidden()
    assert shown.accessibleDescription() == "C2H6O; C5H5N"
    graphs = tmp_path / "some.edgelist"
    graphs.write_text("0 1\n1 2\n")
    shown.show_found(EdgeList().inspect([graphs], {}))
    assert not shown.isHidden(), "graphs are laid out"


@pytest.mark.parametrize(("other", "before"), [((1.0, 0.0), True), ((-1.0, 0.0), False)])
def test_hydrogens_stand_where_no_bond_ends(qapp, other, before):
    """A bond to OH in the middle of both letters ended at H: at the left end it is HO."""
    places = np.zeros((1, NODES, 2), np.float32)
    places[0, 1] = other
    image = QImage(SIDE, SIDE, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.black)
    with QPainter(image) as painter:
        tiles = MOLECULES.tiles({"x": rows("OC"), "places": places})
        tiles.paint(painter, QRectF(0, 0, SIDE, SIDE), 0, DARK)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(SIDE, SIDE, 4)[..., :3]
    red = pixels[..., 2].astype(int) - pixels[..., 1] > 40
    columns = np.flatnonzero(red.any(axis=0)) - SIDE / 2  # the oxygen is in the middle
    left, right = -columns.min(), columns.max()
    assert (left > 1.5 * right) if before else (right > 1.5 * left)
