"""Settings of a scene: what models see of it, and how its labelled pixels are split."""

from dataclasses import replace
from typing import Annotated, Literal

import torch
from torch import Tensor

from pushforward.models.config import Config, ConfigError, param
from pushforward.models.contracts.data import Splits
from pushforward.models.kinds.cubes import CubeSet
from pushforward.models.kinds.scene_splits import (
    PixelSplit,
    split_by_map,
    split_into_blocks,
    split_into_fields,
    split_randomly,
)
from pushforward.models.kinds.scenes import (
    UNKNOWN,
    Scene,
    blurred,
    few_labels,
    few_labels_apart,
    principal,
)
from pushforward.models.tensors import make_generator
from pushforward.observables.scenes.label_text import decode_labels

__all__ = ["SceneSettings", "model_input", "prepare_scene", "split_by_hand", "split_scene"]

_PLACED = ("apart", "block")
_HELD = 21  # a stream of the seed
_DRAWN = ("random", "apart", "block", "field")


class SceneSettings(Config, frozen=True):
    """The split of the labelled pixels, and the input of models."""

    split: Annotated[
        Literal["random", "apart", "block", "field", "map", "hand"],
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
                "map": "By a second map",
                "hand": "Labels by hand",
            },
        ),
    ] = "random"
    labels: Annotated[
        int,
        param(
            "Labels",
            "Number of labelled pixels to learn from, in all classes together; 0 to set a share "
            "of each class.",
            low=0,
            high=1_000_000,
            zero="by share",
            depends=("split", ("random", "block", "field")),
        ),
    ] = 0
    share: Annotated[
        float,
        param(
            "Label share",
            "Fraction of the labelled pixels of each class to learn from. All others only measure.",
            above=0.0,
            high=0.5,
            depends=("split", _DRAWN),
        ),
    ] = 0.05
    least: Annotated[
        int,
        param(
            "Labels at least",
            "Minimum number of training labels of each class, or half of a smaller class.",
            low=1,
            high=50,
            depends=("split", _DRAWN),
        ),
    ] = 5
    validation: Annotated[
        int,
        param(
            "Validation labels",
            "Number of further labelled pixels that choose settings, such as CRF weights. Without "
            "them settings stay at their defaults.",
            low=0,
            high=1_000_000,
            zero="none",
            depends=("split", ("random", "block", "field")),
        ),
    ] = 0
    block: Annotated[
        int,
        param(
            "Block size",
            "Side of the squares into which the scene is divided.",
            low=2,
            high=256,
            unit="pixels",
            depends=("split", _PLACED),
        ),
    ] = 16
    hand: Annotated[
        str,
        param(
            "Labels by hand",
            "Painted labels as run lengths, row by row: 7 3:2 is seven unlabelled pixels, then "
            "three of class 2.",
            advanced=True,
            depends=("split", ("hand",)),
        ),
    ] = ""
    context: Annotated[
        Literal["scene", "labelled"],
        param(
            "Unlabelled pixels",
            "Pixels that semi-supervised models see without their labels: the whole scene, or the "
            "pixels of the ground truth alone. Both include test pixels.",
            choices={"scene": "All of the scene", "labelled": "Those of the ground truth"},
            advanced=True,
        ),
    ] = "scene"
    blur: Annotated[
        float,
        param(
            "Smoothing",
            "Standard deviation of a Gaussian blur of each band, before anything else. 2 to 3 "
            "pixels raise the accuracy of any classifier on large fields.",
            low=0.0,
            high=20.0,
            unit="pixels",
            zero="none",
        ),
    ] = 0.0
    components: Annotated[
        int,
        param(
            "Components",
            "Number of principal components of all spectra that models see; 0 for all bands.",
            low=0,
            high=500,
            zero="all bands",
        ),
    ] = 30
    window: Annotated[
        int,
        param(
            "Window",
            "Side of the window around a pixel, odd. 1 for single spectra.",
            low=1,
            high=25,
            unit="pixels",
        ),
    ] = 9
    seed: Annotated[
        int,
        param(
            "Seed of the split",
            "The same seed splits alike.",
            low=0,
            high=2**31 - 1,
            depends=("split", _DRAWN),
        ),
    ] = 0


def model_input(cube: Tensor, settings: SceneSettings) -> Tensor:
    """Return what models see of a cube (bands, H, W): blurred, then its principal components."""
    if settings.components:
        return principal(cube, settings.components, settings.blur)
    return blurred(cube, settings.blur)


def split_scene(
    scene: Scene, settings: SceneSettings, roles: Tensor | None = None
) -> tuple[Scene, PixelSplit]:
    """Return the split of a scene, and the scene with its labels by hand where it has some.

    Args:
        scene: with the ground truth.
        settings: the split.
        roles: second map (H, W) int64 for the split "map": 1 train, 2 validation, 3 test.

    Raises:
        ConfigError: the scene does not fit the settings.
    """
    n, share, least, seed = settings.labels, settings.share, settings.least, settings.seed
    n = n or round(share * len(scene.labelled))
    block, window, held = settings.block, settings.window, settings.validation
    try:
        match settings.split:
            case "random" if settings.labels or held:
                return scene, split_randomly(scene, n, held, least, seed)
            case "random":
                return scene, _without_validation(*few_labels(scene, share, least, seed))
            case "apart":
                pair = few_labels_apart(scene, share, least, seed, block, window)
                return scene, _without_validation(*pair)
            case "block":
                kept = {"block": block, "window": window}
                return scene, split_into_blocks(scene, n, held, least, seed, **kept)
            case "field":
                return scene, split_into_fields(scene, n, held, least, seed, window=window)
            case "hand":
                return split_by_hand(scene, settings.hand)
            case "map":
                if roles is None:
                    raise ValueError("the scene has no second map; import one with it")
                return scene, split_by_map(scene, roles)
    except ValueError as error:
        path = "hand" if settings.split == "hand" else "split"
        raise ConfigError(path, str(error)) from error


def split_by_hand(scene: Scene, text: str) -> tuple[Scene, PixelSplit]:
    """Return the scene with hand-made labels instead of its ground truth, and the split: the labels
    are the training set, and all other pixels of the ground truth the test set. Where no other
    pixel is labelled, one in five of each class tests, and at least one of two.

    Raises:
        ValueError: the labels do not fit the scene, or there are none.
    """
    drawn = torch.from_numpy(decode_labels(text, scene.size)).long() - 1
    if not bool((drawn != UNKNOWN).any()):
        raise ValueError("no pixel is labelled yet: paint some labels")
    if int(drawn.max()) >= len(scene.names):
        raise ValueError(f"class {int(drawn.max()) + 1} has no name; there are {len(scene.names)}")
    learned = drawn != UNKNOWN
    truth = torch.where(learned, drawn, scene.truth)
    train = learned.flatten().nonzero()[:, 0]
    test = (~learned & (scene.truth != UNKNOWN)).flatten().nonzero()[:, 0]
    if not len(test):
        train, test = _hold_out(train, truth)
    return replace(scene, truth=truth), _without_validation(train, test)


def _hold_out(pixels: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
    """Return pixels (n,) without a fifth of each class, and these, drawn with a fixed seed."""
    order = pixels[torch.randperm(len(pixels), generator=make_generator(0, _HELD))]
    classes, held = truth.flatten()[order], torch.zeros(len(order), dtype=torch.bool)
    for number in torch.unique(classes).tolist():
        mine = (classes == number).nonzero()[:, 0]
        if len(mine) > 1:
            held[mine[: max(1, len(mine) // 5)]] = True
    return order[~held].sort().values, order[held].sort().values


def prepare_scene(
    cube: Tensor,
    truth: Tensor,
    names: tuple[str, ...],
    wavelengths: Tensor | None,
    settings: SceneSettings,
    roles: Tensor | None = None,
    seen: Tensor | None = None,
) -> Splits:
    """Return a scene as data to learn from, to validate and to test.

    Args:
        cube: (bands, H, W) float32.
        truth: (H, W) int64, `UNKNOWN` for pixels without a class.
        names: of the classes.
        wavelengths: (bands,) in nm, None where they are unknown.
        settings: input and split.
        roles: the second map, see `split_scene`.
        seen: `model_input` of the cube, where it is known already.

    Raises:
        ConfigError: the scene does not fit the settings.
    """
    if settings.window % 2 != 1:
        raise ConfigError("window", f"must be odd, got {settings.window}")
    seen = model_input(cube, settings) if seen is None else seen
    whole = Scene(cube, truth, names, wavelengths, seen)
    scene, split = split_scene(whole, settings, roles)
    for role, path in (("train", "labels"), ("test", "split")):
        if not len(getattr(split, role)):
            raise ConfigError(path, f"no labelled pixel is left to {role}")
    context = None if settings.context == "scene" else scene.labelled
    learned = CubeSet(scene, split.train, settings.window, context, split)
    validation = learned.at(split.validation) if len(split.validation) else None
    return Splits(learned, learned.at(split.test), validation)


def _without_validation(train: Tensor, test: Tensor) -> PixelSplit:
    return PixelSplit(train, train[:0], test)
