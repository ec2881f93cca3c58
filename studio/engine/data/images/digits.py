"""Handwritten digits of 8x8 pixels."""

from pushforward.models.config import NoConfig
from pushforward.models.contracts.data import Splits
from pushforward.models.registry import dataset
from pushforward.studio.engine.data.images.files import bundled, bundled_outline

__all__ = ["digits"]

NAMES = tuple("0123456789")


@dataset(
    "digits",
    title="Digits, 8x8",
    summary="1,797 handwritten digits, 8 × 8 grey pixels. Trains in a minute on a CPU.",
    source="Alpaydin and Kaynak 1998, Optical Recognition of Handwritten Digits, "
    "doi:10.24432/C50P49; by way of scikit-learn, BSD 3-Clause",
    holds="images",
    finite=True,
    outline=lambda config: bundled_outline("digits", NAMES),
    size="1,797 pictures, 8x8, grey",
    licence="BSD 3-Clause",
    made=(
        "Reduced from 32 × 32 bitmaps by 13 writers; the original test set as in scikit-learn, "
        "reordered."
    ),
)
def digits(config: NoConfig) -> Splits:
    """Return 1,297 images (1, 8, 8) to learn from and 500 to measure with."""
    return bundled("digits", NAMES, white=16)
