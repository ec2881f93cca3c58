"""The top-tagging benchmark: jets of a table of pandas, without the top quark behind them."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from pushforward.studio.formats import FormatError, files
from pushforward.studio.formats.jets.column_importer import JetColumns
from pushforward.studio.formats.jets.top_tagging import WIDTH, TopTagging

N, PLACES = 30, 200


def four_vectors(seed: int = 0) -> np.ndarray:
    """Return E, px, py and pz of 1 to 12 massless constituents about an axis, (n, 200, 4)."""
    rng = np.random.default_rng(seed)
    real = np.arange(PLACES) < rng.integers(1, 13, N)[:, None]
    pt = np.sort(np.where(real, rng.uniform(5, 200, (N, PLACES)), 0.0), axis=1)[:, ::-1]
    eta = rng.normal(0, 1, N)[:, None] + rng.normal(0, 0.2, (N, PLACES))
    phi = rng.uniform(-3, 3, N)[:, None] + rng.normal(0, 0.2, (N, PLACES))
    px, py, pz = pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)
    return np.stack([pt * np.cosh(eta), px, py, pz], axis=2)


def written(path: Path, *, width: int = WIDTH, labels: np.ndarray | None = None) -> Path:
    """Write a file as pandas does; the quark in each row is far more than the jet."""
    fields = [
        ("index", "<i8"),
        ("values_block_0", "<f4", (width,)),
        ("values_block_1", "<i8", (2,)),
    ]
    table = np.zeros(N, np.dtype(fields))
    row = np.concatenate([four_vectors().reshape(N, -1), np.full((N, 4), 9e4)], axis=1)
    table["values_block_0"] = row[:, :width]
    table["values_block_1"][:, 1] = np.arange(N) % 2 if labels is None else labels
    with h5py.File(path, "w") as file:
        file.create_dataset("table/table", data=table, chunks=(7,))
    return path


def test_jets_come_without_the_quark_and_with_the_mass_of_their_four_vectors(
    tmp_path: Path,
) -> None:
    path = written(tmp_path / "train.h5")
    found = files.inspect([path], "", {})
    assert (found.importer, found.rows, found.classes) == ("top-tagging", N, ["top", "QCD"])
    assert found.facts["radius"] == 0.8
    assert any("is not a constituent and is skipped" in note for note in found.notes)
    assert next(offer.slug for offer in found.offers) == "top-tagging"
    (block,) = files.rows([path], "top-tagging", {}).blocks
    energy, px, py, pz = four_vectors().sum(axis=1).T
    np.testing.assert_allclose(block["pt"], np.hypot(px, py), rtol=1e-5)
    mass = np.sqrt(np.maximum(energy**2 - px**2 - py**2 - pz**2, 0.0))
    np.testing.assert_allclose(block["mass"], mass, rtol=1e-3, atol=0.05)
    np.testing.assert_array_equal(block["size"], (four_vectors()[..., 0] > 0).sum(axis=1))
    np.testing.assert_array_equal(block["label"], 1 - np.arange(N) % 2)
    assert block["x"].shape == (N, PLACES, 3)


def test_the_hardest_of_them_are_taken_where_that_is_asked(tmp_path: Path) -> None:
    path = written(tmp_path / "val.h5")
    (block,) = files.rows([path], "top-tagging", {"most": 5}).blocks
    (every,) = files.rows([path], "top-tagging", {}).blocks
    np.testing.assert_array_equal(block["x"], every["x"][:, :5])
    np.testing.assert_array_equal(block["mass"], every["mass"])


def test_other_tables_are_none_of_the_benchmark(tmp_path: Path) -> None:
    path = written(tmp_path / "other.h5", width=WIDTH - 4)
    assert not TopTagging().claims(path)
    assert JetColumns().claims(path), "rows of four-vectors"
    with pytest.raises(FormatError, match="has no table of the top-tagging benchmark"):
        TopTagging().inspect([path], {})
    wrong = written(tmp_path / "wrong.h5", labels=np.full(N, 3))
    assert not JetColumns().claims(wrong), "the quark would be taken for a constituent"
    with pytest.raises(FormatError, match="neither top nor not"):
        TopTagging().inspect([wrong], {})
