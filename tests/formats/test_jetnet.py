"""JetNet files: what is taken from them, and what is said of those that are none."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from studio.formats import registry as formats
from studio.formats.jets.jetnet import JetNet
from studio.formats.limits import FormatError


def written(path: Path, n: int = 5, places: int = 4, **changed: np.ndarray) -> Path:
    rng = np.random.default_rng(3)
    clouds = np.zeros((n, places, 4), np.float32)
    for row in range(n):
        k = 1 + row % places
        clouds[row, :k, :2] = rng.normal(0, 0.1, (k, 2))
        clouds[row, :k, 2] = rng.random(k)
        clouds[row, :k, 3] = 1.0
    jets = np.tile(np.float32([1000.0, 0.5, 80.0, 2.0]), (n, 1))
    with h5py.File(path, "w") as file:
        file["particle_features"] = changed.get("clouds", clouds)
        file["jet_features"] = changed.get("jets", jets)
    return path


def read(*paths: Path) -> tuple[list[str], dict[str, np.ndarray]]:
    rows = JetNet().rows(paths, {})
    blocks = list(rows.blocks)
    arrays = {name: np.concatenate([b[name] for b in blocks]) for name in blocks[0]}
    assert rows.total == len(arrays["x"])
    return rows.schema.classes, arrays


def test_files_are_recognised_before_any_table(tmp_path: Path) -> None:
    formats.discover()
    path = written(tmp_path / "t.hdf5")
    assert JetNet().claims(path)
    with h5py.File(tmp_path / "table.h5", "w") as file:
        file["x"] = np.zeros((3, 2))
    assert not JetNet().claims(tmp_path / "table.h5")


def test_momenta_are_logarithms_of_gev_and_padding_is_zero(tmp_path: Path) -> None:
    path = written(tmp_path / "w.hdf5")
    with h5py.File(path) as file:
        clouds = file["particle_features"][:]
    classes, arrays = read(path)
    assert classes == ["W"]
    np.testing.assert_allclose(arrays["x"][0, 0, 2], np.log1p(1000.0 * clouds[0, 0, 2]), rtol=1e-6)
    np.testing.assert_array_equal(arrays["size"], [1, 2, 3, 4, 1])
    assert not arrays["x"][0, 1:].any()
    assert arrays["label"].dtype == np.int64


def test_padding_may_stand_anywhere(tmp_path: Path) -> None:
    path = written(tmp_path / "g.hdf5")
    with h5py.File(path, "r+") as file:
        clouds = file["particle_features"][:]
        file["particle_features"][:] = clouds[:, ::-1]
    _, turned = read(path)
    _, usual = read(written(tmp_path / "usual.hdf5"))
    for row, size in enumerate(usual["size"]):
        np.testing.assert_array_equal(turned["x"][row, :size], usual["x"][row, :size][::-1])


def test_types_of_several_files_come_in_the_order_of_jetnet(tmp_path: Path) -> None:
    paths = [written(tmp_path / name) for name in ("z.hdf5", "g150.hdf5", "mine.h5")]
    classes, arrays = read(*paths)
    assert classes == ["gluon", "Z", "mine"]
    np.testing.assert_array_equal(arrays["label"], np.repeat([1, 0, 2], 5))


def test_an_inspection_tells_rows_parts_and_types(tmp_path: Path) -> None:
    found = JetNet().inspect([written(tmp_path / "q.hdf5", n=7)], {})
    assert (found.rows, found.kind, found.classes) == (7, "jets", ["light quark"])
    assert [part.name for part in found.parts] == ["x", "size", "label", "pt", "eta", "mass"]
    assert len(found.preview["x"]) == 3


def bad(what: str) -> dict[str, np.ndarray]:
    clouds = np.ones((5, 4, 4), np.float32)
    jets = np.tile(np.float32([1000.0, 0.5, 80.0, 2.0]), (5, 1))
    match what:
        case "nan":
            clouds[3, 1, 2] = np.nan
        case "no particle":
            clouds[2, :, 3] = 0.0
        case "no momentum":
            jets[1, 0] = 0.0
        case "shapes":
            jets = jets[:4]
        case "flat":
            clouds = clouds.reshape(5, 16)
        case "text":
            return {"clouds": np.full((5, 4, 4), b"x"), "jets": jets}
    return {"clouds": clouds, "jets": jets}


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("nan", "jet 3 has a number that is not finite"),
        ("no particle", "jet 2 has 0 particles"),
        ("no momentum", "jet 1 has 4 particles, a pT of 0 GeV"),
        ("shapes", r"must be \(n, N, 4\) and \(n, 4\)"),
        ("flat", r"must be \(n, N, 4\) and \(n, 4\)"),
        ("text", "does not hold numbers"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, what: str, said: str) -> None:
    path = written(tmp_path / "t.hdf5", **bad(what))
    with pytest.raises(FormatError, match=said):
        read(path)


def test_clouds_of_other_sizes_do_not_go_together(tmp_path: Path) -> None:
    paths = [written(tmp_path / "g.hdf5"), written(tmp_path / "q.hdf5", places=6)]
    assert JetNet().inspect(paths, {}).problems
    with pytest.raises(FormatError, match="places"):
        read(*paths)


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    path = written(tmp_path / "t.hdf5")
    path.write_bytes(path.read_bytes()[:900])
    assert not JetNet().claims(path)
    with pytest.raises(FormatError):
        read(path)
