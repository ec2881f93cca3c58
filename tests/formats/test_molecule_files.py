"""Files of molecules: what is taken from them, what is left out and why, and what comes back."""

import numpy as np
import pytest

from pushforward.observables.graphs.canonical import certificate
from pushforward.observables.molecules.resonance import MOBILE, filled, resonant, same_molecules
from pushforward.observables.molecules.toolkit import installed
from pushforward.observables.molecules.valence import formula
from pushforward.studio.formats.graphs.graphjson import GraphJson
from pushforward.studio.formats.graphs.graphml import GraphML
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.molecules.importing import Unread
from pushforward.studio.formats.molecules.sdf import Sdf
from pushforward.studio.formats.molecules.smiles import Smiles, of_smiles
from pushforward.studio.formats.molecules.smiles_writer import spelt
from pushforward.studio.formats.molecules.writing import left_out, write_molecules
from pushforward.studio.formats.molecules.xyz import Xyz
from tests.fuzz.importers import MORE


def same(one, other):
    return certificate(resonant(one[1]), one[0]) == certificate(resonant(other[1]), other[0])


def read(importer, path):
    found = importer.rows([path], {})
    blocks = list(found.blocks)
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


@pytest.mark.parametrize(
    ("smiles", "known"),
    [
        ("CCO", "C2H6O"),
        ("c1ccccc1", "C6H6"),
        ("Cn1cnc2c1c(=O)n(C)c(=O)n2C", "C8H10N4O2"),  # caffeine
        ("CC(=O)Oc1ccccc1C(=O)O", "C9H8O4"),  # aspirin
        ("c1ccc2[nH]ccc2c1", "C8H7N"),
        ("C/C=C\\C", "C4H8"),
        ("N[C@@H](C)C(=O)O", "C3H7NO2"),
        ("C%10CCC%10Cl", "C4H7Cl"),
        ("O=S(=O)(O)O", "H2O4S"),
        ("[13CH4:1]", "CH4"),
        ("c1ccc(-c2ccccc2)cc1", "C12H10"),
    ],
)
def test_smiles_are_read(smiles, known):
    assert formula(*of_smiles(smiles)) == known


@pytest.mark.parametrize(
    ("smiles", "why"),
    [
        ("[Na+].[Cl-]", "Na"),
        ("C[N+](C)(C)C", "a charge"),
        ("CC.O", "in pieces"),
        ("C(C", "not ended"),
        ("C1CC", "not ended"),
        ("CC)", "has not begun"),
        ("C(C)(C)(C)(C)C", "5 bonds at C"),
        ("FF=C", "3 bonds at F"),
        ("c1cccc1", "no alternating bonds"),
        ("C*", "'\\*'"),
        ("[CH2]", "an open one"),
        ("C12CC12", "joined twice"),
        ("=", "does not begin|not ended"),
        ("C=1CC#1", "other orders"),
        ("[H][H]", "hydrogens as atoms"),
    ],
)
def test_what_is_no_molecule_is_told(smiles, why):
    with pytest.raises(Unread, match=why):
        of_smiles(smiles)


def test_two_ways_to_draw_a_ring_are_one_molecule():
    """Of o-xylene there is one, though its double bonds may stand in two ways."""
    ring = [(i, (i + 1) % 6) for i in range(6)]
    ways = []
    for shift in (0, 1):
        bonds = np.zeros((8, 8), np.int64)
        for place, (i, j) in enumerate([*ring, (0, 6), (1, 7)]):
            bonds[i, j] = bonds[j, i] = 1 + (place < 6 and (place + shift) % 2)
        ways.append(bonds)
    atoms = np.zeros((2, 8), np.int64)
    assert certificate(ways[0], atoms[0]) != certificate(ways[1], atoms[0])
    assert same_molecules(atoms, np.array(ways), np.array([8, 8])).tolist() == [0, 0]
    assert int((np.triu(resonant(ways[0])) == MOBILE).sum()) == 6
    for still in ("C=CC=CC=C", "C1=CC=CC1", "c1ccoc1"):
        assert not (resonant(of_smiles(still)[1]) == MOBILE).any(), still
    fused = resonant(of_smiles("c1ccc2ccccc2c1")[1])
    assert int((np.triu(fused) == MOBILE).sum()) == 11, "of naphthalene all bonds"


def test_orders_are_filled_where_they_fit():
    chain = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    assert filled(chain, [2, 2, 0])[0, 1] == 2
    assert filled(chain, [1, 2, 1]).sum() == 4
    assert filled(chain, [1, 0, 1]) is None
    assert filled(chain, [0, 0, 0]).sum() == 0


def test_a_file_of_smiles_tells_what_it_leaves_out(tmp_path):
    path = tmp_path / "some.smi"
    path.write_text("SMILES\nCCO ethanol\n# no molecule\nC[N+](C)(C)C\nc1ccccc1\nO\nCC.O\n")
    found = Smiles().inspect([path], {})
    assert (found.kind, found.rows) == ("molecules", 2)
    assert found.notes[0] == "2 molecules of 3 to 6 heavy atoms, 2 formulas."
    assert found.notes[1].startswith("3 are left out: ")
    assert "a charge, which is not supported (first some.smi, line 4)" in found.notes[1]
    x = np.array(found.preview["x"])
    assert x.shape == (2, 6 * 9 + 3 * 15)
    assert np.count_nonzero(x[0]) == 3 * 9 + 3 * 3, "padded places are 0"
    arrays = read(Smiles(), path)
    assert arrays["size"].tolist() == [3, 6]
    assert arrays["atoms"].shape == (2, 6)
    assert arrays["atoms"][0].tolist() == [0, 0, 2, 0, 0, 0]
    nothing = tmp_path / "no.smi"
    nothing.write_text("O\n")
    assert Smiles().inspect([nothing], {}).problems
    with pytest.raises(FormatError, match="no molecule of at least 2"):
        Smiles().rows([nothing], {})
    long = tmp_path / "long.smi"
    long.write_bytes(b"C" * 5000 + b"\nCCO\n\xff\nCC\n")
    found = Smiles().inspect([long], {})
    assert (found.rows, found.notes[1]) == (
        2,
        "2 are left out: 1 as their line is longer than 2,000 bytes (first long.smi, line 1); "
        "1 as their line is no text (first long.smi, line 3).",
    )


def test_what_was_exported_as_sdf_comes_back_with_what_is_wrong(tmp_path):
    some = [of_smiles(each) for each in ("CCO", "c1ccncc1", "C1CC1C#N")]
    size = np.array([len(atoms) for atoms, _ in some])
    atoms, bonds = np.zeros((4, 6), np.int64), np.zeros((4, 6, 6), np.int64)
    for row, (own, square) in enumerate(some):
        atoms[row, : len(own)], bonds[row, : len(own), : len(own)] = own, square
    bonds[3, 0, 1] = bonds[3, 1, 0] = 3
    bonds[3, 0, 2] = bonds[3, 2, 0] = 3  # six bonds at a carbon
    path = tmp_path / "made.sdf"
    write_molecules(path, atoms, bonds, np.append(size, 3), {"run": "one"})
    text = path.read_text()
    assert text.count("$$$$") == 4
    assert "> <Wrong>\n6 bonds at C\n" in text
    found = list(Sdf().molecules(path))
    assert all(same(one, other) for (_, one), other in zip(found, some, strict=False))
    assert Sdf().inspect([path], {}).notes[1].startswith("1 is left out: 6 bonds at C")


def test_blocks_with_hydrogens_and_aromatic_bonds_are_read(tmp_path):
    from itertools import pairwise

    places = "".join(f"{0.0:10.4f}{0.0:10.4f}{0.0:10.4f} C   0  0\n" for _ in range(6))
    hydrogen = f"{0.0:10.4f}{0.0:10.4f}{0.0:10.4f} H   0  0\n"
    ring = [*pairwise(range(1, 7)), (6, 1)]
    bonds = "".join(f"{i:3d}{j:3d}  4  0\n" for i, j in ring) + "  1  7  1  0\n"
    block = (
        f"benzene\n\n\n  7  7  0  0  0  0  0  0  0  0999 V2000\n{places}{hydrogen}{bonds}M  END\n"
    )
    path = tmp_path / "one.mol"
    path.write_text(block)
    ((_, found),) = Sdf().molecules(path)
    assert same(found, of_smiles("c1ccccc1"))
    for wrong, why in (
        (block.replace("M  END", "M  CHG  1   1   1\nM  END"), "a charge"),
        (block.replace(" C   0", " Si  0"), "it has Si"),
        (block.replace("V2000", "V3000"), "no block of V2000"),
        (block.replace("  1  7  1  0\n", "  1  9  1  0\n"), "an atom that is not there"),
        (block[: block.index("M  END") - 20], "fewer lines"),
    ):
        path.write_text(wrong)
        ((_, said),) = Sdf().molecules(path)
        assert why in said


def test_bonds_are_told_from_distances(tmp_path):
    path = tmp_path / "some.xyz"
    path.write_bytes(MORE["xyz"]()[1])
    found = [molecule for _, molecule in Xyz().molecules(path)]
    assert len(found) == 2
    assert same(found[0], of_smiles("C=O"))
    head = b"3\n\nO 0 0 0\nH 0 0 0.96\nH 0.93 0 -0.24\n"
    for wrong, why in (
        (head.replace(b"H 0 0 0.96", b"H 0 0 3.96"), "no bonds without charges"),
        (head.replace(b"O 0", b"Xe 0"), "it has Xe"),
        (head.replace(b"0.93", b"x"), "three coordinates"),
        (b"4" + head[1:], "ends before"),
    ):
        path.write_bytes(wrong)
        ((_, said),) = Xyz().molecules(path)
        assert why in said
    for wrong, why in ((b"one\n", "does not begin with a number"), (b"99999\n", "may have 1 to")):
        path.write_bytes(wrong)
        with pytest.raises(FormatError, match=why):
            list(Xyz().molecules(path))


SPELT = (
    *("OCC", "C#N", "CC(C)(C)C(=O)OC", "c1ccccc1", "C1CC2CC1CC2", "C1CC12CC2", "c1ccc2[nH]ccc2c1"),
    *("O=S(=O)(N)C", "CP(=O)(O)O", "ClCBr", "C12C3C4C1C5C2C3C45", "CC=CC#CC", "OI(=O)=O", "CI(C)"),
    "N1CCC(CC1)C%11CC%11",
)


def test_what_is_spelt_as_smiles_is_read_as_the_same():
    known = [of_smiles(text) for text in SPELT]
    again = [of_smiles(spelt(*molecule)) for molecule in known]
    for place, one in enumerate(again):
        alike = [k for k, other in enumerate(known) if same(one, other)]
        assert alike == [place], SPELT[place]
    assert spelt(*of_smiles("CI(C)")) == "C[IH]C", "of three bonds one is to a hydrogen"


def test_a_file_of_smiles_tells_what_it_does_not_hold(tmp_path):
    path, (atoms, bonds) = tmp_path / "made.smi", of_smiles("OCC")
    three = np.stack([atoms] * 3), np.stack([bonds] * 3), np.full(3, 3)
    three[1][1, 0, 1] = three[1][1, 1, 0] = 3
    write_molecules(path, *three, {})
    spelled = "CCO" if installed() else "OCC"
    # A line of a comment is none for most readers: they have their rows as names instead.
    assert path.read_text() == f"{spelled}\t0\n{spelled}\t2\n"
    whole = tmp_path / "whole.smi"
    write_molecules(whole, *(each[:1] for each in three), {})
    assert whole.read_text() == f"{spelled}\n"
    note = left_out(path, *three)
    assert note.startswith("1 is left out: 3 bonds at O (row 1).")
    assert ("not canonical" in note) != installed()
    assert left_out(tmp_path / "made.sdf", *three) == ""
    wrong = tuple(each[1:2] for each in three)
    with pytest.raises(FormatError, match="It has no SMILES: 3 bonds at O") as refused:
        write_molecules(path, *wrong, {})
    assert "Write SDF" in refused.value.hint
    assert path.read_text().count("\n") == 2, "what was there stays"


def test_rdkit_reads_smiles_alike():
    """Some of MOSES and all bundled kinds of rings; skipped where RDKit is not installed."""
    chem = pytest.importorskip("rdkit.Chem", reason="the extra pushforward[molecules]")
    from pushforward.observables.molecules.toolkit import smiles_of

    for text in (
        "CCOc1cccc(C(=O)Nc2ccn(Cc3ccccn3)n2)c1",
        "OCc1cc(-c2ccc(N3CCCC3)nn2)ccc1F",
        "COc1ccc2cccc(NC(=O)c3cccc(C#N)c3)c2n1",
        "Cc1nnc(SCC(=O)Nc2ccc3c(c2)OCO3)s1",
    ):
        assert smiles_of(*of_smiles(text)) == chem.CanonSmiles(text)
        assert chem.CanonSmiles(spelt(*of_smiles(text))) == chem.CanonSmiles(text)


@pytest.mark.parametrize("suffix", [".graphml", ".json"])
def test_molecules_are_written_as_graphs_with_elements_and_bonds(tmp_path, suffix):
    first, second = of_smiles("OC#N"), of_smiles("C=C")
    atoms, bonds = np.zeros((2, 3), np.int64), np.zeros((2, 3, 3), np.int64)
    for row, (a, b) in enumerate((first, second)):
        atoms[row, : len(a)], bonds[row, : len(a), : len(a)] = a, b
    path = tmp_path / f"made{suffix}"
    write_molecules(path, atoms, bonds, np.array([3, 2]), {"run": "one"})
    importer = GraphML() if suffix == ".graphml" else GraphJson()
    found = list(importer.graphs(path))
    assert [[said["element"] for said in each.of_nodes] for each in found] == [
        list("OCN"),
        ["C"] * 2,
    ]
    assert [sorted(said["bond"] for said in each.of_edges) for each in found] == [
        ["single", "triple"],
        ["double"],
    ]


def test_molecules_are_drawn_on_a_sheet(tmp_path):
    atoms, bonds = of_smiles("C=O")
    write_molecules(tmp_path / "made.svg", atoms[None], bonds[None], np.array([2]), {})
    text = (tmp_path / "made.svg").read_text()
    assert text.count("<line") == 2, "a double bond has two lines"
    assert ">O</text>" in text
    assert ">C</text>" not in text
