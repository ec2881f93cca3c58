"""The comparison on images: equal time, one judge, floors beside the figures."""

import time

import pytest

from models.registry import registry
from studio.engine import judging
from studio.engine.datasets import registered
from studio.engine.discovery import discover
from studio.engine.experiments import images
from studio.engine.experiments.images import DIGITS, MNIST, Method, compare, table, train_for

discover()
MLP = {"kind": "mlp", "units": 8, "layers": 1}
QUICK = (
    Method("A", "edm", {"image_net": MLP}, 16),
    Method("B", "gan", {"image_generator": MLP, "image_critic": MLP}, 16),
)


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.getbasetemp() / "judges"
    monkeypatch.setattr(judging, "cache_folder", lambda: folder)


def test_a_training_takes_its_time_and_no_more():
    data = registered(
        registry.get("dataset", "digits"), registry.get("dataset", "digits").config(), 0, 0
    )
    start = time.process_time()
    family, steps = train_for(QUICK[0], data, 1.0, seed=0)
    assert 1.0 <= time.process_time() - start < 2.5
    assert steps > 5
    # The schedule has come to its end when the time has.
    horizon = family.field.optimizer.horizon
    assert 0.3 < steps / horizon < 3.0


def test_methods_are_judged_beside_a_floor():
    found = compare("digits", QUICK, 0.2, [0, 1], n=60)
    assert list(found.scores) == ["A", "B"]
    for scores in found.scores.values():
        assert len(scores) == 2
        for score in scores:
            assert score.frechet > found.frechet.mean > 0.0
            assert 0.0 <= score.balance <= 1.0
            assert score.steps > 0
    assert found.frechet.n == 60
    assert found.scores["A"][0].nfe > found.scores["B"][0].nfe == 1
    worst = max(score.frechet for score in found.scores["A"])
    assert found.value()["frechet A"] == worst
    line = table(found)
    assert line.startswith("A [")
    assert f"{worst:.1f}" in line
    assert "B [1 NFE]" in line


@pytest.mark.parametrize(("slug", "methods"), [("GI-digits", DIGITS), ("GI-mnist", MNIST)])
def test_the_claims_are_listed(slug, methods):
    entry = registry.get("experiment", slug)
    assert entry.extra["slow"]
    assert entry.summary.endswith(".")
    assert entry.extra["pass_line"]
    assert {m.family for m in methods} == {"edm", "gan", "discriminator-flow", "score-gan"}
    for method in methods:
        family = registry.get("family", method.family)
        assert "images" in family.modalities
        images.decode(family.config, dict(method.config))


def test_a_pass_is_decided_by_every_method_and_seed(monkeypatch):
    made = compare("digits", QUICK[:1], 0.1, [0], n=60)
    monkeypatch.setattr(images, "compare", lambda *args: made)
    score = made.scores["A"][0]
    assert images.on_digits().passed is (
        score.frechet <= 10 * made.frechet.mean and score.balance <= 0.3
    )
    assert images.on_mnist().passed is None
    assert "TV" in images.on_mnist().floor
