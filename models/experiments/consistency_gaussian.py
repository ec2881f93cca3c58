"""D4: a consistency function of Gaussian data, held against the one in closed form."""

from functools import partial

import torch
from torch import Tensor

from models.config import Pick
from models.data.eight_gaussians import EightGaussiansConfig, eight_gaussians
from models.experiments.base import Null, Outcome, experiment
from models.experiments.diffusion_orders import listed
from models.families.consistency_distillation import (
    TEACHER,
    ConsistencyDistillation,
    ConsistencyDistillationConfig,
)
from models.families.exact_flow import ExactFlow, ExactFlowConfig
from models.tensors import make_generator
from models.training.optim import OptimizerConfig

__all__ = ["consistency_of_a_gaussian"]

_STEPS, _BATCH, _N = 2000, 256, 4000
_SEEDS = [0, 1, 2]
_LINE = 0.05
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


def _errors(seed: int, steps: int) -> tuple[float, float]:
    """Return by how much of its size one evaluation from pure noise is wrong, and how far the
    function is from the identity at the smallest level.
    """
    made, (s_min, s_max) = _student(seed, steps), (_CONFIG.s_min, _CONFIG.s_max)
    function = made.consistency()
    x = s_max * torch.randn((_N, 2), generator=make_generator(seed, 8))
    end = _closed(x, s_max, s_min)
    with torch.no_grad():
        wrong = function(x, torch.tensor(s_max)) - end
        boundary = function(end, torch.tensor(s_min)) - end
    size = float((end - end.mean(0)).square().mean().sqrt())
    return float(wrong.square().mean().sqrt()) / size, float(boundary.abs().max())


def _outcome(steps: int) -> Outcome:
    found = [_errors(seed, steps) for seed in _SEEDS]
    value = {f"error, seed {s}": error for s, (error, _) in zip(_SEEDS, found, strict=True)}
    value["boundary"] = max(boundary for _, boundary in found)
    passed = all(error <= _LINE for error, _ in found) and value["boundary"] <= 1e-5
    return Outcome(listed(value), value, passed, "0 for the closed form", list(_SEEDS))


@experiment(
    "D4",
    title="A consistency function in closed form",
    claim="Of Gaussian data the consistency function is known. A network that is taught by the "
    "exact denoiser says it in one evaluation from pure noise, and changes nothing at the "
    "smallest level.",
    pass_line="root mean square error of one evaluation <= 5 % of the spread of the data with each "
    "of 3 seeds; largest change at the smallest level <= 1e-5",
    group="J",
    source="Song et al. 2023, arXiv:2303.01469, definition 1 and algorithm 2",
    slow=True,
    nulls=[Null("a student before its lessons", partial(_outcome, 0))],
)
def consistency_of_a_gaussian() -> Outcome:
    """Teach, and compare with the closed form."""
    return _outcome(_STEPS)
