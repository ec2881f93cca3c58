"""The data type of data that no module describes: each sample as a square of its numbers."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.core.data_type import Arrays, Kind, Measured, classes, how_many
from pushforward.studio.app.data.number_tiles import scale, strips

__all__ = ["FALLBACK", "plain"]


def _measures(arrays: Arrays) -> Measured:
    """Say the mean and the deviation of the numbers of each datum."""
    x = np.asarray(arrays["x"], dtype=np.float64).reshape(len(arrays["x"]), -1)
    return {"Mean": x.mean(axis=1), "Deviation": x.std(axis=1), **classes(arrays)}


def _facts(x: NDArray[Any], columns: tuple[str, ...], facts: Mapping[str, Any]) -> str:
    shape = " x ".join(map(str, x.shape[1:])) or "1"
    return f"{how_many(x, facts):,} data of {shape} numbers"


def plain(slug: str) -> Kind:
    """Return a generic description of an unknown data type."""
    return Kind(
        slug=slug,
        title=slug.replace("-", " ").capitalize(),
        one="datum",
        many="data",
        moving="samples",
        loading="Loading data",
        layout="tiles",
        fits=lambda shape: True,
        tiles=strips,
        facts=_facts,
        measures=_measures,
        common=scale,
    )


FALLBACK = plain
