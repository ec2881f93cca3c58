"""What is padded and what is given, through every family on every kind of data that has either."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from pushforward.models.config import describe, replace_at
from pushforward.models.contracts.abilities import HasCritic, HasDenoiser, HasLatent, HasPopulation
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.learner import CLOCKS
from pushforward.models.contracts.spec import LABEL, POSITION, SIZE, DataSpec, Given
from pushforward.models.tensors import make_generator
from tests.models import tracks
from tests.models.pairs import (
    CONDITIONED,
    FAMILIES,
    LESSON,
    MASKED,
    PAIRS,
    TURNS,
    Pair,
    at,
    batch,
    build,
    each,
    small,
    train,
)


@pytest.fixture(autouse=True, scope="module")
def _known() -> Iterator[None]:
    with tracks.known():
        yield


FREE = [pair for pair in CONDITIONED if "population" not in pair.entry.capabilities]
FIXED = [pair for pair in CONDITIONED if "population" in pair.entry.capabilities]
LEARNED = [
    pair
    for pair in CONDITIONED
    if any(row["of"] == "network" for row in describe(pair.entry.config))
]
each_conditioned = each(CONDITIONED)
each_masked = each(MASKED)


def trained(pair: Pair, steps: int = TURNS) -> Family[Any]:
    family = build(pair)
    train(pair, family, 0, steps)
    return family


def eager(pair: Pair) -> dict[str, Any]:
    """Return small settings that learn at a hundred times the rate, and at once: what is given goes
    through weights that start at zero, and hardly weighs after a few usual steps.
    """
    data, sooner = small(pair), {"lr": 0.1, "warmup": 0}
    for path in (row["path"] for row in describe(pair.entry.config)):
        name = path.rpartition(".")[2]
        data = replace_at(data, path, sooner.get(name, at(data, path)))
    return data


def garbled(rows: Batch) -> Batch:
    """Return rows with anything at all at their padded places."""
    noise = 100.0 * torch.randn(rows.x.shape, generator=make_generator(5))
    return rows.holding(rows.x + (noise - rows.zeroed(noise)))


def occupied(x: Tensor) -> Tensor:
    """Return which places of rows (n, L, ...) hold anything but 0, (n, L)."""
    return x.reshape(*x.shape[:2], -1).abs().sum(dim=-1) > 0.0


def test_padded_places_are_0_whatever_a_network_says_there():
    mask = torch.tensor([[True, False, False]])
    rows = Batch(torch.zeros((1, 3, 2)), mask)
    said = torch.tensor([[[1.0, -2.0], [torch.inf, -torch.inf], [torch.nan, 3.0]]])
    said.requires_grad_()
    kept = rows.zeroed(said)
    assert torch.equal(kept, torch.tensor([[[1.0, -2.0], [0.0, 0.0], [0.0, 0.0]]]))
    kept.square().sum().backward()
    assert torch.equal(said.grad, torch.tensor([[[2.0, -4.0], [0.0, 0.0], [0.0, 0.0]]]))


def test_there_is_such_data():
    assert {pair.entry.slug for pair in PAIRS if pair in MASKED} == {
        entry.slug for entry in FAMILIES if {"law", "whole", "mixed"}.isdisjoint(entry.needs)
    }
    assert FREE
    assert FIXED


@each_conditioned
def test_conditions_that_nobody_chose_are_rows_of_the_law(pair: Pair):
    latents, spec = build(pair).prior(40, make_generator(0, 3)), pair.data.spec()
    assert latents.given.keys() == spec.law.keys()
    same = torch.ones((40, len(pair.data)), dtype=torch.bool)
    for name, law in spec.law.items():
        mine, all_ = latents.given[name].flatten(1) if law.dim() > 1 else latents.given[name], law
        if law.dim() == 1:
            mine, all_ = mine[:, None], law[:, None]
        same &= (mine[:, None] == all_.flatten(1)[None]).all(dim=-1)
    assert same.any(dim=1).all(), "all that is given of a row is of one row of the data"
    assert all(len(value.unique(dim=0)) > 1 for value in latents.given.values())
    if spec.masks is not None:
        assert latents.mask is not None
        assert torch.equal(latents.mask, spec.masks[latents.given[SIZE].long()])


@each(FREE)
def test_chosen_conditions_are_taken(pair: Pair):
    family, spec = build(pair), pair.data.spec()
    for name, law in spec.law.items():
        one, each_ = law[3], law[torch.arange(5)]
        alike = family.prior(5, make_generator(0, 3), given={name: one}).given[name]
        assert torch.equal(alike, one.expand(alike.shape))
        told = family.prior(5, make_generator(0, 3), given={name: each_})
        assert torch.equal(told.given[name], each_)
        assert told.given.keys() == spec.law.keys()
        if name == SIZE:
            assert told.mask is not None
            assert spec.masks is not None
            assert torch.equal(told.mask, spec.masks[each_])
        *_, last = family.flow(told, generator=make_generator(1))
        assert last.x.isfinite().all()


def test_what_nobody_chose_is_of_rows_of_the_class_that_was_chosen():
    """The law has no light jet of class 1: none may be made of the masses of both."""
    label = torch.tensor([0, 1]).repeat(50)
    mass = torch.where(label == 1, 80.0, 10.0) + torch.rand(100, generator=make_generator(0))
    given = {LABEL: Given(classes=3), "mass": Given()}
    law = {LABEL: label, "mass": mass}
    spec = DataSpec("points", (2,), torch.zeros(2), torch.ones(2), given=given, law=law)
    _, alike = spec.conditions(200, make_generator(1), {LABEL: torch.tensor(1)})
    assert alike["mass"].min() >= 80.0
    assert len(alike["mass"].unique()) > 20
    each = torch.tensor([0, 1]).repeat(30)
    _, mixed = spec.conditions(60, make_generator(1), {LABEL: each})
    assert torch.equal(mixed["mass"] >= 80.0, each == 1)
    _, unknown = spec.conditions(60, make_generator(1), {LABEL: torch.tensor(2)})
    assert torch.equal(unknown[LABEL], torch.full((60,), 2))


def test_what_nobody_chose_is_of_rows_near_the_numbers_that_were_chosen():
    """A mass that only one type has brings that type along, and the size that goes with it."""
    label = torch.tensor([0, 1]).repeat(200)
    mass = torch.where(label == 1, 80.0, 10.0) + torch.rand(400, generator=make_generator(0))
    size = torch.where(mass.frac() < 0.5, 3, 5)
    given = {LABEL: Given(classes=2), "mass": Given(), SIZE: Given()}
    law = {LABEL: label, "mass": mass, SIZE: size}
    spec = DataSpec("points", (2,), torch.zeros(2), torch.ones(2), given=given, law=law)
    _, heavy = spec.conditions(300, make_generator(1), {"mass": torch.tensor(80.25)})
    assert (heavy[LABEL] == 1).all()
    assert (heavy[SIZE] == 3).all()
    mixed = torch.tensor([10.9, 80.1]).repeat(300)  # more values than are looked at together
    mixed = mixed + 1e-6 * torch.arange(600)
    _, each = spec.conditions(600, make_generator(1), {"mass": mixed})
    assert torch.equal(each[LABEL], torch.tensor([0, 1]).repeat(300))
    # What many rows have is of all of them, not of a few of these.
    _, small = spec.conditions(2000, make_generator(1), {SIZE: torch.tensor(3)})
    assert len(small["mass"].unique()) == int((size == 3).sum())
    # A class comes before a number that none of it has.
    _, light = spec.conditions(
        50, make_generator(1), {LABEL: torch.tensor(0), "mass": torch.tensor(80.0)}
    )
    assert torch.equal(light[LABEL], torch.zeros_like(light[LABEL]))


@each(FIXED)
def test_particles_that_were_moved_have_had_their_conditions(pair: Pair):
    family = build(pair)
    assert isinstance(family, HasPopulation)
    for name, law in pair.data.spec().law.items():
        with pytest.raises(ValueError, match=f"{name} cannot be chosen"):
            family.prior(5, make_generator(0, 3), given={name: law[0]})
    before = family.prior(family.population, make_generator(0, 3)).given
    train(pair, family, 0, LESSON)
    after = family.prior(family.population, make_generator(1, 3)).given
    assert all(torch.equal(before[name], after[name]) for name in before)


@each_masked
def test_padded_places_stay_exactly_zero(pair: Pair):
    family, spec = trained(pair), pair.data.spec()
    latents = family.prior(16, make_generator(0, 3))
    if latents.x.shape[1:] == spec.shape:
        assert torch.equal(latents.zeroed(latents.x), latents.x)
    assert latents.mask is not None
    assert not latents.mask.all()
    frames = list(family.flow(latents, generator=make_generator(1)))
    for frame in frames:
        assert torch.equal(latents.zeroed(frame.x), frame.x)
    assert occupied(frames[-1].x)[latents.mask].all(), "and the others are not"


@each_masked
def test_padded_places_stay_zero_in_a_training(pair: Pair):
    """Particles may have other sizes than the data of a batch, but each has one of them."""
    family, masks = build(pair), pair.data.spec().masks
    assert masks is not None
    for i in range(TURNS):
        rows = batch(pair, i)
        for name, scene in family.walk(rows):
            assert torch.equal(rows.zeroed(scene["real"]), scene["real"])
            for what in scene.keys() - {"real"} - CLOCKS:
                places = occupied(scene[what])
                fits = (places[:, None] == masks[None]).all(dim=-1).any(dim=1)
                if rows.mask is not None and len(places) == len(rows.mask):
                    fits |= (places <= rows.mask).all(dim=1)  # what is corrupted may be 0, too
                assert fits.all(), f"{what} of {name}"
                assert not places.all(), f"{what} of {name}: nothing is padded"


@each_masked
def test_what_stands_at_padded_places_does_not_matter(pair: Pair):
    family, rows = trained(pair), pair.data.spec().example(12, make_generator(0))
    level = torch.tensor(0.7)
    if isinstance(family, HasDenoiser):
        denoise = family.denoiser(rows)
        clean, other = (rows.zeroed(denoise(r.x, level)) for r in (rows, garbled(rows)))
        torch.testing.assert_close(clean, other)
    if isinstance(family, HasCritic):
        torch.testing.assert_close(family.critic(rows), family.critic(garbled(rows)))


def answers(pair: Pair, family: Family[Any], rows: Batch) -> list[Tensor]:
    """Return what the networks of a family say of rows, as far as it can be asked."""
    said = []
    if isinstance(family, HasDenoiser):
        said.append(family.denoiser(rows)(rows.x, torch.tensor(0.7)))
    if isinstance(family, HasCritic):
        said.append(family.critic(rows))
    if isinstance(family, HasLatent):
        latents = family.prior(len(rows), make_generator(0, 3))
        said.append(family.push(Batch(latents.x, rows.mask, rows.given)))
    if not said:
        # Two scores that nobody is shown but as a layer.
        said = [family.layer(v.name, rows, 0.5) for v in family.layers if "score" in v.name]
    if not said:
        latents = family.prior(len(rows), make_generator(0, 3))
        *_, last = family.flow(Batch(latents.x, rows.mask, rows.given), generator=make_generator(1))
        said.append(last.x)
    return said


@each(LEARNED)
def test_what_is_given_reaches_the_networks(pair: Pair):
    family, spec = build(pair, eager(pair)), pair.data.spec()
    train(pair, family, 0, TURNS)
    rows = spec.example(12, make_generator(0))
    before = answers(pair, family, rows)
    assert before
    for name, known in spec.given.items():
        if name in (SIZE, POSITION):
            continue  # which places there are; where a pixel lies, which no network reads
        value = rows.given[name]
        other = (value + 1) % known.classes if known.classes else value + 1.0
        told = Batch(rows.x, rows.mask, {**rows.given, name: other})
        for old, new in zip(before, answers(pair, family, told), strict=True):
            gap = (old - new).reshape(len(rows), -1).abs().amax(dim=1)
            assert (gap > 0.0).all(), name
