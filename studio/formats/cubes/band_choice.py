"""Which bands of a cube are kept: by number, without bad ones, without those of water."""

import re
from collections.abc import Sequence

from pushforward.studio.formats.limits import FormatError

__all__ = ["WATER", "choose_bands"]

WATER = ((1350.0, 1450.0), (1800.0, 1960.0))
"""nm in which water vapour of the air absorbs."""
_RANGE = re.compile(r"(\d+)?\s*(-)?\s*(\d+)?\Z")
HINT = "Write numbers and ranges from 1 on, such as 1-103, 120, 150-."


def choose_bands(
    count: int,
    wavelengths: Sequence[float],
    good: Sequence[bool],
    text: str = "",
    *,
    water: bool = False,
) -> list[int]:
    """Return the numbers of the bands that are kept, from 0.

    Args:
        count: how many bands there are.
        wavelengths: of the bands in nm, or none.
        good: whether each is good, or none for all.
        text: numbers and ranges from 1 on, "" for all.
        water: whether bands in which water absorbs are left out.

    Raises:
        FormatError: the text cannot be read, or no band is left (kind "user").
    """
    kept = _parse(text, count) if text.strip() else list(range(count))
    if good:
        kept = [band for band in kept if good[band]]
    if water and wavelengths:
        kept = [b for b in kept if not any(lo <= wavelengths[b] <= hi for lo, hi in WATER)]
    if not kept:
        raise FormatError("No band is left.", "Keep more bands.", kind="user")
    return kept


def _parse(text: str, count: int) -> list[int]:
    found: list[int] = []
    for word in filter(None, (part.strip() for part in text.split(","))):
        match = _RANGE.match(word)
        if match is None or not (match[1] or match[3]):
            raise FormatError(f"Bands: {word!r} is no number and no range.", HINT, kind="user")
        first = int(match[1] or 1)
        last = int(match[3] or count) if match[2] else first
        if not 1 <= first <= last <= count:
            raise FormatError(f"Bands: {word} is not within 1 to {count}.", HINT, kind="user")
        found += range(first - 1, last)
    return sorted(set(found))
