"""Records: identity of particles, frames, layers on their grid, and what they may cost."""

import math
import re
from itertools import pairwise

import numpy as np
import pytest
import torch
from msgspec.structs import replace

from pushforward.models.contracts.spec import DataSpec
from pushforward.models.families.edm import Edm, EdmConfig
from pushforward.models.kinds.points import PointSet
from pushforward.models.samplers.langevin import AnnealedLangevin, AnnealedLangevinConfig
from pushforward.models.tensors import make_generator
from pushforward.studio.engine.jobs import training
from pushforward.studio.engine.process.allowance import Allowance
from pushforward.studio.engine.run.randomness import FLOW, LATENTS
from pushforward.studio.engine.watch import recorder as watch_recorder
from pushforward.studio.engine.watch.recorder import (
    Recorder,
    evaluate_layer,
    kept_layers,
    plane_bounds,
)
from pushforward.studio.engine.watch.schedules import KeptSchedule, Pace
from pushforward.studio.protocol.messages import Progress
from pushforward.studio.protocol.spec import Pick, RunSpec
from tests.engine.fakes import MemorySink, Tiny, TinyConfig, drive, new_job, new_run, spec

DATA = DataSpec("points", (2,), torch.tensor([10.0, 20.0]), torch.tensor([2.0, 3.0]))


def family(frames=7, data=DATA):
    return Tiny(TinyConfig(frames=frames), data, horizon=1, seed=0, device=torch.device("cpu"))


def made(recorder, **options):
    making = recorder.record(5, **options)
    while True:
        try:
            assert next(making) is False
        except StopIteration as end:
            return end.value


def recorder(model, frames=5, particles=30):
    return Recorder(model, seed=1, particles=particles, frames=frames)


def test_row_i_is_the_same_particle_for_ever():
    model = family()
    first = made(recorder(model))
    model.step(torch.ones(8, 2))
    second = made(recorder(model))
    assert first.x.shape == (5, 30, 2)
    np.testing.assert_array_equal(first.x[0], second.x[0])  # the prior is the seed's
    assert not np.array_equal(first.x[-1], second.x[-1])
    few = made(recorder(model), particles=7)
    np.testing.assert_array_equal(few.x, second.x[:, :7])


def test_all_the_time_of_making_counts_and_none_of_what_comes_between(monkeypatch):
    now = 0.0

    def slow(spec, latents, frames):
        nonlocal now
        now += 0.5
        return whole(spec, latents, frames)

    whole = watch_recorder.recorded
    monkeypatch.setattr(watch_recorder, "recorded", slow)
    monkeypatch.setattr(watch_recorder.time, "perf_counter", lambda: now)
    making = recorder(family()).record(5)
    try:
        while True:
            assert next(making) is False
            now += 100.0
    except StopIteration as end:
        record = end.value
    assert record.seconds == 0.5


def test_positions_are_in_the_units_of_the_data():
    model = family()
    last = made(recorder(model)).x[-1]
    np.testing.assert_allclose(last, DATA.restore(model.w).expand(30, 2).numpy(), rtol=1e-5)


@pytest.mark.parametrize(
    ("frames", "limit", "kept"), [(7, 24, 7), (100, 5, 5), (1, 24, 1), (9, 1, 1)]
)
def test_frames_are_thinned_evenly_with_both_ends(frames, limit, kept):
    record = made(recorder(family(frames), frames=limit))
    assert record.t.shape == (kept,)
    assert record.t[-1] == 1.0
    if kept > 1:
        assert record.t[0] == 0.0
        np.testing.assert_allclose(np.diff(record.t), 1 / (kept - 1), atol=0.02)


def test_of_a_walk_at_one_level_the_beginning_is_kept_and_of_the_last_one_the_end():
    """EDP-GNN's Langevin dynamics walks at each of its levels; a way has one place at a time."""
    sampler = AnnealedLangevin(AnnealedLangevinConfig(levels=4, walk=3))
    model = Edm(EdmConfig(), DATA, horizon=1, seed=0, device=torch.device("cpu"))
    watched = Recorder(model, seed=1, particles=30, frames=24, sampler=sampler)
    record = made(watched)
    assert record.t.shape == (4,)  # of five levels the last two are at one time
    assert (np.diff(record.t) > 0).all()
    latents, noise = model.prior(30, make_generator(1, LATENTS)), make_generator(1, FLOW)
    *_, end = model.flow(latents, sampler=sampler, generator=noise)
    np.testing.assert_allclose(record.x[-1], DATA.restore(end.x.detach()).numpy(), rtol=1e-5)


def test_layers_lie_on_a_grid_in_data_units():
    model = family()
    bounds = [0.0, 20.0, 10.0, 40.0]
    record = made(recorder(model), layers=["pull", "height", "none"], resolution=4, bounds=bounds)
    assert record.layers["pull"].shape == (5, 4, 4, 2)
    assert record.layers["height"].shape == (1, 4, 4)
    target = DATA.restore(model.w).numpy()
    # Row 0 is the lowest y, column 0 the lowest x: the pull there leads from that corner to w.
    np.testing.assert_allclose(record.layers["pull"][-1, 0, 0], target - [0, 10], rtol=1e-5)
    np.testing.assert_allclose(record.layers["pull"][-1, -1, 0], target - [0, 40], rtol=1e-5)
    np.testing.assert_allclose(record.layers["pull"][-1, 0, -1], target - [20, 10], rtol=1e-5)
    assert np.abs(record.layers["pull"][0]).max() == 0.0
    corner = DATA.standardise(torch.tensor([0.0, 10.0])).norm()
    assert record.layers["height"][0, 0, 0] == pytest.approx(float(corner))
    assert set(record.arrays) == {"t", "x", "layer:pull", "layer:height"}


def test_layers_need_the_plane_and_bounds():
    solid = DataSpec("points", (3,), torch.zeros(3), torch.ones(3))
    record = made(recorder(family(data=solid)), layers=["pull"], bounds=[0, 1, 0, 1])
    assert record.layers == {}
    assert made(recorder(family()), layers=["pull"]).layers == {}
    assert plane_bounds(PointSet(torch.randn(10, 3), ("x", "y", "z"))) == []


def test_a_log_density_integrates_to_one_in_data_units():
    torch.manual_seed(0)
    model = Edm(EdmConfig(), DATA, horizon=1, seed=0, device=torch.device("cpu"))
    layer = next(layer for layer in model.layers if layer.name == "log-density")
    bounds = [-2.0, 22.0, 2.0, 38.0]
    density = np.exp(evaluate_layer(model, layer, bounds, 24, 1.0).astype(np.float64))
    cell = (24 / 23) * (36 / 23)
    assert density.sum() * cell == pytest.approx(1.0, abs=0.1)


def test_kept_records_hold_the_layers_that_are_to_be_kept():
    model = family()
    assert kept_layers(model) == ["pull", "height"]
    model.layers = tuple(replace(x, kept=x.name == "height") for x in model.layers)
    assert kept_layers(model) == ["height"]


def test_bounds_hold_the_data_and_the_prior():
    points = torch.randn(1000, 2) * torch.tensor([1.0, 5.0]) + torch.tensor([3.0, 0.0])
    x0, x1, y0, y1 = plane_bounds(PointSet(points, ("x", "y")))
    assert x0 < 0.1
    assert x1 > 5.9
    assert y0 < -14
    assert y1 > 14


def kept_steps(total, cost, step_seconds, light=0.125, dear=False):
    """Return the steps kept, those of them that are whole, and the seconds it took."""
    schedule, pace = KeptSchedule(total, dear=dear), Pace()
    steps, wholes, spent, step = [], [], 0.0, 0
    pace.add_uninterrupted(1, step_seconds)
    while step <= total:
        if step >= schedule.next:
            whole = schedule.is_full(pace)
            steps.append(step)
            wholes += [step] if whole else []
            seconds = cost * (1.0 if whole else light)
            spent += seconds
            schedule.add_record(step, seconds, pace, whole=whole)
        step = max(step + 1, min(int(schedule.next), total + 1))
    return steps, wholes, spent


@pytest.mark.parametrize("total", [1, 2, 10, 1000, 100_000])
@pytest.mark.parametrize("cost", [0.0001, 0.05, 0.1])
def test_kept_steps_lie_evenly_in_log_and_in_time_from_first_to_last(total, cost):
    steps, wholes, _ = kept_steps(total, cost, step_seconds=0.002)
    assert (steps[0], steps[-1]) == (wholes[0], wholes[-1]) == (0, total)
    assert steps == sorted(set(steps))
    if total < 1000:
        return
    assert len(steps) >= 24
    # Wherever one scrubs there is something near, on a clock that is even in the steps ...
    assert max(b - a for a, b in pairwise(steps)) <= total / 13
    # ... and at first, where most happens, also in proportion.
    assert max(b / a for a, b in pairwise(steps) if a >= 16) <= (total / 16) ** (1 / 12)


def test_there_are_more_kept_steps_where_they_are_cheap():
    assert len(kept_steps(6000, 0.0001, 0.004)[0]) > 40


@pytest.mark.parametrize("total", [200, 600, 6000])
def test_light_records_that_are_dear_are_fewer_all_over_the_run(total):
    """Of images each takes 0.2 s: those of the first steps must not leave the rest without."""
    steps, wholes, spent = kept_steps(total, 0.6, 0.06, light=1 / 3)
    assert wholes == [0, total]
    assert spent <= 2 * 0.6 + KeptSchedule.MOST.after(total * 0.06)
    assert 3 <= len(steps[1:-1]) <= 28
    assert max(b - a for a, b in pairwise(steps)) <= 0.5 * total


def test_whole_records_stay_within_their_share_and_light_ones_are_between():
    # 6,000 steps of 4 ms at 0.05 s a record.
    budget = KeptSchedule.ALLOWANCE.after(24)
    steps, wholes, spent = kept_steps(6000, 0.05, 0.004)
    assert 2 < len(wholes) < len(steps)
    assert spent <= budget + 0.1
    # 100,000 steps of 2 ms at 0.5 s a record: as many as the time can pay for, all over the run.
    steps, wholes, spent = kept_steps(100_000, cost=0.5, step_seconds=0.002)
    assert len(steps) >= 24
    assert spent <= KeptSchedule.ALLOWANCE.after(200) + 26 * 0.125 * 0.5 + 0.5
    # Dear ones: only the ends are whole.
    assert len(kept_steps(1000, 5.0, 0.002)[1]) == 2


def test_all_moments_of_a_short_run_cost_about_what_they_may():
    # 6,000 steps of 3 ms of EDM: 4,096 particles 0.13 s, 256 of them 0.017 s.
    steps, _, spent = kept_steps(6000, 0.13, 0.003, light=0.13)
    assert len(steps) >= 24
    assert spent <= KeptSchedule.ALLOWANCE.after(18) + 2 * 0.13


def test_samples_of_thousands_of_evaluations_do_not_keep_a_training_from_its_steps():
    """GDSS: 64 graphs by two thousand evaluations take four minutes, 4,000 steps of it as long."""
    steps, wholes, spent = kept_steps(4000, 240.0, 0.06, light=0.25, dear=True)
    assert wholes == [4000]
    assert steps[0] == 0
    before = spent - 240.0
    assert before <= KeptSchedule.MOST_DEAR.after(240.0)
    # Said beforehand or not, what is between comes of what may be spent.
    _, _, unsaid = kept_steps(4000, 240.0, 0.06, light=0.25)
    assert unsaid <= 480.0 + 60.0 + KeptSchedule.MOST.after(240.0)
    # Of a long training there is something between.
    assert len(kept_steps(100_000, 240.0, 0.06, light=0.25, dear=True)[0]) > 20


def test_a_light_record_of_many_has_some_hundreds():
    assert recorder(family(), particles=4096).few == 512
    assert recorder(family(), particles=20).few == 16


def test_a_resumed_run_keeps_what_is_ahead():
    schedule = KeptSchedule(6000, step=3000)
    assert 3000 < schedule.next <= 3000 + 6000 / 13


def test_a_light_record_has_the_first_particles_and_no_layers(tmp_path, monkeypatch):
    monkeypatch.setattr(KeptSchedule, "ALLOWANCE", Allowance(0.0, 0.0))
    monkeypatch.setattr(KeptSchedule, "MOST", Allowance(math.inf, 0.0))  # on a slow machine, too
    folder = new_run(tmp_path, spec(steps=60))
    for _ in drive(new_job(folder), 60):
        pass
    steps = folder.flow.steps()
    first, between, last = (folder.flow.load(s) for s in (steps[0], steps[5], steps[-1]))
    assert len(steps) >= 24
    assert first.x.shape[1] == last.x.shape[1] == 20
    assert between.x.shape[1] == 16
    assert first.layers
    assert not between.layers
    np.testing.assert_array_equal(between.x[0], first.x[0][:16])


def test_how_far_the_first_samples_are_is_said_before_the_first_step(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "TOLD", 0.0)
    edm = RunSpec(
        name="edm",
        family=Pick(slug="edm"),
        dataset=Pick(slug="eight-gaussians"),
        training={"steps": 10, "particles": 20},
    )
    sink = MemorySink()
    work = new_job(new_run(tmp_path, edm), sink).work()
    said: list[str] = []
    while not any("%" in each for each in said):
        next(work)
        said = [event.doing for event in sink.of(Progress)]
    work.close()
    assert said[-2] == "generating the first samples"
    assert re.fullmatch(r"generating the first samples, [1-9]\d?%", said[-1])


def test_a_full_store_is_thinned_and_keeps_both_ends(tmp_path):
    folder = new_run(tmp_path, spec(steps=400, kept_capacity=6))
    job = new_job(folder)
    for _ in drive(job, 400):
        pass
    steps = folder.flow.steps()
    assert len(steps) <= 6
    assert (steps[0], steps[-1]) == (0, 400)
    assert folder.flow.load(400).x.shape == (5, 20, 2)


def test_the_kept_steps_of_a_run_have_the_room_that_its_settings_say(tmp_path):
    folder = new_run(tmp_path, spec(steps=4, kept_megabytes=5))
    for _ in drive(new_job(folder), 4):
        pass
    assert folder.flow.room == 5_000_000
