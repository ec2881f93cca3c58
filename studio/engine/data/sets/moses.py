"""MOSES: molecules as large as drugs begin."""

from pushforward.models.contracts.data import Splits
from pushforward.models.registry import dataset
from pushforward.studio.engine.data.molecules import MoleculesConfig, shipped_molecules

__all__ = ["moses"]

_LEARNED = 5_000  # the others are measured with


@dataset(
    "moses",
    title="Drug-like molecules (MOSES)",
    summary="Drug-like molecules of 12 to 26 heavy atoms (C, N, O, F, S, Cl, Br).",
    source="Polykovskiy et al. 2020, doi:10.3389/fphar.2020.565644",
    holds="molecules",
    config=MoleculesConfig,
    finite=True,
    size="6,000 molecules of 12 to 26 heavy atoms",
    licence="MIT",
    made="A random subset of 50,000 of MOSES (ZINC clean leads). Kekulé bonds, no stereochemistry.",
)
def moses(config: MoleculesConfig) -> Splits:
    """Return 5,000 molecules to learn from, and 1,000 to measure with.

    Raises:
        Refused: the file is missing or damaged; the path is "dataset".
    """
    return shipped_molecules("moses", config, _LEARNED)
