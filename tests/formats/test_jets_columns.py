"""Jets from columns of any name and order: however they are written, they are the same jets."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from pushforward.studio.formats import FormatError, files
from pushforward.studio.formats.jets.column_importer import JetColumns
from pushforward.studio.formats.options import settle
from pushforward.studio.formats.registry import discover, importers

N, PLACES = 40, 6


def jets(seed: int = 0) -> dict[str, np.ndarray]:
    """Return massless constituents (n, N) about axes all around, some of them near phi = pi, as
    their absolute pT in GeV, eta and phi, 0 where a place is padded; and what their sums are, from
    four-vectors added one by one.
    """
    rng = np.random.default_rng(seed)
    size = rng.integers(2, PLACES + 1, N)
    real = np.arange(PLACES) < size[:, None]
    axis_phi = np.where(np.arange(N) % 4 == 0, np.pi - 0.01, rng.uniform(-np.pi, np.pi, N))
    pt = np.where(real, rng.uniform(20, 400, (N, PLACES)), 0.0)
    eta = np.where(real, rng.normal(0, 1.5, N)[:, None] + rng.normal(0, 0.1, (N, PLACES)), 0.0)
    phi = axis_phi[:, None] + rng.normal(0, 0.1, (N, PLACES))
    phi = np.where(real, (phi + np.pi) % (2 * np.pi) - np.pi, 0.0)
    four = np.zeros((N, 4))
    for j in range(N):
        for k in range(size[j]):
            x, y, z = pt[j, k] * np.array(
                [np.cos(phi[j, k]), np.sin(phi[j, k]), np.sinh(eta[j, k])]
            )
            four[j] += [np.sqrt(x * x + y * y + z * z), x, y, z]
    energy, x, y, z = four.T
    return {
        "pt": pt,
        "eta": eta,
        "phi": phi,
        "real": real,
        "jet_pt": np.hypot(x, y),
        "jet_eta": np.arctanh(z / np.sqrt(x * x + y * y + z * z)),
        "jet_phi": np.arctan2(y, x),
        "jet_mass": np.sqrt(energy**2 - x**2 - y**2 - z**2),
        "label": np.arange(N) % 3,
    }


def cartesian(j: dict[str, np.ndarray]) -> tuple[np.ndarray, ...]:
    x, y, z = (j["pt"] * f for f in (np.cos(j["phi"]), np.sin(j["phi"]), np.sinh(j["eta"])))
    return x, y, z, np.sqrt(x * x + y * y + z * z)


def h5(path: Path, **arrays: np.ndarray) -> Path:
    with h5py.File(path, "w") as file:
        for name, values in arrays.items():
            file[name.replace("__", "/")] = values
    return path


def read(path: Path, **options: Any) -> tuple[list[str], dict[str, np.ndarray]]:
    found = files.inspect([path], "jets-columns", options)
    assert not found.problems, found.problems
    rows = files.rows([path], "jets-columns", options)
    blocks = list(rows.blocks)
    arrays = {name: np.concatenate([b[name] for b in blocks]) for name in blocks[0]}
    assert found.rows == len(arrays["x"])
    return rows.schema.classes, arrays


def same(found: dict[str, np.ndarray], j: dict[str, np.ndarray]) -> None:
    """Hold what came in against the jets, the hardest first and turned to their axes."""
    order = np.argsort(-np.where(j["real"], j["pt"], -1.0), axis=1, kind="stable")
    pt, eta, phi, real = (np.take_along_axis(j[k], order, 1) for k in ("pt", "eta", "phi", "real"))
    np.testing.assert_array_equal(found["size"], real.sum(axis=1))
    for k in ("pt", "eta", "mass"):
        np.testing.assert_allclose(found[k], j[f"jet_{k}"], rtol=2e-4, atol=2e-4)
    np.testing.assert_allclose(found["x"][..., 2], np.log1p(pt), atol=1e-4)
    turned = phi - j["jet_phi"][:, None]
    turned += 2 * np.pi * ((turned < -np.pi).astype(float) - (turned > np.pi))
    turned = np.where(real, turned.clip(-0.5, 0.5), 0.0)
    np.testing.assert_allclose(found["x"][..., 1], turned, atol=1e-4)
    away = np.where(real, (eta - j["jet_eta"][:, None]).clip(-0.5, 0.5), 0.0)
    np.testing.assert_allclose(found["x"][..., 0], away, atol=1e-4)


def polar(path: Path, j: dict) -> tuple[Path, dict]:
    return h5(path, part__phi=j["phi"], part__PT=j["pt"], part__eta=j["eta"]), {}


def four_vectors(path: Path, j: dict) -> tuple[Path, dict]:
    return h5(path, constituents=np.stack(cartesian(j), axis=2)), {}


def energy_first_in_mev(path: Path, j: dict) -> tuple[Path, dict]:
    x, y, z, e = cartesian(j)
    clouds = 1e3 * np.stack([e, x, y, z], axis=2)
    return h5(path, data=np.asfortranarray(clouds), y=j["label"]), {"unit": "MeV"}


def flat_rows(path: Path, j: dict) -> tuple[Path, dict]:
    """The top-tagging benchmark has E, px, py, pz of a constituent side by side."""
    x, y, z, e = cartesian(j)
    flat = np.stack([e, x, y, z], axis=2).reshape(N, -1)
    columns = {"px": "table[1]", "py": "table[2]", "pz": "table[3]", "energy": "table[0]"}
    return h5(path, table=flat), {"each": 4, **columns}


def flat_rows_of_four_vectors(path: Path, j: dict) -> tuple[Path, dict]:
    """They are known by their numbers: nobody says how many stand side by side."""
    return h5(path, momenta=np.stack(cartesian(j), axis=2).reshape(N, -1)), {}


def named_fields(path: Path, j: dict) -> tuple[Path, dict]:
    tracks = np.zeros((N, PLACES), [("charge", "i1"), ("pt", "f8"), ("valid", "?"), ("phi", "f8"),
                                    ("eta", "f4")])  # fmt: skip
    tracks["pt"], tracks["eta"], tracks["phi"] = j["pt"] + 7.0 * ~j["real"], j["eta"], j["phi"]
    tracks["valid"] = j["real"]
    return h5(path, tracks=tracks), {}


def archive_of_shares(path: Path, j: dict) -> tuple[Path, dict]:
    path = path.with_suffix(".npz")
    share = j["pt"] / j["jet_pt"][:, None]
    of_jets = np.stack([j["jet_mass"], j["jet_pt"], j["jet_eta"], j["jet_phi"]], axis=1)
    clouds = np.stack([share, j["eta"], j["phi"]], axis=2)
    np.savez_compressed(path, X=clouds, J=of_jets, what=j["label"].astype(float))
    names = {"pt": "X[0]", "eta": "X[1]", "phi": "X[2]", "jet_pt": "J[1]", "jet_mass": "J[0]"}
    return path, {**names, "jet_eta": "J[2]", "jet_phi": "J[3]", "label": "what"}


def angles_in_two_turns(path: Path, j: dict) -> tuple[Path, dict]:
    """Some files have azimuths from 0 to 2 pi, and padding that is NaN."""
    nan = np.where(j["real"], 0.0, np.nan)
    return h5(path, pt=j["pt"] + nan, eta=j["eta"] + nan, phi=j["phi"] % (2 * np.pi) + nan), {}


WAYS: list[Callable[[Path, dict], tuple[Path, dict]]] = [
    polar, four_vectors, energy_first_in_mev, flat_rows, named_fields, archive_of_shares,
    flat_rows_of_four_vectors, angles_in_two_turns,
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_jets_are_the_same_however_they_are_written(tmp_path: Path, way: Any) -> None:
    j = jets()
    path, options = way(tmp_path / "t.h5", j)
    same(read(path, **options)[1], j)


def test_other_jets_are_others(tmp_path: Path) -> None:
    """What `same` compares can fail: momenta in another unit, or columns exchanged."""
    j = jets()
    path, options = polar(tmp_path / "t.h5", j)
    for wrong in ({"unit": "TeV"}, {"eta": "part/phi", "phi": "part/eta"}, {"angles": "relative"}):
        with pytest.raises(AssertionError):
            same(read(path, **options, **wrong)[1], j)


def test_a_mass_of_energies_counts_the_masses_of_constituents(tmp_path: Path) -> None:
    j = jets()
    x, y, z, e = cartesian(j)
    heavy = np.where(j["real"], np.sqrt(e**2 + 0.14**2), 0.0)
    path = h5(tmp_path / "t.h5", px=x, py=y, pz=z, E=heavy)
    _, arrays = read(path)
    total = [v.sum(axis=1) for v in (heavy, x, y, z)]
    expected = np.sqrt(total[0] ** 2 - total[1] ** 2 - total[2] ** 2 - total[3] ** 2)
    np.testing.assert_allclose(arrays["mass"], expected, rtol=1e-4)
    assert (arrays["mass"] > j["jet_mass"] + 1e-4).all()


def test_what_was_cut_still_counts_for_the_jet(tmp_path: Path) -> None:
    j = jets()
    path, _ = polar(tmp_path / "t.h5", j)
    _, arrays = read(path, most=2)
    assert arrays["x"].shape == (N, 2, 3)
    np.testing.assert_allclose(arrays["mass"], j["jet_mass"], rtol=2e-4)
    hardest = np.sort(j["pt"], axis=1)[:, ::-1][:, :2]
    np.testing.assert_allclose(np.expm1(arrays["x"][..., 2]), hardest, rtol=1e-4)


def test_relative_angles_and_shares_are_told_by_where_they_lie(tmp_path: Path) -> None:
    j = jets()
    near = np.where(j["real"], np.random.default_rng(1).normal(0, 0.02, (N, PLACES)), 0.0)
    share = j["pt"] / j["jet_pt"][:, None] * 0.99
    path = h5(tmp_path / "g.h5", pt=share, eta=near, phi=near)
    _, arrays = read(path, assumed_pt=500.0)
    np.testing.assert_allclose(arrays["pt"], 500.0)
    np.testing.assert_allclose(np.expm1(arrays["x"][..., 2]).sum(1), 500 * share.sum(1), rtol=1e-4)
    np.testing.assert_allclose(np.sort(arrays["x"][..., 0]), np.sort(near), atol=1e-6)
    found = files.inspect([path], "jets-columns")
    said = " ".join(found.notes)
    assert "sum to about 1: they are treated as fractions" in said
    assert "treated as relative to the jet axis" in said
    assert "it is set to 1,000 GeV" in said
    assert not found.unused
    absolute = files.inspect([polar(tmp_path / "a.h5", j)[0]], "jets-columns")
    assert list(absolute.unused) == ["assumed_pt"]


@pytest.mark.parametrize(
    ("label", "types", "classes", "numbers"),
    [
        (np.array([0, 5] * 20), "0=gluon, 5=t", ["gluon", "top"], [0, 1] * 20),
        (np.array([1, 0] * 20), "quark, gluon", ["gluon", "quark"], [0, 1] * 20),
        (np.array([3.0, -1.0] * 20), "", ["type -1", "type 3"], [1, 0] * 20),
        (np.eye(3)[np.arange(40) % 3], "a,b,c", ["a", "b", "c"], (np.arange(40) % 3).tolist()),
        (np.array([b"top", b"W"] * 20), "", ["top", "W"], [0, 1] * 20),
        (np.array([True, False] * 20), "background, signal", ["background", "signal"], [1, 0] * 20),
    ],
)
def test_types_by_numbers_words_or_one_column_each(
    tmp_path: Path, label: Any, types: str, classes: list[str], numbers: list[int]
) -> None:
    j = jets()
    path = h5(tmp_path / "x.h5", pt=j["pt"], eta=j["eta"], phi=j["phi"], label=label)
    found, arrays = read(path, types=types)
    assert found == classes
    assert arrays["label"].tolist() == numbers


def test_files_without_types_are_one_each(tmp_path: Path) -> None:
    paths = [polar(tmp_path / f"{name}.h5", jets(k))[0] for k, name in enumerate("gt")]
    assert files.inspect(paths, "jets-columns").classes == ["gluon", "top"]
    assert files.inspect(paths, "jets-columns", {"types": "a, b"}).classes == ["a", "b"]


def test_what_may_be_chosen_is_told_with_what_looks_like_it(tmp_path: Path) -> None:
    j = jets()
    clouds = np.stack([j["pt"], j["eta"], j["phi"], j["pt"]], axis=2)
    kin = np.stack([j["jet_mass"]] * 4, axis=1)  # no number of each of six constituents
    path = h5(tmp_path / "x.h5", cloud=clouds, jet__mass=j["jet_mass"], kin=kin)
    found = files.inspect([path])
    assert found.importer == "jets-columns"
    assert found.sources["pt"] == [f"cloud[{k}]" for k in range(4)]
    assert "kin[0]" in found.sources["jet_pt"]
    assert found.taken == {"jet_mass": "jet/mass"}
    assert "what its constituents are cannot be told" in found.problems[0]
    assert "cloud (40, 6, 4)" in found.problems[0]
    chosen = {"pt": "cloud[0]", "eta": "cloud[1]", "phi": "cloud[2]"}
    same(read(path, **chosen)[1], j)
    with pytest.raises(FormatError, match="cannot be told"):
        files.rows([path], "jets-columns")


def test_our_own_archives_come_in_again(tmp_path: Path) -> None:
    from pushforward.studio.formats.jets.writing import write_jets

    j = jets()
    eta = np.where(j["real"], j["eta"] - j["jet_eta"][:, None], 0.0)
    phi = j["phi"] - j["jet_phi"][:, None]
    phi = np.where(j["real"], (phi + np.pi) % (2 * np.pi) - np.pi, 0.0)
    clouds = np.stack([eta, phi, j["pt"] / j["jet_pt"][:, None], j["real"]], axis=2)
    of_jets = np.stack([j["jet_pt"], j["jet_eta"], j["jet_mass"], j["real"].sum(1)], axis=1)
    path = tmp_path / "made.npz"
    names = ("gluon", "top", "W")
    write_jets(path, clouds.astype("f4"), of_jets.astype("f4"), j["label"], names)
    discover()
    assert files.inspect([path]).importer == "jets-columns"
    classes, arrays = read(path)
    assert classes == list(names)
    np.testing.assert_array_equal(arrays["label"], j["label"])
    same(arrays, j)


def test_tables_and_pictures_are_none(tmp_path: Path) -> None:
    discover()
    table = h5(tmp_path / "t.h5", x=np.zeros((20, 40)), y=np.zeros(20))
    np.savez(tmp_path / "p.npz", images=np.zeros((20, 28, 28)), x=np.zeros((20, 3)))
    for path in (table, tmp_path / "p.npz"):
        assert "jets-columns" not in [each.slug for each in importers.find_claiming([path])]
    j = jets()
    usual = h5(
        tmp_path / "g.h5",
        particle_features=np.stack([j["eta"], j["phi"], j["pt"], j["real"]], axis=2),
    )
    assert next(e.slug for e in importers.find_claiming([usual])) == "jetnet"


def test_what_is_wrong_with_columns_is_one_sentence(tmp_path: Path) -> None:
    j = jets()
    path = h5(
        tmp_path / "x.h5", pt=j["pt"], eta=j["eta"], phi=j["phi"], other=j["phi"][:, :3],
        part=np.arange(N) / 3, many=np.arange(N), few=j["jet_pt"][:7],
    )  # fmt: skip

    def against(**options: Any) -> str:
        settled = settle(JetColumns.options, options)
        (said,) = JetColumns().inspect([path], settled).problems
        with pytest.raises(FormatError) as refused:
            list(JetColumns().rows([path], settled).blocks)
        assert refused.value.message in said
        return said

    assert "x.h5 has no column 'nowhere'" in against(eta="nowhere")
    assert "There are" in against(eta="nowhere")
    assert "eta is eta; phi is phi" in against(pt="none")
    assert "other is (40, 3) and pt (40, 6)" in against(phi="other")
    assert "few is (7,) and pt (40, 6)" in against(jet_pt="few")
    assert "part holds numbers that are not whole" in against(label="part")
    assert "whose constituents have more than 10 times its pT" in against(jet_pt="part")
    assert "GeV, too low for a jet: choose a larger unit" in against(unit="MeV")
    assert "GeV, beyond any collider: choose a smaller unit" in against(unit="TeV")


def test_a_jet_that_is_damaged_is_left_out_and_the_others_stay(tmp_path: Path) -> None:
    j = jets()
    pt, eta = j["pt"].copy(), j["eta"].copy()
    eta[3, 0], pt[5, 0], pt[8] = np.nan, np.inf, 0.0
    path = h5(tmp_path / "t.h5", pt=pt, eta=eta, phi=j["phi"])
    _, arrays = read(path)
    assert len(arrays["x"]) == N - 3
    said = " ".join(files.inspect([path], "jets-columns").notes)
    assert "3 jets of 40 left out" in said
    assert "2 with a number that is not finite (the first is jet 3)" in said
    assert "1 without a constituent (this is jet 8)" in said


def test_bytes_and_what_is_called_so_are_pixels_and_no_constituents(tmp_path: Path) -> None:
    x = np.random.default_rng(0).random((20, 8, 9))
    path = tmp_path / "a.npz"
    for called, dtype, jets_ in (
        ("a", np.uint8, False), ("a", np.float32, True), ("images", np.float32, False),
    ):  # fmt: skip
        np.savez(path, **{called: (255 * x).astype(dtype), "labels": np.zeros(20, np.uint8)})
        assert JetColumns().claims(path) is jets_


def test_square_numbers_are_images_first_but_for_four_vectors(tmp_path: Path) -> None:
    discover()
    path = tmp_path / "a.npz"
    x = np.random.default_rng(0).random((20, 8, 8), np.float32)
    np.savez(path, x_train=x, y_train=np.zeros(20, np.int64))
    offered = [each.slug for each in importers.offered([path])]
    assert offered[0] == "image-arrays"
    assert "jets-columns" in offered  # a person may know better
    p = np.random.default_rng(1).normal(size=(20, 4, 3))
    energy = np.linalg.norm(p, axis=2, keepdims=True)
    np.savez(path, x_train=np.concatenate([energy, p], axis=2))
    assert importers.offered([path])[0].slug == "jets-columns"
