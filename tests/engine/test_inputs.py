"""A run that learns from a run: what is checked, what is copied, and that the parent may go."""

import re
import shutil
from pathlib import Path

import msgspec
import pytest

from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.process import catalogue
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.branching import branch
from pushforward.studio.engine.run.model_loading import load
from pushforward.studio.engine.run.session_opening import open_session
from pushforward.studio.engine.run.validation import Validator
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import Pick, RunRef, RunSpec
from pushforward.studio.store.errors import Damaged
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from pushforward.studio.workflows.command_line import command_for
from tests.engine.fakes import losses
from tests.engine.test_commands import Desk

QUICK = {
    "steps": 12, "batch": 32, "samples": 300, "particles": 20, "evaluate_samples": 40, "frames": 5,
    "device": "cpu", "threads": 1, "checkpoint_steps": 4,
}  # fmt: skip
NET = {"net": {"slug": "mlp", "config": {"width": 16, "depth": 2}}}
FAMILY = "consistency-distillation"


def spec(family="edm", dataset="eight-gaussians", inputs=None, **training):
    return RunSpec(
        name="a test",
        family=Pick(slug=family, config=NET if family in ("edm", FAMILY) else {}),
        dataset=Pick(slug=dataset),
        training={**QUICK, **training},
        metrics=[Pick(slug="sliced-w2")],
        inputs={name: RunRef(run=run, step=step) for name, (run, step) in (inputs or {}).items()},
    )


def distilled(run="0001-a-test", step=None, **more):
    return spec(FAMILY, inputs={"teacher": (run, step)}, **more)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A trained diffusion, a GAN, a diffusion on other data, and one that was stopped."""
    project = tmp_path_factory.mktemp("made") / "project"
    for each in (spec(), spec("gan"), spec(dataset="spirals")):
        assert headless.run(each, project=project).state == "finished"
    stopped(spec(), project)
    return project


def stopped(spec, project):
    """Train until there is a checkpoint, then stop."""
    folder = headless.create(spec, project)
    headless.run(folder.path, stop=lambda: bool(folder.checkpoints.steps()))
    assert 0 < folder.status().step < 12
    return folder


@pytest.fixture
def project(tmp_path, made):
    shutil.copytree(made, tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture
def child(project):
    """A distillation that was stopped on its way."""
    return stopped(distilled(), project)


def refused(spec, project):
    [problem] = Validator().validate(spec, project).problems
    with pytest.raises(Refused) as error:
        headless.create(spec, project)
    assert error.value.info.message == problem.message
    return problem


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (spec("one-step-distillation"), "needs a teacher: choose a run"),
        (distilled("0099-gone"), "teacher 0099-gone is not in the project"),
        (distilled("0004-a-test"), "is not finished: it is at step"),
        (distilled("0001-a-test", 5), "no checkpoint of step 5"),
        (distilled("0002-a-test"), "must be a model that has a denoiser"),
        (distilled("0003-a-test"), "must be trained on the same data as this run"),
    ],
)
def test_what_will_not_do_is_said_in_a_sentence_at_the_input(project, wanted, words):
    problem = refused(wanted, project)
    assert words in problem.message
    assert problem.path == "inputs.teacher"
    assert problem.kind == "user"


def test_a_run_from_before_its_data_had_a_setting_learned_the_same(project):
    record = Project.open(project).runs()[0].path / "run.toml"
    text = record.read_text()
    older = re.sub(r"(?m)^radius = .*\n", "", text)
    assert older != text
    record.write_text(older)
    assert Validator().validate(distilled(), project).problems == []


def test_an_input_that_nobody_asked_for_is_refused(project):
    problem = refused(spec(inputs={"teacher": ("0001-a-test", None)}), project)
    assert problem.path == "inputs.teacher"


def test_the_checkpoint_that_was_taken_is_recorded_with_its_hash(project):
    folder = headless.create(distilled(step=8), project)
    taken = folder.record.inputs["teacher"]
    assert (taken.run, taken.step, taken.spec.family.slug) == ("0001-a-test", 8, "edm")
    assert folder.record.spec.inputs == {"teacher": RunRef(run="0001-a-test", step=8)}
    parent = Project.open(project).runs()[0]
    assert folder.inputs.path("teacher").read_bytes() == parent.checkpoints.path(8).read_bytes()
    newest = headless.create(distilled(), project)
    assert newest.record.spec.inputs["teacher"].step == 12
    stopped = headless.create(distilled("0004-a-test", 4), project)
    assert stopped.record.inputs["teacher"].run == "0004-a-test"


def test_both_speak_of_the_same_coordinates(project):
    folder = headless.create(distilled(seed=7), project)
    session = open_session(folder, 12)
    teacher = session.family.inputs["teacher"]
    assert session.family.spec.mean.tolist() == teacher.spec.mean.tolist()
    assert session.source.rows.spec().mean.tolist() != teacher.spec.mean.tolist()


def test_it_goes_on_bit_for_bit_after_its_parent_was_deleted(project, child, tmp_path):
    whole = headless.create(distilled(), project)
    assert headless.run(whole.path).state == "finished"
    shutil.rmtree(project / "runs" / "0001-a-test")
    assert headless.run(child.path).state == "finished"
    assert losses(child) == losses(whole)
    one, other = (run.checkpoints.newest()[0] for run in (child, whole))
    assert all((one.tensors[name] == other.tensors[name]).all() for name in one.tensors)


def test_branch_export_and_command_survive_a_deleted_parent(project, child):
    shutil.rmtree(project / "runs" / "0001-a-test")
    made, _ = branch(child, 4, "branched", done=child.status().step)
    assert made.record.inputs == child.record.inputs
    shutil.rmtree(child.path)
    assert headless.run(made.path).state == "finished"
    assert load(made).family.consistency() is not None
    # The copied command finds the checkpoint where there still is one.
    command = command_for(made.record.spec, project=project)
    assert "--input teacher=0001-a-test@12" in command
    again = headless.create(msgspec.structs.replace(made.record.spec, name="again"), project)
    assert again.record.inputs == made.record.inputs


def test_the_studio_goes_on_with_its_own_copy_after_the_parent_was_trained_further(
    project, child, tmp_path
):
    """The checkpoint that was taken is not kept for ever where it was taken from."""
    [parent, *_] = Project.open(project).runs()
    headless.run(parent.path, steps=28)
    assert 12 not in parent.checkpoints.steps()
    desk = Desk(tmp_path)
    branched = desk.reply(m.BranchRun(run=str(child.path), step=4, name="branched"))
    resumed = desk.reply(m.ResumeTraining(run=str(child.path)))
    desk.work()
    for run in map(RunFolder, (Path(branched["run"]), child.path)):
        assert run.status().state == "finished"
        assert run.record.inputs == child.record.inputs
    assert resumed["step"] >= 4
    # So does a copied command, which names that checkpoint.
    again = headless.create(distilled(step=12), project)
    assert again.record.inputs == child.record.inputs


def test_an_altered_copy_is_not_read(child):
    path = child.inputs.path("teacher")
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(Damaged, match="not the checkpoint of step 12 of 0001-a-test"):
        open_session(child, 12)


def test_a_copy_that_is_a_link_out_of_a_received_run_is_not_read(child, tmp_path):
    path = child.inputs.path("teacher")
    path.rename(tmp_path / "elsewhere.safetensors")
    path.symlink_to(tmp_path / "elsewhere.safetensors")
    status = headless.run(child.path)
    assert status.state == "failed"
    assert "leads out of" in status.error.message


def test_a_trained_one_is_used_without_what_it_learned_from(project, child):
    shutil.rmtree(child.inputs.folder)
    loaded = load(RunFolder(child.path))
    assert loaded.family.inputs == {}
    assert loaded.sampler.nfe() == 1


def test_the_catalogue_says_what_models_learn_from_and_what_samplers_need():
    made = catalogue.build(discover())
    assert made.problems == []
    [teacher] = made.get("family", FAMILY).inputs
    assert (teacher.name, teacher.ability, teacher.same_data) == ("teacher", "denoiser", True)
    [source] = made.get("family", "classifier").inputs
    assert (source.optional, source.draws) == (True, True)
    assert made.get("sampler", "consistency").needs == ["consistency"]
    assert made.get("operator", "likelihood").takes[0].name == "rows"
    assert "samples" in made.get("family", "edm").capabilities
    assert "samples" not in made.get("family", "classifier").capabilities
