"""Files of points looked into and read whole, in this process."""

from pathlib import Path

import numpy as np

from pushforward.studio.formats import Inspection, files

__all__ = ["inspect", "read", "read_named"]


def inspect(path: Path) -> Inspection:
    return files.inspect([Path(path)])


def read(path: Path, item: str = "", columns: tuple[str, ...] | list[str] = ()) -> np.ndarray:
    return read_named(path, item, columns)[0]


def read_named(
    path: Path, item: str = "", columns: tuple[str, ...] | list[str] = ()
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return columns of a table as points (n, d) float32, and their names."""
    found = files.rows([Path(path)], "points", {"item": item, "columns": list(columns)})
    x = np.concatenate([block["x"] for block in found.blocks])
    return x, tuple(found.schema.columns)
