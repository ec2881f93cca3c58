"""Pictures that are cut off are known to be, in the lab as in an import, and whole ones are not."""

import io
import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pushforward.studio.formats.images.decoding import Undecodable, decoded
from pushforward.studio.formats.images.truncation import ends_early


def drawn(format_: str, mode: str = "RGB", **options: Any) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 255, (13, 11, 3)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, format_, **options)
    return file.getvalue()


def with_a_small_one_in_its_head(data: bytes) -> bytes:
    head = b"\xff\xe1" + struct.pack(">H", len(data) + 8) + b"Exif\0\0" + data
    return data[:2] + head + data[2:]


WHOLE = {
    "JPEG": drawn("JPEG"),
    "progressive": drawn("JPEG", progressive=True),
    "thumbnail": with_a_small_one_in_its_head(drawn("JPEG")),
    "BMP": drawn("BMP"),
    "BMP of a bit": drawn("BMP", "1"),
    "BMP of a palette": drawn("BMP", "P"),
    "GIF": drawn("GIF"),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_cut_is_seen_wherever_it_is(name: str) -> None:
    whole = WHOLE[name]
    assert not ends_early(whole)
    assert not ends_early(whole + b"what a camera adds")
    for length in range(6, len(whole) - (1 if name == "GIF" else 0)):
        assert ends_early(whole[:length]), length


@pytest.mark.parametrize("name", WHOLE)
def test_an_import_refuses_them_too(name: str) -> None:
    decoded(WHOLE[name])
    for part in (0.5, 0.8, 0.95):
        with pytest.raises(Undecodable):
            decoded(WHOLE[name][: int(part * len(WHOLE[name]))])


def test_a_bmp_by_runs_is_as_long_as_it_says_and_other_formats_are_not_judged() -> None:
    runs = bytes([4, 1, 0, 0, 4, 2, 0, 1])
    head = struct.pack("<IiiHHIIiiII", 40, 4, 2, 1, 8, 1, len(runs), 0, 0, 0, 0)
    file = b"BM" + struct.pack("<III", 0, 0, 54 + 1024) + head + bytes(1024) + runs
    assert not ends_early(file)
    assert ends_early(file[:-1])
    assert not ends_early(b"\x89PNG\r\n\x1a\n")
