"""Branches: bit for bit the parent up to the branch step, and something else from there on."""

import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest

from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.branching import branch, horizon_at, reached
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import ChangeSetting, EditPoints
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from tests.engine.fakes import (
    drive,
    each_on_points,
    losses,
    new_job,
    new_run,
    small,
    spec,
    to_compare,
)
from tests.engine.same import assert_same_run, finish, sampled
from tests.engine.test_commands import Desk


def setting(path, value):
    return ChangeSetting(step=0, path=path, value=value)


def parent_of(tmp_path, run=None, **training):
    # Never by time: on a slow machine an evaluation would save the best between two checkpoints.
    usual = {"steps": 40, "checkpoint_steps": 8, "keep": 100, "evaluate_every": 10**6}
    folder = new_run(tmp_path, run or spec(**usual | training))
    assert headless.run(folder.path).state == "finished"
    return folder


def trained(folder):
    status = headless.run(folder.path)
    assert (status.state, status.error) == ("finished", None)
    return folder


def assert_same_result(one, other):
    """As `assert_same_run`, for runs whose specs have other names."""
    assert losses(one) == losses(other)
    first, second = (run.checkpoints.newest()[0] for run in (one, other))
    assert (first.step, first.values["family"]) == (second.step, second.values["family"])
    for name, tensor in first.tensors.items():
        np.testing.assert_array_equal(tensor, second.tensors[name], err_msg=name)
    np.testing.assert_array_equal(sampled(one), sampled(other))


@pytest.mark.parametrize("family", each_on_points("tiny"))
def test_a_branch_without_a_change_is_its_parent(straight, family):
    parent = straight(to_compare(family))
    child, start = branch(parent, 13, "the same")
    assert start in (8, 10)  # the best so far is kept too
    assert (child.record.parent, child.record.branch_step) == (parent.name, 13)
    assert child.status().state == "queued"
    trained(child)
    assert_same_result(parent, child)
    quality = [run.metrics.read()[0]["quality/sliced-w2"] for run in (parent, child)]
    assert quality[0] == quality[1]
    assert child.checkpoints.best() == parent.checkpoints.best()
    assert child.record.spec.name == "the same"


def test_a_branch_with_a_change_leaves_at_its_step(tmp_path):
    parent = parent_of(tmp_path)
    child, start = branch(parent, 21, "faster", [setting("rate", 0.8), setting("jitter", 0.0)])
    trained(child)
    assert start == 16
    before, after = losses(parent)[1], losses(child)[1]
    assert before[:21] == after[:21]
    # The loss of step 22 is that of the weights before it, and its data jitter no more.
    assert all(a != b for a, b in zip(before[21:], after[21:], strict=True))
    assert [e.step for e in child.record.spec.edits] == [21, 21]
    again = new_run(tmp_path, child.record.spec)
    trained(again)
    assert_same_run(child, again)


def test_from_the_start_where_there_is_no_earlier_checkpoint(tmp_path):
    parent = parent_of(tmp_path)
    for step in (0, 5):
        child, start = branch(parent, step, "early", [setting("rate", 0.8)])
        assert (start, child.checkpoints.steps(), losses_of(child)) == (0, [], {})
        trained(child)
        assert losses(child)[1][:step] == losses(parent)[1][:step]
        assert losses(child)[1][step + 1] != losses(parent)[1][step + 1]


def losses_of(run):
    return run.metrics.read()[0]


def test_what_is_copied(tmp_path):
    parent = parent_of(tmp_path, evaluate_every=4)
    child, start = branch(parent, 30, "b")
    assert start == 24
    assert child.checkpoints.pinned() == child.checkpoints.steps() == [24]
    columns = losses_of(child)
    assert columns["loss"] == (list(range(1, 25)), losses(parent)[1][:24])
    assert columns["quality/sliced-w2"][0] == list(range(4, 25, 4))
    assert child.metrics.read()[1] == parent.metrics.read()[1]
    steps = [s for s in parent.flow.steps() if s <= 24]
    assert child.flow.steps() == steps
    for step in steps:
        np.testing.assert_array_equal(child.flow.load(step).x, parent.flow.load(step).x)
    [event] = child.events.read()
    assert (event.kind, event.step) == ("branched", 24)
    assert event.data == {"parent": parent.name, "branch_step": 30}


def test_a_parent_may_go(tmp_path):
    parent = parent_of(tmp_path)
    expected = losses(parent)
    child, _ = branch(parent, 21, "orphan")
    project = Project.open(tmp_path / "project")
    project.trash(parent.path)
    project.empty_trash()
    assert not parent.path.exists()
    trained(child)
    assert losses(child) == expected


def test_a_branch_of_a_branch(tmp_path):
    parent = parent_of(tmp_path)
    child, _ = branch(parent, 12, "child", [setting("rate", 0.5)])
    trained(child)
    grandchild, start = branch(child, 30, "grandchild", [setting("rate", 0.05)])
    assert grandchild.record.parent == child.name
    trained(grandchild)
    assert losses(grandchild)[1][:30] == losses(child)[1][:30] != losses(parent)[1][:30]
    assert [(e.step, e.value) for e in grandchild.record.spec.edits] == [(12, 0.5), (30, 0.05)]
    again = new_run(tmp_path, grandchild.record.spec)
    trained(again)
    assert_same_run(grandchild, again)
    # Before the checkpoint that it began with: from the start.
    early, start = branch(grandchild, 10, "early")
    assert (start, early.record.spec.edits) == (0, [])
    trained(early)
    assert_same_result(early, parent)


def test_edits_up_to_the_branch_step_are_kept_and_later_ones_left_out(tmp_path):
    run = spec(steps=40, checkpoint_steps=8, keep=100, evaluate_every=10**6)
    folder = new_run(tmp_path, run)
    job = new_job(folder)
    push = EditPoints(step=0, action="move", centre=(2.0, 0.0), radius=0.7, offset=(0.0, 2.0))
    plan = {10: push, 20: setting("rate", 0.3), 30: setting("rate", 0.9)}

    def hand(step):
        if step in plan:
            job.change(plan[step], lambda answer: None)

    finish(drive(job, 40, hand))
    child, start = branch(folder, 25, "child", [setting("rate", 0.3)])
    assert start == 24
    assert [e.step for e in child.record.spec.edits] == [10, 20, 25]
    trained(child)
    assert losses(child)[1][:30] == losses(folder)[1][:30]
    assert losses(child)[1][31] != losses(folder)[1][31]
    late, _ = branch(folder, 35, "late")
    trained(late)
    assert_same_result(late, folder)


def test_a_longer_horizon_is_that_of_the_branch_step(tmp_path):
    """Schedules are spread over the planned steps, and these may have been raised in between."""
    parent = parent_of(tmp_path)
    assert headless.run(parent.path, steps=60).step == 60
    assert [horizon_at(parent, s) for s in (0, 39, 40, 55)] == [40, 40, 60, 60]
    early, _ = branch(parent, 20, "early")
    assert early.record.spec.training["steps"] == 40
    late, start = branch(parent, 50, "late")
    assert (start, late.record.spec.training["steps"]) == (48, 60)
    trained(late)
    assert losses(late) == losses(parent)


def test_damaged_checkpoints_are_passed_over(tmp_path):
    parent = parent_of(tmp_path)
    parent.checkpoints.path(16).write_bytes(b"garbage")
    child, start = branch(parent, 21, "b")
    assert start == 8
    trained(child)
    assert_same_result(parent, child)
    for step in parent.checkpoints.steps():
        parent.checkpoints.path(step).write_bytes(b"garbage")
    child, start = branch(parent, 21, "c")
    assert start == 0
    trained(child)
    assert losses(child) == losses(parent)


@pytest.mark.parametrize(
    ("step", "changes", "path", "message"),
    [
        (41, [], "step", "done 40 steps"),
        (-1, [], "step", "after step -1"),
        (40, [], "step", "nothing to do"),
        (20, [setting("width", 8)], "family.width", "cannot change"),
        (20, [setting("rate", 7.0)], "family.rate", "at most 1"),
        (20, [setting("nothing", 7.0)], "family.nothing", "no setting"),
    ],
)
def test_what_cannot_be_branched_leaves_nothing_behind(tmp_path, step, changes, path, message):
    parent = parent_of(tmp_path)
    with pytest.raises(Refused, match=message) as refused:
        branch(parent, step, "b", changes)
    assert refused.value.info.path == path
    assert [run.name for run in Project.open(tmp_path / "project").runs()] == [parent.name]


def test_other_settings_hold_from_the_nearest_checkpoint(tmp_path):
    parent = parent_of(tmp_path)
    child, start = branch(
        parent, 21, "b", [setting("rate", 0.8)],
        settings={"training.batch": 8, "training.steps": 30, "training.evaluate_every": 5},
    )  # fmt: skip
    assert start == 16
    assert child.record.branch_step == 16, "it differs from there on"
    training = child.record.spec.training
    assert (training["batch"], training["steps"], training["evaluate_every"]) == (8, 30, 5)
    assert [edit.step for edit in child.record.spec.edits] == [16]
    trained(child)
    assert losses(child)[1][:16] == losses(parent)[1][:16]
    assert len(losses(child)[1]) == 30


def test_weights_that_do_not_fit_the_new_model_are_refused(tmp_path):
    parent = parent_of(tmp_path, spec("edm", small("edm"), steps=10, checkpoint_steps=4))
    with pytest.raises(Refused, match="do not fit this model") as refused:
        branch(parent, 8, "b", settings={"family.net.config.width": 24})
    assert refused.value.info.path == "family"
    child, start = branch(parent, 8, "b", settings={"family.density_mean": 0.2})
    assert start == 8
    assert child.record.spec.family.config["density_mean"] == 0.2


@pytest.mark.parametrize(
    ("settings", "path", "message"),
    [
        ({"training.seed": 8}, "training.seed", "cannot change in a branch"),
        ({"sampler.steps": 8}, "sampler.steps", "has no setting"),
        ({"training.batch": -8}, "training.batch", "at least 1"),
    ],
)
def test_settings_that_do_not_fit_the_weights_are_refused(tmp_path, settings, path, message):
    parent = parent_of(tmp_path)
    with pytest.raises(Refused, match=message) as refused:
        branch(parent, 20, "b", settings=settings)
    assert refused.value.info.path == path
    assert [run.name for run in Project.open(tmp_path / "project").runs()] == [parent.name]


def test_a_parent_that_cannot_be_read_is_said(tmp_path):
    parent = parent_of(tmp_path)
    (parent.path / "run.toml").write_text("garbage", encoding="utf-8")
    with pytest.raises(StoreError, match=r"run\.toml"):
        branch(RunFolder(parent.path), 5, "b")
    shutil.rmtree(parent.path)
    with pytest.raises(StoreError):
        branch(RunFolder(parent.path), 5, "b")


class TestCommand:
    @pytest.fixture
    def desk(self, tmp_path):
        return Desk(tmp_path)

    def test_a_branch_is_queued_and_trained(self, desk):
        job, parent = desk.start(spec(steps=60, checkpoint_steps=8))
        desk.train(job, 30)
        desk.reply(m.Control(job=job, action="pause"))
        desk.work(50)
        # The step of the training counts, not what its files say.
        command = m.BranchRun(
            run=str(parent.path), step=28, name="other", changes=[setting("rate", 0.6)]
        )
        result = desk.reply(command)
        assert result["from_step"] <= 28
        info = desk.engine.queue.get(result["job"]).info
        assert (info.kind, info.parent, info.branch_step) == ("training", parent.name, 28)
        assert info.spec.edits == [ChangeSetting(step=28, path="rate", value=0.6)]
        desk.reply(m.Control(job=job, action="cancel"))
        desk.work()
        assert desk.state(result["job"]) == "finished"
        child = RunFolder(Path(result["run"]))
        done = len(losses(parent)[0])
        assert losses(child)[1][:28] == losses(parent)[1][:28]
        assert done >= 30

    def test_refusals(self, desk):
        _, parent = desk.start(spec(steps=60))
        early = m.BranchRun(run=str(parent.path), step=5, name="b")
        assert "has done 0 steps" in desk.refused(early).message
        desk.work()
        wrong = m.BranchRun(run=str(parent.path), step=5, name="b", changes=[setting("width", 3)])
        assert desk.refused(wrong).path == "family.width"
        assert desk.refused(m.BranchRun(run="/nowhere", step=5, name="b")).kind == "disk"

    def test_edits_and_the_target(self, desk):
        job, folder = desk.start(spec(steps=500, samples=300))
        add = EditPoints(step=0, action="add", centre=(0.0, 0.0), radius=0.1, count=50, seed=3)
        assert "not started" in desk.refused(m.ApplyEdit(job=job, edit=add)).message
        desk.train(job, 5)
        desk.reply(m.Control(job=job, action="pause"))
        desk.work(50)
        before = desk.reply(m.GetTarget(run=str(folder.path)))
        shown = desk.arrays()["x"]
        assert (before["n"], shown.shape) == (300, (300, 2))
        assert before["most"] is None, "of what is drawn a figure can be of any number"
        assert desk.send(m.ApplyEdit(job=job, edit=add)) is None
        asked = desk.id
        desk.work(50)
        [reply] = [e for e in desk.outbox.of(m.Reply) if e.re == asked]
        assert reply.result == {"step": desk.engine.queue.get(job).step}
        [told] = desk.outbox.of(m.Edited)
        assert told.edit == msgspec.structs.replace(add, step=reply.result["step"])
        after = desk.reply(m.GetTarget(run=str(folder.path)))
        assert (after["n"], after["most"]) == (350, 175), "two sets of as many are compared"
        live = desk.arrays()["x"]
        np.testing.assert_array_equal(live[:300], shown)
        assert desk.reply(m.GetTarget(run=str(folder.path), step=0))["n"] == 300
        assert desk.reply(m.GetTarget(run=str(folder.path), n=20))["n"] == 350
        assert desk.arrays()["x"].shape == (20, 2)
        desk.send(m.ApplyEdit(job=job, edit=setting("width", 3)))
        asked = desk.id
        desk.work(50)
        [failed] = [e for e in desk.outbox.of(m.Failed) if e.re == asked]
        assert failed.error.path == "family.width"
        desk.reply(m.Control(job=job, action="cancel"))
        assert "ended" in desk.refused(m.ApplyEdit(job=job, edit=add)).message
        assert desk.reply(m.GetTarget(run=str(folder.path)))["n"] == 350
        np.testing.assert_array_equal(desk.arrays()["x"], live)


def test_reached_is_what_the_files_know(tmp_path):
    folder = new_run(tmp_path, spec(steps=40, checkpoint_steps=8))
    job = new_job(folder)
    work = drive(job, 20)
    job.save_on_stop = False
    work.close()
    assert folder.checkpoints.steps()[-1] <= reached(folder) <= 20
