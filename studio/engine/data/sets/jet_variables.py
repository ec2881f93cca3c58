"""The variables of the simulated jets of five types."""

from pushforward.models.config import NoConfig
from pushforward.models.contracts.data import RowSource, Splits
from pushforward.models.kinds.jet_variables import JetVariables
from pushforward.models.kinds.jets import JetSet
from pushforward.models.registry import dataset
from pushforward.studio.engine.data.sets.jets import PythiaJetsConfig, pythia_jets

__all__ = ["pythia_jet_variables"]


@dataset(
    "pythia-jet-variables",
    title="Jet variables, five types",
    summary=(
        "pT, mass, η and number of constituents of 45,000 simulated jets, given their type: "
        "the conditions of a jet model."
    ),
    source="made with PYTHIA 8.317 and FastJet 3.5 in the layout of JetNet; Bierlich et al. 2022, "
    "arXiv:2203.11601; Cacciari et al. 2012, arXiv:1111.6097; Kansal et al. 2021, "
    "arXiv:2106.11535",
    holds="jet-variables",
    finite=True,
    size="45,000 jets, four numbers each",
    licence="Apache-2.0, made for this project",
    made="Proton on proton at 13 TeV, partons of about 1 TeV, with underlying event and without a "
    "detector; the hardest jet of each event, anti-kT with R = 0.4.",
)
def pythia_jet_variables(config: NoConfig) -> Splits:
    """Return those of the jets to learn from, to choose settings by, and for the test.

    Raises:
        Refused: the file is missing or damaged; the path is "dataset".
    """
    jets = pythia_jets(PythiaJetsConfig())
    return Splits(
        _to_variables(jets.train),
        _to_variables(jets.test),
        jets.validation and _to_variables(jets.validation),
    )


def _to_variables(jets: RowSource) -> JetVariables:
    assert isinstance(jets, JetSet)
    return JetVariables.of(jets)
