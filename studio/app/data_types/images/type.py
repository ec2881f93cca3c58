"""Images: (C, H, W) of values in [0, 1], C 1 or 3, each drawn pixel by pixel."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.core.data_type import (
    DISTANCES,
    Arrays,
    Kind,
    Measured,
    classes,
    how_many,
)
from pushforward.studio.app.data import stage_tiles
from pushforward.studio.app.data.pairwise_distance import pixels
from pushforward.studio.app.data.pixel_tiles import Pictures
from pushforward.studio.counts import format_count

__all__ = ["KIND"]


def _measures(arrays: Arrays) -> Measured:
    """Say how bright each image is, in per cent of white, and what was found of it: which class the
    reference classifier predicts, how sure it is, and how far the nearest training image is.
    """
    x = arrays["x"]
    light = np.nan_to_num(np.clip(x, 0.0, 1.0)).reshape(len(x), -1).mean(axis=1)
    found: dict[str, NDArray[Any]] = {"Brightness": 100.0 * light, **classes(arrays)}
    if "sure" in arrays:
        found |= {"Prediction": arrays["judge"], "Confidence": 100.0 * arrays["sure"]}
    if "margin" in arrays:
        found["Margin"] = arrays["margin"]
    if "nearest" in arrays:
        found["Distance"] = arrays["nearest"]
    return found


def _facts(x: NDArray[Any], columns: tuple[str, ...], facts: Mapping[str, Any]) -> str:
    height, width = x.shape[2:]
    return f"{format_count(how_many(x, facts), 'picture')} of {width} x {height} pixels"


KIND = Kind(
    slug="images",
    about="A picture is a particle with many coordinates",
    title="Images",
    one="image",
    many="images",
    moving="pictures",
    loading="Loading pictures",
    layout="tiles",
    fits=lambda shape: len(shape) == 3,
    tiles=Pictures,
    views=("tiles", "browser", "film", "edit", "image-guidance"),
    facts=_facts,
    groups={
        "Reference classifier": ("frechet-judge", "judge-score", "label-accuracy", "label-balance"),
        "Inception": ("inception-fid",),
        "Fidelity and diversity": ("precision", "recall", "density", "coverage"),
        "Detail": ("power-spectrum",),
        "Memorisation": DISTANCES["Memorisation"],
        "Distance to real": (*DISTANCES["Distance to real"], "two-sample-test"),
        "Likelihood": DISTANCES["Likelihood"],
    },
    measures=_measures,
    units={"Brightness": "%", "Confidence": "%", "Margin": "nats", "Distance": "by pixels"},
    hints={
        "Confidence": (
            "Confidence of the reference classifier in its predicted class. Not a quality metric: "
            "it can be high for meaningless images. Real images may be in its training data."
        ),
        "Margin": (
            "The confidence p as log-odds, log p / (1 − p), which resolves values near "
            "1. 0 is 50 %, 4.6 is 99 %."
        ),
        "Distance": "Euclidean distance to the nearest loaded training image, pixels in [0, 1].",
    },
    finds=("judge", "nearest"),
    imports="folders or zips of pictures, IDX, CIFAR-10 batches, NPY or NPZ",
    apart=pixels,
    suffixes=("zip", "png", "npz", "h5"),
    projection=(
        "Grey: data. Coloured: the images on the left, in the first two principal components "
        "of the reference classifier's features of the data."
    ),
    draws=256,
    filed=lambda arrays: {"x": arrays["x"]},
    order=20,
    pictures=True,
    scene=partial(stage_tiles.scene, tiles=Pictures),
    step=partial(stage_tiles.step, tiles=Pictures),
)
