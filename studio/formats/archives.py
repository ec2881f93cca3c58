"""Check the unpacked size of a zip by its directory, before unpacking. A wrong directory gains
nothing: no member unpacks to more bytes than it declares.
"""

import struct
import zipfile
from contextlib import suppress
from pathlib import Path

from pushforward.studio.formats.limits import FormatError
from pushforward.studio.store.errors import human_bytes
from pushforward.studio.store.regular_files import open_regular

__all__ = ["BROKEN", "MOST_TIMES", "MOST_UNPACKED", "check_unpacked", "is_archive"]

MOST_UNPACKED = 4 * 2**30
"""Bytes of all members of an archive."""
MOST_TIMES = 100
"""Times its own size that an archive may unpack to: pictures are packed already, and text packs to
a twentieth."""
SMALL = 2**28
"""Bytes that any archive may unpack to: a second of work."""
BROKEN = (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, OSError)
"""What reading the list of a damaged zip raises."""


def is_archive(path: Path) -> bool:
    """Say whether a file begins as a zip does."""
    with open_regular(path) as file:
        return file.read(4) == b"PK\x03\x04"


def check_unpacked(path: Path) -> None:
    """Refuse a zip that unpacks to too much data or is a zip bomb. Damaged files are refused when
    read.

    Raises:
        FormatError: with the size and the limit.
    """
    size = 0
    with suppress(*BROKEN), zipfile.ZipFile(path) as archive:
        size = sum(member.file_size for member in archive.infolist())
    packed = path.stat().st_size
    would = f"{path.name} has {human_bytes(packed)} and would become {human_bytes(size)}"
    if size > MOST_UNPACKED:
        raise FormatError(
            f"{would}; the limit is {human_bytes(MOST_UNPACKED)}. Nothing was unpacked.",
            "If you trust it, unpack it yourself, and import a part of it.",
        )
    if size > SMALL and size > MOST_TIMES * packed:
        raise FormatError(
            f"{would}, {size // max(packed, 1):,} times as much; the limit is {MOST_TIMES} times. "
            "Nothing was unpacked.",
            "If you trust it, unpack it yourself, and import the folder.",
        )
