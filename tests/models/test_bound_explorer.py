"""The bound of a model, as a metric, as an operator and as an ability, against what is known."""

import math
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from pushforward.models.bound_spread import Moments, error_at
from pushforward.models.config import decode
from pushforward.models.contracts.abilities import HasBound
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource
from pushforward.models.data.eight_gaussians import EightGaussiansConfig, eight_gaussians
from pushforward.models.denoisers.densities import LogNormal, LogUniform, RhoUniform
from pushforward.models.denoisers.times import SampledLevels, draw_times
from pushforward.models.families.edm import Edm, EdmConfig
from pushforward.models.families.exact_flow import ExactFlow, ExactFlowConfig
from pushforward.models.kinds.images import ImageSet
from pushforward.models.metrics.base import Evidence, NotApplicable
from pushforward.models.metrics.vdm_bound import VdmBound, VdmBoundConfig
from pushforward.models.operators.base import Operation, Outcome
from pushforward.models.operators.bound import SCHEDULES, TIMES, BoundExplorer, BoundExplorerConfig
from pushforward.models.oracle import GaussianMixture
from pushforward.models.tensors import make_generator

CPU = torch.device("cpu")
RING = EightGaussiansConfig()
ENTROPY = math.log(8) + math.log(2 * math.pi * math.e * RING.std**2)
BITS = ENTROPY / (2 * math.log(2))


def exact(n: int = 4000) -> tuple[ExactFlow, RowSource]:
    data = eight_gaussians(RING, n, 3)
    config = ExactFlowConfig()
    return ExactFlow(config, data.spec(), horizon=1, seed=0, device=CPU), data


def ask(model: object, data: RowSource, **settings: object) -> Outcome:
    operator = BoundExplorer(decode(BoundExplorerConfig, settings))
    work = operator.work(Operation(model, held=lambda: data))  # type: ignore[arg-type]
    done = []
    while True:
        try:
            done.append(next(work))
        except StopIteration as end:
            assert [each.done for each in done] == sorted({each.done for each in done})
            assert done[-1].done == done[-1].total
            return end.value


def test_the_bound_of_an_exact_model_is_the_entropy():
    model, data = exact()
    figure = VdmBound(VdmBoundConfig(rows=4000, levels=32)).measure(
        Evidence(data, make_generator(0), model=model)
    )
    assert figure.low is not None
    assert figure.high is not None
    assert figure.low < BITS < figure.high
    assert figure.high - figure.low < 0.15
    assert sum(figure.parts.values()) == pytest.approx(figure.value, abs=1e-6)
    bar = VdmBound(VdmBoundConfig(rows=4000)).bar(Evidence(data, make_generator(0)))
    assert bar.value == pytest.approx(BITS, abs=0.05)
    few = VdmBound(VdmBoundConfig(rows=2000, steps=8)).measure(
        Evidence(data, make_generator(0), model=model)
    )
    assert few.value > figure.value + 0.5


def test_as_an_ability_it_is_below_the_likelihood_by_nothing():
    model, data = exact()
    assert isinstance(model, HasBound)
    x = data.spec().standardise(data.x)
    gap = model.log_prob(x) - model.log_prob_bound(x)
    assert float(gap.mean()) == pytest.approx(0.0, abs=4 * float(gap.std()) / math.sqrt(len(x)))
    assert torch.equal(model.log_prob_bound(x[:5]), model.log_prob_bound(x[:5]))


def test_the_explorer_takes_it_apart():
    model, data = exact()
    outcome = ask(model, data, rows=3000, levels=48, steps=[4, 16, 64])
    found = outcome.arrays
    total, low, high = found["total"].tolist()
    assert low < BITS < high
    terms = sum(float(found[name]) for name in ("prior", "reconstruction", "diffusion"))
    assert terms == pytest.approx(total, abs=1e-5)
    assert float(found["term"].sum()) == pytest.approx(float(found["diffusion"]), abs=1e-5)
    assert found["term"].shape == found["term-error"].shape == found["level"].shape == (48,)
    assert torch.all(found["level"].diff() > 0)
    # With exact denoiser and few steps, what is missing falls with their number.
    assert torch.all(found["small"].diff() < 0)
    assert "learned" not in found
    assert found["schedules"].shape == (len(SCHEDULES), len(found["u"]))
    assert torch.all(found["schedules"].diff(dim=1) < 1e-6)
    assert found["times-spread"].shape == (len(TIMES),)
    assert f"{total:.3f} bits" in outcome.note


def test_a_model_with_a_learned_variance_is_compared_by_it():
    data = eight_gaussians(RING, 500, 3)
    config = decode(
        EdmConfig, {"net": {"width": 16, "depth": 2}, "variance": "learned", "variance_steps": 20}
    )
    model = Edm(config, data.spec(), horizon=10, seed=0, device=CPU)
    found = ask(model, data, rows=200, levels=8, steps=[4, 8]).arrays
    assert found["learned"].shape == (2,)
    # Untrained, v is one half: between the two.
    assert torch.all(found["learned"] != found["small"])


def test_no_data_is_said():
    model, _ = exact()
    work = BoundExplorer(BoundExplorerConfig()).work(Operation(model))
    with pytest.raises(ValueError, match="there are none here"):
        next(work)


class Mixed:
    """Moments of the ring, finely."""

    law = GaussianMixture.ring(8, 1.3, 0.12)

    def __init__(self) -> None:
        g = make_generator(3)
        x = Batch(self.law.sample(4000, g))
        levels, width = Moments.levels(0.02, 20.0, 96)
        errors = torch.stack([error_at(self.law.denoise, x, s, g) for s in levels], dim=1)
        self.moments = Moments(levels, errors.mean(dim=0), errors.square().mean(dim=0), width)

    def estimate(
        self, drawn: SampledLevels, law: LogUniform | LogNormal, g: torch.Generator
    ) -> Tensor:
        s = drawn.level.double()
        x = self.law.sample(len(s), g)
        noised = x + s[:, None] * torch.randn(x.shape, generator=g, dtype=x.dtype)
        error = (x - self.law.denoise(noised, s)).square().sum(dim=1) / s.square()
        return error / law.pdf(s)


def test_the_foretold_variances_are_those_that_are_measured():
    mixed, g = Mixed(), make_generator(5)
    for law in (LogUniform(0.02, 20.0), LogNormal(-0.5, 1.5, 0.02, 20.0)):
        one = mixed.estimate(draw_times("independent", law, 100_000, g), law, g)
        assert float(one.mean()) == pytest.approx(mixed.moments.mean, rel=0.05)
        foretold = mixed.moments.one_draw(law)
        assert float(one.var()) == pytest.approx(foretold, rel=0.3)
        for times in ("independent", "antithetic", "low-discrepancy"):
            means = torch.stack(
                [mixed.estimate(draw_times(times, law, 64, g), law, g).mean() for _ in range(400)]
            )
            foretold = mixed.moments.of_batch(times, law, 64)
            assert float(means.var()) == pytest.approx(foretold, rel=0.35), (law, times)
        best = mixed.moments.of_batch("importance", law, 64)
        assert best <= mixed.moments.of_batch("low-discrepancy", law, 64) * 1.001
        independent = mixed.moments.of_batch("independent", law, 64)
        assert mixed.moments.of_batch("low-discrepancy", law, 64) < independent


def test_a_bound_of_whole_values_is_a_probability():
    """Grey levels at random cost log2 of their number each, and no model that is worth it less."""
    g = make_generator(0)
    x = torch.randint(17, (200, 1, 4, 4), generator=g) / 16.0
    data = ImageSet(x)
    config = decode(EdmConfig, {"net": {"slug": "mlp", "config": {"width": 16, "depth": 2}}})
    model = Edm(config, data.spec(), horizon=10, seed=0, device=CPU)
    metric = VdmBound(VdmBoundConfig(rows=200, levels=16, values=17))
    figure = metric.measure(Evidence(data, make_generator(0), model=model))
    assert figure.value > math.log2(17) - 0.1
    assert figure.parts["reconstruction"] == pytest.approx(0.0, abs=1e-4)
    bar = metric.bar(Evidence(data, make_generator(0), train=data))
    assert bar.value > math.log2(17) - 0.2
    ring, points = exact(50)
    with pytest.raises(NotApplicable, match="points have none"):
        metric.measure(Evidence(points, make_generator(0), model=ring))


def test_steps_are_even_in_log_snr():
    grid = LogUniform(0.01, 10.0).quantile(torch.linspace(0, 1, 5, dtype=torch.float64))
    ratios = [float(b / a) for a, b in pairwise(grid)]
    assert ratios == pytest.approx([ratios[0]] * 4)
    assert not torch.allclose(
        grid, RhoUniform(0.01, 10.0).quantile(torch.linspace(0, 1, 5).double())
    )
