"""Hyperspectral cubes: pixels of a scene, each with the window around it in false colours."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.core.data_type import Arrays, Kind, Tiles, TitledTiles, how_many
from pushforward.studio.app.data import stage_tiles
from pushforward.studio.app.data.answer_bars import answer
from pushforward.studio.app.data.pixel_tiles import Pictures
from pushforward.studio.app.data_types.cubes.scene_cover import COVER
from pushforward.studio.app.data_types.cubes.scene_portrait import PORTRAIT
from pushforward.studio.counts import format_count
from pushforward.studio.formats.cubes.palette import class_colours
from pushforward.studio.protocol.extras import ANSWERS

__all__ = ["KIND", "windows"]

RANGE = "range"


def windows(arrays: Arrays) -> Tiles:
    """Return tiles of windows x (n, channels, side, side): three channels are colours from 0 to 1,
    of others the first is seen in grey, stretched over all that are shown, or over "range".
    """
    x = np.asarray(arrays["x"], dtype=np.float64)
    if x.shape[1] == 3:
        return Pictures({"x": x})
    low, high = map(float, arrays[RANGE] if RANGE in arrays else _stretch(arrays)[RANGE])
    return Pictures({"x": (np.nan_to_num(x[:, :1]) - low) / max(high - low, 1e-9)})


def _stretch(arrays: Arrays) -> Arrays:
    """Return what is black and what is white in all windows, as "range"."""
    first = np.nan_to_num(np.asarray(arrays["x"], dtype=np.float64)[:, :1])
    return {RANGE: np.quantile(first, (0.02, 0.98)) if first.size else np.array([0.0, 1.0])}


def _facts(x: NDArray[Any], columns: tuple[str, ...], facts: Mapping[str, Any]) -> str:
    classes = len(facts.get("names") or ())
    side = x.shape[-1]
    n = format_count(how_many(x, facts), "labelled pixel")
    return f"{n} of {classes} classes, in windows of {side} x {side}"


def _scene(arrays: Arrays) -> list[TitledTiles]:
    """Return a window of the batch, a generated one if there is, and the likeliest classes."""
    pictures = stage_tiles.scene(arrays, tiles=windows, common=_stretch)
    if ANSWERS in arrays:
        names = [str(name) for name in arrays.get("classes", ())]

        def name(number: int) -> str:
            return names[number] if number < len(names) else f"class {number}"

        pictures.append(answer(arrays, name, "Probability of the class"))
    return pictures


def _label(*given: Any) -> Any:
    from pushforward.studio.app.data_types.cubes.scene_labelling import SceneLabelling

    return SceneLabelling(*given)


KIND = Kind(
    slug="cubes",
    about="Remote sensing: a spectrum in every pixel",
    title="Hyperspectral cubes",
    one="pixel",
    many="pixels",
    moving="windows",
    loading="Loading the scene",
    layout="tiles",
    views=("tiles", "scene", "browser"),
    watched=True,
    labelling=_label,
    fits=lambda shape: len(shape) == 3 and shape[1] == shape[2] and shape[1] % 2 == 1,
    tiles=windows,
    facts=_facts,
    groups={"Classes": ("accuracy", "average-accuracy", "kappa", "calibration-error")},
    common=_stretch,
    imports="scenes as MATLAB, ENVI, GeoTIFF, NPY, NPZ or HDF5",
    portrait=PORTRAIT,
    scene=_scene,
    cover=COVER,
    class_colours=class_colours,
    order=40,
)
