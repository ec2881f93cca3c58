"""What every family must do on every kind of data that it takes, whoever wrote either: a new family
or a new kind is tested by being there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from pushforward.models.config import ConfigError, decode, describe, replace_at
from pushforward.models.contracts.abilities import (
    HasBound,
    HasCritic,
    HasDenoiser,
    HasLatent,
    HasLikelihood,
    HasPopulation,
    HasPosterior,
    HasVelocity,
)
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.learner import CLOCKS, LAW, Scene
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import State
from pushforward.models.fields.reverse_variance import DIVERGENCE
from pushforward.models.nets.offered import kinds_of
from pushforward.models.registry import registry
from pushforward.models.tensors import make_generator
from pushforward.studio.engine.run.checkpoint_state import pack, restore, saved_data
from pushforward.studio.protocol.spec import Pick as PickSpec
from pushforward.studio.protocol.spec import RunSpec
from pushforward.studio.store.checkpoint import Checkpoints
from tests.models import tracks
from tests.models.pairs import (
    ALL,
    FAMILIES,
    FEW,
    LESSON,
    PAIRS,
    TURNS,
    Pair,
    at,
    batch,
    build,
    cases,
    each,
    equal,
    learns,
    lesson,
    lightest,
    networked,
    other_networks,
    same,
    samples,
    small,
    through_disk,
    train,
    trained,
    variants,
    weighty,
)

PROTOCOLS: dict[str, type] = {
    "velocity": HasVelocity,
    "critic": HasCritic,
    "denoiser": HasDenoiser,
    "likelihood": HasLikelihood,
    "bound": HasBound,
    "latent": HasLatent,
    "population": HasPopulation,
    "posterior": HasPosterior,
}
SCARCE = 3
"""Of so many numbers at most is a datum whose likelihood is asked for: each costs a pass."""


@pytest.fixture(autouse=True, scope="module")
def _known() -> Iterator[None]:
    with tracks.known():
        yield


DENOISING = [pair for pair in PAIRS if "denoiser" in pair.entry.capabilities]
ON_A_KIND = list({pair.kind.slug: pair for pair in DENOISING}.values())
"""One of them on each kind of data."""
each_pair = each(PAIRS)
each_of_few = each(FEW)
each_light_pair = each([lightest(entry) for entry in FAMILIES])
each_source = each([*{(p.kind.slug, "law" in p.entry.needs): p for p in PAIRS}.values()])
OTHER_NETWORKS = list(other_networks())
each_other_network = pytest.mark.parametrize(("pair", "settings"), OTHER_NETWORKS)
each_variant = pytest.mark.parametrize(
    ("pair", "settings"),
    [
        *cases(PAIRS, small),
        *OTHER_NETWORKS,
        *variants(),
    ],
    scope="module",  # all that is asked of a history follows each other
)


@dataclass(frozen=True)
class History:
    """A training: its state before, what each step said, the state after ``at`` of them as a file
    has it, and the family at the end.
    """

    before: State
    steps: list[dict[str, float]]
    at: int
    middle: State
    family: Family[Any]


@pytest.fixture(scope="module")
def history(pair: Pair, settings: dict[str, Any]) -> History:
    family = build(pair, settings)
    before = family.state()
    # Networks that start at zero wake layer by layer, after those of a teacher.
    at, end = (TURNS, 2 * LESSON + 2) if family.phases else (LESSON, TURNS)
    steps = train(pair, family, 0, at)
    middle = through_disk(family.state())
    steps += train(pair, family, at, end)
    return History(before, steps, at, middle, family)


def test_every_family_takes_some_kind_and_every_kind_has_a_family():
    assert {pair.entry.slug for pair in ALL} == {e.slug for e in registry.all("family")}
    # Not each pair is tried: see `pairs`.
    taken = {slug for entry in registry.all("family") for slug in kinds_of(entry)}
    assert taken == {e.slug for e in registry.all("kind")}
    assert {"edm", "gan"} <= {pair.entry.slug for pair in PAIRS}


@each_source
def test_a_kind_gives_rows_that_fit_their_spec(pair: Pair):
    data, spec = pair.data, pair.data.spec()
    rows = data.rows(slice(0, 7))
    assert spec.kind == pair.kind.slug
    assert rows.x.shape == (7, *spec.shape)
    assert rows.x.dtype == (torch.float32 if spec.symbols is None else torch.int64)
    assert spec.mean.shape == spec.std.shape == spec.shape
    assert rows.given.keys() == spec.law.keys()
    assert spec.given.keys() == spec.law.keys()
    assert (rows.mask is None) == (spec.masks is None)
    assert torch.equal(rows.zeroed(rows.x), rows.x), "what is padded is 0"
    assert equal(data.take(torch.tensor([3, 1])).rows(slice(None)), rows.take(torch.tensor([3, 1])))
    back = spec.restored(spec.standardised(rows))
    torch.testing.assert_close(back.x, rows.x, rtol=1e-4, atol=1e-4)
    for name in rows.given:
        torch.testing.assert_close(back.given[name], rows.given[name], rtol=1e-4, atol=1e-4)


@each_variant
def test_resume_is_exact(history: History, pair: Pair, settings: dict[str, Any]):
    # Another seed: everything that the seed decided has to come from the state.
    second = build(pair, settings, seed=99)
    second.load_state(history.middle)
    assert train(pair, second, history.at, len(history.steps)) == history.steps[history.at :]
    straight = history.family
    assert same(straight.state(), second.state())
    assert torch.equal(samples(straight), samples(second))
    one, two = (family.prior(5, make_generator(0, 3)) for family in (straight, second))
    assert equal(one, two)


@each_of_few
def test_a_run_may_move_to_another_kind_of_device(pair: Pair):
    """Random generators do not translate between them: fresh noise, all else exact."""
    first = trained(pair)
    state = first.state()
    unused = lesson(pair).start.tensors["noise/generator"]
    drew = not torch.equal(unused, state.tensors["noise/generator"])
    state.values["noise/device"] = "somewhere else"
    state.tensors["noise/generator"] = torch.zeros(16, dtype=torch.uint8)
    moved, again = build(pair), build(pair)
    moved.load_state(through_disk(state))
    again.load_state(through_disk(state))
    assert torch.equal(samples(moved), samples(first))
    found = train(pair, moved, TURNS, TURNS + 2)
    assert found == train(pair, again, TURNS, TURNS + 2)
    assert same(moved.state(), again.state())
    # A family whose steps draw nothing goes on as if nothing had been; no other does.
    assert (found != train(pair, first, TURNS, TURNS + 2)) == drew


@each_variant
def test_a_step_is_finite_and_moves_every_weight(history: History, pair: Pair):
    family, before, steps = history.family, history.before, history.steps
    after = family.state()

    assert all("loss" in step for step in steps)
    values = torch.tensor([value for step in steps for value in step.values()])
    assert values.isfinite().all()
    # Before the first step the optimisers are empty: these are weights and averaged weights. A
    # lone number may have no say: the last bias of a Wasserstein critic cancels from its loss.
    weights = [n for n, x in before.tensors.items() if x.is_floating_point() and x.numel() > 1]
    if "population" in pair.entry.capabilities:
        # Where particles started, and under which conditions, is part of the state, and stays.
        weights = [n for n in weights if not n.endswith("/start") and "/given/" not in n]
    assert weights or not learns(family)
    still = [n for n in weights if torch.equal(before.tensors[n], after.tensors[n])]
    assert not still, f"never moved: {still}"
    assert all(x.isfinite().all() for x in after.tensors.values() if x.is_floating_point())


@each_of_few
def test_what_a_step_returns_is_detached_and_scalar(pair: Pair):
    for value in build(pair).step(batch(pair, 0)).values():
        assert value.ndim == 0
        assert not value.requires_grad


@each_of_few
def test_a_seed_fixes_everything(pair: Pair):
    known, one, two, other = lesson(pair), trained(pair), build(pair), build(pair, seed=1)
    assert train(pair, two, 0, TURNS) == known.steps
    assert same(two.state(), known.state)
    assert torch.equal(samples(one), samples(two))
    assert train(pair, other, 0, 3) != known.steps[:3]
    assert not learns(one) or not torch.equal(samples(one), samples(other))


@each_of_few
def test_initial_weights_depend_on_the_seed(pair: Pair):
    one = lesson(pair).start
    if not weighty(one):
        pytest.skip("this family has no weights")
    other = build(pair, seed=1).state()
    assert any(
        not torch.equal(one.tensors[n], other.tensors[n])
        for n, x in one.tensors.items()
        if x.is_floating_point()
    )


def lookedat(pair: Pair, family: Any) -> list[str]:
    """Return the layers of a family that do not cost too much on a kind of data."""
    many = pair.data.spec().mean.numel() > SCARCE and isinstance(family, HasLikelihood)
    return [v.name for v in family.layers if not (many and v.name == "log-density")]


@each_of_few
def test_watching_changes_nothing(pair: Pair):
    alone, watched = lesson(pair), build(pair)
    found = []
    rows = pair.data.spec().example(5, make_generator(0))
    for i in range(TURNS):
        found += train(pair, watched, i, i + 1)
        # Once while a teacher learns, where there is one, and once after.
        if i in (1, LESSON):
            samples(watched, n=3, seed=i)
            watched.state()
            for name in lookedat(pair, watched):
                watched.layer(name, rows, 0.5)
    assert found == alone.steps
    assert same(alone.state, watched.state())


@each_of_few
def test_global_random_numbers_are_left_alone(pair: Pair):
    before = torch.get_rng_state()
    family = build(pair)
    train(pair, family, 0, 2)
    samples(family)
    family.load_state(family.state())
    assert torch.equal(before, torch.get_rng_state())


@each_pair
def test_any_number_of_rows(pair: Pair):
    family = build(pair)
    whole = pair.data.spec().symbols is not None
    for size in (1, 17):
        assert family.step(batch(pair, 0, size))["loss"].isfinite()
        x = samples(family, n=size)
        assert x.shape == (size, *pair.data.spec().shape)
        assert x.dtype == (torch.int64 if whole else torch.float32)
        assert x.isfinite().all()


@each_pair
def test_frames_go_from_prior_to_data(pair: Pair):
    family = build(pair)
    if family.phases:
        train(pair, family, 0, 3)  # while the teacher learns
    else:
        family = trained(pair)
    latents = family.prior(7, make_generator(0, 3))
    kept = latents.x.clone()
    frames = list(family.flow(latents, generator=make_generator(0, 4)))
    times = [f.t for f in frames]

    assert times[-1] == 1.0
    assert len(frames) == 1 or times[0] == 0.0
    assert all(a < b for a, b in pairwise(times))
    spent = [f.nfe for f in frames]
    foretold = family.evaluations(family.config)
    assert foretold is None or foretold == spent[-1] or family.phases
    assert spent == sorted(spent)
    assert len(frames) == 1 or spent[0] == 0
    # The teacher's lesson is over only in a few steps: until then nothing need have moved.
    assert spent[-1] >= 1 or family.phases
    assert all(f.x.shape == (7, *pair.data.spec().shape) for f in frames)
    assert all(f.x.isfinite().all() and not f.x.requires_grad for f in frames)
    assert torch.equal(latents.x, kept)
    again = list(family.flow(latents, generator=make_generator(0, 4)))
    assert all(torch.equal(a.x, b.x) for a, b in zip(frames, again, strict=True))
    # Frames that were yielded stay as they were: they are not views of one buffer.
    frames[0].x.add_(1)
    assert len(frames) == 1 or torch.equal(frames[-1].x, again[-1].x)
    assert torch.equal(latents.x, kept) or len(frames) > 1


def check_scene(scene: Scene, spec: DataSpec) -> None:
    """What a stage has at hand are data, how noisy they are, and of symbols laws."""
    for name, value in scene.items():
        assert not value.requires_grad
        if name == LAW:
            assert value.shape[1:] == (*spec.shape, spec.symbols)
            assert torch.allclose(value.sum(dim=-1), torch.ones(()), atol=1e-4)
        elif name in CLOCKS:
            assert value.shape == scene["particles"].shape[:1]
            assert (value >= 0).all()
            assert name != "time" or (value <= 1).all()
        else:
            assert value.shape[1:] == spec.shape


@each_pair
def test_a_walk_is_a_step_in_its_stages(pair: Pair):
    """Slow motion shows what trains: the same numbers, and stages that are known, in order."""
    walked, stepped = build(pair), lesson(pair)
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
    for i in range(TURNS):
        walk, passed = walked.walk(batch(pair, i)), []
        while True:
            try:
                name, scene = next(walk)
            except StopIteration as end:
                metrics = end.value
                break
            passed.append(name)
            assert scene
            check_scene(scene, pair.data.spec())
            if "velocity" in scene:
                assert scene["velocity"].shape == scene["particles"].shape
        assert passed == [name for name in names if name in passed]
        seen += passed
        assert {k: float(v) for k, v in metrics.items()} == stepped.steps[i]
        some = {*metrics, DIVERGENCE}  # a choice of a diffusion, which is not made here
        assert pair.entry.units.keys() <= some, "a unit is of something that is reported"
    assert set(seen) == set(names), "each stage has its turn"
    assert same(walked.state(), stepped.state)


def another(row: dict[str, Any], now: Any) -> Any:
    """Return another value that a setting may have."""
    if row["choices"]:
        return next(c["value"] for c in row["choices"] if c["value"] != now)
    if row["kind"] == "bool":
        return not now
    if row["kind"] == "int":
        return now + (1 if row["high"] is None or now < row["high"] else -1)
    if row["of"] == "network":
        return {**now, "config": {**now["config"], "width": 9}}
    return 0.5 * now if now else 0.25


@each_light_pair
def test_live_settings_change_in_a_run_and_no_others(pair: Pair):
    """As it goes on after an edit, so it does when resumed from there, whichever way."""
    rows, config, base = describe(pair.entry.config), pair.entry.config, small(pair)
    for row in (row for row in rows if row["live"]):
        edited = replace_at(base, row["path"], another(row, at(base, row["path"])))
        needs = row["depends"]
        if needs and at(base, needs["path"]) not in needs["values"]:
            continue
        straight = trained(pair)
        saved = through_disk(straight.state())
        straight.reconfigure(decode(config, edited))
        expected = train(pair, straight, TURNS, TURNS + 3)

        resumed = build(pair)
        resumed.load_state(saved)
        resumed.reconfigure(decode(config, edited))
        assert train(pair, resumed, TURNS, TURNS + 3) == expected, row["path"]
        rebuilt = build(pair, edited)
        rebuilt.load_state(saved)
        assert train(pair, rebuilt, TURNS, TURNS + 3) == expected, row["path"]
    family = trained(pair)
    for row in (row for row in rows if not row["live"]):
        edited = replace_at(base, row["path"], another(row, at(base, row["path"])))
        with pytest.raises(ConfigError) as caught:
            family.reconfigure(decode(config, edited))
        assert caught.value.path in ("", row["path"])
    assert same(family.state(), lesson(pair).state), "what was refused has changed nothing"


@each([pair for pair in PAIRS if "population" in pair.entry.capabilities])
def test_a_population_is_all_there_is(pair: Pair):
    family = trained(pair)
    assert isinstance(family, HasPopulation)
    n = family.population
    latents = family.prior(n + 5, make_generator(0, 3))
    assert len(latents) == n
    some = latents.take(slice(0, 3))
    assert equal(some, family.prior(3, make_generator(7, 8))), "nothing is drawn"
    first, last = family.flow(latents)
    assert (first.t, last.t) == (0.0, 1.0)
    assert torch.equal(first.x, latents.x)
    assert not torch.equal(first.x, last.x)


@each_pair
def test_particles_do_not_know_each_other(pair: Pair):
    """A fixed particle has one life, however many are shown beside it."""
    family = trained(pair)
    latents = family.prior(32, make_generator(0, 3))
    *_, all_ = family.flow(latents)
    *_, some = family.flow(latents.take(slice(0, 16)))
    torch.testing.assert_close(all_.x[:16], some.x, rtol=1e-3, atol=1e-4)


@each([pair for pair in DENOISING if pair in FEW or pair in ON_A_KIND])
def test_samplers_report_their_evaluations(pair: Pair):
    family = build(pair)
    for entry in (e for e in registry.all("sampler") if "posterior" not in e.needs):
        known = {row["path"] for row in describe(entry.config)}
        short = {"steps": 4, "levels": 2, "walk": 3}
        config = {name: n for name, n in short.items() if name in known}
        sampler = entry.make(decode(entry.config, config))
        latents = family.prior(2, make_generator(0, 3))
        *_, last = family.flow(latents, sampler=sampler, generator=make_generator(0, 4))
        assert sampler.nfe() in (last.nfe, None), entry.slug
        assert torch.equal(latents.zeroed(last.x), last.x), entry.slug


@each_pair
def test_layers_have_their_shape(pair: Pair):
    family, shape = trained(pair), pair.data.spec().shape
    rows = pair.data.spec().example(6, make_generator(0))
    for layer in family.layers:
        assert layer.title
        assert layer.symbol
        if layer.name not in lookedat(pair, family):
            continue
        value = family.layer(layer.name, rows, 0.5)
        assert value.shape == {"scalar": (6,), "vector": (6, *shape)}[layer.kind]
        assert value.isfinite().all()
        assert not value.requires_grad
        if layer.kind == "vector":
            assert torch.equal(rows.zeroed(value), value), f"{layer.name} at padded places"
        with torch.no_grad():
            again = family.layer(layer.name, rows.holding(rows.x.clone()), 0.5)
            torch.testing.assert_close(again, value)
    assert [v.name for v in family.layers] == [v.name for v in type(family).layers]
    assert {v.name for v in family.layers} == family.layer_functions.keys()
    with pytest.raises(KeyError):
        family.layer("no-such-layer", rows, 0.5)


@each_variant
def test_capabilities_are_what_it_can_do(pair: Pair, settings: dict[str, Any]):
    """By any settings: what is recorded asks a model for what it seems to be able to do."""
    family = build(pair, settings)
    known = {name for name, protocol in PROTOCOLS.items() if isinstance(family, protocol)}
    assert known == set(pair.entry.capabilities) & PROTOCOLS.keys()


@each_pair
def test_capabilities_return_their_shapes(pair: Pair):
    family = trained(pair)
    rows = pair.data.spec().example(5, make_generator(0))
    x = rows.x
    if isinstance(family, HasVelocity):
        assert family.velocity(rows, 0.5).shape == x.shape
    if isinstance(family, HasCritic):
        assert family.critic(rows).shape == (5,)
    if isinstance(family, HasDenoiser):
        denoise = family.denoiser(rows)
        assert denoise(x, torch.tensor(0.5)).shape == x.shape
        each_level = denoise(x, torch.full((5,), 0.5))
        torch.testing.assert_close(each_level, denoise(x, torch.tensor(0.5)))
    if isinstance(family, HasLikelihood) and x[0].numel() <= SCARCE:
        assert family.log_prob(rows).shape == (5,)
    if isinstance(family, HasBound):
        bound = family.log_prob_bound(rows)
        assert bound.shape == (5,)
        assert torch.equal(bound, family.log_prob_bound(rows)), "one model has one bound"
    if isinstance(family, HasPosterior):
        law = family.posterior(rows, 0.5)
        assert law.shape[:-1] == x.shape
        assert pair.data.spec().symbols in (law.shape[-1], None)
        torch.testing.assert_close(law.sum(dim=-1), torch.ones(x.shape))
    if isinstance(family, HasLatent):
        latents = family.prior(5, make_generator(0, 3))
        assert torch.equal(family.push(latents), list(family.flow(latents))[-1].x)


@each([pair for pair in FEW if not pair.data.spec().law])
def test_a_tensor_is_a_batch_with_nothing_given(pair: Pair):
    known, one, two = lesson(pair), trained(pair), build(pair)
    for i in range(TURNS):
        said = two.step(batch(pair, i).x)
        assert {k: float(v) for k, v in said.items()} == known.steps[i]
    assert same(known.state, two.state())
    latents = one.prior(4, make_generator(0, 3))
    pushed = [list(one.flow(z, generator=make_generator(1)))[-1].x for z in (latents, latents.x)]
    assert torch.equal(*pushed)


@each_of_few
def test_a_state_is_a_copy(pair: Pair):
    family = trained(pair)
    state = family.state()
    kept = through_disk(state)
    train(pair, family, TURNS, TURNS + 2)
    assert same(state, kept)


@each_of_few
def test_a_state_of_another_size_is_refused(pair: Pair):
    state = lesson(pair).start
    if not weighty(state):
        pytest.skip("this family has no weights")
    with pytest.raises(ValueError, match="shape"):
        build(pair, small(pair, width=24)).load_state(state)


@each_other_network
def test_a_state_of_other_networks_is_refused(pair: Pair, settings: dict[str, Any]):
    state, other = lesson(pair).start, build(pair, settings)
    assert other.state().tensors.keys() != state.tensors.keys()
    with pytest.raises(ValueError, match="saved state"):
        other.load_state(state)


@each_light_pair
def test_a_state_with_anything_missing_is_refused(pair: Pair):
    """Of a family: how the weights of a network are read does not depend on which it is."""
    state, fresh = lesson(pair).state, build(pair)
    # One of each kind: the same tensors of other layers, and of optimisers, are read alike.
    for name in {re.sub(r"\d+", "", name): name for name in state.tensors}.values():
        part = State({k: v for k, v in state.tensors.items() if k != name}, state.values)
        with pytest.raises(ValueError, match="saved state"):
            fresh.load_state(part)
    for name in state.values:
        part = State(state.tensors, {k: v for k, v in state.values.items() if k != name})
        with pytest.raises(ValueError, match="saved state"):
            fresh.load_state(part)


@each_of_few
def test_it_counts_its_weights(pair: Pair):
    count = build(pair).parameter_count()
    if networked(pair.entry):
        assert 0 < count < build(pair, small(pair, width=32)).parameter_count()
    else:
        assert count == 0, "no network, no weights"


@each([pair for pair in PAIRS if pair.kind.bounds is None])
def test_data_units_do_not_matter(pair: Pair):
    """A family works in standardised coordinates: the spec's units change nothing."""
    spec = pair.data.spec()
    rising = torch.arange(spec.mean.numel()).reshape(spec.shape)
    mean, std = 5.0 - 8.0 * rising, 10.0 * 0.9**rising
    law = spec.mixture
    if law is not None:
        # The same law in other units: standardised, and from there to the units of this spec.
        law = law.standardised(spec.mean, spec.std).standardised(-mean / std, 1 / std)
    other = replace(spec, mean=mean, std=std, mixture=law)
    two = build(pair, spec=other)
    found, expected = train(pair, two, 0, 3), lesson(pair).steps[:3]
    if law is not None and "law" in pair.entry.needs:
        # The law itself is rounded on its way through the units.
        expected = [{k: pytest.approx(v, rel=1e-3) for k, v in step.items()} for step in expected]
    assert found == expected


@each_pair
def test_a_checkpoint_is_enough_to_sample_from(pair: Pair, tmp_path: Path):
    """Neither the data nor the run folder is needed: what the spec says comes back."""
    family = trained(pair)
    family_pick = PickSpec(slug=pair.entry.slug, config=small(pair))
    run = RunSpec(name="r", family=family_pick, dataset=PickSpec(slug="d"))
    tensors, values = pack(family, TURNS, run, pair.data.columns)
    folder = Checkpoints(tmp_path)
    checkpoint = folder.load(folder.save(TURNS, tensors, values))

    saved = saved_data(checkpoint)
    again = build(pair, spec=saved, seed=7)
    restore(again, checkpoint)
    assert same(again.state(), family.state())
    assert equal(again.prior(9, make_generator(0, 3)), family.prior(9, make_generator(0, 3)))
    assert torch.equal(samples(again), samples(family))


@each_of_few
def test_what_the_data_do_not_say_cannot_be_chosen(pair: Pair):
    chosen = {"no-such-thing": torch.tensor(1)}
    with pytest.raises((KeyError, ValueError), match=r"no-such-thing|conditions"):
        build(pair).prior(3, make_generator(0), given=chosen)


def test_a_batch_is_what_all_of_this_is_about():
    """The suite hands out batches with everything in them, or it would show nothing."""
    rich = [batch(pair, 0) for pair in PAIRS if pair.kind.slug == tracks.SLUG]
    assert rich
    assert all(isinstance(rows, Batch) and rows.mask is not None and rows.given for rows in rich)
