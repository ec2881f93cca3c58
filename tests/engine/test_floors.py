"""Cached noise floors: equal to measured ones, refused where damaged, current where shipped."""

import json
from pathlib import Path

import pytest

from pushforward.models.contracts.learner import finish
from pushforward.models.entries import MetricEntry
from pushforward.models.metrics.base import Figure
from pushforward.models.registry import registry
from pushforward.studio import resources
from pushforward.studio.engine.data import floors, reference_classifier
from pushforward.studio.engine.data.datasets import registered
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.run.resolve import Choice
from pushforward.studio.engine.watch.evaluation import FLOOR_PAIRS, Evaluator, _floor_of
from pushforward.studio.significance import finite_pool_factor

discover()
MODEL = object()  # a floor is of data alone


@pytest.fixture
def _unshipped(tmp_path, monkeypatch):
    """A cache of the test's own, and no floors that are shipped."""
    monkeypatch.setattr(floors, "cache_folder", lambda: tmp_path / "floors")
    monkeypatch.setattr(floors, "SHIPPED", "none.json")


def evaluator(dataset: str, *slugs: str, n: int = 100, seed: int = 0) -> Evaluator:
    entries: list[MetricEntry] = [registry.get("metric", slug) for slug in slugs]
    entry = registry.get("dataset", dataset)
    choices = [Choice(each, each.config()) for each in entries]
    return Evaluator(choices, registered(entry, entry.config(), 0, 0), n, seed)


def measured(found: Evaluator) -> tuple[dict, dict]:
    finish(found.prepare(MODEL))
    return found.floors, found.part_floors


def made_by(slug: str) -> type:
    """Return the class of a metric."""
    entry = registry.get("metric", slug)
    return type(entry.make(entry.config()))


def count_bars(monkeypatch, slug: str) -> list[int]:
    """Return a list that gets an item for each pair that a metric's floor is measured with."""
    counted: list[int] = []
    metric = made_by(slug)
    before = metric.walk_bar

    def walk_bar(self, evidence):
        counted.append(len(evidence.real))
        return before(self, evidence)

    monkeypatch.setattr(metric, "walk_bar", walk_bar)
    return counted


@pytest.mark.usefixtures("_unshipped")
class TestCache:
    def test_a_cached_floor_equals_the_measured_one_and_costs_no_pair(self, monkeypatch):
        counted = count_bars(monkeypatch, "sliced-w2")
        first = measured(evaluator("eight-gaussians", "sliced-w2"))
        assert len(counted) == FLOOR_PAIRS
        assert measured(evaluator("eight-gaussians", "sliced-w2", seed=7)) == first
        assert len(counted) == FLOOR_PAIRS

    def test_parts_are_cached_too(self):
        first = measured(evaluator("digits", "label-balance"))
        assert first[1]["label-balance"]
        assert measured(evaluator("digits", "label-balance")) == first

    @pytest.mark.parametrize("damage", ["cut", "number", "name", "list"])
    def test_a_damaged_file_is_measured_again(self, monkeypatch, damage):
        first = measured(evaluator("eight-gaussians", "sliced-w2"))
        (path,) = floors.cache_folder().iterdir()
        text = path.read_text()
        data = json.loads(text)
        damaged = {
            "cut": text[: len(text) // 2],
            "number": json.dumps({**data, "value": [0.5, 0.1]}),
            "name": json.dumps({**data, "key": "0" * 32}),
            "list": "[]",
        }
        path.write_text(damaged[damage])
        counted = count_bars(monkeypatch, "sliced-w2")
        assert measured(evaluator("eight-gaussians", "sliced-w2")) == first
        assert len(counted) == FLOOR_PAIRS
        assert path.read_text() == text

    def test_other_data_sizes_or_versions_are_measured(self, monkeypatch):
        measured(evaluator("eight-gaussians", "sliced-w2"))
        counted = count_bars(monkeypatch, "sliced-w2")
        measured(evaluator("two-moons", "sliced-w2"))
        assert len(counted) == FLOOR_PAIRS
        measured(evaluator("eight-gaussians", "sliced-w2", n=101))
        assert len(counted) == 2 * FLOOR_PAIRS
        monkeypatch.setattr(floors, "VERSION", floors.VERSION + 1)
        measured(evaluator("eight-gaussians", "sliced-w2"))
        assert len(counted) == 3 * FLOOR_PAIRS

    def test_data_whose_rules_may_change_and_plug_ins_are_not_cached(self, monkeypatch):
        found = evaluator("eight-gaussians", "sliced-w2")
        object.__setattr__(found.data, "ruled", True)
        measured(found)
        metric = made_by("sliced-w2")
        monkeypatch.setattr(metric, "__module__", "plugged")
        measured(evaluator("eight-gaussians", "sliced-w2"))
        assert not floors.cache_folder().exists()

    def test_a_cache_that_cannot_be_written_is_no_failure(self, tmp_path, monkeypatch):
        (tmp_path / "file").write_text("in the way")
        monkeypatch.setattr(floors, "cache_folder", lambda: tmp_path / "file" / "floors")
        assert measured(evaluator("eight-gaussians", "sliced-w2"))[0]


def test_the_spread_of_one_sample_is_corrected_for_the_pool():
    """Halves of one pool vary less by authenticity than samples of a model; distances do not."""
    digits = evaluator("digits", "authenticity", "two-sample-test")
    assert digits.data.most is not None
    n = digits.data.most // 2
    bars = [Figure(value, n=n) for value in (0.4, 0.6)]
    shares = [digits._spread_factor(choice, bars) for choice in digits.choices]
    assert shares == [pytest.approx(finite_pool_factor(1, 4)), 1.0]
    assert _floor_of(bars, shares[0]).value == pytest.approx((0.5, shares[0] * 0.02**0.5))
    points = evaluator("eight-gaussians", "authenticity")
    assert points._spread_factor(points.choices[0], bars) == 1.0, "each pair is drawn anew"


class TestShipped:
    """What `packaging/make_references.py` made, of the cheapest data set."""

    SLUGS = ("frechet-judge", "label-balance", "authenticity")

    def test_neither_floors_nor_judges_of_bundled_images_are_computed(self, tmp_path, monkeypatch):
        monkeypatch.setattr(floors, "cache_folder", lambda: tmp_path / "floors")
        monkeypatch.setattr(reference_classifier, "cache_folder", lambda: tmp_path / "judges")
        reference_classifier._known.clear()
        counted = [count_bars(monkeypatch, slug) for slug in self.SLUGS]
        for dataset in ("digits", "mnist", "fashion-mnist", "emoji"):
            entry = registry.get("dataset", dataset)
            most = registered(entry, entry.config(), 0, 0).most
            found = evaluator(dataset, *self.SLUGS, n=min(2000, most))
            assert found.data.judging is not None
            assert not found.data.judging.needs_training
            for each in (found, found.light()):
                measured(each)
                assert set(self.SLUGS) <= set(each.floors)
        assert counted == [[], [], []]
        assert list(tmp_path.iterdir()) == []

    def test_they_are_what_is_computed(self, tmp_path, monkeypatch):
        entry = registry.get("dataset", "digits")
        most = registered(entry, entry.config(), 0, 0).most
        shipped = evaluator("digits", *self.SLUGS, n=most)
        values, parts = measured(shipped)
        judge = shipped.data.judging.now()

        # The same judge: floors come out alike. Another computer may round otherwise.
        monkeypatch.setattr(floors, "cache_folder", lambda: tmp_path / "floors")
        monkeypatch.setattr(floors, "SHIPPED", "none.json")
        again, parts_again = measured(evaluator("digits", *self.SLUGS, n=most))
        assert again == pytest.approx(values, rel=1e-3, abs=1e-6)
        for slug, found in parts.items():
            for name, value in found.items():
                assert parts_again[slug][name] == pytest.approx(value, rel=1e-3, abs=1e-6)

        # A judge that is trained here sees what the shipped one sees.
        monkeypatch.setattr(reference_classifier, "cache_folder", lambda: tmp_path / "judges")
        monkeypatch.setattr(reference_classifier, "shipped_folder", lambda: tmp_path / "none")
        monkeypatch.setattr(reference_classifier, "_known", type(reference_classifier._known)())
        data = evaluator("digits", *self.SLUGS).data
        assert data.judging.needs_training
        x = data.unseen.rows(slice(None)).x
        one, other = (each.logits(x).argmax(dim=1) for each in (judge, data.judging.now()))
        assert float((one == other).double().mean()) >= 0.98

    def test_a_damaged_shipped_judge_is_trained_again(self, tmp_path, monkeypatch):
        monkeypatch.setattr(reference_classifier, "cache_folder", lambda: tmp_path / "judges")
        monkeypatch.setattr(reference_classifier, "shipped_folder", lambda: tmp_path / "shipped")
        monkeypatch.setattr(reference_classifier, "_known", type(reference_classifier._known)())
        monkeypatch.setattr("pushforward.models.judges.images._STEPS", 3)
        found = evaluator("digits", "label-balance").data.judging
        (tmp_path / "shipped").mkdir()
        (tmp_path / "shipped" / found.path.name).write_bytes(b"damaged")
        assert list(found.prepare())
        assert found.path.exists()

    def test_a_damaged_file_of_floors_is_no_failure(self, tmp_path):
        path = Path(tmp_path / "floors.json")
        path.write_text('{"floors": [{"key": "a", "value": [1, 2]}]}')
        assert floors._shipped(path) == {}
        assert len(floors._shipped(resources.folder("references") / floors.SHIPPED)) >= 16
