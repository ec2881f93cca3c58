"""The colours of classes, the same on the screen and on paper."""

import colorsys

__all__ = ["NOTHING", "class_colours"]

NOTHING = (34, 38, 45)
"""Of a pixel without a class."""
# At least 23 apart (CIE 1976 colour difference) for eyes with and without red and green.
_SIXTEEN = bytes.fromhex(
    "4c1a42 d2be36 5e4c08 482a1e 98d393 45695f e3e9e2 ecf590 "
    "c098ab bdcffa 2e698a 09115d a5781a 289455 ab94f6 3d58af"
)
_GOLDEN = 0.618033988749895  # of a turn: each new hue falls into the largest gap


def class_colours(n: int) -> list[tuple[int, int, int]]:
    """Return the colours of n classes as red, green, blue from 0 to 255."""
    known = [(r, g, b) for r, g, b in zip(*(_SIXTEEN[i::3] for i in range(3)), strict=True)][:n]
    for index in range(n - len(known)):
        red, green, blue = colorsys.hsv_to_rgb(index * _GOLDEN % 1.0, 0.5, 0.85)
        known.append((round(255 * red), round(255 * green), round(255 * blue)))
    return known
