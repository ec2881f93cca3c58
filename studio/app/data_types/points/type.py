"""Points: rows of numbers, drawn in a plane of two columns."""

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from pushforward.studio.app.core.data_type import Kind, how_many
from pushforward.studio.app.data.number_tiles import strips
from pushforward.studio.app.text import number_format
from pushforward.studio.counts import format_count

__all__ = ["KIND"]

SAID = 4  # columns whose mean and deviation are said in a line


def _facts(x: NDArray[Any], columns: tuple[str, ...], facts: Mapping[str, Any]) -> str:
    d = x.shape[1]
    parts = [format_count(how_many(x, facts), "point"), f"{d} columns: {', '.join(columns[:6])}"]
    for name in ("mean", "std"):
        values = facts.get(name)
        if values:
            more = ", …" if len(values) > SAID else ""
            parts.append(f"{name} {', '.join(map(number_format.figure, values[:SAID]))}{more}")
    modes = facts.get("modes")
    if isinstance(modes, list | tuple) and modes:
        parts.append(f"{len(modes)} modes known")
    elif isinstance(modes, int) and modes:
        parts.append(f"{modes} modes known")
    return " · ".join(parts)


KIND = Kind(
    slug="points",
    about="Points in two or more dimensions",
    title="Points",
    one="point",
    many="points",
    moving="particles",
    loading="Drawing points",
    layout="plane",
    views=("particles", "scatter"),
    fits=lambda shape: len(shape) == 1,
    tiles=strips,
    facts=_facts,
    draws=4096,
    imports="CSV, TSV, NPY, NPZ or HDF5",
    suffixes=("csv", "npz", "h5", "parquet"),
    filed=lambda arrays: {"x": arrays["x"]},
    order=10,
    assumed=True,
)
