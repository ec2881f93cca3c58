"""What every learner must do that makes nothing: as exact and as quiet as those that do."""

from typing import Any

import pytest
import torch

from pushforward.models.config import ConfigError, decode, describe, replace_at
from pushforward.models.contracts.abilities import ABILITIES, Classifies, Recommends
from pushforward.models.contracts.learner import CLOCKS
from tests.models.pairs import (
    HORIZON,
    LEARNERS,
    Pair,
    at,
    batch,
    build,
    each,
    same,
    small,
    through_disk,
    train,
)

TURNS = HORIZON // 8
each_learner = each(LEARNERS)


def says(pair: Pair, learner: Any) -> torch.Tensor:
    """Return what a learner says of a batch."""
    if isinstance(learner, Recommends):
        return learner.recommend(batch(pair, 77))
    assert isinstance(learner, Classifies)
    return learner.classify(batch(pair, 77))


@each_learner
def test_resume_is_exact(pair: Pair):
    straight = build(pair)
    expected = train(pair, straight, 0, 2 * TURNS)
    first = build(pair)
    found = train(pair, first, 0, TURNS)
    second = build(pair, seed=99)
    second.load_state(through_disk(first.state()))
    found += train(pair, second, TURNS, 2 * TURNS)
    assert found == expected
    assert same(straight.state(), second.state())
    assert torch.equal(says(pair, straight), says(pair, second))


@each_learner
def test_a_seed_fixes_everything_and_looking_changes_nothing(pair: Pair):
    before = torch.get_rng_state()
    one, two, other = build(pair), build(pair), build(pair, seed=1)
    expected = train(pair, one, 0, 4)
    found = []
    for i in range(4):
        found += train(pair, two, i, i + 1)
        says(pair, two)
        two.state()
    assert found == expected
    if not pair.entry.passes:  # a fit in one pass draws no random numbers
        assert expected != train(pair, other, 0, 4)
    assert torch.equal(before, torch.get_rng_state())


@each_learner
def test_a_step_moves_every_weight_and_is_finite(pair: Pair):
    learner = build(pair)
    before = learner.state()
    steps = train(pair, learner, 0, 2 * TURNS)
    after = learner.state()
    assert all(torch.tensor(list(step.values())).isfinite().all() for step in steps)
    moved = [n for n, x in before.tensors.items() if x.is_floating_point()]
    assert moved
    assert not [n for n in moved if torch.equal(before.tensors[n], after.tensors[n])]


@each_learner
def test_a_walk_is_a_step_in_its_stages(pair: Pair):
    walked, stepped = build(pair), build(pair)
    walk, passed = walked.walk(batch(pair, 0)), []
    while True:
        try:
            name, scene = next(walk)
        except StopIteration as end:
            metrics = end.value
            break
        passed.append(name)
        data = [x for name, x in scene.items() if name not in CLOCKS]
        assert all(x.shape[1:] == pair.data.spec().shape for x in data)
        assert not any(x.requires_grad for x in scene.values())
    assert passed == [stage.name for stage in walked.stages]
    expected = stepped.step(batch(pair, 0))
    assert {k: float(v) for k, v in metrics.items()} == {k: float(v) for k, v in expected.items()}


@each_learner
def test_live_settings_change_and_no_others(pair: Pair):
    base = small(pair)
    for row in describe(pair.entry.config):
        if row["of"] == "network" or row["kind"] != "float":
            continue
        edited = replace_at(base, row["path"], 0.5 * at(base, row["path"]) or 0.25)
        learner = build(pair)
        if row["live"]:
            learner.reconfigure(decode(pair.entry.config, edited))
            other = build(pair)
            assert train(pair, learner, 0, 2) != train(pair, other, 0, 2), row["path"]
        else:
            with pytest.raises(ConfigError):
                learner.reconfigure(decode(pair.entry.config, edited))


@each_learner
def test_it_can_do_what_it_says_and_nothing_else(pair: Pair):
    learner = build(pair)
    able = {name for name, ability in ABILITIES.items() if isinstance(learner, ability)}
    assert able == set(pair.entry.capabilities)
    assert "samples" not in pair.entry.abilities


@each([pair for pair in LEARNERS if not pair.entry.passes])
def test_a_state_of_another_size_is_refused(pair: Pair):
    with pytest.raises(ValueError, match="shape"):
        build(pair, small(pair, width=24)).load_state(build(pair).state())
