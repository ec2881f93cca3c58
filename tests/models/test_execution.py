"""How a training computes changes how fast it is, and not what it learns."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from pushforward.models.carriers.generator import Generator
from pushforward.models.config import Pick
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.execution import PLAIN, Execution
from pushforward.models.denoisers.consistency import ConsistencyFunction
from pushforward.models.denoisers.denoiser import Denoiser
from pushforward.models.denoisers.densities import LogNormal, draw_levels
from pushforward.models.fields.adversarial import LOSSES
from pushforward.models.fields.consistency import ConsistencyField
from pushforward.models.fields.critic import Critic
from pushforward.models.fields.particle_score import ParticleScore
from pushforward.models.fields.rescalings import rescaling
from pushforward.models.fields.score import ScoreField
from pushforward.models.nets import role
from pushforward.models.nets.pick import build as build_net
from pushforward.models.paths.clock import FlowClock
from pushforward.models.tensors import make_generator
from pushforward.models.training.optim import OptimizerConfig
from tests.models import tracks
from tests.models.pairs import (
    FAMILIES,
    FEW,
    PAIRS,
    TURNS,
    Pair,
    batch,
    build,
    each,
    lesson,
    lightest,
    same,
    train,
)

SPEC = tracks.tracks(200, 0).spec()
ROWS = 10
PARTS = Execution(micro_batches=3)
"""Ten rows in three parts: 4, 4 and 2."""

LIGHTEST = [lightest(entry) for entry in FAMILIES]
HEAVIEST = [
    max((p for p in PAIRS if p.entry is entry), key=lambda p: p.data.spec().mean.numel())
    for entry in FAMILIES
]


@pytest.fixture(autouse=True, scope="module")
def _known() -> Iterator[None]:
    with tracks.known():
        yield


def rows(seed: int) -> Batch:
    return SPEC.example(ROWS, make_generator(seed))


def net(what: role.Role) -> nn.Module:
    pick = Pick(slug="mlp", config={"width": 16, "depth": 2})
    return build_net(pick, SPEC, what, make_generator(0))


def score(execution: Execution, weight: str = "edm") -> ScoreField:
    return ScoreField(
        Denoiser(net(role.DENOISER)),
        optimizer=OptimizerConfig(),
        horizon=10,
        decay=0.9,
        density=LogNormal(-1.2, 1.2, 0.002, 20.0),
        weight=weight,  # type: ignore[arg-type]
        gamma=5.0,
        clock=FlowClock(0.002, 20.0),
        display="straight",
        execution=execution,
    )


def own(execution: Execution) -> ParticleScore:
    denoiser = Denoiser(net(role.DENOISER))
    return ParticleScore(denoiser, optimizer=OptimizerConfig(), horizon=10, execution=execution)


def consistency(execution: Execution) -> ConsistencyField:
    return ConsistencyField(
        ConsistencyFunction(net(role.DENOISER), 0.002),
        optimizer=OptimizerConfig(),
        horizon=10,
        decay=0.9,
        target=0.9,
        levels=18,
        weight="gap",
        clock=FlowClock(0.002, 20.0),
        display="straight",
        execution=execution,
    )


def generator(execution: Execution, steps: int) -> Generator:
    return Generator(
        net(role.generator(4)),
        spec=SPEC,
        latent=4,
        device=torch.device("cpu"),
        # Adam goes by the sign of a gradient: one that is rounding alone goes either way, by this.
        optimizer=OptimizerConfig(lr=1e-7),
        horizon=10,
        decay=0.9,
        steps=steps,
        execution=execution,
    )


def critic(execution: Execution, **more: Any) -> Critic:
    return Critic(
        net(role.critic(clock=bool(more.get("clock")))),
        loss=LOSSES["logistic"],
        rescaling=rescaling("non-saturated"),
        optimizer=OptimizerConfig(),
        horizon=10,
        place="data",
        generator=make_generator(1),
        execution=execution,
        **more,
    )


def noised() -> tuple[Batch, Batch, Tensor]:
    data = rows(1)
    level = draw_levels(LogNormal(-1.2, 1.2, 0.002, 20.0), ROWS, make_generator(2))
    noise = torch.randn(data.x.shape, generator=make_generator(3))
    return data, data.holding(data.zeroed(data.x + level[:, None, None] * noise)), level


def alike(one: Any, two: Any, fit: Any) -> None:
    """Assert that two fields say the same of a step, and take it along the same gradient."""
    first, second = fit(one), fit(two)
    assert first.keys() == second.keys()
    for name in first:
        torch.testing.assert_close(first[name], second[name], rtol=1e-5, atol=1e-6, msg=name)
    pairs = zip(one.trained.net.parameters(), two.trained.net.parameters(), strict=True)
    for a, b in pairs:
        assert a.grad is not None
        assert b.grad is not None
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("weight", ["edm", "simple"])
def test_parts_of_a_batch_make_one_step_of_a_score(weight: str):
    """Also where rows differ in size: the mean is over the numbers that are real."""
    data, particles, level = noised()
    assert data.mask is not None
    sizes = [float(data.mask[part].float().mean()) for part in PARTS.parts(ROWS)]
    assert len(set(sizes)) == 3
    alike(score(PLAIN, weight), score(PARTS, weight), lambda f: f.fit(data, particles, level))


def test_parts_of_a_batch_make_one_step_of_the_particles_own_score():
    data, particles, level = noised()
    alike(own(PLAIN), own(PARTS), lambda f: f.fit(data, particles, level))


@pytest.mark.parametrize("settings", [{}, {"penalty": 0.3}, {"penalty": 0.3, "clock": True}])
def test_parts_of_a_batch_make_one_step_of_a_critic(settings: dict[str, Any]):
    level = torch.rand(ROWS, generator=make_generator(4)) if settings.get("clock") else None
    alike(
        critic(PLAIN, **settings),
        critic(PARTS, **settings),
        lambda f: f.fit(rows(1), rows(2), level),
    )


def test_parts_of_a_batch_make_one_step_of_a_consistency_function():
    data, lower, low = noised()
    upper = data.holding(data.zeroed(lower.x + 0.1))
    alike(consistency(PLAIN), consistency(PARTS), lambda f: f.fit(upper, lower, low, low + 0.1))


@pytest.mark.parametrize("steps", [1, 3])
def test_parts_of_a_batch_make_one_step_of_a_generator(steps: int):
    latents = rows(1).holding(torch.randn((ROWS, 4), generator=make_generator(2)))
    alike(
        generator(PLAIN, steps),
        generator(PARTS, steps),
        lambda g: g.move(latents, latents.zeroed(rows(3).x)),
    )


def test_a_generator_follows_in_the_precision_that_was_asked_for_and_part_by_part():
    followed = generator(Execution(bf16=True, micro_batches=3), 1)
    seen = []

    def see(net: nn.Module, inputs: Any, output: Tensor) -> None:
        seen.append((len(output), torch.is_autocast_enabled("cpu")))

    followed.trained.net.register_forward_hook(see)
    latents = rows(1).holding(torch.randn((ROWS, 4), generator=make_generator(2)))
    followed.move(latents, rows(3).x)
    assert seen == [(4, True), (4, True), (2, True)]


@pytest.mark.parametrize("count", [1, 2, 3, 10, 99])
def test_parts_are_all_rows_in_order(count: int):
    parts = list(Execution(micro_batches=count).parts(ROWS))
    assert len(parts) == min(count, ROWS)
    assert [row for part in parts for row in range(ROWS)[part]] == list(range(ROWS))


@each(LIGHTEST)
def test_plain_is_no_execution_at_all(pair: Pair):
    known, plain = lesson(pair), build(pair, execution=Execution())
    assert train(pair, plain, 0, TURNS) == known.steps
    assert same(plain.state(), known.state)


@each(FEW)
def test_half_precision_in_parts_trains_and_averages_stay_whole(pair: Pair):
    family = build(pair, execution=Execution(bf16=True, micro_batches=2))
    steps = train(pair, family, 0, TURNS if family.phases else 3)
    assert torch.tensor([v for step in steps for v in step.values()]).isfinite().all()
    for name, tensor in family.state().tensors.items():
        assert not tensor.is_floating_point() or tensor.dtype == torch.float32, name
        assert not tensor.is_floating_point() or tensor.isfinite().all(), name


def test_half_precision_is_another_precision():
    data, particles, level = noised()
    plain, half = score(PLAIN), score(Execution(bf16=True))
    exact, found = (float(f.fit(data, particles, level)["loss"]) for f in (plain, half))
    assert exact != found
    assert found == pytest.approx(exact, rel=0.05)


@each(HEAVIEST)
def test_channels_last_are_the_same_numbers(pair: Pair):
    one, two = build(pair), build(pair, execution=Execution(channels_last=True))
    first, second = one.step(batch(pair, 0)), two.step(batch(pair, 0))
    for name in first:
        torch.testing.assert_close(first[name], second[name], rtol=1e-5, atol=1e-5, msg=name)
    shapes = [{n: x.shape for n, x in f.state().tensors.items()} for f in (one, two)]
    assert shapes[0] == shapes[1]


def compiled(pair: Pair) -> None:
    one, two = build(pair), build(pair, execution=Execution(compiled=True))
    assert one.state().tensors.keys() == two.state().tensors.keys()
    for i in range(2):
        first, second = one.step(batch(pair, i)), two.step(batch(pair, i))
        for name in first:
            torch.testing.assert_close(first[name], second[name], rtol=1e-5, atol=1e-5, msg=name)
    latents = one.prior(8, make_generator(0, 3))
    ends = [list(f.flow(latents, generator=make_generator(1)))[-1].x for f in (one, two)]
    torch.testing.assert_close(*ends, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("slug", ["edm", "gan"])
def test_compiled_networks_keep_their_names_and_say_the_same(
    slug: str, monkeypatch: pytest.MonkeyPatch
):
    """All but the last stage of the compiler, which takes a minute and needs one for C++."""
    whole = nn.Module.compile
    monkeypatch.setattr(nn.Module, "compile", lambda net: whole(net, backend="eager"))
    compiled(next(pair for pair in LIGHTEST if pair.entry.slug == slug))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("c++") is None, reason="there is no compiler for C++")
@pytest.mark.parametrize("slug", ["edm", "gan"])
def test_compiled_code_says_the_same(slug: str):
    compiled(next(pair for pair in LIGHTEST if pair.entry.slug == slug))
