"""The training job: what it tells, what is on disk, and how it fails."""

import errno
import math
import shutil
from pathlib import Path

import pytest

from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.process.allowance import Allowance
from pushforward.studio.engine.watch.outputs import Outputs
from pushforward.studio.engine.watch.schedules import EvaluationSchedule
from pushforward.studio.protocol.messages import (
    CheckpointWritten,
    Kept,
    Log,
    Metrics,
    Progress,
    ResultWritten,
    Watch,
)
from pushforward.studio.store.errors import DiskFull
from pushforward.studio.store.lock import Busy
from tests.engine.fakes import MemorySink, Tiny, drive, losses, new_job, new_run, spec
from tests.engine.same import finish


def settle_requests(job, work):
    while job.busy_paused:
        next(work)


def test_a_run_tells_and_writes_the_same(tmp_path):
    folder = new_run(tmp_path, spec(steps=30, evaluate_every=10**6))
    events = []
    status = headless.run(folder.path, on_event=events.append)
    assert (status.state, status.step, status.total, status.error) == ("finished", 30, 30, None)
    told = [e for e in events if isinstance(e, Metrics)]
    steps = [s for e in told for s in e.columns.get("loss", ([], []))[0]]
    values = [v for e in told for v in e.columns.get("loss", ([], []))[1]]
    assert (steps, values) == losses(folder)
    assert steps == list(range(1, 31))
    columns, floors = folder.metrics.read()
    assert columns["quality/sliced-w2"][0] == [30]
    assert floors.keys() == {"sliced-w2", "spread/sliced-w2"}
    kept = [e for e in events if isinstance(e, Kept)]
    assert kept[-1].steps == folder.flow.steps()
    assert (folder.flow.steps()[0], folder.flow.steps()[-1]) == (0, 30)
    last = [e for e in events if isinstance(e, Progress)][-1]
    assert (last.step, last.total, last.view_cost) == (30, 30, 0.0)
    assert last.memory > 10**7
    written = [e for e in events if isinstance(e, CheckpointWritten)]
    assert written[-1].step == 30
    assert folder.checkpoints.best() == 30
    assert "Finished at step 30" in folder.log_path.read_text(encoding="utf-8")
    assert [e.kind for e in folder.events.read()] == ["started", "finished"]


def test_samples_that_are_no_numbers_are_told_and_are_never_the_best(tmp_path, monkeypatch):
    """The weights are finite, the samples are not: from step 20 on, and in another run up to it."""
    flow = Tiny.flow
    for name, broken in (("ends", lambda step: step >= 20), ("begins", lambda step: step <= 10)):
        folder = new_run(tmp_path / name, spec(steps=40, evaluate_every=10))
        job = new_job(folder)

        def frames(self, latents, *, sampler=None, generator=None, job=job, broken=broken):
            for frame in flow(self, latents, sampler=sampler, generator=generator):
                if broken(job.step):
                    frame.x[3, 1] = math.nan
                yield frame

        monkeypatch.setattr(Tiny, "flow", frames)
        finish(job.work())
        steps, values = folder.metrics.read()[0]["quality/sliced-w2"]
        assert steps == [10, 20, 30, 40]
        assert [math.isnan(value) for value in values] == [broken(step) for step in steps]
        good = {step: v for step, v in zip(steps, values, strict=True) if not math.isnan(v)}
        assert folder.checkpoints.best() == min(good, key=good.get)
        log = folder.log_path.read_text(encoding="utf-8")
        assert log.count("warning: 1 of ") == sum(map(math.isnan, values))
        assert "samples are not finite numbers" in log


def test_nothing_is_computed_for_a_screen_that_does_not_look(tmp_path):
    sink = MemorySink(watching=True)
    job = new_job(new_run(tmp_path, spec()), sink)
    drive(job, 20).close()
    assert sink.records == []
    job = new_job(new_run(tmp_path, spec()), sink)
    job.watch(Watch(job="job", on=True))
    sink.watching = False  # watched, but without credit
    drive(job, 20).close()
    kept = {event.step for event in sink.of(Kept)}  # these wait for credit
    assert {record.step for record, _ in sink.records} <= kept


def test_requests_are_done_without_a_step(tmp_path):
    folder = new_run(tmp_path, spec(steps=100))
    sink = MemorySink(watching=True)
    job = new_job(folder, sink)
    work = drive(job, 10)
    job.watch(Watch(job="job", on=True, layers=["pull"], resolution=3))
    job.state = "paused"
    for action, n in (("pause", 1), ("sample", 12), ("evaluate", 1), ("checkpoint", 1)):
        job.ask(action, n)
    settle_requests(job, work)
    assert job.step == 10
    # Asked one after the other, each after the last was done: still no step in between.
    for action in ("checkpoint", "show", "flush"):
        job.ask(action)
        settle_requests(job, work)
    assert job.step == 10
    [path] = folder.samples.paths()
    samples = folder.samples.read(path)
    assert samples.x.shape == (12, 2)
    assert samples.attrs["step"] == 10
    [written] = sink.of(ResultWritten)  # whoever looks at the run sees them at once
    assert (written.run, written.operator, written.step) == (str(folder.path), "generate", 10)
    assert [Path(written.result)] == [path.parent]
    assert folder.checkpoints.pinned() == [10]
    assert folder.metrics.read()[0]["quality/sliced-w2"][0] == [10]
    assert sink.of(Progress)[-1].step == 10
    assert {record.step for record, _ in sink.records} == {10}
    while not next(work):  # what is due may come first
        pass
    assert job.step == 11
    work.close()


def test_an_evaluation_is_said_and_makes_no_step_slower(tmp_path, monkeypatch):
    now = [0.0]

    def evaluate(self, step, full):
        now[0] += 30.0
        self._evaluations.done(step, 30.0, self._pace, full=full)
        yield False

    monkeypatch.setattr(Outputs, "_evaluate", evaluate)
    folder, sink = new_run(tmp_path, spec(steps=2000, evaluate_every=600)), MemorySink()
    work = new_job(folder, sink, clock=lambda: now[0]).work()
    for stepped in work:
        now[0] += 0.01 if stepped else 0.0
    told = sink.of(Progress)
    during = [event.step for event in told if event.doing == "evaluating"]
    assert during == [600, 1200, 1800, 2000]
    assert told[-1].doing == ""
    after = [event for event in told if event.step > 300]
    assert all(event.steps_per_second == pytest.approx(100, rel=0.05) for event in after)
    to_come = {600: 3, 1200: 2, 1800: 1, 2000: 0}  # of those after a step, once one was done
    since = [event for event in after if event.step > 600 and not event.doing]
    left = [
        (
            e.seconds_left,
            (2000 - e.step) / 100 + 30.0 * to_come[max(s for s in to_come if s <= e.step)],
        )
        for e in since
    ]
    assert all(said is None or said == pytest.approx(true, abs=1.0) for said, true in left)
    assert any(said is not None for said, _ in left)
    assert told[-1].seconds == pytest.approx(20.0 + 4 * 30.0, rel=0.05)


def test_what_is_asked_for_during_the_last_evaluation_is_done(tmp_path, monkeypatch):
    folder = new_run(tmp_path, spec(steps=4))
    job = new_job(folder)
    evaluate = Outputs.evaluate

    def asked_meanwhile(outputs, step, **options):
        yield from evaluate(outputs, step, **options)
        if step == 4:
            job.ask("sample", 12)

    monkeypatch.setattr(Outputs, "evaluate", asked_meanwhile)
    for _ in job.work():
        pass
    assert len(folder.samples.paths()) == 1


@pytest.mark.parametrize("fail", ["nan", "inf"])
def test_a_loss_that_is_not_finite_is_a_numeric_failure(tmp_path, fail):
    seldom = {"checkpoint_steps": 10, "evaluate_every": 10**6}
    run = spec(config={"fail": fail, "at": 25}, steps=60, **seldom)
    folder = new_run(tmp_path, run)
    status = headless.run(folder.path)
    assert status.state == "failed"
    assert status.error.kind == "numeric"
    assert "step 26" in status.error.message
    assert "learning rate" in status.error.hint
    assert folder.checkpoints.steps()[-1] == 20
    assert losses(folder)[0][-1] == 25  # what was good is on disk


def test_weights_that_are_not_finite_are_never_saved(tmp_path):
    # The loss of the step that spoils the weights is still finite.
    run = spec(config={"fail": "weights", "at": 10}, steps=11, checkpoint_steps=5)
    folder = new_run(tmp_path, run)
    status = headless.run(folder.path)
    assert (status.state, status.error.kind) == ("failed", "numeric")
    assert folder.checkpoints.steps() == [5, 10]


@pytest.mark.parametrize("fail", ["gpu-memory", "cpu-memory", "memory-error"])
def test_out_of_memory_is_a_failure_with_advice(tmp_path, fail):
    run = spec(config={"fail": fail, "at": 15}, checkpoint_steps=10)
    folder = new_run(tmp_path, run)
    status = headless.run(folder.path)
    assert (status.state, status.error.kind) == ("failed", "memory")
    assert "batch" in status.error.hint
    assert folder.checkpoints.steps() == [10]
    log = folder.log_path.read_text(encoding="utf-8")
    assert "Out of memory" in log


def test_a_bug_is_named_with_its_traceback(tmp_path):
    folder = new_run(tmp_path, spec(config={"fail": "bug"}))
    status = headless.run(folder.path)
    assert status.error.kind == "bug"
    assert "ZeroDivisionError: a slip of the pen" in status.error.message
    assert "_fail" in status.error.details


def test_a_full_disk_keeps_the_earlier_checkpoint(tmp_path, monkeypatch):
    folder = new_run(tmp_path, spec(steps=60, checkpoint_steps=10))
    job = new_job(folder)
    work = drive(job, 15)

    def full(folder, need):
        raise DiskFull("Not enough space on the disk.", "Free some space.")

    monkeypatch.setattr("pushforward.studio.store.checkpoint.check_space", full)
    with pytest.raises(DiskFull):
        for _ in work:
            pass
    assert folder.checkpoints.steps() == [10]
    assert folder.checkpoints.newest()[0].step == 10


def test_a_disk_that_fills_up_while_writing_is_a_failure(tmp_path, monkeypatch):
    folder = new_run(tmp_path, spec(steps=60, checkpoint_steps=10))
    real = folder.checkpoints.save

    def save(self, step, *arguments, **named):
        if step > 10:
            raise OSError(errno.ENOSPC, "No space left on device", "step.safetensors")
        return real(step, *arguments, **named)

    monkeypatch.setattr("pushforward.studio.store.checkpoint.Checkpoints.save", save)
    status = headless.run(folder.path)
    assert (status.state, status.error.kind) == ("failed", "disk")
    assert "full" in status.error.message
    assert folder.checkpoints.newest()[0].step == 10


def test_damaged_checkpoints_are_passed_over_and_named(tmp_path):
    folder = new_run(tmp_path, spec(steps=60, checkpoint_steps=10, evaluate_every=10**6))
    drive(new_job(folder), 35).close()
    newest = folder.checkpoints.path(35)
    newest.write_bytes(newest.read_bytes()[:100])
    events = []
    status = headless.run(folder.path, on_event=events.append)
    assert (status.state, status.step) == ("finished", 60)
    texts = [e.text for e in events if isinstance(e, Log)]
    assert any("step-00000035" in text and "damaged" in text for text in texts)
    assert any("Resumed from step 30" in text for text in texts)
    assert losses(folder)[0] == list(range(1, 61))


def test_a_run_whose_checkpoints_are_gone_says_that_it_starts_again(tmp_path):
    folder = new_run(tmp_path, spec(steps=60, checkpoint_steps=10))
    drive(new_job(folder), 35).close()
    shutil.rmtree(folder.checkpoints.folder)
    events = []
    headless.run(folder.path, on_event=events.append)
    (warning,) = [e.text for e in events if isinstance(e, Log) and e.level == "warning"]
    assert "had reached step 35" in warning
    assert "starts again from step 0" in warning
    assert "backup" in warning
    assert losses(folder)[0] == list(range(1, 61))
    fresh = new_run(tmp_path, spec(steps=20))
    events.clear()
    headless.run(fresh.path, on_event=events.append)
    assert not [e for e in events if isinstance(e, Log) and e.level == "warning"]


def test_only_damaged_checkpoints_is_said(tmp_path):
    folder = new_run(tmp_path, spec(steps=60, evaluate_every=10**6))
    drive(new_job(folder), 20).close()
    folder.checkpoints.path(20).write_bytes(b"garbage")
    status = headless.run(folder.path)
    assert (status.state, status.error.kind) == ("failed", "data")
    assert "damaged" in status.error.message


def test_the_best_model_is_kept(tmp_path):
    folder = new_run(tmp_path, spec(steps=40, evaluate_every=5, checkpoint_steps=1, keep=2))
    headless.run(folder.path)
    steps, values = folder.metrics.read()[0]["quality/sliced-w2"]
    assert steps == list(range(5, 41, 5))
    assert folder.checkpoints.best() == steps[values.index(min(values))]


def test_figures_before_the_end_have_few_samples_where_all_are_dear(tmp_path, monkeypatch):
    monkeypatch.setattr(EvaluationSchedule, "ALLOWANCE", Allowance(0.0, 1e-9))
    folder = new_run(tmp_path, spec(steps=60, samples=3000, evaluate_samples=1000))
    headless.run(folder.path)
    columns, floors = folder.metrics.read()
    steps, values = columns["quality/sliced-w2"]
    assert len(steps) >= 9
    assert steps[-1] == 60
    assert columns["cost/samples"] == (steps, [125.0] * (len(steps) - 1) + [1000.0])
    # Each has the floor of as many samples; by themselves floors are those of all.
    of_each = columns["cost/floor/sliced-w2"][1]
    assert floors["sliced-w2"] == of_each[-1]
    assert floors["spread/sliced-w2"] == columns["cost/floor/spread/sliced-w2"][1][-1]
    assert of_each[0] > 1.5 * of_each[-1]
    # Which one is the best is said by figures of the same number of samples.
    best = folder.checkpoints.best()
    assert best == 60 or values[steps.index(best)] == min(values[:-1])


def test_a_run_that_goes_on_elsewhere_is_left_alone(tmp_path, monkeypatch):
    folder = new_run(tmp_path, spec())
    monkeypatch.setattr("pushforward.studio.engine.jobs.headless.PATIENCE", 0.0)
    monkeypatch.setattr("pushforward.studio.store.run.RunFolder.alive", lambda self: True)
    folder.write_status(folder.status().__class__(state="running", pid=1))
    with pytest.raises(Busy, match=r"being trained by process 1\."):
        headless.run(folder.path)


def test_heartbeat_says_where_the_run_is(tmp_path):
    now = [0.0]
    folder = new_run(tmp_path, spec(steps=100))
    job = new_job(folder, clock=lambda: now[0])

    def pass_time(step):
        now[0] += 1.0

    drive(job, 50, pass_time).close()
    status = folder.status()
    assert status.step >= 45
    assert status.seconds == pytest.approx(status.step, abs=4)
    assert folder.alive()
