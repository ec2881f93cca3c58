"""Every command, on an engine in this process: what it answers, what it does, what it refuses."""

import csv
import gc
import sys
import time
import weakref
from pathlib import Path

import msgspec
import numpy as np
import pytest

from pushforward.studio.engine.data import file_reader
from pushforward.studio.engine.process.commands import dispatch, handled
from pushforward.studio.engine.process.engine import Engine
from pushforward.studio.engine.process.loop import work
from pushforward.studio.engine.process.streams import Inbox
from pushforward.studio.engine.watch.live_view import LiveView
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.catalog import Catalog
from pushforward.studio.protocol.spec import Pick
from pushforward.studio.protocol.wire import unpack_arrays
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from pushforward.studio.store.splits import split_rows
from tests.engine.fakes import MemorySink, spec


class MemoryOutbox(MemorySink):
    """The engine's outbox, kept in memory."""

    def __init__(self):
        super().__init__()
        self.payloads = {}
        self.credits = {}

    def send(self, event, payload=()):
        super().send(event)
        if isinstance(event, m.Reply):
            self.payloads[event.re] = b"".join(bytes(part) for part in payload)

    def credit(self, job, n):
        self.credits[job] = self.credits.get(job, 0) + n

    def forget(self, job):
        self.credits.pop(job, None)

    def wants(self, job):
        return self.credits.get(job, 0) > 0


class Desk:
    """An engine and the hand that sends it commands."""

    def __init__(self, tmp_path):
        self.outbox = MemoryOutbox()
        self.inbox = Inbox()
        self.engine = Engine(self.inbox, self.outbox)
        self.project = str(tmp_path / "project")
        self.id = 0

    def send(self, command):
        self.id += 1
        dispatch(self.engine, msgspec.structs.replace(command, id=self.id))
        while self.engine.chores:
            self.engine.work_chore()
        answers = [e for e in self.outbox.events if getattr(e, "re", None) == self.id]
        assert len(answers) <= 1
        return answers[0] if answers else None

    def reply(self, command):
        answer = self.send(command)
        assert isinstance(answer, m.Reply), answer
        return answer.result

    def refused(self, command):
        answer = self.send(command)
        assert isinstance(answer, m.Failed), answer
        return answer.error

    def arrays(self):
        [reply] = [e for e in self.outbox.of(m.Reply) if e.re == self.id]
        return unpack_arrays(reply.arrays, self.outbox.payloads[self.id])

    def work(self, steps=100_000):
        while steps and self.engine.queue.step() == 0.0:
            steps -= 1

    def train(self, job, step):
        while self.engine.queue.get(job).step < step:
            assert self.engine.queue.step() == 0.0

    def start(self, run=None):
        result = self.reply(m.StartTraining(spec=run or spec(), project=self.project))
        return result["job"], RunFolder(Path(result["run"]))

    def state(self, job):
        return self.engine.queue.get(job).state


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


@pytest.fixture
def trained(desk):
    _, folder = desk.start()
    desk.work()
    assert folder.status().state == "finished"
    return folder


def test_what_has_ended_lets_its_model_go(desk):
    job, _ = desk.start()
    desk.train(job, 3)
    model = weakref.ref(desk.engine.queue.get(job).session.family)
    desk.work()
    assert desk.state(job) == "finished"
    gc.collect()
    assert model() is None


def test_looking_into_files_is_given_up(desk, tmp_path, monkeypatch):
    slow = [sys.executable, "-c", "import time; time.sleep(600)"]
    monkeypatch.setattr(file_reader, "import_worker_command", lambda: slow)
    (tmp_path / "p.csv").write_text("1,2\n")
    assert desk.send(m.InspectData(files=[str(tmp_path / "p.csv")])) is None
    asked = desk.id
    while not desk.engine.looks:
        time.sleep(0.01)
    desk.reply(m.GiveUp(re=asked))
    while desk.engine.looks:
        time.sleep(0.01)
    (answer,) = [each for each in desk.outbox.of(m.Failed) if each.re == asked]
    assert answer.error.message == "p.csv was not read completely."
    desk.reply(m.GiveUp(re=asked))  # one that is answered is none to give up


def test_every_command_has_a_handler():
    assert handled() == set(m.Command.__args__)


def test_announce_says_ready_then_catalogue_then_jobs(desk):
    desk.engine.announce()
    ready, catalog, snapshot = desk.outbox.events
    assert set(ready.versions) >= {"torch", "numpy", "python"}
    assert "cpu" in ready.device
    assert isinstance(catalog, m.CatalogEvent)
    assert snapshot == m.Snapshot(jobs=[])


def test_the_catalogue_describes_everything_and_crosses_the_line(desk):
    catalog = desk.reply(m.GetCatalog())
    assert {e.kind for e in catalog.entries} == {
        "training", "family", "dataset", "network", "sampler", "metric", "operator",
        "guidance", "maker", "imported",
    }  # fmt: skip
    edm = catalog.get("family", "edm")
    net = next(f for f in edm.fields if f.path == "net")
    assert (net.kind, net.of, net.role) == ("pick", "network", "denoiser")
    mlp = catalog.get("network", "mlp")
    width = next(f for f in mlp.fields if f.path == "width")
    assert (width.kind, width.default, width.low) == ("int", 128, 1)
    assert "velocity" in [layer.name for layer in edm.layers]
    training = catalog.get("training", "training")
    assert {"steps", "batch", "seed", "device"} <= {f.path for f in training.fields}
    assert all(field.help for entry in catalog.entries for field in entry.fields)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(catalog), type=Catalog) == catalog


def test_validate(desk):
    good = desk.reply(m.Validate(spec=spec("edm")))
    assert good["problems"] == []
    assert good["parameters"] > 1000
    assert good["bytes"] > 4 * good["parameters"]
    assert good["resolved"].training["keep"] == 3
    bad = desk.reply(m.Validate(spec=spec("edm", {"net": {"depth": 0}}, batch=0)))
    assert {p.path for p in bad["problems"]} == {"family.net.config.depth", "training.batch"}
    assert bad["resolved"] is None


def test_preview(desk):
    facts = desk.reply(m.PreviewData(dataset=Pick(slug="eight-gaussians"), n=1000))
    x = desk.arrays()["x"]
    assert x.shape == (1000, 2)
    assert facts["columns"] == ["x", "y"]
    assert len(facts["modes"]) == 8
    np.testing.assert_allclose(facts["mean"], x.mean(axis=0), atol=1e-5)
    wrong = Pick(slug="eight-gaussians", config={"std": 0})
    assert desk.refused(m.PreviewData(dataset=wrong)).path == "dataset.std"
    assert desk.refused(m.PreviewData(dataset=Pick(slug="spirals"), n=0)).path == "n"


def test_start_freezes_the_spec_and_trains(desk):
    run = spec()
    job, folder = desk.start(run)
    assert folder.record.spec.training["kept_capacity"] == 64  # all defaults are spelled out
    assert folder.status().state == "queued"
    run.training["steps"] = 7  # too late
    desk.work()
    assert desk.state(job) == "finished"
    assert folder.status().step == 20
    states = [e.info.state for e in desk.outbox.of(m.JobChanged) if e.info.job == job]
    assert states == ["queued", "running", "finished"]


def test_start_refuses_and_leaves_nothing_behind(desk):
    error = desk.refused(m.StartTraining(spec=spec(batch=0), project=desk.project))
    assert (error.kind, error.path) == ("user", "training.batch")
    error = desk.refused(m.StartTraining(spec=spec("tiny", {"width": 13}), project=desk.project))
    assert error.path == "family.width"
    assert not Path(desk.project).exists()
    assert desk.engine.queue.snapshot() == []


def test_resume(desk):
    job, folder = desk.start(spec(steps=500))
    desk.train(job, 20)
    error = desk.refused(m.ResumeTraining(run=str(folder.path)))
    assert "running" in error.message
    desk.reply(m.Control(job=job, action="cancel"))
    saved = folder.checkpoints.steps()[-1]
    answer = desk.reply(m.ResumeTraining(run=str(folder.path), steps=600))
    assert answer["step"] == saved > 0
    assert answer["skipped"] == []
    info = desk.engine.queue.get(answer["job"]).info
    assert (info.step, info.total, info.state) == (saved, 600, "queued")
    desk.work()
    assert folder.status().step == 600
    error = desk.refused(m.ResumeTraining(run=str(folder.path)))
    assert "600" in error.message


def test_resume_names_damaged_checkpoints(desk):
    job, folder = desk.start(spec(steps=500, checkpoint_steps=10))
    desk.train(job, 35)
    desk.reply(m.Control(job=job, action="cancel"))
    newest = folder.checkpoints.path(folder.checkpoints.steps()[-1])
    newest.write_bytes(b"")
    answer = desk.reply(m.ResumeTraining(run=str(folder.path)))
    assert answer["skipped"] == [newest.name]
    assert answer["step"] == folder.checkpoints.steps()[-2]


def test_control_speed_and_order(desk):
    job, _ = desk.start(spec(steps=500))
    other, folder = desk.start()
    desk.work(steps=30)
    desk.reply(m.Control(job=job, action="pause"))
    desk.work(steps=30)
    assert desk.state(job) == "paused"
    before = desk.engine.queue.get(job).step
    desk.reply(m.Control(job=job, action="step", n=3))
    desk.work(steps=200)
    assert (desk.state(job), desk.engine.queue.get(job).step) == ("paused", before + 3)
    desk.reply(m.SetSpeed(job=job, delay=0.5))
    assert desk.refused(m.SetSpeed(job=job, delay=-1)).kind == "user"
    assert desk.refused(m.Control(job=job, action="fly")).kind == "user"
    assert desk.refused(m.Control(job="none", action="pause")).kind == "user"
    assert desk.refused(m.Control(job=job, action="sample", n=0)).path == "n"
    desk.reply(m.MoveJob(job=other, place=-1))
    assert desk.state(other) == "cancelled"
    assert folder.status().state == "cancelled"
    assert desk.refused(m.MoveJob(job=job, place=0)).kind == "user"


@pytest.mark.parametrize("most", [LiveView.MOST, 1e-9], ids=["cheap records", "dear records"])
def test_watch_and_credit(desk, monkeypatch, most):
    monkeypatch.setattr(LiveView, "MOST", most)
    job, _ = desk.start(spec(steps=500))
    desk.work(steps=5)
    desk.reply(m.Watch(job=job, on=True, layers=["pull"], resolution=4, particles=8))
    desk.send(m.Credit(job=job, n=2))
    desk.work(steps=100)
    assert desk.outbox.records
    record, payload = desk.outbox.records[-1]
    arrays = unpack_arrays(record.arrays, b"".join(bytes(p) for p in payload))
    assert arrays["x"].shape == (5, 8, 2)
    if most == LiveView.MOST:  # dear ones leave layers out
        assert arrays["layer:pull"].shape == (5, 4, 4, 2)
    assert len(record.bounds) == 4
    desk.reply(m.Watch(job=job, on=False))
    assert not desk.outbox.wants(job)
    assert desk.refused(m.Watch(job=job, on=True, bounds=[1.0])).kind == "user"
    assert desk.refused(m.Watch(job=job, on=True, resolution=10**6)).path == "resolution"


def test_looking_away_and_back_at_once_leaves_what_the_new_look_grants(desk):
    job, _ = desk.start(spec(steps=500))
    desk.work(steps=5)
    desk.send(m.Watch(job=job, on=True, credits=2))
    desk.send(m.Watch(job=job, on=False))
    desk.send(m.Watch(job=job, on=True, credits=2))
    desk.work(steps=5)
    assert desk.outbox.credits[job] == 2
    desk.send(m.Watch(job=job, on=True, particles=8))  # another wish, no other grant
    desk.work(steps=5)
    assert desk.outbox.credits[job] == 2
    assert desk.refused(m.Watch(job=job, on=True, credits=-1)).kind == "user"
    for share in (0.0, 0.6, float("nan")):
        assert desk.refused(m.Watch(job=job, on=True, share=share)).kind == "user"


def test_a_paused_training_answers_a_new_view(desk):
    job, _ = desk.start(spec(steps=500))
    desk.work(steps=20)
    desk.reply(m.Control(job=job, action="pause"))
    desk.work(steps=20)
    desk.send(m.Credit(job=job, n=2))
    desk.reply(m.Watch(job=job, on=True, particles=20))
    desk.work(steps=20)
    step = desk.engine.queue.get(job).step
    assert [record.step for record, _ in desk.outbox.records] == [step]


def test_query_layer_of_a_live_training_and_of_checkpoints(desk):
    job, folder = desk.start(spec(steps=500, checkpoint_steps=10, evaluate_every=10**6))
    query = m.QueryLayer(
        run=str(folder.path), layer="height", bounds=[-1, 1, -2, 2], resolution=6, t=1.0
    )
    assert "no checkpoint" in desk.refused(query).message
    desk.train(job, 35)
    live = desk.reply(query)["step"]
    assert live == desk.engine.queue.get(job).step
    assert desk.arrays()["layer"].shape == (6, 6)
    old = folder.checkpoints.steps()[0]
    stored = msgspec.structs.replace(query, step=old + 3, layer="pull")
    assert desk.reply(stored)["step"] == old
    assert desk.arrays()["layer"].shape == (6, 6, 2)
    for wrong in (
        {"layer": "depth"},
        {"bounds": [1.0, 0.0, 0.0, 1.0]},
        {"bounds": []},
        {"resolution": 0},
        {"t": 2.0},
        {"step": 1},
    ):
        assert desk.refused(msgspec.structs.replace(query, **wrong)).kind == "user"


def test_a_look_is_at_one_state_though_training_goes_on(desk):
    job, folder = desk.start(spec(steps=500))
    desk.train(job, 20)
    query = m.QueryLayer(run=str(folder.path), layer="pull", bounds=[-1, 1, -2, 2], resolution=40)
    desk.reply(query)
    whole = desk.arrays()["layer"]
    dispatch(desk.engine, msgspec.structs.replace(query, id=500))
    desk.engine.work_chore()
    desk.train(job, 30)  # between the first piece and the others
    while desk.engine.chores:
        desk.engine.work_chore()
    desk.id = 500
    np.testing.assert_array_equal(desk.arrays()["layer"], whole)


def test_a_look_that_fails_is_answered(desk, monkeypatch):
    job, folder = desk.start(spec(steps=500))
    desk.train(job, 5)

    def broken(self, name, x, t):
        raise MemoryError

    monkeypatch.setattr("tests.engine.fakes.Tiny.layer", broken)
    query = m.QueryLayer(run=str(folder.path), layer="pull", bounds=[-1, 1, -2, 2])
    assert desk.refused(query).kind == "memory"


def generate(run, file="", **config):
    return m.Operate(run=str(run.path), operator="generate", config=config, file=str(file))


def test_sample_is_reproducible_and_says_where_it_comes_from(desk, trained):
    for seed in (5, 5, 6):
        desk.reply(generate(trained, n=50, seed=seed))
    desk.work()
    first, again, other = (trained.samples.read(path) for path in trained.samples.paths())
    np.testing.assert_array_equal(first.x, again.x)
    assert first.x.shape == other.x.shape == (50, 2)
    said = {"operator": "generate", "run": trained.name, "step": 20, "n": 50, "seed": 5}
    assert first.attrs == {**said, "sampler": None}
    refused = generate(trained, n=5, sampler={"slug": "heun"})
    assert desk.refused(refused).path == "sampler"


def test_sample_with_another_sampler(desk):
    _, folder = desk.start(spec("edm"))
    desk.work()
    heun = {"slug": "heun", "config": {"steps": 4}}
    desk.reply(generate(folder, n=20, sampler=heun))
    desk.work()
    [path] = folder.samples.paths()
    sampler = folder.samples.read(path).attrs["sampler"]
    assert (sampler["slug"], sampler["config"]["steps"]) == ("heun", 4)


def test_a_short_job_that_fails_is_told(desk):
    _, folder = desk.start(spec(steps=500))
    job = desk.reply(generate(folder, n=5))["job"]
    desk.work(steps=3)
    assert desk.state(job) == "failed"
    assert "no checkpoint" in desk.engine.queue.get(job).error.message
    assert any("no checkpoint" in e.text and e.job == job for e in desk.outbox.of(m.Log))


def test_evaluate(desk, trained):
    job = desk.reply(m.Evaluate(run=str(trained.path), n=100, seed=3))["job"]
    desk.work()
    assert desk.state(job) == "finished"
    event = trained.events.read()[-1]
    assert event.kind == "evaluated"
    assert event.data["n"] == 100
    assert event.data["values"]["sliced-w2"] > event.data["floors"]["sliced-w2"]
    assert "seed 3" in trained.log_path.read_text(encoding="utf-8")


@pytest.mark.parametrize("suffix", ["csv", "npz", "h5"])
def test_export_samples(desk, trained, tmp_path, suffix):
    file = tmp_path / f"points.{suffix}"
    desk.reply(generate(trained, file, n=30, seed=1))
    desk.work()
    assert file.stat().st_size > 100
    if suffix == "csv":
        rows = list(csv.reader(file.read_text(encoding="utf-8").splitlines()))
        assert rows[0] == ["x", "y"]
        assert len(rows) == 31
    bad = generate(trained, tmp_path / "points.doc", n=3)
    assert ".csv" in desk.refused(bad).hint


def test_export_weights_takes_the_averaged_ones_with_the_config(desk, tmp_path):
    from safetensors import safe_open

    _, folder = desk.start(spec("edm", {"ema": 0.9}))
    desk.work()
    file = tmp_path / "weights.safetensors"
    answer = desk.reply(m.ExportWeights(run=str(folder.path), file=str(file)))
    assert answer == {"file": str(file), "step": 20}
    checkpoint = folder.checkpoints.newest()[0]
    with safe_open(file, framework="numpy") as weights:
        names = list(weights.keys())
        assert names
        assert all("/ema/" in name for name in names)
        for name in names:
            np.testing.assert_array_equal(
                weights.get_tensor(name), checkpoint.tensors[f"family/{name}"]
            )
        metadata = weights.metadata()
    assert msgspec.json.decode(metadata["spec"])["family"]["config"]["ema"] == 0.9
    assert desk.refused(m.ExportWeights(run=str(folder.path), file="w.pt")).kind == "user"


def test_inspect_and_import(desk, tmp_path):
    import time

    file = tmp_path / "mine.csv"
    x = np.random.default_rng(0).normal(size=(60, 2))
    file.write_text("a,b\n" + "".join(f"{u},{v}\n" for u, v in x), encoding="utf-8")
    desk.send(m.InspectData(files=[str(file)]))  # answered from a thread, now or later
    deadline = time.monotonic() + 10
    while not (replies := [e for e in desk.outbox.of(m.Reply) if e.re == desk.id]):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    [item] = replies[0].result.items
    assert [c.name for c in item.columns] == ["a", "b"]

    command = m.ImportData(
        files=[str(file)],
        project=desk.project,
        name="My points",
        options={"columns": ["a", "b"]},
    )
    job = desk.reply(command)["job"]
    desk.work()
    assert desk.state(job) == "finished"
    [data] = Project.open(Path(desk.project)).datasets()
    np.testing.assert_allclose(data.read(), x, rtol=1e-6)
    trained = len(split_rows(60, data.record.split, "train"))
    assert trained < 60
    facts = desk.reply(
        m.PreviewData(dataset=Pick(slug=f"project:{data.name}"), project=desk.project, n=20)
    )
    assert (facts["n"], facts["modes"], facts["columns"]) == (trained, None, ["a", "b"])
    assert desk.arrays()["x"].shape == (20, 2)

    run = msgspec.structs.replace(spec("edm"), dataset=Pick(slug=f"project:{data.name}"))
    _, folder = desk.start(run)
    desk.work()
    assert folder.status().state == "finished"
    assert folder.record.dataset_hash == data.record.hash

    again = desk.reply(command)["job"]
    desk.work()
    assert desk.engine.queue.get(again).error.kind == "user"
    assert desk.refused(msgspec.structs.replace(command, options={"columns": []})).kind == "user"
    missing = desk.reply(
        msgspec.structs.replace(command, files=[str(tmp_path / "none.csv")], name="n")
    )["job"]
    desk.work()
    assert "none.csv" in desk.engine.queue.get(missing).error.message


def test_shutdown_saves_and_leaves(desk):
    job, folder = desk.start(spec(steps=10**6))
    desk.train(job, 5)
    desk.inbox.put(m.Shutdown(id=900))
    work(desk.engine)
    status = folder.status()
    assert status.state == "paused"
    assert folder.checkpoints.steps() == [status.step]
    assert desk.state(job) == "paused"
    assert [e.re for e in desk.outbox.of(m.Reply)][-1] == 900


def test_shutdown_without_saving(desk):
    job, folder = desk.start(spec(steps=10**6))
    desk.train(job, 5)
    desk.inbox.put(m.Shutdown(id=900, checkpoint=False))
    work(desk.engine)
    assert folder.checkpoints.steps() == []
    assert folder.status().state == "paused"


def test_ping_is_answered_here_too(desk):
    assert desk.send(m.Ping()) == m.Pong(re=1, busy="")


def test_a_bug_in_a_handler_is_its_answer(desk, tmp_path, monkeypatch):
    monkeypatch.setattr(desk.engine, "layers", None)
    error = desk.refused(m.QueryLayer(run=str(tmp_path), layer="y", bounds=[0, 1, 0, 1]))
    assert error.kind == "bug"
    assert desk.reply(m.GetCatalog())
