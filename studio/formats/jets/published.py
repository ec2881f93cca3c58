"""Checksums of the published JetNet files.

Zenodo record 6975118 (Kansal et al. 2021, arXiv:2106.11535) has one file per type with at most 30
particles per jet. The MD5 sums only serve for a note.
"""

import hashlib
from pathlib import Path

from pushforward.studio.store.regular_files import open_regular

__all__ = ["as_published"]

RECORD = "Zenodo 6975118"
PLACES = 30
SUMS = {
    "gluon": (177_252, "4f537329da897a22a59762c9fd8b74da"),
    "light quark": (170_679, "0ede789774bb74d4795c5d19d7ef66c6"),
    "top": (177_945, "6c9d0663b352c85f74fcd2553e6872bf"),
    "W": (177_172, "16cc265cb039f76bba43bab408916e3e"),
    "Z": (176_952, "90ffacd034dc87c802bc43385af9fea3"),
}
"""By type, how many jets, and the MD5 of the file."""


def as_published(path: Path, jets: int, places: int, type: str) -> str:
    """Return a note whether a file with the published number of jets is the published one; "" for
    another number.

    Raises:
        OSError: it cannot be read.
    """
    count, sum = SUMS.get(type, (0, ""))
    if (jets, places) != (count, PLACES):
        return ""
    digest = hashlib.md5(usedforsecurity=False)
    with open_regular(path) as file:
        while some := file.read(2**20):
            digest.update(some)
    found = digest.hexdigest()
    if found == sum:
        return f"this is JetNet's published file ({RECORD})."
    return (
        f"it has as many jets as JetNet's published file ({RECORD}) and differs from it: its MD5 "
        f"is {found}, not {sum}."
    )
