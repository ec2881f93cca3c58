"""Write recorded particles as one HTML page without external parts, with two clocks to scrub.

The page is made of the files in ``resources/pages``. Positions are 13-bit integers within a box,
stored as differences along the flow, compressed by zlib and written as base64; pictures of other
data types are WebP images, one for each training step and flow time. Maps of scenes and lists of
recommenders have modules and scripts of their own.
"""

import html
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pushforward.studio import hue_wheel, resources
from pushforward.studio.formats.list_panel import ListPanel
from pushforward.studio.formats.map_panel import MapPanel
from pushforward.studio.formats.page_data import encode_bytes, encode_webp, pack_bytes
from pushforward.studio.store.atomic import write_bytes

__all__ = [
    "LIMIT",
    "Panel",
    "PointPanel",
    "Theme",
    "TilePanel",
    "embed_flow",
    "lay_out",
    "page_size",
    "page_style",
    "sheet_columns",
    "thin_panels",
    "view_of",
    "write_flow_page",
    "write_page",
]

Theme = Literal["auto", "dark", "light"]
LIMIT = 2_900_000
"""Bytes of a page. A page that would be larger gets fewer steps and flow times."""
LEVELS = 8191  # of a position within the box, as in flow.js: finer ones cost space, unseen
COLOURS = 48  # of the wheel
OWN_SCRIPTS = {"map": "flow-map.js", "lists": "flow-lists.js"}
"""Scripts that draw a type of panel; flow.js has those of points and tiles."""
BOX = 2.5  # half-widths of the view: particles further out are put on its edge


@dataclass(frozen=True, eq=False)
class PointPanel:
    """Particles in the plane.

    Attributes:
        title: such as the name of the run.
        note: a line about it.
        steps: training steps (S,), rising.
        times: flow times (T,), rising from 0 to 1; one where there is no flow.
        x: positions (S, T, n, 2); NaN for the last particles where a snapshot has fewer.
        start: where each particle starts (n, 2), which gives its colour.
        real: real data (m, 2).
    """

    title: str
    note: str
    steps: NDArray[np.int64]
    times: NDArray[np.float64]
    x: NDArray[np.float32]
    start: NDArray[np.float32]
    real: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class TilePanel:
    """Samples as pictures.

    Attributes:
        tiles: (S, T, n, h, w, 3) bytes.
        pixels: whether they are images, which are shown without smoothing and in their own colours;
            else drawings, whose colours are inverted for the other theme.
        dark: whether drawings are light on dark.
        sheets: the encoded pictures (S * T), made from the tiles if empty.
        title, note, steps, times: as of `PointPanel`.
    """

    title: str
    note: str
    steps: NDArray[np.int64]
    times: NDArray[np.float64]
    tiles: NDArray[np.uint8]
    pixels: bool
    dark: bool = True
    sheets: tuple[str, ...] = ()

    def encoded(self) -> "TilePanel":
        """Return the panel with its pictures encoded."""
        if self.sheets:
            return self
        n, height, width = self.tiles.shape[2:5]
        columns = sheet_columns(n, width / height)
        frames = self.tiles.reshape(-1, n, height, width, 3)
        return replace(self, sheets=tuple(encode_webp(lay_out(each, columns)) for each in frames))


Panel = PointPanel | TilePanel | MapPanel | ListPanel


def write_flow_page(
    path: Path, title: str, note: str, panels: Sequence[Panel], *, theme: Theme, seconds: float
) -> int:
    """Write a page with panels side by side; return its size in bytes.

    Args:
        path: the file.
        title: heading of the page.
        note: a line below it.
        panels: one for each run.
        theme: "dark", "light", or "auto" for the reader's own.
        seconds: duration of one pass over a clock.

    Raises:
        StoreError: the disk refused.
    """
    return write_page(path, title, embed_flow(title, note, panels, theme=theme, seconds=seconds))


def write_page(path: Path, title: str, body: str, styles: str = "") -> int:
    """Write a page of HTML with the style of the flow; return its size in bytes.

    Raises:
        StoreError: the disk refused.
    """
    text = (
        '<!doctype html>\n<html lang="en" data-theme="light"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="generator" content="Pushforward Studio">'
        f"<title>{html.escape(title)}</title>\n<style>\n{_resource('flow.css')}{styles}</style>"
        f"</head>\n<body>\n{body}</body></html>\n"
    )
    data = text.encode("utf-8")
    write_bytes(path, data)
    return len(data)


def embed_flow(
    title: str, note: str, panels: Sequence[Panel], *, theme: Theme, seconds: float
) -> str:
    """Return the part of a page that plays panels: markup, data and script."""
    data = _data(thin_panels(panels))
    data |= {"title": title, "note": note, "theme": theme, "seconds": seconds}
    kinds = sorted({panel["type"] for panel in data["panels"]} & OWN_SCRIPTS.keys())
    scripts = "".join(f"<script>\n{_resource(OWN_SCRIPTS[kind])}</script>\n" for kind in kinds)
    return _resource("flow.html") + scripts + _script(data)


def _script(data: dict[str, Any]) -> str:
    """Return the data and the script of a page."""
    # "<" could end the element, or open another; a JSON string may escape it.
    text = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    script = _resource("flow.js")
    return (
        f'<script id="flow-data" type="application/json">{text}</script>\n'
        f"<script>\n{script}</script>\n"
    )


def _data(panels: Sequence[Panel]) -> dict[str, Any]:
    """Return what the script draws, as plain JSON."""
    stride = hue_wheel.WHEEL // COLOURS
    wheels = {
        name: [f"#{int(c) & 0xFFFFFF:06x}" for c in hue_wheel.hue_wheel(dark)[::stride][:COLOURS]]
        for name, dark in (("dark", True), ("light", False))
    }
    return {"wheel": wheels, "panels": [_encode(panel) for panel in panels]}


def thin_panels(panels: Sequence[Panel], limit: int = LIMIT) -> list[Panel]:
    """Return panels with so few steps and flow times that the page has at most ``limit`` bytes."""
    found = [each.encoded() if isinstance(each, TilePanel) else each for each in panels]
    while (size := page_size(found)) > limit:
        share = max(0.3, min(0.9, 0.97 * limit / size))
        thinner = [_thin(panel, share) for panel in found]
        if sum(map(_frames, thinner)) == sum(map(_frames, found)):
            break
        found = thinner
    return found


def page_size(panels: Sequence[Panel]) -> int:
    """Return about how many bytes a page with some panels has."""
    return len(json.dumps([_encode(panel) for panel in panels])) + 20_000


def _frames(panel: Panel) -> int:
    return len(panel.steps) * len(panel.times)


def _thin(panel: Panel, share: float) -> Panel:
    """Return a panel with a share of its frames, the first and the last of both clocks included."""
    each = math.sqrt(share) if len(panel.steps) > 2 and len(panel.times) > 2 else share
    rows = _spread(len(panel.steps), each)
    columns = _spread(len(panel.times), each)
    if not isinstance(panel, PointPanel | TilePanel):
        return panel.take(rows, columns)
    steps, times = panel.steps[rows], panel.times[columns]
    if isinstance(panel, PointPanel):
        return replace(panel, steps=steps, times=times, x=panel.x[rows][:, columns])
    tiles, count = panel.tiles[rows][:, columns], len(panel.times)
    sheets = tuple(panel.sheets[row * count + column] for row in rows for column in columns)
    return replace(panel, steps=steps, times=times, tiles=tiles, sheets=sheets)


def _spread(count: int, share: float) -> NDArray[np.intp]:
    few = min(count, max(2, math.floor(share * count)))
    return np.unique(np.linspace(0, count - 1, few).round().astype(np.intp))


def view_of(panel: PointPanel) -> tuple[float, float, float]:
    """Return the centre and the half-width of a square around the real data and where nearly all
    particles end.
    """
    ends = panel.x[-1, -1]
    ends = ends[np.isfinite(ends).all(axis=1)]
    known = [panel.real] if len(panel.real) else []
    if len(ends):
        known.append(np.percentile(ends, [1, 99], axis=0).astype(np.float32))
    if not known:
        return 0.0, 0.0, 1.0
    both = np.concatenate(known)
    low, high = both.min(axis=0), both.max(axis=0)
    x, y = ((low + high) / 2).tolist()
    return x, y, max(float((high - low).max()) / 2, 1e-6) * 1.15


def sheet_columns(n: int, aspect: float) -> int:
    """Return the columns of a nearly square sheet of n tiles of an aspect (width / height)."""
    return max(1, min(n, math.ceil(math.sqrt(n / aspect))))


def _encode(panel: Panel) -> dict[str, Any]:
    found = {
        "title": panel.title,
        "note": panel.note,
        "steps": panel.steps.tolist(),
        "times": [round(t, 4) for t in panel.times.tolist()],
    }
    if isinstance(panel, PointPanel):
        return found | _points(panel)
    return found | (_sheets(panel) if isinstance(panel, TilePanel) else panel.encode())


def _points(panel: PointPanel) -> dict[str, Any]:
    x, y, reach = view_of(panel)
    box = (x - BOX * reach, y - BOX * reach, x + BOX * reach, y + BOX * reach)
    quantised = _quantise(panel.x, box)
    steps = np.diff(quantised, axis=1, prepend=np.zeros_like(quantised[:, :1]))
    low, high = (steps & 255).astype(np.uint8), (steps >> 8).astype(np.uint8)
    turns = (hue_wheel.angles(panel.start) * COLOURS).astype(np.uint8) % COLOURS
    return {
        "type": "points",
        "n": panel.x.shape[2],
        "counts": [int(np.isfinite(each).any(axis=(0, 2)).sum()) for each in panel.x],
        "box": box,
        "view": (x, y, reach),
        "positions": pack_bytes(low.tobytes() + high.tobytes()),
        "turns": encode_bytes(turns.tobytes()),
        "real": encode_bytes(_quantise(panel.real, box).astype("<u2").tobytes()),
    }


def _quantise(
    x: NDArray[np.floating], box: tuple[float, float, float, float]
) -> NDArray[np.uint16]:
    """Return positions (..., 2) as integers within a box; what is not finite lies on its edge."""
    low = np.array(box[:2])
    share = (np.nan_to_num(x.astype(np.float64), nan=box[0]) - low) / (box[2] - box[0])
    found: NDArray[np.uint16] = np.rint(share.clip(0, 1) * LEVELS).astype(np.uint16)
    return found


def _sheets(panel: TilePanel) -> dict[str, Any]:
    n, height, width = panel.tiles.shape[2:5]
    return {
        "type": "tiles",
        "n": n,
        "columns": sheet_columns(n, width / height),
        "aspect": width / height,
        "pixels": panel.pixels,
        "dark": panel.dark,
        "sheets": panel.encoded().sheets,
    }


def lay_out(tiles: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """Return tiles (n, h, w, 3) as one sheet of some columns, without gaps; missing tiles repeat
    the corner of the first.
    """
    n, height, width, _ = tiles.shape
    rows = math.ceil(n / columns)
    full = np.broadcast_to(tiles[0, 0, 0], (rows * columns, height, width, 3)).copy()
    full[:n] = tiles
    grid = full.reshape(rows, columns, height, width, 3).transpose(0, 2, 1, 3, 4)
    return grid.reshape(rows * height, columns * width, 3)


def page_style(name: str) -> str:
    """Return a further style of a page, by its file in ``resources/pages``."""
    return _resource(name)


def _resource(name: str) -> str:
    return (resources.folder("pages") / name).read_text(encoding="utf-8")
