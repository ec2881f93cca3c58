"""Emoji of 32x32 pixels in colour."""

from models.config import NoConfig
from models.contracts.data import Splits
from models.registry import dataset
from studio.engine.data.images.files import bundled, bundled_outline

__all__ = ["emoji"]

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


@dataset(
    "emoji",
    title="Emoji, 32x32",
    summary="1,892 emoji in 32x32 pixels of red, green and blue: small pictures in colour, of nine "
    "groups that hardly look like each other.",
    source="Noto Emoji of Google, Apache-2.0, by way of the npm package emoji-datasource-google "
    "16.0.0",
    holds="images",
    finite=True,
    outline=lambda config: bundled_outline("emoji", NAMES),
    size="1,892 pictures, 32x32, colour",
    licence="Apache-2.0",
    made="Laid on white and made small; equal ones are there once, in another order. Each is drawn "
    "by itself: with so few there is no law that a model could find without also learning them by "
    "heart.",
)
def emoji(config: NoConfig) -> Splits:
    """Return 1,500 images (3, 32, 32) to learn from and 392 to measure with."""
    return bundled("emoji", NAMES, white=255)
