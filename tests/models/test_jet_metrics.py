"""Figures of jets against scipy, a linear programme, closed forms and laws."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.optimize import linprog
from scipy.stats import wasserstein_distance

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.learner import finish
from pushforward.models.kinds.jets import constituents, jets
from pushforward.models.metrics.base import Evidence, NotApplicable, floor, fresh_pairs
from pushforward.models.metrics.jets.by_type import DrawingConfig, jets_of
from pushforward.models.metrics.jets.coverage import Coverage, MatchingConfig, MatchingDistance
from pushforward.models.metrics.jets.movers import movers_distances
from pushforward.models.metrics.jets.physics_distance import (
    FPD,
    KPD,
    FPDConfig,
    extrapolated,
    features,
    normalised,
    polynomial_mmd2,
)
from pushforward.models.metrics.jets.substructure import W1C2, W1D2, W1Polynomials, W1Tau21, W1Tau32
from pushforward.models.metrics.jets.w1 import W1Constituents, W1Mass, W1Momentum
from pushforward.models.metrics.samples.frechet import frechet_distance
from pushforward.models.tensors import make_generator
from pushforward.observables.jets.variables import EFPS, jet_variables

ONCE = DrawingConfig()
EACH = [W1Mass, W1Momentum, W1Constituents, W1Polynomials, W1Tau21, W1Tau32, W1D2, W1C2, KPD]
ALL = [*(kind(ONCE) for kind in EACH), FPD(FPDConfig())]
MATCHED = [kind(MatchingConfig(drawn=10)) for kind in (Coverage, MatchingDistance)]


def evidence(made: Batch, n: int = 300, seed: int = 0) -> Evidence:
    return Evidence(jets(n, seed), make_generator(3), made=made)


def rows(n: int = 300, seed: int = 1) -> Batch:
    return jets(n, seed).rows(slice(None))


def shared(batch: Batch) -> np.ndarray:
    return np.expm1(batch.x[..., 2].double().numpy()) / batch.given["pt"].double().numpy()[:, None]


def variable(name: str):
    """A variable of jets by their asked pT, where it is a share of it."""

    def of(batch: Batch) -> np.ndarray:
        scale = batch.given["pt"].double().numpy()
        found = jet_variables(*constituents(batch.x, batch.mask), (name,), scale)[name]
        return found / scale if name == "mass" else found

    return of


NUMBERS = {
    W1Mass: [variable("mass")],
    W1Momentum: [lambda batch: shared(batch)[batch.mask]],
    W1Constituents: [
        lambda batch: batch.x[..., 0][batch.mask].numpy(),
        lambda batch: batch.x[..., 1][batch.mask].numpy(),
        lambda batch: shared(batch)[batch.mask],
    ],
    W1Polynomials: [variable(name) for name in EFPS],
    W1Tau21: [variable("tau21")],
    W1Tau32: [variable("tau32")],
    W1D2: [variable("d2")],
    W1C2: [variable("c2")],
}


@pytest.mark.parametrize("kind", NUMBERS, ids=lambda kind: kind.__name__)
def test_distances_are_those_of_scipy_in_each_type(kind) -> None:
    made, seen = rows(260), evidence(rows(260))
    found, figure = kind(ONCE).each(seen), kind(ONCE).measure(seen)
    expected = {}
    for label, name in enumerate(("narrow", "wide")):
        sides = [batch.take(batch.given["label"] == label) for batch in (made, seen.reference)]
        assert len(sides[0]) != len(sides[1])
        expected[name] = [wasserstein_distance(*map(of, sides)) for of in NUMBERS[kind]]
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-9, atol=1e-15)
    assert figure.n == 260
    assert set(figure.parts) == set(expected)
    for name, values in expected.items():
        assert figure.parts[name] == pytest.approx(np.mean(values), rel=1e-9)
    assert figure.value == pytest.approx(np.mean(list(expected.values())), rel=1e-9)


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: type(metric).__name__)
def test_copies_are_at_no_distance_and_neither_order_nor_padding_matter(metric) -> None:
    real = jets(300, 0).rows(slice(None))
    least = 0.0 if isinstance(metric, KPD) else 1e-12
    assert metric.measure(evidence(real)).value <= least
    made = rows()
    order = torch.randperm(6, generator=make_generator(4))
    junk = torch.where(made.mask[..., None], made.x, torch.full_like(made.x, 5.0))
    mixed = replace(made, x=junk[:, order], mask=made.mask[:, order])
    before = metric.measure(evidence(made)).value
    assert metric.measure(evidence(mixed)).value == pytest.approx(before, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: type(metric).__name__)
def test_jets_of_the_other_type_are_far_above_the_floor(metric) -> None:
    """The momenta of both types are alike: only what sees places can tell."""
    level = floor(metric, fresh_pairs(lambda _c, n, seed: jets(n, seed), None, 300), repeats=4)
    made = rows()
    changed = {**made.given, "label": 1 - made.given["label"]}
    figure = metric.measure(evidence(Batch(made.x, made.mask, changed)))
    blind = isinstance(metric, W1Momentum | W1Tau21 | W1Tau32 | W1D2)
    assert (figure.value < level.high + 3.0 * level.std) == blind
    # The unbiased estimate has an interval, by the jackknife.
    assert (figure.low is None) == (not isinstance(metric, KPD))


@pytest.mark.parametrize("kind", [W1Constituents, KPD])
def test_batches_are_drawn_with_replacement_and_summed_up(kind) -> None:
    config = DrawingConfig(drawn=50, batches=4)
    figure = kind(config).measure(evidence(rows()))
    again = kind(config).measure(evidence(rows()))
    assert figure == again
    assert figure.low < figure.value < figure.high
    rng, seen = make_generator(3), evidence(rows())
    by_hand = {}
    for label, name in enumerate(("narrow", "wide")):
        sides = [batch.take(batch.given["label"] == label) for batch in (rows(), seen.reference)]
        found = []
        for _ in range(4):
            one, other = (torch.randint(len(side), (50,), generator=rng) for side in sides)
            if kind is KPD:  # features are over the largest of all real jets, drawn or not
                left, right = features(*map(jets_of, sides))
                found.append([polynomial_mmd2(left[one], right[other])])
            else:
                drawn = sides[0].take(one), sides[1].take(other)
                found.append([wasserstein_distance(*map(of, drawn)) for of in NUMBERS[kind]])
        middle = np.median if kind is KPD else np.mean
        by_hand[name] = middle(found, axis=0).mean()
    for name, expected in by_hand.items():
        assert figure.parts[name] == pytest.approx(expected, rel=1e-6)


def test_the_physics_distances_of_constant_features() -> None:
    """D10: twos against zeros in two features are at |2, 2|^2 = 8, and at 5^4 + 1 - 2."""
    twos, zeros = torch.full((40, 2), 2.0).double(), torch.zeros((30, 2)).double()
    assert frechet_distance(twos, zeros) == pytest.approx(8.0, rel=1e-12)
    assert frechet_distance(twos, twos[:20]) == pytest.approx(0.0, abs=1e-12)
    assert polynomial_mmd2(twos, zeros) == pytest.approx(624.0, rel=1e-12)
    assert polynomial_mmd2(twos, twos) == pytest.approx(0.0, abs=1e-10)
    rng = make_generator(0)
    assert extrapolated(twos, zeros, 100, 200, rng) == pytest.approx(8.0, rel=1e-9)
    assert extrapolated(zeros, zeros, 100, 200, rng) == 0.0
    # Over the largest of real data, which is 0: nothing to divide by.
    made, real = normalised(twos.numpy(), zeros.numpy())
    assert torch.equal(made, twos)
    assert torch.equal(real, zeros)
    made, real = normalised(zeros.numpy(), -twos.numpy())
    assert torch.equal(real, -torch.ones(40, 2).double())


def test_the_kernel_distance_is_its_double_sum() -> None:
    x, y = (torch.randn((n, 3), generator=make_generator(n)).double() for n in (7, 5))

    def kernel(a, b):
        return float((a @ b / 3.0 + 1.0) ** 4)

    within = [
        np.mean([kernel(a, b) for i, a in enumerate(z) for j, b in enumerate(z) if i != j])
        for z in (x, y)
    ]
    between = np.mean([kernel(a, b) for a in x for b in y])
    assert polynomial_mmd2(x, y) == pytest.approx(sum(within) - 2 * between, rel=1e-12)


def test_extrapolation_takes_away_what_few_jets_add() -> None:
    """Two samples of one Gaussian: the distance of all is above 0, the extrapolated one lower."""
    x, y = (torch.randn((4000, 4), generator=make_generator(n)).double() for n in (0, 1))
    whole = frechet_distance(x[:1000], y[:1000])
    assert 0.0 <= extrapolated(x, y, 200, 1000, make_generator(2)) < whole


def test_the_energy_movers_distance_is_the_best_of_a_linear_programme() -> None:
    one, other = jets_of(rows(12, 5)), jets_of(rows(12, 6))
    found = movers_distances(one, other.take(np.arange(4)))
    assert found.shape == (12, 4)
    for i, j in ((0, 0), (3, 1), (7, 2), (11, 3)):
        a, b = one.share[i], other.share[j]
        a_at, b_at = one.angles[i].astype(float), other.angles[j].astype(float)
        apart = np.linalg.norm(a_at[:, None] - b_at[None], axis=2)
        leaving = np.kron(np.eye(6), np.ones(6))
        arriving = np.kron(np.ones(6), np.eye(6))
        best = linprog(
            apart.ravel(),
            A_ub=np.vstack([leaving, arriving]),
            b_ub=np.concatenate([a, b]),
            A_eq=np.ones((1, 36)),
            b_eq=[min(a.sum(), b.sum())],
        )
        assert found[i, j] == pytest.approx(best.fun + abs(a.sum() - b.sum()), rel=1e-9)


def test_the_energy_movers_distance_is_a_distance() -> None:
    some = jets_of(rows(15, 7))
    apart = movers_distances(some, some)
    np.testing.assert_allclose(apart, apart.T, atol=1e-12)
    np.testing.assert_allclose(np.diag(apart), 0.0, atol=1e-12)
    assert (apart[:, :, None] <= apart[:, None, :] + apart.T[None] + 1e-12).all()
    moved = replace(some, angles=some.angles + np.float32([0.03, 0.04]))
    work = 0.05 * some.share.sum(axis=1)
    np.testing.assert_allclose(np.diag(movers_distances(some, moved)), work, rtol=1e-5)
    lighter = replace(some, pt=0.9 * some.pt)
    lost = 0.1 * some.share.sum(axis=1)
    np.testing.assert_allclose(np.diag(movers_distances(lighter, some)), lost, rtol=1e-9)


def test_coverage_and_matching_know_a_model_that_makes_one_jet() -> None:
    real, made = rows(60, 8), rows(60, 9)
    same = made.take(torch.zeros(60, dtype=torch.long))
    label = {**made.given, "pt": same.given["pt"]}
    collapsed = Batch(same.x, same.mask, label)
    found = {type(m).__name__: m.measure(evidence(collapsed, 60, 8)).value for m in MATCHED}
    honest = {type(m).__name__: m.measure(evidence(real, 60, 8)).value for m in MATCHED}
    assert found["Coverage"] == pytest.approx(0.1)
    assert honest["Coverage"] > 0.3
    assert found["MatchingDistance"] > 1.5 * honest["MatchingDistance"]


@pytest.mark.parametrize("metric", [*ALL, *MATCHED], ids=lambda metric: type(metric).__name__)
def test_what_cannot_be_compared_is_refused_in_a_sentence(metric) -> None:
    made = rows()
    flat = Batch(made.x[..., :2], made.mask, made.given)
    with pytest.raises(ValueError, match=r"jets are rows \(n, N, 3\) .* got shape \(300, 6, 2\)"):
        metric.measure(evidence(flat))
    with pytest.raises(NotApplicable, match="it needs 20 jets of some type on each side, and"):
        metric.measure(evidence(made.take(torch.arange(8))))
    empty = Batch(torch.zeros_like(made.x), made.mask, made.given)
    with pytest.raises(ArithmeticError, match="none of 300 jets has a constituent with a pT"):
        metric.measure(evidence(empty))
    x = made.x.clone()
    x[3, 0, 0] = torch.nan
    with pytest.raises(ArithmeticError, match=r"1 of 300 samples are not finite .*first: 3"):
        metric.measure(evidence(Batch(x, made.mask, made.given)))
    still = {**made.given, "pt": torch.zeros(300)}
    with pytest.raises(ArithmeticError, match="300 jets have no pT above 0"):
        metric.measure(evidence(Batch(made.x, made.mask, still)))
    with pytest.raises(ValueError, match='given as "pt"'):
        metric.measure(evidence(Batch(made.x, made.mask, {"label": made.given["label"]})))
    far = made.x.clone()
    far[:2, 0, 2] = 2000.0
    with pytest.raises(
        ArithmeticError, match=r"2 of 300 jets have a pT above 1e\+15 GeV \(first: 0, 1\)"
    ):
        metric.measure(evidence(Batch(far, made.mask, made.given)))


def test_a_bar_is_measured_in_pieces_of_a_type_each() -> None:
    seen = replace(evidence(rows()), other=jets(300, 2))
    work = W1Mass(ONCE).walk_bar(seen)
    pieces = list(work)
    assert len(pieces) == 2
    assert finish(W1Mass(ONCE).walk_bar(seen)) == W1Mass(ONCE).bar(seen)


def test_batches_of_an_extrapolation_grow() -> None:
    with pytest.raises(ValueError, match="smallest batch"):
        FPDConfig(estimate="extrapolated", least=500, most=500)
