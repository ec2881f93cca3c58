"""D4: a consistency function of Gaussian data, compared with the one in closed form.

From pure noise alone the closed form is a rescaling: dividing by the largest level is within 1 % of
it. So the error is also measured at levels in between, and the worst of them counts.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from pushforward.models.config import Pick
from pushforward.models.data.eight_gaussians import EightGaussiansConfig, eight_gaussians
from pushforward.models.families.consistency_distillation import (
    TEACHER,
    ConsistencyDistillation,
    ConsistencyDistillationConfig,
)
from pushforward.models.families.exact_flow import ExactFlow, ExactFlowConfig
from pushforward.models.tensors import make_generator
from pushforward.models.training.optim import OptimizerConfig
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.points.diffusion_orders import listed

__all__ = ["consistency_of_a_gaussian"]

_STEPS, _BATCH, _N = 2000, 256, 4000
_SEEDS = [0, 1, 2]
_LINE = 0.05
# Students of seeds 10 and 11, which nothing else uses, had .051 and .093 at their worst level, and
# what ignores the level or takes a single step of the exact denoiser .95.
_LINE_BETWEEN = 0.15
_LEVELS = 9  # from the largest to the smallest, evenly in ln s
_CPU = torch.device("cpu")
# A ring without a radius is one Gaussian.
_DATA = eight_gaussians(EightGaussiansConfig(radius=0.0, std=1.0), 20_000, 0)
_CONFIG = ConsistencyDistillationConfig(
    net=Pick(slug="mlp", config={"width": 64}),
    optimizer=OptimizerConfig(lr=2e-3, schedule="cosine"),
)


def _student(seed: int, steps: int) -> ConsistencyDistillation:
    spec = _DATA.spec()
    teacher = ExactFlow(ExactFlowConfig(), spec, horizon=1, seed=0, device=_CPU)
    made = ConsistencyDistillation(
        _CONFIG, spec, horizon=_STEPS, seed=seed, device=_CPU, inputs={TEACHER: teacher}
    )
    x, order = spec.standardise(_DATA.x), make_generator(seed, 7)
    for _ in range(steps):
        made.step(x[torch.randint(len(x), (_BATCH,), generator=order)])
    return made


def _closed(x: Tensor, s: float, s_min: float) -> Tensor:
    """Return f*(x, s) = mu + (x - mu) sqrt((v + s_min^2)/(v + s^2)), the end of the ODE at s_min
    for data N(mu, v), here in units of the statistics of the sample.
    """
    spec = _DATA.spec()
    mean, variance = -spec.mean / spec.std, spec.std**-2
    return mean + (x - mean) * ((variance + s_min**2) / (variance + s**2)).sqrt()


def _levels() -> list[float]:
    s_min, s_max = _CONFIG.s_min, _CONFIG.s_max
    return [s_max * (s_min / s_max) ** (i / (_LEVELS - 1)) for i in range(_LEVELS)]


def _relative_error(found: Tensor, end: Tensor) -> float:
    """Return the root mean square error of ``found`` over the spread of the exact ``end``."""
    spread = (end - end.mean(0)).square().mean().sqrt()
    return float((found - end).square().mean().sqrt() / spread)


Function = Callable[[Tensor, Tensor], Tensor]
"""From noisy data (n, 2) and a noise level to the end of their trajectories (n, 2)."""


def _errors(function: Function, seed: int) -> dict[str, float]:
    """Return the errors of a function: from pure noise, at the worst of all levels, and how far it
    is from the identity at the smallest one.
    """
    s_min, s_max = _CONFIG.s_min, _CONFIG.s_max
    noise = torch.randn((_N, 2), generator=make_generator(seed, 8))
    clean = _DATA.spec().standardise(_DATA.x[:_N])
    with torch.no_grad():
        end = _closed(s_max * noise, s_max, s_min)
        pure = _relative_error(function(s_max * noise, torch.tensor(s_max)), end)
        between = [
            _relative_error(function(x, torch.tensor(s)), _closed(x, s, s_min))
            for s in _levels()
            for x in (clean + s * noise,)
        ]
        boundary = float((function(end, torch.tensor(s_min)) - end).abs().max())
    return {"error": pure, "error at the worst level": max(between), "boundary": boundary}


def _judge(functions: dict[int, Function]) -> Outcome:
    """Return the outcome of functions by their seeds."""
    found = {seed: _errors(function, seed) for seed, function in functions.items()}
    value = {
        f"{name}, seed {seed}": each[name]
        for name in ("error", "error at the worst level")
        for seed, each in found.items()
    }
    value["boundary"] = max(each["boundary"] for each in found.values())
    passed = (
        all(each["error"] <= _LINE for each in found.values())
        and all(each["error at the worst level"] <= _LINE_BETWEEN for each in found.values())
        and value["boundary"] <= 1e-5
    )
    return Outcome(listed(value), value, passed, "0 for the closed form", list(functions))


def _outcome(steps: int) -> Outcome:
    return _judge({seed: _student(seed, steps).consistency() for seed in _SEEDS})


def _is_smallest(s: Tensor) -> bool:
    return float(s) <= 1.001 * _CONFIG.s_min  # a level in single precision


def _rescale(x: Tensor, s: Tensor) -> Tensor:
    """Divide by the largest level for any level; leave x at the smallest."""
    return x if _is_smallest(s) else x / _CONFIG.s_max


def _denoise(x: Tensor, s: Tensor) -> Tensor:
    """Take one step of the exact denoiser: the mean of the data given x."""
    if _is_smallest(s):
        return x
    spec = _DATA.spec()
    mean, variance = -spec.mean / spec.std, spec.std**-2
    denoised: Tensor = (x * variance + mean * s**2) / (variance + s**2)
    return denoised


@experiment(
    "D4",
    title="A consistency function in closed form",
    claim="The consistency function of Gaussian data is known in closed form. A network distilled "
    "from the exact denoiser predicts it in one evaluation, from pure noise and from the levels in "
    "between, and changes nothing at the smallest level.",
    pass_line="root mean square error of one evaluation, of the spread of the data, with each of 3 "
    "seeds: from pure noise <= 5 %, at the worst of 9 levels <= 15 %; largest change at the "
    "smallest level <= 1e-5",
    group="J",
    source="Song et al. 2023, arXiv:2303.01469, definition 1 and algorithm 2",
    slow=True,
    nulls=[
        Null("an untrained student", partial(_outcome, 0)),
        Null("data over the largest level, at every level", lambda: _judge({0: _rescale})),
        Null("one step of the exact denoiser", lambda: _judge({0: _denoise})),
    ],
)
def consistency_of_a_gaussian() -> Outcome:
    """Distil three students, and compare them with the closed form."""
    return _outcome(_STEPS)
