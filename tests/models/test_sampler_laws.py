"""Where two samplers are the same by definition they agree number by number, and each is what its
paper writes in the coordinates of a variance-preserving path.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from torch import Tensor

from pushforward.models.config import decode
from pushforward.models.contracts.batch import Batch
from pushforward.models.registry import discover, registry
from pushforward.models.samplers import ancestral, deis, lms, unipc
from pushforward.models.samplers.base import GridSampler, Noise, StepInput
from pushforward.models.samplers.multistep import integrated
from pushforward.models.tensors import make_generator
from pushforward.verify.points.diffusion_ring import latents, mixture

discover(["pushforward.models.samplers"])
# Uneven on purpose, and ending in no noise.
LEVELS = [20.0, 7.0, 3.0, 1.5, 0.9, 0.4, 0.25, 0.1, 0.03, 0.0]
N = 40


def make(slug: str, **settings: object) -> GridSampler:
    entry = registry.get("sampler", slug)
    sampler: GridSampler = entry.make(decode(entry.config, settings))
    return sampler


def walk(sampler: GridSampler, levels: list[float] = LEVELS, seed: int = 0) -> list[Tensor]:
    """The points at each of some levels."""
    sampler.levels = lambda low, high: levels
    frames = sampler.frames(mixture().denoise, latents(0, N), 0.01, 20.0, make_generator(seed))
    return [frame.x for frame in frames]


def denoise(x: Tensor, s: float) -> Tensor:
    return mixture().denoise(x, torch.tensor(s, dtype=torch.float64))


def agree(mine: list[Tensor], other: list[Tensor], atol: float = 1e-12) -> None:
    assert len(mine) == len(other)
    for a, b in zip(mine, other, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=atol)


def alpha(s: float) -> float:
    """Of the variance-preserving path: alpha^2 + sigma^2 = 1."""
    return 1 / math.sqrt(1 + s**2)


def sigma(s: float) -> float:
    return s / math.sqrt(1 + s**2)


def in_vp(step) -> list[Tensor]:
    """Walk the levels by a step of x = alpha xbar, back in xbar coordinates; the last is D."""
    found = [x := latents(0, N) * LEVELS[0]]
    for a, b in pairwise(LEVELS[:-1]):
        x = step(x * alpha(a), a, b) / alpha(b)
        found.append(x)
    return [*found, denoise(x, LEVELS[-2])]


def eps(x: Tensor, s: float) -> Tensor:
    """The predicted noise at a point x = alpha xbar."""
    return (x - alpha(s) * denoise(x / alpha(s), s)) / sigma(s)


def test_ddim_is_euler_in_s():
    found = [x := latents(0, N) * LEVELS[0]]
    for a, b in pairwise(LEVELS):
        x = x + (b - a) * (x - denoise(x, a)) / a
        found.append(x)
    agree(walk(make("ddim")), found)


def test_dpm_solver_1_is_ddim():
    def step(x, a, b):
        h = math.log(a / b)
        return alpha(b) / alpha(a) * x - sigma(b) * math.expm1(h) * eps(x, a)

    agree(walk(make("ddim")), in_vp(step))


def test_dpm_solver_2_is_that_of_the_paper():
    def step(x, a, b):
        h, m = math.log(a / b), math.sqrt(a * b)
        u = alpha(m) / alpha(a) * x - sigma(m) * math.expm1(h / 2) * eps(x, a)
        return alpha(b) / alpha(a) * x - sigma(b) * math.expm1(h) * eps(u, m)

    agree(walk(make("dpm-solver-2s")), in_vp(step))


def test_dpm_solver_3_is_that_of_the_paper():
    def step(x, a, b):
        h, r1, r2 = math.log(a / b), 1 / 3, 2 / 3
        s1, s2 = a * math.exp(-r1 * h), a * math.exp(-r2 * h)
        first = eps(x, a)
        u1 = alpha(s1) / alpha(a) * x - sigma(s1) * math.expm1(r1 * h) * first
        d1 = eps(u1, s1) - first
        u2 = alpha(s2) / alpha(a) * x - sigma(s2) * math.expm1(r2 * h) * first
        u2 = u2 - sigma(s2) * r2 / r1 * (math.expm1(r2 * h) / (r2 * h) - 1) * d1
        d2 = eps(u2, s2) - first
        x = alpha(b) / alpha(a) * x - sigma(b) * math.expm1(h) * first
        return x - sigma(b) / r2 * (math.expm1(h) / h - 1) * d2

    agree(walk(make("dpm-solver-3s")), in_vp(step))


def test_dpm_solver_pp_2s_is_that_of_the_paper():
    def step(x, a, b):
        h, m = math.log(a / b), math.sqrt(a * b)
        u = sigma(m) / sigma(a) * x - alpha(m) * math.expm1(-h / 2) * denoise(x / alpha(a), a)
        return sigma(b) / sigma(a) * x - alpha(b) * math.expm1(-h) * denoise(u / alpha(m), m)

    agree(walk(make("dpmpp-2s")), in_vp(step))


def test_dpm_solver_pp_3m_is_that_of_the_paper():
    past: list[tuple[float, Tensor]] = []

    def step(x, a, b):
        h = math.log(a / b)
        past.insert(0, (math.log(a), denoise(x / alpha(a), a)))
        d0 = past[0][1]
        x = sigma(b) / sigma(a) * x - alpha(b) * math.expm1(-h) * d0
        if len(past) == 1:
            return x
        r0 = (past[1][0] - past[0][0]) / h
        d1_0 = (d0 - past[1][1]) / r0
        if len(past) == 2:
            return x - alpha(b) * math.expm1(-h) * d1_0 / 2
        r1 = (past[2][0] - past[1][0]) / h
        d1_1 = (past[1][1] - past[2][1]) / r1
        d1 = d1_0 + r0 / (r0 + r1) * (d1_0 - d1_1)
        d2 = (d1_0 - d1_1) / (r0 + r1)
        phi2 = math.expm1(-h) / h + 1
        phi3 = phi2 / h - 0.5
        return x + alpha(b) * phi2 * d1 - alpha(b) * phi3 * d2

    agree(walk(make("dpmpp-3m")), in_vp(step))


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("corrected", [True, False])
def test_unipc_is_that_of_the_paper(order: int, corrected: bool):
    """Algorithms 1 and 2, with the linear systems that give the coefficients."""
    past: list[tuple[float, Tensor]] = []
    started: list[tuple[Tensor, float, int]] = []

    def differences(points, start: float, h: float):
        """D1s and the systems R, b of the paper; `points` without the one at the start."""
        rk = np.array([(start - log_s) / h for log_s, _ in points])
        d1 = [(d - past[0][1]) / r for (_, d), r in zip(points, rk, strict=True)]
        return rk, d1

    def coefficients(rk, h: float):
        """The solution of R rho = b, with B(h) = expm1(-h)."""
        k = len(rk)
        phi, factorial, b, rows = math.expm1(-h) / -h - 1, 1, [], []
        for i in range(1, k + 1):
            rows.append(rk ** (i - 1))
            b.append(phi * factorial / math.expm1(-h))
            factorial *= i + 1
            phi = phi / -h - 1 / factorial
        return np.linalg.solve(np.array(rows), np.array(b))

    def base(x, a, b):
        h = math.log(a / b)
        return sigma(b) / sigma(a) * x - alpha(b) * math.expm1(-h) * past[0][1], h

    def step(x, a, b):
        answer = denoise(x / alpha(a), a)
        if started and corrected:
            before, level, used = started[-1]
            x, h = base(before, level, a)
            points = [*past[1:used], (math.log(a), answer)]
            rk, d1 = differences(points, math.log(level), h)
            rho = [0.5] if used == 1 else coefficients(rk, h)
            for r, d in zip(rho, d1, strict=True):
                x = x - alpha(a) * math.expm1(-h) * r * d
        past.insert(0, (math.log(a), answer))
        used = min(order, len(past))
        started.append((x, a, used))
        x, h = base(x, a, b)
        if used > 1:
            rk, d1 = differences(past[1:used], math.log(a), h)
            for r, d in zip([0.5] if used == 2 else coefficients(rk, h), d1, strict=True):
                x = x - alpha(b) * math.expm1(-h) * r * d
        return x

    agree(walk(make("unipc", order=order, corrected=corrected)), in_vp(step), atol=1e-10)


def test_what_remembers_nothing_is_ddim():
    euler = walk(make("ddim"))
    agree(walk(make("lms", order=1)), euler)
    agree(walk(make("unipc", order=1, corrected=False)), euler)
    for variable in ("time", "log-s"):
        agree(walk(make("deis", order=1, variable=variable)), euler)


def test_unipc_without_a_corrector_is_dpm_solver_pp_2m():
    agree(walk(make("unipc", order=2, corrected=False)), walk(make("dpmpp-2m")))


def test_lms_on_even_levels_is_plms():
    """The weights of PLMS are those of even steps; elsewhere the two differ."""
    even = [*(float(s) for s in np.linspace(20, 0.5, 12)), 0.0]
    agree(walk(make("lms"), even), walk(make("plms"), even), atol=1e-10)
    far = torch.stack(walk(make("lms"))) - torch.stack(walk(make("plms")))
    assert float(far.abs().max()) > 0.01


def test_ancestral_sampling_is_ddim_with_fresh_noise():
    agree(walk(make("ancestral", variance="small")), walk(make("ddim", eta=1.0)))


@pytest.mark.parametrize("variance", ["small", "large"])
def test_ancestral_sampling_is_that_of_ddpm(variance: str):
    """mu~ and the two variances, beta~ and beta, of Ho et al. 2020."""
    noise = make_generator(0)

    def step(x, a, b):
        bar_a, bar_b = alpha(a) ** 2, alpha(b) ** 2
        beta = 1 - bar_a / bar_b
        mean = math.sqrt(bar_b) * beta * denoise(x / alpha(a), a) / (1 - bar_a)
        mean = mean + math.sqrt(1 - beta) * (1 - bar_b) / (1 - bar_a) * x
        small = beta * (1 - bar_b) / (1 - bar_a)
        z = torch.randn(x.shape, generator=noise, dtype=x.dtype)
        return mean + math.sqrt(small if variance == "small" else beta) * z

    agree(walk(make("ancestral", variance=variance)), in_vp(step))


@dataclass(frozen=True)
class Constant(Noise):
    """Noise that is the same everywhere."""

    value: float

    def __call__(self, x: Tensor) -> Tensor:
        return torch.full_like(x, self.value)


def test_the_analytic_variance_is_that_of_the_paper(monkeypatch):
    """Equation 8 of Bao et al. 2022 with Gamma = E |score|^2 / d of the very points."""
    a, b = 1.5, 0.9
    monkeypatch.setattr(ancestral, "_unknown", lambda x, gap, s, n: s**2 - gap.square().mean())
    x = mixture().sample(N, make_generator(3), s=a)
    bar_a, bar_b = alpha(a) ** 2, alpha(b) ** 2
    one = bar_a / bar_b
    small = (1 - bar_b) / (1 - bar_a) * (1 - one)
    gamma = (eps(x * alpha(a), a) / sigma(a)).square().mean()
    gap = math.sqrt((1 - bar_a) / one) - math.sqrt(1 - bar_b - small)
    variance = small + gap**2 * (1 - (1 - bar_a) * gamma)

    step = make("ancestral", variance="analytic").step
    moved, _ = step(StepInput(x, a, b, denoise, [], Constant(Batch(x), None, 1.0)))
    silent, _ = step(StepInput(x, a, b, denoise, [], Constant(Batch(x), None, 0.0)))
    torch.testing.assert_close((moved - silent) * alpha(b), variance.sqrt().expand_as(x))


@pytest.mark.parametrize("s", [0.05, 0.3, 1.0, 5.0, 20.0])
def test_what_is_not_known_of_a_datum_is_told_from_noised_data(s: float):
    """V(s) against the posterior covariance of the mixture, which is known."""
    law = mixture()
    x = law.sample(20_000, make_generator(4), s=s)
    denoised = denoise(x, s)
    gap, variance, joint = law._parts(x, torch.tensor(s, dtype=torch.float64))
    share = torch.softmax(joint, dim=1).unsqueeze(2)
    shrink = law.std[:, None] ** 2 / variance
    centre = law.means + shrink * gap
    spread = (share * (centre.square() + s**2 * shrink)).sum(dim=1) - denoised.square()
    told = ancestral._unknown(x, x - denoised, s, x.numel())
    assert told == pytest.approx(float(spread.mean()), rel=0.05)


@pytest.mark.parametrize(
    ("variance", "right"), [("analytic", True), ("small", False), ("large", False)]
)
def test_only_the_best_variance_keeps_a_gaussian_in_five_steps(variance: str, right: bool):
    rng = make_generator(7)
    z = torch.randn((20_000, 1), generator=rng, dtype=torch.float64)
    x = make("ancestral", steps=5, variance=variance, grid={"kind": "edm-rho"}).sample(
        lambda x, s: 1 + 0.25 / (0.25 + s**2) * (x - 1), z, 0.01, 20.0, rng
    )
    assert (abs(float(x.std()) - 0.5) < 0.02) == right


def test_without_corrections_it_is_the_reverse_diffusion_sampler():
    """x + (s_a^2 - s_b^2) score + sqrt(s_a^2 - s_b^2) z; the mean is that of ancestral sampling."""
    rng = make_generator(0)
    found = [x := latents(0, N) * LEVELS[0]]
    for a, b in pairwise(LEVELS[:-1]):
        score = mixture().score(x, torch.tensor(a, dtype=torch.float64))
        z = torch.randn(x.shape, generator=rng, dtype=x.dtype)
        x = x + (a**2 - b**2) * score + math.sqrt(a**2 - b**2) * z
        found.append(x)
    agree(walk(make("predictor-corrector", corrections=0)), [*found, denoise(x, LEVELS[-2])], 1e-9)


def test_corrections_leave_alone_what_a_network_says_nothing_of_yet():
    """The last layer of a network is 0 at first: it takes every point for what it is."""
    sampler = make("predictor-corrector", corrections=2)
    sampler.levels = lambda low, high: LEVELS
    frames = sampler.frames(lambda x, s: x, latents(0, 8), 0.01, 20.0, make_generator(0))
    assert all(frame.x.isfinite().all() for frame in frames)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_weights_integrate_polynomials_exactly(count: int):
    """In the variable of each method, against adaptive quadrature."""
    levels, end = (3.0, 4.0, 6.0, 9.0)[:count], 2.0
    time = deis.VariancePreservingLinear().time

    def in_time(s: float) -> float:
        return float(time(torch.tensor(s, dtype=torch.float64)))

    each = [
        (lms._weights(levels, end), lambda s: s, lambda s: 1.0),
        (deis._in_log_s(levels, end), math.log, lambda s: 1.0),
        (deis._in_time(levels, end), in_time, lambda s: 1.0),
        # d(x/s)/d ln s = -D/s gives the answers the weight -(1/s) s_b ds/s.
        (unipc._through(levels, levels[0], end), math.log, lambda s: -end / s**2),
    ]
    for weights, variable, factor in each:
        for power in range(count):
            summed = sum(w * variable(s) ** power for w, s in zip(weights, levels, strict=True))
            exact, _ = quad(
                lambda s, p=power, v=variable, f=factor: v(s) ** p * f(s),
                levels[0], end, epsabs=1e-10, epsrel=1e-10,
            )  # fmt: skip
            assert summed == pytest.approx(exact, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("h", [1e-4, 0.1, 2.0, 12.0])
def test_an_exponential_is_integrated_to_rounding(h: float):
    (found,) = integrated([0.0], lambda t: h * np.exp(-h * (1 - t)))
    assert found == pytest.approx(-math.expm1(-h), rel=1e-13)
