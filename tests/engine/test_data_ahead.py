"""Data that take long to draw or read: on a thread, once, while the engine answers."""

import dataclasses
import gc
import threading
from pathlib import Path

import msgspec
import pytest

from pushforward.models.registry import registry
from pushforward.studio.engine.data import datasets
from pushforward.studio.engine.data.datasets import registered
from pushforward.studio.engine.process.commands import dispatch
from pushforward.studio.engine.run.data_ahead import DataAhead
from pushforward.studio.engine.run.resolve import check
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import Pick
from pushforward.studio.store.run import RunFolder
from tests.engine.fakes import spec
from tests.engine.test_commands import Desk

ROWS = 1234  # of the slow set; a setup is checked with 1,000


class SlowSet:
    """Two moons, of which ``ROWS`` are drawn when ``go`` is set."""

    def __init__(self, monkeypatch):
        self.go, self.drawn = threading.Event(), []
        entry = registry.get("dataset", "two-moons")

        def slow(config, n, seed):
            if n == ROWS:
                self.drawn.append(threading.current_thread())
                assert self.go.wait(60)
            return entry.make(config, n, seed)

        self.entry = dataclasses.replace(entry, make=slow)
        monkeypatch.setitem(registry._entries["dataset"], "two-moons", self.entry)


@pytest.fixture
def slow(monkeypatch):
    made = SlowSet(monkeypatch)
    yield made
    made.go.set()


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def run(name="a test"):
    moons = msgspec.structs.replace(spec(samples=ROWS), dataset=Pick(slug="two-moons"))
    return msgspec.structs.replace(moons, name=name)


def commands(project):
    budget = m.Budget(kind="steps", amount=20)
    return {
        "training": m.StartTraining(id=501, spec=run(), project=project),
        "race": m.StartRace(id=501, specs=[run("a"), run("b")], project=project, budget=budget),
        "preview": m.PreviewData(id=501, dataset=Pick(slug="two-moons"), n=ROWS),
    }


@pytest.mark.parametrize("what", ["training", "race", "preview"])
@pytest.mark.parametrize("many", [False, True], ids=["few rows", "more than are cached"])
def test_the_engine_answers_while_a_slow_set_is_drawn(desk, slow, monkeypatch, what, many):
    """A preview and a race held it up, and so did more than 100,000 rows."""
    if many:
        monkeypatch.setattr(datasets, "MOST_CACHED", 1000)
    dispatch(desk.engine, commands(desk.project)[what])
    assert desk.engine.chores, "it waits"
    dispatch(desk.engine, m.GetCatalog(id=502))
    assert [each.re for each in desk.outbox.of(m.Reply)] == [502]
    assert slow.drawn[0] is not threading.main_thread()
    slow.go.set()
    while desk.engine.chores:
        desk.engine.work_chore()
    assert [each.re for each in desk.outbox.of(m.Reply)] == [502, 501]
    assert len(slow.drawn) == 1
    assert threading.main_thread() not in slow.drawn


def test_the_target_of_a_run_is_drawn_on_a_thread(desk, slow):
    slow.go.set()
    folder = desk.start(run())[1]
    desk.work()
    slow.go.clear()
    datasets._draw_cached.cache_clear()
    slow.drawn.clear()
    dispatch(desk.engine, m.GetTarget(id=501, run=str(folder.path), n=16))
    assert desk.engine.chores
    slow.go.set()
    while desk.engine.chores:
        desk.engine.work_chore()
    assert desk.outbox.of(m.Reply)[-1].re == 501
    assert slow.drawn
    assert threading.main_thread() not in slow.drawn


def test_a_branch_waits_for_its_other_data_on_a_thread(desk, slow):
    slow.go.set()
    folder = desk.start(run())[1]
    desk.work()
    slow.go.clear()
    datasets._draw_cached.cache_clear()
    slow.drawn.clear()
    moons = Pick(slug="two-moons", config={"noise": 0.2})
    command = m.BranchRun(id=501, run=str(folder.path), step=5, name="wider", dataset=moons)
    dispatch(desk.engine, command)
    assert desk.engine.chores, "it waits"
    dispatch(desk.engine, m.GetCatalog(id=502))
    assert [each.re for each in desk.outbox.of(m.Reply)][-1] == 502
    slow.go.set()
    while desk.engine.chores:
        desk.engine.work_chore()
    answer = desk.outbox.of(m.Reply)[-1]
    assert answer.re == 501
    assert RunFolder(Path(answer.result["run"])).record.spec.dataset.config["noise"] == 0.2
    assert threading.main_thread() not in slow.drawn


@pytest.mark.parametrize(
    ("operator", "inputs"),
    [("solver-lab", {}), ("sdedit", {"rows": "data[:8]"})],
    ids=["that reads data", "that is handed data"],
)
def test_an_operator_waits_for_the_data_on_a_thread(desk, slow, operator, inputs):
    slow.go.set()
    training = {**run().training, "steps": 2}
    edm = msgspec.structs.replace(run(), family=Pick(slug="edm"), training=training)
    folder = desk.start(edm)[1]
    desk.work()
    slow.go.clear()
    datasets._draw_cached.cache_clear()
    slow.drawn.clear()
    job = desk.reply(m.Operate(run=str(folder.path), operator=operator, inputs=inputs))["job"]
    desk.work(20)
    assert desk.state(job) == "running", "it waits, and the loop goes on"
    assert slow.drawn
    slow.go.set()
    while desk.engine.queue.get(job).step == 0 and desk.state(job) == "running":
        desk.engine.queue.step()
    desk.reply(m.Control(job=job, action="cancel"))
    assert threading.main_thread() not in slow.drawn


def test_an_error_on_the_thread_is_the_answer(desk, monkeypatch):
    entry = registry.get("dataset", "two-moons")

    def fails(config, n, seed):
        raise ValueError("out of moons")

    failing = dataclasses.replace(entry, make=fails)
    monkeypatch.setitem(registry._entries["dataset"], "two-moons", failing)
    error = desk.refused(m.PreviewData(dataset=Pick(slug="two-moons"), n=9))
    assert "out of moons" in error.message


def test_a_large_set_is_drawn_once_while_somebody_uses_it_and_then_forgotten(slow, monkeypatch):
    monkeypatch.setattr(datasets, "MOST_CACHED", 1000)
    slow.go.set()
    resolved = check(run())
    ahead = DataAhead(resolved, None)
    for _ in ahead.wait():
        pass
    data = resolved.load_data(None)
    assert len(slow.drawn) == 1
    del ahead
    again = registered(slow.entry, resolved.dataset.config, ROWS, resolved.training.seed)
    assert again.rows is data.rows
    assert len(slow.drawn) == 1
    del data, again
    gc.collect()
    assert not datasets._large
    resolved.load_data(None)
    assert len(slow.drawn) == 2
