"""One-step distillation: what is regressed, and that it comes where the teacher's ODE ends."""

import torch

from pushforward.models.config import Pick
from pushforward.models.data.eight_gaussians import EightGaussiansConfig, eight_gaussians
from pushforward.models.families.exact_flow import ExactFlow, ExactFlowConfig
from pushforward.models.families.one_step_distillation import (
    OneStepDistillation,
    OneStepDistillationConfig,
)
from pushforward.models.samplers.heun import Heun, HeunConfig
from pushforward.models.tensors import make_generator
from pushforward.verify.points.diffusion_ring import rms

CPU = torch.device("cpu")
DATA = eight_gaussians(EightGaussiansConfig(), 2000, 0)
SPEC = DATA.spec()
X = SPEC.standardise(DATA.x)


def teacher() -> ExactFlow:
    return ExactFlow(ExactFlowConfig(), SPEC, horizon=1, seed=0, device=CPU)


def made(horizon: int = 500) -> OneStepDistillation:
    net = Pick(slug="mlp", config={"width": 32, "depth": 2})
    config = OneStepDistillationConfig(generator=net, pairs=3000)
    inputs = {"teacher": teacher()}
    return OneStepDistillation(config, SPEC, horizon=horizon, seed=0, device=CPU, inputs=inputs)


def test_a_generator_learns_where_the_ode_ends():
    family = made()
    assert [(p.name, p.start) for p in family.phases] == [("pairs", 0), ("generator", 10)]
    losses = [float(family.step(X[:128])["loss"]) for _ in range(500)]
    assert len(family.pairs) == 3000
    z = family.prior(1000, make_generator(1))
    expected = Heun(HeunConfig(steps=18)).sample(teacher().denoiser(), z.x, 0.002, 20.0)
    *_, last = family.flow(z)
    assert last.nfe == 1
    assert rms(last.x - expected) < 0.5 * rms(expected)
    assert losses[-1] < 0.4 * losses[0]
