"""A path that is learned: always a path, and the one on which the bound is estimated best."""

import math

import pytest
import torch
from torch import Tensor

from pushforward.models.contracts.state import State
from pushforward.models.denoisers.densities import LearnedTime, draw_levels
from pushforward.models.denoisers.weights import loss_weight
from pushforward.models.fields.schedule import LearnedSchedule
from pushforward.models.paths.learned import LearnedPath
from pushforward.models.tensors import make_generator

U = torch.linspace(0.02, 0.98, 49, dtype=torch.float64)


def bent(seed: int = 0) -> LearnedPath:
    """A path that is far from linear in its log-SNR."""
    path = LearnedPath(0.01, 10.0)
    g = make_generator(seed)
    with torch.no_grad():
        for p in (path.rise, path.pace):
            p += torch.randn(p.shape, generator=g) * p.abs().mean() * 5
    return path


def test_it_begins_nearly_linear_between_its_ends():
    path = LearnedPath(0.01, 10.0)
    linear = math.log(0.01) + U * math.log(1000)
    assert float((path.log_s(U) - linear).detach().abs().max()) < 0.1


def test_it_is_a_variance_preserving_path_whatever_its_weights():
    path = bent()
    ends = torch.tensor([0.0, 1.0], dtype=torch.float64)
    torch.testing.assert_close(
        path.s(ends), torch.tensor([0.01, 10.0], dtype=torch.float64), rtol=1e-5, atol=0
    )
    assert torch.all(path.s(U).diff() > 0)
    torch.testing.assert_close(path.alpha(U) ** 2 + path.sigma(U) ** 2, torch.ones_like(U))
    torch.testing.assert_close(path.sigma(U) / path.alpha(U), path.s(U))
    torch.testing.assert_close(path.time(path.s(U)), U, rtol=0, atol=1e-6)
    h = 1e-5
    for name in ("log_s", "alpha", "sigma"):
        function, slope = getattr(path, name), getattr(path, f"d_{name}")
        torch.testing.assert_close(
            slope(U), (function(U + h) - function(U - h)) / (2 * h), rtol=1e-5, atol=1e-6
        )
    curve = (path.d_log_s(U + h) - path.d_log_s(U - h)) / (2 * h)
    torch.testing.assert_close(path.d2_log_s(U), curve, rtol=1e-3, atol=1e-3)


def test_its_density_is_even_in_its_time():
    path = bent()
    law = LearnedTime(path)
    p = torch.linspace(0.02, 0.98, 25, dtype=torch.float64)
    slope = (law.quantile(p + 1e-6).log() - law.quantile(p - 1e-6).log()) / 2e-6
    torch.testing.assert_close(law.pdf(law.quantile(p)), 1 / slope, rtol=1e-5, atol=0)
    s = draw_levels(law, 64, make_generator(0))
    assert not s.requires_grad
    # The likelihood weight is the slope of the path over s^2: gamma'/2 of the bound.
    weight = loss_weight("likelihood", s, law)
    expected = path.d_log_s(path.time(s)).detach() / s.square()
    torch.testing.assert_close(weight, expected)


def error(s: Tensor, g: torch.Generator) -> Tensor:
    """A squared error that is noise of a size that depends on the level: |D - x0|^2."""
    scale = s.square() / (1 + s.square())
    return scale * torch.randn(len(s), generator=g).square()


def moment(law: LearnedTime) -> float:
    """E L^2 / (E L)^2 of the estimate of the bound, L = rate / pdf."""
    g = make_generator(9)
    s = law.quantile(torch.rand(100_000, generator=g))
    term = error(s, g) / (s.square() * law.pdf(s))
    return float(term.square().mean() / term.mean().square())


def test_it_learns_to_make_the_estimate_vary_less():
    """Of a rate 1/(1 + s^2) times noise the best density is in proportion to it, in closed form:
    then E L^2/(E L)^2 is that of the noise alone, E z^4 = 3.
    """
    schedule = LearnedSchedule(LearnedPath(0.01, 10.0), 400)
    law = LearnedTime(schedule.path)
    g = make_generator(1)
    before = moment(law)
    z = torch.linspace(math.log(0.01), math.log(10.0), 5001)
    rate = 1 / (1 + (2 * z).exp())
    assert before == pytest.approx(3 * float(rate.square().mean() / rate.mean().square()), rel=0.1)
    for _ in range(400):
        s = draw_levels(law, 256, g)
        schedule.adapt(s, error(s, g))
    assert moment(law) < 3.25 < before


def test_its_gradient_is_that_of_the_second_moment():
    """Against finite differences of int slope * m d ln s, by quadrature."""
    path = bent(3)
    second = lambda z: torch.exp(-((z + 1) ** 2))  # noqa: E731 - m(ln s)
    z = torch.linspace(math.log(0.01), math.log(10.0), 4001, dtype=torch.float64)[1:-1]

    def objective() -> float:
        u = path.time(z.exp())
        return float(torch.trapezoid(path.d_log_s(u).detach() * second(z), z))

    path.zero_grad()
    u = path.time(z.exp())
    drag = (path.d2_log_s(u) / path.d_log_s(u)).detach()
    moved = path.d_log_s(u) - drag * path.log_s(u)
    torch.trapezoid(moved * second(z), z).backward()
    assert path.rise.grad is not None
    for k in (3, 17, 30):
        found, h = float(path.rise.grad[k]), 1e-3
        with torch.no_grad():
            path.rise[k] += h
            above = objective()
            path.rise[k] -= 2 * h
            below = objective()
            path.rise[k] += h
        assert found == pytest.approx((above - below) / (2 * h), rel=0.02, abs=1e-3)


def test_free_ends_go_where_the_bound_is_best():
    """Of data N(0, 4) and a denoiser that adds b to the least m(s) = 4/(4 + s^2): a level costs
    what it errs, and the ends stop where prior and reconstruction gain no more than that.
    """
    schedule = LearnedSchedule(LearnedPath(0.2, 5.0, free=True), 500)
    g = make_generator(2)
    x = 2 * torch.randn(4000, 1, generator=g)
    x /= x.square().mean().sqrt() / 2
    blunder = 0.03
    for _ in range(400):
        low, high = (torch.tensor(v) for v in schedule.range())
        at = [4 / (4 + s**2) + blunder for s in (low, high)]
        s = draw_levels(LearnedTime(schedule.path), 64, g)
        schedule.adapt(s, s**2 * (4 / (4 + s**2) + blunder), None, (x, at[0], at[1]))
    low, high = schedule.range()
    # A level of noise less gains the reconstruction as much as it costs where m = 1.
    assert low == pytest.approx(math.sqrt(4 * blunder / (1 - blunder)), rel=0.1)
    grid = torch.logspace(-1, 2, 2000, dtype=torch.float64)
    sigma2, alpha2 = grid**2 / (1 + grid**2), 1 / (1 + grid**2)
    prior = 0.5 * (sigma2 + alpha2 * 4 - 1 - sigma2.log())
    whole = prior - 0.5 * torch.log1p(4 / grid**2) + blunder * grid.log()
    assert 0 < int(whole.argmin()) < len(grid) - 1
    assert high == pytest.approx(float(grid[whole.argmin()]), rel=0.15)


def test_it_resumes():
    g = make_generator(4)
    one, two = (LearnedSchedule(LearnedPath(0.01, 10.0), 50) for _ in range(2))

    def some(schedule: LearnedSchedule, steps: int, g: torch.Generator) -> None:
        for _ in range(steps):
            s = draw_levels(LearnedTime(schedule.path), 64, g)
            schedule.adapt(s, error(s, g))

    some(one, 10, g)
    state = State({})
    one.pack(state, "field/schedule")
    two.unpack(state, "field/schedule")
    for each in (one, two):
        some(each, 10, make_generator(5))
    for a, b in zip(one.path.parameters(), two.path.parameters(), strict=True):
        assert torch.equal(a, b)
