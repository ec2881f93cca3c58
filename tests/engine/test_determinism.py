"""The same spec gives the same numbers: watched, unwatched, headless, interrupted and resumed."""

import numpy as np
import pytest

from pushforward.models.registry import registry
from pushforward.studio.engine.jobs import headless
from pushforward.studio.protocol.messages import Watch
from tests.engine.fakes import (
    MemorySink,
    drive,
    each_on_points,
    losses,
    new_job,
    new_run,
    spec,
    to_compare,
)
from tests.engine.same import assert_same_run, finish


@pytest.mark.parametrize("family", [*each_on_points("tiny"), "tiny without a set"])
def test_24_steps_are_13_and_resume_and_11(tmp_path, straight, family):
    family, _, without = family.partition(" ")
    samples = 0 if without else 300
    run = to_compare(family, samples=samples)
    whole, parts = straight(run), new_run(tmp_path, run)
    drive(new_job(parts), 13).close()
    assert parts.checkpoints.steps()[-1] == 13  # on a slow machine the best ones come before it
    status = headless.run(parts.path)
    assert (status.state, status.step) == ("finished", 24)
    assert_same_run(whole, parts)
    assert whole.flow.steps()[-1] == parts.flow.steps()[-1] == 24
    last_whole, last_parts = whole.flow.load(24), parts.flow.load(24)
    np.testing.assert_array_equal(last_whole.x, last_parts.x)


@pytest.mark.parametrize("family", each_on_points("tiny"))
def test_watched_and_disturbed_is_as_unwatched(tmp_path, straight, family):
    run = to_compare(family)
    watched = new_run(tmp_path, run)
    sink = MemorySink(watching=True)
    job = new_job(watched, sink)
    layers = [layer.name for layer in registry.get("family", family).make.layers]
    # An unlimited budget: a record after every step.
    job.view.FASTEST = 0.0
    watch = Watch(job="job", on=True, layers=layers[:1], resolution=4, particles=16, share=1e9)
    job.watch(watch)

    def disturb(step):
        for at, action in ((5, "sample"), (9, "evaluate"), (13, "checkpoint"), (17, "pause")):
            if step == at:
                job.ask(action, 5)

    work = drive(job, 24, disturb)
    finish(work)
    job.state = "finished"
    job.settle()
    assert len(sink.records) > 10
    assert watched.checkpoints.pinned() == [13]
    assert_same_run(straight(run), watched)


def test_a_crash_after_a_checkpoint_takes_back_what_came_later(tmp_path):
    run = spec("tiny", steps=40, checkpoint_steps=10, evaluate_every=10**6)
    whole = new_run(tmp_path, run)
    headless.run(whole.path)
    crashed = new_run(tmp_path, run)
    work = drive(new_job(crashed), 27)
    work.gi_frame.f_locals["self"].save_on_stop = False
    work.close()
    assert losses(crashed)[0][-1] == 27
    assert crashed.checkpoints.steps()[-1] == 20
    status = headless.run(crashed.path)
    assert status.state == "finished"
    assert_same_run(whole, crashed)


def test_more_steps_go_on_from_the_end(tmp_path):
    folder = new_run(tmp_path, spec("tiny", steps=30))
    headless.run(folder.path)
    status = headless.run(folder.path, steps=50)
    assert (status.state, status.step, status.total) == ("finished", 50, 50)
    assert losses(folder)[0] == list(range(1, 51))


def test_stop_leaves_a_paused_run_that_goes_on(tmp_path):
    folder = new_run(tmp_path, spec("tiny", steps=500, evaluate_every=10**6))
    calls = iter(range(10_000))
    status = headless.run(folder.path, stop=lambda: next(calls) > 100)
    assert status.state == "paused"
    assert 0 < status.step < 500
    assert folder.checkpoints.steps() == [status.step]
    assert headless.run(folder.path).step == 500
