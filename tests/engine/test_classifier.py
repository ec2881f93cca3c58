"""A model that is no family goes through the engine; it may learn from what another run draws."""

import shutil

import numpy as np
import pytest
import torch

from pushforward.models.contracts.spec import LABEL
from pushforward.models.metrics.intervals import wilson
from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.checkpoint_state import saved_data
from pushforward.studio.engine.run.conditions import conditions_of
from pushforward.studio.engine.run.model_loading import load
from pushforward.studio.engine.run.resolve import resolve
from pushforward.studio.engine.run.session_opening import open_session
from pushforward.studio.engine.run.validation import Validator
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import Pick, RunRef, RunSpec
from pushforward.studio.store.project import Project
from tests.engine.fakes import MemorySink, losses, new_job
from tests.engine.test_commands import Desk

QUICK = {
    "steps": 20, "batch": 64, "samples": 300, "particles": 8, "evaluate_samples": 100, "frames": 3,
    "device": "cpu", "threads": 1, "checkpoint_steps": 8,
}  # fmt: skip


def spec(family="classifier", dataset="digits", source=None, **training):
    small = {"generator": {"slug": "dcgan", "config": {"width": 4}}}
    return RunSpec(
        name="a test",
        family=Pick(slug=family, config=small if family == "mmd-generator" else {}),
        dataset=Pick(slug=dataset),
        training={**QUICK, **training},
        inputs={} if source is None else {"source": RunRef(run=source)},
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A generator of digits that has learned little."""
    project = tmp_path_factory.mktemp("made") / "project"
    assert headless.run(spec("mmd-generator"), project=project).state == "finished"
    return project


@pytest.fixture
def project(tmp_path, made):
    shutil.copytree(made, tmp_path / "project")
    return tmp_path / "project"


def test_it_learns_real_labels_and_its_curves_are_all_there_is(tmp_path):
    status = headless.run(spec(steps=60), project=tmp_path / "project")
    assert status.state == "finished", status.error
    [folder] = Project.open(tmp_path / "project").runs()
    columns, floors = folder.metrics.read()
    assert {"loss", "accuracy", "quality/accuracy"} <= columns.keys()
    assert columns["quality/accuracy"][1][-1] > 0.6
    assert 0.05 < floors["accuracy"] < 0.2
    assert folder.flow.steps() == []
    assert [pick.slug for pick in folder.record.spec.metrics] == ["accuracy"]
    # E13: it was offered its own labels as a condition.
    checkpoint, _ = folder.checkpoints.newest()
    assert LABEL in saved_data(checkpoint).law
    assert conditions_of(folder) == {}


def test_it_learns_from_what_a_run_draws_with_the_labels_of_the_judge(project):
    folder = headless.create(spec(source="0001-a-test"), project)
    session = open_session(folder, 20)
    [said] = [note for note in session.notes if "instead of the data" in note]
    assert "samples of 0001-a-test at step" in said
    assert "seed 0" in said
    real = session.data.rows
    for _ in session.prepare():
        pass
    rows = session.data.rows.rows(slice(None))
    assert rows.x.shape == real.x.shape
    assert not torch.equal(rows.x, real.x)
    judge = session.data.judging.judge
    assert torch.equal(rows.given[LABEL], judge.logits(rows.x).argmax(dim=1))
    # What it is measured with stays real.
    pair = session.data.pair(50, 0)[1].rows(slice(None))
    assert torch.equal(pair.x, session.source.pair(50, 0)[1].rows(slice(None)).x)
    assert torch.equal(session.family.spec.mean, session.source.rows.spec().mean)


def test_it_goes_on_bit_for_bit_after_its_source_was_deleted(project):
    whole, cut = (headless.create(spec(source="0001-a-test"), project) for _ in range(2))
    assert headless.run(whole.path).state == "finished"
    headless.run(cut.path, stop=lambda: bool(cut.checkpoints.steps()))
    assert 0 < cut.status().step < 20
    shutil.rmtree(project / "runs" / "0001-a-test")
    assert headless.run(cut.path).state == "finished"
    assert losses(cut) == losses(whole)


@pytest.mark.parametrize(
    ("wanted", "path", "words"),
    [
        (spec(dataset="markov-text"), "family", "supports cubes and graphs and images and points"),
        (spec(source="0002-a-test"), "inputs.source", "must be a model that makes samples"),
    ],
)
def test_what_will_not_do_is_refused(project, wanted, path, words):
    assert headless.run(spec(steps=8), project=project).state == "finished"
    [problem] = Validator().validate(wanted, project).problems
    assert (problem.path, words in problem.message) == (path, True), problem
    with pytest.raises(Refused):
        headless.create(wanted, project)


def test_metrics_that_a_model_cannot_be_asked_give_way_to_those_that_it_can():
    from pushforward.studio.engine.process.discovery import discover

    discover()
    asked = RunSpec(
        name="n",
        family=Pick(slug="classifier"),
        dataset=Pick(slug="digits"),
        metrics=[Pick(slug="frechet-judge")],
    )
    resolved, problems = resolve(asked)
    assert problems == []
    assert [choice.entry.slug for choice in resolved.metrics] == ["accuracy"]
    made, _ = resolve(RunSpec(name="n", family=Pick(slug="gan"), dataset=Pick(slug="digits")))
    assert [choice.entry.slug for choice in made.metrics] == [
        "frechet-judge", "label-balance", "authenticity",
    ]  # fmt: skip


def test_a_trained_one_classifies_and_makes_no_samples(project, tmp_path):
    assert headless.run(spec(steps=40), project=project).state == "finished"
    run = Project.open(project).runs()[-1]
    classifier = load(run).family
    logs = classifier.classify(torch.zeros(5, 1, 8, 8))
    np.testing.assert_allclose(logs.exp().sum(dim=1), 1.0, rtol=1e-5)
    desk = Desk(tmp_path)
    error = desk.refused(m.Operate(run=str(run.path), operator="generate"))
    assert error.message == "Generate needs a model that makes samples; Classifier does not."


def test_samples_and_looks_that_are_asked_for_in_a_training_do_not_stop_it(project):
    folder = headless.create(spec(steps=10), project)
    sink = MemorySink(watching=True)
    job = new_job(folder, sink)
    job.watch(m.Watch(job="job", on=True))
    job.ask("sample", 5)
    assert list(job.work()).count(True) == 10
    assert sink.records == []
    assert "generates no samples" in folder.log_path.read_text(encoding="utf-8")


def test_the_interval_of_a_share_is_that_of_wilson():
    # Newcombe 1998, doi:10.1002/sim.4780170802, table I, method 3: 81 of 263.
    low, high = wilson(81 / 263, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
