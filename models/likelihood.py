"""Log-likelihood of a diffusion, by its probability-flow ODE.

dx/dln s = x - D(x, s) carries data (s_min) to noise (s_max), and the log-density changes by minus
its divergence, d - tr dD/dx. In up to `EXACT` dimensions the trace is exact, d backward passes: a
random probe would cost accuracy for nothing (a standard deviation of 1 nat a point on a plane
mixture). In more it is Hutchinson's estimate, E e.(dD/dx)e over signs e, with signs that are drawn
once and stay the same along the ODE: it has no bias, and its noise is that of the signs alone.

Source: Song et al. 2021, arXiv:2011.13456, eqs. 39-40, with s as the time; Chen et al. 2018,
arXiv:1806.07366, eq. 8; Grathwohl et al. 2019, arXiv:1810.01367, eq. 7.
"""

import math
from collections.abc import Generator

import numpy as np
import torch
from torch import Tensor

from pushforward.models.contracts.abilities import Denoise
from pushforward.models.contracts.learner import finish
from pushforward.models.tensors import make_generator, weighed

__all__ = ["EXACT", "STEPS", "log_prob", "log_prob_adaptive", "walk_log_prob"]

EXACT = 16
"""Up to this number of dimensions the trace is exact."""
STEPS = 64
"""Steps of the solver that likelihoods are reported with."""
_DETAIL = 0.2  # of the spread of data: above it the adaptive solver steps in ln s, below it in s
_SIGNS = 17  # a seed, the same for good: one model has one likelihood


def _rates(
    denoise: Denoise,
    x: Tensor,
    log_s: Tensor,
    signs: Tensor | None = None,
    real: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Return dx/dln s (n, *shape) and its divergence (n,) in the real numbers of each row,
    estimated along signs (k, n, *shape) where there are some.
    """
    with torch.enable_grad():
        x = x.detach().requires_grad_(True)
        denoised = denoise(x, log_s.exp())
        count = x[0].numel() if real is None else real.flatten(1).sum(dim=1)
        trace = _trace(denoised, x, real) if signs is None else _estimate(denoised, x, signs)
    return (x - denoised).detach(), count - trace.detach()


def _trace(y: Tensor, x: Tensor, real: Tensor | None) -> Tensor:
    """Return tr dy/dx of each row, over its real numbers, (n,)."""
    flat = y.flatten(1)
    dim = flat.shape[1]
    trace = x.new_zeros(len(x))
    for i in range(dim):
        (row,) = torch.autograd.grad(flat[:, i].sum(), x, retain_graph=i + 1 < dim)
        slope = row.flatten(1)[:, i]
        trace = trace + (slope if real is None else slope * real.flatten(1)[:, i])
    return trace


def _estimate(y: Tensor, x: Tensor, signs: Tensor) -> Tensor:
    """Return the mean of e.(dy/dx)e over signs e (k, n, *shape), (n,)."""
    total = x.new_zeros(len(x))
    for i, e in enumerate(signs):
        (product,) = torch.autograd.grad(weighed(y, e), x, retain_graph=i + 1 < len(signs))
        total = total + (product * e).flatten(1).sum(dim=1)
    return total / len(signs)


def _signs(x: Tensor, probes: int, real: Tensor | None = None) -> Tensor:
    """Return fixed signs (probes, n, *shape), 0 where a number is padded."""
    shape = (probes, *x.shape)
    signs = torch.randint(0, 2, shape, generator=make_generator(_SIGNS)).mul(2).sub(1).to(x)
    return signs if real is None else signs * real


def _prior(x: Tensor, s_max: float, spread: float, real: Tensor | None = None) -> Tensor:
    """Return log N(x; 0, (s_max^2 + spread^2) I), (n,).

    What the data are at s_max, to second order. N(0, s_max^2) is where sampling starts, and leaves
    out the data's own variance: at s_max = 20 that costs 2e-3 nats a point on a plane mixture, and
    .27 on the average over the plane around it.
    """
    flat = x.flatten(1)
    variance = s_max**2 + spread**2
    log_scale = math.log(2 * math.pi * variance)
    count = flat.shape[1] if real is None else real.flatten(1).sum(dim=1)
    return -0.5 * (flat.square().sum(dim=1) / variance + count * log_scale)


def log_prob(
    denoise: Denoise,
    x: Tensor,
    s_min: float,
    s_max: float,
    *,
    steps: int = 64,
    spread: float = 1.0,
    probes: int = 1,
    real: Tensor | None = None,
) -> Tensor:
    """Return what `walk_log_prob` does, at once."""
    walk = walk_log_prob(
        denoise, x, s_min, s_max, steps=steps, spread=spread, probes=probes, real=real
    )
    return finish(walk)


def walk_log_prob(
    denoise: Denoise,
    x: Tensor,
    s_min: float,
    s_max: float,
    *,
    steps: int = STEPS,
    spread: float = 1.0,
    probes: int = 1,
    real: Tensor | None = None,
) -> Generator[float, None, Tensor]:
    """Return log p(x) in nats, (n,), by ``steps`` steps of the classical Runge-Kutta method; yields
    after each of them which share is done.

    Differentiates through nothing: the answer carries no graph. The density is that of the
    distribution at s_min, which is the data's for s_min well below its detail.

    Args:
        denoise: D(x, s), differentiable in x; s is 0-d.
        x: points, (n, *shape).
        s_min: where the points are.
        s_max: where the distribution is taken for N(0, s_max^2 + spread^2).
        steps: even in ln s; the cost is 4 * steps evaluations, each with d backward passes, or as
            many as there are probes.
        spread: standard deviation of the data along an axis; their mean is 0.
        probes: estimates of the trace that are averaged, in more than `EXACT` dimensions. Each row
            has its own, the same in each call.
        real: (n, *shape), 1 for the numbers that count and 0 for those that are padded, of which
            there is no density; None where all count.
    """
    signs = _signs(x, probes, real) if x[0].numel() > EXACT else None
    h = math.log(s_max / s_min) / steps
    change = x.new_zeros(len(x))
    for i in range(steps):
        here = x.new_full((), math.log(s_min) + i * h)
        k1, d1 = _rates(denoise, x, here, signs, real)
        k2, d2 = _rates(denoise, x + 0.5 * h * k1, here + 0.5 * h, signs, real)
        k3, d3 = _rates(denoise, x + 0.5 * h * k2, here + 0.5 * h, signs, real)
        k4, d4 = _rates(denoise, x + h * k3, here + h, signs, real)
        x = x + (h / 6) * (k1 + 2 * k2 + 2 * k3 + k4)
        change = change + (h / 6) * (d1 + 2 * d2 + 2 * d3 + d4)
        yield (i + 1) / steps
    return _prior(x, s_max, spread, real) + change


def log_prob_adaptive(
    denoise: Denoise,
    x: Tensor,
    s_min: float,
    s_max: float,
    *,
    tolerance: float = 1e-5,
    spread: float = 1.0,
    probes: int = 0,
) -> tuple[Tensor, int]:
    """Return log p(x) in nats, (n,), and the number of evaluations, by scipy's RK45.

    It goes along y = x / sqrt(spread^2 + s^2), which stays of unit variance, and in u with
    s = _DETAIL spread sinh u: where data are Gaussian of that spread nothing moves at all, and
    little does at levels below their detail. To the same tolerance that takes 104 evaluations on
    the ring, against 140 along x in ln s.

    Arguments as in `log_prob`; ``tolerance`` is both the relative and the absolute one. Without
    probes the trace is exact in any number of dimensions, otherwise it is Hutchinson's estimate
    with ``probes`` probes, also in few dimensions.

    Raises:
        ArithmeticError: the denoiser is not finite somewhere, or the solver gave up.
    """
    size, dim = x.numel(), x[0].numel()
    signs = _signs(x, probes) if probes else None
    detail = _DETAIL * spread

    def slope(u: float, flat: np.ndarray) -> np.ndarray:
        s = detail * math.sinh(u)
        width = math.hypot(spread, s)
        points = torch.as_tensor(flat[:size] * width, dtype=x.dtype, device=x.device)
        here = torch.tensor(math.log(s), dtype=x.dtype, device=x.device)
        rate, divergence = _rates(denoise, points.reshape(x.shape), here, signs)
        both = torch.cat([rate.flatten() / width, divergence]).cpu().double().numpy()
        if not np.isfinite(both).all():
            # The solver would shorten its step for ever.
            raise ArithmeticError(
                f"the likelihood could not be integrated: the denoiser is not finite at s = {s:.3g}"
            )
        # As the width grows y shrinks, and the log-density of y rises by as much for each number.
        grown = (s / width) ** 2
        both[:size] -= grown * flat[:size]
        both[size:] -= grown * dim
        return np.asarray(both / math.tanh(u))

    start = x.detach().cpu().double().numpy().ravel() / math.hypot(spread, s_min)
    state = np.concatenate([start, np.zeros(len(x))])
    span = (math.asinh(s_min / detail), math.asinh(s_max / detail))
    # Here, for it takes longer to load than all models together, and only measuring needs it.
    from scipy.integrate import solve_ivp

    solution = solve_ivp(slope, span, state, method="RK45", rtol=tolerance, atol=tolerance)
    if not solution.success:
        raise ArithmeticError(f"the likelihood could not be integrated: {solution.message}")
    end = torch.as_tensor(solution.y[:, -1], dtype=x.dtype, device=x.device)
    of_y = _prior(end[:size].reshape(x.shape), 0.0, 1.0) + end[size:]
    return of_y - dim * math.log(math.hypot(spread, s_min)), int(solution.nfev)
