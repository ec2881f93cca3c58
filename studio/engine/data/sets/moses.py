"""MOSES: molecules as large as drugs begin."""

from pushforward.models.contracts.data import Splits
from pushforward.models.registry import dataset
from pushforward.studio.engine.data.molecules import MoleculesConfig, shipped_molecules

__all__ = ["moses"]

_LEARNED = 5_000  # the others are measured with


@dataset(
    "moses",
    title="Drug-like molecules (MOSES)",
    summary="Molecules of twelve to 26 atoms, with rings and chains as in drugs: of carbon, "
    "nitrogen, oxygen, fluorine, sulphur, chlorine and bromine, hydrogens left out.",
    source="Polykovskiy et al. 2020, doi:10.3389/fphar.2020.565644",
    holds="molecules",
    config=MoleculesConfig,
    finite=True,
    size="6,000 molecules of 12 to 26 heavy atoms",
    licence="MIT",
    made="Drawn from 50,000 of MOSES without order, which are of the clean leads of ZINC; rings "
    "have alternating bonds, and there is no stereochemistry.",
)
def moses(config: MoleculesConfig) -> Splits:
    """Return 5,000 molecules to learn from, and 1,000 to measure with.

    Raises:
        Refused: the file is missing or damaged; the path is "dataset".
    """
    return shipped_molecules("moses", config, _LEARNED)
