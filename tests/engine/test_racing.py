"""Races: equal budgets, losses as of separate runs, controls that hold for all, who falls out."""

from pathlib import Path

import msgspec
import pytest

from pushforward.studio.engine.jobs import headless, training
from pushforward.studio.engine.process.allowance import Allowance
from pushforward.studio.engine.race import race_job
from pushforward.studio.engine.race.budget_schedules import MarkedEvaluations, MarkedRecords, Marks
from pushforward.studio.engine.race.budgets import Spending
from pushforward.studio.engine.race.device_time import OwnTime
from pushforward.studio.engine.run.run_creation import new_run
from pushforward.studio.engine.watch.outputs import Outputs
from pushforward.studio.engine.watch.schedules import Pace
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import Pick
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from tests.engine.fakes import losses, spec
from tests.engine.test_commands import Desk

STEPS = m.Budget(kind="steps", amount=40)


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def named(name, family="tiny", config=None, **training):
    return msgspec.structs.replace(spec(family, config, **training), name=name)


TWO = [named("one"), named("other", config={"width": 8}, batch=64)]


def start(desk, specs=TWO, budget=STEPS):
    answer = desk.reply(m.StartRace(specs=specs, project=desk.project, budget=budget))
    folders = [RunFolder(Path(run)) for run in answer["runs"]]
    return answer["job"], answer["jobs"], folders


def alone(run, tmp_path):
    """Train a spec by itself for as many steps as `STEPS` allows."""
    training = {**run.training, "steps": int(STEPS.amount)}
    folder = headless.create(msgspec.structs.replace(run, training=training), tmp_path / "alone")
    assert headless.run(folder.path).state == "finished"
    return folder


def parts(desk, race):
    return list(desk.engine.queue.get(race).parts)


def until(desk, condition):
    for _ in range(100_000):
        if condition():
            return
        assert desk.engine.queue.step() is not None
    raise AssertionError("it never came to that")


def settled(desk):
    """Work until nothing happens before the next command."""
    for _ in range(100_000):
        if desk.engine.queue.step() is None:
            return
    raise AssertionError("it never came to rest")


@pytest.mark.parametrize("family", ["edm", "gan"])
def test_losses_are_bit_for_bit_those_of_separate_runs(desk, tmp_path, family):
    small = {"edm": {"net": {"width": 16}}, "gan": {"critic": {"width": 16}}}[family]
    specs = [named("tiny"), named("net", family, small), named("batch", batch=48)]
    _, _, folders = start(desk, specs)
    desk.work()
    for run, raced in zip(specs, folders, strict=True):
        assert losses(raced) == losses(alone(run, tmp_path))
        assert len(losses(raced)[0]) == 40


def test_a_race_that_cannot_be_made_whole_leaves_no_run_behind(desk, monkeypatch):
    def second_fails(resolved, project, **options):
        if resolved.spec.name == "other":
            raise StoreError("The disk is full.")
        return new_run(resolved, project, **options)

    monkeypatch.setattr("pushforward.studio.engine.race.setup.new_run", second_fails)
    start = m.StartRace(specs=TWO, project=desk.project, budget=STEPS)
    assert "disk is full" in desk.refused(start).message
    assert Project.open(Path(desk.project)).runs() == []


def test_a_race_of_steps_goes_round_by_round(desk):
    race, jobs, folders = start(desk)
    seen = []
    until(desk, lambda: parts(desk, race)[0].step > 0)
    while desk.state(race) == "running":
        seen.append([part.step for part in parts(desk, race)])
        desk.engine.queue.step()
    assert max(abs(a - b) for a, b in seen) == 1
    assert [desk.state(job) for job in (race, *jobs)] == ["finished"] * 3
    for folder in folders:
        assert folder.status().state == "finished"
        assert folder.status().step == folder.record.spec.training["steps"] == 40
        assert folder.record.race == race
        assert folder.record.budget == STEPS
    assert desk.engine.queue.get(race).step == 40


def test_a_race_of_samples_gives_everyone_the_same_points(desk):
    budget = m.Budget(kind="samples", amount=2000)
    race, _, folders = start(desk, budget=budget)
    gaps = []
    until(desk, lambda: all(part.step for part in parts(desk, race)))
    while desk.state(race) == "running":
        one, other = (
            part.step * batch for part, batch in zip(parts(desk, race), (32, 64), strict=True)
        )
        gaps.append(abs(one - other))
        desk.engine.queue.step()
    assert max(gaps) <= 64
    assert [folder.status().step for folder in folders] == [2000 // 32, 2000 // 64]
    assert desk.engine.queue.get(race).step == 2000


def slow(monkeypatch, seconds):
    """Let a step of the wide one take so many more seconds of a clock of our own; return this."""
    from pushforward.studio.engine.race import device_time
    from tests.engine.fakes import Tiny

    now = [0.0]
    step = Tiny.step

    def timed(self, batch):
        now[0] += seconds if self.config.width == 8 else 0.001
        return step(self, batch)

    monkeypatch.setattr(Tiny, "step", timed)
    monkeypatch.setattr(device_time.OwnTime.__init__, "__defaults__", (lambda: now[0],))
    return now


def test_the_time_left_of_a_race_is_what_its_entrants_need(desk, monkeypatch):
    """It jumped from 68 minutes to 4: records before the first step counted as slow steps."""
    now, keep_due = slow(monkeypatch, 0.004), Outputs.keep_due

    def keep_slowly(outputs, step):
        now[0] += 0.0 if step else 60.0
        yield from keep_due(outputs, step)

    monkeypatch.setattr(Outputs, "keep_due", keep_slowly)
    monkeypatch.setattr(Pace, "SURE", 0.0)
    monkeypatch.setattr(race_job, "TICK", 0.0)
    monkeypatch.setattr(training, "TICK", 0.0)
    race, _, _ = start(desk, budget=m.Budget(kind="steps", amount=400))
    desk.work()
    told = [event for event in desk.outbox.of(m.Progress) if event.job == race]
    known = [event for event in told if event.seconds_left is not None]
    assert len(known) > 100
    for event in known:
        # What an entrant knows is of its last tick, at most 30 steps ago.
        assert event.seconds_left == pytest.approx(0.005 * (400 - event.step), abs=0.2)
    assert known[-1].seconds_left == 0.0


def test_a_race_of_seconds_gives_the_slow_one_fewer_steps(desk, monkeypatch):
    slow(monkeypatch, 0.004)
    race, _, folders = start(desk, budget=m.Budget(kind="seconds", amount=0.5))
    worst = 0.0
    until(desk, lambda: all(part.step > 1 for part in parts(desk, race)))
    while all(part.state == "running" and not part.done for part in parts(desk, race)):
        one, other = (part.share for part in parts(desk, race))
        worst = max(worst, abs(one - other))
        desk.engine.queue.step()
    desk.work()
    quick, steady = (folder.status() for folder in folders)
    assert (quick.state, steady.state) == ("finished", "finished")
    assert worst < 0.02
    # The first step is free, the last may be overdrawn.
    assert quick.step == pytest.approx(500, abs=3)
    assert steady.step == pytest.approx(125, abs=3)
    assert quick.seconds == pytest.approx(0.5, abs=0.01)
    assert steady.seconds == pytest.approx(0.5, abs=0.01)
    for folder in folders:
        assert len(losses(folder)[0]) == folder.status().step == folder.status().total
        # The planned steps set the learning rates, and nothing else.
        assert folder.record.spec.training["steps"] == 20
        assert folder.flow.steps()[-1] == folder.status().step


def test_a_budget_smaller_than_a_step_buys_two(desk, monkeypatch):
    slow(monkeypatch, 3.0)
    _, _, folders = start(desk, budget=m.Budget(kind="seconds", amount=0.5))
    desk.work()
    assert [folder.status().step for folder in folders] == [pytest.approx(500, abs=3), 2]
    # The first is free.
    assert folders[1].status().seconds == pytest.approx(3.0, abs=0.01)
    assert folders[1].flow.steps()[-1] == 2


def test_views_and_evaluations_cost_no_budget_of_time(desk, monkeypatch):
    slow(monkeypatch, 0.001)
    from pushforward.studio.engine.watch import evaluation

    now = evaluation.Evaluator.evaluate

    def dear(self, *arguments):
        from pushforward.studio.engine.race import device_time

        clock = device_time.OwnTime.__init__.__defaults__[0]
        clock.__closure__[0].cell_contents[0] += 5.0
        return (yield from now(self, *arguments))

    monkeypatch.setattr(evaluation.Evaluator, "evaluate", dear)
    _, _, folders = start(desk, budget=m.Budget(kind="seconds", amount=0.2))
    desk.work()
    for folder in folders:
        assert folder.status().step == pytest.approx(200, abs=3)
        assert folder.status().seconds == pytest.approx(0.2, abs=0.01)


def test_all_are_measured_and_recorded_at_the_same_marks(desk, monkeypatch):
    monkeypatch.setattr(Marks, "ALLOWANCE", Allowance(100.0, 0.0))
    budget = m.Budget(kind="steps", amount=1200)
    _, _, folders = start(desk, [named("one"), named("two", batch=33)], budget)
    desk.work()
    for folder in folders:
        columns, _ = folder.metrics.read()
        steps = columns["quality/sliced-w2"][0]
        assert steps == [-(-i * i * 1200 // 256) for i in range(1, 17)]
        assert folder.flow.steps() == [-(-i * i * 1200 // 576) for i in range(25)]


def marked(schedule, spending, cost, step_seconds=0.001):
    """Return the steps at which a schedule wants in full what costs so many seconds."""
    plan, pace, found = schedule(spending), Pace(), []
    while spending.share < 1.0:
        spending.step, spending.seconds = spending.step + 1, (spending.step + 1) * step_seconds
        if spending.step < plan.next:
            continue
        if schedule is MarkedRecords and not plan.is_full(pace):
            plan.add_record(spending.step, cost / 1000, pace, whole=False)
            continue
        found.append(spending.step)
        (plan.add_record if schedule is MarkedRecords else plan.done)(spending.step, cost, pace)
    return found


def test_light_records_are_between_the_whole_ones_of_a_race():
    spending = PURSES[0]()
    plan, pace, steps = MarkedRecords(spending), Pace(), []
    while spending.share < 1.0:
        spending.step, spending.seconds = spending.step + 1, (spending.step + 1) * 0.001
        if spending.step >= plan.next:
            steps.append(spending.step)
            whole = plan.is_full(pace)
            plan.add_record(spending.step, 50.0 if whole else 6.0, pace, whole=whole)
    assert steps == [1, *(10 * i * i for i in range(1, 25))]


PURSES = [
    lambda: Spending(m.Budget(kind="steps", amount=5760), batch=1),
    lambda: Spending(m.Budget(kind="samples", amount=57600), batch=10),
    lambda: Spending(m.Budget(kind="seconds", amount=5.76), batch=1),
]


@pytest.mark.parametrize("spending", PURSES)
def test_marks_lie_closer_at_first_and_the_dear_are_at_fewer_of_them(spending):
    every = [1, *(10 * i * i for i in range(1, 25))]
    assert marked(MarkedRecords, spending(), 0.001) == pytest.approx(every, abs=1)
    assert marked(MarkedRecords, spending(), 50.0) == pytest.approx(every[::4], abs=1)
    some = marked(MarkedRecords, spending(), 0.04)
    assert {round((step / 10) ** 0.5) for step in some} > {0, 4, 8, 12, 16, 20, 24}
    assert len(some) * 0.04 <= Marks.ALLOWANCE.after(5.76) + 7 * 0.04
    measured = [5760 * i * i / 256 for i in range(1, 16)]
    assert marked(MarkedEvaluations, spending(), 0.001) == pytest.approx(measured, abs=1)
    # What it costs is known after the first; with the end they are eight.
    dear = marked(MarkedEvaluations, spending(), 50.0)
    assert dear == pytest.approx([measured[0], *measured[1::2]], abs=1)


def test_a_resumed_purse_has_passed_its_marks():
    spending = Spending(m.Budget(kind="steps", amount=5760), batch=1, step=1440, seconds=1.44)
    assert MarkedRecords(spending).next == 10 * 13 * 13
    assert MarkedEvaluations(spending).next == -(-5760 * 9 * 9 // 256)


def test_everyone_is_measured_alike(desk):
    specs = [
        msgspec.structs.replace(named("one"), metrics=[Pick(slug="energy-distance")]),
        named("other", evaluate_samples=30),
    ]
    _, _, folders = start(desk, specs)
    desk.work()
    for folder in folders:
        assert folder.record.spec.training["evaluate_samples"] == 30
        _, floors = folder.metrics.read()
        metrics = {"energy-distance", "sliced-w2"}
        assert set(floors) == metrics | {f"spread/{slug}" for slug in metrics}
    first, second = (folder.metrics.read()[1] for folder in folders)
    assert first == second


class TestControls:
    def test_pause_resume_and_step_hold_for_all(self, desk):
        race, jobs, folders = start(desk)
        until(desk, lambda: parts(desk, race)[0].step >= 5)
        desk.reply(m.Control(job=race, action="pause"))
        settled(desk)
        assert [desk.state(job) for job in (race, *jobs)] == ["paused"] * 3
        before = [part.step for part in parts(desk, race)]
        assert [folder.checkpoints.steps()[-1] for folder in folders] == before
        assert [folder.status().state for folder in folders] == ["paused"] * 2
        desk.reply(m.Control(job=race, action="step", n=3))
        settled(desk)
        after = [part.step for part in parts(desk, race)]
        # The round that was under way counts for those who had moved in it already.
        assert after[0] == after[1] == max(before) + 2 + (before[0] == before[1])
        desk.reply(m.Control(job=race, action="resume"))
        desk.work()
        assert [desk.state(job) for job in (race, *jobs)] == ["finished"] * 3

    def test_one_that_takes_part_steers_all(self, desk):
        race, jobs, _ = start(desk)
        until(desk, lambda: parts(desk, race)[0].step >= 5)
        desk.reply(m.Control(job=jobs[1], action="pause"))
        settled(desk)
        assert [desk.state(job) for job in (race, *jobs)] == ["paused"] * 3
        desk.reply(m.Control(job=jobs[0], action="resume"))
        assert desk.state(race) == "running"
        desk.reply(m.SetSpeed(job=jobs[0], delay=0.0))
        desk.work()
        assert desk.state(race) == "finished"

    def test_what_one_makes_is_its_own_and_a_race_asks_all(self, desk):
        race, jobs, folders = start(desk)
        until(desk, lambda: parts(desk, race)[0].step >= 5)
        desk.reply(m.Control(job=jobs[0], action="sample", n=7))
        desk.reply(m.Control(job=race, action="checkpoint"))
        desk.reply(m.Control(job=race, action="pause"))
        settled(desk)
        assert [len(folder.samples.paths()) for folder in folders] == [1, 0]
        assert [len(folder.checkpoints.pinned()) for folder in folders] == [1, 1]
        desk.reply(m.Control(job=race, action="sample", n=5))
        settled(desk)
        assert [len(folder.samples.paths()) for folder in folders] == [2, 1]

    @pytest.mark.parametrize("whole", [True, False])
    def test_slow_motion_through_stages_leaves_all_as_they_would_be(self, desk, tmp_path, whole):
        race, jobs, folders = start(desk)
        until(desk, lambda: parts(desk, race)[0].step >= 5)
        job = race if whole else jobs[1]
        desk.reply(m.Control(job=job, action="stage", n=2))
        settled(desk)
        assert [desk.state(each) for each in (race, *jobs)] == ["paused"] * 3
        told = [(event.job, event.stage) for event in desk.outbox.of(m.StageDone)]
        walkers = jobs if whole else jobs[1:]
        assert sorted(told) == sorted(
            (each, stage) for each in walkers for stage in ("draw", "look")
        )
        desk.reply(m.Control(job=race, action="resume"))
        desk.work()
        for run, raced in zip(TWO, folders, strict=True):
            assert losses(raced) == losses(alone(run, tmp_path))

    def test_cancel_of_one_takes_it_out_and_the_others_go_on(self, desk):
        race, jobs, folders = start(desk)
        until(desk, lambda: parts(desk, race)[0].step >= 5)
        desk.reply(m.Control(job=jobs[0], action="cancel"))
        step = folders[0].status().step
        assert desk.state(jobs[0]) == "cancelled"
        assert folders[0].checkpoints.steps()[-1] == step
        desk.work()
        assert [desk.state(job) for job in (race, *jobs)] == ["finished", "cancelled", "finished"]
        assert folders[1].status().step == 40

    def test_cancel_of_the_last_one_is_that_of_the_race(self, desk):
        race, jobs, _ = start(desk)
        desk.reply(m.Control(job=jobs[0], action="cancel"))
        assert desk.state(race) == "queued"
        desk.reply(m.Control(job=jobs[1], action="cancel"))
        assert desk.state(race) == "cancelled"
        assert desk.engine.queue.step() is None

    def test_cancel_saves_all(self, desk):
        race, jobs, folders = start(desk)
        until(desk, lambda: parts(desk, race)[0].step >= 5)
        desk.reply(m.Control(job=race, action="cancel"))
        assert [desk.state(job) for job in (race, *jobs)] == ["cancelled"] * 3
        for folder in folders:
            assert folder.checkpoints.steps()[-1] == folder.status().step >= 4

    def test_a_race_waits_its_turn_and_trainings_wait_for_it(self, desk):
        first, _ = desk.start(spec(steps=30))
        race, jobs, _ = start(desk)
        last, _ = desk.start(spec(steps=30))
        desk.train(first, 5)
        assert [desk.state(job) for job in (race, *jobs, last)] == ["queued"] * 4
        desk.reply(m.MoveJob(job=jobs[0], place=1))
        desk.work()
        told = [e.info for e in desk.outbox.of(m.JobChanged) if e.info.state == "running"]
        order = [info.job for info in told if info.job in (first, race, last)]
        assert order == [first, last, race]


def test_infos_name_the_race_and_the_snapshot_has_everyone(desk):
    race, jobs, _ = start(desk)
    infos = {info.job: info for info in desk.engine.queue.snapshot()}
    assert list(infos) == [race, *jobs]
    assert infos[race].kind == "race"
    assert infos[race].run == ""
    assert [infos[job].race for job in jobs] == [race] * 2
    assert [infos[job].kind for job in jobs] == ["training"] * 2


def test_everyone_and_the_race_tell_their_progress(desk):
    race, jobs, _ = start(desk)
    desk.work()
    last = {event.job: event for event in desk.outbox.of(m.Progress)}
    assert set(last) == {race, *jobs}
    assert all(event.step == event.total == 40 for event in last.values())
    assert last[race].seconds == pytest.approx(sum(last[job].seconds for job in jobs), rel=0.2)


def test_one_is_watched_as_any_training(desk):
    race, jobs, _ = start(desk)
    desk.reply(m.Watch(job=jobs[1], on=True, layers=["pull"], resolution=4, particles=8))
    desk.engine.outbox.credit(jobs[1], 100)
    until(desk, lambda: bool(desk.outbox.records))
    assert {record.job for record, _ in desk.outbox.records} == {jobs[1]}
    assert desk.refused(m.Watch(job=race, on=True)).kind == "user"


def test_one_that_fails_ends_alone(desk):
    specs = [named("bad", config={"fail": "nan", "at": 9}), *TWO]
    race, jobs, folders = start(desk, specs)
    desk.work()
    assert [desk.state(job) for job in (race, *jobs)] == [
        "finished",
        "failed",
        "finished",
        "finished",
    ]
    assert folders[0].status().error.kind == "numeric"
    assert losses(folders[0])[0][-1] == 9
    assert [folder.status().step for folder in folders[1:]] == [40, 40]


def test_a_race_that_all_lose_has_failed(desk):
    bad = {"fail": "bug", "at": 3}
    race, jobs, _ = start(desk, [named("a", config=bad), named("b", config=bad)])
    desk.work()
    assert [desk.state(job) for job in (race, *jobs)] == ["failed"] * 3
    assert "All participants" in desk.engine.queue.get(race).error.message


def test_leaving_saves_all_and_the_race_is_resumed_as_one(desk, tmp_path):
    race, _, folders = start(desk)
    until(desk, lambda: parts(desk, race)[0].step >= 15)
    desk.engine.queue.leave(checkpoint=True)
    assert [folder.status().state for folder in folders] == ["paused"] * 2
    later = Desk(tmp_path)
    answer = later.reply(m.ResumeRace(runs=[str(folder.path) for folder in folders]))
    assert answer["job"] == race
    assert answer["runs"] == [str(folder.path) for folder in folders]
    assert later.refused(m.ResumeRace(runs=answer["runs"])).message.endswith("queued already.")
    later.work()
    for run, folder in zip(TWO, folders, strict=True):
        assert folder.status().state == "finished"
        assert losses(folder) == losses(alone(run, tmp_path))
    assert "finished" in later.refused(m.ResumeRace(runs=answer["runs"])).message


def test_after_a_crash_those_behind_catch_up_and_time_lost_is_given_back(desk, monkeypatch):
    slow(monkeypatch, 0.002)
    specs = [named("one"), named("other", config={"width": 8})]
    race, _, folders = start(desk, specs, m.Budget(kind="seconds", amount=0.5))
    until(desk, lambda: parts(desk, race)[0].step >= 200)
    desk.reply(m.Control(job=race, action="checkpoint"))
    until(desk, lambda: parts(desk, race)[0].step >= 300)
    desk.engine.queue.leave(checkpoint=False)
    for path in folders[1].path.glob("checkpoints/*"):
        path.unlink()
    saved = folders[0].checkpoints.steps()[-1]
    assert 200 <= saved < 320
    again = Desk(Path(desk.project).parent)
    again.reply(m.ResumeRace(runs=[str(folder.path) for folder in folders]))
    until(again, lambda: all(part.session for part in parts(again, race)))
    one, other = parts(again, race)
    assert one.spending.seconds == pytest.approx(0.001 * saved, rel=0.05)
    assert other.spending.seconds == 0.0
    again.work()
    quick, steady = (folder.status() for folder in folders)
    assert quick.step == pytest.approx(500, abs=4)
    assert steady.step == pytest.approx(250, abs=4)


def test_one_can_be_resumed_by_itself(desk):
    race, _, folders = start(desk)
    until(desk, lambda: parts(desk, race)[0].step >= 15)
    desk.reply(m.Control(job=race, action="cancel"))
    desk.reply(m.ResumeTraining(run=str(folders[0].path)))
    desk.work()
    assert (folders[0].status().state, folders[0].status().step) == ("finished", 40)


REFUSED = [
    ([named("a")], STEPS, "2 to 8"),
    ([named(c) for c in "abcdefghi"], STEPS, "2 to 8"),
    ([named("a"), named("b", seed=3)], STEPS, "training.seed is 0 in one and 3"),
    ([named("a"), named("b", samples=99)], STEPS, "training.samples is 300 in one and 99"),
    ([named("a"), named("b", threads=2)], STEPS, "training.threads is 1"),
    ([named("a"), named("b")], m.Budget(kind="joules", amount=3), "joules"),
    ([named("a"), named("b")], m.Budget(kind="seconds", amount=0), "greater than 0"),
    ([named("a"), named("b")], m.Budget(kind="seconds", amount=float("nan")), "greater than 0"),
    ([named("a"), named("b")], m.Budget(kind="steps", amount=0.5), "less than one step"),
    ([named("a"), named("b", batch=64)], m.Budget(kind="samples", amount=50), "batch 64"),
    ([named("a"), named("b", config={"width": 99})], STEPS, "b: family.width"),
    (
        [named("a"), msgspec.structs.replace(named("b"), dataset=Pick(slug="two-moons"))],
        STEPS,
        "dataset is eight-gaussians in one and two-moons",
    ),
]


@pytest.mark.parametrize(("specs", "budget", "words"), REFUSED)
def test_what_cannot_race_is_refused_and_leaves_nothing(desk, specs, budget, words):
    error = desk.refused(m.StartRace(specs=specs, project=desk.project, budget=budget))
    assert words in error.message
    assert desk.engine.queue.jobs() == []
    assert not list(Path(desk.project).glob("runs/*"))


def test_runs_of_different_races_do_not_race_on_together(desk):
    _, _, folders = start(desk)
    _, _, others = start(desk)
    desk.work()
    runs = [str(folders[0].path), str(others[0].path)]
    assert "one and the same" in desk.refused(m.ResumeRace(runs=runs)).message


def test_an_own_clock_stands_while_others_work():
    now = [10.0]
    clock = OwnTime(lambda: now[0])
    assert clock() == 0.0
    with clock:
        now[0] += 2.0
        assert clock() == 2.0
    now[0] += 50.0
    assert clock() == 2.0
    with clock:
        now[0] += 1.0
    assert clock() == 3.0


def test_a_purse_knows_what_is_spent():
    samples = Spending(m.Budget(kind="samples", amount=1000), batch=64, step=3)
    assert (samples.steps, samples.share, samples.expected(7)) == (15, 0.2, 15)
    seconds = Spending(m.Budget(kind="seconds", amount=4.0), batch=64, step=30, seconds=1.0)
    assert (seconds.steps, seconds.share, seconds.expected(7)) == (None, 0.25, 120)
    assert Spending(seconds.budget, batch=1).expected(7) == 7
