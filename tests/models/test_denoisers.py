"""Laws of predictions, preconditioning, training densities and loss weights."""

import math
from itertools import product
from typing import get_args

import pytest
import torch
from torch import Tensor, nn

from pushforward.models.config import ConfigError
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.presentation import read_shared
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.denoisers.denoiser import Denoiser
from pushforward.models.denoisers.densities import (
    Density,
    LogNormal,
    LogUniform,
    RhoUniform,
    UniformTime,
    draw_levels,
)
from pushforward.models.denoisers.objectives import ObjectiveName
from pushforward.models.denoisers.precond import PRECONDS, c_noise
from pushforward.models.denoisers.predictions import PREDICTIONS
from pushforward.models.denoisers.weights import WeightName, is_natural, loss_weight
from pushforward.models.families.edm import Edm, EdmConfig
from pushforward.models.fields.reverse_variance import LAMBDA
from pushforward.models.paths.gaussian import PATHS
from pushforward.models.tensors import make_generator

WEIGHTS = get_args(WeightName)
DENSITIES: dict[str, Density] = {
    "log-normal": LogNormal(-1.2, 1.2, 0.002, 80.0),
    "rho-uniform": RhoUniform(0.002, 80.0),
    "log-uniform": LogUniform(0.002, 80.0),
    **{f"uniform {n}": UniformTime(PATHS[n](), 0.01, 50.0) for n in sorted(PATHS)},
}


def test_every_choice_has_its_formula_and_source() -> None:
    lines = read_shared()
    assert lines["path"].formulas.keys() == {*PATHS, "learned"}
    assert lines["objective"].formulas.keys() == {*get_args(ObjectiveName)} - {"denoising"}
    assert lines["prediction"].formulas.keys() == PRECONDS.keys()
    assert tuple(lines["weight"].formulas) == get_args(WeightName)
    for name in ("path", "prediction", "weight", "objective", "learned-variance"):
        assert lines[name].sources.keys() == lines[name].formulas.keys()
        assert lines[name].aspect


def test_the_weight_of_the_bound_is_the_one_that_is_shown() -> None:
    assert f"λ = {LAMBDA}," in read_shared()["learned-variance-loss"].formulas["learned"]


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


def test_the_weight_of_pc_jedi_is_one_and_a_little_of_beta_over_sigma_on_the_noise():
    path = PATHS["vp-angle"]()
    u = torch.linspace(0.01, 1.0, 30, dtype=torch.float64)
    s, law = path.s(u), UniformTime(path, 0.002, 49.99)
    beta = -2 * path.d_alpha(u) / path.alpha(u)
    expected = (1 + 1e-4 * beta / path.sigma(u)) * loss_weight("simple", s, law)
    torch.testing.assert_close(loss_weight("pc-jedi", s, law), expected)
    assert loss_weight("pc-jedi", torch.tensor(1e-6), law).isfinite()
    assert float(path.alpha(u[-1])) == pytest.approx(0.02)


def test_huber_s_distance_is_of_what_the_network_predicts_and_of_real_places_alone():
    g = make_generator(8)
    x, noise = torch.randn((5, 4, 2), generator=g), torch.randn((5, 4, 2), generator=g)
    mask = torch.arange(4) < torch.tensor([4, 1, 3, 2, 4])[:, None]
    s = torch.tensor([0.1, 0.5, 1.0, 3.0, 9.0])

    def net(x, clock, given, mask):
        return 2.5 * torch.tanh(x) + clock[:, None, None]

    batch = Batch((x + s[:, None, None] * noise) * mask[..., None], mask)
    real, weight = x * mask[..., None], torch.linspace(0.5, 2.0, 5)
    rows = batch.holding(batch.zeroed(real + s[:, None, None] * noise))
    for precond, heavy in (("eps", None), ("eps", weight), ("edm", weight)):
        made = Denoiser(net, precond)
        found = made.squared_error(rows, s, real, heavy, distance="huber")
        c = PRECONDS[precond](s[:, None, None], 1.0)
        error = net(c.c_in * rows.x, c_noise(s), None, None) - (real - c.c_skip * rows.x) / c.c_out
        size = error.abs()[mask]
        assert (size > 1).any()
        assert (size < 1).any()
        each = torch.where(size < 1, size**2 / 2, size - 0.5)
        scale = torch.ones(5) if heavy is None else heavy * c.c_out[:, 0, 0] ** 2
        each = each * scale[:, None, None].expand(5, 4, 2)[mask]
        torch.testing.assert_close(found, each.mean())


def test_huber_s_distance_is_refused_where_squares_are_learned_from():
    spec = DataSpec("points", (2,), torch.zeros(2), torch.ones(2))
    for name, value in (("times", "importance"), ("objective", "sliced")):
        config = EdmConfig(distance="huber", **{name: value})
        with pytest.raises(ConfigError, match="distance: Huber's distance goes with denoising"):
            Edm(config, spec, horizon=1, seed=0, device=torch.device("cpu"))


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
