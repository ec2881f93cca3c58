"""How a scene lies on the ground: moved with the window that is read of it."""

from collections.abc import Mapping
from typing import Any

__all__ = ["move_origin"]

TIEPOINT = "33922"
"""The tag of GeoTIFF with (column, row, depth, x, y, z) of some points."""


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
