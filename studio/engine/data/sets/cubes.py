"""Indian Pines: a hyperspectral scene of fields and woods with few labelled pixels."""

from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import torch
from torch import Tensor

from pushforward.models.config import param
from pushforward.models.contracts.data import Splits
from pushforward.models.kinds.scene_settings import SceneSettings, model_input, prepare_scene
from pushforward.models.registry import dataset
from pushforward.studio.engine.data.bundled_files import archive
from pushforward.studio.resources import folder

__all__ = ["IndianPinesConfig", "indian_pines"]


class IndianPinesConfig(SceneSettings, frozen=True):
    """Settings of Indian Pines, which has no second map."""

    split: Annotated[
        Literal["random", "apart", "block", "field", "hand"],
        param(
            "Split",
            "How labelled pixels are divided. At random, as most papers do, test pixels are "
            "neighbours of training pixels and accuracies are too high. Use blocks or fields to "
            "see how the model does in a new place.",
            choices={
                "random": "At random",
                "apart": "Few squares, no shared window",
                "block": "Blocks",
                "field": "Fields",
                "hand": "Labels by hand",
            },
        ),
    ] = "random"


@dataset(
    "indian-pines",
    title="Indian Pines",
    summary="A scene of 145 x 145 pixels in 200 bands, 16 classes of fields and woods. Models "
    "learn from 5 % of the labels. A random split puts test pixels next to training pixels, so "
    "that accuracies are too high: compare with blocks and fields.",
    source="Baumgardner, Biehl and Landgrebe 2015, doi:10.4231/R7RX991C (CC BY 3.0); on splits: "
    "Liang et al. 2017, arXiv:1605.05829",
    holds="cubes",
    config=IndianPinesConfig,
    finite=True,
    size="10,249 labelled pixels of 145x145, 200 bands",
    licence="CC BY 3.0, with credit to Baumgardner, Biehl and Landgrebe",
    made="Taken by the AVIRIS sensor over Indiana on June 12, 1992, at about 20 m a pixel; without "
    "the 20 bands in which water absorbs.",
)
def indian_pines(config: IndianPinesConfig) -> Splits:
    """Return a few labelled pixels to learn from, and the others to measure with.

    Raises:
        ConfigError: the window is even, or the labels by hand do not fit.
        Refused: the file is missing or damaged; the path is "dataset".
    """
    path = folder("datasets") / "indian-pines" / "indian-pines.npz"
    cube, truth, names, wavelengths = _load(path)
    seen = _seen(path, config.blur, config.components)
    return prepare_scene(cube, truth, names, wavelengths, config, seen=seen)


@lru_cache(maxsize=4)
def _seen(path: Path, blur: float, components: int) -> Tensor:
    return model_input(_load(path)[0], SceneSettings(blur=blur, components=components))


@cache
def _load(path: Path) -> tuple[Tensor, Tensor, tuple[str, ...], Tensor]:
    with archive(path, "scene") as arrays:
        cube = torch.from_numpy(arrays["cube"].astype(np.float32)).movedim(2, 0).contiguous()
        truth = torch.from_numpy(arrays["truth"].astype(np.int64)) - 1
        names = tuple(map(str, arrays["names"]))
        return cube, truth, names, torch.from_numpy(arrays["wavelengths"])
