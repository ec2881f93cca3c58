"""Figures of jets against those of the library jetnet, on the same jets.

It is no dependency: jetnet 0.2.5 needs NumPy below 2 (by wasserstein), and so awkward below 2,
pyarrow below 17 and setuptools below 81. In an environment of its own with these, numba, msgspec,
POT and pytest it is run from here by
``python -m pytest --noconftest -c /dev/null tests/models/test_jet_oracle.py``.
"""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from pushforward.models.contracts.batch import Batch
from pushforward.models.kinds.jets import JetSet, jets
from pushforward.models.metrics.base import Evidence
from pushforward.models.metrics.jets.by_type import DrawingConfig, Jets, jets_of
from pushforward.models.metrics.jets.coverage import Coverage, MatchingConfig, MatchingDistance
from pushforward.models.metrics.jets.movers import movers_distances
from pushforward.models.metrics.jets.physics_distance import features, polynomial_mmd2
from pushforward.models.metrics.jets.substructure import W1Polynomials
from pushforward.models.metrics.jets.w1 import W1Constituents, W1Mass
from pushforward.models.metrics.samples.frechet import frechet_distance
from pushforward.models.tensors import make_generator
from pushforward.observables.jets.energy_flow import all_polynomials, four_polynomials
from pushforward.observables.jets.kinematics import masses

jetnet = pytest.importorskip(
    "jetnet", reason="jetnet is not installed; it is an oracle of tests only", exc_type=ImportError
)
N = 400


@pytest.fixture
def measures(monkeypatch):
    """The module of figures, in which a draw of n jets is all of them."""
    from jetnet.evaluation import gen_metrics

    everything = SimpleNamespace(choice=lambda n, size: np.arange(n)[:size])
    monkeypatch.setattr(gen_metrics, "rng", everything)
    return gen_metrics


def narrow(seed: int) -> JetSet:
    """Jets of one type."""
    many = jets(2 * N + 200, seed)
    return many.take(torch.nonzero(many.label == 0)[:N, 0])


def as_jetnet(some: Jets) -> np.ndarray:
    there = some.there[..., None]
    return np.concatenate([some.angles, some.share[..., None]], axis=2, dtype=float) * there


@pytest.fixture
def sides() -> tuple[Batch, JetSet]:
    return narrow(1).rows(slice(None)), narrow(2)


pytestmark = pytest.mark.filterwarnings("ignore")


def test_masses_and_polynomials(sides):
    some = jets_of(sides[0])
    known = as_jetnet(some)
    own = masses(some.angles, some.share)
    np.testing.assert_allclose(jetnet.utils.jet_features(known)["mass"], own, rtol=1e-5, atol=1e-6)
    for found, arguments in (
        (four_polynomials(some.angles, some.share), [("n==", 4), ("d==", 4), ("p==", 1)]),
        (all_polynomials(some.angles, some.share), [("d<=", 4)]),
    ):
        expected = jetnet.utils.efps(known, efpset_args=arguments, efp_jobs=1)
        for column in expected.T:  # in an order of its own
            nearest = np.abs(found - column[:, None]).max(axis=0).argmin()
            np.testing.assert_allclose(found[:, nearest], column, rtol=1e-9, atol=1e-18)
        assert found.shape == expected.shape


def test_distances_in_one_dimension(sides, measures):
    made, real = sides
    evidence = Evidence(real, make_generator(0), made=made)
    one, other = (as_jetnet(jets_of(rows)) for rows in (made, real.rows(slice(None))))
    draw = {"num_eval_samples": N, "num_batches": 1}
    for metric, known in (
        (W1Mass, [measures.w1m(one, other, **draw)[0]]),
        (W1Constituents, measures.w1p(one, other, **draw)[0]),
        (W1Polynomials, measures.w1efp(one, other, efp_jobs=1, **draw)[0]),
    ):
        (found,) = metric(DrawingConfig()).each(evidence).values()
        np.testing.assert_allclose(np.sort(found), np.sort(known), rtol=1e-4)


def test_physics_distances(sides, measures):
    made, real = jets_of(sides[0]), jets_of(sides[1].rows(slice(None)))
    x, y = (x.numpy() for x in features(made, real))
    moments = [f(z) for z in (x, y) for f in (lambda z: z.mean(axis=0), lambda z: np.cov(z.T))]
    known = measures._calculate_frechet_distance(*moments)
    assert frechet_distance(torch.from_numpy(x), torch.from_numpy(y)) == pytest.approx(
        known, rel=1e-4
    )
    assert polynomial_mmd2(torch.from_numpy(x), torch.from_numpy(y)) == pytest.approx(
        measures._mmd_poly_quadratic_unbiased(x, y), rel=1e-6
    )


def test_movers_distances_coverage_and_matching(sides, measures):
    made, real = jets_of(sides[0]), jets_of(sides[1].rows(slice(None)))
    few = np.arange(60)
    one, other = made.take(few), real.take(few)
    apart = movers_distances(one, other)
    known = measures.emds(as_jetnet(one)[..., [2, 0, 1]], as_jetnet(other)[..., [2, 0, 1]])
    np.testing.assert_allclose(apart, known, rtol=1e-6, atol=1e-9)
    coverage, matching = measures.cov_mmd(
        as_jetnet(other), as_jetnet(one), num_eval_samples=60, num_batches=1, use_tqdm=False
    )
    config = MatchingConfig(drawn=60)
    assert Coverage(config)._compute(apart) == pytest.approx(coverage)
    assert MatchingDistance(config)._compute(apart) == pytest.approx(matching, rel=1e-6)
