"""The picture of a run: a real PNG, with the particles where they are."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from pushforward.studio.workflows.picture import BACKGROUND, PARTICLE, draw, write_png


def chunks(data: bytes) -> dict[bytes, bytes]:
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    found, position = {}, 8
    while position < len(data):
        size, kind = struct.unpack(">I4s", data[position : position + 8])
        body = data[position + 8 : position + 8 + size]
        [check] = struct.unpack(">I", data[position + 8 + size :][:4])
        assert check == zlib.crc32(kind + body)
        found[kind] = body
        position += 12 + size
    return found


def test_a_png_holds_the_pixels_and_the_texts(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (7, 5, 3)).astype(np.uint8)
    write_png(tmp_path / "a.png", image, {"Title": "Δ field"})
    found = chunks((tmp_path / "a.png").read_bytes())
    assert struct.unpack(">IIBB", found[b"IHDR"][:10]) == (5, 7, 8, 2)
    rows = np.frombuffer(zlib.decompress(found[b"IDAT"]), np.uint8).reshape(7, 16)
    np.testing.assert_array_equal(rows[:, 1:].reshape(7, 5, 3), image)
    assert found[b"iTXt"] == b"Title\0\0\0\0\0" + "Δ field".encode()


def test_qt_reads_it(tmp_path: Path) -> None:
    gui = pytest.importorskip("PySide6.QtGui")
    image = np.zeros((4, 6, 3), np.uint8)
    image[1, 2] = (10, 200, 30)
    write_png(tmp_path / "a.png", image)
    read = gui.QImage(str(tmp_path / "a.png"))
    assert (read.width(), read.height()) == (6, 4)
    assert read.pixelColor(2, 1).getRgb()[:3] == (10, 200, 30)


def test_particles_are_drawn_upright_and_bright() -> None:
    corners = np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]], np.float32)
    particles = np.full((1, 50, 2), (0.8, 0.9), np.float32)
    image = draw(corners, np.ones(1, np.float32), particles, size=200).astype(int)
    distance = np.abs(image - np.array(PARTICLE)).sum(-1)
    row, column = np.unravel_index(distance.argmin(), distance.shape)
    # High y is near the top, high x near the right.
    assert row < 50
    assert column > 150
    assert tuple(image[100, 100]) == BACKGROUND


def test_the_way_of_a_particle_is_drawn() -> None:
    data = np.array([[-1, -1], [1, 1]], np.float32)
    t = np.array([0, 1], np.float32)
    x = np.array([[[-0.9, 0.5]], [[0.9, 0.5]]], np.float32)
    with_way = draw(data, t, x, size=200).astype(int)
    without = draw(data, t[1:], x[1:], size=200).astype(int)
    middle = (slice(50, 70), slice(95, 105))
    assert with_way[middle].sum() > without[middle].sum()


@pytest.mark.parametrize("d", [1, 3])
def test_other_dimensions_are_drawn_too(d: int) -> None:
    random = np.random.default_rng(0)
    x = random.standard_normal((2, 30, d)).astype(np.float32)
    image = draw(x[1], np.array([0, 1], np.float32), x, size=64)
    assert image.shape == (64, 64, 3)
    assert (image != np.array(BACKGROUND)).any()
