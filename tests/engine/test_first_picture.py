"""The first picture of a training: soon, small where samples are expensive, without effect."""

import math
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pushforward.models.registry import registry
from pushforward.models.samplers.base import Sampler
from pushforward.studio.engine.watch import live_picture
from pushforward.studio.engine.watch.live_picture import FEW, LEAST
from pushforward.studio.engine.watch.live_view import LiveView
from pushforward.studio.engine.watch.preview_sampler import LEAST_STEPS, shorten
from pushforward.studio.engine.watch.recorder import RecordProgress
from pushforward.studio.protocol.messages import Kept, Watch
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.run import RunFolder
from tests.engine.fakes import MemorySink, losses, new_job, new_run, spec

PATIENCE = 300.0  # seconds until a process counts as hung


def edm(**training):
    return RunSpec(
        name="edm",
        family=Pick(slug="edm", config={"net": {"width": 16}}),
        dataset=Pick(slug="eight-gaussians"),
        sampler=Pick(slug="heun", config={"steps": 18}),
        training={"steps": 12, "particles": 64, "frames": 5, "batch": 16, "samples": 200,
                  "evaluate_samples": 20, "device": "cpu", **training},
    )  # fmt: skip


def first(folder, **looks):
    """Train up to the first picture; return it, the sink and the job's work."""
    sink = MemorySink(watching=True)
    job = new_job(folder, sink)
    job.watch(Watch(job="job", on=True, **looks))
    work = job.work()
    while not sink.records:
        next(work)
    return sink.records[0][0], sink, work


def budget(monkeypatch, seconds):
    monkeypatch.setattr(LiveView, "AT_FIRST", seconds)
    monkeypatch.setattr(live_picture, "SURE", 0.0)


def test_a_small_picture_comes_first_and_then_one_of_all(tmp_path, monkeypatch):
    budget(monkeypatch, math.inf)
    record, sink, work = first(new_run(tmp_path, edm()))
    assert (record.step, record.arrays["x"].shape[1], record.preview) == (0, FEW, 0)
    assert not sink.of(Kept)
    for _ in work:
        pass
    later = [(each.arrays["x"].shape[1], each.preview) for each, _ in sink.records[1:]]
    assert later
    assert set(later) == {(64, 0)}


def test_where_samples_are_expensive_the_first_picture_is_a_preview_that_says_so(
    tmp_path, monkeypatch
):
    budget(monkeypatch, 0.0)
    record, _, work = first(new_run(tmp_path, edm()))
    work.close()
    # Heun evaluates the network twice a step, but for the last one.
    assert (record.arrays["x"].shape[1], record.preview) == (FEW, 2 * LEAST_STEPS - 1)


def test_a_model_without_a_sampler_shows_fewer_particles(tmp_path, monkeypatch):
    budget(monkeypatch, 0.0)
    record, _, work = first(new_run(tmp_path, spec(particles=64)))
    work.close()
    assert (record.arrays["x"].shape[1], record.preview) == (LEAST, 0)


def test_many_cheap_particles_become_few_where_they_take_too_long(tmp_path, monkeypatch):
    budget(monkeypatch, 0.0)
    record, _, work = first(new_run(tmp_path, edm(particles=1000)))
    work.close()
    assert (record.arrays["x"].shape[1], record.preview) == (FEW, 2 * LEAST_STEPS - 1)


def particles(record, payload):
    of = record.arrays["x"]
    values = np.frombuffer(b"".join(payload), np.float32, math.prod(of.shape), of.offset)
    return values.reshape(of.shape)


def test_the_first_picture_shows_the_particles_of_later_ones(tmp_path, monkeypatch):
    """Row i is the same particle in all pictures, and at the same step it is in the same place."""
    budget(monkeypatch, math.inf)
    _, sink, work = first(new_run(tmp_path, edm()))
    while len(sink.records) < 2:
        next(work)
    work.close()
    small, whole = (particles(*each) for each in sink.records[:2])
    assert [each.step for each, _ in sink.records[:2]] == [0, 0]
    np.testing.assert_array_equal(small[0], whole[0, :FEW])
    np.testing.assert_allclose(small[-1], whole[-1, :FEW], atol=1e-4)


def test_two_records_at_once_have_a_progress_each(tmp_path):
    """The first picture is made while the first kept record waits, whose progress it overwrote."""
    job = new_job(new_run(tmp_path, edm()))
    work = job.work()
    while job.session is None:
        next(work)
    recorder = job.session.recorder
    slow, quick = RecordProgress(), RecordProgress()
    kept = recorder.record(0, progress=slow)
    for _ in range(4):
        next(kept)
    before = slow.part
    for _ in recorder.record(0, particles=4, progress=quick):
        pass
    assert quick.part == 1.0
    assert 0.0 < slow.part == before < 1.0
    work.close()


def test_each_sampler_with_steps_can_be_shortened():
    tried = 0
    for entry in registry.all("sampler"):
        sampler = entry.make(entry.config())
        steps = getattr(entry.config(), "steps", 0)
        short = shorten(sampler, 0.0)
        if steps <= LEAST_STEPS:
            assert short is None
            continue
        tried += 1
        assert type(short) is type(sampler)
        assert short.settings.steps == LEAST_STEPS < steps
        if isinstance(sampler, Sampler) and sampler.nfe() is not None:
            assert short.nfe() < sampler.nfe()
    assert tried >= 10
    assert shorten(None, 0.5) is None


def outcome(folder: RunFolder):
    """Return the losses, and the records of the first and the last step: how many there are in
    between is a question of time.
    """
    steps = folder.flow.steps()
    kept = [folder.flow.load(step).x.tobytes() for step in (steps[0], steps[-1])]
    return losses(folder), steps[0], steps[-1], kept


class Killed(BaseException):
    """The engine is gone."""


@pytest.mark.parametrize("at", [1, 2], ids=["the first picture", "the first whole record"])
def test_a_run_that_dies_at_its_first_picture_starts_again_as_if_it_had_not(tmp_path, at):
    """Nothing of a picture is on the disk, and none changes what is learned."""
    folder, other = new_run(tmp_path / "a", edm()), new_run(tmp_path / "b", edm())
    sink = MemorySink(watching=True)
    job = new_job(folder, sink)
    job.watch(Watch(job="job", on=True))

    def dies(record, payload):
        sink.records.append((record, payload))
        if len(sink.records) == at:
            raise Killed

    sink.offer = dies
    with pytest.raises(Killed):
        for _ in job.work():
            pass
    for each in (folder, other):
        again = new_job(each, MemorySink(watching=True))
        again.watch(Watch(job="job", on=True))
        for _ in again.work():
            pass
    assert outcome(folder) == outcome(other)
    assert 0 in folder.flow.steps()
    assert folder.flow.load(0).x.shape[1] == 64
    assert not list(folder.path.rglob("*.partial"))


KILLED = """
import os, signal, sys
from pathlib import Path
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.protocol.messages import Watch
from pushforward.studio.store.run import RunFolder
from tests.engine.fakes import MemorySink, new_job

class Dies(MemorySink):
    def offer(self, record, payload):
        os.kill(os.getpid(), signal.SIGKILL)

discover()
job = new_job(RunFolder(Path(sys.argv[1])), Dies(watching=True))
job.claim()
job.watch(Watch(job="job", on=True))
for _ in job.work():
    pass
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the accident is made with a signal")
def test_a_killed_engine_leaves_a_run_that_is_resumed_from_its_start(tmp_path):
    folder, other = new_run(tmp_path / "a", edm()), new_run(tmp_path / "b", edm())
    died = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder.path)],
        cwd=Path(__file__).parents[2], timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert died.returncode == -signal.SIGKILL
    for each in (folder, other):
        job = new_job(each)
        job.claim()
        for _ in job.work():
            pass
        job.state = "finished"
        job.settle()
    assert outcome(folder) == outcome(other)
    assert not list(folder.path.rglob("*.partial"))
