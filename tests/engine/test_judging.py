"""Judges: trained once and kept, given by the person, of any kind of data; and what they see."""

from collections import OrderedDict
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.numpy import load
from safetensors.torch import save_file

from pushforward.models.config import NoConfig
from pushforward.models.contracts.batch import Batch
from pushforward.models.entries import JudgeEntry
from pushforward.models.judges.base import Lesson, Network, Teaching, accuracy
from pushforward.models.kinds.images import ImageSet
from pushforward.models.kinds.points import PointSet
from pushforward.models.registry import registry
from pushforward.studio.engine.data import reference_classifier
from pushforward.studio.engine.data.datasets import registered
from pushforward.studio.engine.data.reference_classifier import Judging
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.resolve import check
from pushforward.studio.engine.watch.projection import Plane, Projection
from pushforward.studio.engine.watch.recorder import Recorder
from pushforward.studio.protocol.spec import Pick, RunSpec

discover()


def finished(work):
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def judged(images: ImageSet, name: str = "mine") -> Judging:
    found = Judging.find("images", images, name)
    assert found is not None
    return found


def small() -> ImageSet:
    generator = torch.Generator().manual_seed(0)
    return ImageSet(torch.rand((40, 1, 4, 4), generator=generator), torch.arange(40) % 2)


@pytest.fixture
def _quick(tmp_path, monkeypatch):
    """A cache of the test's own, and judges that learn in a moment."""
    monkeypatch.setattr(reference_classifier, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(reference_classifier, "_known", OrderedDict())
    monkeypatch.setattr("pushforward.models.judges.images._STEPS", 12)


@pytest.mark.usefixtures("_quick")
class TestJudging:
    def test_it_is_trained_once_and_kept(self):
        images = small()
        first = judged(images)
        pieces = list(first.prepare())
        assert pieces
        assert not any(pieces)
        assert list(first.prepare()) == []
        made = first.now()
        assert set(load(first.path.read_bytes())) == set(made.state_dict())

        reference_classifier._known.clear()
        again = judged(images)
        assert list(again.prepare()) == []
        assert torch.equal(again.now().features(images.x), made.features(images.x))

        reference_classifier._known.clear()
        again.path.write_bytes(b"garbage")
        again = judged(images)
        assert list(again.prepare()) != []
        assert torch.equal(again.now().features(images.x), made.features(images.x))

    def test_few_are_remembered_and_who_has_one_keeps_it(self, monkeypatch):
        monkeypatch.setattr(reference_classifier, "MOST", 1)
        asking = judged(small())
        made = asking.now()
        assert judged(small()).judge is made
        other = judged(ImageSet(small().x.flip(0), small().labels))
        other.now()
        assert list(reference_classifier._known) == [other.key]
        assert asking.judge is made

    def test_other_images_labels_names_or_versions_have_another_judge(self):
        x, labels = torch.rand(6, 1, 4, 4), torch.arange(6) % 2
        keys = {
            judged(ImageSet(x, labels)).key,
            judged(ImageSet(x.flip(0), labels)).key,
            judged(ImageSet(x, 1 - labels)).key,
            judged(ImageSet(x, labels, ("a", "b"))).key,
        }
        entry = registry.get("judge", "image-classifier")
        lesson = entry.make().lesson(ImageSet(x, labels))
        keys |= {Judging(replace(entry, version=9), lesson).key}
        masked = replace(lesson, rows=Batch(x, torch.ones((6, 1), dtype=torch.bool)))
        keys |= {Judging(entry, masked).key}
        assert len(keys) == 6
        assert Judging.find("images", ImageSet(x), "mine") is None
        assert Judging.find("points", PointSet(torch.rand(6, 2), ("x", "y")), "mine") is None

    def test_a_cache_that_cannot_be_written_is_no_failure(self, tmp_path, monkeypatch):
        (tmp_path / "file").write_text("in the way")
        monkeypatch.setattr(
            reference_classifier, "cache_folder", lambda: tmp_path / "file" / "judges"
        )
        assert judged(small()).now() is not None


@pytest.mark.usefixtures("_quick")
class TestGiven:
    """Weights that the person puts where judges are looked for."""

    def put(self, tensors, name="mine"):
        folder = reference_classifier.given_folder() / "image-classifier"
        folder.mkdir(parents=True, exist_ok=True)
        save_file(tensors, folder / f"{name}.safetensors")
        return folder / f"{name}.safetensors"

    def test_they_are_taken_instead_of_a_training(self):
        images = small()
        trained = judged(images)
        other = judged(ImageSet(images.x.flip(0), images.labels)).now()
        assert not torch.equal(other.features(images.x), trained.now().features(images.x))
        self.put(other.state_dict())
        given = judged(images)
        assert list(given.prepare()) == []
        assert torch.equal(given.now().features(images.x), other.features(images.x))
        assert given.key != trained.key
        assert not given.path.exists()
        # Those of another data set say nothing of this one.
        assert judged(images, "others").key == trained.key

    @pytest.mark.parametrize(
        ("broken", "words"),
        [
            ({"head.weight": torch.zeros(3, 3)}, "no tensor 'trunk.0.weight'"),
            (None, "no safetensors file"),
        ],
    )
    def test_a_file_that_does_not_fit_is_refused_with_what_to_do(self, broken, words):
        path = self.put(broken or {"x": torch.zeros(1)})
        if broken is None:
            path.write_bytes(b"\x80\x04 a pickle")
        with pytest.raises(Refused, match=words) as caught:
            judged(small())
        assert str(path) in caught.value.info.message
        assert caught.value.info.path == "dataset"
        assert "remove it" in caught.value.info.hint

    def test_shapes_of_other_data_are_said_in_words(self):
        larger = judged(ImageSet(torch.rand(8, 3, 4, 4), torch.arange(8) % 2)).now()
        self.put(larger.state_dict())
        with pytest.raises(Refused, match=r"must be \(16, 1, 3, 3\)"):
            judged(small())


class Sides(Teaching):
    """A judge of points: which side of the plane they are on."""

    def lesson(self, data):
        assert isinstance(data, PointSet)
        return Lesson(data.rows(slice(None)), (data.x[:, 0] > 0).long(), ("left", "right"))

    def new(self, lesson, seed=0):
        return Seen()

    def train(self, lesson, seed=0):
        yield
        return Seen()


class Seen(Network):
    def features(self, x):
        rows = Batch.of(x).x
        return torch.cat([rows, rows.square(), rows.prod(dim=1, keepdim=True)], dim=1)

    def logits(self, x):
        rows = Batch.of(x).x
        return torch.stack([-rows[:, 0], rows[:, 0]], dim=1)


def points_spec() -> RunSpec:
    training = {"steps": 4, "batch": 16, "device": "cpu", "threads": 1, "samples": 500}
    return RunSpec(
        name="seen",
        family=Pick(slug="gan"),
        dataset=Pick(slug="two-moons"),
        metrics=[Pick(slug="precision")],
        training=training,
    )


@pytest.mark.usefixtures("_quick")
def test_another_kind_of_data_has_a_judge_by_one_registration(monkeypatch):
    """And so the picture of where it sees them, with no more code."""
    entry = JudgeEntry(
        kind="judge",
        slug="sides",
        title="Sides",
        summary="Left and right.",
        make=Sides,
        source="tests",
        kinds=("points",),
        version=1,
    )
    monkeypatch.setitem(registry._entries["judge"], "sides", entry)
    resolved = check(points_spec())
    data = resolved.load_data(None)
    found = Judging.find("points", data.rows, "two-moons")
    assert found is not None
    assert "sides" in found.key
    assert accuracy(found.now(), Sides().lesson(data.rows)) == 1.0
    family = resolved.build(data.rows.spec(), torch.device("cpu"))
    projection = Projection(found, data.rows)
    recorder = Recorder(family, seed=0, particles=6, frames=4, projection=projection)
    record = finished(recorder.record(0, extras=["projection"]))
    plane = Plane(found.now().features(data.rows.rows(slice(None))))
    np.testing.assert_allclose(
        record.extras["projection"][-1],
        plane.place(found.now().features(torch.from_numpy(record.x[-1]))).numpy(),
        rtol=1e-4,
        atol=1e-4,
    )


class TestImages:
    @pytest.fixture(autouse=True)
    def _cache(self, tmp_path_factory, monkeypatch):
        folder = tmp_path_factory.getbasetemp() / "judges"
        monkeypatch.setattr(reference_classifier, "cache_folder", lambda: folder)

    def test_the_judge_of_digits_reads_digits_it_has_not_seen(self):
        data = registered(registry.get("dataset", "digits"), NoConfig(), 0, seed=0)
        teaching = registry.get("judge", "image-classifier").make()
        assert accuracy(data.judging.now(), teaching.lesson(data.unseen)) > 0.95

    def test_records_have_the_projection_when_asked(self):
        run = RunSpec(
            name="seen",
            family=Pick(slug="gan"),
            dataset=Pick(slug="digits"),
            training={"steps": 2, "device": "cpu", "threads": 1},
        )
        resolved = check(run)
        data = resolved.load_data(None)
        family = resolved.build(data.rows.spec(), torch.device("cpu"))
        projection = Projection(data.judging, data.unseen)
        with pytest.raises(RuntimeError, match="prepared"):
            _ = projection.target
        recorder = Recorder(family, seed=0, particles=6, frames=4, projection=projection)
        plain = finished(recorder.record(0))
        assert plain.x.shape == (len(plain.t), 6, 1, 8, 8)
        assert plain.extras == {}
        assert "projection" in recorder.extras
        asked = finished(recorder.record(0, extras=["projection", "no such thing"]))
        assert asked.arrays["extra:projection"].shape == (len(asked.t), 6, 2)
        assert asked.arrays["extra:projection-target"].shape == (500, 2)
        judge = data.judging.now()
        plane = Plane(judge.features(data.unseen.x))
        np.testing.assert_allclose(
            asked.extras["projection"][-1],
            plane.place(judge.features(torch.from_numpy(asked.x[-1]))).numpy(),
            rtol=1e-3,
            atol=1e-3,
        )


class TestPlane:
    def test_it_holds_the_two_widest_directions(self):
        generator = torch.Generator().manual_seed(0)
        z = torch.randn((500, 5), generator=generator) * torch.tensor([0.1, 3.0, 0.2, 1.0, 0.1])
        plane = Plane(z + 7.0)
        places = plane.place(z + 7.0)
        assert places.mean(dim=0).abs().max() < 1e-4
        assert float(places[:, 0].std()) == pytest.approx(float(z[:, 1].std()), rel=0.02)
        assert float(places[:, 1].std()) == pytest.approx(float(z[:, 3].std()), rel=0.02)
        # The sign is that of the features.
        assert torch.corrcoef(torch.stack([places[:, 0], z[:, 1]]))[0, 1] > 0.99
        assert torch.corrcoef(torch.stack([places[:, 1], z[:, 3]]))[0, 1] > 0.99
