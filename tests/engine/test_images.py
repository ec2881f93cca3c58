"""Images through the engine: their sets, judges, records, evaluations, and exact resuming."""

import gzip
from dataclasses import replace

import msgspec
import numpy as np
import pytest
import torch

from pushforward.models.config import NoConfig
from pushforward.models.nets.offered import kinds_of
from pushforward.models.registry import registry
from pushforward.studio.app.core import draft_spec
from pushforward.studio.engine.data import reference_classifier
from pushforward.studio.engine.data.datasets import registered
from pushforward.studio.engine.data.images import fashion, files
from pushforward.studio.engine.data.preview import preview
from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.jobs.operator_job import OperatorJob
from pushforward.studio.engine.kinds.base import kind_of
from pushforward.studio.engine.process.catalogue import build
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.model_cache import WarmModels
from pushforward.studio.engine.run.resolve import check, resolve
from pushforward.studio.protocol.messages import Operate, Progress
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.run import RunFolder
from tests.engine.fakes import (
    MemorySink,
    drive,
    few_steps,
    losses,
    new_job,
    new_run,
    small,
)
from tests.engine.fakes import spec as point_spec
from tests.tiers import representatives, tiered

discover()
SETS = ["digits", "mnist", "fashion-mnist", "emoji"]
SHAPES = {"digits": (1, 8), "mnist": (1, 28), "fashion-mnist": (1, 28), "emoji": (3, 32)}
FAMILIES = [
    e.slug
    for e in registry.all("family")
    if "images" in kinds_of(e) and not e.inputs and "samples" in e.abilities
]
FEW = representatives(
    FAMILIES,
    lambda slug: registry.get("family", slug).carrier,
    lambda slug: registry.get("family", slug).field,
)
"""One of each carrier, and one of each field."""
SMALL = {
    "edm": {"net": {"width": 4}},
    "gan": {"generator": {"width": 4}, "critic": {"width": 4}, "latent": 8},
    "discriminator-flow": {"critic": {"width": 4}, "steps": 4},
    "energy-based": {"walk": 3},
    "recovery-likelihood": {"walk": 3},
}


def spec(family: str = "edm", dataset: str = "digits", **training) -> RunSpec:
    quick = {"steps": 12, "batch": 16, "device": "cpu", "threads": 1, "particles": 6, "frames": 4}
    return RunSpec(
        name="images",
        family=Pick(slug=family, config=SMALL.get(family, {})),
        dataset=Pick(slug=dataset),
        training={**quick, "evaluate_samples": 40, **training},
    )


def quick(family: str) -> RunSpec:
    """As `spec`, with every part small, and samples in few steps."""
    sampler = registry.get("family", family).sampler
    config = {**small(family, {"width": 4}), **SMALL.get(family, {})}
    return msgspec.structs.replace(
        spec(family, steps=6),
        family=Pick(slug=family, config=config),
        sampler=few_steps(sampler) if sampler else None,
    )


def finished(work):
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory, monkeypatch):
    """A cache of this module's tests: a judge is trained once, and not into the person's own."""
    folder = tmp_path_factory.getbasetemp() / "judges"
    monkeypatch.setattr(reference_classifier, "cache_folder", lambda: folder)


def each_of(images):
    return zip(images.x.numpy(), images.labels.tolist(), strict=True)


class TestSets:
    @pytest.mark.parametrize("slug", SETS)
    def test_train_and_test_are_apart_and_labelled(self, slug):
        entry = registry.get("dataset", slug)
        assert entry.kinds == ("images",)
        assert entry.holds == "images"
        sets = entry.make(entry.config())
        for part in (sets.train, sets.test):
            channels, side = SHAPES[slug]
            assert part.x.shape[1:] == (channels, side, side)
            assert part.x.dtype == torch.float32
            assert part.x.min() == 0.0
            assert part.x.max() == 1.0
            assert part.labels.shape == (len(part.x),)
            classes = len(part.names)
            counts = torch.bincount(part.labels, minlength=classes)
            assert len(counts) == classes
            # In no order: each class has its share of either part.
            share = torch.bincount(sets.train.labels) / len(sets.train)
            assert (counts / len(part) - share).abs().max() < 0.04
        seen = {x.tobytes() for x in sets.train.x.numpy()}
        twins = [x for x in sets.test.x.numpy() if x.tobytes() in seen]
        assert len(twins) <= 2  # MNIST itself has a few images twice

    def test_a_run_uses_some_of_the_training_part(self):
        entry = registry.get("dataset", "digits")
        whole, some = (registered(entry, NoConfig(), n, seed=5) for n in (0, 100))
        first = registered(entry, NoConfig(), 100, seed=5, first=True)
        other = registered(entry, NoConfig(), 100, seed=6)
        assert len(whole.rows.x) == 1297
        assert torch.equal(first.rows.x, whole.rows.x[:100])
        assert torch.equal(first.rows.labels, whole.rows.labels[:100])
        labels = {x.tobytes(): y for x, y in each_of(whole.rows)}
        assert [labels[x.tobytes()] for x, _ in each_of(some.rows)] == [
            y for _, y in each_of(some.rows)
        ]
        assert len(some.rows.x) == 100
        assert not torch.equal(some.rows.x, first.rows.x)
        assert not torch.equal(some.rows.x, other.rows.x)
        assert whole.hash != some.hash
        assert whole.hash == registered(entry, NoConfig(), 5000, seed=6).hash
        assert whole.draw is None
        assert kind_of("images").describe_data(whole.rows) == "1,297 images (1 x 8 x 8)"

    def test_what_is_measured_with_is_never_learned_from(self):
        data = registered(registry.get("dataset", "digits"), NoConfig(), 0, seed=0)
        seen = {x.tobytes() for x in data.rows.x.numpy()}
        one, two = data.pair(100, 3)
        assert len(one.x) == len(two.x) == 100
        measured = [x.tobytes() for x in torch.cat([one.x, two.x]).numpy()]
        assert not seen & set(measured)
        assert len(set(measured)) == 200
        again, _ = data.pair(100, 3)
        assert torch.equal(one.x, again.x)

    def test_one_mean_and_deviation_for_all_pixels(self):
        data = registered(registry.get("dataset", "digits"), NoConfig(), 0, seed=0).rows
        known = data.spec()
        assert known.kind == "images"
        assert known.mean.shape == known.std.shape == known.shape == (1, 8, 8)
        x = known.standardise(data.x)
        assert float(x.mean()) == pytest.approx(0.0, abs=1e-4)
        assert float(x.std()) == pytest.approx(1.0, abs=1e-4)
        torch.testing.assert_close(known.restore(x), data.x, rtol=1e-5, atol=1e-6)


class TestFiles:
    def archive(self, path, **arrays):
        whole = {
            "images": np.zeros((4, 2, 2), np.uint8),
            "labels": np.zeros(4, np.uint8),
            "train": np.int64(3),
        }
        np.savez(path, **{**whole, **arrays})
        return path

    def test_a_pickle_is_refused(self, tmp_path):
        path = self.archive(tmp_path / "a.npz", images=np.array([{"a": 1}], dtype=object))
        with pytest.raises(Refused, match="allow_pickle"):
            files._load(path)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"images": np.zeros((4, 2), np.uint8)},
            {"images": np.zeros((4, 2, 2, 4), np.uint8)},
            {"images": np.zeros((4, 2, 2))},
            {"labels": np.zeros(3, np.uint8)},
            {"train": np.int64(4)},
        ],
    )
    def test_a_file_of_other_arrays_is_refused(self, tmp_path, wrong):
        with pytest.raises(Refused, match="has invalid") as caught:
            files._load(self.archive(tmp_path / "a.npz", **wrong))
        assert caught.value.info.path == "dataset"

    def test_a_damaged_or_missing_file_is_said(self, tmp_path):
        path = tmp_path / "a.npz"
        with pytest.raises(Refused, match="missing"):
            files._load(path)
        path.write_bytes(b"PK\x03\x04 no archive")
        with pytest.raises(Refused, match="has invalid"):
            files._load(path)

    def idx(self, path, array, *, cut=0, head=b"\0\0\x08"):
        body = head + bytes([array.ndim]) + np.array(array.shape, ">u4").tobytes()
        whole = body + array.tobytes()
        path.write_bytes(gzip.compress(whole[: len(whole) - cut]))
        return path

    def test_idx_is_read(self, tmp_path):
        array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
        read = files.read_idx(self.idx(tmp_path / "x.gz", array))
        np.testing.assert_array_equal(read, array)

    def test_a_wrong_idx_is_refused(self, tmp_path):
        array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
        with pytest.raises(Refused, match="24 bytes are announced, and 19"):
            files.read_idx(self.idx(tmp_path / "a.gz", array, cut=5))
        with pytest.raises(Refused, match="no IDX file"):
            files.read_idx(self.idx(tmp_path / "b.gz", array, head=b"\0\0\x0d"))
        (tmp_path / "c.gz").write_bytes(b"not gzipped")
        with pytest.raises(Refused, match="has invalid"):
            files.read_idx(tmp_path / "c.gz")

    def test_the_complete_set_is_read_from_the_system_or_named(self, tmp_path, monkeypatch):
        monkeypatch.setattr(fashion, "SYSTEM", tmp_path)
        pick = Pick(slug="fashion-mnist", config={"part": "complete"})
        with pytest.raises(Refused, match="is not installed") as caught:
            preview(pick, None, 10)
        assert "dataset-fashion-mnist" in caught.value.info.hint
        assert caught.value.info.path == "dataset.part"
        generator = np.random.default_rng(0)
        for part, n in (("train", 30), ("t10k", 10)):
            x = generator.integers(0, 255, (n, 28, 28), np.uint8)
            self.idx(tmp_path / f"{part}-images-idx3-ubyte.gz", x)
            self.idx(tmp_path / f"{part}-labels-idx1-ubyte.gz", (x[:, 0, 0] % 10))
        sets = fashion.fashion(fashion.FashionConfig(part="complete"))
        assert (len(sets.train.x), len(sets.test.x)) == (30, 10)


class TestPreview:
    def test_images_come_with_labels_and_names(self):
        facts, arrays = preview(Pick(slug="digits"), None, 20)
        assert arrays["x"].shape == (20, 1, 8, 8)
        assert arrays["labels"].shape == (20,)
        assert arrays["labels"].dtype == np.int32
        assert facts["n"] == 1297
        assert facts["shares"] == {"learned": 1297, "measured": 500}
        assert facts["names"] == list("0123456789")
        assert facts["columns"] == []
        assert facts["modes"] is None
        assert len(facts["mean"]) == len(facts["std"]) == 1

    def test_large_images_are_fewer(self, monkeypatch):
        monkeypatch.setattr("pushforward.studio.engine.data.preview.MAX_NUMBERS", 640)
        _, arrays = preview(Pick(slug="digits"), None, 1000)
        assert arrays["x"].shape == (10, 1, 8, 8)


class TestResolve:
    def test_images_have_other_defaults(self):
        resolved = check(RunSpec(name="a", family=Pick(slug="edm"), dataset=Pick(slug="digits")))
        assert resolved.training.particles == 64
        assert resolved.training.batch == 128
        assert [m.slug for m in resolved.spec.metrics] == [
            "frechet-judge", "label-balance", "authenticity",
        ]  # fmt: skip
        asked = check(spec(particles=9, batch=7))
        assert (asked.training.particles, asked.training.batch) == (9, 7)
        assert check(resolved.spec).spec == resolved.spec
        points = check(point_spec("edm", particles=4096))
        assert points.training.particles == 4096

    def test_what_the_catalogue_says_is_what_a_run_gets(self):
        """Else the screen would show another value than the one that is used."""
        catalog = build([])
        for slug in FAMILIES:
            asked = RunSpec(name="a", family=Pick(slug=slug), dataset=Pick(slug="digits"))
            resolved = check(asked).spec
            for section in ("family", "training"):
                used = draft_spec.config_of(resolved, section)
                for field in draft_spec.entry_of(asked, section, catalog).fields:
                    shown = draft_spec.value_at({}, field)
                    if field.of == "network":
                        shown = shown or field.meant  # the one that images prefer
                    assert draft_spec.value_at(used, field) == shown, (slug, field.path)

    def test_metrics_of_points_make_way(self):
        run = msgspec.structs.replace(
            spec(), metrics=[Pick(slug="sliced-w2"), Pick(slug="label-balance")]
        )
        assert [m.slug for m in check(run).spec.metrics] == ["label-balance"]
        run = msgspec.structs.replace(run, metrics=[Pick(slug="sliced-w2")])
        assert [m.slug for m in check(run).spec.metrics] == [
            "frechet-judge", "label-balance", "authenticity",
        ]  # fmt: skip

    def test_a_model_of_points_is_refused_with_what_would_fit(self):
        resolved, problems = resolve(spec("exact-flow"))
        assert resolved is None
        (problem,) = problems
        assert problem.path == "family"
        assert "Exact flow supports points" in problem.message
        assert "Digits, 8x8 holds images" in problem.message
        assert "images" in problem.hint


@pytest.mark.parametrize("family", tiered(FAMILIES, FEW))
def test_a_resumed_run_is_bit_for_bit_the_same(tmp_path, family):
    run = quick(family)
    whole = new_run(tmp_path, run)
    status = headless.run(whole.path)
    assert status.state == "finished", status.error
    parts = new_run(tmp_path, run)
    drive(new_job(parts), 3).close()
    assert headless.run(parts.path).step == 6
    assert losses(whole) == losses(parts)
    one, other = (folder.checkpoints.newest()[0] for folder in (whole, parts))
    assert one.values == other.values
    assert one.values["kind"] == "images"
    for name, tensor in one.tensors.items():
        np.testing.assert_array_equal(tensor, other.tensors[name], err_msg=name)
    records = [folder.flow.load(6) for folder in (whole, parts)]
    np.testing.assert_array_equal(records[0].x, records[1].x)
    assert records[0].x.shape[1:] == (6, 1, 8, 8)
    assert records[0].x.dtype == np.float32
    assert records[0].extras["projection"].shape == (len(records[0].t), 6, 2)
    curves, floors = whole.metrics.read()
    for slug in ("frechet-judge", "label-balance"):
        assert np.isfinite(curves[f"quality/{slug}"][1]).all()
        assert 0.0 < floors[slug] < curves["quality/frechet-judge"][1][0]


def test_samples_in_a_run_are_images(tmp_path):
    folder = new_run(tmp_path, spec("gan"))
    job = new_job(folder)
    work = drive(job, 3)
    job.ask("sample", 5)
    for _ in work:
        pass
    (path,) = RunFolder(folder.path).samples.paths()
    found = folder.samples.read(path)
    assert found.x.shape == (5, 1, 8, 8)
    assert found.columns == ()
    assert found.x.min() >= -1e-5
    assert found.x.max() <= 1 + 1e-5


def test_images_without_labels_are_measured_by_no_judge(monkeypatch):
    entry = registry.get("dataset", "digits")

    def unlabelled(config):
        sets = entry.make(config)
        return replace(
            sets,
            train=replace(sets.train, labels=None),
            test=replace(sets.test, labels=None),
        )

    data = registered(replace(entry, make=unlabelled), NoConfig(), 0, seed=0)
    assert data.judging is None
    assert list(data.judge()) == []
    assert [len(part) for part in data.pair(50, 0)] == [50, 50]


class TestExport:
    def export(self, folder, file, n=9):
        command = Operate(
            run=str(folder.path), operator="generate", config={"n": n}, file=str(file)
        )
        finished(OperatorJob("job", command, MemorySink(), WarmModels()).work())

    def test_images_are_exported_as_arrays_or_a_sheet(self, tmp_path):
        folder = new_run(tmp_path, spec("gan"))
        assert headless.run(folder.path).state == "finished"
        self.export(folder, tmp_path / "made.npz")
        with np.load(tmp_path / "made.npz", allow_pickle=False) as archive:
            x = archive["x"]
        assert x.shape == (9, 1, 8, 8)
        self.export(folder, tmp_path / "made.png")
        assert (tmp_path / "made.png").read_bytes().startswith(b"\x89PNG")
        with pytest.raises(Refused, match=r"\.csv"):
            self.export(folder, tmp_path / "made.csv")

    def test_points_are_no_sheet(self, tmp_path):
        folder = new_run(tmp_path, point_spec())
        with pytest.raises(Refused, match=r"\.png"):
            self.export(folder, tmp_path / "made.png")


def test_a_run_records_how_many_samples_can_be_compared(tmp_path):
    folder = new_run(tmp_path, spec(evaluate_samples=1000))
    assert folder.record.spec.training["evaluate_samples"] == 250
    assert new_run(tmp_path, spec(evaluate_samples=40)).record.spec.training == {
        **folder.record.spec.training,
        "evaluate_samples": 40,
    }
    points = new_run(tmp_path, point_spec(evaluate_samples=1000))
    assert points.record.spec.training["evaluate_samples"] == 1000


def test_flags_and_faces_are_those_of_all_emoji():
    """A form is checked by their number, which is counted; each split keeps to itself."""
    entry = registry.get("dataset", "emoji")
    whole, few = (entry.make(entry.config(part=part)) for part in ("all", "flags-and-faces"))
    for one, other in ((whole.train, few.train), (whole.test, few.test)):
        wanted = [one.names.index(name) for name in ("flags", "smileys and emotion")]
        kept = torch.isin(one.labels, torch.tensor(wanted))
        assert torch.equal(other.x, one.x[kept])
        assert [one.names[i] for i in one.labels[kept]] == [other.names[i] for i in other.labels]
        assert other.names == ("flags", "smileys and emotion")
    found = entry.outline(entry.config(part="flags-and-faces"))
    assert found.rows == len(few.train)
    assert found.example.names == few.train.names


def test_what_a_run_is_at_before_its_first_step_is_said(tmp_path, monkeypatch):
    def prepare(self):
        yield False  # no judge is trained here

    monkeypatch.setattr(reference_classifier.Judging, "prepare", prepare)
    monkeypatch.setattr(reference_classifier.Judging, "judge", None)
    monkeypatch.setattr(reference_classifier, "cache_folder", lambda: tmp_path / "none")
    monkeypatch.setattr(reference_classifier, "shipped_folder", lambda: tmp_path / "none")
    sink = MemorySink()
    job = new_job(new_run(tmp_path, spec()), sink)
    work, said = job.work(), []
    while "generating the first samples" not in said:
        next(work)
        said = [event.doing for event in sink.of(Progress)]
    assert said[0] == "reading the data"
    assert said[1].startswith("training the reference classifier")
    job.save_on_stop = False
    work.close()
