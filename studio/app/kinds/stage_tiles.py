"""A step of a training and of the flow in pictures, of data that a tile shows whole."""

from collections.abc import Callable, Mapping

import numpy as np

from studio.app.kinds.kind import Arrays, Tiles, TitledTiles

__all__ = ["scene", "step"]

SHOWN = 1  # of each, so large that it can be looked at
TITLES = {
    "real": "The data",
    "particles": "The particles",
    "moved": "Where they have gone",
}
"""What a stage has at hand, in the order in which it is shown; what is no datum is only told."""

Paint = Callable[[Arrays], Tiles]
Common = Callable[[Arrays], Arrays]


def _nothing(arrays: Arrays) -> Arrays:
    return {}


def scene(arrays: Arrays, *, tiles: Paint, common: Common = _nothing) -> list[TitledTiles]:
    """Return what a stage of a training step has at hand, by the arrays of its scene, painted as
    ``tiles`` does; ``common`` finds what those need to know of all of them.
    """
    real = arrays["real"]
    some = {
        title: {"x": arrays[name][:SHOWN]}
        for name, title in TITLES.items()
        if name in arrays and arrays[name].shape[1:] == real.shape[1:]
    }
    return _titled(some, tiles, common)


def step(
    before: Arrays, after: Arrays, *, tiles: Paint, common: Common = _nothing
) -> list[TitledTiles]:
    """Return what a step of the flow does to data, from their arrays before and after it."""
    return _titled({"Before": before, "After": after}, tiles, common)


def _titled(some: Mapping[str, Arrays], tiles: Paint, common: Common) -> list[TitledTiles]:
    shared = common({"x": np.concatenate([each["x"] for each in some.values()])})
    return [TitledTiles(title, tiles({**each, **shared})) for title, each in some.items()]
