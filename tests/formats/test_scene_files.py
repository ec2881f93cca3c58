"""Scenes from ENVI, GeoTIFF, NumPy and HDF5: the same cube, whatever it lies in."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from pushforward.studio.formats import registry as formats
from pushforward.studio.formats.cubes.class_table import is_class_table, read_class_table
from pushforward.studio.formats.cubes.importing import Scenes
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.options import settle

RNG = np.random.default_rng(0)
CUBE = RNG.integers(100, 9000, (6, 5, 8)).astype(np.uint16)
TRUTH = np.tile(np.array([0, 1, 1, 2, 2], np.uint8), (6, 1))
WAVES = [400.0, 500.0, 600.0, 860.0, 1400.0, 1500.0, 1900.0, 2200.0]
AXES = {"bsq": (2, 0, 1), "bil": (0, 2, 1), "bip": (0, 1, 2)}


def envi(folder: Path, name: str, values: np.ndarray, layout: str = "bsq", **more: str) -> Path:
    codes = {"u1": 1, "i2": 2, "f4": 4, "u2": 12}
    shape = values.shape if values.ndim == 3 else (*values.shape, 1)
    data = values.reshape(shape).transpose(AXES[layout])
    big = more.pop("order", "0") == "1"
    code = codes[values.dtype.str[1:]]
    skipped = int(more.get("header_offset", 0))
    raw = data.astype(values.dtype.newbyteorder(">" if big else "<")).tobytes()
    (folder / f"{name}.img").write_bytes(b"x" * skipped + raw)
    fields = {
        "samples": shape[1], "lines": shape[0], "bands": shape[2], "data type": code,
        "interleave": layout, "byte order": int(big),
        **{key.replace("_", " "): value for key, value in more.items()},
    }  # fmt: skip
    text = "".join(f"{key} = {value}\n" for key, value in fields.items())
    path = folder / f"{name}.hdr"
    path.write_text("ENVI\n" + text)
    return path


def read(paths: list[Path], **options: object) -> tuple[object, dict[str, np.ndarray]]:
    scenes = Scenes()
    settled = settle(scenes.options, options)
    found = scenes.rows(paths, settled)
    blocks = list(found.blocks)
    arrays = {name: np.concatenate([b[name] for b in blocks]) for name in blocks[0]}
    schema = found.schema
    bands = arrays["x"].shape[1]
    shape = schema.facts["height"], schema.facts["width"]
    arrays["cube"] = arrays["x"].reshape(*shape, bands)
    arrays["truth"] = arrays["label"].reshape(shape) + 1
    return schema, arrays


@pytest.mark.parametrize("layout", list(AXES))
@pytest.mark.parametrize("order", ["0", "1"])
def test_envi_is_read_in_each_layout_and_byte_order(tmp_path: Path, layout, order) -> None:
    waves = ", ".join(f"{w / 1000:.4f}" for w in WAVES)
    path = envi(
        tmp_path, "scene", CUBE, layout, order=order, header_offset="7",
        wavelength=f"{{\n {waves} }}", wavelength_units="Micrometers",
        fwhm="{ .01, .01, .01, .01, .01, .01, .01, .01 }",
    )  # fmt: skip
    schema, arrays = read([path])
    np.testing.assert_array_equal(arrays["cube"], CUBE)
    np.testing.assert_allclose(schema.facts["wavelengths"], WAVES)
    np.testing.assert_allclose(schema.facts["fwhm"], 10.0)
    _, window = read([path.with_suffix(".img")], row=1, rows=3, column=2, columns=2)
    np.testing.assert_array_equal(window["cube"], CUBE[1:4, 2:4])


def test_an_envi_scene_and_its_classes_come_together(tmp_path: Path) -> None:
    formats.discover()
    names = "{ Unclassified, Water, Forest }"
    paths = [envi(tmp_path, "scene", CUBE), envi(tmp_path, "labels", TRUTH, class_names=names)]
    paths += [path.with_suffix(".img") for path in paths]
    assert formats.importers.find_claiming(paths)[0].slug == "scene"
    schema, arrays = read(paths)
    assert schema.classes == ["Water", "Forest"]
    np.testing.assert_array_equal(arrays["truth"], TRUTH)


def test_bad_bands_water_and_chosen_bands_are_left_out(tmp_path: Path) -> None:
    listed = "{" + ", ".join(map(str, WAVES)) + "}"
    path = envi(tmp_path, "scene", CUBE, bbl="{0,1,1,1,1,1,1,1}", wavelength=listed)
    schema, arrays = read([path])
    np.testing.assert_array_equal(arrays["cube"], CUBE[:, :, 1:])
    schema, arrays = read([path], water=True, good=False, bands="1-5, 7-")
    np.testing.assert_array_equal(arrays["cube"], CUBE[:, :, [0, 1, 2, 3, 7]])
    np.testing.assert_allclose(schema.facts["wavelengths"], [400, 500, 600, 860, 2200])
    with pytest.raises(FormatError, match="not within 1 to 8"):
        read([path], bands="3-9")
    with pytest.raises(FormatError, match="No band is left"):
        read([path], bands="1")


def test_references_and_scale_give_reflectance(tmp_path: Path) -> None:
    paths = [envi(tmp_path, "scene", CUBE, reflectance_scale_factor="10000")]
    schema, arrays = read(paths)
    np.testing.assert_allclose(arrays["cube"], CUBE / 10_000, rtol=1e-6)
    assert schema.facts["unit"] == "reflectance"
    dark = np.full((2, 5, 8), 50, np.uint16)
    white = RNG.integers(10_000, 12_000, (3, 5, 8)).astype(np.uint16)
    paths += [envi(tmp_path, "dark", dark), envi(tmp_path, "white_panel", white)]
    _, arrays = read(paths)
    expected = (CUBE - 50.0) / (white.mean(axis=0) - 50.0)
    np.testing.assert_allclose(arrays["cube"], expected, rtol=1e-5)


def test_pixels_without_data_are_zero_and_unlabelled(tmp_path: Path) -> None:
    cube = CUBE.astype(np.float32)
    cube[0, 3] = -9999
    paths = [
        envi(tmp_path, "scene", cube, data_ignore_value="-9999"),
        envi(tmp_path, "gt", TRUTH),
    ]
    _, arrays = read(paths)
    assert (arrays["cube"][0, 3] == 0).all()
    assert arrays["truth"][0, 3] == 0
    cube[1, 3, 2] = np.nan
    paths[0] = envi(tmp_path, "scene", cube)
    with pytest.raises(FormatError, match="row 1, column 3"):
        read(paths)
    _, arrays = read(paths, empty="zero")
    assert arrays["truth"][1, 3] == 0


def test_numpy_and_hdf5_are_oriented_by_their_map(tmp_path: Path) -> None:
    turned = CUBE.transpose(2, 0, 1)
    np.save(tmp_path / "cube.npy", turned)
    np.save(tmp_path / "gt.npy", TRUTH)
    np.savez(tmp_path / "all.npz", cube=CUBE, gt=TRUTH, wavelengths=np.array(WAVES))
    with h5py.File(tmp_path / "all.h5", "w") as file:
        file.create_dataset("data/cube", data=turned, chunks=(2, 3, 5), compression="gzip")
        file["data/labels"] = TRUTH
        file["wavelength"] = np.array(WAVES)
    for files in (["cube.npy", "gt.npy"], ["all.npz"], ["all.h5"]):
        schema, arrays = read([tmp_path / name for name in files])
        np.testing.assert_array_equal(arrays["cube"], CUBE)
        np.testing.assert_array_equal(arrays["truth"], TRUTH)
        assert ("wavelengths" in schema.facts) is (len(files) == 1)
    assert all(Scenes().claims(tmp_path / name) for name in ("all.npz", "all.h5"))
    _, arrays = read([tmp_path / "cube.npy"], axes="bands-rows-columns")
    np.testing.assert_array_equal(arrays["cube"], CUBE)


def test_a_split_and_a_second_map_are_stored(tmp_path: Path) -> None:
    roles = np.tile(np.array([0, 1, 2, 3, 3], np.uint8), (6, 1))
    np.savez(tmp_path / "s.npz", cube=CUBE, gt=TRUTH, split=roles)
    schema, arrays = read([tmp_path / "s.npz"], split="map")
    assert schema.facts["scene"] == {"split": "map"}
    np.testing.assert_array_equal(arrays["role"].reshape(6, 5), roles)
    schema, _ = read([tmp_path / "s.npz"], split="block", labels=8, roles="none")
    assert schema.facts["scene"] == {"split": "block", "labels": 8, "validation": 0}


def test_names_of_classes_come_from_a_table_or_a_line(tmp_path: Path) -> None:
    paths = [envi(tmp_path, "scene", CUBE), envi(tmp_path, "gt", TRUTH)]
    table = tmp_path / "names.csv"
    table.write_text("class,name\n0,none\n1,Water\n2,Dry grass\n3,Road\n")
    assert read_class_table(table) == {0: "none", 1: "Water", 2: "Dry grass", 3: "Road"}
    schema, _ = read([*paths, table])
    assert schema.classes == ["Water", "Dry grass", "Road"]
    schema, _ = read(paths, names="Lake, Field")
    assert schema.classes == ["Lake", "Field"]
    for text in ("1,2\n2,3\n", "a,b,c\n1.5,x\n", "x,y\n"):
        table.write_text(text)
        assert not is_class_table(table)


def test_what_is_wrong_with_a_header_is_said(tmp_path: Path) -> None:
    path = envi(tmp_path, "scene", CUBE)
    good = path.read_text()
    for wrong, said in (
        ("lines = x", "must be a whole number"),
        ("data type = 6", "data type 6 is not read"),
        ("interleave = abc", "none of bsq, bil, bip"),
        ("lines = 60", "has 480 bytes; 60 x 5 x 8"),
        ("wavelength = {1, 2}", "wavelength has 2 values"),
    ):
        key = wrong.split(" = ")[0]
        kept = [line for line in good.splitlines() if not line.startswith(f"{key} =")]
        path.write_text("\n".join([*kept, wrong]))
        with pytest.raises(FormatError, match=said):
            read([path])
    path.write_text(good)
    path.with_suffix(".img").unlink()
    with pytest.raises(FormatError, match="no file of values"):
        read([path])


tifffile = pytest.importorskip("tifffile")


@pytest.mark.parametrize(
    ("written", "more"),
    [
        (CUBE, {"planarconfig": "contig"}),
        (CUBE.transpose(2, 0, 1), {"planarconfig": "separate"}),
        (CUBE.transpose(2, 0, 1), {"planarconfig": "separate", "compression": "zlib"}),
        (CUBE.transpose(2, 0, 1), {"planarconfig": "separate", "tile": (16, 16)}),
    ],
)
def test_geotiff_is_read_in_each_layout(tmp_path: Path, written, more) -> None:
    tifffile.imwrite(tmp_path / "scene.tif", written, photometric="minisblack", **more)
    tifffile.imwrite(tmp_path / "gt.tif", TRUTH)
    paths = [tmp_path / "scene.tif", tmp_path / "gt.tif"]
    assert all(Scenes().claims(path) for path in paths)
    _, arrays = read(paths)
    np.testing.assert_array_equal(arrays["cube"], CUBE)
    np.testing.assert_array_equal(arrays["truth"], TRUTH)
    _, window = read(paths, row=2, rows=2, column=1, columns=3)
    np.testing.assert_array_equal(window["cube"], CUBE[2:4, 1:4])
