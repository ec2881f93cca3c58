"""What every recommender must do on every kind of data that it takes: a new one is tested by being
there.
"""

from typing import Any

import torch

from pushforward.models.config import decode, describe, replace_at
from pushforward.models.contracts.abilities import ABILITIES
from pushforward.studio.engine.run.checkpoint_state import pack, restore, saved_data
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.checkpoint import Checkpoints
from tests.models.pairs import ALL, Pair, at, batch, build, each, same, small, train
from tests.models.pairs import through_disk as saved
from tests.models.test_conformance import another

RECOMMENDERS = [pair for pair in ALL if "recommend" in pair.entry.capabilities]
each_learner = each(RECOMMENDERS)
TURNS = 6


def test_there_are_some():
    assert {"gru4rec", "pop"} <= {pair.entry.slug for pair in RECOMMENDERS}


@each_learner
def test_resume_is_exact(pair: Pair):
    straight = build(pair)
    expected = train(pair, straight, 0, 2 * TURNS)
    first = build(pair)
    found = train(pair, first, 0, TURNS)
    second = build(pair, seed=99)
    second.load_state(saved(first.state()))
    found += train(pair, second, TURNS, 2 * TURNS)
    assert found == expected
    assert same(straight.state(), second.state())
    assert all("loss" in step for step in found)


@each_learner
def test_it_learns(pair: Pair):
    made = build(pair)
    before = made.state()
    losses = [step["loss"] for step in train(pair, made, 0, 40)]
    assert torch.tensor(losses).isfinite().all()
    if not made.parts:
        assert same(before, made.state()), "random lists have nothing to learn"
        return
    assert not same(before, made.state())
    assert sum(losses[-10:]) < sum(losses[:10])


@each_learner
def test_a_walk_is_a_step_in_its_stages(pair: Pair):
    walked, stepped = build(pair), build(pair)
    names = [stage.name for stage in walked.stages]
    assert names
    walk, passed = walked.walk(batch(pair, 0)), []
    while True:
        try:
            name, scene = next(walk)
        except StopIteration as end:
            said = end.value
            break
        passed.append(name)
        assert scene
    assert passed == names
    expected = stepped.step(batch(pair, 0))
    assert {k: float(v) for k, v in said.items()} == {k: float(v) for k, v in expected.items()}
    assert same(walked.state(), stepped.state())


@each_learner
def test_a_checkpoint_is_enough(pair: Pair, tmp_path):
    made = build(pair)
    train(pair, made, 0, 3)
    spec = RunSpec(name="x", family=Pick(slug="x"), dataset=Pick(slug="x"))
    checkpoints = Checkpoints(tmp_path)
    tensors, values = pack(made, 3, spec, ())
    checkpoints.save(3, tensors, values)
    checkpoint, _ = checkpoints.newest()
    assert checkpoint is not None
    found = saved_data(checkpoint)
    again: Any = pair.entry.make(
        decode(pair.entry.config, small(pair)), found, horizon=40, seed=5, device=made.device
    )
    restore(again, checkpoint)
    assert same(again.state(), made.state())


@each_learner
def test_capabilities_are_what_it_can_do(pair: Pair):
    made = build(pair)
    known = {name for name, protocol in ABILITIES.items() if isinstance(made, protocol)}
    assert known == set(pair.entry.capabilities)


@each_learner
def test_live_settings_change_in_a_run(pair: Pair):
    base = small(pair)
    for row in (row for row in describe(pair.entry.config) if row["live"]):
        edited = replace_at(base, row["path"], another(row, at(base, row["path"])))
        straight = build(pair)
        train(pair, straight, 0, TURNS)
        state = saved(straight.state())
        straight.reconfigure(decode(pair.entry.config, edited))
        expected = train(pair, straight, TURNS, TURNS + 3)
        rebuilt = build(pair, edited)
        rebuilt.load_state(state)
        assert train(pair, rebuilt, TURNS, TURNS + 3) == expected, row["path"]


@each_learner
def test_a_recommender_scores_every_item_whatever_is_padded(pair: Pair):
    made: Any = build(pair)
    train(pair, made, 0, TURNS)
    rows = pair.data.spec().standardised(pair.data.rows(slice(0, 7)))
    scores = made.recommend(rows)
    assert pair.data.spec().symbols is not None
    assert scores.shape == (7, pair.data.spec().symbols - 1)
    assert not scores.requires_grad
    torch.testing.assert_close(made.recommend(rows.x), scores)
    wider = torch.nn.functional.pad(rows.x, (0, 3))
    torch.testing.assert_close(made.recommend(wider), scores, rtol=1e-5, atol=1e-5)
    assert made.recommend(torch.zeros_like(rows.x[:1])).isfinite().all(), "of nobody yet known"
