"""Metrics against closed forms, against brute force, and against the reference calibration.

The pass lines of the experiments were set on two rings (5,000 points of five Gaussians, sliced
W1; 2,000 points of eight, sliced W2 and energy distance): they mean something only while our
definitions give the same figures for the same wrong models.
"""

import importlib
import math
import textwrap
from dataclasses import replace

import numpy as np
import pytest
import scipy.stats
import torch
from torch import Tensor

from pushforward.models.config import NoConfig
from pushforward.models.contracts.batch import Batch
from pushforward.models.data.eight_gaussians import EightGaussiansConfig, eight_gaussians
from pushforward.models.data.ring_of_five import RingOfFiveConfig, ring_of_five
from pushforward.models.kinds.images import ImageSet
from pushforward.models.kinds.points import PointSet
from pushforward.models.metrics import base
from pushforward.models.metrics.base import (
    Evidence,
    Floor,
    NotApplicable,
    floor,
    fresh_pairs,
    split_pairs,
)
from pushforward.models.metrics.points.modes import (
    ModeBalance,
    ModeShare,
    mode_balance,
    mode_masses,
    mode_share,
)
from pushforward.models.metrics.samples.energy import EnergyConfig, EnergyDistance, energy_distance
from pushforward.models.metrics.samples.exact import ExactW2, ExactW2Config, exact_w2
from pushforward.models.metrics.samples.mmd import MMD, MMDConfig, median_distance, mmd2
from pushforward.models.metrics.samples.sliced import (
    SlicedConfig,
    SlicedW1,
    SlicedW2,
    directions,
    sliced_wasserstein,
)
from pushforward.models.registry import Registry
from pushforward.models.tensors import make_generator
from tests.models.measuring import figure, value

FIVE, EIGHT, SLICED = RingOfFiveConfig(), EightGaussiansConfig(), SlicedConfig()


def normal(n: int, d: int = 2, seed: int = 0) -> Tensor:
    return torch.randn((n, d), generator=make_generator(seed, 77))


def points(x: Tensor) -> PointSet:
    return PointSet(x, tuple("xyzuvw"[: x.shape[1]]))


def best_gaussian(x: Tensor, seed: int = 0) -> Tensor:
    """Samples of the one Gaussian with the mean and covariance of x."""
    root = torch.linalg.cholesky(torch.cov(x.T))
    return x.mean(dim=0) + normal(*x.shape, seed=seed) @ root.T


def of_modes(points: PointSet, modes: Tensor, scale: float = 1.0) -> Tensor:
    """As many samples as there are points, of some of their modes, with scaled deviation."""
    label = torch.randint(len(modes), (len(points.x),), generator=make_generator(3))
    return modes[label] + scale * points.bandwidth * normal(*points.x.shape, seed=5)


@pytest.fixture(scope="module")
def five() -> tuple[PointSet, Floor]:
    pairs = fresh_pairs(ring_of_five, FIVE, 5000)
    return ring_of_five(FIVE, 5000, 9), floor(SlicedW1(SLICED), pairs, repeats=10)


def test_sliced_w1_is_calibrated(five: tuple[PointSet, Floor]):
    data, real = five
    assert real.mean == pytest.approx(0.050, abs=0.014)
    assert real.high < 0.10
    assert data.modes is not None

    def sw1(x: Tensor) -> float:
        return sliced_wasserstein(x, data.x, 1)

    assert sw1(normal(5000)) == pytest.approx(1.144, abs=0.03)
    assert sw1(of_modes(data, data.modes[1:])) == pytest.approx(0.56, abs=0.05)
    assert sw1(best_gaussian(data.x)) == pytest.approx(0.48, abs=0.03)
    assert sw1(of_modes(data, data.modes, 0.6)) == pytest.approx(0.13, abs=0.04)


def test_sliced_w2_and_energy_distance_are_calibrated():
    pairs = fresh_pairs(eight_gaussians, EIGHT, 2000)
    sliced = floor(SlicedW2(SLICED), pairs, repeats=10)
    energy = floor(EnergyDistance(EnergyConfig()), pairs, repeats=10)
    # The reference says .049 with a maximum of .073 from few pairs; 60 of ours give .058 +- .016.
    assert sliced.mean == pytest.approx(0.055, abs=0.010)
    assert energy.mean == pytest.approx(0.0014, abs=0.0006)
    wrong = [
        (sliced_wasserstein(g, x, 2), energy_distance(g, x))
        for seed in range(4)
        for x in [eight_gaussians(EIGHT, 2000, seed).x]
        for g in [best_gaussian(eight_gaussians(EIGHT, 2000, 50 + seed).x, seed)]
    ]
    w2, ed = torch.tensor(wrong).mean(dim=0).tolist()
    assert w2 == pytest.approx(0.284, abs=0.015)
    assert ed == pytest.approx(0.048, abs=0.005)


def test_the_pass_line_of_eight_gaussians_divides_real_from_wrong():
    """A perfect sampler fails sliced W2 <= .10 once in a hundred draws, and no Gaussian passes."""
    metric = SlicedW2(SLICED)
    pairs = fresh_pairs(eight_gaussians, EIGHT, 2000)
    values = [
        value(metric, a.rows(slice(None)).x, b) for a, b in (pairs(seed) for seed in range(30))
    ]
    assert sum(v <= 0.10 for v in values) >= 28


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize(("n", "m"), [(40, 40), (37, 53), (1, 8), (60, 20)])
def test_one_dimension_is_exact_for_any_sizes(p: int, n: int, m: int):
    x, y = normal(n, 1, seed=1), normal(m, 1, seed=2) + 0.5
    # By brute force: repeat each side until both have n m points.
    a = np.sort(np.repeat(x[:, 0].numpy(), m))
    b = np.sort(np.repeat(y[:, 0].numpy(), n))
    expected = np.mean(np.abs(a - b) ** p) ** (1 / p)
    assert sliced_wasserstein(x, y, p, count=3) == pytest.approx(expected, rel=1e-5)
    if p == 1:
        peer = scipy.stats.wasserstein_distance(x[:, 0].numpy(), y[:, 0].numpy())
        assert expected == pytest.approx(peer, rel=1e-5)


@pytest.mark.parametrize("d", [2, 3, 10])
def test_sliced_distances_of_a_shift_have_a_closed_form(d: int):
    x = normal(500, d)
    shift = torch.zeros(d)
    shift[0] = 2.0
    # E (theta . v)^2 = |v|^2 / d over the sphere.
    w2 = sliced_wasserstein(x + shift, x, 2, count=4000)
    assert w2 == pytest.approx(2 / math.sqrt(d), rel=0.05)
    exact = float((directions(64, d) @ shift).abs().mean())
    assert sliced_wasserstein(x + shift, x, 1) == pytest.approx(exact, rel=1e-5)


def test_directions_are_fixed_unit_vectors():
    assert torch.equal(directions(64, 3), directions(64, 3))
    torch.testing.assert_close(directions(64, 3).norm(dim=1), torch.ones(64))
    few = SlicedW2(SlicedConfig(directions=8))
    x, y = normal(50), normal(50, seed=1)
    one = value(few, x, points(y))
    assert one == value(few, x, points(y), seed=1)
    assert one != value(SlicedW2(SLICED), x, points(y))


def test_energy_distance_equals_brute_force_across_blocks():
    x, y = normal(1500, 3), normal(1100, 3, seed=1) + 0.3
    xd, yd = x.double(), y.double()
    expected = 2 * torch.cdist(xd, yd).mean() - torch.cdist(xd, xd).mean()
    expected -= torch.cdist(yd, yd).mean()
    assert energy_distance(x, y) == pytest.approx(float(expected), rel=1e-5)


def test_energy_distance_in_one_dimension_is_cramers():
    x, y = normal(200, 1), normal(300, 1, seed=1) + 0.7
    peer = scipy.stats.energy_distance(x[:, 0].numpy(), y[:, 0].numpy())
    assert energy_distance(x, y) == pytest.approx(peer**2, rel=1e-4)


def test_mmd_equals_brute_force():
    x, y, width = normal(1300), normal(1200, seed=1) + 0.3, 0.8

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        r2 = torch.cdist(a.double(), b.double()).square()
        return sum(torch.exp(-r2 / (2 * (width * 2.0**i) ** 2)) for i in range(-2, 3)) / 5

    n, m = len(x), len(y)
    within = (kernel(x, x).sum() - n) / (n * (n - 1)) + (kernel(y, y).sum() - m) / (m * (m - 1))
    expected = float(within - 2 * kernel(x, y).mean())
    assert mmd2(x, y, width) == pytest.approx(expected, rel=1e-3, abs=1e-7)


def test_mmd_is_unbiased_between_real_and_real():
    values = torch.tensor(
        [mmd2(normal(60, seed=2 * i), normal(60, seed=2 * i + 1), 1.0) for i in range(400)]
    )
    assert values.mean().abs() < 4 * values.std() / math.sqrt(400)
    assert (values < 0).any(), "it has to dip below zero to be zero on average"


def test_mmd_takes_the_median_distance_unless_told():
    x, y = normal(200), normal(200, seed=1) + 1.0
    assert value(MMD(MMDConfig()), x, points(y)) == mmd2(x, y, median_distance(y))
    assert value(MMD(MMDConfig(width=0.1)), x, points(y)) == mmd2(x, y, 0.1)
    spot = torch.ones((20, 2))
    assert value(MMD(MMDConfig()), spot, points(spot)) == pytest.approx(0.0)
    with pytest.raises(ValueError, match="width must be positive"):
        mmd2(x, y, 0.0)


def test_exact_w2_has_its_closed_forms():
    x = normal(150, 3)
    shift = torch.tensor([1.0, -2.0, 0.5])
    assert exact_w2(x + shift, x) == pytest.approx(float(shift.norm()), rel=1e-5)
    a, b = normal(80, 1), normal(80, 1, seed=1)
    assert exact_w2(a, b) == pytest.approx(sliced_wasserstein(a, b, 2, 1), rel=1e-5)
    assert exact_w2(x, x) == 0.0
    # One point against many: all of them go there.
    assert exact_w2(torch.zeros((1, 3)), x) == pytest.approx(
        float(x.square().sum(dim=1).mean().sqrt()), rel=1e-5
    )


@pytest.mark.parametrize(
    "metric",
    [
        ExactW2(ExactW2Config(most=50)),
        EnergyDistance(EnergyConfig(most=50)),
        MMD(MMDConfig(most=50, width=1.0)),
    ],
)
def test_large_sets_are_subsampled_by_the_passed_generator(metric):
    x, y = normal(500), normal(500, seed=1)
    one, same, other = (value(metric, x, points(y), seed=seed) for seed in (0, 0, 1))
    assert one == same
    assert one != other
    assert figure(metric, x, points(y)).n == 50


def test_mode_masses_count_the_nearest():
    points = eight_gaussians(EIGHT, 100, 0)
    assert points.modes is not None
    x = torch.cat([points.modes[:2], points.modes[:1], torch.tensor([[50.0, 0.0]])])
    masses = mode_masses(x, points)
    assert masses.tolist() == [0.75, 0.25, 0, 0, 0, 0, 0, 0], "50 is nearest to the first mode"
    inside = mode_masses(x, points, within=True)
    assert inside.tolist() == [0.5, 0.25, 0, 0, 0, 0, 0, 0]
    assert mode_share(x, points) == 0.75
    far = points.modes + torch.tensor([0.0, 2.0 * points.bandwidth])
    assert mode_share(far, points, 1.9) == 0.0
    assert mode_share(far, points, 2.1) == 1.0


def test_the_share_at_the_modes_of_a_plane_gaussian_is_its_law():
    points = eight_gaussians(EIGHT, 50_000, 0)
    for deviations, wanted in ((1.0, 1 - math.exp(-0.5)), (2.0, 0.8647), (3.0, 0.9889)):
        assert mode_share(points.x, points, deviations) == pytest.approx(wanted, abs=0.008)


def ring_at(n: int, turned: float | None) -> Tensor:
    """Points on the ring of the eight modes: an annulus, or the same Gaussians turned by an angle
    of so many spacings.
    """
    real = eight_gaussians(EIGHT, n, 5).x
    if turned is None:
        radius, angle = real.norm(dim=1), 2 * math.pi * torch.rand(n, generator=make_generator(6))
    else:
        radius, angle = real.norm(dim=1), torch.atan2(real[:, 1], real[:, 0])
        angle = angle + turned * 2 * math.pi / 8
    return torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)


def centres(n: int, kept: int = 8) -> Tensor:
    modes = eight_gaussians(EIGHT, n, 0).modes
    assert modes is not None
    return modes[torch.arange(n) % kept]


@pytest.mark.parametrize(
    ("name", "samples", "share", "balance"),
    [
        ("real data", lambda n: eight_gaussians(EIGHT, n, 7).x, "same", "same"),
        ("an annulus without modes", lambda n: ring_at(n, None), "worse", "same"),
        ("turned between the modes", lambda n: ring_at(n, 0.5), "worse", "same"),
        ("the centres alone", centres, "worse", "same"),
        ("centres of seven modes", lambda n: centres(n, 7), "worse", "worse"),
        ("seven modes", lambda n: seven(n), "same", "worse"),
        ("modes too wide", lambda n: of_modes(*ring_and_modes(n), 1.5), "worse", "same"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_null_models_fail_the_modes(name: str, samples, share: str, balance: str):
    """By the rule of a verdict: beyond two standard deviations of the floor."""
    n = 2000
    real = eight_gaussians(EIGHT, n, 9)
    for metric, wanted in ((ModeShare(NoConfig()), share), (ModeBalance(NoConfig()), balance)):
        bars = floor(metric, fresh_pairs(eight_gaussians, EIGHT, n), repeats=8)
        found = value(metric, samples(n), real)
        two_sided = isinstance(metric, ModeShare)
        gap = abs(found - bars.mean) if two_sided else bars.mean - found
        assert ("worse" if gap > 2 * bars.std else "same") == wanted, (name, found, str(bars))


def ring_and_modes(n: int) -> tuple[PointSet, Tensor]:
    points = eight_gaussians(EIGHT, n, 0)
    assert points.modes is not None
    return points, points.modes


def seven(n: int) -> Tensor:
    points, modes = ring_and_modes(n)
    return of_modes(points, modes[1:])


@pytest.mark.parametrize("missing", [0, 1, 3, 8])
def test_the_balance_is_the_effective_share_of_the_modes(missing: int):
    points = eight_gaussians(EIGHT, 20_000, 0)
    assert points.modes is not None
    kept = points.modes[missing:] if missing < 8 else points.modes[:1] + 99.0
    found = figure(ModeBalance(NoConfig()), of_modes(points, kept), points)
    assert found.value == pytest.approx((8 - missing) / 8 if missing < 8 else 1 / 8, abs=0.01)
    assert list(found.parts) == [f"mode {i}" for i in range(1, 9)]
    empty = [name for name, mass in found.parts.items() if mass == 0.0]
    assert len(empty) == (missing if missing < 8 else 7)


def test_the_balance_of_unequal_masses_is_relative_to_real_data():
    wanted = torch.tensor([0.7, 0.2, 0.1, 0.0])
    assert mode_balance(wanted, wanted) == pytest.approx(1.0)
    # By hand: KL of equal halves against 0.7 / 0.9 and 0.2 / 0.9 after the third is missed.
    found = torch.tensor([0.5, 0.5, 0.0, 0.0])
    divergence = 0.5 * math.log(0.5 / 0.7) + 0.5 * math.log(0.5 / 0.2)
    assert mode_balance(found, wanted) == pytest.approx(math.exp(-divergence), rel=1e-6)
    assert mode_balance(torch.tensor([0.0, 0.0, 0.0, 1.0]), wanted) == 0.0


def test_the_share_at_the_modes_needs_a_deviation():
    bare = PointSet(normal(5), ("x", "y"), modes=torch.zeros((1, 2)), mode_radius=1.0)
    with pytest.raises(NotApplicable, match="deviation"):
        mode_share(bare.x, bare)


def test_a_floor_compares_disjoint_parts_of_a_finite_set():
    points = ring_of_five(FIVE, 301, 0)
    left, right = split_pairs(points, 1000)(0)
    assert len(left.x) == len(right.x) == 150
    rows = {tuple(r) for r in left.x.tolist()} & {tuple(r) for r in right.x.tolist()}
    assert not rows
    assert left.modes is points.modes
    again, other = split_pairs(points, 1000)(0)[0], split_pairs(points, 1000)(1)[0]
    assert torch.equal(left.x, again.x)
    assert not torch.equal(left.x, other.x)


def test_a_floor_says_how_it_was_measured():
    real = floor(SlicedW1(SLICED), fresh_pairs(ring_of_five, FIVE, 200), repeats=3, seed=4)
    assert (real.n, real.repeats) == (200, 3)
    assert real.low <= real.mean <= real.high
    assert "n 200, 3 repeats" in str(real)
    one = floor(SlicedW1(SLICED), fresh_pairs(ring_of_five, FIVE, 200), repeats=1)
    assert one.std == 0.0


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    "metric",
    [
        ExactW2(ExactW2Config()),
        SlicedW1(SLICED),
        SlicedW2(SLICED),
        EnergyDistance(EnergyConfig()),
        MMD(MMDConfig()),
        ModeShare(NoConfig()),
        ModeBalance(NoConfig()),
    ],
    ids=lambda metric: type(metric).__name__,
)
def test_one_number_that_is_none_is_no_figure(metric, bad: float):
    """One coordinate in 300 points: no metric may call that good, and the solver of exact W2 does
    by returning 0.
    """
    reference = eight_gaussians(EIGHT, 300, 1)
    x = eight_gaussians(EIGHT, 300, 0).x
    x[150, 1] = bad
    for samples, real in ((x, reference.x), (reference.x, x)):
        with pytest.raises(ArithmeticError, match=r"1 of 300 (rows|samples) are not finite"):
            value(metric, samples, replace(reference, x=real))


def test_a_matching_that_was_not_found_is_no_distance(monkeypatch):
    x, y = normal(50).double(), normal(50, seed=1).double()
    monkeypatch.setattr("pushforward.models.metrics.samples.exact._ITERATIONS", 1)
    with pytest.raises(ArithmeticError, match="no best matching was found"):
        exact_w2(x, y)
    x[0] = 1e200  # a number, whose square is none
    with pytest.raises(ArithmeticError, match="too far apart"):
        exact_w2(x, y)


@pytest.mark.parametrize(
    "metric", [SlicedW2(SLICED), EnergyDistance(EnergyConfig()), ExactW2(ExactW2Config())]
)
def test_rows_of_any_shape_are_compared_as_rows_of_numbers(metric):
    x, y = normal(60, 6), normal(60, 6, seed=1)
    shaped = value(metric, x.reshape(60, 2, 3), ImageSet(y.reshape(60, 2, 3)))
    assert shaped == value(metric, x, points(y))


def test_padded_rows_and_symbols_are_refused_in_words():
    metric, real = SlicedW2(SLICED), points(normal(20))
    padded = Batch(normal(20), torch.ones((20, 2), dtype=torch.bool))
    with pytest.raises(NotApplicable, match="differ in size"):
        metric.measure(Evidence(real, make_generator(0), made=padded))
    symbols = Batch(torch.zeros((20, 2), dtype=torch.int64))
    with pytest.raises(NotApplicable, match="symbols"):
        metric.measure(Evidence(real, make_generator(0), made=symbols))


def test_a_bar_is_the_same_figure_between_real_and_real():
    real, other = points(normal(50)), points(normal(50, seed=1))
    evidence = Evidence(real, make_generator(0), made=Batch(normal(50, seed=2) + 9.0), other=other)
    metric = SlicedW2(SLICED)
    assert metric.bar(evidence) == figure(metric, other.x, real)
    with pytest.raises(ValueError, match="two samples"):
        metric.bar(Evidence(real, make_generator(0)))
    with pytest.raises(ValueError, match="no samples"):
        metric.measure(Evidence(real, make_generator(0)))


def test_a_new_metric_is_the_file_that_the_documentation_shows(tmp_path, monkeypatch):
    """Exactly that text, as a module of its own."""
    assert base.__doc__ is not None
    shown = base.__doc__.split("such as this one::\n", 1)[1].split("\n`SampleMetric`", 1)[0]
    text = textwrap.dedent(shown)
    assert 10 <= len([line for line in text.splitlines() if line.strip()]) <= 20
    own = Registry()
    monkeypatch.setattr("pushforward.models.registry.registry", own)
    (tmp_path / "shown_metric.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("shown_metric")
    entry = own.get("metric", "mean-gap")
    metric = entry.make(entry.config())
    assert isinstance(metric, module.MeanGap)
    x, real = normal(400), points(normal(400, seed=1))
    assert value(metric, x + torch.tensor([3.0, 4.0]), real) == pytest.approx(5.0, abs=0.2)
    assert entry.bar_is == "real against real"
    assert floor(metric, split_pairs(real, 200)).mean < 0.3
