"""A step in slow motion: stage by stage, and yet the same training."""

import numpy as np
import pytest
import torch

from pushforward.models.config import Config
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.learner import CLOCKS, LOSS, Learner
from pushforward.models.contracts.spec import DataSpec, Given
from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.jobs.job import ENDED
from pushforward.studio.engine.jobs.queue import JobQueue
from pushforward.studio.engine.jobs.step_breakdown import walk
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.watch.staging import StagedStep, scene_arrays
from pushforward.studio.protocol.messages import StageDone, WalkStep, Watch
from pushforward.studio.protocol.spec import ChangeSetting
from pushforward.studio.protocol.wire import unpack_arrays
from tests.engine.fakes import (
    MemorySink,
    each_on_points,
    losses,
    new_job,
    new_run,
    spec,
    to_compare,
)
from tests.engine.same import assert_same_run


class Table:
    """A training in a queue, and what is heard of it."""

    def __init__(self, folder, watch=None):
        self.sink = MemorySink(watching=watch is not None)
        self.queue = JobQueue(lambda info, place: None)
        self.job = new_job(folder, self.sink)
        self.job.state = "queued"
        self.queue.add(self.job)
        if watch is not None:
            self.job.watch(watch)

    def until(self, condition):
        while not condition():
            assert self.queue.step() == 0.0

    def rest(self):
        """Work until there is nothing to do."""
        while self.queue.step() == 0.0:
            pass

    def do(self, action, n=1):
        self.queue.control("job", action, n)
        self.rest()

    def pause_at(self, step):
        self.until(lambda: self.job.step >= step)
        self.do("pause")

    @property
    def stages(self):
        return [(event.step, event.stage) for event in self.sink.of(StageDone)]

    def finish(self):
        self.queue.control("job", "resume")
        self.until(lambda: self.job.state in ENDED)
        assert self.job.state == "finished", self.job.error


@pytest.mark.parametrize("family", each_on_points("tiny"))
def test_stages_change_nothing(tmp_path, straight, family):
    run = to_compare(family)
    slow = new_run(tmp_path, run)
    watch = Watch(job="job", on=True, layers=[], resolution=4, particles=7)
    table = Table(slow, watch)
    table.pause_at(8)
    start = table.job.step
    names = [stage.name for stage in table.job.session.family.stages]
    # Some families have stages that not every step goes through (several critic steps a move).
    while table.job.step < start + 4:
        before = torch.is_grad_enabled()
        table.do("stage")
        assert torch.is_grad_enabled() is before
        assert table.job.state == "paused"
    seen = [name for _, name in table.stages]
    assert seen.count("") == 4
    assert set(seen) - {""} <= set(names)
    walked = [name for step, name in table.stages if step == start][:-1]
    assert walked == [name for name in names if name in walked]
    for record, payload in table.sink.records:
        arrays = unpack_arrays(record.arrays, b"".join(bytes(part) for part in payload))
        for name, values in arrays.items():
            if name.startswith("scene:"):
                clock = name.removeprefix("scene:") in {*CLOCKS, LOSS}
                assert values.shape == ((7,) if clock else (7, 2))
                assert np.isfinite(values).all()
    table.finish()
    assert_same_run(straight(run), slow)


def test_a_stage_is_told_with_its_scene_in_data_units(tmp_path):
    watch = Watch(job="job", on=True, layers=["pull"], bounds=[-3, 3, -3, 3], resolution=5)
    table = Table(new_run(tmp_path, spec(steps=100)), watch)
    table.pause_at(10)
    step, family = table.job.step, table.job.session.family
    batch = family.spec.restore(table.job.session.batches.batch(step).x).numpy()
    w = family.spec.restore(family.w).numpy()
    scenes = []
    for _ in range(3):
        table.sink.records.clear()
        table.do("stage")
        [(record, payload)] = table.sink.records
        assert record.step == step
        arrays = unpack_arrays(record.arrays, b"".join(bytes(part) for part in payload))
        assert arrays["layer:pull"].shape[1:] == (5, 5, 2)
        scenes.append({k: v for k, v in arrays.items() if k.startswith("scene:")})
    assert table.stages == [(step, "draw"), (step, "look"), (step, "move")]
    assert [sorted(scene) for scene in scenes] == [
        ["scene:real"],
        ["scene:particles", "scene:real", "scene:velocity"],
        ["scene:moved", "scene:particles"],
    ]
    np.testing.assert_allclose(scenes[0]["scene:real"], batch, atol=1e-5)
    np.testing.assert_allclose(scenes[1]["scene:particles"][0], w, atol=1e-5)
    # In the units of the data, the move is the rate times the velocity.
    went = scenes[2]["scene:moved"] - scenes[2]["scene:particles"]
    np.testing.assert_allclose(went, 0.1 * scenes[1]["scene:velocity"], atol=1e-5)
    assert table.job.step == step
    table.do("stage")
    assert table.stages[-1] == (step, "")
    assert table.job.step == step + 1
    table.do("stage", 6)
    assert [name for _, name in table.stages[4:]] == ["draw", "look", "move", "", "draw", "look"]


def test_looking_again_within_a_step_shows_the_stage(tmp_path):
    watch = Watch(job="job", on=True)
    table = Table(new_run(tmp_path, spec(steps=100)), watch)
    table.pause_at(10)
    table.do("stage", 2)
    step = table.job.step
    table.sink.records.clear()
    table.job.watch(Watch(job="job", on=True, particles=3))
    table.rest()
    [(record, _)] = table.sink.records
    assert record.arrays["scene:velocity"].shape == [3, 2]
    assert (table.job.step, table.stages[-1]) == (step, (step, "look"))


def test_stage_pauses_a_training_that_runs(tmp_path):
    table = Table(new_run(tmp_path, spec(steps=100)))
    table.until(lambda: table.job.step >= 10)
    table.do("stage")
    assert table.job.state == "paused"
    assert table.stages == [(table.job.step, "draw")]


def sample(table):
    table.do("sample", 8)
    folder = table.job.folder
    return folder.samples.read(folder.samples.paths()[-1]).attrs["step"]


def edit(table):
    answers = []
    table.job.change(ChangeSetting(step=0, path="mark", value=0.1), answers.append)
    table.rest()
    return answers[0]


def saved(table, action):
    table.do(action)
    return table.job.folder.checkpoints.steps()[-1]


INTERRUPTIONS = {
    "pause": lambda table: saved(table, "pause"),
    "checkpoint": lambda table: saved(table, "checkpoint"),
    "sample": sample,
    "edit": edit,
    "cancel": lambda table: saved(table, "cancel"),
}


@pytest.mark.parametrize("what", INTERRUPTIONS)
def test_everything_else_first_finishes_the_step(tmp_path, straight, what):
    quiet = straight(spec(steps=30, evaluate_every=10))
    folder = new_run(tmp_path, spec(steps=30, evaluate_every=10))
    table = Table(folder)
    table.pause_at(10)
    step = table.job.step
    table.do("stage", 2)
    assert INTERRUPTIONS[what](table) == step + 1
    assert table.job.step == step + 1
    assert table.stages[-1] == (step, "")
    if what == "cancel":
        assert headless.run(folder.path).state == "finished"
    else:
        table.finish()
    assert losses(folder) == losses(quiet)


def test_step_within_a_step_does_the_rest_of_it(tmp_path):
    table = Table(new_run(tmp_path, spec(steps=100)))
    table.pause_at(10)
    step = table.job.step
    table.do("stage")
    table.do("step")
    assert (table.job.step, table.job.state) == (step + 1, "paused")
    table.do("stage")
    table.do("step", 3)
    assert (table.job.step, table.job.state) == (step + 4, "paused")


def test_the_last_step_and_what_is_due_within_the_walk(tmp_path):
    folder = new_run(tmp_path, spec(steps=14, evaluate_every=4, checkpoint_steps=6))
    table = Table(folder)
    table.pause_at(1)
    table.do("stage", 1000)
    assert (table.job.step, table.job.state) == (14, "paused")
    assert folder.metrics.read()[0]["quality/sliced-w2"][0] == [4, 8, 12]
    assert {6, 12} <= set(folder.checkpoints.steps())
    table.finish()
    assert losses(folder)[0] == list(range(1, 15))


def test_an_edit_of_the_spec_takes_hold_within_a_walk(tmp_path):
    import msgspec

    edits = [ChangeSetting(step=8, path="rate", value=0.7)]
    run = msgspec.structs.replace(spec(steps=20), edits=edits)
    quiet, slow = new_run(tmp_path, run), new_run(tmp_path, run)
    headless.run(quiet.path)
    table = Table(slow)
    table.pause_at(1)
    table.do("stage", 4 * 12)
    table.finish()
    assert_same_run(quiet, slow)


def test_a_step_that_fails_within_a_stage_ends_the_run(tmp_path):
    folder = new_run(tmp_path, spec(steps=30, config={"fail": "bug", "at": 12}))
    table = Table(folder)
    table.pause_at(10)
    table.do("stage", 100)
    assert table.job.state == "failed"
    assert "slip of the pen" in table.job.error.message
    assert folder.checkpoints.steps()[-1] <= 12


def worked(command):
    work = walk(command)
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def files(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("family", each_on_points("tiny"))
def test_the_step_after_a_checkpoint_is_the_one_that_the_training_does(tmp_path, family):
    """A finished run is explained by the step that it would do next, and stays as it is."""
    folder = new_run(tmp_path, to_compare(family))
    table = Table(folder, Watch(job="job", on=True, layers=[], resolution=4, particles=7))
    table.pause_at(8)
    before = files(folder.path)
    again = worked(WalkStep(run=str(folder.path), n=7))
    assert files(folder.path) == before
    assert again.step == table.job.step
    table.sink.records.clear()
    table.do("stage", n=1 + len(again.stages))
    assert [name for _, name in table.stages] == [*again.stages, ""]
    shown = [
        unpack_arrays(record.arrays, b"".join(bytes(part) for part in payload))
        for record, payload in table.sink.records
    ]
    # A slow machine may also send a live picture between two stages, which has no scene.
    scenes = [each for each in shown if any(name.startswith("scene:") for name in each)]
    for live, stage in zip(scenes[: len(again.stages)], again.stages.values(), strict=True):
        scene = {name for name in live if name.startswith("scene:")}
        assert scene == {name for name in stage if name.startswith("scene:")}
        for name in scene:
            np.testing.assert_array_equal(live[name], stage[name])
    table.queue.control("job", "cancel")
    table.rest()


def test_a_step_after_an_earlier_checkpoint_and_what_is_refused(tmp_path):
    folder = new_run(tmp_path, spec(steps=40, checkpoint_steps=10))
    with pytest.raises(Refused, match="no checkpoint"):
        worked(WalkStep(run=str(folder.path)))
    table = Table(folder)
    table.until(lambda: table.job.state in ENDED)
    first = folder.checkpoints.steps()[0]
    assert first < 38
    walked = worked(WalkStep(run=str(folder.path), step=first))
    assert walked.step == first
    assert walked.stages["look"]["layer:pull"].shape[1:] == (32, 32, 2)
    with pytest.raises(Refused, match="n must be between"):
        worked(WalkStep(run=str(folder.path), n=0))


def test_padded_places_of_a_stage_are_empty_and_what_is_given_is_told():
    given = {"mass": Given((), mean=torch.tensor(100.0), std=torch.tensor(10.0))}
    spec = DataSpec("jets", (2, 3), torch.full((2, 3), 5.0), torch.full((2, 3), 2.0), given=given)
    mask = torch.tensor([[True, False], [True, True]])
    x = torch.randn(2, 2, 3) * mask[..., None]
    batch = Batch(x, mask, {"mass": torch.tensor([0.0, 1.0])})
    noisy = batch.zeroed(x + 0.5)
    arrays = scene_arrays(spec, {"particles": noisy, "level": torch.rand(2)}, 2, batch)
    np.testing.assert_array_equal(arrays["scene:particles"][0, 1], np.zeros(3))
    np.testing.assert_allclose(arrays["scene:particles"][1], 5 + 2 * noisy[1].numpy(), rtol=1e-6)
    np.testing.assert_array_equal(arrays["scene:given:mass"], [100.0, 110.0])


class _Counting(Learner[Config]):
    """Recommends the items that it has seen; its step counts the batch."""

    def __init__(self, spec: DataSpec) -> None:
        super().__init__(Config(), spec, horizon=1, seed=0, device=torch.device("cpu"))
        self.counts = torch.ones(6)

    @property
    def parts(self):
        return {}

    def walk(self, batch):
        x = Batch.of(batch).x
        yield "predict", {"real": x}
        self.counts += torch.bincount(x.flatten(), minlength=7)[1:]
        yield "descend", {"real": x}
        return {"loss": torch.zeros(())}

    def recommend(self, histories):
        assert not (histories.x[:, -1] == 3).any(), "the answer is no input"
        return self.counts.log().expand(len(histories), -1)


def test_a_stage_of_a_recommender_has_its_answers_before_and_after_the_step():
    spec = DataSpec("interactions", (3,), torch.zeros(3), torch.ones(3), symbols=7)
    staged = StagedStep(_Counting(spec), torch.tensor([[1, 2, 3], [2, 5, 0]]))
    assert staged.arrays(2) == {}
    assert staged.advance()
    before = staged.arrays(2)
    assert before["scene:wanted"].tolist() == [3, 5]
    np.testing.assert_allclose(before["scene:chances"], 1 / 6, rtol=1e-6)
    assert staged.advance()
    after = staged.arrays(1)
    assert after["scene:answers"][0, 0] == 2, "the item that was seen twice"
    assert after["scene:chances"][0, 0] == pytest.approx(3 / 11)
