"""Edits in the middle of a training: what they do, that they last, and that they are replayed."""

import msgspec
import numpy as np
import pytest
import torch

from pushforward.models.config import describe
from pushforward.models.contracts.data import RowSource
from pushforward.models.kinds.images import ImageSet
from pushforward.models.kinds.points import PointSet
from pushforward.models.registry import discover, registry
from pushforward.studio.engine.data.datasets import edited, registered
from pushforward.studio.engine.data.target import FEWEST, Target
from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.kinds.base import kind_of
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.resolve import resolve
from pushforward.studio.protocol.messages import Edited, Log
from pushforward.studio.protocol.spec import ChangeSetting, EditPoints, Pick, UndoPoints
from pushforward.studio.store.edits import effective_spec, made_edits
from pushforward.studio.store.errors import DiskFull, StoreError
from tests.engine.fakes import (
    MemorySink,
    drive,
    each_on_points,
    losses,
    new_job,
    new_run,
    quick,
    spec,
)
from tests.engine.same import assert_same_run, finish

discover()


def setting(path, value, step=0):
    return ChangeSetting(step=step, path=path, value=value)


def points(action, centre=(2.0, 0.0), radius=0.6, **more):
    return EditPoints(step=0, action=action, centre=centre, radius=radius, **more)


ADD = points("add", centre=(0.0, 0.0), radius=0.1, count=40, seed=7)
MOVE = points("move", offset=(0.0, 1.0))
REMOVE = points("remove", centre=(-2.0, 0.0))
UNDO = UndoPoints(step=0)


class Hand:
    """Makes edits after chosen steps of a training, and hears the answers."""

    def __init__(self, job, edits):
        self.job = job
        self.edits = edits
        self.answers = []

    def __call__(self, step):
        for edit in self.edits.get(step, []):
            self.job.change(edit, self.answers.append)


def live(folder, edits, sink=None, steps=None):
    """Train to the end, or for some steps and then die, with edits by hand."""
    job = new_job(folder, sink)
    hand = Hand(job, edits)
    work = drive(job, steps or job.total, hand)
    if steps:
        job.save_on_stop = False
        work.close()
    else:
        finish(work)
        job.state = "finished"
        job.settle()
    return hand.answers


MIXED = {
    10: [setting("rate", 0.3), ADD],
    15: [setting("jitter", 0.5)],
    25: [MOVE, setting("mark", None)],
    35: [UNDO, REMOVE],
}
# Never by time: on a slow machine an evaluation would save the best between two checkpoints.
RUN = {"steps": 60, "checkpoint_steps": 10, "keep": 100, "evaluate_every": 10**6}


@pytest.mark.parametrize("samples", [300, 0], ids=["finite", "fresh"])
def test_a_run_with_edits_is_its_own_resume_and_its_exported_spec(tmp_path, samples):
    run = spec(**RUN, samples=samples)
    whole = new_run(tmp_path, run)
    assert live(whole, MIXED) == [10, 10, 15, 25, 25, 35, 35]
    plain = new_run(tmp_path, run)
    headless.run(plain.path)
    steps, values = losses(whole)
    assert values[:10] == losses(plain)[1][:10]
    assert values[10] != losses(plain)[1][10]
    assert steps == list(range(1, 61))

    exported = effective_spec(whole)
    assert [(e.step, type(e).__name__) for e in exported.edits] == [
        (10, "ChangeSetting"),
        (10, "EditPoints"),
        (15, "ChangeSetting"),
        (25, "EditPoints"),
        (25, "ChangeSetting"),
        (35, "UndoPoints"),
        (35, "EditPoints"),
    ]
    again = new_run(tmp_path, exported)
    assert headless.run(again.path).state == "finished"
    assert_same_run(whole, again)
    assert effective_spec(again) == exported

    # Its own resume, from before, amid and after the edits, and from the very steps of two.
    for start in (0, 10, 20, 30, 50):
        for step in whole.checkpoints.steps():
            if step > start:
                whole.checkpoints.path(step).unlink()
        whole.metrics.truncate_after(start)
        assert headless.run(whole.path).state == "finished"
        assert_same_run(again, whole)
        assert len(made_edits(whole)) == 7


@pytest.mark.parametrize("slug", each_on_points())
def test_every_live_setting_of_every_family_is_replayed(tmp_path, slug):
    entry = registry.get("family", slug)
    changes = {
        3 * (place + 1): [setting(row["path"], another(row))]
        for place, row in enumerate(r for r in describe(entry.config) if r["live"])
    }
    if not changes:
        pytest.skip("it has no live setting")
    total = max(changes) + 9
    run = quick(entry.slug, steps=total, checkpoint_steps=3, keep=100)
    whole = new_run(tmp_path, run)
    answers = live(whole, changes)
    assert answers == sorted(changes)
    again = new_run(tmp_path, effective_spec(whole))
    assert headless.run(again.path).state == "finished"
    assert_same_run(whole, again)
    for step in whole.checkpoints.steps():
        if step > total // 2:
            whole.checkpoints.path(step).unlink()
    assert headless.run(whole.path).state == "finished"
    assert_same_run(again, whole)


def another(row):
    """A value that a setting does not have at first."""
    if row["choices"]:
        return next(c["value"] for c in row["choices"] if c["value"] != row["default"])
    if row["kind"] == "bool":
        return not row["default"]
    high = row["high"] if row["high"] is not None else row["below"]
    if row["kind"] == "int":
        return row["default"] + 1 if high is None or row["default"] < high else row["default"] - 1
    value = row["default"] or 0.0
    low = row["low"] if row["low"] is not None else row["above"] or 0.0
    return (value + low) / 2 if value > low else value + 0.1 * (min(high or 1.0, 1.0) - value)


def test_edits_of_steps_that_are_done_again_are_not_doubled(tmp_path):
    run = spec(**RUN)
    whole = new_run(tmp_path, run)
    live(whole, MIXED)
    crashed = new_run(tmp_path, run)
    live(crashed, MIXED, steps=38)
    assert crashed.checkpoints.steps()[-1] == 30
    assert [e.step for e in made_edits(crashed)] == [10, 10, 15, 25, 25, 35, 35]
    sink = MemorySink()
    job = new_job(crashed, sink)
    finish(job.work())
    assert_same_run(whole, crashed)
    assert len(made_edits(crashed)) == 7
    assert sink.of(Edited) == []  # they are not new
    texts = [e.text for e in sink.of(Log)]
    assert any("After step 35" in text for text in texts)


def test_an_edit_is_told_and_on_disk_before_the_next_step(tmp_path):
    folder = new_run(tmp_path, spec(steps=30))
    sink = MemorySink()
    job = new_job(folder, sink)
    heard = []

    def tell(step):
        [event] = [e for e in folder.events.read() if e.kind == "edited"]
        heard.append((step, event.step, event.data, job.step))

    work = drive(job, 12)
    job.state = "paused"
    job.change(setting("rate", 0.2, step=999), tell)
    while job.busy_paused:
        next(work)
    data = {"kind": "setting", "step": 12, "path": "rate", "value": 0.2}
    assert heard == [(12, 12, data, 12)]
    assert sink.of(Edited)[0].edit == setting("rate", 0.2, step=12)
    assert job.session.family.config.rate == 0.2
    work.close()


REFUSED = [
    (setting("width", 8), "family.width", "cannot change during training", "rate, jitter, mark"),
    (setting("rat", 0.2), "family.rat", "no setting 'rat'", "'rate'"),
    (setting("rate", 3.0), "family.rate", "at most 1", ""),
    (setting("rate", "fast"), "family.rate", "a number", ""),
    (setting("jitter", 8.0), "family.jitter", "too much at this rate", ""),
    (points("push"), "action", "not 'push'", ""),
    (points("move", radius=0.0), "radius", "greater than 0", ""),
    (points("move", centre=(float("nan"), 0.0)), "centre", "finite", ""),
    (points("add"), "count", "not 0", ""),
    (points("remove", centre=(99.0, 0.0)), "", "no point within", ""),
    (points("remove", centre=(0.0, 0.0), radius=99.0), "", "must remain", ""),
    (UNDO, "", "no edit of points to undo", ""),
]


@pytest.mark.parametrize(("edit", "path", "message", "hint"), REFUSED)
def test_what_cannot_be_done_changes_nothing(tmp_path, edit, path, message, hint):
    plain = new_run(tmp_path, spec(steps=30))
    headless.run(plain.path)
    folder = new_run(tmp_path, spec(steps=30, config={"rate": 0.1}))
    before = [setting("rate", 0.7)] if "jitter" in path else []
    answers = live(folder, {9: before, 10: [edit]})
    error = answers[-1]
    assert isinstance(error, Refused)
    assert error.info.path == path
    assert message in error.info.message
    assert hint in error.info.hint
    assert made_edits(folder) == [msgspec.structs.replace(e, step=9) for e in before]
    if not before:
        assert losses(folder) == losses(plain)


def test_a_full_disk_takes_the_edit_back(tmp_path, monkeypatch):
    plain = new_run(tmp_path, spec(steps=30))
    headless.run(plain.path)
    folder = new_run(tmp_path, spec(steps=30))

    def full(self):
        raise DiskFull("Not enough space on the disk.", "Free some space.")

    monkeypatch.setattr("pushforward.studio.store.events.EventLog.sync", full)
    answers = live(folder, {10: [setting("rate", 0.9), ADD]})
    assert [type(a) for a in answers] == [DiskFull, DiskFull]
    assert losses(folder) == losses(plain)


def test_an_edit_of_a_job_that_has_ended_is_answered(tmp_path):
    job = new_job(new_run(tmp_path, spec(steps=30)))
    work = drive(job, 10)
    answers = []
    job.change(ADD, answers.append)
    work.close()
    job.state = "cancelled"
    job.settle()
    assert isinstance(answers[0], Refused)
    assert "ended" in answers[0].info.message


def test_quality_compares_with_the_edited_target(tmp_path):
    run = spec(steps=40, evaluate_every=10, samples=400)
    folder = new_run(tmp_path, run)
    sink = MemorySink()
    job = new_job(folder, sink)
    work = drive(job, 25)
    first = dict(job.session.evaluator.floors)
    # Everything that is right of the middle goes far away.
    far = points("move", centre=(100.0, 0.0), radius=100.0, offset=(50.0, 0.0))
    job.change(far, lambda step: None)
    while job.asked:
        next(work)
    spec_before = job.session.family.spec
    finish(work)
    steps, values = folder.metrics.read()[0]["quality/sliced-w2"]
    assert steps == [10, 20, 30, 40]
    assert min(values[2:]) > 5 * max(values[:2])
    floors = folder.metrics.read()[1]
    assert floors["sliced-w2"] > 3 * first["sliced-w2"]
    assert job.session.family.spec is spec_before
    assert job.session.data.rows.modes is None
    assert any("floors compare with these 400 points" in e.text for e in sink.of(Log))
    # The best is the best of this target, and an evaluation of the run afterwards sees it too.
    assert folder.checkpoints.best() in (30, 40)
    work = new_job(folder)
    work.total = 50
    finish(work.work())
    assert folder.metrics.read()[1]["sliced-w2"] == floors["sliced-w2"]


def test_checkpoints_hold_the_edits_so_far_and_samples_use_them(tmp_path):
    from pushforward.studio.engine.run.model_loading import load

    folder = new_run(tmp_path, spec(**RUN))
    live(folder, MIXED)
    held = {
        step: len(folder.checkpoints.newest(not_after=step)[0].values["spec"]["edits"])
        for step in (10, 20, 30, 60)
    }
    assert held == {10: 2, 20: 3, 30: 5, 60: 7}
    assert [load(folder, s).family.config.jitter for s in (10, 20)] == [0.1, 0.5]
    assert load(folder).family.config.mark is None


def test_the_spec_says_which_edits_are_wrong():
    wrong = [setting("rate", 0.2, 5), setting("rate", 9.0, 7), setting("jitter", 0.2, 6)]
    resolved, problems = resolve(msgspec.structs.replace(spec(), edits=[*wrong, UNDO]))
    assert resolved is None
    assert [p.path for p in problems] == ["edits.1", "edits.3"]
    assert "at most 1" in problems[0].message
    right = [setting("rate", 0.2, 5), msgspec.structs.replace(ADD, step=6)]
    resolved, _ = resolve(msgspec.structs.replace(spec(), edits=right))
    assert resolved.spec.edits == right


def test_an_altered_event_is_said(tmp_path):
    folder = new_run(tmp_path, spec(steps=30))
    folder.events.append("edited", 3, kind="setting", step=3)
    with pytest.raises(StoreError, match="cannot be read"):
        effective_spec(folder)
    status = headless.run(folder.path)
    assert (status.state, status.error.kind) == ("failed", "data")


class TestTarget:
    @pytest.fixture
    def square(self):
        axis = torch.linspace(-1, 1, 11)
        return Target.from_data(torch.cartesian_prod(axis, axis))

    def test_add_draws_around_a_place(self, square):
        edit = points("add", centre=(3.0, -2.0), radius=0.2, count=4000, seed=1)
        more = square.after(edit)
        new = more.x[len(square.x) :]
        torch.testing.assert_close(more.x[: len(square.x)], square.x)
        assert len(new) == 4000
        # Standard errors: 0.2 / sqrt(4000) of the mean, 0.2 / sqrt(8000) of the deviation.
        assert (new.mean(dim=0) - torch.tensor([3.0, -2.0])).abs().max() < 5 * 0.0032
        assert (new.std(dim=0) - 0.2).abs().max() < 5 * 0.0023
        assert torch.equal(square.after(edit).x, more.x)

    def test_move_and_remove_touch_what_is_near(self, square):
        near = square.x.norm(dim=1) <= 0.5
        moved = square.after(points("move", centre=(0.0, 0.0), radius=0.5, offset=(2.0, -1.0)))
        assert 0 < near.sum() < len(square.x)
        assert torch.equal(moved.x[~near], square.x[~near])
        torch.testing.assert_close(moved.x[near], square.x[near] + torch.tensor([2.0, -1.0]))
        gone = square.after(points("remove", centre=(0.0, 0.0), radius=0.5))
        assert torch.equal(gone.x, square.x[~near])

    def test_undo_takes_back_the_newest_that_is_not_undone(self, square):
        one = square.after(points("add", count=5, seed=1))
        two = one.after(points("add", count=6, seed=2))
        assert torch.equal(two.after(UNDO).x, one.x)
        assert torch.equal(two.after(UNDO).after(UNDO).x, square.x)
        three = two.after(UNDO).after(points("add", count=7, seed=3))
        assert [edit.count for edit in three.done] == [5, 7]
        with pytest.raises(Refused, match="no edit of points"):
            square.after(UNDO)

    def test_other_coordinates_stay_or_come_from_the_data(self):
        x = torch.randn(50, 4, generator=torch.Generator().manual_seed(0))
        target = Target.from_data(x)
        moved = target.after(points("move", centre=(0.0, 0.0), radius=9.0, offset=(1.0, 1.0)))
        assert torch.equal(moved.x[:, 2:], x[:, 2:])
        new = target.after(points("add", count=30, seed=1)).x[50:]
        rows = {tuple(row) for row in x[:, 2:].tolist()}
        assert {tuple(row) for row in new[:, 2:].tolist()} <= rows

    def test_images_and_lines_are_refused(self):
        line, images = PointSet(torch.zeros(20, 1), ("x",)), ImageSet(torch.zeros(20, 1, 8, 8))
        sets: tuple[RowSource, ...] = (line, images)
        for data in sets:
            with pytest.raises(Refused, match="two coordinates"):
                kind_of(data.spec().kind).target(data).after(ADD)

    def test_an_edit_changes_little_of_what_is_shown(self, square):
        shown = {tuple(row) for row in square.thinned(60).tolist()}
        after = square.after(points("add", centre=(5.0, 5.0), count=10, seed=1))
        still = {tuple(row) for row in after.thinned(60).tolist()}
        assert len(shown) == len(still) == 60
        assert len(shown - still) <= 10
        assert torch.equal(square.thinned(1000), square.x)

    def test_the_first_that_are_shown_are_some_of_all_though_a_file_is_sorted(self):
        target = Target.from_data(torch.arange(1000.0).reshape(500, 2))
        few, more = target.chosen(40), target.chosen(200)
        assert torch.equal(few, more[:40])
        assert few.min() < 100 < 400 < few.max()
        assert (few[:20].float().mean() - 250).abs() < 100
        assert len(more.unique()) == 200

    def test_a_whole_undone_target_is_the_data_set_itself(self):
        entry = registry.get("dataset", "eight-gaussians")
        data = registered(entry, entry.config(), 0, 0)
        target = Target.from_data(data.rows.x).after(ADD)
        finite = edited(data, target)
        assert (finite.draw, finite.rows.modes) == (None, None)
        assert finite.hash != data.hash
        one, other = finite.pair(100, 3)
        assert len(one.x) == len(other.x) == 100
        assert edited(data, target.after(UNDO)) is data
        assert len(Target.from_data(data.rows.x[:FEWEST]).after(ADD).x) == FEWEST + 40


def test_fresh_points_become_the_finite_set_that_is_shown(tmp_path):
    folder = new_run(tmp_path, spec(steps=40, samples=0))
    job = new_job(folder)
    work = drive(job, 10)
    fresh = job.session.batches.batch(3)
    job.change(ADD, lambda step: None)
    while job.asked:
        next(work)
    x = job.session.data.rows.x
    assert len(x) == len(job.session.source.rows.x) + ADD.count
    batch = job.session.family.spec.restore(job.session.batches.batch(3).x)
    nearest = (batch[:, None] - x).abs().amax(dim=2).amin(dim=1)
    assert nearest.max() < 1e-5  # float32, there and back
    job.change(UNDO, lambda step: None)
    while job.asked:
        next(work)
    np.testing.assert_array_equal(job.session.batches.batch(3).x, fresh.x)
    work.close()


def test_what_a_family_warns_of_is_in_the_log(tmp_path):
    """A non-monotone h may be chosen, and is flagged with the reason."""

    def warned(sink):
        return [event.text for event in sink.of(Log) if event.level == "warning"]

    folder = new_run(tmp_path, spec("gan", {"critic": {"width": 16}}, steps=20))
    sink = MemorySink()
    [step] = live(folder, {6: [setting("rescaling", "plugged-forward-kl")]}, sink)
    assert step == 6
    [warning] = warned(sink)
    again = MemorySink()
    finish(new_job(new_run(tmp_path, effective_spec(folder)), again).work())
    assert warned(again) == [warning]
    resumed = MemorySink()
    job = new_job(folder, resumed)
    job.total = 22
    finish(job.work())
    assert warned(resumed) == [warning]


def test_an_exact_field_says_that_points_do_not_reach_it(tmp_path):
    exact = [e for e in registry.all("family") if e.field == "exact"]
    if not exact:
        pytest.skip("no family has an exact field")
    run = msgspec.structs.replace(spec(exact[0].slug, steps=20), dataset=Pick(slug="ring-of-five"))
    [answer] = live(new_run(tmp_path, run), {5: [ADD]})
    assert isinstance(answer, Refused)
    assert "formula of the distribution" in answer.info.message
