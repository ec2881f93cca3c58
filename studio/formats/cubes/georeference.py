"""How a scene lies on the ground: moved with a window, and converted between ENVI and GeoTIFF.

ENVI's map info names projection, reference pixel (1, 1 is the upper left corner of the first
pixel), its coordinates, pixel size, UTM zone and datum; GeoTIFF (OGC 19-008r4) has tags.
"""

from collections.abc import Mapping
from typing import Any

__all__ = ["move_origin", "to_geotiff", "to_map_info"]

TIEPOINT = "33922"
"""The tag of GeoTIFF with (column, row, depth, x, y, z) of some points."""
SCALE, KEYS = "33550", "34735"
_MODEL, _RASTER, _GEOGRAPHIC, _PROJECTED = 1024, 1025, 2048, 3072
_ZONES = {
    ("WGS-84", "North"): 32600,
    ("WGS-84", "South"): 32700,
    ("North America 1983", "North"): 26900,
    ("North America 1927", "North"): 26700,
}
"""EPSG codes of UTM less the zone, by datum and hemisphere as ENVI names them."""
_DEGREES = {"WGS-84": 4326, "North America 1983": 4269, "North America 1927": 4267}


def move_origin(where: Mapping[str, Any], row: int, column: int) -> dict[str, Any]:
    """Return the place of a window of a scene that begins at a row and a column.

    Args:
        where: as the readers of ENVI and GeoTIFF give it: "map_info" and "geotiff".
        row: first row of the window.
        column: first column of the window.
    """
    moved = dict(where)
    if not row and not column:
        return moved
    if "map_info" in moved:
        cells = str(moved["map_info"]).strip("{} ").split(",")
        try:
            cells[1] = f" {float(cells[1]) - column:g}"
            cells[2] = f" {float(cells[2]) - row:g}"
        except (IndexError, ValueError):
            del moved["map_info"]
        else:
            moved["map_info"] = "{" + ",".join(cells) + "}"
    tags = dict(moved.get("geotiff") or {})
    points = tags.get(TIEPOINT)
    if points:
        tags[TIEPOINT] = [
            value - (column if place % 6 == 0 else row if place % 6 == 1 else 0)
            for place, value in enumerate(points)
        ]
        moved["geotiff"] = tags
    return moved


def to_geotiff(map_info: str) -> dict[str, Any]:
    """Return the tags of GeoTIFF for ENVI's map info: UTM, or degrees; {} for any other projection,
    and for a rotated scene.
    """
    cells = [cell.strip() for cell in map_info.strip("{} ").split(",")]
    words = [cell for cell in cells if "=" not in cell]
    rotated = any(c.lower().startswith("rotation") and _number(c) not in (0.0, None) for c in cells)
    try:
        column, row, x, y, wide, high = (float(cell) for cell in words[1:7])
        if words[0] == "UTM":
            code, key, model = _ZONES[words[9], words[8]] + int(words[7]), _PROJECTED, 1
        else:
            code, key, model = _DEGREES[words[7]], _GEOGRAPHIC, 2
    except (IndexError, KeyError, ValueError):
        return {}
    if rotated or (key == _GEOGRAPHIC and words[0] != "Geographic Lat/Lon"):
        return {}
    keys = [1, 1, 0, 3, _MODEL, 0, 1, model, _RASTER, 0, 1, 1, key, 0, 1, code]
    return {
        SCALE: [wide, high, 0.0],
        TIEPOINT: [column - 1.0, row - 1.0, 0.0, x, y, 0.0],
        KEYS: keys,
    }


def to_map_info(tags: Mapping[str, Any]) -> str:
    """Return ENVI's map info for the tags of a GeoTIFF, "" where their projection is no UTM and no
    degrees.
    """
    scale, point = tags.get(SCALE) or [], tags.get(TIEPOINT) or []
    keys = list(tags.get(KEYS) or [])
    found = {keys[i]: keys[i + 3] for i in range(4, len(keys) - 3, 4) if keys[i + 1] == 0}
    if len(scale) < 2 or len(point) != 6:
        return ""
    edge = 1.5 if found.get(_RASTER) == 2 else 1.0  # tie points name the middle of a pixel
    place = [f"{point[0] + edge:g}", f"{point[1] + edge:g}", *(repr(float(v)) for v in point[3:5])]
    place += [repr(float(each)) for each in scale[:2]]
    code = found.get(_PROJECTED)
    for (datum, side), base in _ZONES.items():
        if code is not None and base < code <= base + 60:
            cells = ["UTM", *place, str(code - base), side, datum, "units=Meters"]
            return "{" + ", ".join(cells) + "}"
    datum = next((n for n, epsg in _DEGREES.items() if epsg == found.get(_GEOGRAPHIC)), "")
    if datum and code is None:
        return "{" + ", ".join(["Geographic Lat/Lon", *place, datum, "units=Degrees"]) + "}"
    return ""


def _number(cell: str) -> float | None:
    try:
        return float(cell.partition("=")[2])
    except ValueError:
        return None
