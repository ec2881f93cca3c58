"""What is written of a scene is read again: maps, probabilities, spectra, tables."""

from pathlib import Path

import numpy as np
import pytest

from pushforward.studio.formats.cubes.envi import read_envi, read_header
from pushforward.studio.formats.cubes.georeference import move_origin, to_geotiff, to_map_info
from pushforward.studio.formats.cubes.geotiff import read_geotiff
from pushforward.studio.formats.cubes.label_files import read_labels, write_labels
from pushforward.studio.formats.cubes.library import Spectrum, write_library
from pushforward.studio.formats.cubes.raster_files import write_raster
from pushforward.studio.formats.cubes.score_table import ScoreTable, write_scores
from pushforward.studio.formats.limits import FormatError

NAMES = ["Water", "Dry, grass", "Road"]
MAP = np.array([[1, 2, 3, 1], [2, 2, 3, 3]], np.int16)
P = np.random.default_rng(0).dirichlet(np.ones(3), (2, 4)).transpose(2, 0, 1).astype(np.float32)
INFO = "{UTM, 1, 1, 500000, 4400000, 20, 20, 16, North, WGS-84, units=Meters}"
PLACE = {
    "map_info": INFO,
    "geotiff": {"33550": [20.0, 20.0, 0.0], "33922": [0.0, 0.0, 0.0, 500000.0, 4400000.0, 0.0]},
}


@pytest.mark.parametrize("suffix", [".img", ".tif"])
def test_a_map_and_its_probabilities_are_read_again(tmp_path: Path, suffix: str) -> None:
    if suffix == ".tif":
        pytest.importorskip("tifffile")
    read = (lambda p: read_geotiff(p)[0]) if suffix == ".tif" else read_envi
    write_raster(tmp_path / f"map{suffix}", MAP, NAMES, None, PLACE)
    found = read(tmp_path / f"map{suffix}")
    np.testing.assert_array_equal(found.read(range(2), range(4), None), MAP)
    assert found.about.pixel == 20.0
    write_raster(tmp_path / f"p{suffix}", MAP, NAMES, P, PLACE)
    found = read(tmp_path / f"p{suffix}")
    np.testing.assert_array_equal(found.read(range(2), range(4), range(3)), P.transpose(1, 2, 0))
    where = found.about.where
    assert where.get("geotiff", PLACE["geotiff"]) == PLACE["geotiff"]
    assert where.get("map_info", INFO) == INFO


def test_an_envi_map_is_a_classification_with_names_and_colours(tmp_path: Path) -> None:
    write_raster(tmp_path / "map.img", MAP, NAMES)
    fields = read_header(tmp_path / "map.hdr")
    assert fields["file type"] == "ENVI Classification"
    assert fields["class names"] == "{Unclassified, Water, Dry; grass, Road}"
    assert read_envi(tmp_path / "map.hdr").about.classes == ("Water", "Dry; grass", "Road")
    assert len(fields["class lookup"].split(",")) == 12


def test_a_geotiff_map_has_a_colour_table(tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    write_raster(tmp_path / "map.tif", MAP, NAMES)
    with tifffile.TiffFile(tmp_path / "map.tif") as file:
        assert file.pages[0].photometric.name == "PALETTE"
        assert "1 Water; 2 Dry, grass; 3 Road" in file.pages[0].description


def test_a_window_keeps_its_place_on_the_ground() -> None:
    moved = move_origin(PLACE, 10, 4)
    assert moved["map_info"].startswith("{UTM, -3, -9, 500000")
    assert moved["geotiff"]["33922"][:2] == [-4.0, -10.0]
    assert move_origin(PLACE, 0, 0) == PLACE


def test_a_library_has_a_row_a_spectrum(tmp_path: Path) -> None:
    waves = np.array([400.0, 500.0, 600.0])
    spectra = [Spectrum(name, np.arange(3, dtype=np.float32) + i) for i, name in enumerate(NAMES)]
    write_library(tmp_path / "s.sli", spectra, waves)
    fields = read_header(tmp_path / "s.hdr")
    assert fields["file type"] == "ENVI Spectral Library"
    assert fields["spectra names"] == "{Water, Dry; grass, Road}"
    found = np.fromfile(tmp_path / "s.sli", "<f4").reshape(3, 3)
    np.testing.assert_array_equal(found, [s.values for s in spectra])
    write_library(tmp_path / "s.csv", spectra, waves)
    lines = (tmp_path / "s.csv").read_text().splitlines()
    assert lines[0] == 'wavelength_nm,Water,"Dry, grass",Road'
    assert lines[1] == "400.0,0.0,1.0,2.0"


def test_a_table_of_accuracies_is_csv_or_latex(tmp_path: Path) -> None:
    raw = ScoreTable("raw", np.array([[3, 1, 0], [0, 4, 0], [0, 0, 0]]))
    # OA 7/8, AA (3/4 + 1) / 2, kappa (7/8 - (4x3 + 4x5)/64) / (1 - 1/2).
    assert raw.rows()[:3] == pytest.approx([87.5, 87.5, 75.0])
    write_scores(tmp_path / "t.csv", [raw, raw], NAMES)
    lines = (tmp_path / "t.csv").read_text().splitlines()
    assert lines[0] == 'class,test pixels,"raw, %","raw, %"'
    assert lines[4] == "Water,4,75.00,75.00"
    assert lines[6] == "Road,0,,"
    write_scores(tmp_path / "t.tex", [raw], ["A & B", "c_1", "d"])
    text = (tmp_path / "t.tex").read_text()
    assert r"A \& B & 4 & 75.00 \\" in text
    assert r"c\_1" in text


UTM = "{UTM, 1, 1, 494190.0, 4477890.0, 20.0, 20.0, 16, North, WGS-84, units=Meters}"


def test_a_map_of_an_envi_scene_is_placed_in_its_geotiff(tmp_path: Path) -> None:
    classes = np.array([[1, 2], [2, 1]])
    write_raster(tmp_path / "map.tif", classes, ("a", "b"), None, {"map_info": UTM})
    [found] = read_geotiff(tmp_path / "map.tif")
    tags = found.about.where["geotiff"]
    assert tags["33550"] == [20.0, 20.0, 0.0]
    assert tags["33922"] == [0.0, 0.0, 0.0, 494190.0, 4477890.0, 0.0]
    assert tags["34735"][-4:] == [3072, 0, 1, 32616], "WGS 84, UTM zone 16N"
    write_raster(tmp_path / "map.img", classes, ("a", "b"), None, {"geotiff": tags})
    header = (tmp_path / "map.hdr").read_text()
    assert f"map info = {UTM}" in header


@pytest.mark.parametrize(
    "info",
    [
        "{UTM, 3, 2.5, 5e5, 1e6, 30.0, 30.0, 33, South, WGS-84, units=Meters}",
        "{Geographic Lat/Lon, 1, 1, -86.9, 40.4, 0.0002, 0.0002, WGS-84, units=Degrees}",
    ],
)
def test_a_place_survives_both_conversions(info: str) -> None:
    def numbers(text: str) -> list[object]:
        return [float(c) if c.strip()[0] in "-0123456789" else c.strip()
                for c in text.strip("{}").split(",")]  # fmt: skip

    assert numbers(to_map_info(to_geotiff(info))) == numbers(info)


@pytest.mark.parametrize(
    "info", ["", "{Arbitrary, 1, 1, 0, 0, 1, 1}", f"{UTM[:-1]}, rotation=30}}",
             "{Albers, 1, 1, 0, 0, 1, 1, WGS-84}", "{UTM, 1, 1, x, 0, 1, 1, 16, North, WGS-84}"]
)  # fmt: skip
def test_a_place_that_cannot_be_converted_is_left_out(info: str) -> None:
    assert to_geotiff(info) == {}
    assert to_map_info({}) == ""


LABELS = np.array([[0, 2, 3, 0], [2, 0, 0, 1]], np.int16)


@pytest.mark.parametrize("suffix", [".tif", ".img", ".npy", ".csv"])
def test_painted_labels_are_read_again(tmp_path: Path, suffix: str) -> None:
    if suffix == ".tif":
        pytest.importorskip("tifffile")
    path = tmp_path / f"labels{suffix}"
    write_labels(path, LABELS, NAMES, PLACE)
    found = read_labels(path, (2, 4), 3)
    np.testing.assert_array_equal(found, LABELS)
    assert found.dtype == np.int16
    with pytest.raises(FormatError, match="whole numbers from 0"):
        read_labels(path, (2, 4), 2)
    with pytest.raises(FormatError, match=r"1 x 2|outside of the scene of 1 x 2|2 x 4"):
        read_labels(path, (1, 2), 3)


def test_painted_labels_are_a_picture_and_a_table(tmp_path: Path) -> None:
    write_labels(tmp_path / "labels.png", LABELS, NAMES)
    assert (tmp_path / "labels.png").read_bytes().startswith(b"\x89PNG")
    write_labels(tmp_path / "labels.csv", LABELS, NAMES)
    lines = (tmp_path / "labels.csv").read_text().splitlines()
    assert lines[:2] == ["row,column,class,name", '0,1,2,"Dry, grass"']
    with pytest.raises(FormatError, match=r"cannot be written as \.xyz"):
        write_labels(tmp_path / "labels.xyz", LABELS, NAMES)
    (tmp_path / "labels.csv").write_text("row,column,class\n0,1,x\n")
    with pytest.raises(FormatError, match="line 2"):
        read_labels(tmp_path / "labels.csv", (2, 4), 3)
