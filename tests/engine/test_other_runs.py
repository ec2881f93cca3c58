"""What is done with a run may ask other runs: found, loaded, held to what is needed of them."""

import msgspec
import pytest
import torch

from models.registry import discover
from studio.engine.jobs import headless
from studio.engine.process.failures import Refused
from studio.engine.run.loading import load
from studio.engine.run.operating import ask
from studio.engine.run.validation import Validator
from studio.protocol import messages as m
from studio.protocol.spec import Pick, RunSpec
from studio.store.run import RunFolder
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
    """A diffusion that never hears of the class, a classifier of the same data, and another one."""
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
        ("", "a run of its own"),
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


def test_a_bridge_leads_to_another_run_or_another_class(project):
    rows = {"rows": [[0.0, 3.0], [1.0, 1.0]]}
    over = do(project, "bridge", {"target": MOONS, "steps": 4}, inputs=rows)
    assert over.outcome.rows.x.shape == (2, 2)
    assert over.record.config["target"] == {"run": MOONS, "step": QUICK["steps"]}
    assert not over.outcome.rows.given, "the moons were told nothing"
    same = do(project, "bridge", {"to": "4", "steps": 4}, inputs=rows)
    assert same.outcome.rows.given["label"].tolist() == [3, 3]
    for config, words in (
        ({}, "say what rows are to become: another run"),
        ({"to": "seven"}, "knows no class 'seven'"),
        ({"target": NOISY}, "has a denoiser"),
    ):
        with pytest.raises(Refused, match=words):
            do(project, "bridge", config, inputs=rows)


def test_a_training_is_not_led_by_another_run(project):
    wanted = spec("edm", "ring-of-five", conditional=True, label_dropout=1.0)
    sampler = Pick(slug="ddim", config={"guidance": {"slug": "classifier"}})
    wanted = msgspec.structs.replace(wanted, sampler=sampler)
    (problem,) = Validator().validate(wanted, project).problems
    assert problem.path == "sampler.guidance.slug"
    assert "a training is sampled without it" in problem.message
