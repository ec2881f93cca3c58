"""A run that learns features from another run: through the engine, with what it can do after."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from pushforward.models.tensors import make_generator
from pushforward.studio.engine.exports.export import Request, export_model
from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.jobs.weight_export import export_weights
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.model_loading import load
from pushforward.studio.engine.run.operator_requests import ask
from pushforward.studio.engine.run.validation import Validator
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.commands import Operate
from pushforward.studio.protocol.spec import Pick, RunRef, RunSpec
from pushforward.studio.protocol.wire import unpack_arrays
from pushforward.studio.store.project import Project
from tests.engine.test_commands import Desk

HELP = Path(__file__).parents[2] / "resources" / "help" / "representations.md"
QUICK = {
    "steps": 20, "batch": 64, "particles": 8, "evaluate_samples": 100, "frames": 3,
    "device": "cpu", "threads": 1,
}  # fmt: skip
NET = {"slug": "dcgan", "config": {"width": 8}}
VAE = {"latent": 4, "couplings": 0, "encoder": NET, "decoder": NET}


def spec(family, dataset="digits", source=None, config=None, **training):
    return RunSpec(
        name=family,
        family=Pick(slug=family, config=config or {}),
        dataset=Pick(slug=dataset),
        training={**QUICK, **training},
        inputs={} if source is None else {"source": RunRef(run=source)},
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A VAE, and an encoder that learned from it."""
    folder = tmp_path_factory.mktemp("made") / "project"
    assert headless.run(spec("vae", config=VAE), project=folder).state == "finished"
    config = {"latent": {"kind": "gaussian", "sigma": 0.3}}
    made = headless.run(spec("representation", source="0001", config=config), project=folder)
    assert made.state == "finished", made.error
    return folder


@pytest.fixture(scope="module")
def run(project):
    return Project.open(project).runs()[1]


def answer(run, operator, **command):
    work = ask(Operate(run=str(run.path), operator=operator, **command)).work(load(run))
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def test_its_probes_are_measured_next_to_raw_values(run):
    columns, floors = run.metrics.read()
    name = "few-label-accuracy"
    assert 0.2 < columns[f"quality/{name}"][1][-1] < 0.9
    assert 0.5 < floors[name] < 0.7


def test_a_model_that_draws_by_chance_is_no_source(project):
    wrong = spec("autoregressive", config={"law": "logistics"}, steps=2)
    assert headless.run(wrong, project=project).state == "finished"
    name = Project.open(project).runs()[-1].name
    with pytest.raises(Refused) as caught:
        headless.create(spec("representation", source=name), project)
    assert "maps each latent to one sample" in caught.value.info.message
    assert "A finished generator of the same data" in caught.value.info.hint
    assert caught.value.info.path == "inputs.source"


def test_a_source_of_other_data_is_refused(project):
    with pytest.raises(Refused, match="must be trained on the same data"):
        headless.create(spec("representation", "mnist", source="0001"), project)


def test_latent_views_without_a_source_are_refused_while_they_are_set_up(project):
    config = {"latent": {"kind": "gaussian"}}
    (problem,) = Validator().validate(spec("representation", config=config), project).problems
    assert problem.path == "family.latent.kind"
    assert "real data have no latents; choose a source" in problem.message
    first = {"source": spec("vae", config=VAE)}
    later = Validator().validate(spec("representation", config=config), project, first=first)
    assert not later.problems, "a VAE is trained first"


def test_views_move_farther_at_a_larger_sigma_and_the_anchor_stays(run):
    near, far = (
        answer(run, "representation-views", config={"sigma": sigma}).arrays for sigma in (0.1, 2.0)
    )
    assert (near["anchor"] == far["anchor"]).all()
    assert (near["pixels"] == far["pixels"]).all()
    assert (near["neighbours"][:-1] == far["neighbours"][:-1]).all()
    away = [float(np.abs(each["neighbours"][-1] - each["anchor"]).mean()) for each in (near, far)]
    assert 0 < away[0] < away[1]
    assert np.allclose(near["neighbours"][0], near["neighbours"][-1]), "the column of 0.1 is twice"


def test_the_map_has_real_and_generated_samples_in_one_plane(run):
    found = answer(run, "embedding-map", config={"n": 40}).arrays
    assert found["place"].shape == (80, 2)
    assert found["generated"].sum() == 40
    assert set(found["class"]) <= set(range(10))
    shown = answer(run, "embedding-map", config={"n": 40, "method": "tsne"}).arrays["place"]
    assert np.isfinite(shown).all()
    assert np.ptp(shown) > 1


def test_probes_are_compared_on_the_same_draws(run):
    config = {"draws": 3, "real_seeds": 0}
    found = answer(run, "probe-representation", config=config)
    few = found.arrays["few"]
    assert few.shape == (4, 4, 3)
    assert (np.diff(few.mean(axis=2), axis=1) > 0).all(), "more labels, more accuracy"
    assert "points (95 % over draws of the labels" in found.record.note


def test_a_supervised_encoder_is_best_and_one_on_real_data_is_probed(run):
    found = answer(run, "probe-representation", config={"draws": 2, "real_seeds": 1})
    few = found.arrays["few"].mean(axis=2)
    assert few.shape == (6, 4)
    assert few[5, 0] == few[:, 0].max(), "it has seen all labels"
    assert few[5, 0] > few[3, 0] + 0.05, "above the random encoder"
    assert not np.allclose(few[4], few[3])
    assert found.arrays["all"].shape == (6,)


def test_the_frechet_distance_in_its_features_has_a_floor(run):
    found = answer(run, "representation-frechet", config={"run": {"run": "0001"}, "n": 200})
    assert found.arrays["distance"] > found.arrays["floor"] > 0
    with pytest.raises(Refused, match="choose the run whose samples are measured"):
        answer(run, "representation-frechet")


def test_noise_is_an_anomaly_and_training_rows_are_none(run):
    config = {"k": 1, "other": {"slug": "digits"}}
    same = answer(run, "representation-anomaly", config=config).arrays
    assert same["auc"][1] < 0.5 < same["auc"][2], "unseen digits do not stand out of unseen digits"
    assert {"auc-raw", "auc-random"} <= same.keys()
    learned = answer(
        run, "representation-anomaly", config={"k": 1}, inputs={"rows": "data[:40]"}
    ).arrays
    assert float(learned["score"].max()) < 1e-3
    assert float(np.median(same["score"])) > 0.01
    assert "other" not in learned


def test_features_of_a_training_row_are_nearest_to_itself(run):
    found = answer(run, "features", inputs={"rows": "data[:5]"}).arrays
    assert found["nearest"].tolist() == [0, 1, 2, 3, 4]
    assert np.allclose(found["similarity"], 1.0, atol=1e-4)


def test_nearest_rows_are_found_by_the_features_of_an_encoder(project, run, tmp_path):
    desk = Desk(tmp_path)
    vae, family = Project.open(project).runs()[0], load(run).family
    rows = load(run).resolved.load_data(project).rows.rows(slice(None)).x
    x = family.represent(family.spec.standardise(rows))
    far = torch.cdist(x[:3], x)
    asked = m.GetNearest(
        run=str(vae.path), encoder=str(run.path), x=rows[:3].tolist(), n=4, usual=True
    )
    said = desk.reply(asked)
    reply = desk.outbox.of(m.Reply)[-1]
    there = unpack_arrays(reply.arrays, desk.outbox.payloads[reply.re])
    assert there["number"][:, 0].tolist() == [0, 1, 2]
    expected = far.sort(dim=1).values[:, 1:4]
    np.testing.assert_allclose(there["far"][:, 1:], expected, rtol=1e-3)
    assert said["among"] == [len(rows)] * 3
    refused = desk.refused(
        m.GetNearest(run=str(vae.path), encoder=str(vae.path), x=rows[:1].tolist())
    )
    assert refused.message.endswith("has no features: it is no encoder.")


def test_a_trained_encoder_is_exported_as_onnx_with_equal_features(run, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    export_model(Request(run), "onnx", tmp_path / "encoder")
    family = load(run).family
    x = torch.rand((4, 1, 8, 8), generator=make_generator(0))
    expected = family.represent(family.spec.standardise(x))
    file = tmp_path / "encoder" / "encoder.onnx"
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    (name,) = [each.name for each in session.get_inputs()]
    (features,) = session.run(None, {name: x.numpy()})
    assert features.std() > 0
    np.testing.assert_allclose(features, expected, atol=1e-4)


def test_the_example_of_the_help_page_computes_the_features(run, tmp_path, monkeypatch):
    export_weights(run, tmp_path / "encoder.safetensors")
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", HELP.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    exec(code, names)
    x = torch.rand((4, 1, 8, 8), generator=torch.Generator().manual_seed(0))
    family = load(run).family
    expected = family.represent(family.spec.standardise(x))
    assert torch.allclose(names["features"](x), expected, atol=1e-4)
