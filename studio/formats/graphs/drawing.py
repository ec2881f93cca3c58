"""Draw graphs as SVG: a sheet of them, dark on white, with the layout of the screen."""

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.limits import FormatError
from pushforward.studio.graph_layout import Lay, lay_out

__all__ = ["MOST_DRAWN", "draw_sheet"]

MOST_DRAWN = 2_000
"""Graphs of a sheet: more would be a file that no viewer opens."""
SIDE, MARGIN = 120.0, 14.0
DISC, LINE, APART = 2.6, 0.9, 2.4
LETTER = 9.0
SHIFTS: dict[int, tuple[float, ...]] = {
    1: (0.0,), 2: (-0.5, 0.5), 3: (-1.0, 0.0, 1.0), 4: (-1.5, -0.5, 0.5, 1.5),
}  # fmt: skip


def draw_sheet(
    edges: NDArray[np.integer] | NDArray[np.bool_],
    size: NDArray[np.integer],
    types: NDArray[np.integer] | None = None,
    letters: Sequence[str] = (),
    said: str = "",
    lay: Lay = lay_out,
) -> bytes:
    """Return a sheet of graphs as SVG.

    Args:
        edges: (n, N, N), number of lines of each pair, up to four.
        size: (n,), number of real nodes, which come first.
        types: (n, N), type of each node, for its letter.
        letters: text for the nodes of each type, "" for a junction; without letters all nodes are
            discs.
        said: provenance, stored as description.
        lay: layout function.

    Raises:
        FormatError: there are too many.
    """
    if len(edges) > MOST_DRAWN:
        raise FormatError(
            f"A sheet has at most {MOST_DRAWN:,} drawings; these are {len(edges):,}.",
            "Select fewer of them, or export them as GraphML, SDF or arrays.",
        )
    places = lay(edges, size, types)
    columns = max(1, int(np.ceil(np.sqrt(len(edges)))))
    width, height = SIDE * columns, SIDE * int(np.ceil(len(edges) / columns))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}">',
        f"<desc>{escape(said)}</desc>",
        f'<rect width="{width:g}" height="{height:g}" fill="#ffffff"/>',
        f'<g stroke="#1d2127" stroke-width="{LINE}" stroke-linecap="round" fill="#0f6cbd" '
        f'font-family="Inter, sans-serif" font-size="{LETTER}" text-anchor="middle">',
    ]
    for row, (square, n) in enumerate(zip(edges, size.tolist(), strict=True)):
        corner = SIDE * np.array([row % columns, row // columns], np.float64)
        at = _at(places[row, :n].astype(np.float64), corner)
        named = [letters[int(types[row, i])] if types is not None else "" for i in range(n)]
        parts.append(f'<g id="graph-{row}">')
        parts += _lines(at, np.asarray(square[:n, :n], np.int64))
        parts += _nodes(at, np.asarray(square[:n, :n]) != 0, named, lettered=bool(letters))
        parts.append("</g>")
    return "\n".join([*parts, "</g>", "</svg>", ""]).encode()


def _at(places: NDArray[np.float64], corner: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return places (n, 2) on the sheet, as large as a square has room."""
    reach = float(np.abs(places).max(initial=0.5))
    scale = (SIDE / 2.0 - MARGIN) / max(reach, 1e-9)
    found: NDArray[np.float64] = corner + SIDE / 2.0 + scale * places * [1.0, -1.0]
    return found


def _lines(at: NDArray[np.float64], square: NDArray[np.int64]) -> list[str]:
    found = []
    for i, j in np.argwhere(np.triu(square, 1)).tolist():
        way = at[j] - at[i]
        aside = APART * np.array([-way[1], way[0]]) / max(1e-9, float(np.hypot(*way)))
        for shift in SHIFTS[int(square[i, j])]:
            (x, y), (u, v) = at[i] + shift * aside, at[j] + shift * aside
            found.append(f'<line x1="{x:.2f}" y1="{y:.2f}" x2="{u:.2f}" y2="{v:.2f}"/>')
    return found


def _nodes(
    at: NDArray[np.float64], joined: NDArray[np.bool_], named: list[str], *, lettered: bool
) -> list[str]:
    if not lettered:
        return [f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{DISC}" stroke="none"/>' for x, y in at]
    found = []
    for (x, y), name, row in zip(at, named, joined, strict=True):
        name = name or ("" if row.any() else "C")
        if name:
            found += [
                f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{0.62 * LETTER:.2f}" fill="#ffffff" '
                'stroke="none"/>',
                f'<text x="{x:.2f}" y="{y + 0.36 * LETTER:.2f}" fill="#1d2127" stroke="none">'
                f"{escape(name)}</text>",
            ]
    return found
