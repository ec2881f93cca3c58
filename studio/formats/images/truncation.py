"""Detect truncated image files, which tolerant decoders would fill with grey or black."""

import struct

__all__ = ["ends_early"]

_END = b"\xff\xd9"  # of a JPEG
_ALONE = (0x01, *range(0xD0, 0xD9))  # markers without a length
_SCAN = 0xDA  # pixels follow


def ends_early(data: bytes) -> bool:
    """Return whether a file lacks some of its (first) image; False for formats whose decoders
    detect it.
    """
    try:
        if data.startswith(b"\xff\xd8"):
            # A small picture in its head has an end of its own.
            return data.find(_END, _first_scan(data)) < 0
        if data.startswith(b"BM"):
            return len(data) < _length_of_bmp(data)
        if data.startswith((b"GIF87a", b"GIF89a")):
            return _end_of_gif(data) > len(data)
    except (IndexError, struct.error):
        return True
    return False


def _first_scan(data: bytes) -> int:
    at = 2
    while True:
        if data[at] != 0xFF:
            return at  # nothing that is known: its end is sought from here
        marker = data[at + 1]
        if marker == _SCAN:
            return at
        if marker == 0xFF:
            at += 1  # filled up
        elif marker in _ALONE:
            at += 2
        else:
            at += 2 + int(struct.unpack_from(">H", data, at + 2)[0])


def _length_of_bmp(data: bytes) -> int:
    begins, head = struct.unpack_from("<II", data, 10)
    if head == 12:
        width, height, _, bits = struct.unpack_from("<HHHH", data, 18)
        packed = size = 0
    else:
        width, height, _, bits, packed, size = struct.unpack_from("<iiHHII", data, 18)
    if packed in (1, 2):  # by runs: as long as it says
        return int(begins + size)
    return int(begins + (width * bits + 31) // 32 * 4 * abs(height))


def _end_of_gif(data: bytes) -> int:
    """Return where the blocks of the first picture end."""
    at = 13 + _colours(data[10])
    while data[at] == 0x21:  # an extension
        at = _after_blocks(data, at + 2)
    if data[at] != 0x2C:
        return at
    return _after_blocks(data, at + 11 + _colours(data[at + 9]))


def _colours(packed: int) -> int:
    return 3 << ((packed & 7) + 1) if packed & 0x80 else 0


def _after_blocks(data: bytes, at: int) -> int:
    while data[at]:
        at += 1 + data[at]
    return at + 1
