"""The comparison on images: equal time, one judge, floors beside the figures."""

import itertools

import pytest

from models.metrics.base import Floor
from models.registry import registry
from studio.engine import judging
from studio.engine.datasets import registered
from studio.engine.discovery import discover
from studio.engine.experiments import images
from studio.engine.experiments.images import (
    DIGITS,
    MNIST,
    Compared,
    Method,
    Score,
    compare,
    table,
    train_for,
)

discover()
MLP = {"kind": "mlp", "units": 8, "layers": 1}
FLOORS = (Floor(5.0, 1.0, 4.0, 6.0, 60, 4), Floor(0.1, 0.01, 0.09, 0.11, 60, 4))
QUICK = (
    Method("A", "edm", {"image_net": MLP}, 16),
    Method("B", "gan", {"image_generator": MLP, "image_critic": MLP}, 16),
)


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.getbasetemp() / "judges"
    monkeypatch.setattr(judging, "cache_folder", lambda: folder)


def test_a_training_takes_its_time_and_no_more(monkeypatch):
    """By a clock on which every look at it costs a hundredth of a second."""
    data = registered(
        registry.get("dataset", "digits"), registry.get("dataset", "digits").config(), 0, 0
    )
    clock = itertools.count()
    monkeypatch.setattr(images.time, "process_time", lambda: next(clock) / 100)
    family, steps = train_for(QUICK[0], data, 3.0, seed=0)
    assert next(clock) == pytest.approx(100 * 3.0 * (1 + 2 * 0.02), abs=8)
    assert steps == pytest.approx(100 * 3.0, abs=2)
    # The schedule has come to its end when the time has.
    assert family.field.optimizer.horizon == pytest.approx(steps, rel=0.2)


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


@pytest.mark.parametrize(
    ("floors", "variation", "digits", "mnist"),
    [(9, 0.1, True, True), (9, 0.35, False, True), (20, 0.1, False, True), (50, 0.5, False, False)],
)
def test_one_method_and_seed_is_enough_to_fail(
    monkeypatch, floors: float, variation: float, digits: bool, mnist: bool
):
    good, worst = Score(10.0, 0.05, 1, 1), Score(5.0 * floors, variation, 1, 1)
    found = Compared(
        {"A": [good, good], "B": [good, worst]},
        *FLOORS,
        [0, 1],
    )
    monkeypatch.setattr(images, "compare", lambda *args: found)
    assert images.on_digits().passed is digits
    assert images.on_digits_as_found().passed is digits
    assert images.on_mnist().passed is mnist
    assert "TV" in images.on_mnist().floor


def test_every_family_for_images_is_tried_as_a_person_finds_it(monkeypatch):
    tried: list[Method] = []

    def compare(dataset: str, methods: list[Method], *_: object) -> Compared:
        tried.extend(methods)
        return Compared({}, *FLOORS, [0])

    monkeypatch.setattr(images, "compare", compare)
    images.on_digits_as_found()
    assert [m.family for m in tried] == [
        entry.slug for entry in registry.all("family") if "images" in entry.modalities
    ]
    assert all(method.config == {} for method in tried)
