"""What the engine is told of what lenses look at."""

from types import SimpleNamespace

import pytest

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.engine.requests.record_watching import FIRST_CREDITS, Looking, Watching
from pushforward.studio.app.engine.requests.view_requests import LookingIntents
from pushforward.studio.protocol.messages import Credit, Watch

WINDOW = (-1.0, 1.0, -1.0, 1.0)
LOOKING = Looking("a", ("velocity",), WINDOW, 32, 512)


class Engine:
    """Notes what it is told, and knows the jobs it is given."""

    def __init__(self):
        self.told, self.jobs = [], set()
        self.watching = Watching(self.told.append, self.jobs.__contains__)

    def news(self):
        told, self.told[:] = list(self.told), []
        return told


@pytest.fixture
def engine():
    return Engine()


def test_a_look_declared_before_its_job_is_known_is_told_when_it_is(engine):
    engine.watching.look("lens", LOOKING)
    engine.watching.look("lens", LOOKING)
    assert engine.news() == []
    engine.jobs.add("a")
    engine.watching.update()
    (watch,) = engine.news()
    assert (watch.job, watch.on, watch.credits) == ("a", True, FIRST_CREDITS)
    engine.watching.update()
    assert engine.news() == []


def test_a_job_that_went_and_came_back_is_told_anew(engine):
    engine.jobs.add("a")
    engine.watching.look("lens", LOOKING)
    engine.news()
    engine.jobs.clear()
    engine.watching.update()
    assert not engine.watching.watched("a")
    assert engine.news() == []  # nobody is there to be told
    engine.jobs.add("a")
    engine.watching.update()
    assert [watch.credits for watch in engine.news()] == [FIRST_CREDITS]


def test_what_arrived_is_credited_when_it_is_drawn(engine):
    engine.jobs.add("a")
    engine.watching.look("lens", LOOKING)
    engine.news()
    engine.watching.arrived("a")
    engine.watching.arrived("a")
    engine.watching.mark_drawn("a")
    engine.watching.mark_drawn("a")
    assert engine.news() == [Credit(job="a", n=2)]


def test_another_share_is_told_at_once_and_grants_no_more_records(engine):
    engine.jobs.add("a")
    engine.watching.allow(0.02)  # nobody looks yet
    engine.watching.look("lens", LOOKING)
    assert [watch.share for watch in engine.news()] == [0.02]
    engine.watching.allow(0.1)
    engine.watching.allow(0.1)
    (watch,) = engine.news()
    assert (watch.share, watch.credits, watch.particles) == (0.1, 0, 512)


def test_of_several_lenses_the_newest_counts_and_the_last_one_ends_it(engine):
    engine.jobs.add("a")
    other = Looking("a", (), WINDOW, 2, 64)
    engine.watching.look("one", LOOKING)
    engine.watching.look("two", other)
    engine.watching.look("one", None)
    assert [watch.particles for watch in engine.news()] == [512, 64]
    engine.watching.look("two", None)
    assert engine.news() == [Watch(job="a", on=False)]


@pytest.mark.parametrize("signal", ["changed", "listed"])
def test_runs_that_come_or_change_are_looked_at_anew(qapp, signal):
    state, told = AppState(), []
    looking = LookingIntents(state, SimpleNamespace(tell=told.append))
    looking.watching.look("lens", LOOKING)
    assert told == []
    run = state.runs.by_key["run"] = RunState(key="run", name="run")
    run.job = "a"
    state.runs.changed.emit("run") if signal == "changed" else state.runs.listed.emit()
    assert [watch.job for watch in told] == ["a"]
