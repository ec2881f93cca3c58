"""The queue: every action in every state, order, lanes, slow motion, failures."""

from collections import deque
from types import SimpleNamespace

import pytest

from pushforward.studio.engine.jobs.job import ENDED, Job
from pushforward.studio.engine.jobs.queue import JobQueue
from pushforward.studio.engine.process.devices import GpuMode, TorchState
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.process.loop import work
from pushforward.studio.protocol.messages import Ping, Shutdown


class Counting(Job):
    """Counts its steps; yields False once between steps; answers requests as a training does."""

    kind = "training"
    requests = frozenset({"checkpoint", "sample", "evaluate"})

    def __init__(self, name, total=5, error=None, lane="training"):
        super().__init__(name, f"job {name}")
        self.lane = lane
        self.total = total
        self.fault = error
        self.answered = []
        self.settled = []
        self.closed = False

    def work(self):
        try:
            while self.step < self.total:
                while self.asked:
                    self.answering = True
                    self.answered.append((self.asked.popleft(), self.step))
                    yield False
                    self.answering = False
                    yield False
                if self.fault and self.step == 2:
                    raise self.fault
                self.step += 1
                yield True
        except GeneratorExit:
            self.closed = True
            if isinstance(self.fault, OSError):
                raise self.fault from None
            raise

    def settle(self):
        self.settled.append(self.state)


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def told():
    return []


@pytest.fixture
def queue(told):
    return JobQueue(lambda info, place: told.append((info.job, info.state, place)), clock=Clock())


def in_state(queue, state):
    """Return a job that has come to a state by ordinary means."""
    job = Counting("a", error=ValueError("broken") if state == "failed" else None)
    if state == "queued":
        queue.add(Counting("before"))
        queue.step()
        queue.add(job)
        return job
    queue.add(job)
    queue.step()
    if state == "paused":
        queue.control("a", "pause")
        settle_requests(queue)
    elif state == "cancelled":
        queue.control("a", "cancel")
    elif state in ("finished", "failed"):
        for _ in range(20):
            queue.step()
    assert job.state == state
    job.answered.clear()
    return job


def settle_requests(queue):
    for _ in range(10):
        queue.step()


REFUSED = None
TABLE = {
    # state: {action: state afterwards, or refused}
    "queued": {
        "pause": REFUSED,
        "resume": REFUSED,
        "step": REFUSED,
        "checkpoint": REFUSED,
        "sample": REFUSED,
        "evaluate": REFUSED,
        "cancel": "cancelled",
    },
    "running": {
        "pause": "paused",
        "resume": "running",
        "step": "running",
        "checkpoint": "running",
        "sample": "running",
        "evaluate": "running",
        "cancel": "cancelled",
    },
    "paused": {
        "pause": "paused",
        "resume": "running",
        "step": "running",
        "checkpoint": "paused",
        "sample": "paused",
        "evaluate": "paused",
        "cancel": "cancelled",
    },
} | {
    state: dict.fromkeys(
        ("pause", "resume", "step", "checkpoint", "sample", "evaluate", "cancel"), REFUSED
    )
    for state in sorted(ENDED)
}
CASES = [(state, action, after) for state in TABLE for action, after in TABLE[state].items()]


@pytest.mark.parametrize(("state", "action", "after"), CASES)
def test_every_action_in_every_state(queue, state, action, after):
    job = in_state(queue, state)
    if after is REFUSED:
        with pytest.raises(Refused):
            queue.control("a", action)
        assert job.state == state
    else:
        queue.control("a", action)
        assert job.state == after


@pytest.mark.parametrize("state", sorted(TABLE))
def test_unknown_action_and_unknown_job_are_refused(queue, state):
    in_state(queue, state)
    with pytest.raises(Refused, match="explode"):
        queue.control("a", "explode")
    with pytest.raises(Refused, match="nobody"):
        queue.control("nobody", "pause")


def test_a_paused_job_does_no_step_but_answers(queue):
    job = in_state(queue, "paused")
    before = job.step
    queue.control("a", "checkpoint")
    queue.control("a", "sample", 7)
    settle_requests(queue)
    assert [asked for asked, _ in job.answered] == [("checkpoint", 1), ("sample", 7)]
    assert job.step == before
    assert queue.step() is None
    queue.control("a", "resume")
    queue.step()
    queue.step()
    assert job.step > before


def test_step_does_so_many_steps_and_pauses(queue, told):
    job = in_state(queue, "paused")
    before = job.step
    queue.control("a", "step", 2)
    for _ in range(20):
        queue.step()
    assert job.step == before + 2
    assert job.state == "paused"
    assert told[-1] == ("a", "paused", -1)
    with pytest.raises(Refused):
        queue.control("a", "step", 0)


def test_jobs_run_in_order_and_one_after_the_other(queue, told):
    for name in "abc":
        queue.add(Counting(name, total=2))
    while queue.step() is not None:
        pass
    assert [(job, state) for job, state, _ in told if state in ("running", "finished")] == [
        (job, state) for job in "abc" for state in ("running", "finished")
    ]


def test_places_are_told_when_they_change(queue, told):
    for name in "abcd":
        queue.add(Counting(name))
    queue.step()
    assert told[-3:] == [("b", "queued", 0), ("c", "queued", 1), ("d", "queued", 2)]
    told.clear()
    queue.move("d", 0)
    assert told == [("d", "queued", 0), ("b", "queued", 1), ("c", "queued", 2)]
    told.clear()
    queue.move("b", -1)
    assert told == [("b", "cancelled", -1), ("c", "queued", 1)]
    assert [job.job for job in queue.jobs()] == ["b", "a", "d", "c"]


def test_only_waiting_jobs_can_be_moved(queue):
    in_state(queue, "running")
    with pytest.raises(Refused, match="running"):
        queue.move("a", 0)


def test_a_failed_job_does_not_stop_the_queue(queue):
    first, second = Counting("a", error=ValueError("broken")), Counting("b")
    queue.add(first)
    queue.add(second)
    while queue.step() is not None:
        pass
    assert (first.state, second.state) == ("failed", "finished")
    assert first.error.kind == "bug"
    assert "broken" in first.error.message
    assert "Traceback" in first.error.details
    assert first.settled[-1] == "failed"


def test_short_jobs_run_beside_a_training_and_a_paused_one_keeps_its_place(queue):
    training, waiting = Counting("a", total=100), Counting("b")
    short = Counting("c", total=3, lane="short")
    for job in (training, waiting, short):
        queue.add(job)
    for _ in range(4):
        queue.step()
    assert short.state == "finished"
    assert training.step == 4
    queue.control("a", "pause")
    later = Counting("d", total=1, lane="short")
    queue.add(later)
    settle_requests(queue)
    assert (training.state, waiting.state, later.state) == ("paused", "queued", "finished")


def test_each_job_goes_on_with_its_own_settings_of_torch(queue):
    """They are of the whole process, and another job changes them when it loads its model."""
    before = TorchState.current()
    seen = {}

    class Configured(Counting):
        def __init__(self, name, lane, own):
            super().__init__(name, 3, lane=lane)
            self.own = own

        def work(self):
            self.own.apply()
            for _ in range(self.total):
                yield True
                seen.setdefault(self.job, []).append(TorchState.current())

    wanted = {
        "a": TorchState(2, GpuMode(deterministic=True, precision="high")),
        "b": TorchState(1, GpuMode(precision="highest")),
    }
    for (name, own), lane in zip(wanted.items(), ("training", "short"), strict=True):
        queue.add(Configured(name, lane, own))
    try:
        for _ in range(5):
            queue.step()
        assert seen == {name: [state] * 3 for name, state in wanted.items()}
    finally:
        before.apply()


def test_files_are_written_beside_a_long_measurement_and_one_after_the_other(queue):
    lab = Counting("a", total=100, lane="short")
    first, second = (Counting(name, total=2, lane="files") for name in "bc")
    for job in (lab, first, second):
        queue.add(job)
    queue.step()
    assert [job.state for job in (lab, first, second)] == ["running", "running", "queued"]
    for _ in range(6):
        queue.step()
    assert [job.state for job in (lab, first, second)] == ["running", "finished", "finished"]


def test_slow_motion_waits_between_steps(queue):
    job = Counting("a")
    queue.add(job)
    queue.set_speed("a", 2.0)
    assert queue.step() == 0.0
    assert job.step == 1
    assert queue.step() == pytest.approx(2.0)
    queue.clock.now += 0.5
    assert queue.step() == pytest.approx(1.5)
    assert job.step == 1
    queue.clock.now += 1.5
    assert queue.step() == 0.0
    assert job.step == 2
    queue.set_speed("a", 0.0)
    queue.step()
    assert job.step == 3
    with pytest.raises(Refused):
        queue.set_speed("a", -1.0)


def test_cancel_closes_the_generator_and_a_failure_to_save_is_a_failure(queue):
    job = in_state(queue, "running")
    queue.control("a", "cancel")
    assert job.closed
    full = Counting("full", error=OSError(28, "No space left on device", "x.bin"))
    queue.add(full)
    queue.step()
    queue.control("full", "cancel")
    assert full.state == "failed"
    assert full.error.kind == "disk"


@pytest.mark.parametrize("checkpoint", [True, False])
def test_leaving_pauses_what_runs_and_leaves_what_waits(queue, checkpoint):
    running, waiting = Counting("a"), Counting("b")
    queue.add(running)
    queue.add(waiting)
    queue.step()
    queue.leave(checkpoint)
    assert (running.state, waiting.state) == ("paused", "queued")
    assert running.closed
    assert running.save_on_stop is checkpoint


def test_what_runs_was_interrupted_where_nobody_asked_for_the_end(queue):
    job = in_state(queue, "running")
    queue.leave(True, asked=False)
    assert (job.state, job.closed, job.save_on_stop) == ("interrupted", True, True)


def test_snapshot_lists_all_jobs_and_busy_names_the_running_one(queue):
    assert queue.busy == ""
    in_state(queue, "queued")
    assert [info.job for info in queue.snapshot()] == ["before", "a"]
    assert queue.busy == "before"


@pytest.mark.parametrize(
    ("waiting", "asked"), [([Shutdown(checkpoint=True)], True), ([], False), ([Ping()], False)]
)
def test_the_word_that_the_end_is_wanted_counts_where_the_end_overtook_it(waiting, asked):
    left = []
    engine = SimpleNamespace(
        inbox=SimpleNamespace(leaving=True, commands=deque(waiting)),
        queue=SimpleNamespace(
            step=None, leave=lambda checkpoint, asked: left.append((checkpoint, asked))
        ),
        checkpoint=True,
        asked=False,
    )
    work(engine)
    assert left == [(True, asked)]


def test_it_is_known_whether_something_trains():
    queue = JobQueue(lambda *_: None)
    queue.add(Counting("a"))
    queue.add(Counting("b", lane="short"))
    assert not queue.trains
    queue.step()
    assert queue.trains
    queue.control("a", "pause")
    assert not queue.trains, "only what it is beside runs"
