"""A stroke font of our own: capital letters and digits as the lines that a pen would draw.

A glyph is drawn on a grid 4 wide and 6 high, y upwards, as strokes separated by blanks. A stroke
is a run of points, two digits each (column, row). A leading ``~`` asks for the smooth curve
through them (Catmull-Rom) in place of straight lines; it is closed if it ends where it began.
"""

import torch
from torch import Tensor

__all__ = ["GLYPHS", "HEIGHT", "segments"]

HEIGHT = 6.0
_ADVANCE = 5.6
_SPACE = 3.2
_PIECES = 12

GLYPHS: dict[str, str] = {
    "A": "002640 1232",
    "B": "0006 0626 ~2636453423 2303 ~233342413020 2000",
    "C": "~4536160501103041",
    "D": "0006 0616 ~163645413010 1000",
    "E": "46060040 0333",
    "F": "460600 0333",
    "G": "~453616050110304142 4222",
    "H": "0006 4046 0343",
    "I": "1636 2620 1030",
    "J": "1646 3632 ~3231201001",
    "K": "0006 460340",
    "L": "060040",
    "M": "0006234640",
    "N": "00064046",
    "O": "~160501103041453616",
    "P": "0006 0626 ~2636453423 2303",
    "Q": "~160501103041453616 2240",
    "R": "0006 0626 ~2636453423 2303 2340",
    "S": "~453616050413334241301001",
    "T": "2026 0646",
    "U": "0602 ~020110304142 4246",
    "V": "062046",
    "W": "0610243046",
    "X": "0046 0640",
    "Y": "062346 2320",
    "Z": "06460040",
    "0": "~160501103041453616 1135",
    "1": "052620 1030",
    "2": "~05163645443300 0040",
    "3": "~05163645443323 ~23334241301001",
    "4": "40460242",
    "5": "460604 ~04244341301001",
    "6": "~45361605020110304142331302",
    "7": "064610",
    "8": "~2304051636454423 ~2302011030414223",
    "9": "~01103041444536160504133344",
}


def _points(run: str) -> Tensor:
    """Return the points (p, 2) of one stroke, curves flattened."""
    smooth = run.startswith("~")
    digits = [float(c) for c in run.removeprefix("~")]
    points = torch.tensor(digits).reshape(-1, 2)
    return _catmull_rom(points) if smooth else points


def _catmull_rom(points: Tensor) -> Tensor:
    """Return the uniform Catmull-Rom spline through points (p, 2), as a fine polyline."""
    closed = bool((points[0] == points[-1]).all())
    before = points[-2] if closed else 2 * points[0] - points[1]
    after = points[1] if closed else 2 * points[-1] - points[-2]
    padded = torch.cat([before[None], points, after[None]])
    u = torch.arange(_PIECES)[:, None] / _PIECES
    a, b, c, d = (padded[i : len(padded) - 3 + i, None] for i in range(4))
    curve = 0.5 * (
        2 * b + (c - a) * u + (2 * a - 5 * b + 4 * c - d) * u**2 + (3 * b - a - 3 * c + d) * u**3
    )
    return torch.cat([curve.reshape(-1, 2), points[-1:]])


def segments(text: str) -> Tensor:
    """Return the straight pieces (s, 2, 2) that write a text: start and end, in grid units.

    The first letter starts at the origin; a blank only moves the pen.

    Raises:
        KeyError: a character has no glyph.
    """
    pieces: list[Tensor] = []
    x = 0.0
    for character in text:
        if character == " ":
            x += _SPACE
            continue
        for run in GLYPHS[character].split():
            points = _points(run) + torch.tensor([x, 0.0])
            pieces.append(torch.stack([points[:-1], points[1:]], dim=1))
        x += _ADVANCE
    return torch.cat(pieces) if pieces else torch.empty((0, 2, 2))
