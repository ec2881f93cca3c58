"""Progressive distillation: the target, the rounds, and where the students' steps lead."""

import pytest
import torch

from pushforward.models.config import ConfigError, Pick
from pushforward.models.data.eight_gaussians import EightGaussiansConfig, eight_gaussians
from pushforward.models.families.edm import Edm, EdmConfig
from pushforward.models.families.exact_flow import ExactFlow, ExactFlowConfig
from pushforward.models.families.progressive_distillation import (
    ProgressiveDistillation,
    ProgressiveDistillationConfig,
)
from pushforward.models.fields.halving import halved
from pushforward.models.samplers.ddim import Ddim, DdimConfig
from pushforward.models.samplers.grids import GridConfig
from pushforward.models.tensors import make_generator
from pushforward.verify.points.diffusion_ring import rms

CPU = torch.device("cpu")
DATA = eight_gaussians(EightGaussiansConfig(), 2000, 0)
SPEC = DATA.spec()
X = SPEC.standardise(DATA.x)
NET = Pick(slug="mlp", config={"width": 32, "depth": 2})
GRID = GridConfig(kind="time-uniform", path="vp-cosine")


def exact() -> ExactFlow:
    return ExactFlow(ExactFlowConfig(), SPEC, horizon=1, seed=0, device=CPU)


def made(horizon: int = 100, teacher: object = None, **settings: object) -> ProgressiveDistillation:
    config = ProgressiveDistillationConfig(**{"net": NET, **settings})
    more = {"inputs": {"teacher": teacher}} if teacher else {}
    return ProgressiveDistillation(config, SPEC, horizon=horizon, seed=0, device=CPU, **more)


def batch(index: int, size: int = 128) -> torch.Tensor:
    return X[torch.randint(len(X), (size,), generator=make_generator(index, 9))]


@pytest.mark.parametrize(("high", "middle", "low"), [(8.0, 3.0, 1.0), (1.0, 0.4, 0.0)])
def test_one_step_to_the_target_lands_where_two_of_the_teacher_do(high, middle, low):
    denoise = exact().denoiser()
    x = 2.0 * torch.randn((30, 2), generator=make_generator(1))
    levels = [torch.full((30,), s) for s in (high, middle, low)]
    wanted = halved(denoise, x, *levels)
    one = wanted + (low / high) * (x - wanted)
    two = x
    for s, s_next in ((high, middle), (middle, low)):
        denoised = denoise(two, torch.tensor(s))
        two = denoised + (s_next / s) * (two - denoised)
    torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-4)


def test_rounds_halve_the_steps_and_a_longer_run_does_not_move_them():
    family = made()
    assert [(p.name, p.start) for p in family.phases] == [
        ("teacher", 0), ("8 steps", 40), ("4 steps", 60), ("2 steps", 80)]  # fmt: skip
    evaluations = []
    for index in range(100):
        if index in (0, 40, 60, 80):
            *_, last = family.flow(family.prior(3, make_generator(0)))
            evaluations.append(last.nfe)
        family.step(batch(index))
    *_, last = family.flow(family.prior(3, make_generator(0)))
    assert evaluations == [16, 8, 4, 2]
    assert last.nfe == 2
    longer = made(horizon=1000)
    longer.load_state(family.state())
    assert longer.phases == family.phases
    assert made(teacher=exact()).phases[0].name == "8 steps"


def test_the_levels_of_a_student_are_every_other_one_of_its_teacher():
    family = made()
    fine = family._grid.tolist()
    for _ in range(81):
        family.step(batch(0))
    z = family.prior(5, make_generator(2))
    *_, last = family.flow(z)
    denoise = family.field.denoiser()
    expected = Ddim(DdimConfig(steps=2, grid=GRID)).sample(denoise, z.x, 0.002, 20.0)
    torch.testing.assert_close(last.x, expected)
    assert fine[-1] == 0.0


def test_a_student_lands_where_its_teacher_does_in_twice_as_many_steps():
    family = made(horizon=500, teacher=exact(), teacher_steps=2, student_steps=1)
    for index in range(500):
        family.step(batch(index))
    z = family.prior(1000, make_generator(3))
    *_, last = family.flow(z)
    wanted = Ddim(DdimConfig(steps=2, grid=GRID)).sample(exact().denoiser(), z.x, 0.002, 20.0)
    same = Ddim(DdimConfig(steps=1, grid=GRID)).sample(exact().denoiser(), z.x, 0.002, 20.0)
    assert rms(last.x - wanted) < 0.6 * rms(same - wanted)


def test_it_begins_as_a_teacher_of_the_same_network():
    teacher = Edm(EdmConfig(net=NET), SPEC, horizon=1, seed=5, device=CPU)
    family = made(teacher=teacher, prediction="edm")
    family._begin()
    own, first = family.field.trained.net, teacher.field.trained.averaged
    assert all(torch.equal(a, b) for a, b in zip(own.parameters(), first.parameters(), strict=True))
    other = made(teacher=teacher)
    before = [weight.clone() for weight in other.field.trained.net.parameters()]
    other._begin()
    after = other.field.trained.net.parameters()
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_a_round_is_taught_by_a_frozen_copy_of_the_last():
    family = made()
    for index in range(61):
        family.step(batch(index))
    kept = [weight.clone() for weight in family._before.parameters()]
    for index in range(5):
        family.step(batch(index))
    assert all(torch.equal(a, b) for a, b in zip(kept, family._before.parameters(), strict=True))
    again = made()
    again.load_state(family.state())
    assert {k: float(v) for k, v in again.step(batch(9)).items()} == {
        k: float(v) for k, v in family.step(batch(9)).items()}  # fmt: skip


@pytest.mark.parametrize(("teacher", "student"), [(16, 3), (8, 8), (4, 8)])
def test_steps_that_do_not_come_of_halving_are_refused(teacher, student):
    with pytest.raises(ConfigError, match="never gives"):
        made(teacher_steps=teacher, student_steps=student)
