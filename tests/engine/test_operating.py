"""Doing with a trained run what an operator can: results, files, answers, refusals, warm models."""

import re
import shutil

import h5py
import numpy as np
import pytest
import torch

from pushforward.models.contracts.learner import finish
from pushforward.models.operators.base import Operation, Progress
from pushforward.models.operators.density import LikelihoodLab
from pushforward.models.operators.drawing import draw
from pushforward.models.registry import registry
from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.jobs.operator_job import OperatorJob, estimated, inline
from pushforward.studio.engine.process.catalogue import build
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.capabilities import able
from pushforward.studio.engine.run.model_cache import WarmModels
from pushforward.studio.engine.run.model_loading import load
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store import hdf5
from pushforward.studio.store.contents import read_arrays
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from tests.engine.fakes import MemorySink
from tests.engine.test_commands import Desk

QUICK = {
    "steps": 12, "batch": 32, "samples": 300, "particles": 20, "evaluate_samples": 40, "frames": 5,
    "device": "cpu", "threads": 1, "checkpoint_steps": 4,
}  # fmt: skip


def spec(family="edm", dataset="eight-gaussians", **training):
    config = (
        {"net": {"slug": "mlp", "config": {"width": 16, "depth": 2}}} if family == "edm" else {}
    )
    return RunSpec(
        name="a test",
        family=Pick(slug=family, config=config),
        dataset=Pick(slug=dataset),
        training={**QUICK, **training},
        metrics=[Pick(slug="sliced-w2")],
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A trained diffusion and a trained GAN, to be copied."""
    project = tmp_path_factory.mktemp("made") / "project"
    for family in ("edm", "gan"):
        assert headless.run(spec(family), project=project).state == "finished"
    return project


@pytest.fixture
def desk(tmp_path, made):
    shutil.copytree(made, tmp_path / "project")
    return Desk(tmp_path)


@pytest.fixture
def edm(desk, tmp_path):
    return RunFolder(tmp_path / "project" / "runs" / "0001-a-test")


@pytest.fixture
def gan(desk, tmp_path):
    return RunFolder(tmp_path / "project" / "runs" / "0002-a-test")


def operate(run, operator="generate", file="", **more):
    return m.Operate(run=str(run.path), operator=operator, file=str(file), **more)


def answer(desk, command):
    """Ask for an answer at once; return it with its arrays."""
    from pushforward.studio.protocol.wire import unpack_arrays

    said = desk.reply(command)
    reply = desk.outbox.of(m.Reply)[-1]
    return said, unpack_arrays(reply.arrays, desk.outbox.payloads[reply.re])


def test_what_is_generated_is_what_was_drawn_before_there_were_operators(desk, edm):
    loaded = load(edm)
    work = draw(loaded.family, 50, 5, sampler=loaded.sampler)
    while True:
        try:
            next(work)
        except StopIteration as end:
            rows = end.value
            break
    desk.reply(operate(edm, config={"n": 50, "seed": 5}))
    desk.work()
    [result] = edm.results.all()
    np.testing.assert_array_equal(edm.samples.read(result.arrays).x, rows.x.numpy())


def test_a_result_says_all_that_repeats_it(desk, edm):
    heun = {"slug": "heun", "config": {"steps": 4}}
    job = desk.reply(operate(edm, config={"n": 20, "seed": 3, "sampler": heun}, step=9))["job"]
    desk.work()
    [result] = edm.results.all()
    record = result.record
    assert (record.operator, record.run, record.step) == ("generate", edm.name, 8)
    assert (record.config["n"], record.config["seed"]) == (20, 3)
    assert record.config["sampler"]["slug"] == "heun"
    assert record.config["sampler"]["config"]["steps"] == 4
    assert "grid" in record.config["sampler"]["config"]
    assert len(record.spec_hash) == 64
    assert record.versions["torch"]
    [told] = desk.outbox.of(m.ResultWritten)
    assert (told.job, told.result, told.step) == (job, str(result.path), 8)
    again = operate(edm, config=record.config, step=record.step)
    desk.reply(again)
    desk.work()
    first, second = (edm.samples.read(path).x for path in edm.samples.paths())
    np.testing.assert_array_equal(first, second)


def test_what_a_lab_finds_again_is_written_once(desk, edm):
    settings = {"rows": 16, "map": 0}
    for _ in range(2):
        desk.reply(operate(edm, "likelihood-lab", config=settings))
        desk.work()
    [result] = edm.results.all()
    first, second = desk.outbox.of(m.ResultWritten)
    assert (first.again, second.again) == (False, True)
    assert first.result == second.result == str(result.path)
    desk.reply(operate(edm, "likelihood-lab", config={**settings, "seed": 1}))
    desk.work()
    assert len(edm.results.all()) == 2, "another question has another answer"
    assert not desk.outbox.of(m.ResultWritten)[-1].again


def test_it_is_told_beforehand_about_how_long_it_takes(desk, edm, monkeypatch):
    command = operate(edm, "likelihood-lab", config={"rows": 16, "map": 0}, estimate=True)
    said, _ = answer(desk, command)
    assert 0.0 < said["seconds"] < 60.0
    assert edm.results.all() == []

    def slow(operation):
        try:
            for done in range(1000):
                ticks.append(0.1)
                yield Progress(done, 1000)
        finally:
            closed.append(1)

    ticks, closed = [], []
    monkeypatch.setattr(LikelihoodLab, "work", lambda self, operation: slow(operation))
    found = finish(estimated(command, WarmModels(), lambda: sum(ticks)))
    assert found == pytest.approx(100.0, rel=0.02), "a tenth of a second for each of a thousand"
    assert len(ticks) < 30, "only some of them were done"
    assert closed

    def silent(operation):
        while True:
            ticks.append(1.0)
            yield Progress(0, 1000)

    monkeypatch.setattr(LikelihoodLab, "work", lambda self, operation: silent(operation))
    assert finish(estimated(command, WarmModels(), lambda: sum(ticks))) is None
    with pytest.raises(Refused):
        finish(estimated(operate(edm, "sort", estimate=True), WarmModels()))


def test_an_answer_at_once_writes_nothing_and_is_the_same(desk, edm):
    said, arrays = answer(desk, operate(edm, config={"n": 64, "seed": 1}, inline=True))
    config = said.pop("config")
    assert said == {"step": 12, "note": ""}
    assert (config["n"], config["seed"]) == (64, 1)
    assert config["sampler"]["slug"], "the settings that were left open, too"
    assert arrays["x"].shape == (64, 2)
    assert edm.results.all() == []
    desk.reply(operate(edm, config={"n": 64, "seed": 1}))
    desk.work()
    np.testing.assert_array_equal(edm.samples.read(edm.samples.paths()[0]).x, arrays["x"])


def test_rows_are_handed_over_and_judged_in_the_units_of_the_data(desk, edm):
    rows = [[0.0, 0.0], [2.0, 0.0], [50.0, 50.0]]
    _, arrays = answer(desk, operate(edm, "likelihood", inputs={"rows": rows}, inline=True))
    family = load(edm).family
    standard = family.spec.standardise(torch.tensor(rows))
    expected = family.log_prob(standard) - family.spec.std.log().sum()
    np.testing.assert_allclose(arrays["log-density"], expected.detach().numpy(), rtol=1e-5)
    np.testing.assert_array_equal(arrays["x"], rows)


def test_of_many_rows_the_likelihood_of_some_is_told_drawn_by_the_seed(desk, edm):
    def told(**config):
        return answer(
            desk, operate(edm, "likelihood", inputs={"rows": "data"}, config=config, inline=True)
        )

    few, arrays = told(rows=40, seed=1)
    every, all_of_them = told(rows=10_000)
    assert (len(arrays["x"]), len(all_of_them["x"])) == (40, QUICK["samples"])
    assert "40 of 300 rows were asked about, drawn with the seed 1." in few["note"]
    assert "asked about" not in every["note"]
    places = [np.flatnonzero((all_of_them["x"] == row).all(axis=1))[0] for row in arrays["x"]]
    assert places == sorted(places)
    np.testing.assert_allclose(arrays["log-density"], all_of_them["log-density"][places], rtol=1e-4)
    np.testing.assert_array_equal(told(rows=40, seed=1)[1]["x"], arrays["x"])
    assert not np.array_equal(told(rows=40, seed=2)[1]["x"], arrays["x"])


def test_a_number_for_each_point_is_a_column_of_a_table(desk, edm, tmp_path):
    file = tmp_path / "scored.csv"
    desk.reply(operate(edm, "likelihood", file, inputs={"rows": [[0.0, 1.0], [2.0, 3.0]]}))
    desk.work()
    assert file.read_text(encoding="utf-8").splitlines()[0] == "x,y,log-density"
    x = np.loadtxt(file, delimiter=",", skiprows=1)
    np.testing.assert_allclose(x[:, :2], [[0.0, 1.0], [2.0, 3.0]])
    assert edm.results.all() == []
    assert desk.outbox.of(m.ResultWritten)[-1].file == str(file)


def test_a_file_that_came_while_the_work_went_on_is_not_replaced(desk, edm, tmp_path):
    file = tmp_path / "made.npz"
    desk.reply(operate(edm, file=file, config={"n": 5}))
    file.write_bytes(b"mine")
    desk.work()
    assert file.read_bytes() == b"mine"
    assert "is there already" in desk.outbox.of(m.JobChanged)[-1].info.error.message
    desk.reply(operate(edm, file=file, config={"n": 5}, overwrite=True))
    desk.work()
    assert np.load(file)["x"].shape == (5, 2)


@pytest.mark.parametrize(
    ("operator", "more", "path", "words"),
    [
        ("generat", {}, "operator", "generate"),
        ("likelihood", {}, "inputs.rows", "needs rows"),
        ("likelihood", {"inputs": {"rows": [[1.0]]}}, None, "must be rows (n, 2)"),
        ("likelihood", {"inputs": {"rows": [[1.0, float("nan")]]}}, None, "finite"),
        ("likelihood", {"inputs": {"rows": "[[1, 2]]"}}, None, "must be rows"),
        ("generate", {"inputs": {"rows": []}}, "inputs.rows", "takes no 'rows'"),
        ("generate", {"config": {"n": 0}}, "config.n", "at least 1"),
        ("generate", {"config": {"m": 1}}, "config.m", "unknown setting"),
        ("generate", {"config": {"sampler": {"slug": "heum"}}}, "sampler", "heun"),
        ("generate", {"given": {"label": 3}}, None, "no condition 'label'"),
        ("generate", {"file": "/tmp/x.doc"}, "file", ".doc"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(desk, edm, operator, more, path, words):
    command = operate(edm, operator, inline="file" not in more, **more)
    error = desk.refused(command)
    assert words in error.message
    assert error.kind == "user"
    if path is not None:
        assert error.path == path


def test_an_operator_whose_needs_a_model_lacks_is_refused(desk, gan):
    error = desk.refused(operate(gan, "likelihood", inputs={"rows": [[0.0, 0.0]]}))
    assert error.message.startswith("Likelihood needs a model that knows how likely a datum is; ")
    assert error.path == "operator"


def test_cancelled_or_failed_leaves_nothing_half(desk, edm, monkeypatch):
    job = desk.reply(operate(edm, config={"n": 9000}))["job"]
    desk.work(steps=5)
    desk.reply(m.Control(job=job, action="cancel"))
    assert not edm.results.folder.exists()

    def full(self, name, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(h5py.Group, "__setitem__", full)
    job = desk.reply(operate(edm, config={"n": 9}))["job"]
    desk.work()
    assert desk.state(job) == "failed"
    assert edm.results.all() == []
    assert list(edm.results.folder.iterdir()) == []


def test_a_cold_model_is_told_to_be_loading_and_a_warm_one_is_not(desk, edm):
    for times in (1, 1):
        desk.reply(operate(edm, config={"n": 5}))
        desk.work()
        loading = [e for e in desk.outbox.of(m.Progress) if e.doing == "Loading the model"]
        assert len(loading) == times


class TestWarmModels:
    def test_one_is_loaded_once_and_again_when_it_is_newer(self, edm):
        warm = WarmModels()
        first = warm.get(edm)
        assert warm.get(edm) is first
        assert warm.get(edm, 4).step == 4
        assert len(warm) == 2
        path = edm.checkpoints.path(12)
        path.rename(edm.checkpoints.path(99))
        assert not warm.has(edm)
        assert len(warm) == 1

    def test_a_deleted_run_is_let_go(self, edm, gan):
        warm = WarmModels()
        warm.get(edm)
        shutil.rmtree(edm.path)
        warm.get(gan)
        assert len(warm) == 1

    def test_memory_is_bounded_and_the_oldest_goes(self, edm, gan):
        warm = WarmModels(most=2)
        for run, step in ((edm, 4), (gan, 4), (edm, 8)):
            warm.get(run, step)
        assert not warm.has(edm, 4)
        assert warm.has(gan, 4)
        tight = WarmModels(limit=1)
        tight.get(edm)
        tight.get(gan)
        assert len(tight) == 1

    def test_layers_and_operators_share_it(self, desk, edm):
        desk.reply(operate(edm, config={"n": 5}, inline=True))
        desk.reply(m.QueryLayer(run=str(edm.path), layer="velocity", bounds=[-1, 1, -1, 1]))
        assert len(desk.engine.warm) == 1


def test_every_operator_is_a_generator_that_ends(made):
    """Nothing here knows the engine: an operator works with a learner alone."""
    loaded = load(RunFolder(made / "runs" / "0001-a-test"))
    entry = registry.get("operator", "generate")
    work = entry.make(entry.config(n=3000)).work(Operation(loaded.family, loaded.sampler))
    done = []
    while True:
        try:
            done.append(next(work).done)
        except StopIteration as end:
            outcome = end.value
            break
    assert sorted(set(done)) == [0, 2048]
    assert outcome.rows.x.shape == (3000, 2)


def test_the_catalogue_describes_every_operator_with_what_it_takes():
    discover()
    catalog = build([])
    assert catalog.problems == []
    told = {entry.slug: entry.takes for entry in catalog.entries_of("operator")}
    assert set(told) == {entry.slug for entry in registry.all("operator")}
    assert [(slot.name, slot.unless) for slot in told["recommend"]] == [("histories", "all")]


def test_weights_are_averaged_over_a_length_that_is_chosen_afterwards(desk, edm, tmp_path):
    project = tmp_path / "lengths"
    assert headless.run(spec(lengths=True), project=project).state == "finished"
    [path] = (project / "runs").iterdir()
    run, warm = RunFolder(path), WarmModels()
    own, short, longer = (warm.get(run, None, length) for length in (None, 0.05, 0.2))
    assert len(warm) == 3
    assert warm.get(run, None, 0.05) is short

    def weights(loaded):
        field = loaded.family.field.trained.averaged
        return torch.cat([p.flatten() for p in field.parameters()])

    assert short.off < 1e-3 < longer.off
    assert len({tuple(weights(each).tolist()) for each in (own, short, longer)}) == 3
    # What is trained on and what other runs are told is the run's own.
    assert torch.equal(weights(warm.get(run)), weights(load(run)))
    desk.reply(operate(run, config={"n": 8}, length=0.2))
    desk.work()
    [result] = run.results.all()
    assert result.record.length == result.record.provenance["length"] == 0.2
    assert "averaged over a length of 0.2, made to within" in result.record.note
    failed = desk.refused(operate(edm, inline=True, length=0.1))
    assert failed.path == "length"
    assert "kept no averages" in failed.message


def test_a_lab_that_compares_samplers_can_be_asked_for(desk, edm):
    """Its list of their names was taken for one sampler, and no lab began."""
    config = {"n": 16, "repeats": 1, "samplers": ["ddim"], "calls": [2]}
    command = operate(edm, "solver-lab", config=config)
    for _ in OperatorJob("job", command, MemorySink(), WarmModels(), lambda: True).work():
        pass
    found = edm.results.all()[-1]
    assert found.record.config["samplers"] == ["ddim"]
    with h5py.File(found.arrays) as file:
        assert file["shared"][()].all(), "it is told that something trains"


def test_sets_of_the_project_can_be_asked_about_and_those_that_cannot_fit_say_why(
    desk, edm, tmp_path
):
    project = Project.open(tmp_path / "project")
    x = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    project.add_dataset("far", 50 + x[:, :2], ["x", "y"])
    project.add_dataset("deep", x, ["x", "y", "z"])
    others = {each.slug: each.reason for each in able(edm.path).others}
    assert list(others)[:2] == ["project:deep", "project:far"]
    form = "has rows of the form 3, those that the model learned 2."
    assert others["project:deep"] == f"deep {form}"
    assert others["project:far"] == others["two-moons"] == others["eight-gaussians"] == ""
    assert "digits" not in others
    settings = {"rows": 16, "map": 0}

    def told(slug):
        other = {"slug": f"project:{slug}"}
        command = operate(edm, "likelihood-lab", config={**settings, "other": other})
        return finish(inline(command, WarmModels())).arrays

    arrays = told("far")
    assert arrays["other"].shape == (16,)
    assert arrays["other"].mean() < arrays["learned"].mean() - 10
    for slug, why in (("deep", form), ("gone", "'gone'")):
        with pytest.raises(Refused, match=re.escape(why)):
            told(slug)


def test_rows_that_a_person_hands_are_kept_with_what_came_of_them(desk, edm):
    rows = [[0.0, 0.5], [1.0, -0.5]]
    desk.reply(operate(edm, "interpolate", inputs={"rows": rows}, config={"steps": 2, "count": 3}))
    desk.work()
    desk.reply(operate(edm, config={"n": 5}))
    desk.work()
    typed, drawn = edm.results.all()[-2:]
    with hdf5.opened(typed.input_path) as file:
        np.testing.assert_array_equal(
            read_arrays(file, skip=("provenance",))["rows"], np.asarray(rows, np.float32)
        )
    assert not drawn.input_path.exists(), "nobody handed any"
