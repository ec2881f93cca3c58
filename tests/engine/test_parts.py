"""Small parts: batches, schedules, evaluation, curves, failures, devices, checkpoints' content."""

import errno
from itertools import pairwise

import numpy as np
import pytest
import torch

from pushforward.models.config import ConfigError
from pushforward.models.contracts.batch import Batch
from pushforward.studio.engine.data.batches import Fresh, Shuffled
from pushforward.studio.engine.process.devices import choose, devices, summary, thread_count
from pushforward.studio.engine.process.failures import NumericFailure, Refused, describe
from pushforward.studio.engine.run.resolve import check
from pushforward.studio.engine.watch.curves import Curves
from pushforward.studio.engine.watch.schedules import CheckpointSchedule, EvaluationSchedule, Pace
from pushforward.studio.protocol.messages import ErrorInfo
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.metrics import MetricsLog
from tests.engine.fakes import ON_POINTS, spec


class TestBatches:
    @pytest.mark.parametrize("batch", [1, 3, 10, 25])
    def test_every_point_is_used_equally_often(self, batch):
        x = torch.arange(10.0)[:, None]
        batches = Shuffled(Batch(x), batch, seed=0)
        used = torch.cat([batches.batch(step).x for step in range(20)]).flatten().long()
        counts = torch.bincount(used, minlength=10)
        assert counts.max() - counts.min() <= 1
        assert counts.sum() == 20 * batch

    @pytest.mark.parametrize("step", [0, 1, 7, 33])
    def test_a_batch_is_a_function_of_the_step(self, step):
        rows = Batch(torch.randn(10, 2), torch.rand(10, 2) > 0.5, {"label": torch.arange(10)})
        walked = Shuffled(rows, 4, seed=3)
        for earlier in range(step):
            walked.batch(earlier)
        found, same = walked.batch(step), Shuffled(rows, 4, seed=3).batch(step)
        assert torch.equal(found.x, same.x)
        assert not torch.equal(found.x, Shuffled(rows, 4, seed=4).batch(step).x)
        # What is known of a row goes with it.
        label = found.given["label"]
        assert torch.equal(rows.x[label], found.x)
        assert torch.equal(rows.mask[label], found.mask)

    def test_fresh_points_are_never_seen_twice(self):
        resolved = check(spec("edm", samples=0))
        data = resolved.load_data(None)
        made = [
            Fresh(data.draw, data.rows.spec(), 32, seed=0, device=torch.device("cpu"))
            for _ in range(2)
        ]
        seen = torch.cat([made[0].batch(step).x for step in range(40)])
        assert len(seen.unique(dim=0)) == 40 * 32
        assert torch.equal(made[1].batch(33).x, seen[33 * 32 : 34 * 32])
        assert seen.mean(dim=0).abs().max() < 0.15  # standardised


def evaluated(total, cost, step_seconds):
    """Evaluate at ``cost`` seconds when it is due; return the steps before the end, those with all
    samples, the seconds spent on it, and all seconds.
    """
    schedule, pace = EvaluationSchedule(0, total), Pace()
    pace.add_uninterrupted(1, step_seconds)
    steps, wholes, spent = [], [], 0.0
    for step in range(1, total):
        pace.add(1, step_seconds)
        if schedule.due(step, pace):
            full = schedule.full(pace)
            seconds = cost if full else cost / EvaluationSchedule.FEWER
            steps.append(step)
            wholes += [step] if full else []
            spent += seconds
            pace.add(0, seconds)
            schedule.done(step, seconds, pace, full=full)
    return steps, wholes, spent, pace.seconds


class TestSchedules:
    def test_pace_forgets_slowly(self):
        pace = Pace()
        assert pace.left(10) is None
        for _ in range(100):
            pace.add(10, 0.1)
        assert pace.rate == pytest.approx(100.0)
        assert pace.left(50) == pytest.approx(0.5)
        pace.add(20, 0.1)
        assert 100.0 < pace.rate < 110.0

    def test_what_is_set_aside_is_time_and_no_speed(self):
        pace = Pace()
        for _ in range(40):
            pace.add(10, 0.1)
        pace.add_pause(30.0)
        assert pace.rate == pytest.approx(100.0)
        assert pace.left(100) == pytest.approx(1.0)
        assert pace.seconds == pytest.approx(4.0 + 30.0)

    def test_the_time_left_does_not_jump_when_a_record_is_made(self):
        """It was that of the last two seconds: a record of one second made it 1.6 times as long."""
        pace, told = Pace(), []
        for i in range(1200):
            pace.add(10, 0.1 + (1.0 if i % 200 == 199 else 0.0))
            told.append(pace.left(12_000 - 10 * (i + 1)))
        told = [left for left in told[100:1100] if left is not None]
        assert len(told) == 1000
        assert max(b - a for a, b in pairwise(told)) < 0.1 * told[0]
        assert told[0] == pytest.approx(110.0 + 5.0, rel=0.1)

    def test_no_time_left_is_said_in_the_first_seconds_of_a_training_or_a_phase(self):
        pace = Pace()
        pace.add(1, 2.0)  # it allocates
        assert pace.left(1000) is None
        for _ in range(40):
            pace.add(10, 0.1)
        assert pace.left(100) == pytest.approx(1.0, rel=0.2)
        pace.restart_timing()
        pace.add(1, 0.1)
        assert pace.left(100) is None
        for _ in range(40):
            pace.add(1, 0.1)
        assert pace.left(100) == pytest.approx(10.0)
        assert pace.seconds == pytest.approx(2.0 + 4.0 + 0.1 + 4.0)

    def test_evaluation_within_its_share(self):
        steps, _, spent, seconds = evaluated(total=6000, cost=0.3, step_seconds=0.1)
        assert len(steps) >= 9
        budget = EvaluationSchedule.ALLOWANCE.after(2 * seconds)
        assert spent < 1.2 * budget
        assert spent > 0.5 * EvaluationSchedule.ALLOWANCE.share * seconds

    @pytest.mark.parametrize("cost", [0.001, 0.2])
    @pytest.mark.parametrize("total", [100, 6000, 200_000])
    def test_a_run_is_evaluated_at_least_eight_times_closer_together_at_first(self, total, cost):
        steps, wholes, _, _ = evaluated(total, cost, step_seconds=0.002)
        assert len(steps) >= 8  # and the end besides
        assert steps[0] <= EvaluationSchedule.FIRST
        ratio = (total / EvaluationSchedule.FIRST) ** (1 / (EvaluationSchedule.MARKS - 1))
        assert all(b <= ratio * a + 2 for a, b in pairwise([*steps, total]))
        # Less samples rather than nothing: all of them where that costs little.
        budget = EvaluationSchedule.ALLOWANCE.after(total * 0.002)
        assert bool(wholes) is (cost * EvaluationSchedule.MARKS <= budget)

    @pytest.mark.parametrize("total", [600, 6000, 60_000])
    def test_dear_evaluations_come_fewer_and_later_but_come(self, total):
        """Of DiGress on graphs one takes twenty seconds, a step a fifth."""
        steps, wholes, spent, seconds = evaluated(total, cost=160.0, step_seconds=0.2)
        assert steps[0] == EvaluationSchedule.FIRST
        assert not wholes
        assert spent <= max(20.0, EvaluationSchedule.MOST.after(seconds - spent))
        if total == 60_000:
            assert len(steps) >= 8
            assert max(b - a for a, b in pairwise([*steps, total])) < 0.6 * total

    @pytest.mark.parametrize(("total", "count"), [(200, 1), (600, 1), (6000, 9)])
    def test_few_evaluations_of_a_short_training_of_a_dear_model(self, total, count):
        """Of MNIST one with a thousand samples takes 8 s, a step 60 ms; 28 s beside 400 steps were
        what records and evaluations took.
        """
        steps, wholes, spent, seconds = evaluated(total, cost=8.0, step_seconds=0.06)
        assert (len(steps), wholes) == (count, [])
        schedule, pace = EvaluationSchedule(0, total), Pace()
        pace.add(total, seconds - spent)
        schedule.done(16, 1.0, pace, full=False)
        pace.add_pause(1.0)
        full = schedule.full_at_end(pace)
        assert full is (total == 6000)
        assert spent + (8.0 if full else 1.0) <= max(2.0, 0.08 * seconds)

    def test_the_last_evaluation_has_all_samples_where_these_are_asked_for(self):
        for schedule in (EvaluationSchedule(100, 100), EvaluationSchedule(0, 100)):
            pace = Pace()
            assert schedule.full_at_end(pace)  # not known yet
            schedule.done(16, 100.0, pace)
        assert EvaluationSchedule(100, 100).full_at_end(pace)
        assert not schedule.full_at_end(pace)

    def test_evaluations_that_are_to_come_are_time_that_is_left(self):
        schedule, pace = EvaluationSchedule(0, 1000), Pace()
        assert schedule.left(0, pace) == 0.0, "not known yet"
        schedule.done(16, 1.0, pace, full=False)
        assert schedule.left(16, pace) == 1.0, "the end, with few"
        pace.add(80, 80.0)
        pace.add(80, 80.0)
        pace.add_pause(1.0)
        trained = 160.0 + 840.0
        fit = int(EvaluationSchedule.MOST.after(trained) - 1.0)
        assert schedule.left(160, pace) == min(fit, 8) * 1.0 + EvaluationSchedule.FEWER
        schedule.done(900, 3.0, pace, full=False)
        assert schedule.left(900, pace) == 3.0, "all samples of the end would take 24 s"
        every = EvaluationSchedule(100, 1000)
        every.done(100, 2.0, pace)
        assert every.left(100, pace) == every.left(150, pace) == 8 * 2.0 + 2.0

    def test_evaluation_every_so_many_steps(self):
        schedule, pace = EvaluationSchedule(10, 100, step=25), Pace()
        assert schedule.next == 30
        assert not schedule.due(29, pace)
        assert schedule.due(30, pace)
        assert schedule.full(pace)
        schedule.done(30, 99.0, pace)
        assert schedule.next == 40

    def test_checkpoints_by_time_and_by_steps(self):
        schedule = CheckpointSchedule(20.0, 0, 0, now=0.0)
        assert not schedule.due(5, 19.0)
        assert schedule.due(5, 20.0)
        schedule.done(5, 0.5, 20.0)
        wait = 0.5 / CheckpointSchedule.SHARE  # much longer than the 20 s
        assert wait > 100.0
        assert not schedule.due(9, 20.0 + wait - 0.1)
        assert schedule.due(9, 20.0 + wait + 0.1)
        assert CheckpointSchedule(1e6, 10, 12, now=0.0).due(20, 1.0)


class TestCurves:
    def test_rows_become_columns_on_disk_and_are_told(self, tmp_path):
        told = []
        log = MetricsLog(tmp_path / "metrics.jsonl")
        curves = Curves(log, lambda columns, floors: told.append(columns), step=10)
        curves.add({"loss": torch.tensor(1.5)})
        curves.add({"loss": torch.tensor(2.5), "now_and_then": torch.tensor(7.0)})
        curves.drain()
        curves.drain()
        expected = {"loss": ([11, 12], [1.5, 2.5]), "now_and_then": ([12], [7.0])}
        assert told == [expected]
        assert log.read()[0] == expected

    def test_only_a_loss_has_to_be_finite(self, tmp_path):
        log = MetricsLog(tmp_path / "metrics.jsonl")
        curves = Curves(log, lambda columns, floors: None, step=0)
        curves.add({"loss": torch.tensor(1.0), "ratio": torch.tensor(float("nan"))})
        curves.drain()
        assert log.read()[0] == {"loss": ([1], [1.0])}
        curves.add({"loss": torch.tensor(2.0)})
        curves.add({"critic_loss": torch.tensor(float("inf")), "loss": torch.tensor(3.0)})
        with pytest.raises(NumericFailure, match=r"critic_loss.*infinite at step 3"):
            curves.drain()
        assert log.read()[0]["loss"] == ([1, 2, 3], [1.0, 2.0, 3.0])

    def test_a_loss_that_diverges_is_noticed_once(self, tmp_path):
        curves = Curves(MetricsLog(tmp_path / "metrics.jsonl"), lambda *_: None, step=0)
        for loss in (-3.0, 2e6, -4e6, 1e9):
            curves.add({"loss": torch.tensor(loss), "norm": torch.tensor(1e30)})
            curves.drain()
            assert bool(curves.diverged) == (abs(loss) > 3e6)
        assert curves.diverged.startswith("The training diverged: the loss is -4e+06 at step 3.")


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), "memory", "GPU"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), "memory", ""),
        (MemoryError(), "memory", "machine"),
        (OSError(errno.ENOSPC, "No space left on device", "a.bin"), "disk", "full"),
        (OSError(errno.EACCES, "Permission denied", "a.bin"), "disk", "permission"),
        (StoreError("Bad row 3.", "Mend it.", kind="data"), "data", "row 3"),
        (ConfigError("family.net.width", "must be at least 1, got 0"), "user", "family.net.width"),
        (Refused("No.", path="training.batch"), "user", "No."),
        (NumericFailure("The loss is not finite."), "numeric", "loss"),
        (RuntimeError("CUDA error: an illegal memory access"), "device", "CUDA"),
        (RuntimeError("shapes do not match"), "bug", "shapes do not match"),
        (KeyError("x"), "bug", "KeyError"),
    ],
)
def test_failures_for_people(error, kind, words):
    info = describe(error)
    assert isinstance(info, ErrorInfo)
    assert info.kind == kind
    assert words.lower() in info.message.lower()
    assert "\n" not in info.message
    if kind in ("memory", "disk", "numeric", "device", "bug"):
        assert info.hint
    if isinstance(error, ConfigError):
        assert info.path == "family.net.width"


class TestDevices:
    def test_each_device_has_a_reason(self):
        found = devices()
        assert {d.name.split(":")[0] for d in found} == {"cuda", "mps", "cpu"}
        for device in found:
            assert device.reason.endswith(".")
        assert found[-1].available
        assert found[-1].threads == thread_count(0)

    def test_a_gpu_is_taken_if_there_is_one(self, monkeypatch):
        from pushforward.studio.protocol.catalog import Device

        gpu = Device(name="cuda:0", title="A GPU", available=True, reason="Found.")
        monkeypatch.setattr("pushforward.studio.engine.process.devices._cuda", lambda: [gpu])
        assert choose("auto")[0] == torch.device("cuda:0")
        assert choose("cuda")[0] == torch.device("cuda:0")
        assert choose("cpu")[0] == torch.device("cpu")
        assert summary().startswith("cuda:0: A GPU")

    def test_a_missing_device_is_refused_with_the_reason(self, monkeypatch):
        monkeypatch.setattr("torch.backends.mps.is_built", lambda: False)
        with pytest.raises(Refused, match="Metal") as caught:
            choose("mps")
        assert caught.value.info.kind == "device"
        assert caught.value.info.path == "training.device"

    @pytest.mark.parametrize(("cores", "threads"), [(1, 1), (2, 1), (4, 2), (8, 4), (64, 16)])
    def test_threads_leave_room_for_the_screen(self, monkeypatch, cores, threads):
        monkeypatch.setattr("os.cpu_count", lambda: cores)
        assert thread_count(0) == threads
        assert thread_count(3) == 3


def test_every_registered_family_fits_a_checkpoint():
    from pushforward.studio.engine.run.checkpoint_state import (
        pack,
        restore,
        saved_columns,
        saved_data,
    )
    from pushforward.studio.store.checkpoint import Checkpoint

    for slug in ON_POINTS:
        resolved = check(spec(slug))
        data = resolved.load_data(None)
        family = resolved.build(data.rows.spec(), torch.device("cpu"))
        family.step(torch.randn(16, 2))
        tensors, values = pack(family, 1, resolved.spec, data.rows.columns)
        checkpoint = Checkpoint(1, tensors, values)
        assert saved_columns(checkpoint) == data.rows.columns
        other = resolved.build(saved_data(checkpoint), torch.device("cpu"))
        restore(other, checkpoint)
        for name, tensor in other.state().tensors.items():
            np.testing.assert_array_equal(tensor.numpy(), tensors[f"family/{name}"])
