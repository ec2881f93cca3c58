"""The live view: how old its picture becomes, how many particles it has, and what it costs."""

import numpy as np
import pytest

from pushforward.studio.engine.process.allowance import Allowance
from pushforward.studio.engine.race.device_time import OwnTime
from pushforward.studio.engine.watch.live_view import LiveView
from pushforward.studio.engine.watch.schedules import KeptSchedule
from pushforward.studio.protocol.messages import Kept, Watch
from pushforward.studio.protocol.spec import Pick, RunSpec
from tests.engine.fakes import MemorySink, drive, new_job, new_run, spec

SHARE = 0.05  # of the time that watching may take, here
STEP = 0.002  # seconds of a training step


def watching(*, early=False, **options):
    view = LiveView()
    view.set(Watch(job="a", on=True, **{"share": SHARE, **options}))
    if not early:
        view.evaluated()
    return view


def look(view, cost, *, until, now=0.0, total=10**9, wish=None, pace=STEP):
    """Train and look; return (moment, seconds, step, particles) of each record.

    Unless ``total`` is small the age bound in steps is never reached: the budget decides.
    """
    made, step = [], round(now / pace)
    while now < until:
        if wish is not None:
            wish(now)
        if view.due(now, step, total):
            seconds = cost(len(made), view.particles)
            now += seconds
            view.add_record(seconds, now, step)
            made.append((now, seconds, step, view.particles))
        view.add_block(1, pace, now)
        now += pace
        step += 1
    return made


def spent(made):
    return sum(seconds for _, seconds, _, _ in made)


def beyond(made, excess):
    """Return the most that records have cost beyond the share at any moment, less ``excess``."""
    moments = [(now, sum(s for at, s, _, _ in made if at <= now)) for now, *_ in made]
    return max(paid - SHARE * now - excess for now, paid in moments)


# The age bound


@pytest.mark.parametrize(
    "each",
    [1e-6, 1e-5, 5e-5, 2e-4],
    ids=lambda each: f"{1e6 * each:g} us a particle",
)
@pytest.mark.parametrize("total", [600, 6000, 60_000])
def test_the_picture_is_never_older_than_two_seconds_or_4_percent_of_the_steps(each, total):
    """Also where 512 particles cost 0.1 s, which 5 % of the time pay for in 2 s."""
    view = watching(particles=4096)
    made = look(view, lambda i, n: each * n, until=total * STEP, total=total)
    oldest = max(2.0, 0.04 * total * STEP)
    gaps = np.diff([0.0, *(now for now, *_ in made), made[-1][0] if made else 99.0])
    assert gaps.max() <= oldest
    assert min(n for *_, n in made) >= LiveView.FEWEST


def test_a_dear_first_record_delays_no_other():
    """The first one pays for allocations: a debt of ten seconds at 3 % was paid off by none."""
    view = watching(particles=4096, share=0.03)
    made = look(view, lambda i, n: 0.3 if i == 0 else 1e-5 * n, until=20.0, total=6000)
    assert made[1][0] - made[0][0] <= 2.0


def test_a_picture_that_would_take_more_than_a_quarter_of_the_time_waits():
    view = watching(particles=64)
    made = look(view, lambda i, n: 10.0, until=400.0, total=2000, pace=0.1)
    gaps = np.diff([now for now, *_ in made])
    assert gaps.min() >= 10.0 / LiveView.MOST


@pytest.mark.parametrize("slow", [1.0, 10.0], ids=["quiet machine", "loaded machine"])
def test_layers_too_dear_become_coarse_and_fine_again_but_never_missing(slow):
    """A Discriminator Flow lost them for good once a record had taken half a second."""
    view, now = watching(particles=512, layers=["critic"], resolution=32), 0.0

    def show(slow):
        nonlocal now
        now += 5.0
        layers = slow * 5e-5 * view.resolution**2
        view.add_record(slow * 0.06 + layers, now, 5, layers=layers)

    show(slow)
    assert view.resolution == LiveView.COARSER[0 if slow == 1.0 else -1]
    show(0.01)
    assert view.resolution == 32
    show(slow)
    view.set(Watch(job="a", on=True, share=SHARE, particles=512, layers=["next-move"]))
    assert view.resolution == 32  # a new wish is answered in full


def test_a_kept_snapshot_waits_with_its_layers_for_a_window_that_still_draws(tmp_path):
    """Else the window reads it from the disk, where light records have no layers."""
    sink = MemorySink(watching=False)
    job = new_job(new_run(tmp_path, spec(steps=60, particles=700)), sink)
    job.watch(Watch(job="job", on=True, layers=["pull"], resolution=3))
    for _ in drive(job, 60):
        pass
    kept = {event.step for event in sink.of(Kept)}
    assert len(kept) > 20
    assert kept == {record.step for record, _ in sink.records}
    assert all("layer:pull" in record.arrays for record, _ in sink.records)


def test_up_to_the_first_evaluation_the_budget_is_generous():
    before = look(watching(early=True), lambda i, n: 0.02, until=10.0)
    after = look(watching(), lambda i, n: 0.02, until=10.0)
    assert len(before) > 1.5 * len(after)
    # A training that is never evaluated keeps it for a tenth of its steps.
    assert spent(look(watching(early=True), lambda i, n: 0.02, until=100.0, total=5000)) < 7.0


def test_fewer_particles_where_records_would_be_rare_but_never_less_than_512():
    view, now = watching(particles=4096), 0.0
    for step in range(10):
        view.add_record(1e-4 * view.particles, now, step)
        now += 10.0
    assert view.particles == LiveView.FEWEST == 512
    for step in range(10, 20):
        view.add_record(1e-6 * view.particles, now, step)
        now += 10.0
    assert view.particles == 4096


# A real training


def test_every_kept_snapshot_is_sent_and_has_512_particles(tmp_path, monkeypatch):
    """Light ones too: 4,096 / 16 particles and no layers was what they had."""
    monkeypatch.setattr(KeptSchedule, "ALLOWANCE", Allowance(0.0, 0.0))
    sink = MemorySink(watching=True)
    folder = new_run(tmp_path, spec(steps=60, particles=700))
    job = new_job(folder, sink)
    job.watch(Watch(job="job", on=True, layers=["pull"], resolution=3))
    for _ in drive(job, 60):
        pass
    kept = {event.step for event in sink.of(Kept)}
    assert len(kept) > 20
    assert kept <= {record.step for record, _ in sink.records}
    assert min(record.arrays["x"].shape[1] for record, _ in sink.records) >= 512
    assert all("layer:pull" in record.arrays for record, _ in sink.records[1:])
    assert folder.flow.load(sorted(kept)[5]).x.shape[1] >= 512


def test_a_stopped_run_keeps_its_last_step_with_all_particles(tmp_path):
    folder = new_run(tmp_path, spec(steps=1000, particles=700))
    work = new_job(folder).work()
    for _ in range(900):
        next(work)
    work.close()
    step = folder.checkpoints.steps()[-1]
    assert folder.flow.steps()[-1] == step < 1000
    assert folder.flow.load(step).x.shape[1] == 700


def test_the_first_picture_comes_before_the_first_whole_record(tmp_path):
    edm = RunSpec(
        name="edm",
        family=Pick(slug="edm"),
        dataset=Pick(slug="eight-gaussians"),
        training={"steps": 10, "particles": 1000},
    )
    sink = MemorySink(watching=True)
    job = new_job(new_run(tmp_path, edm), sink)
    job.watch(Watch(job="job", on=True))
    work = job.work()
    while not sink.records:
        next(work)
    record, _ = sink.records[0]
    assert (record.step, record.arrays["x"].shape[1]) == (0, 512)
    assert not sink.of(Kept)
    work.close()


# The budget


def test_a_hidden_view_is_never_due():
    view = watching()
    view.set(Watch(job="a", on=False))
    assert not view.due(1e9, 10, 100)
    assert view.cost == 0.0


def test_what_takes_minutes_is_not_made_for_a_wish():
    """Kept records show how dear it is; it waits until it takes no more than the share."""
    view = watching(particles=64)
    assert view.due(0.0, 0, 100)
    view.estimate_seconds(240.0, 64)
    assert not view.due(1.0, 0, 100)
    assert view.due(1.0 + 240.0 / SHARE, 0, 100)
    view.estimate_seconds(6.0, 1024)  # these 64 are dear no longer
    view.set(Watch(job="a", on=True, share=SHARE, particles=64, layers=["pull"]))
    assert view.due(2.0 + 240.0 / SHARE, 0, 100)


def test_cost_is_at_most_the_share_and_is_told():
    view = watching()
    made = look(view, lambda i, n: 2e-5 * n, until=60.0)
    assert spent(made) < 1.1 * SHARE * 60.0
    assert len(made) > 40
    assert view.cost == pytest.approx(spent(made) / 60.0, rel=0.25)


def test_what_steps_after_a_record_take_longer_is_paid_for_too():
    """A record makes the steps of the next 60 ms half as fast again as they were."""
    view, now, total, records, last = watching(particles=1024), 0.0, 0.0, 0, -1.0
    while now < 60.0:
        if view.due(now, 0, 10**9):
            now += 0.01
            total += 0.01
            view.add_record(0.01, now, 0)
            last, records = now, records + 1
        slow = 0.001 if now - last < 0.06 else 0.0
        view.add_block(1, 0.002 + slow, now)
        now += 0.002 + slow
        total += slow
    assert 0.85 * SHARE < total / now < 1.02 * SHARE
    assert view.particles == 1024  # fewer records, no fewer particles
    assert records == pytest.approx(60.0 * SHARE / 0.03, rel=0.15)


def test_records_rest_for_a_moment_where_no_step_is_far_from_one():
    view = watching(particles=16)
    gaps = np.diff([now for now, *_ in look(view, lambda i, n: 1e-5, until=60.0)])
    assert np.median(gaps) < 0.04  # thirty a second
    assert 4 <= (gaps > 0.19).sum() <= 6  # and every ten seconds a fifth of a second without


def test_the_share_is_what_the_watch_says():
    view = watching(particles=1024, share=0.2)
    made = look(view, lambda i, n: 0.01, until=30.0)
    assert spent(made) == pytest.approx(0.2 / 1.2 * 30.0, rel=0.1)
    before = view.particles
    view.set(Watch(job="a", on=True, particles=1024, share=0.01))
    assert view.particles == before
    more = look(view, lambda i, n: 0.01, now=30.0, until=60.0)
    assert spent(more) == pytest.approx(0.01 * 30.0, rel=0.15)


def test_a_new_wish_is_answered_at_once():
    view = watching()
    view.due(0.0, 0, 10**9)
    view.add_record(1.0, 100.0, 5)
    assert not view.due(101.0, 6, 10**9)
    view.set(Watch(job="a", on=True, layers=["velocity"]))
    assert view.due(101.0, 6, 10**9)


def test_wishes_without_end_cost_no_more():
    view = watching(particles=1024)

    def pan(now):
        view.set(Watch(job="a", on=True, bounds=[now, now + 1, 0, 1], particles=1024, share=SHARE))

    made = look(view, lambda i, n: 0.01, until=30.0, wish=pan)
    assert [now for now, *_ in made[: LiveView.ADVANCES]][-1] < 0.2  # they are answered at once
    assert len(made) > 100
    assert beyond(made, 2 * LiveView.ADVANCES * 0.01) < 1e-3


def test_looking_away_pays_for_nothing():
    view, made, now = watching(), [], 0.0
    for i in range(200):
        view.set(Watch(job="a", on=i % 2 == 0, share=SHARE))
        now += 0.05
        if view.due(now, i, 10**9):
            view.add_record(0.02, now, i)
            made.append((now, 0.02, i, 512))
    assert beyond(made, 2 * LiveView.ADVANCES * 0.02) < 1e-3


def test_time_without_records_is_not_hoarded():
    view = watching(particles=1024)
    look(view, lambda i, n: 0.01, until=5.0)
    made = look(view, lambda i, n: 0.01, now=1000.0, until=1010.0)
    assert spent(made) < SHARE * 10.0 + 0.02


def test_each_of_those_in_a_race_pays_from_its_own_time():
    now, paid = 0.0, [0.0, 0.0, 0.0]
    clocks = [OwnTime(lambda: now) for _ in paid]
    views = [watching(particles=1024) for _ in paid]
    while now < 30.0:
        for place, (view, clock) in enumerate(zip(views, clocks, strict=True)):
            with clock:
                now += 0.002
                if view.due(clock(), 0, 10**9):
                    now += 0.01
                    paid[place] += 0.01
                    view.add_record(0.01, clock(), 0)
    assert min(paid) > 0.04 * now / 3
    assert sum(paid) < SHARE * now + 3 * 0.01
