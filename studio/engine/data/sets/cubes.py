"""Indian Pines: fields and woods from the air, of which a few pixels have a class."""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import torch
from torch import Tensor

from pushforward.models.config import Config, ConfigError, param
from pushforward.models.contracts.data import Splits
from pushforward.models.kinds.cubes import CubeSet
from pushforward.models.kinds.scenes import Scene, few_labels, few_labels_apart, principal
from pushforward.models.registry import dataset
from pushforward.studio.engine.data.shipped import archive
from pushforward.studio.resources import folder

__all__ = ["IndianPinesConfig", "indian_pines"]


class IndianPinesConfig(Config, frozen=True):
    """What is learned from, and what of it is shown."""

    share: Annotated[
        float,
        param(
            "Labels",
            "Share of the labelled pixels of each class that is learned from; all others are only "
            "measured with.",
            above=0.0,
            high=0.5,
        ),
    ] = 0.05
    least: Annotated[
        int,
        param(
            "Labels at least", "So many of each class, or half of a smaller one.", low=1, high=50
        ),
    ] = 5
    split: Annotated[
        Literal["random", "apart"],
        param(
            "Split",
            "At random, as most papers do: windows of pixels that are measured with then hold "
            "pixels that were learned from, and accuracies are too high. Apart: no window that is "
            "measured with shares a pixel with one that was learned from.",
            choices={"random": "At random", "apart": "Apart in space"},
        ),
    ] = "random"
    block: Annotated[
        int,
        param(
            "Factor",
            "Pixels to learn from lie in a few squares of this side.",
            low=2,
            high=64,
            unit="pixels",
            depends=("split", ("apart",)),
        ),
    ] = 16
    components: Annotated[
        int,
        param(
            "Components",
            "So many principal components of the spectra of all pixels are shown; 0 for all 200 "
            "bands as they are.",
            low=0,
            high=200,
            zero="all bands",
        ),
    ] = 30
    window: Annotated[
        int,
        param("Window", "Side of the window around a pixel, odd.", low=1, high=25, unit="pixels"),
    ] = 9
    seed: Annotated[
        int,
        param("Seed of the split", "Which pixels are learned from.", low=0, high=2**31 - 1),
    ] = 0


@dataset(
    "indian-pines",
    title="Indian Pines",
    summary="A scene of 145 x 145 pixels in 200 bands, 16 classes of fields and woods, of whose "
    "labels 5 % are learned from. With a split at random neighbours of what is measured were "
    "learned from, so that accuracies are too high: hold them against a split apart in space.",
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
        ConfigError: the window is even.
        Refused: the file is missing or damaged; the path is "dataset".
    """
    if config.window % 2 != 1:
        raise ConfigError("window", f"must be odd, got {config.window}")
    scene = _scene(folder("datasets") / "indian-pines" / "indian-pines.npz", config.components)
    share, least, seed = config.share, config.least, config.seed
    if config.split == "random":
        train, test = few_labels(scene, share, least, seed)
    else:
        train, test = few_labels_apart(scene, share, least, seed, config.block, config.window)
    learned = CubeSet(scene, train, config.window)
    return Splits(learned, learned.at(test))


@cache
def _scene(path: Path, components: int) -> Scene:
    cube, truth, names, wavelengths = _load(path)
    seen = principal(cube, components) if components else cube
    return Scene(cube, truth, names, wavelengths, seen)


@cache
def _load(path: Path) -> tuple[Tensor, Tensor, tuple[str, ...], Tensor]:
    with archive(path, "scene") as arrays:
        cube = torch.from_numpy(arrays["cube"].astype(np.float32)).movedim(2, 0).contiguous()
        truth = torch.from_numpy(arrays["truth"].astype(np.int64)) - 1
        names = tuple(map(str, arrays["names"]))
        return cube, truth, names, torch.from_numpy(arrays["wavelengths"])
