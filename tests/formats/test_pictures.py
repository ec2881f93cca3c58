"""Images as files: arrays as they are, one sheet of pixels, or a picture of each."""

import json
import struct
import zipfile
import zlib

import h5py
import numpy as np
import pytest

from pushforward.studio.formats import FormatError
from pushforward.studio.formats.images.files import PictureFiles
from pushforward.studio.formats.pictures import MOST_ON_A_SHEET, sheet, write_images

RNG = np.random.default_rng(0)


def pixels(path):
    """Read an unfiltered 8-bit RGB PNG, and its text, checking every checksum."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, found = 8, {}
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert struct.unpack(">I", data[at + 8 + size : at + 12 + size])[0] == zlib.crc32(
            kind + body
        )
        found[kind] = body
        at += 12 + size
    width, height = struct.unpack(">II", found[b"IHDR"][:8])
    rows = np.frombuffer(zlib.decompress(found[b"IDAT"]), np.uint8).reshape(height, -1)
    assert not rows[:, 0].any()
    return rows[:, 1:].reshape(height, width, 3), found[b"iTXt"].decode("utf-8", "replace")


def test_a_sheet_holds_every_image_in_order():
    images = np.arange(6).reshape(6, 1, 1, 1) / 5 * np.ones((6, 1, 4, 4))
    made = sheet(images)
    cell = made.shape[1] // 3
    greys = [made[(i // 3) * cell + cell // 2, (i % 3) * cell + cell // 2, 0] for i in range(6)]
    assert greys == [0, 51, 102, 153, 204, 255]
    assert max(made.shape) >= 512
    assert made.dtype == np.uint8


def test_pixels_are_sharp_and_coloured():
    images = np.zeros((1, 3, 1, 2))
    images[0, 0, 0, 0], images[0, 2, 0, 1] = 1.0, 1.0
    made = sheet(images)
    assert {tuple(colour) for colour in made.reshape(-1, 3)} == {
        (32, 32, 32),
        (255, 0, 0),
        (0, 0, 255),
    }


def test_values_that_are_no_colours_are_clipped():
    images = np.array([[[[-3.0, 9.0], [np.nan, np.inf]]]])
    colours = {tuple(colour) for colour in sheet(images).reshape(-1, 3)}
    assert colours == {(32, 32, 32), (0, 0, 0), (255, 255, 255)}
    with pytest.raises(ValueError, match="at least one"):
        sheet(np.zeros((0, 1, 4, 4)))


@pytest.mark.parametrize("suffix", ["npz", "h5"])
def test_arrays_come_back_as_they_were(tmp_path, suffix):
    x = RNG.normal(size=(7, 1, 8, 8)).astype(np.float32)
    path = tmp_path / f"made.{suffix}"
    write_images(path, x, {"step": 12})
    if suffix == "npz":
        with np.load(path, allow_pickle=False) as archive:
            read, told = archive["x"], json.loads(str(archive["provenance"]))
    else:
        with h5py.File(path) as file:
            read, told = file["x"][()], json.loads(file["provenance"].asstr()[()])
    np.testing.assert_array_equal(read, x)
    assert read.dtype == np.float32
    assert told == {"step": 12}


def test_a_png_is_a_sheet_that_says_where_it_comes_from(tmp_path, monkeypatch):
    x = RNG.random((9, 1, 8, 8)).astype(np.float32)
    write_images(tmp_path / "made.png", x, {"step": 12})
    image, text = pixels(tmp_path / "made.png")
    np.testing.assert_array_equal(image, sheet(x))
    assert '"step": 12' in text
    monkeypatch.setattr("pushforward.studio.formats.pictures.MOST_ON_A_SHEET", 4)
    write_images(tmp_path / "some.png", x)
    np.testing.assert_array_equal(pixels(tmp_path / "some.png")[0], sheet(x[:4]))
    assert MOST_ON_A_SHEET == 1024


@pytest.mark.parametrize("channels", [1, 3])
def test_a_zip_has_a_picture_of_each_in_the_folder_of_its_class_as_an_import_reads_them(
    tmp_path, channels
):
    x = RNG.integers(0, 256, (12, channels, 5, 7)).astype(np.float32) / 255
    folders = [str(i % 3) for i in range(12)]
    write_images(tmp_path / "made.zip", x, {"step": 12}, folders)
    with zipfile.ZipFile(tmp_path / "made.zip") as archive:
        names = archive.namelist()
        assert json.loads(archive.read("provenance.json")) == {"step": 12}
        assert archive.read("images.csv").startswith(b"file,class\n0/00.png,0\n1/01.png,1\n")
    assert names[2:] == [f"{folder}/{i:02d}.png" for i, folder in enumerate(folders)]
    options = {option.path: option.default for option in PictureFiles.options}
    rows = PictureFiles().rows([tmp_path / "made.zip"], options)
    blocks = list(rows.blocks)
    read = np.concatenate([block["x"] for block in blocks])
    label = np.concatenate([block["label"] for block in blocks])
    order = np.argsort(folders, kind="stable")
    np.testing.assert_array_equal(read, np.round(x[order] * 255))
    assert [rows.schema.classes[i] for i in label] == sorted(folders)


def test_a_zip_of_too_many_is_refused_and_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr("pushforward.studio.formats.pictures.MOST_IN_A_ZIP", 3)
    with pytest.raises(FormatError, match="4 images are too many files"):
        write_images(tmp_path / "made.zip", np.zeros((4, 1, 2, 2)))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["made.csv", "made", "made.jpg"])
def test_other_files_are_refused(tmp_path, name):
    with pytest.raises(FormatError, match="cannot be written"):
        write_images(tmp_path / name, np.zeros((1, 1, 2, 2)))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("shape", [(3, 4), (2, 2, 4, 4), (0, 1, 4, 4), (1, 4, 4)])
def test_what_is_no_image_is_refused(tmp_path, shape):
    with pytest.raises(ValueError, match="images"):
        write_images(tmp_path / "made.npz", np.zeros(shape))
