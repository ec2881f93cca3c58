"""Log-likelihood as a metric, against laws whose entropy is known, and its estimate of a trace."""

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import SIZE, DataSpec
from pushforward.models.data.eight_gaussians import EightGaussiansConfig, eight_gaussians
from pushforward.models.families.edm import Edm, EdmConfig
from pushforward.models.families.exact_flow import ExactFlow, ExactFlowConfig
from pushforward.models.kinds.images import ImageSet
from pushforward.models.kinds.points import PointSet
from pushforward.models.likelihood import EXACT, log_prob
from pushforward.models.metrics import likelihood
from pushforward.models.metrics.base import Evidence, NotApplicable
from pushforward.models.metrics.images.bits import BitsConfig, BitsPerDimension
from pushforward.models.metrics.images.bits_bound import BitsBound
from pushforward.models.metrics.likelihood import (
    LikelihoodConfig,
    LogLikelihood,
    gaussian_log_prob,
    mean_of,
)
from pushforward.models.operators.base import Operation
from pushforward.models.operators.likelihood import Likelihood
from pushforward.models.operators.likelihood import LikelihoodConfig as LikelihoodAsked
from pushforward.models.registry import registry
from pushforward.models.tensors import make_generator
from tests.models import tracks

CPU = torch.device("cpu")
RING = EightGaussiansConfig()


class Flat:
    """A model whose density is 1 over a box of data, and so has |box| of them."""

    def __init__(self, spec: DataSpec, volume: float) -> None:
        self.spec = spec
        self.device = CPU
        self.calls: list[int] = []
        self._log_density = -math.log(volume) + float(spec.std.double().log().sum())

    def log_prob(self, x: Batch) -> Tensor:
        self.calls.append(len(x))
        return torch.full((len(x),), self._log_density)


def evidence(real, *, model=None, train=None, seed=0) -> Evidence:
    return Evidence(real, make_generator(seed), model=model, train=train)


def correlated(d: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """A covariance with everything in it, and its root."""
    a = torch.randn((d, d), generator=make_generator(seed), dtype=torch.float64) / math.sqrt(d)
    cov = a @ a.T + 0.3 * torch.eye(d, dtype=torch.float64)
    return cov, torch.linalg.cholesky(cov)


@pytest.mark.parametrize("d", [EXACT, 40])
def test_the_trace_of_many_dimensions_is_estimated_without_bias(d: int):
    cov, root = correlated(d)
    x = torch.randn((400, d), generator=make_generator(1), dtype=torch.float64) @ root.T

    def denoise(y: Tensor, s: Tensor) -> Tensor:
        shrink = cov @ torch.linalg.inv(cov + s**2 * torch.eye(d, dtype=y.dtype))
        return y @ shrink.T

    exact = torch.distributions.MultivariateNormal(
        torch.zeros(d, dtype=torch.float64), cov
    ).log_prob(x)
    found = log_prob(denoise, x, 0.002, 50.0, steps=64)
    error = found - exact
    if d <= EXACT:
        assert float(error.abs().max()) < 0.05
    else:
        # One sign vector a datum is noisy, the same in each call, and right on average.
        assert float(error.std()) > 0.5
        assert abs(float(error.mean())) < 4 * float(error.std()) / math.sqrt(400)
        assert torch.equal(found, log_prob(denoise, x, 0.002, 50.0, steps=64))
        calmer = log_prob(denoise, x, 0.002, 50.0, steps=64, probes=16) - exact
        assert float(calmer.std()) < 0.4 * float(error.std())


def test_a_right_model_reaches_the_entropy_of_a_known_law():
    real = eight_gaussians(RING, 1000, 1)
    spec = eight_gaussians(RING, 5000, 0).spec()
    model = ExactFlow(ExactFlowConfig(), spec, horizon=1, seed=0, device=CPU)
    metric = LogLikelihood(LikelihoodConfig())
    found, bar = metric.measure(evidence(real, model=model)), metric.bar(evidence(real))
    assert found.value == pytest.approx(bar.value, abs=1e-3)
    assert found.n == 500
    assert found.low is not None
    assert found.high is not None
    # Eight Gaussians that do not overlap: ln 8 more than one of them.
    entropy = math.log(8) + math.log(2 * math.pi * math.e * real.bandwidth**2)
    assert found.low < -entropy < found.high
    wrong = Edm(EdmConfig(), spec, horizon=1, seed=0, device=CPU)
    assert metric.measure(evidence(real.take(slice(0, 50)), model=wrong)).value < bar.value - 1.0


def test_it_is_in_the_units_of_the_data():
    x = 50.0 * torch.rand((400, 2), generator=make_generator(0))
    real = PointSet(x, ("x", "y"))
    model = Flat(real.spec(), volume=2500.0)
    found = LogLikelihood(LikelihoodConfig(rows=1000)).measure(evidence(real, model=model))
    assert found.value == pytest.approx(-math.log(2500.0), abs=1e-5)
    assert sum(model.calls) == 400


def test_the_scale_of_a_density_is_that_of_its_real_numbers():
    spec = tracks.tracks(50, 0).spec()
    rows = tracks.tracks(30, 1).rows(slice(0, 30))
    hits, wide = rows.given[SIZE], spec.std[0].double().log().sum()
    torch.testing.assert_close(spec.log_scale(rows), hits * wide)
    torch.testing.assert_close(spec.log_scale(rows.x), torch.full_like(hits, 6) * wide)


def test_the_operator_tells_it_in_the_units_of_the_data():
    spec = tracks.tracks(50, 0).spec()
    rows = tracks.tracks(30, 1).rows(slice(0, 30))
    operation = Operation(Flat(spec, volume=1.0), handed={"rows": rows})
    work = Likelihood(LikelihoodAsked()).work(operation)
    assert next(work).done == 30
    with pytest.raises(StopIteration) as end:
        next(work)
    outcome = end.value.value
    gap = outcome.arrays["log-density"] - outcome.arrays["log-density"][0]
    wide = spec.std[0].double().log().sum()
    torch.testing.assert_close(gap, (rows.given[SIZE][0] - rows.given[SIZE]) * wide.float())


def test_it_is_measured_in_pieces():
    real = PointSet(torch.rand((40, 1024), generator=make_generator(0)), ())
    model = Flat(real.spec(), volume=1.0)
    walk = LogLikelihood(LikelihoodConfig(rows=40)).walk(evidence(real, model=model))
    assert sum(1 for _ in walk) == len(model.calls) == 10
    asked = Operation(Flat(real.spec(), volume=1.0), handed={"rows": real.rows(slice(None))})
    work = Likelihood(LikelihoodAsked(rows=20)).work(asked)
    assert [told.done for told in work] == [4, 8, 12, 16, 20]


def test_the_bar_is_fitted_to_any_of_the_training_data_not_to_the_first(monkeypatch):
    """Data stand in files class by class, and the first rows are of one class."""
    sorted_ = torch.cat([torch.randn((800, 1)) - 4.0, torch.randn((800, 1)) + 4.0])
    train, real = PointSet(sorted_, ()), PointSet(sorted_[::4], ())
    monkeypatch.setattr(likelihood, "_FITTED", 400)
    bar = LogLikelihood(LikelihoodConfig(rows=4000)).bar(evidence(real, train=train))
    entropy = 0.5 * math.log(2 * math.pi * math.e * (1 + 4.0**2))
    assert bar.value == pytest.approx(-entropy, abs=0.1)


def test_without_a_law_the_bar_is_the_best_gaussian_of_the_training_data():
    cov, root = correlated(3)
    train, real = (
        PointSet((torch.randn((4000, 3), generator=make_generator(i)) @ root.T.float()), ())
        for i in (1, 2)
    )
    bar = LogLikelihood(LikelihoodConfig(rows=4000)).bar(evidence(real, train=train))
    entropy = 0.5 * float(torch.logdet(2 * math.pi * math.e * cov))
    assert bar.value == pytest.approx(-entropy, abs=0.06)
    with pytest.raises(ValueError, match="there are none"):
        LogLikelihood(LikelihoodConfig()).bar(evidence(real))


def test_a_gaussian_is_fitted_where_there_are_enough_rows():
    cov, root = correlated(4)
    mean = torch.arange(4.0, dtype=torch.float64)
    z = torch.randn((500, 4), generator=make_generator(0), dtype=torch.float64)
    z = z - z.mean(dim=0)
    z = torch.linalg.solve_triangular(torch.linalg.cholesky(z.T.cov()), z.T, upper=False).T
    train = z @ root.T + mean  # with exactly this mean and covariance
    x = torch.randn((7, 4), generator=make_generator(1), dtype=torch.float64)
    expected = torch.distributions.MultivariateNormal(mean, cov).log_prob(x)
    torch.testing.assert_close(gaussian_log_prob(train, x), expected)
    # Eight rows in four dimensions: coordinate by coordinate.
    few = train[:8]
    alone = torch.distributions.Normal(few.mean(dim=0), few.std(dim=0)).log_prob(x).sum(dim=1)
    torch.testing.assert_close(gaussian_log_prob(few, x), alone)
    for n in (8, 500):
        flat = torch.cat([train[:n, :3], torch.zeros((n, 1), dtype=torch.float64)], dim=1)
        with pytest.raises(ArithmeticError, match="do not vary"):
            gaussian_log_prob(flat, x)


def test_the_interval_is_that_of_a_mean():
    held = 0
    for seed in range(300):
        found = mean_of(torch.randn(50, generator=make_generator(seed)) + 2.0)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 2.0 <= found.high
    assert 0.91 <= held / 300 <= 0.98
    with pytest.raises(ArithmeticError, match="1 of 3 densities"):
        mean_of(torch.tensor([0.0, math.nan, 1.0]))


@pytest.mark.parametrize("levels", [17, 256])
def test_levels_that_are_all_equally_likely_cost_their_logarithm(levels: int):
    """Each pixel has any of the levels, and the model knows no more than that."""
    x = torch.randint(0, levels, (600, 1, 4, 4), generator=make_generator(0)) / (levels - 1)
    real = ImageSet(x)
    side = levels / (levels - 1)  # of the box of all cells
    model = Flat(real.spec(), volume=side**16)
    metric = BitsPerDimension(BitsConfig(levels=levels, rows=600))
    found = metric.measure(evidence(real, model=model))
    assert found.value == pytest.approx(math.log2(levels), abs=1e-5)
    assert found.n == 600
    # A Gaussian of the same pixels has ln sqrt(2 pi e / 12) nats more than the box.
    train = ImageSet(
        torch.randint(0, levels, (9000, 1, 4, 4), generator=make_generator(1)) / (levels - 1)
    )
    bar = metric.bar(evidence(real, train=train))
    more = 0.5 * math.log2(2 * math.pi * math.e / 12)
    assert bar.value == pytest.approx(math.log2(levels) + more, abs=0.03)


def test_rows_that_differ_in_size_have_no_common_density():
    class Padded(PointSet):
        def rows(self, index: Tensor | slice) -> Batch:
            x = self.x[index]
            return Batch(x, torch.ones(x.shape, dtype=torch.bool))

    real = Padded(torch.rand(20, 2), ("x", "y"))
    with pytest.raises(NotApplicable, match="differ in size"):
        LogLikelihood(LikelihoodConfig()).bar(evidence(real, train=real))
    broken = replace(PointSet(torch.rand(20, 2), ("x", "y")), x=torch.full((20, 2), math.nan))
    with pytest.raises(ArithmeticError, match="not finite"):
        LogLikelihood(LikelihoodConfig()).bar(evidence(broken, train=broken))


@pytest.mark.parametrize("slug", ["log-likelihood", "bits-per-dimension"])
def test_they_are_never_measured_while_a_training_goes_on(slug: str):
    entry = registry.get("metric", slug)
    assert entry.heavy
    assert entry.needs == ("likelihood",)
    assert "Gaussian" in entry.bar_is


def test_bits_of_a_bound_are_those_of_a_density_where_it_is_one():
    """Of a model whose bound is its density both figures are the same, and so are their bars."""
    x = torch.rand((40, 1, 4, 4), generator=make_generator(5)).mul(255).round() / 255
    real = ImageSet(x)
    model = Flat(real.spec(), volume=2.0)
    model.log_prob_bound = model.log_prob
    one, other = (metric(BitsConfig(rows=40)) for metric in (BitsPerDimension, BitsBound))
    asked = [evidence(real, model=model, train=real) for _ in range(4)]
    assert one.measure(asked[0]) == other.measure(asked[1])
    assert one.bar(asked[2]) == other.bar(asked[3])
    # A density of 1/2 in 16 dimensions, and 255 cells a unit.
    bits = math.log2(255.0) + 1.0 / 16.0
    assert other.measure(evidence(real, model=model)).value == pytest.approx(bits)
