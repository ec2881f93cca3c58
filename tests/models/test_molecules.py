"""Molecules: the bundled ones can be, none is there twice, and figures tell them from others."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from pushforward.models.config import NoConfig
from pushforward.models.contracts.data import Splits
from pushforward.models.kinds.molecules import MoleculeSet, molecules, packing_of
from pushforward.models.metrics.base import Evidence, NotApplicable
from pushforward.models.metrics.molecules.structure import (
    DifferentMolecules,
    NewMolecules,
    ValidMolecules,
)
from pushforward.models.tensors import make_generator
from pushforward.observables.molecules.atoms import ATOMS
from pushforward.observables.molecules.resonance import same_molecules
from pushforward.observables.molecules.valence import molecule_statistics
from pushforward.studio.engine.data.molecules import MoleculesConfig
from pushforward.studio.engine.data.sets.moses import moses
from pushforward.studio.engine.data.sets.qm9 import qm9


@pytest.fixture(scope="module")
def known() -> Splits:
    found = qm9(MoleculesConfig())
    assert isinstance(found, Splits)
    return found


def measured(metric, samples: MoleculeSet, reference: MoleculeSet, train=None) -> float:
    evidence = Evidence(
        real=reference, rng=make_generator(0), made=samples.rows(slice(None)), train=train
    )
    return metric(NoConfig()).measure(evidence).value


def test_rows_of_a_length_are_of_one_number_of_atoms():
    assert [packing_of(length).nodes for length in (21, 36, 54, 189)] == [2, 3, 4, 9]
    for wrong in (20, 22, 55):
        with pytest.raises(ValueError, match="no number of nodes"):
            packing_of(wrong)


def test_bundled_molecules_are_valid_and_differ(known):
    learned = known.train
    assert (len(learned), len(known.test)) == (10_000, 2_000)
    some = known.test.take(slice(0, 400))
    assert measured(ValidMolecules, some, some) == 1.0
    assert measured(DifferentMolecules, some, some) == 1.0
    atoms, bonds = some.unpacked
    assert set(some.size.tolist()) <= set(range(2, 10))
    assert int(atoms.max()) == 3, "carbon, nitrogen, oxygen and fluorine"
    assert int(bonds.max()) == 3


def test_molecules_of_moses_can_be_and_are_as_large_as_they_should():
    found = moses(MoleculesConfig())
    assert (len(found.train), len(found.test)) == (5_000, 1_000)
    some = found.test.take(slice(0, 100))
    assert measured(ValidMolecules, some, some) == 1.0
    assert measured(DifferentMolecules, some, some) == 1.0
    size = found.train.size
    assert 12 <= int(size.min()) < 20 < int(size.max()) <= 26
    atoms, _ = found.train.unpacked
    assert {ATOMS[each] for each in atoms.unique().tolist()} == {
        "C", "N", "O", "F", "S", "Cl", "Br",
    }  # fmt: skip


def test_the_nulls_fail(known):
    """Atoms and bonds in any order are no molecules, and copies are neither new nor different."""
    real = known.test.take(slice(0, 200))
    atoms, bonds = real.unpacked
    rng = np.random.default_rng(0)
    mixed = bonds.clone()
    for row, n in enumerate(real.size.tolist()):
        first, second = np.triu_indices(n, 1)
        orders = rng.permutation(bonds[row].numpy()[first, second])
        mixed[row, first, second] = mixed[row, second, first] = torch.from_numpy(orders)
    shuffled = MoleculeSet.of(atoms, mixed, real.size)
    assert measured(ValidMolecules, shuffled, real) < 0.3
    copies = real.take(torch.arange(20).repeat(5))
    assert measured(DifferentMolecules, copies, real) == 0.2
    assert measured(NewMolecules, real, real, real) == 0.0
    other = known.train.take(slice(0, 200))
    assert measured(NewMolecules, real, real, other) == 1.0
    broken = MoleculeSet.of(atoms * 0 + 3, bonds, real.size)  # fluorine with several bonds
    assert measured(ValidMolecules, broken, real) < 0.1
    none = broken.take((broken.size > 2).nonzero()[:, 0])
    with pytest.raises(NotApplicable, match="no molecule is valid"):
        measured(DifferentMolecules, none, real)
    with pytest.raises(NotApplicable, match="not at hand"):
        measured(NewMolecules, real, real)


def test_molecules_are_the_same_however_numbered(known):
    real = known.test.take(slice(0, 60))
    atoms, bonds = (each.numpy() for each in real.unpacked)
    size = real.size.numpy()
    real_ = np.arange(9) < size[:, None]
    atoms = atoms * real_
    rng = np.random.default_rng(1)
    order = np.array([np.r_[rng.permutation(n), np.arange(n, 9)] for n in size])
    rows = np.arange(60)[:, None]
    again = atoms[rows, order], bonds[rows[..., None], order[:, :, None], order[:, None]]
    both = [np.concatenate(pair) for pair in zip((atoms, bonds), again, strict=True)]
    found = same_molecules(*both, np.r_[size, size])
    assert (found[:60] == found[60:]).all()
    assert len(set(found.tolist())) == 60


def test_rings_and_heteroatoms_are_given_where_they_are_asked_for(known):
    some = known.test.take(slice(0, 100))
    assert set(some.rows(slice(0, 3)).given) == {"size"}
    told = replace(some, told=True)
    given = told.rows(slice(None)).given
    atoms, bonds = (each.numpy() for each in some.unpacked)
    counted = molecule_statistics(atoms, bonds, some.size.numpy())
    assert given["rings"].tolist() == counted["rings"].tolist()
    assert given["heteroatoms"].tolist() == counted["heteroatoms"].tolist()
    spec = told.spec()
    assert spec.given["rings"].restore(spec.law["rings"]).round().max() == given["rings"].max()
    assert qm9(MoleculesConfig(told=True)).train.told


def test_an_example_can_be():
    some = molecules(50, 0)
    assert measured(ValidMolecules, some, some) == 1.0
