"""Write points to files; the suffix chooses the format."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from pushforward.studio.formats.registry import discover
from pushforward.studio.formats.tables.registry import registry

__all__ = ["write_points"]


def write_points(
    path: Path,
    x: ArrayLike,
    columns: Sequence[str],
    attrs: Mapping[str, Any] | None = None,
) -> None:
    """Write points x (n, d) to a file whose suffix chooses the format, replacing it atomically.
    ``attrs`` is the provenance (plain JSON): in HDF5 and NPZ "provenance", for text files
    ``<name>.json`` next to it.

    Raises:
        ValueError: x does not fit the column names.
        FormatError: the suffix cannot be written.
        StoreError: the disk refused.
    """
    path = Path(path)
    data = np.asarray(x, np.float32)
    if data.ndim != 2 or data.shape[1] != len(columns):
        raise ValueError(f"x must be (n, {len(columns)}), got {data.shape}")
    discover()
    registry.for_path(path, writing=True).write(path, data, columns, attrs or {})
