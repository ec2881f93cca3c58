"""Consistency distillation: the boundary, the teacher's step, what is learned, and sampling."""

import math
from itertools import pairwise

import msgspec
import pytest
import torch

from pushforward.models.config import Pick
from pushforward.models.contracts.abilities import ABILITIES
from pushforward.models.data.eight_gaussians import EightGaussiansConfig, eight_gaussians
from pushforward.models.denoisers.consistency import ConsistencyFunction
from pushforward.models.families.consistency_distillation import (
    ConsistencyDistillation,
    ConsistencyDistillationConfig,
)
from pushforward.models.families.edm import Edm, EdmConfig
from pushforward.models.families.exact_flow import ExactFlow, ExactFlowConfig
from pushforward.models.nets.pick import build
from pushforward.models.nets.role import DENOISER
from pushforward.models.registry import registry
from pushforward.models.samplers.base import StepInput
from pushforward.models.samplers.consistency import Multistep, MultistepConfig
from pushforward.models.samplers.heun import Heun
from pushforward.models.tensors import make_generator
from pushforward.verify.points import consistency_gaussian as gaussian
from pushforward.verify.points.consistency_steps import distance

CPU = torch.device("cpu")
DATA = eight_gaussians(EightGaussiansConfig(), 2000, 0)
SPEC = DATA.spec()
X = SPEC.standardise(DATA.x)
CONFIG = ConsistencyDistillationConfig(net=Pick(slug="mlp", config={"width": 32, "depth": 2}))


def teacher() -> ExactFlow:
    return ExactFlow(ExactFlowConfig(), SPEC, horizon=1, seed=0, device=CPU)


def student(config=CONFIG, seed=0, horizon=300) -> ConsistencyDistillation:
    more = {"horizon": horizon, "seed": seed, "device": CPU}
    return ConsistencyDistillation(config, SPEC, inputs={"teacher": teacher()}, **more)


def batch(index: int, size: int = 128) -> torch.Tensor:
    return X[torch.randint(len(X), (size,), generator=make_generator(index, 9))]


def test_at_the_smallest_level_nothing_changes_whatever_the_network_says():
    net = build(CONFIG.net, SPEC, DENOISER, make_generator(0))
    function = ConsistencyFunction(net, 0.002)
    x = torch.randn((50, 2), generator=make_generator(1))
    torch.testing.assert_close(function(x, torch.full((50,), 0.002)), x)
    assert (function(x, torch.full((50,), 1.0)) - x).abs().max() > 0.1
    # One level for all rows is the same as that level for each.
    torch.testing.assert_close(function(x, torch.tensor(1.0)), function(x, torch.full((50,), 1.0)))


def test_a_step_along_the_teacher_is_one_of_heun_s():
    field, denoise = student().field, teacher().denoiser()
    x = 3.0 * torch.randn((20, 2), generator=make_generator(2))
    found = field.along(denoise, x, torch.full((20,), 1.5), torch.full((20,), 3.0))
    at = StepInput(x, 3.0, 1.5, lambda y, s: denoise(y, torch.tensor(s)), (), torch.zeros_like)
    expected, _ = Heun().step(at)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize(("step", "order"), [("euler", 2), ("heun", 3), ("dpm-2", 3)])
def test_the_error_of_a_step_along_the_teacher_falls_as_it_should(step, order):
    """Of unit Gaussian data D = x/(1 + s^2), and the ODE's solution is x sqrt((1+s'^2)/(1+s^2))."""
    field, x = student().field, torch.ones((1, 2), dtype=torch.float64)
    high = torch.tensor([1.5], dtype=torch.float64)

    def error(share: float) -> float:
        low = high * share
        found = field.along(lambda y, s: y / (1 + s[:, None] ** 2), x, low, high, step)
        return float((found - x * ((1 + low**2) / (1 + high**2)).sqrt()).abs().max())

    found = math.log(error(0.98) / error(0.99)) / math.log(2)
    assert found == pytest.approx(order, abs=0.1)


def test_steps_between_levels_are_those_of_a_finer_grid():
    """From 3 down to 1.5, even in the s^(1/7) of Karras et al. 2022, eq. 5."""
    field, denoise = student().field, teacher().denoiser()
    x = found = 3.0 * torch.randn((20, 2), generator=make_generator(2))
    low, high = torch.full((20,), 1.5), torch.full((20,), 3.0)
    levels = torch.linspace(3.0 ** (1 / 7), 1.5 ** (1 / 7), 4) ** 7
    for upper, lower in pairwise(levels):
        found = field.along(denoise, found, lower.expand(20), upper.expand(20))
    torch.testing.assert_close(field.along(denoise, x, low, high, steps=3), found)
    assert (field.along(denoise, x, low, high) - found).abs().max() > 1e-3


def test_neighbouring_levels_are_those_of_the_grid():
    field = student().field
    low, high = field.draw(5000, make_generator(3))
    assert torch.equal(field.grid, field.grid.sort().values)
    assert (float(field.grid[0]), float(field.grid[-1])) == pytest.approx((0.002, 20.0))
    places = torch.searchsorted(field.grid, low)
    assert torch.equal(field.grid[places + 1], high)
    assert places.unique().tolist() == list(range(CONFIG.levels - 1))


@pytest.fixture(scope="module")
def taught() -> ConsistencyDistillation:
    made = student()
    for index in range(300):
        made.step(batch(index))
    return made


def test_the_target_follows_slowly_and_the_teacher_is_left_alone(taught):
    made, before = taught, teacher().denoiser()(X[:5], torch.tensor(1.0))
    weights = (made.field.trained.net, made.field.target.module, made.field.trained.averaged)
    trained, target, averaged = (next(net.parameters()).detach() for net in weights)
    assert not torch.equal(trained, target)
    assert not torch.equal(target, averaged)
    after = made.inputs["teacher"].denoiser()(X[:5], torch.tensor(1.0))
    torch.testing.assert_close(after, before)


def test_it_learns_to_go_all_the_way_which_before_its_lessons_it_cannot(taught):
    one = Multistep()
    before = distance(student(), one, 0)
    assert before > 0.7
    assert distance(taught, one, 0) < 0.6 * before


def test_without_a_teacher_it_teaches_itself_one_and_begins_with_its_weights():
    config = msgspec.structs.replace(CONFIG, teacher_share=0.5)
    made = ConsistencyDistillation(config, SPEC, horizon=8, seed=0, device=CPU)
    assert [phase.start for phase in made.phases] == [0, 4]
    found = [made.step(batch(index)) for index in range(4)]
    assert [float(step["phase"]) for step in found] == [1.0] * 4
    teacher = made.teacher
    assert teacher is not None
    assert not teacher.is_learning()
    taught = {name: w.clone() for name, w in teacher.averaged.net.state_dict().items()}
    made._begin()
    for function in (made.field.trained.net, made.field.target.module, made.field.trained.averaged):
        for name, weight in function.net.state_dict().items():
            assert torch.equal(weight, taught[name])
    # Far above s_min the student that has the teacher's weights says what the teacher says.
    x, s = 5.0 * torch.randn((9, 2), generator=make_generator(1)), torch.tensor(5.0)
    f, d = made.consistency()(x, s), teacher.denoiser()(x, s)
    torch.testing.assert_close(f, d, rtol=1e-2, atol=1e-2)
    assert float(made.step(batch(4))["phase"]) == 2.0
    assert torch.equal(taught[name], teacher.averaged.net.state_dict()[name])


def test_it_begins_with_the_weights_of_a_diffusion_of_the_same_make_and_says_if_it_cannot():
    more = {"horizon": 5, "seed": 3, "device": CPU}
    for width, same in ((32, True), (16, False)):
        net = Pick(slug="mlp", config={"width": width, "depth": 2})
        of_another = Edm(EdmConfig(net=net), SPEC, **more)
        of_another.step(batch(0))
        made = ConsistencyDistillation(CONFIG, SPEC, inputs={"teacher": of_another}, **more)
        assert [said.split(",")[0] for said in made.warnings()] == (
            [] if same else ["The student's network is not that of the teacher"]
        )
        made._begin()
        theirs = of_another.field.trained.averaged.net.state_dict().values()
        mine = made.field.trained.averaged.net.state_dict().values()
        assert same == all(torch.equal(a, b) for a, b in zip(mine, theirs, strict=True))


def test_what_was_taught_by_another_run_is_used_where_that_is_not():
    made = student(horizon=3)
    made.step(batch(0))
    alone = ConsistencyDistillation(CONFIG, SPEC, horizon=3, seed=1, device=CPU)
    assert alone.teacher is not None
    alone.load_state(made.state())
    assert alone.teacher is None
    x, s = X[:4], torch.tensor(2.0)
    assert torch.equal(alone.consistency()(x, s), made.consistency()(x, s))
    *_, last = alone.flow(alone.prior(5, make_generator(0)), generator=make_generator(1),
                          sampler=Multistep(MultistepConfig(steps=3)))  # fmt: skip
    assert (last.t, last.nfe) == (1.0, 3)


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_k_steps_are_k_evaluations_at_falling_levels(steps):
    sampler = Multistep(MultistepConfig(steps=steps))
    levels = sampler.levels(0.002, 20.0)
    assert levels[0] == 20.0
    assert levels[-1] == 0.0
    assert levels == sorted(levels, reverse=True)
    assert min(levels[:-1]) > 10 * 0.002  # where f still does something
    asked = []

    def f(x, s):
        asked.append(float(s))
        return torch.zeros_like(x)

    z = torch.randn((4000, 2), generator=make_generator(4))
    frames = list(sampler.frames(f, z, 0.002, 20.0, make_generator(5)))
    assert asked == pytest.approx(levels[:-1])
    assert frames[-1].nfe == sampler.nfe() == steps
    assert torch.equal(frames[-1].x, torch.zeros_like(z))
    for frame in frames[1:-1]:  # made, and noised again to the level
        assert float(frame.x.std()) == pytest.approx(frame.s, rel=0.05)


def test_what_a_sampler_needs_is_an_ability():
    for entry in registry.all("sampler"):
        assert set(entry.needs) <= ABILITIES.keys()
        assert any(set(entry.needs) <= family.abilities for family in registry.all("family"))


def test_d4_tells_the_closed_form_from_what_only_rescales_pure_noise() -> None:
    """Of D4: pure noise over the largest level is near the closed form, so one level is too few."""
    s_min = gaussian._CONFIG.s_min
    exact = gaussian._judge({0: lambda x, s: gaussian._closed(x, float(s), s_min)})
    assert exact.passed, exact.figure
    scaled = gaussian._judge({0: gaussian._rescale})
    assert scaled.value["error, seed 0"] < gaussian._LINE
    assert scaled.value["error at the worst level, seed 0"] > 0.9
    assert scaled.value["boundary"] == 0.0
    assert not scaled.passed
    assert not gaussian._judge({0: gaussian._denoise}).passed
