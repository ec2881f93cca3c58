"""QM9: small organic molecules of up to nine heavy atoms."""

from pushforward.models.contracts.data import Splits
from pushforward.models.registry import dataset
from pushforward.studio.engine.data.molecules import MoleculesConfig, shipped_molecules

__all__ = ["qm9"]

_LEARNED = 10_000  # the others are measured with


@dataset(
    "qm9",
    title="Small molecules (QM9)",
    summary="Small organic molecules of up to nine heavy atoms (C, N, O, F).",
    source="Ramakrishnan et al. 2014, doi:10.1038/sdata.2014.22",
    holds="molecules",
    config=MoleculesConfig,
    finite=True,
    size="12,000 molecules of 2 to 9 heavy atoms",
    licence="CC0",
    made=(
        "A random subset of the 130,831 molecules of QM9 without charges, Kekulé bonds. QM9 "
        "enumerates nearly all stable molecules of this size, so few novel ones are stable."
    ),
)
def qm9(config: MoleculesConfig) -> Splits:
    """Return 10,000 molecules to learn from, and 2,000 to measure with.

    Raises:
        Refused: the file is missing or damaged; the path is "dataset".
    """
    return shipped_molecules("qm9", config, _LEARNED)
