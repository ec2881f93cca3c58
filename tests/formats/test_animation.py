"""Films: what is written is read again by Qt, pixel by pixel."""

import struct
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtGui import QImage, QImageReader

from pushforward.studio.formats.animation import write_animation
from pushforward.studio.formats.limits import FormatError


def frames(count: int, colours: int) -> NDArray[np.uint8]:
    rng = np.random.default_rng(0)
    palette = rng.integers(0, 256, (colours, 3), dtype=np.uint8)
    return palette[rng.integers(0, colours, (count, 37, 23))]


def pixels(picture: QImage) -> NDArray[np.uint8]:
    rgb = picture.convertToFormat(QImage.Format.Format_RGB888)
    lines = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return lines[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3).copy()


def read(path: Path) -> tuple[list[NDArray[np.uint8]], list[int]]:
    reader, found, times = QImageReader(str(path)), [], []
    while reader.canRead():
        found.append(pixels(reader.read()))
        times.append(reader.nextImageDelay())
    return found, times


def test_a_gif_has_every_frame_to_the_last_bit_where_the_colours_are_few(tmp_path: Path) -> None:
    made, path = frames(5, 256), tmp_path / "film.gif"
    write_animation(path, made, seconds=1.0, hold=0.5)
    found, times = read(path)
    assert np.array_equal(np.stack(found), made)
    assert times == [200, 200, 200, 200, 700]
    assert b"NETSCAPE2.0\x03\x01\x00\x00\x00" in path.read_bytes(), "it goes on for ever"


def test_of_many_colours_a_gif_has_the_nearest_even_ones(tmp_path: Path) -> None:
    made, path = frames(2, 2000), tmp_path / "film.gif"
    write_animation(path, made, seconds=1.0)
    found, _ = read(path)
    off = np.abs(np.stack(found).astype(int) - made.astype(int)).max(axis=(0, 1, 2))
    assert (off <= [26, 22, 26]).all(), "half a step of five, six and five"
    assert off.max() > 15, "they are not the same"


def test_of_many_colours_a_gif_keeps_the_most_frequent_ones(tmp_path: Path) -> None:
    made, path = frames(2, 2000), tmp_path / "film.gif"
    made[:, ::2] = (20, 22, 26)
    write_animation(path, made, seconds=1.0)
    found, _ = read(path)
    assert (np.stack(found)[:, ::2] == (20, 22, 26)).all()


def test_an_animated_png_has_all_colours_and_says_how_long(tmp_path: Path) -> None:
    made, path = frames(3, 2000), tmp_path / "film.apng"
    write_animation(path, made, seconds=1.5, hold=1.0)
    data, at, kinds, orders = path.read_bytes(), 8, [], []
    delays = []
    while at < len(data):
        (length,), kind = struct.unpack(">I", data[at : at + 4]), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + length]
        kinds.append(kind)
        if kind in (b"fcTL", b"fdAT"):
            orders.append(struct.unpack(">I", body[:4])[0])
        if kind == b"fcTL":
            delays.append(Fraction(*struct.unpack(">HH", body[20:24])))
        at += 12 + length
    assert kinds == [
        b"IHDR",
        b"acTL",
        b"fcTL",
        b"IDAT",
        b"fcTL",
        b"fdAT",
        b"fcTL",
        b"fdAT",
        b"IEND",
    ]
    assert orders == list(range(5)), "of all chunks that move, without a gap"
    assert delays == [0.5, 0.5, 1.5]
    assert np.array_equal(pixels(QImage(str(path), "png")), made[0])  # type: ignore[call-overload]


def test_a_film_is_refused_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"cannot be written as \.mp4"):
        write_animation(tmp_path / "film.mp4", frames(2, 3), 1.0)
    with pytest.raises(ValueError, match=r"T, h, w, 3"):
        write_animation(tmp_path / "film.gif", frames(2, 3)[0], 1.0)
