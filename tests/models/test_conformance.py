"""What every registered family must do, whoever wrote it: a new one is tested by being there."""

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
import torch
from safetensors.torch import load, save
from torch import Tensor

from models.config import ConfigError, decode, describe, encode, replace_at
from models.contracts.abilities import (
    HasCritic,
    HasDenoiser,
    HasLatent,
    HasLikelihood,
    HasPopulation,
    HasVelocity,
)
from models.contracts.family import Family
from models.contracts.spec import DataSpec
from models.contracts.state import State
from models.data.ring_of_five import RingOfFiveConfig, ring_of_five
from models.kinds.points import PointSet
from models.oracle import GaussianMixture
from models.registry import Entry, discover, registry
from models.tensors import make_generator

discover()
FAMILIES = registry.all("family")
CPU = torch.device("cpu")
PROTOCOLS: dict[str, type] = {
    "velocity": HasVelocity,
    "critic": HasCritic,
    "denoiser": HasDenoiser,
    "likelihood": HasLikelihood,
    "latent": HasLatent,
    "population": HasPopulation,
}


def tetrahedron(n: int) -> PointSet:
    """Four modes in space: data of a known law, which exact fields need."""
    law = GaussianMixture(2 * torch.eye(4)[:, :3], torch.full((4,), 0.4), torch.full((4,), 0.25))
    return PointSet(law.sample(n, make_generator(0)), ("x", "y", "z"), law=law)


DATA = {2: ring_of_five(RingOfFiveConfig(), 2000, 0), 3: tetrahedron(2000)}


def small(entry: Entry) -> dict[str, Any]:
    """Return the default settings with every network made small, and what comes in turns made
    to come within a few steps.
    """
    data = encode(entry.config())
    sizes = {"width": 16, "depth": 2, "teacher_share": 0.025, "score_steps": 2}
    for row in describe(entry.config):
        size = sizes.get(row["path"].rpartition(".")[2])
        if size:
            data = replace_at(data, row["path"], size)
    return data


def larger(entry: Entry, width: int) -> dict[str, Any]:
    """Return the small settings with networks of that width, and other particles if there are."""
    data = small(entry)
    for row in describe(entry.config):
        if row["path"].rpartition(".")[2] == "width":
            data = replace_at(data, row["path"], width)
        if row["path"] == "population":
            data = replace_at(data, "population", 32 * width)
    return data


def another(row: dict[str, Any]) -> Any:
    """Return another value that a setting may have."""
    if row["choices"]:
        return next(c["value"] for c in row["choices"] if c["value"] != row["default"])
    if row["kind"] == "bool":
        return not row["default"]
    if row["kind"] == "int":
        return row["default"] + (1 if row["high"] is None or row["default"] < row["high"] else -1)
    return 0.5 * row["default"] if row["default"] else 0.25


def variants(entry: Entry) -> Iterator[Any]:
    """Yield small settings: the defaults, and each value of each choice that matters."""
    base = small(entry)
    yield pytest.param(entry, base, id=entry.slug)
    for row in describe(entry.config):
        if row["modalities"] and "points" not in row["modalities"]:
            continue
        values = [c["value"] for c in row["choices"]] or ([False, True] * (row["kind"] == "bool"))
        for value in values:
            if value == row["default"]:
                continue
            data = replace_at(base, row["path"], value)
            if needs := row["depends"]:
                data = replace_at(data, needs["path"], needs["values"][0])
            if value == "ipm" and data.get("penalty") == 0.0:
                # A choice that the defaults need not fit: without a penalty it is refused.
                data = replace_at(data, "penalty", 0.1)
            yield pytest.param(entry, data, id=f"{entry.slug}-{row['path']}={value}")


VARIANTS = [v for entry in FAMILIES for v in variants(entry)]
each_family = pytest.mark.parametrize("entry", FAMILIES, ids=[e.slug for e in FAMILIES])
each_variant = pytest.mark.parametrize(("entry", "settings"), VARIANTS)


def build(
    entry: Entry, settings: dict[str, Any] | None = None, *, seed: int = 0, d: int = 2
) -> Family[Any]:
    config = decode(entry.config, small(entry) if settings is None else settings)
    made = entry.make(config, DATA[d].spec(), horizon=40, seed=seed, device=CPU)
    assert isinstance(made, Family[Any])
    return made


def batch(index: int, size: int = 32, d: int = 2) -> Tensor:
    points = DATA[d]
    rows = torch.randint(len(points.x), (size,), generator=make_generator(index, 9))
    return points.spec().standardise(points.x[rows])


def train(family: Family[Any], start: int, stop: int, d: int = 2) -> list[dict[str, float]]:
    steps = [family.step(batch(i, d=d)) for i in range(start, stop)]
    return [{name: float(value) for name, value in step.items()} for step in steps]


def samples(family: Family[Any], n: int = 16, seed: int = 0) -> Tensor:
    latents = family.prior(n, make_generator(seed, 3))
    return list(family.flow(latents, generator=make_generator(seed, 4)))[-1].x


def through_disk(state: State) -> State:
    """Return a state as a file would give it back."""
    return State(load(save(state.tensors)), json.loads(json.dumps(state.values)))


def learns(family: Family[Any]) -> bool:
    """Whether anything of it is trained: an exact field that moves particles has nothing."""
    return any(x.is_floating_point() for x in family.state().tensors.values())


def same(a: State, b: State) -> bool:
    return (
        a.values == b.values
        and a.tensors.keys() == b.tensors.keys()
        and all(torch.equal(a.tensors[name], b.tensors[name]) for name in a.tensors)
    )


def test_there_are_families():
    assert {"edm", "gan"} <= {e.slug for e in FAMILIES}


@each_variant
def test_resume_is_exact(entry: Entry, settings: dict[str, Any]):
    straight = build(entry, settings)
    expected = train(straight, 0, 40)

    first = build(entry, settings)
    found = train(first, 0, 20)
    # Another seed: everything that the seed decided has to come from the state.
    second = build(entry, settings, seed=99)
    second.load_state(through_disk(first.state()))
    found += train(second, 20, 40)

    assert found == expected
    assert same(straight.state(), second.state())
    assert torch.equal(samples(straight), samples(second))


@each_family
def test_a_run_may_move_to_another_kind_of_device(entry: Entry):
    """Random generators do not translate between them: fresh noise, all else exact."""
    first = build(entry)
    train(first, 0, 10)
    state = first.state()
    unused = build(entry).state().tensors["noise/generator"]
    drew = not torch.equal(unused, state.tensors["noise/generator"])
    state.values["noise/device"] = "somewhere else"
    state.tensors["noise/generator"] = torch.zeros(16, dtype=torch.uint8)
    moved, again = build(entry), build(entry)
    moved.load_state(through_disk(state))
    again.load_state(through_disk(state))
    assert torch.equal(samples(moved), samples(first))
    found = train(moved, 10, 20)
    assert found == train(again, 10, 20)
    assert same(moved.state(), again.state())
    # A family whose steps draw nothing goes on as if nothing had been; no other does.
    assert (found != train(first, 10, 20)) == drew


@each_variant
def test_a_step_is_finite_and_moves_every_weight(entry: Entry, settings: dict[str, Any]):
    family = build(entry, settings)
    before = family.state()
    steps = train(family, 0, 6)
    after = family.state()

    assert all("loss" in step for step in steps)
    values = torch.tensor([list(step.values()) for step in steps if step.keys() == steps[0].keys()])
    assert values.isfinite().all()
    # Before the first step the optimisers are empty: these are weights and averaged weights. A
    # lone number may have no say: the last bias of a Wasserstein critic cancels from its loss.
    weights = [n for n, x in before.tensors.items() if x.is_floating_point() and x.numel() > 1]
    if "population" in entry.capabilities:
        # Where particles started is part of the state, and stays.
        weights = [n for n in weights if not n.endswith("/start")]
    assert weights or not learns(family)
    still = [n for n in weights if torch.equal(before.tensors[n], after.tensors[n])]
    assert not still, f"never moved: {still}"
    assert all(x.isfinite().all() for x in after.tensors.values() if x.is_floating_point())


@each_family
def test_what_a_step_returns_is_detached_and_scalar(entry: Entry):
    for value in build(entry).step(batch(0)).values():
        assert value.ndim == 0
        assert not value.requires_grad


@each_family
def test_a_seed_fixes_everything(entry: Entry):
    one, two, other = build(entry), build(entry), build(entry, seed=1)
    assert train(one, 0, 5) == train(two, 0, 5)
    assert same(one.state(), two.state())
    assert torch.equal(samples(one), samples(two))
    assert train(build(entry), 0, 5) != train(other, 0, 5)
    assert not learns(one) or not torch.equal(samples(one), samples(other))


@each_family
def test_initial_weights_depend_on_the_seed(entry: Entry):
    if not learns(build(entry)):
        pytest.skip("this family has no weights")
    one, other = build(entry).state(), build(entry, seed=1).state()
    assert any(
        not torch.equal(one.tensors[n], other.tensors[n])
        for n, x in one.tensors.items()
        if x.is_floating_point()
    )


@each_family
def test_watching_changes_nothing(entry: Entry):
    alone, watched = build(entry), build(entry)
    expected = train(alone, 0, 10)
    found = []
    points = torch.randn((5, 2), generator=make_generator(0))
    for i in range(10):
        found += train(watched, i, i + 1)
        samples(watched, n=3, seed=i)
        watched.state()
        for layer in watched.layers:
            watched.layer(layer.name, points, 0.5)
    assert found == expected
    assert same(alone.state(), watched.state())


@each_family
def test_global_random_numbers_are_left_alone(entry: Entry):
    before = torch.get_rng_state()
    family = build(entry)
    train(family, 0, 2)
    samples(family)
    family.load_state(family.state())
    assert torch.equal(before, torch.get_rng_state())


@each_family
@pytest.mark.parametrize("d", [2, 3])
@pytest.mark.parametrize("size", [1, 3, 33])
def test_any_batch_and_dimension(entry: Entry, d: int, size: int):
    family = build(entry, d=d)
    assert family.step(batch(0, size, d))["loss"].isfinite()
    x = samples(family, n=size)
    assert x.shape == (size, d)
    assert x.dtype == torch.float32
    assert x.isfinite().all()


@each_family
def test_frames_go_from_prior_to_data(entry: Entry):
    family = build(entry)
    train(family, 0, 3)
    latents = family.prior(7, make_generator(0, 3))
    kept = latents.clone()
    frames = list(family.flow(latents, generator=make_generator(0, 4)))
    times = [f.t for f in frames]

    assert times[-1] == 1.0
    assert len(frames) == 1 or times[0] == 0.0
    assert all(a < b for a, b in pairwise(times))
    spent = [f.nfe for f in frames]
    assert spent == sorted(spent)
    assert spent[-1] >= 1
    assert all(f.x.shape == (7, 2) and not f.x.requires_grad for f in frames)
    assert torch.equal(latents, kept)
    again = list(family.flow(latents, generator=make_generator(0, 4)))
    assert all(torch.equal(a.x, b.x) for a, b in zip(frames, again, strict=True))
    # Frames that were yielded stay as they were: they are not views of one buffer.
    assert len(frames) == 1 or not torch.equal(frames[0].x, frames[-1].x)


@each_family
def test_a_walk_is_a_step_in_its_stages(entry: Entry):
    """Slow motion shows what trains: the same numbers, and stages that are known, in order."""
    walked, stepped = build(entry), build(entry)
    names = [stage.name for stage in walked.stages]
    assert names
    assert len(set(names)) == len(names)
    layers = {layer.name for layer in walked.layers}
    for stage in walked.stages:
        assert stage.title
        assert stage.formula
        assert stage.source
        assert stage.layer in layers | {""}
    seen: list[str] = []
    for i in range(3):
        walk, passed = walked.walk(batch(i)), []
        while True:
            try:
                name, scene = next(walk)
            except StopIteration as end:
                metrics = end.value
                break
            passed.append(name)
            for value in scene.values():
                assert value.shape[1:] == (2,)
                assert not value.requires_grad
            if "velocity" in scene:
                assert scene["velocity"].shape == scene["particles"].shape
        assert passed == [name for name in names if name in passed]
        seen += passed
        expected = stepped.step(batch(i))
        assert {k: float(v) for k, v in metrics.items()} == {
            k: float(v) for k, v in expected.items()
        }
    assert set(seen) == set(names), "each stage has its turn"
    assert same(walked.state(), stepped.state())


@each_family
def test_live_settings_change_in_a_run_and_no_others(entry: Entry):
    """As it goes on after an edit, so it does when resumed from there, whichever way."""
    live = [row for row in describe(entry.config) if row["live"]]
    base = small(entry)
    for row in live:
        edited = replace_at(base, row["path"], another(row))
        needs = row["depends"]
        if needs and _at(base, needs["path"]) not in needs["values"]:
            continue
        straight = build(entry)
        train(straight, 0, 3)
        saved = through_disk(straight.state())
        straight.reconfigure(decode(entry.config, edited))
        expected = train(straight, 3, 6)

        resumed = build(entry)
        resumed.load_state(saved)
        resumed.reconfigure(decode(entry.config, edited))
        assert train(resumed, 3, 6) == expected, row["path"]
        rebuilt = build(entry, edited)
        rebuilt.load_state(saved)
        assert train(rebuilt, 3, 6) == expected, row["path"]
    for row in describe(entry.config):
        if not row["live"]:
            edited = replace_at(base, row["path"], another(row))
            with pytest.raises(ConfigError) as caught:
                build(entry).reconfigure(decode(entry.config, edited))
            assert caught.value.path in ("", row["path"])


def _at(data: dict[str, Any], path: str) -> Any:
    for name in path.split("."):
        data = data[name]
    return data


@each_family
def test_a_population_is_all_there_is(entry: Entry):
    family = build(entry)
    if not isinstance(family, HasPopulation):
        pytest.skip("this family draws as many as are asked for")
    train(family, 0, 3)
    n = family.population
    latents = family.prior(n + 5, make_generator(0, 3))
    assert len(latents) == n
    assert torch.equal(latents[:3], family.prior(3, make_generator(7, 8))), "nothing is drawn"
    first, last = family.flow(latents)
    assert (first.t, last.t) == (0.0, 1.0)
    assert torch.equal(first.x, latents)
    assert not torch.equal(first.x, last.x)


@each_family
def test_particles_do_not_know_each_other(entry: Entry):
    """A fixed particle has one life, however many are shown beside it."""
    family = build(entry)
    train(family, 0, 3)
    latents = family.prior(9, make_generator(0, 3))
    *_, all_ = family.flow(latents)
    *_, some = family.flow(latents[:4])
    torch.testing.assert_close(all_.x[:4], some.x, rtol=1e-4, atol=1e-5)


@each_family
def test_samplers_report_their_evaluations(entry: Entry):
    if "denoiser" not in entry.capabilities:
        pytest.skip("this family takes no sampler")
    family = build(entry)
    for sampler_entry in registry.all("sampler"):
        sampler = sampler_entry.make(sampler_entry.config())
        latents = family.prior(2, make_generator(0, 3))
        *_, last = family.flow(latents, sampler=sampler, generator=make_generator(0, 4))
        assert last.nfe == sampler.nfe(), sampler_entry.slug


@each_family
@pytest.mark.parametrize("d", [2, 3])
def test_layers_have_their_shape(entry: Entry, d: int):
    family = build(entry, d=d)
    train(family, 0, 2, d)
    x = torch.randn((6, d), generator=make_generator(0))
    for layer in family.layers:
        value = family.layer(layer.name, x, 0.5)
        assert value.shape == {"scalar": (6,), "vector": (6, d)}[layer.kind]
        assert value.isfinite().all()
        assert not value.requires_grad
        assert layer.title
        assert layer.symbol
        with torch.no_grad():
            torch.testing.assert_close(family.layer(layer.name, x.clone(), 0.5), value)
    assert [v.name for v in family.layers] == [v.name for v in type(family).layers]
    with pytest.raises(KeyError):
        family.layer("no-such-layer", x, 0.5)


@each_family
def test_capabilities_are_what_it_can_do(entry: Entry):
    family = build(entry)
    known = {name for name, protocol in PROTOCOLS.items() if isinstance(family, protocol)}
    assert known == set(entry.capabilities) & PROTOCOLS.keys()


@each_family
def test_capabilities_return_their_shapes(entry: Entry):
    family = build(entry)
    train(family, 0, 2)
    x = torch.randn((5, 2), generator=make_generator(0))
    if isinstance(family, HasVelocity):
        assert family.velocity(x, 0.5).shape == (5, 2)
    if isinstance(family, HasCritic):
        assert family.critic(x).shape == (5,)
    if isinstance(family, HasDenoiser):
        assert family.denoise(x, torch.tensor(0.5)).shape == (5, 2)
        assert family.denoise(x, torch.full((5,), 0.5)).shape == (5, 2)
    if isinstance(family, HasLikelihood):
        assert family.log_prob(x).shape == (5,)
    if isinstance(family, HasLatent):
        latents = family.prior(5, make_generator(0, 3))
        assert torch.equal(family.push(latents), list(family.flow(latents))[-1].x)


@each_family
def test_a_state_is_a_copy(entry: Entry):
    family = build(entry)
    train(family, 0, 2)
    state = family.state()
    kept = through_disk(state)
    train(family, 2, 4)
    assert same(state, kept)


@each_family
def test_a_state_of_another_size_is_refused(entry: Entry):
    if not learns(build(entry)):
        pytest.skip("this family has no weights")
    state = build(entry).state()
    wide = larger(entry, 24)
    with pytest.raises(ValueError, match="shape"):
        build(entry, wide).load_state(state)


@each_family
def test_a_state_with_anything_missing_is_refused(entry: Entry):
    family = build(entry)
    train(family, 0, 2)
    state = family.state()
    for name in state.tensors:
        part = State({k: v for k, v in state.tensors.items() if k != name}, state.values)
        with pytest.raises(ValueError, match="saved state"):
            build(entry).load_state(part)
    for name in state.values:
        part = State(state.tensors, {k: v for k, v in state.values.items() if k != name})
        with pytest.raises(ValueError, match="saved state"):
            build(entry).load_state(part)


@each_family
def test_it_counts_its_weights(entry: Entry):
    count = build(entry).parameter_count()
    if any(row["path"].rpartition(".")[2] == "width" for row in describe(entry.config)):
        assert 0 < count < build(entry, larger(entry, 32)).parameter_count()
    else:
        assert count == 0, "no network, no weights"


@each_family
def test_data_units_do_not_matter(entry: Entry):
    """A family works in standardised coordinates: the spec's units change nothing."""
    config = decode(entry.config, small(entry))
    mean, std = torch.tensor([5.0, -3.0]), torch.tensor([10.0, 0.1])
    spec = DATA[2].spec()
    assert spec.mixture is not None
    # The same law in other units: standardised, and from there to the units of this spec.
    law = spec.mixture.standardised(spec.mean, spec.std).standardised(-mean / std, 1 / std)
    one = build(entry)
    two = entry.make(
        config, DataSpec("points", (2,), mean, std, law), horizon=40, seed=0, device=CPU
    )
    found, expected = train(two, 0, 3), train(one, 0, 3)
    if entry.extra["field"] == "exact":
        # The law itself is rounded on its way through the units.
        expected = [{k: pytest.approx(v, rel=1e-3) for k, v in step.items()} for step in expected]
    assert found == expected
