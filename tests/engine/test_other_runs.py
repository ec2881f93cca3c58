"""What is done with a run may ask other runs: found, loaded, held to what is needed of them."""

import shutil

import msgspec
import numpy as np
import pytest
import torch

from pushforward.models.contracts.spec import LABEL
from pushforward.models.operators import guidance_lab
from pushforward.models.registry import discover
from pushforward.models.samplers.heun import Heun, HeunConfig
from pushforward.models.tensors import make_generator
from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.branching import branch
from pushforward.studio.engine.run.model_loading import load
from pushforward.studio.engine.run.operator_requests import ask
from pushforward.studio.engine.run.validation import Validator
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from tests.engine.test_operating import QUICK

EDM, NOISY, MOONS = "0001-edm", "0002-noisy-classifier", "0003-edm"
NET = {"slug": "mlp", "config": {"width": 16, "depth": 2}}


def spec(family: str, dataset: str, **config: object) -> RunSpec:
    return RunSpec(
        name=family,
        family=Pick(slug=family, config={"net": NET, **config}),
        dataset=Pick(slug=dataset),
        training=QUICK,
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A diffusion that is unconditional, a classifier of the same data, and another one."""
    discover()
    path = tmp_path_factory.mktemp("others") / "project"
    specs = (
        spec("edm", "ring-of-five", conditional=True, label_dropout=1.0),
        spec("noisy-classifier", "ring-of-five"),
        spec("edm", "two-moons"),
    )
    for each in specs:
        assert headless.run(each, project=path).state == "finished"
    assert [p.name for p in sorted((path / "runs").iterdir())] == [EDM, NOISY, MOONS]
    return path


def do(project, operator, config, run=EDM, **more):
    folder = RunFolder(project / "runs" / run)
    asked = ask(m.Operate(run=str(folder.path), operator=operator, config=config, **more))
    doing = asked.work(load(folder))
    while True:
        try:
            next(doing)
        except StopIteration as end:
            return end.value


def led(classifier: str, **more: object) -> dict[str, object]:
    guidance = {"slug": "classifier", "config": {"classifier": classifier, **more}}
    return {"n": 8, "sampler": {"slug": "ddim", "config": {"steps": 4, "guidance": guidance}}}


def test_a_classifier_leads_samples_and_the_result_says_which(project):
    plain = do(project, "generate", led(NOISY, strength=0.0), given={"label": 2})
    strong = do(project, "generate", led(NOISY, strength=5.0), given={"label": 2})
    assert not torch.equal(plain.outcome.rows.x, strong.outcome.rows.x)
    guidance = strong.record.config["sampler"]["config"]["guidance"]
    assert guidance["config"]["classifier"] == {"run": NOISY, "step": QUICK["steps"]}
    by_number = do(project, "generate", led("0002", strength=5.0), given={"label": 2})
    assert torch.equal(by_number.outcome.rows.x, strong.outcome.rows.x)


@pytest.mark.parametrize(
    ("classifier", "words"),
    [
        ("", "a run of a classifier"),
        ("0009-none", "no run '0009-none'"),
        (MOONS, "tells classes apart at every noise level"),
    ],
)
def test_a_run_that_will_not_do_is_refused(project, classifier, words):
    with pytest.raises(Refused, match=words):
        do(project, "generate", led(classifier))


def test_a_classifier_of_other_data_is_refused(project):
    config = led(NOISY)
    with pytest.raises(Refused, match="the same data"):
        do(project, "generate", config, run=MOONS)


def test_a_translation_leads_to_another_run_or_another_class(project):
    rows = {"rows": [[0.0, 3.0], [1.0, 1.0]]}
    over = do(project, "translate", {"target": MOONS, "steps": 4}, inputs=rows)
    assert over.outcome.rows.x.shape == (2, 2)
    assert over.record.config["target"] == {"run": MOONS, "step": QUICK["steps"]}
    assert not over.outcome.rows.given, "the moons were told nothing"
    same = do(project, "translate", {"to": "4", "steps": 4}, inputs=rows)
    assert same.outcome.rows.given["label"].tolist() == [3, 3]
    for config, words in (
        ({}, "choose a target: another run"),
        ({"to": "seven"}, "knows no class 'seven'"),
        ({"target": NOISY}, "has a denoiser"),
    ):
        with pytest.raises(Refused, match=words):
            do(project, "translate", config, inputs=rows)


def guided(classifier: str, dataset: str = "ring-of-five", strength: float = 5.0) -> RunSpec:
    whole = spec("edm", dataset, conditional=True, label_dropout=1.0)
    guidance = {"slug": "classifier", "config": {"classifier": classifier, "strength": strength}}
    sampler = Pick(slug="ddim", config={"steps": 4, "guidance": guidance})
    return msgspec.structs.replace(whole, sampler=sampler)


@pytest.mark.parametrize(
    ("classifier", "dataset", "words"),
    [
        ("", "ring-of-five", "Classifier guidance needs another run, and none is set"),
        ("0009-none", "ring-of-five", "classifier 0009-none is not in the project"),
        (MOONS, "two-moons", "tells classes apart at every noise level"),
        (NOISY, "two-moons", "the same data"),
    ],
)
def test_a_training_says_which_run_cannot_lead_it(project, classifier, dataset, words):
    (problem,) = Validator().validate(guided(classifier, dataset), project).problems
    assert problem.path == "sampler.guidance.config.classifier"
    assert words in problem.message


def test_a_training_takes_along_the_run_that_leads_its_samples(project, tmp_path):
    """Its samples, records and branches are led by its copy, also when the classifier has gone."""
    mine = tmp_path / "mine"
    shutil.copytree(project, mine)
    for strength in (0.0, 5.0):
        assert headless.run(guided("2", strength=strength), project=mine).state == "finished"
    unled, run = Project.open(mine).runs()[-2:]
    named = {"run": NOISY, "step": QUICK["steps"]}
    assert run.record.spec.sampler.config["guidance"]["config"]["classifier"] == named
    assert run.record.spec.inputs == {}
    shutil.rmtree(mine / "runs" / NOISY)

    def samples(**sampler):
        asked = {"n": 8, "seed": 3, **sampler}
        return do(mine, "generate", asked, run=run.name, given={"label": 2}).outcome.rows.x

    led = samples()
    plain = {"slug": "ddim", "config": {"steps": 4}}
    assert not torch.equal(led, samples(sampler=plain))
    assert torch.equal(led, samples()), "the same seed"
    lab = {"strengths": (0.0, 5.0), "n": 64, "map": 0, "steps": 4, "seed": 0}
    strong = do(mine, "guidance-lab", lab, run=run.name, given={"label": 2}).outcome.arrays
    assert not torch.equal(*strong["samples"])
    loaded = load(run)
    heun = Heun(HeunConfig(steps=4)).guided_by(loaded.sampler.guidance)
    given = {LABEL: torch.full((64,), 2)}
    latents = loaded.family.prior(64, make_generator(0, guidance_lab._LATENTS), given)
    *_, last = loaded.family.flow(latents, sampler=heun)
    assert torch.equal(strong["samples"][1], loaded.family.spec.restore(last.x.detach()))
    with pytest.raises(Refused, match="is unconditional"):
        do(mine, "guidance-lab", lab)
    child, _ = branch(run, QUICK["steps"] - 1, "")
    assert headless.run(child.path).state == "finished"
    ours, theirs = (each.flow.load(each.flow.steps()[-1]).arrays["x"] for each in (child, run))
    np.testing.assert_array_equal(ours, theirs)
    assert not np.array_equal(ours, unled.flow.load(unled.flow.steps()[-1]).arrays["x"])
