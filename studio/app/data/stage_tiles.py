"""A step of a training and of the flow in pictures, of data that a tile shows whole."""

from collections.abc import Callable, Mapping

import numpy as np

from pushforward.studio.app.core.data_type import Arrays, Tiles, TitledTiles
from pushforward.studio.app.text.noise_labels import noise_of
from pushforward.studio.protocol.extras import PLACES, SIZE
from pushforward.studio.protocol.records import GIVEN

__all__ = ["in_place", "scene", "step"]

SHOWN = 1  # of each, so large that it can be looked at
TITLES = {
    "real": "The data",
    "particles": "The particles",
    "denoised": "Denoised estimate",
    "moved": "Positions after the step",
}
"""Inputs of a stage in display order; those that are no samples are only listed."""

Paint = Callable[[Arrays], Tiles]
Common = Callable[[Arrays], Arrays]


def _nothing(arrays: Arrays) -> Arrays:
    return {}


def scene(arrays: Arrays, *, tiles: Paint, common: Common = _nothing) -> list[TitledTiles]:
    """Return what a stage of a training step has at hand, by the arrays of its scene, painted as
    ``tiles`` does; ``common`` finds what those need to know of all of them. What is given of the
    data, by its name after "given:", is said of these alone.
    """
    real = arrays["real"]
    given = {
        name.removeprefix(GIVEN): each[:SHOWN]
        for name, each in arrays.items()
        if name.startswith(GIVEN)
    }
    # How a row lies depends on its size, and particles are as large as their data.
    alike = {name: each for name, each in given.items() if name == SIZE}
    noise = f", {said}" if (said := noise_of(arrays)) else ""
    some: dict[str, Arrays] = {
        f"{title}{noise if name == 'particles' else ''}": {
            "x": arrays[name][:SHOWN],
            **(given if name == "real" else alike),
        }
        for name, title in TITLES.items()
        if name in arrays and arrays[name].shape[1:] == real.shape[1:]
    }
    return _titled(some, tiles, common)


def step(
    before: Arrays, after: Arrays, *, tiles: Paint, common: Common = _nothing
) -> list[TitledTiles]:
    """Return what a step of the flow does to data, from their arrays before and after it."""
    return _titled({"Before": before, "After": after}, tiles, common)


def in_place(ready: Common) -> Common:
    """Return what puts the nodes of all graphs where the first one has them, if it has as many as
    they; ``ready`` finds the "places" (n, N, 2) of each, 0 where there is no node.
    """

    def common(arrays: Arrays) -> Arrays:
        places = np.asarray(ready(arrays)[PLACES])
        count = places.any(axis=2).sum(axis=1)
        return {PLACES: places[:1]} if (count <= count[0]).all() else {}

    return common


def _titled(some: Mapping[str, Arrays], tiles: Paint, common: Common) -> list[TitledTiles]:
    every = list(some.values())
    names = [name for name in every[0] if all(name in each for each in every)]
    shared = common({name: np.concatenate([each[name] for each in every]) for name in names})
    return [TitledTiles(title, tiles({**each, **shared})) for title, each in some.items()]
