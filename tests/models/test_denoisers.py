"""Laws of predictions, preconditioning, training densities and loss weights."""

import math
from itertools import product
from typing import get_args

import pytest
import torch
from torch import Tensor, nn

from models.denoisers.denoiser import Denoiser
from models.denoisers.densities import (
    Density,
    LogNormal,
    LogUniform,
    RhoUniform,
    UniformTime,
    draw_levels,
)
from models.denoisers.formulas import (
    FORWARD,
    LOSSES,
    OBJECTIVE,
    OBJECTIVES,
    OUTPUTS,
    PATH,
    PREDICTION,
    SCHEDULE,
    VARIANCE,
    VARIANCE_LOSS,
    WEIGHT,
)
from models.denoisers.objectives import ObjectiveName
from models.denoisers.precond import PRECONDS
from models.denoisers.predictions import PREDICTIONS
from models.denoisers.weights import WeightName, is_natural, loss_weight
from models.fields.reverse_variance import LAMBDA
from models.paths.gaussian import PATHS
from models.tensors import make_generator

WEIGHTS = tuple(LOSSES)
DENSITIES: dict[str, Density] = {
    "log-normal": LogNormal(-1.2, 1.2, 0.002, 80.0),
    "rho-uniform": RhoUniform(0.002, 80.0),
    "log-uniform": LogUniform(0.002, 80.0),
    **{f"uniform {n}": UniformTime(PATHS[n](), 0.01, 50.0) for n in sorted(PATHS)},
}


def test_every_choice_has_its_formula_and_source() -> None:
    assert FORWARD.keys() == {*PATHS, "learned"}
    assert OBJECTIVES.keys() == set(get_args(ObjectiveName))
    assert OUTPUTS.keys() == PRECONDS.keys()
    assert tuple(LOSSES) == get_args(WeightName)
    for line in (PATH, PREDICTION, WEIGHT, OBJECTIVE, VARIANCE, VARIANCE_LOSS, SCHEDULE):
        assert line.sources.keys() == line.formulas.keys()
        assert line.aspect


def test_the_weight_of_the_bound_is_the_one_that_is_said() -> None:
    assert f"λ = {LAMBDA}," in VARIANCE_LOSS.formulas["learned"]


def pairs(n: int = 64) -> tuple[Tensor, Tensor, Tensor]:
    """Data (n, 3), noise (n, 3) and levels (n,), float64."""
    g = make_generator(5)
    x0, eps = torch.randn(2, n, 3, generator=g, dtype=torch.float64)
    return x0, eps, torch.logspace(-2, 2, n, dtype=torch.float64)


def truth(x0: Tensor, eps: Tensor, level: Tensor) -> dict[str, Tensor]:
    """What each prediction is by its definition, where the denoiser knows the truth."""
    alpha = 1 / torch.sqrt(1 + level**2)
    return {
        "x0": x0,
        "eps": eps,
        "score": -eps / level,
        "v": alpha * eps - alpha * level * x0,
        "velocity": x0 - eps,
    }


def test_predictions_are_what_they_are_called():
    x0, eps, s = pairs()
    level = s[:, None]
    values = truth(x0, eps, level)
    assert values.keys() == PREDICTIONS.keys()
    for name, value in values.items():
        kind = PREDICTIONS[name]
        found = kind.a(level) * (x0 + level * eps) + kind.b(level) * value
        torch.testing.assert_close(found, x0, rtol=1e-9, atol=1e-9)


class Answer(nn.Module):
    """A network that returns a given tensor and remembers what it was asked."""

    def __init__(self, value: Tensor) -> None:
        super().__init__()
        self.value = value
        self.asked: tuple[Tensor, Tensor] | None = None

    def forward(self, x: Tensor, c: Tensor, *told: object) -> Tensor:
        self.asked = (x, c)
        return self.value


@pytest.mark.parametrize("name", sorted(set(PRECONDS) & set(PREDICTIONS)))
def test_a_right_network_makes_a_right_denoiser(name):
    x0, eps, s = pairs()
    x = x0 + s[:, None] * eps
    target = truth(x0, eps, s[:, None])[name]
    if name == "score":
        target = target * s[:, None]
    torch.testing.assert_close(Denoiser(Answer(target), name)(x, s), x0, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("level", [0.01, 0.5, 40.0])
def test_edm_keeps_input_and_target_at_unit_variance(level):
    g = make_generator(1)
    sd = 0.5
    x0 = sd * torch.randn(200_000, generator=g, dtype=torch.float64)
    s = torch.tensor(level, dtype=torch.float64)
    x = x0 + s * torch.randn(200_000, generator=g, dtype=torch.float64)
    c = PRECONDS["edm"](s, sd)
    assert float((c.c_in * x).var()) == pytest.approx(1, abs=0.02)
    assert float(((x0 - c.c_skip * x) / c.c_out).var()) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("name", sorted(PRECONDS))
def test_the_network_is_told_a_quarter_of_the_log_level(name):
    x0, eps, s = pairs()
    net = Answer(x0)
    Denoiser(net, name)(eps, s)
    assert net.asked is not None
    torch.testing.assert_close(net.asked[1], s.log() / 4)
    Denoiser(net, name)(eps, s[3])
    torch.testing.assert_close(net.asked[1], (s[3].log() / 4).expand(len(eps)))


@pytest.mark.parametrize(("precond", "weight"), [*product(sorted(PRECONDS), WEIGHTS)])
def test_the_loss_is_the_weighted_squared_error(precond, weight):
    x0, eps, s = pairs()
    x = x0 + s[:, None] * eps
    denoiser = Denoiser(Answer(torch.sin(x)), precond)
    w = loss_weight(weight, s, DENSITIES["log-normal"])
    expected = (w[:, None] * (denoiser(x, s) - x0).square()).mean()
    torch.testing.assert_close(denoiser.squared_error(x, s, x0, w), expected)
    if is_natural(weight, precond):
        torch.testing.assert_close(denoiser.squared_error(x, s, x0, None), expected)


@pytest.mark.parametrize("precond", sorted(PRECONDS))
def test_errors_are_those_of_each_row(precond):
    x0, eps, s = pairs()
    x = x0 + s[:, None] * eps
    denoiser = Denoiser(Answer(torch.sin(x)), precond)
    expected = (denoiser(x, s) - x0).square().sum(dim=1)
    torch.testing.assert_close(denoiser.errors(x, s, x0), expected)


def test_p2_is_the_snr_weight_without_what_hides_nothing():
    s = torch.tensor([0.01, 1.0, 100.0], dtype=torch.float64)
    law = DENSITIES["log-normal"]
    torch.testing.assert_close(loss_weight("p2", s, law, power=0.0), loss_weight("simple", s, law))
    # (1/s^2)/(1 + 1/s^2) = 1/(1 + s^2), which is even where the SNR weight is not.
    torch.testing.assert_close(loss_weight("p2", s, law, power=1.0), 1 / (1 + s**2))


def test_the_density_of_scoreflow_is_even_in_log_s():
    """g^2/sigma^2 on the linear path (Song et al. 2021, arXiv:2101.09258, eq. 15), of ln s."""
    path = PATHS["vp-linear"]()
    u = torch.linspace(0.05, 1.0, 50, dtype=torch.float64)
    beta = -2 * path.d_alpha(u) / path.alpha(u)
    density = beta / path.sigma(u).square()  # of u
    even = density / path.d_log_s(u)  # of ln s
    torch.testing.assert_close(even, torch.full_like(even, 2.0))


def test_only_equal_weights_are_natural():
    assert is_natural("edm", "edm")
    assert is_natural("simple", "eps")
    assert not is_natural("edm", "eps")
    assert not is_natural("min-snr", "x0")


@pytest.mark.parametrize("name", sorted(DENSITIES))
def test_pdf_is_the_slope_of_the_quantile(name):
    density = DENSITIES[name]
    p = torch.linspace(0.02, 0.98, 25, dtype=torch.float64)
    slope = (density.quantile(p + 1e-5).log() - density.quantile(p - 1e-5).log()) / 2e-5
    torch.testing.assert_close(density.pdf(density.quantile(p)), 1 / slope, rtol=1e-5, atol=0)


@pytest.mark.parametrize("name", sorted(DENSITIES))
def test_levels_cover_the_density_evenly_and_stay_in_range(name):
    density = DENSITIES[name]
    s = draw_levels(density, 1000, make_generator(3))
    assert s.dtype == torch.float32
    assert float(s.min()) > 0
    assert torch.all(torch.isfinite(s))
    edges = density.quantile(torch.linspace(0, 1, 11, dtype=torch.float64))
    counts = torch.histc(torch.bucketize(s.double(), edges[1:-1]).double(), 10, -0.5, 9.5)
    # Low discrepancy: each tenth of the density has its tenth of the draws, within one tooth.
    assert torch.all((counts - 100).abs() <= 1)


def test_levels_follow_the_generator():
    density = DENSITIES["log-normal"]
    g = make_generator(3)
    first, second = draw_levels(density, 64, g), draw_levels(density, 64, g)
    assert not torch.equal(first, second)
    assert torch.equal(first, draw_levels(density, 64, make_generator(3)))


def test_a_density_outside_the_range_says_so():
    with pytest.raises(ValueError, match="no mass in"):
        draw_levels(LogNormal(6.0, 0.1, 0.002, 2.0), 8, make_generator(0))


def test_likelihood_weight_makes_the_density_irrelevant():
    """E_p[w(s) f(s)] is the same integral for every p on the same range."""

    def bound(density: Density) -> float:
        p = (torch.arange(20_000, dtype=torch.float64) + 0.5) / 20_000
        s = density.quantile(p)
        error = s**2 / (1 + s**2)  # of the best denoiser of unit Gaussian data
        return float((loss_weight("likelihood", s, density) * error).mean())

    laws = [RhoUniform(0.01, 50.0), *(UniformTime(PATHS[n](), 0.01, 50.0) for n in sorted(PATHS))]
    # d ln s / (1 + s^2) from 0.01 to 50, in closed form.
    exact = 0.5 * math.log((50.0**2 / (1 + 50.0**2)) / (0.01**2 / (1 + 0.01**2)))
    for law in laws:
        assert bound(law) == pytest.approx(exact, rel=1e-3)
