"""Draw recorded particles as the frames of a film: panels side by side, each with a caption."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pushforward.studio import hue_wheel, resources
from pushforward.studio.formats.flow_page import (
    Panel,
    PointPanel,
    TilePanel,
    lay_out,
    sheet_columns,
    view_of,
)

__all__ = ["FRAMES_PER_SECOND", "Clock", "Frame", "movie_frames", "positions_at"]

Clock = Literal["flow", "training"]
Frame = NDArray[np.uint8]
FRAMES_PER_SECOND = 20
FINE = 2  # pixels drawn for one of the frame, each way
TRAIL, GAP = 5, 0.5  # segments of a trail, and their length in recorded frames
CAPTION = 28  # pixels below a panel
# Background, panel, text, muted text, real data: as in resources/pages/flow.css.
COLOURS = {
    True: ("#14161a", "#1a1d22", "#e6e8eb", "#969da8", "#4a515b"),
    False: ("#f7f8fa", "#ffffff", "#1d2127", "#59616d", "#b9c0c9"),
}


def movie_frames(
    panels: Sequence[Panel], clock: Clock, *, size: int, dark: bool, seconds: float
) -> Iterator[Frame]:
    """Yield frames (h, w, 3) over one pass of a clock; the other clock stands at its end.

    Args:
        panels: drawn side by side.
        clock: "flow" (noise to data) or "training".
        size: width and height of a panel in pixels.
        dark: the theme.
        seconds: duration, at `FRAMES_PER_SECOND`.
    """
    count = max(2, round(seconds * FRAMES_PER_SECOND))
    for share in np.linspace(0.0, 1.0, count).tolist():
        yield np.concatenate([_draw(panel, clock, share, size, dark) for panel in panels], axis=1)


def positions_at(panel: PointPanel, flow: float, training: float) -> NDArray[np.float32]:
    """Return positions (n, 2) at shares [0, 1] of both clocks, interpolated linearly."""
    row, later, weight = _neighbours(len(panel.steps), training)
    column, after, part = _neighbours(len(panel.times), flow)
    x = panel.x
    early: NDArray[np.float32] = x[row, column] * (1 - part) + x[row, after] * part
    late: NDArray[np.float32] = x[later, column] * (1 - part) + x[later, after] * part
    if weight in (0, 1):  # the other snapshot may have fewer particles
        return early if weight == 0 else late
    found: NDArray[np.float32] = early * (1 - weight) + late * weight
    return found


def _neighbours(count: int, share: float) -> tuple[int, int, float]:
    place = share * (count - 1)
    low = min(int(place), max(count - 2, 0))
    return low, min(low + 1, count - 1), place - low


def _draw(panel: Panel, clock: Clock, share: float, size: int, dark: bool) -> Frame:
    from PIL import Image, ImageDraw

    flow, training = (share, 1.0) if clock == "flow" else (1.0, share)
    background, surface, *_ = COLOURS[dark]
    frame = Image.new("RGB", (size, size + CAPTION), background)
    if isinstance(panel, PointPanel):
        large = Image.new("RGB", (size * FINE, size * FINE), surface)
        _draw_points(ImageDraw.Draw(large), panel, clock, (flow, training), size * FINE, dark)
        frame.paste(large.resize((size, size), Image.Resampling.LANCZOS))
    elif isinstance(panel, TilePanel):
        frame.paste(_sheet(panel, flow, training, size), (0, 0))
    else:
        frame.paste(panel.draw(flow, training, size, dark=dark), (0, 0))
    _caption(ImageDraw.Draw(frame), panel, clock, share, size, dark)
    return np.asarray(frame)


def _draw_points(
    pen: Any,
    panel: PointPanel,
    clock: Clock,
    at: tuple[float, float],
    size: int,
    dark: bool,
) -> None:
    x, y, reach = view_of(panel)
    _, surface, _, _, data = COLOURS[dark]

    def pixels(points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return points (n, 2) as pixels; rows run downwards."""
        found: NDArray[np.float64] = (points.astype(np.float64) - (x, y)) / reach * (size / 2) * (
            1,
            -1,
        ) + size / 2
        return np.nan_to_num(found, nan=-size).clip(-size, 2 * size)

    for left, top in pixels(panel.real).tolist():
        pen.rectangle((left - 1, top - 1, left + 1, top + 1), fill=data)
    now = pixels(positions_at(panel, *at))
    colours = _colours(panel, dark)
    lengths = len(panel.times if clock == "flow" else panel.steps)
    gap = GAP / max(1, lengths - 1)
    way = [now]
    for back in range(1, TRAIL + 1):
        flow, training = at
        earlier = (
            (flow - back * gap, training) if clock == "flow" else (flow, training - back * gap)
        )
        way.append(pixels(positions_at(panel, max(0.0, earlier[0]), max(0.0, earlier[1]))))
    for back in range(TRAIL, 0, -1):
        inks = _mix(colours, surface, 0.5 * (1 - back / (TRAIL + 1)))
        for a, b, ink in zip(way[back].tolist(), way[back - 1].tolist(), inks, strict=True):
            pen.line((*a, *b), fill=ink, width=FINE)
    radius = max(1.4, min(3.0, 60 / len(now) ** 0.5)) * size / 480
    for (left, top), ink in zip(now.tolist(), _mix(colours, surface, 1.0), strict=True):
        pen.ellipse((left - radius, top - radius, left + radius, top + radius), fill=ink)


def _colours(panel: PointPanel, dark: bool) -> NDArray[np.float64]:
    """Return the colour of each particle, (n, 3)."""
    turns = (hue_wheel.angles(panel.start) * hue_wheel.WHEEL).astype(np.intp) % hue_wheel.WHEEL
    packed = hue_wheel.hue_wheel(dark)[turns]
    return np.stack([packed >> 16 & 255, packed >> 8 & 255, packed & 255], axis=1).astype(float)


def _mix(colours: NDArray[np.float64], surface: str, share: float) -> list[tuple[int, int, int]]:
    """Return colours (n, 3) over a surface, as Pillow takes them."""
    below = np.array([int(surface[i : i + 2], 16) for i in (1, 3, 5)])
    mixed = np.rint(colours * share + below * (1 - share)).astype(int)
    return [(r, g, b) for r, g, b in mixed.tolist()]


def _sheet(panel: TilePanel, flow: float, training: float, size: int) -> Any:
    from PIL import Image

    row, column = round(training * (len(panel.steps) - 1)), round(flow * (len(panel.times) - 1))
    tiles = panel.tiles[row, column]
    sheet = Image.fromarray(
        lay_out(tiles, sheet_columns(len(tiles), tiles.shape[2] / tiles.shape[1]))
    )
    scale = size / max(sheet.size)
    resample = Image.Resampling.NEAREST if panel.pixels else Image.Resampling.LANCZOS
    return sheet.resize((round(sheet.width * scale), round(sheet.height * scale)), resample)


def _caption(pen: Any, panel: Panel, clock: Clock, share: float, size: int, dark: bool) -> None:
    from PIL import ImageFont

    _, _, text, muted, _ = COLOURS[dark]
    font = ImageFont.truetype(str(resources.folder("fonts") / "Inter-Regular.otf"), 14)
    values = panel.times if clock == "flow" else panel.steps
    value = float(np.interp(share * (len(values) - 1), range(len(values)), values))
    at = f"t = {value:.2f}" if clock == "flow" else f"step {round(value):,}"
    if clock == "flow" and not isinstance(panel, PointPanel | TilePanel):
        at = panel.tell_flow(share)
    wide = pen.textlength(at, font=font)
    pen.text((size - 10 - wide, size + 5), at, font=font, fill=muted)
    title = panel.title
    while title and pen.textlength(title, font=font) > size - 30 - wide:
        title = f"{title[:-2]}…" if len(title) > 2 else ""
    pen.text((10, size + 5), title, font=font, fill=text)
