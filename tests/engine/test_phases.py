"""Trainings with phases: what is recorded in each, what is told of them, and how long they take."""

import msgspec
import numpy as np
import pytest
import torch

from pushforward.models.registry import discover
from pushforward.studio.engine.run import session_opening
from pushforward.studio.engine.watch.schedules import Pace
from pushforward.studio.protocol.messages import Progress
from pushforward.studio.protocol.spec import Pick
from tests.engine.fakes import MemorySink, drive, new_job, new_run, small, spec

discover()
TAUGHT = 20


def two_phases(tmp_path, **training):
    config = small("score-gan") | {"teacher_share": 0.5}
    return new_run(tmp_path, spec("score-gan", config, steps=2 * TAUGHT, **training))


def test_phases_are_told_and_written(tmp_path):
    folder, sink = two_phases(tmp_path), MemorySink()
    for _ in drive(new_job(folder, sink), 2 * TAUGHT):
        pass
    last = sink.of(Progress)[-1]
    assert [(p.name, p.start) for p in last.phases] == [("teacher", 0), ("generator", TAUGHT)]
    assert folder.status().phases == last.phases


def test_the_time_left_is_that_of_the_phase_by_its_own_speed(tmp_path, monkeypatch):
    monkeypatch.setattr(Pace, "SURE", 0.0)
    sink, now = MemorySink(), [0.0]
    job = new_job(two_phases(tmp_path, evaluate_every=10**6), sink, clock=lambda: now[0])

    def pass_time(step):
        now[0] += 1.0 if step <= TAUGHT else 10.0

    for _ in drive(job, 2 * TAUGHT, pass_time):
        pass
    told = {p.step: p for p in sink.of(Progress)}
    first = [p for step, p in told.items() if 0 < step < TAUGHT]
    assert first
    assert all(p.seconds_left is None for p in first)
    assert [p.phase_left for p in first] == pytest.approx([TAUGHT - p.step for p in first])
    second = [p for step, p in told.items() if TAUGHT < step < 2 * TAUGHT]
    assert second
    assert all(p.seconds_left == p.phase_left for p in second)
    later = [p for p in second if p.step > TAUGHT + 2]
    left = [10.0 * (2 * TAUGHT - p.step) for p in later]
    assert [p.seconds_left for p in later] == pytest.approx(left)


def test_the_teacher_of_pictures_is_what_is_recorded_while_it_learns(tmp_path, monkeypatch):
    # Judging takes longer than all the rest, and it is not what is looked at.
    monkeypatch.setattr(session_opening, "_projection", lambda data: None)
    points = spec(
        "score-gan",
        {"teacher_share": 0.5, "latent": 8},
        steps=2 * TAUGHT,
        particles=16,
        batch=16,
        samples=200,
        evaluate_every=10**6,
    )
    folder = new_run(
        tmp_path, msgspec.structs.replace(points, dataset=Pick(slug="digits"), metrics=[])
    )
    for _ in drive(new_job(folder), 2 * TAUGHT):
        pass
    teacher = [s for s in folder.flow.steps() if s < TAUGHT]
    records = [folder.flow.load(step) for step in teacher]
    assert all(len(r.t) > 1 for r in records)
    # The same noise all along, and what comes of it changes as the teacher learns.
    for each in records[1:]:
        np.testing.assert_array_equal(each.x[0], records[0].x[0][: each.x.shape[1]])
    assert not np.array_equal(records[-1].x[-1], records[0].x[-1][: records[-1].x.shape[1]])
    after = folder.flow.load(folder.flow.steps()[-1])
    assert after.t.tolist() == [1.0]
    assert torch.isfinite(torch.from_numpy(after.x)).all()
