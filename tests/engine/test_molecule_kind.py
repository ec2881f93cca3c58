"""Molecules in the engine: imported, laid out, handed to operators, and exported."""

import numpy as np
import pytest

from pushforward.models.kinds.molecules import MoleculeSet, molecules
from pushforward.studio.engine.data.molecules import MoleculesConfig
from pushforward.studio.engine.data.sets.qm9 import qm9
from pushforward.studio.engine.kinds.base import Facts, kind_of
from pushforward.studio.engine.kinds.molecules import Molecules
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.formats.molecules.sdf import Sdf
from pushforward.studio.formats.molecules.smiles import Smiles


def test_what_is_imported_becomes_molecules_and_is_exported_again(tmp_path):
    path = tmp_path / "some.smi"
    path.write_text("CCO\nc1ccccc1\nC#N\n")
    rows = Smiles().rows([path], {})
    (block,) = rows.blocks
    kind = kind_of("molecules")
    assert isinstance(kind, Molecules)
    data = kind.from_parts(dict(block), Facts())
    assert isinstance(data, MoleculeSet)
    assert data.size.tolist() == [3, 6, 2]
    assert kind.describe_data(data) == "3 molecules (at most 6 atoms)"
    out = tmp_path / "again.sdf"
    kind.write(out, data.rows(slice(None)), (), {"run": "r"})
    again = [molecule for _, molecule in Sdf().molecules(out)]
    assert [len(atoms) for atoms, _ in again] == [3, 6, 2]
    kind.write(tmp_path / "again.smi", data.rows(slice(None)), (), {"run": "r"})
    (written,) = Smiles().rows([tmp_path / "again.smi"], {}).blocks
    for name, values in kind.from_parts(dict(written), Facts()).rows(slice(None)).given.items():
        np.testing.assert_array_equal(values, data.rows(slice(None)).given[name])
    kind.write(tmp_path / "again.npz", data.rows(slice(None)), (), {})
    with np.load(tmp_path / "again.npz") as arrays:
        assert arrays["bonds"].shape == (3, 6, 6)
    with pytest.raises(Refused, match="lacks bonds, size"):
        kind.from_parts({"atoms": block["atoms"]}, Facts())


def test_molecules_are_laid_out_by_what_they_are():
    kind, data = kind_of("molecules"), molecules(20, 0)
    shown = kind.preview_arrays(data)
    assert shown["places"].shape == (20, 3, 2)
    assert kind.facts(data)["nodes"] == 3
    rows = data.rows(slice(0, 4))
    handed = kind.parse_rows(rows.x.tolist(), data.spec(), ())
    assert handed.given["size"].tolist() == data.size[:4].tolist()
    assert (handed.mask == rows.mask).all()


def test_a_damaged_file_of_molecules_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("pushforward.studio.engine.data.molecules.folder", lambda name: tmp_path)
    with pytest.raises(Refused, match="missing from the installation"):
        qm9(MoleculesConfig())
    (tmp_path / "qm9").mkdir()
    (tmp_path / "qm9" / "qm9.npz").write_bytes(b"nothing")
    with pytest.raises(Refused, match="has invalid molecules"):
        qm9(MoleculesConfig())
