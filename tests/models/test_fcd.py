"""FCD: the package of those who proposed it, and what is said without it."""

import sys
from types import ModuleType

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from pushforward.models.config import NoConfig
from pushforward.models.contracts.learner import finish
from pushforward.models.kinds.molecules import MoleculeSet
from pushforward.models.metrics.base import Evidence, NotApplicable
from pushforward.models.metrics.molecules import fcd as module
from pushforward.models.metrics.molecules.fcd import FrechetChemNet
from pushforward.models.metrics.samples.frechet import frechet_distance
from pushforward.models.tensors import make_generator
from pushforward.observables.molecules import toolkit
from pushforward.studio.engine.data.molecules import MoleculesConfig
from pushforward.studio.engine.data.sets.qm9 import qm9

LETTERS = "CNOF()=#1234"


def encode(smiles: str, length: int) -> np.ndarray:
    """A row for each letter, as the package has them for its own."""
    found = np.zeros((length, len(LETTERS)))
    for place, letter in enumerate(smiles):
        found[place, LETTERS.find(letter)] = 1.0
    return found


class Net(nn.Module):
    """How often each letter occurs, as far as one can tell from what it is handed."""

    def forward(self, x: Tensor) -> Tensor:
        assert x.shape[1] == len(LETTERS)
        return x.sum(dim=2) * len(LETTERS)


@pytest.fixture
def package(monkeypatch) -> None:
    """A package that is installed, as far as we use it, and SMILES without RDKit."""
    top, utils = ModuleType("fcd"), ModuleType("fcd.utils")
    top.load_ref_model, utils.get_one_hot = Net, encode
    monkeypatch.setitem(sys.modules, "fcd", top)
    monkeypatch.setitem(sys.modules, "fcd.utils", utils)
    monkeypatch.setattr(toolkit, "smiles_of", lambda atoms, bonds: spelt(atoms))
    module._chemnet.cache_clear()
    yield
    module._chemnet.cache_clear()


def spelt(atoms: np.ndarray) -> str:
    return "".join("CNOF"[atom] for atom in atoms.tolist())


def counts(molecules: MoleculeSet) -> Tensor:
    atoms, _ = molecules.unpacked
    told = [spelt(row[:n].numpy()) for row, n in zip(atoms, molecules.size.tolist(), strict=True)]
    return torch.tensor([[float(s.count(letter)) for letter in LETTERS] for s in told])


def evidence(made: MoleculeSet, real: MoleculeSet) -> Evidence:
    return Evidence(real, make_generator(0), made=made.rows(slice(None)))


def test_it_is_the_distance_in_what_the_network_reads_of_valid_molecules(package):
    known = qm9(MoleculesConfig())
    made, real = known.train.take(slice(0, 150)), known.test.take(slice(0, 150))
    figure = FrechetChemNet(NoConfig()).measure(evidence(made, real))
    assert figure.value == pytest.approx(frechet_distance(counts(made), counts(real)), rel=1e-4)
    assert figure.n == 150
    heavy = made.take((made.size == 9).nonzero()[:, 0])  # others than in the law of sizes
    assert FrechetChemNet(NoConfig()).measure(evidence(heavy, real)).value > figure.value


def test_what_cannot_be_is_left_out_and_counted(package):
    known = qm9(MoleculesConfig())
    made, real = known.train.take(slice(0, 40)), known.test.take(slice(0, 60))
    rows = made.rows(slice(None))
    broken = rows.x.clone()
    broken[:10] = broken[:10, :1].expand_as(broken[:10])  # every place is of one symbol
    found = Evidence(real, make_generator(0), made=rows.holding(broken))
    figure = FrechetChemNet(NoConfig()).measure(found)
    assert figure.n == 30
    whole = FrechetChemNet(NoConfig()).measure(evidence(made.take(slice(10, 40)), real))
    assert figure.value == pytest.approx(whole.value)


def test_without_the_package_it_says_what_to_install(monkeypatch):
    module._chemnet.cache_clear()
    monkeypatch.setitem(sys.modules, "fcd", None)
    known = qm9(MoleculesConfig())
    some = known.test.take(slice(0, 10))
    with pytest.raises(NotApplicable, match=r"pip install \"pushforward\[fcd\]\""):
        FrechetChemNet(NoConfig()).measure(evidence(some, some))


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the package leaves a folder to be tidied
def test_what_the_network_is_handed_is_what_the_package_hands_it():
    """Skipped where the package is not installed."""
    pytest.importorskip("fcd")
    from fcd.utils import SmilesDataset

    module._chemnet.cache_clear()
    net, row = module._chemnet()
    smiles = module._smiles(qm9(MoleculesConfig()).test.rows(slice(0, 70)))
    told = SmilesDataset(smiles)
    rows = torch.from_numpy(np.stack([told[k] for k in range(len(smiles))])).float()
    with torch.no_grad():
        theirs = net(rows.transpose(1, 2))
    ours = finish(module._features(net, row, smiles))
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)
