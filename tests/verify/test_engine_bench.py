"""The bench of the claims: trainings by spec, kept by what made them."""

from typing import Any

import pytest

from pushforward.models.contracts.family import Family
from pushforward.models.registry import registry
from pushforward.models.tensors import make_generator
from pushforward.verify.bench import Bench, Trial
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.discovery import discover
from pushforward.verify.engine_bench import EngineBench, cache_folder

SMALL = {"net": {"width": 8, "depth": 1}}
FEW = {"batch": 16, "samples": 64}
TRIAL = Trial("edm", "ring-of-five", 12, config=SMALL, training={"batch": 16, "samples": 100})


@pytest.fixture(autouse=True)
def _found() -> None:
    discover()


def weights(bench: EngineBench, seed: int) -> list[float]:
    state = bench.train(TRIAL, seed).learner.state()
    return [float(x.double().sum()) for x in state.tensors.values()]


def test_the_same_training_is_made_once() -> None:
    bench = EngineBench()
    first = weights(bench, 0)
    folders = sorted(cache_folder().iterdir())
    made = [(f, (f / "finished").stat().st_mtime_ns) for f in folders]
    assert weights(bench, 0) == first
    assert [(f, (f / "finished").stat().st_mtime_ns) for f in folders] == made
    assert weights(bench, 1) != first
    assert len(list(cache_folder().iterdir())) == 2


def test_fresh_trains_anew_and_comes_to_the_same() -> None:
    first = weights(EngineBench(), 0)
    (folder,) = cache_folder().iterdir()
    before = (folder / "finished").stat().st_mtime_ns
    assert weights(EngineBench(fresh=True), 0) == first
    assert (folder / "finished").stat().st_mtime_ns > before


def test_half_a_training_is_not_taken_for_a_whole_one() -> None:
    first = weights(EngineBench(), 0)
    (folder,) = cache_folder().iterdir()
    (folder / "finished").unlink()
    assert weights(EngineBench(), 0) == first


def test_a_budget_ends_a_training_early() -> None:
    long = Trial("edm", "ring-of-five", 1_000_000, config=SMALL, training={"batch": 16})
    learnt = EngineBench(budget=0.5).train(long, 0)
    assert 0 < learnt.steps < 1_000_000


def test_a_training_learns_from_another_one() -> None:
    student = Trial(
        "consistency-distillation", "ring-of-five", 5, training=FEW, inputs={"teacher": TRIAL}
    )
    bench = EngineBench()
    first = bench.train(student, 0).learner.state()
    teacher = bench.train(TRIAL, 0).learner.state()
    assert len(list(cache_folder().iterdir())) == 2
    # It is this teacher's network that it begins with, and the other seed's that it does not.
    own = {x.double().sum().item() for x in first.tensors.values()}
    assert own & {x.double().sum().item() for x in teacher.tensors.values()}
    other = bench.train(TRIAL, 1).learner.state()
    assert not own & {x.double().sum().item() for x in other.tensors.values()}
    again = bench.train(student, 0).learner.state()
    assert own == {x.double().sum().item() for x in again.tensors.values()}
    assert len(list(cache_folder().iterdir())) == 3


def test_what_was_learnt_samples_without_the_training() -> None:
    learnt = EngineBench().train(TRIAL, 0)
    family = learnt.learner
    assert isinstance(family, Family)
    *_, last = family.flow(family.prior(10, make_generator(0)), sampler=learnt.sampler)
    assert last.x.shape == (10, 2)
    one, other = learnt.pair(50, 0)
    assert len(one) == len(other) == 50


def test_settings_are_chosen_by_rows_that_no_claim_is_judged_by() -> None:
    jets = Trial("mmd-flow", "pythia-jets", 1, config={"population": 16}, training=FEW)
    learnt = EngineBench().train(jets, 0)
    assert learnt.validating is not None

    def known(pair: Any) -> set[float]:
        return {x for rows in pair(300, 0) for x in rows.rows(slice(None)).given["mass"].tolist()}

    assert not known(learnt.pair) & known(learnt.validating)


def test_a_claim_is_handed_the_bench_and_so_are_its_nulls() -> None:
    def measured(bench: Bench, steps: int) -> Outcome:
        learnt = bench.train(Trial("edm", "ring-of-five", steps, config=SMALL), 0)
        return Outcome(f"{learnt.steps}", {}, learnt.steps > 2, "", bench.seeds([7]))

    @experiment(
        "X1",
        title="steps",
        claim="it trains",
        pass_line="more than two steps",
        group="X",
        source="none",
        nulls=[Null("one step", lambda bench: measured(bench, 1))],
    )
    def claim(bench: Bench) -> Outcome:
        return measured(bench, 3)

    try:
        entry = registry.get("experiment", "X1")
        result = entry.make(EngineBench(seeds=[4]))
        assert result.passed
        assert result.seeds == [4]
        assert result.nulls["one step"].passed is False
        with pytest.raises(TypeError, match="bench"):
            entry.make()
    finally:
        del registry._entries["experiment"]["X1"]
