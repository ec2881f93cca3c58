"""Few-step students in the engine: with a run to learn from, without one, and with a wrong one."""

import pytest
import torch

from pushforward.models.contracts.family import Family
from pushforward.models.tensors import make_generator
from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.run.model_loading import load
from pushforward.studio.engine.run.session_opening import open_session
from pushforward.studio.protocol.spec import Pick, RunRef, RunSpec
from tests.engine.fakes import losses
from tests.engine.test_inputs import NET, QUICK, refused, stopped

SETTINGS = {
    "reflow": {**NET, "pairs": 40, "pair_solver": 3},
    "progressive-distillation": {**NET, "teacher_steps": 8},
    "truncated-diffusion": {**NET, "pairs": 40},
    "one-step-distillation": {
        "generator": {"slug": "mlp", "config": {"width": 16, "depth": 2}},
        "pairs": 40,
        "pair_solver": 3,
    },
}
NAMES = {"progressive-distillation": "teacher", "one-step-distillation": "teacher"}


def spec(family="edm", dataset="eight-gaussians", run="", **training):
    name = NAMES.get(family, "source")
    return RunSpec(
        name=family,
        family=Pick(slug=family, config=SETTINGS.get(family, NET)),
        dataset=Pick(slug=dataset),
        training={**QUICK, **training},
        metrics=[Pick(slug="sliced-w2")],
        inputs={name: RunRef(run=run)} if run else {},
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A trained diffusion, and one on other data."""
    found = tmp_path_factory.mktemp("students") / "project"
    for each in (spec(), spec(dataset="spirals")):
        assert headless.run(each, project=found).state == "finished"
    return found


@pytest.mark.parametrize(
    ("family", "run"),
    [
        *((family, "0001-edm") for family in SETTINGS),
        *((family, "") for family in SETTINGS if family != "one-step-distillation"),
    ],
)
def test_a_student_goes_on_bit_for_bit_and_samples_without_its_teacher(project, family, run):
    straight = headless.create(spec(family, run=run), project)
    headless.run(straight.path)
    broken = stopped(spec(family, run=run), project)
    headless.run(broken.path)
    assert losses(broken) == losses(straight)
    alone = load(broken).family
    assert isinstance(alone, Family)
    assert not alone.inputs
    samples = [
        list(each.flow(each.prior(5, make_generator(1)), generator=make_generator(2)))[-1].x
        for each in (alone, load(straight).family)
    ]
    assert torch.equal(*samples)


@pytest.mark.parametrize("family", SETTINGS)
def test_both_speak_of_the_same_coordinates(project, family):
    run = headless.create(spec(family, run="0001-edm", seed=7), project)
    session = open_session(run, QUICK["steps"])
    made = session.family
    (teacher,) = made.inputs.values()
    assert torch.equal(made.spec.mean, teacher.spec.mean)
    assert not torch.equal(session.source.rows.spec().mean, teacher.spec.mean)


@pytest.mark.parametrize("family", SETTINGS)
def test_a_teacher_of_other_data_is_refused_in_a_sentence(project, family):
    problem = refused(spec(family, run="0002-edm"), project)
    name = NAMES.get(family, "source")
    assert problem.message == (
        f"The {name} must be trained on the same data as this run; it learned spirals."
    )
    assert problem.path == f"inputs.{name}"


def test_a_student_of_a_teacher_that_is_told_the_class_is_told_it_too(tmp_path):
    """Else it would never have seen a class, and be asked for one."""
    config = {**NET, "conditional": True, "label_dropout": 0.1}
    teacher = RunSpec(
        name="told",
        family=Pick(slug="edm", config=config),
        dataset=Pick(slug="ring-of-five"),
        training=QUICK,
        metrics=[Pick(slug="sliced-w2")],
    )
    headless.run(teacher, project=tmp_path / "project")
    wanted = RunSpec(
        name="student",
        family=Pick(slug="consistency-distillation", config=NET),
        dataset=Pick(slug="ring-of-five"),
        training=QUICK,
        metrics=[Pick(slug="sliced-w2")],
        inputs={"teacher": RunRef(run="0001-told")},
    )
    session = open_session(headless.create(wanted, tmp_path / "project"), QUICK["steps"])
    assert session.family.spec.given.keys() == {"label"}
    assert session.batches.batch(0).given.keys() == {"label"}
