"""Where rows come from: what a batch is made of, and what is known before a row is read."""

import json

import h5py
import numpy as np
import pytest
import torch

from pushforward.models.config import Config
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import MakesBatches, Outline, RowSource
from pushforward.models.contracts.spec import DataSpec, Given
from pushforward.models.kinds import jets as kinds
from pushforward.models.kinds.images import ImageSet
from pushforward.models.kinds.points import PointSet
from pushforward.models.registry import registry
from pushforward.studio.cli import project_dataset
from pushforward.studio.counts import format_split
from pushforward.studio.engine.data import datasets
from pushforward.studio.engine.data.batches import Blocks, Fed, Mirrored, Shuffled, Streamed
from pushforward.studio.engine.data.datasets import registered
from pushforward.studio.engine.data.images import files
from pushforward.studio.engine.data.imported_data import find_shares, imported, imported_outline
from pushforward.studio.engine.data.preview import preview
from pushforward.studio.engine.data.running_statistics import Measuring
from pushforward.studio.engine.data.sets import cubes, jets
from pushforward.studio.engine.data.stored_rows import STATISTICS, StoredRows, facts_of
from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.jobs.operator_job import OperatorJob
from pushforward.studio.engine.kinds.base import Facts, kind_of
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.effective_settings import aim
from pushforward.studio.engine.run.model_cache import WarmModels
from pushforward.studio.engine.run.resolve import check
from pushforward.studio.engine.run.validation import Validator
from pushforward.studio.formats import files as formats
from pushforward.studio.protocol.messages import Operate, ResultWritten
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.dataset import DatasetFolder, DatasetReader, points_hash
from pushforward.studio.store.parts import Part
from pushforward.studio.store.project import Project
from pushforward.studio.store.schema import Schema, points_schema
from pushforward.studio.store.splits import Split, split_rows
from tests.engine.fakes import MemorySink

CPU = torch.device("cpu")
N = 1003


@pytest.fixture(autouse=True, scope="module")
def _discovered():
    discover()


@pytest.fixture
def project(tmp_path):
    return Project.create(tmp_path / "p", "p")


def points(n=N, d=3):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(n, d)) * [1, 10, 100] + [0, 5, -3]
    x[:, 0] = np.arange(n)
    return x.astype(np.float32)


def add(project, x, name="a", split=None):
    with project.new_dataset(name, points_schema(["u", "v", "w"]), split=split) as writer:
        for part in np.array_split(x, 7):
            writer.add({"x": part})
    return project.dataset(name)


@pytest.fixture
def large(project, monkeypatch):
    """A set that counts as large, of which all rows but few validate or test."""
    add(project, points())
    for module in ("datasets", "imported_data"):
        monkeypatch.setattr(f"pushforward.studio.engine.data.{module}.LARGE", 1000)
    monkeypatch.setattr(Streamed, "BLOCK", 120)
    monkeypatch.setattr(Streamed, "SHELF", 4)
    return imported("a", project.path)


def spec(dataset, **training):
    training = {"steps": 3, "batch": 8, "particles": 4, "evaluate_samples": 16, **training}
    net = {"slug": "mlp", "config": {"width": 8, "depth": 1}}
    return RunSpec(
        name="a",
        family=Pick(slug="edm", config={"net": net}),
        dataset=Pick(slug=dataset),
        training={**training, "device": "cpu"},
    )


def test_an_operator_is_handed_as_many_of_large_data_as_fit_and_says_so(large, project):
    folder = headless.create(spec("project:a"), project.path)
    assert headless.run(folder.path).state == "finished"
    command = Operate(run=str(folder.path), operator="likelihood", inputs={"rows": "data"})
    sink = MemorySink()
    for _ in OperatorJob("job", command, sink, WarmModels()).work():
        pass
    [result] = folder.results.all()
    [told] = [event for event in sink.events if isinstance(event, ResultWritten)]
    assert told.note == result.record.note
    fit = 1000 // 12
    assert result.record.handed == {"rows": fit}
    assert f"The rows are {fit} of the {len(large.rows):,} of the data." in result.record.note


class TestOrder:
    def test_every_row_comes_once_an_epoch_and_blocks_are_read_whole(self):
        blocks = Blocks(n=103, block=10, shelf=4, seed=1)
        epochs = []
        for epoch in (0, 1):
            seen, starts = [], blocks.starts(epoch)
            assert (starts[0], starts[-1], len(starts)) == (0, 103, blocks.shelves + 1)
            for shelf in range(blocks.shelves):
                numbers, order = blocks.rows(epoch, shelf)
                assert len(numbers) == starts[shelf + 1] - starts[shelf]
                assert (numbers.diff() > 0).all()
                read = {10 * b + i for b in (numbers // 10).tolist() for i in range(10)}
                assert set(numbers.tolist()) == {number for number in read if number < 103}
                assert sorted(order.tolist()) == list(range(len(numbers)))
                seen += numbers[order].tolist()
            assert sorted(seen) == list(range(103))
            epochs.append(seen)
        assert epochs[0] != epochs[1]
        again = Blocks(n=103, block=10, shelf=4, seed=1)
        assert torch.equal(again.rows(1, 2)[1], blocks.rows(1, 2)[1])
        assert not torch.equal(Blocks(103, 10, 4, seed=2).rows(0, 0)[0], blocks.rows(0, 0)[0])


class TestStored:
    def test_batches_are_a_function_of_seed_and_step_and_hold_each_row_once_an_epoch(self, large):
        assert isinstance(large.rows, StoredRows)
        n, plain = len(large.rows), large.rows.spec()
        stream = Streamed(large.rows, plain, 50, 3, CPU)
        batches = [stream.batch(step) for step in range(2 * n // 50 + 1)]
        assert {len(b) for b in batches} == {50}
        rows = torch.cat([plain.restore(b.x) for b in batches])[:, 0].round().long()
        train = split_rows(N, Split(), "train")
        assert len(train) == n < N
        for epoch in (rows[:n], rows[n : 2 * n]):
            np.testing.assert_array_equal(epoch.sort().values, train)
        assert not torch.equal(rows[:n], rows[n : 2 * n])
        later = Streamed(large.rows, plain, 50, 3, CPU)
        assert torch.equal(later.batch(20).x, batches[20].x)
        assert torch.equal(later.batch(3).x, batches[3].x)
        assert not torch.equal(Streamed(large.rows, plain, 50, 4, CPU).batch(0).x, batches[0].x)

    def test_a_batch_larger_than_the_data(self, large):
        n = len(large.rows)
        batch = Streamed(large.rows, large.rows.spec(), 2 * n + 1, 0, CPU).batch(1)
        assert len(batch) == 2 * n + 1

    def test_statistics_are_measured_once_and_are_those_of_the_rows_in_memory(
        self, project, large, monkeypatch
    ):
        whole = large.rows.take(slice(None)).spec()
        torch.testing.assert_close(large.rows.spec().mean, whole.mean)
        torch.testing.assert_close(large.rows.spec().std, whole.std)
        path = project.dataset("a").path / STATISTICS
        assert path.exists()
        monkeypatch.setattr(Measuring, "add", None)
        again = imported("a", project.path).rows
        assert torch.equal(again.spec().mean, large.rows.spec().mean)

    @pytest.mark.parametrize("damage", [lambda b: b"", lambda b: b[:100], lambda b: b[:-4]])
    def test_damaged_statistics_are_measured_again(self, project, large, damage):
        mean = large.rows.spec().mean
        path = project.dataset("a").path / STATISTICS
        path.write_bytes(damage(path.read_bytes()))
        assert torch.equal(imported("a", project.path).rows.spec().mean, mean)

    def test_statistics_are_those_of_these_very_rows(self, project, large):
        folder, facts = project.dataset("a"), facts_of(project.dataset("a"))
        one, other = (StoredRows(folder, np.arange(n, n + 400), facts).spec() for n in (0, 400))
        assert float(other.mean[0] - one.mean[0]) == 400.0  # the first column counts the rows

    def test_statistics_of_other_rows_are_not_believed(self, project, large):
        path = project.dataset("a").path / STATISTICS
        large.rows.spec()
        add(project, points() + 1, "b")
        (project.dataset("b").path / STATISTICS).write_bytes(path.read_bytes())
        other = imported("b", project.path).rows.spec().mean
        torch.testing.assert_close(other, large.rows.spec().mean + 1)

    def test_it_is_measured_by_rows_that_nothing_is_learned_from(self, large):
        left, right = large.pair(1000, 0)
        held = set(split_rows(N, Split(), "validation").tolist())
        for part in (left, right):
            assert {round(v) for v in part.rows(slice(None)).x[:, 0].tolist()} <= held
        assert len(left) == large.most == len(held) // 2
        unseen = large.unseen.rows(slice(None)).x[:, 0].round().long()
        np.testing.assert_array_equal(unseen, split_rows(N, Split(), "test"))

    def test_a_run_on_it_resumes_bit_for_bit(self, project, large):
        def losses(pause):
            folder = headless.create(spec("project:a", steps=14, batch=170), project.path)
            if pause:
                status = headless.run(folder.path, stop=lambda: folder.metrics.read()[0] != {})
                assert status.state == "paused"
                assert 0 < status.step < 14
            assert headless.run(folder.path).state == "finished"
            return folder.metrics.read()[0]["loss"]

        whole = losses(pause=False)
        assert whole == losses(pause=True)
        assert len(whole[0]) == 14

    def test_it_is_looked_at_and_aimed_at_by_few_rows(self, project, large, monkeypatch):
        monkeypatch.setattr(StoredRows, "prepare", None)
        facts, arrays = preview(Pick(slug="project:a"), project.path, 50)
        assert (facts["n"], arrays["x"].shape) == (len(large.rows), (50, 3))
        monkeypatch.setattr("pushforward.studio.engine.run.effective_settings._LOOKED_AT", 30)
        target = aim(large)
        assert len(target.x) == 30
        assert not target.by_hand


class TestImported:
    def test_what_becomes_of_all_rows_is_told_as_it_is(self, project, capsys):
        add(project, points(), split=Split(seed=5))
        data = imported("a", project.path)
        told = preview(Pick(slug="project:a"), project.path, 5)[0]["shares"]
        assert told == {
            "learned": len(data.rows), "measured": len(data.held), "tested": len(data.unseen),
        }  # fmt: skip
        assert sum(told.values()) == N
        assert min(told.values()) > 0
        project_dataset.describe(project.dataset("a").path)
        assert f"Rows: {format_split(told)}" in " ".join(capsys.readouterr().out.split())

    def test_rows_that_only_test_measure_where_none_validate(self, project):
        add(project, points(), split=Split(validation=0.0))
        held = imported("a", project.path).held
        shares = find_shares("a", project.path)
        assert shares == {"learned": N - len(held), "measured": len(held), "tested": 0}

    def test_small_sets_are_held_in_memory_by_their_shares(self, project):
        add(project, points(), split=Split(seed=5))
        data = imported("a", project.path)
        assert isinstance(data.rows, PointSet)
        np.testing.assert_array_equal(data.rows.x[:, 0], split_rows(N, Split(seed=5), "train"))
        assert data.hash == project.dataset("a").record.hash

    def test_a_preview_reads_few_rows_of_a_small_set_too(self, project, monkeypatch):
        add(project, points())
        read, rows = [], DatasetReader.rows

        def counted(reader, index):
            read.append(len(index))
            return rows(reader, index)

        monkeypatch.setattr(DatasetReader, "rows", counted)
        monkeypatch.setattr(DatasetFolder, "verify", None)
        monkeypatch.setattr("pushforward.studio.engine.data.preview.MAX_NUMBERS", 120)
        facts, arrays = preview(Pick(slug="project:a"), project.path, 500)
        assert facts["n"] == len(split_rows(N, Split(), "train"))
        assert arrays["x"].shape == (40, 3)  # as many as may be shown
        assert sum(read) <= 64 + 40

    def test_images_are_of_their_kind(self, project):
        x = np.arange(40 * 16, dtype=np.uint8).reshape(40, 1, 4, 4)
        parts = [Part(name="x", dtype="uint8", shape=[1, 4, 4]), Part(name="label", dtype="uint8")]
        schema = Schema(kind="images", parts=parts, classes=["a", "b"])
        with project.new_dataset("shapes", schema) as writer:
            writer.add({"x": x, "label": np.arange(40, dtype=np.uint8) % 2})
        data = imported("shapes", project.path)
        train = split_rows(40, Split(), "train")
        assert isinstance(data.rows, ImageSet)
        np.testing.assert_array_equal(data.rows.x, x[train] / np.float32(255))
        np.testing.assert_array_equal(data.rows.labels, train % 2)
        assert data.rows.names == ("a", "b")
        assert data.judging is not None
        run = spec("project:shapes", evaluate_samples=16)
        resolved = check(run, project=project.path)
        assert resolved.spec.dataset.config == {"kind": "images"}
        assert [m.slug for m in resolved.spec.metrics] == [
            "frechet-judge",
            "label-balance",
            "authenticity",
        ]
        assert check(resolved.spec).spec == resolved.spec
        assert Validator().validate(run, project.path).problems == []

    def test_the_mean_of_images_is_one_for_all_pixels(self, project, monkeypatch):
        x = np.random.default_rng(0).integers(0, 255, (50, 1, 4, 4)).astype(np.uint8)
        schema = Schema(kind="images", parts=[Part(name="x", dtype="uint8", shape=[1, 4, 4])])
        with project.new_dataset("shapes", schema) as writer:
            writer.add({"x": x})
        folder = project.dataset("shapes")
        rows = StoredRows(folder, np.arange(50), facts_of(folder))
        whole = rows.take(slice(None)).spec()
        torch.testing.assert_close(rows.spec().mean, whole.mean)
        torch.testing.assert_close(rows.spec().std, whole.std)

    def test_kinds_that_cannot_be_read_are_refused_in_words(self, project):
        schema = Schema(kind="scents", parts=[Part(name="x", dtype="float32", shape=[2])])
        with project.new_dataset("roses", schema) as writer:
            writer.add({"x": np.zeros((12, 2), np.float32)})
        with pytest.raises(Refused, match="scents"):
            imported("roses", project.path)
        [problem] = Validator().validate(spec("project:roses"), project.path).problems
        assert problem.path == "dataset"
        assert "scents" in problem.message

    def test_too_few_rows_are_refused(self, project):
        add(project, points(9)[:3])
        with pytest.raises(Refused, match=r"leaves 3 points for training; .* at least 4"):
            imported("a", project.path)

    def test_small_sets_of_before_are_still_learned_from(self, project):
        add(project, points(9)[:8])
        assert len(imported("a", project.path).rows) >= 4


class TestSubset:
    def test_the_seed_chooses_which_images_are_used(self):
        entry = registry.get("dataset", "digits")
        whole = registered(entry, entry.config(), 0, 0).rows.x
        one, same, other = (registered(entry, entry.config(), 50, s).rows.x for s in (1, 1, 2))
        assert torch.equal(one, same)
        assert not torch.equal(one, other)
        first = registered(entry, entry.config(), 50, 1, first=True).rows.x
        assert torch.equal(first, whole[:50])
        everything = registered(entry, entry.config(), 5000, 1).rows.x
        assert torch.equal(everything, whole)

    def test_runs_of_before_use_what_came_first(self, project):
        run = headless.create(spec("digits", samples=60), project.path)
        assert run.record.spec.training["subset"] == "seed"
        chosen = check(run.record.spec).load_data(None).rows.x
        path = run.path / "run.toml"
        text = path.read_text()
        assert "format = 3" in text
        old = text.replace("format = 3", "format = 2").replace('subset = "seed"\n', "")
        path.write_text(old)
        record = type(run)(run.path).record
        assert record.spec.training["subset"] == "first"
        first = check(record.spec).load_data(None).rows.x
        entry = registry.get("dataset", "digits")
        assert torch.equal(first, registered(entry, entry.config(), 0, 0).rows.x[:60])
        assert not torch.equal(first, chosen)

    def test_all_images_are_used_unless_fewer_are_asked_for(self):
        assert check(spec("digits")).training.samples == 0
        assert check(spec("two-moons")).training.samples == 20_000


class TestChecking:
    """A form is checked without reading any data."""

    @pytest.mark.parametrize("dataset", ["digits", "mnist", "fashion-mnist"])
    def test_the_outline_of_a_set_that_ships_is_that_of_its_rows(self, dataset):
        entry = registry.get("dataset", dataset)
        outline, rows = entry.outline(entry.config()), registered(entry, entry.config(), 0, 0).rows
        assert (outline.spec.kind, outline.spec.shape) == ("images", rows.spec().shape)
        assert outline.rows == len(rows)

    def test_neither_images_nor_imported_points_are_read(self, project, monkeypatch):
        add(project, points())
        old = project.add_dataset("old", points(), ["u", "v", "w"])

        def read(*_: object, **__: object) -> None:
            raise AssertionError("data were read")

        monkeypatch.setattr(files, "_load", read)
        monkeypatch.setattr(type(old), "read", read)
        monkeypatch.setattr(type(old), "verify", read)
        validator = Validator()
        for slug in ("mnist", "project:a", "project:old"):
            found = validator.validate(spec(slug), project.path)
            assert found.problems == []
            assert found.parameters > 0
            assert found.bytes > 4 * found.parameters

    def test_a_batch_is_another_size_of_the_same_needs(self, monkeypatch):
        validator = Validator()
        few = validator.validate(spec("digits", batch=8), None).bytes
        monkeypatch.setattr("pushforward.studio.engine.run.validation.needs_of", None)
        more = validator.validate(spec("digits", batch=800, seed=4), None).bytes
        assert more > few

    def test_a_set_without_an_outline_is_read_once(self, monkeypatch):
        entry = registry.get("dataset", "digits")
        reads = []

        class Config_(Config, frozen=True):
            pass

        def make(config):
            reads.append(config)
            return entry.make(entry.config())

        bare = type(entry)(**{**vars(entry), "make": make, "outline": None, "config": Config_})
        for n in (0, 10):
            found = datasets.outline_of(bare, Config_(), n)
            assert isinstance(found, Outline)
            assert found.rows == (n or 1297)
        assert len(reads) == 1

    def test_a_missing_part_is_still_said(self):
        pick = Pick(slug="fashion-mnist", config={"part": "complete"})
        run = RunSpec(name="a", family=Pick(slug="edm"), dataset=pick)
        found = Validator().validate(run, None)
        if found.problems:  # it may be installed here
            assert found.problems[0].path == "dataset.part"
        else:
            assert found.bytes > 3 * 60_000 * 784 * 4


class TestMeasuring:
    def test_padded_places_do_not_count_and_given_numbers_are_measured(self):
        generator = torch.Generator().manual_seed(0)
        mask = torch.rand(200, 4, generator=generator) < 0.6
        x = torch.randn(200, 4, 2, generator=generator) * 3 + 7
        x = x * mask[..., None]
        mass = torch.randn(200, generator=generator) * 10 + 50
        label = torch.arange(200) % 3
        zero, one = torch.zeros(()), torch.ones(())
        given = {"mass": Given(mean=zero, std=one), "label": Given(classes=3)}
        outline = DataSpec(
            "sets",
            (4, 2),
            torch.zeros(4, 2),
            torch.ones(4, 2),
            given=given,
            law={"mass": mass[:2], "label": label[:2]},
        )
        measuring = Measuring(outline)
        for start in range(0, 200, 30):
            rows = slice(start, start + 30)
            told = {"mass": mass[rows], "label": label[rows]}
            measuring.add(Batch(x[rows], mask[rows], told))
        found = measuring.spec()
        for place in range(4):
            real = x[mask[:, place], place]
            torch.testing.assert_close(found.mean[place], real.mean(dim=0))
            torch.testing.assert_close(found.std[place], real.std(dim=0))
        torch.testing.assert_close(found.given["mass"].mean, mass.mean())
        torch.testing.assert_close(found.law["mass"], (mass - mass.mean()) / mass.std())
        assert torch.equal(found.law["label"], label)

    def test_a_constant_can_be_divided_by(self):
        measuring = Measuring(DataSpec("points", (2,), torch.zeros(2), torch.ones(2)))
        measuring.add(Batch(torch.ones(9, 2)))
        assert (measuring.spec().std > 0).all()


class Ones:
    """A source that makes its own batches: rows that are the number of the step."""

    columns = ("u",)

    def __len__(self):
        return 5

    def spec(self):
        return DataSpec("points", (1,), torch.tensor([1.0]), torch.tensor([2.0]))

    def rows(self, index):
        return Batch(torch.zeros(5, 1)[index])

    def take(self, index):
        return self

    def feed(self, size, seed):
        class Feed:
            def batch(self, step):
                return Batch(torch.full((size, 1), float(step + seed)))

        return Feed()


def test_a_source_may_make_its_own_batches():
    source = Ones()
    assert isinstance(source, RowSource)
    assert isinstance(source, MakesBatches)
    fed = Fed(source.feed(3, 4), source.spec(), CPU)
    assert fed.batch(7).x.tolist() == [[5.0]] * 3


def test_parts_that_are_no_such_data_are_refused():
    with pytest.raises(Refused, match="no images"):
        kind_of("images").from_parts({"x": np.zeros((3, 4))}, Facts())
    with pytest.raises(Refused, match="no table"):
        kind_of("points").from_parts({"x": np.zeros((3, 4, 2))}, Facts())


def test_a_set_of_before_is_learned_from_whole(project):
    x = points(9)
    folder = project.path / "data" / "old"
    folder.mkdir(parents=True)
    with h5py.File(folder / "data.h5", "w") as file:
        file["x"] = x
    columns = ["u", "v", "w"]
    said = {"name": "old", "columns": columns, "rows": 9, "hash": points_hash(x, columns)}
    said |= {name: [0.0, 0.0, 0.0] for name in ("mean", "std", "minimum", "maximum")}
    lines = [f"{name} = {json.dumps(value)}" for name, value in said.items()]
    (folder / "dataset.toml").write_text("format = 1\n" + "\n".join(lines))
    outline = imported_outline("old", project.path)
    assert (outline.rows, outline.spec.kind, outline.spec.shape) == (9, "points", (3,))
    data = imported("old", project.path)
    np.testing.assert_array_equal(data.rows.x, x)
    assert (data.hash, data.most, data.unseen) == (said["hash"], 4, None)
    left, right = data.pair(4, 0)
    assert {*left.x[:, 0].tolist(), *right.x[:, 0].tolist()} <= set(range(9))


def test_jets_that_settings_are_chosen_by_are_none_of_the_test():
    entry = registry.get("dataset", "pythia-jets")
    data = registered(entry, entry.config(), 0, 0)
    assert [len(data.rows), len(data.held), len(data.unseen)] == [20_000, 5_000, 20_000]
    for part, n in ((data.rows, 4000), (data.held, 1000), (data.unseen, 4000)):
        assert part.label.bincount().tolist() == [n] * 5

    def known(*sources):
        return {
            tuple(row) for s in sources for row in torch.stack([s.pt, s.mass, s.eta], 1).tolist()
        }

    chosen_by, tested = known(*data.pair(200, 3)), known(*data.untouched(200, 3))
    assert len(chosen_by) == len(tested) == 400
    assert chosen_by <= known(data.held)
    assert tested <= known(data.unseen)
    assert not known(data.rows) & (known(data.held) | known(data.unseen))
    assert not known(data.held) & known(data.unseen)
    facts, _ = preview(Pick(slug="pythia-jets"), None, 5)
    assert facts["shares"] == {"learned": 20_000, "measured": 5_000, "tested": 20_000}
    digits = registry.get("dataset", "digits")
    plain = registered(digits, digits.config(), 0, 0)
    assert not plain.validates
    assert torch.equal(plain.pair(20, 1)[0].x, plain.untouched(20, 1)[0].x)


def test_jets_are_mirrored_anew_in_each_step_and_by_the_seed_alone():
    data = kinds.jets(64, 0)
    spec, plain = data.spec(), Shuffled(data.spec().standardised(data.rows(slice(None))), 32, 5)
    made, again = (Mirrored(plain, kinds.mirrored, spec, 5) for _ in range(2))
    again.batch(3)
    for step in (0, 1, 7):
        assert torch.equal(made.batch(step).x, again.batch(step).x)

    def turned(seed, step):
        before = spec.restored(plain.batch(step)).x
        after = spec.restored(Mirrored(plain, kinds.mirrored, spec, seed).batch(step)).x
        torch.testing.assert_close(after.abs(), before.abs(), rtol=1e-4, atol=1e-5)
        return (before * after)[:, 0, :2] < 0

    assert not torch.equal(turned(5, 0), turned(5, 1))
    assert not torch.equal(turned(5, 0), turned(6, 0))
    tops = RunSpec(name="a", family=Pick(slug="edm"), dataset=Pick(slug="pythia-jets"))
    assert check(tops).training.mirrored
    points = RunSpec(name="a", family=Pick(slug="edm"), dataset=Pick(slug="two-moons"))
    assert not check(points).training.mirrored


def test_types_of_jets_are_shared_out_alike_and_scaled_by_what_is_learned(project, tmp_path):
    """Also the concatenated classes of JetNet's own loader split differently by what else there
    is; and a scale that test rows had a part in would not be one of the training.
    """

    def came_in(name, *files):
        rows = formats.rows(files, "jetnet")
        with project.new_dataset(name, rows.schema) as writer:
            for block in rows.blocks:
                writer.add(block)
        return imported(name, project.path)

    paths = [tmp_path / "g.hdf5", tmp_path / "t.hdf5"]
    for seed, path in enumerate(paths):
        rng = np.random.default_rng(seed)
        clouds = np.ones((150 + 50 * seed, 3, 4), np.float32)
        clouds[..., :3] = rng.random((len(clouds), 3, 3)) / 3
        jets_of = np.abs(rng.normal(1000, 50, (len(clouds), 4))).astype(np.float32)
        jets_of[:, 2] /= 10  # a mass is below the pT
        with h5py.File(path, "w") as file:
            file["particle_features"], file["jet_features"] = clouds, jets_of
    both, top = came_in("both", *paths), came_in("top", paths[1])
    turned = came_in("turned", *reversed(paths))

    def tops(source):
        return source.pt[source.label == source.names.index("top")]

    for data in (both, turned):
        assert torch.equal(tops(data.unseen), tops(top.unseen))
        assert torch.equal(tops(data.held), tops(top.held))
        assert torch.equal(tops(data.rows), tops(top.rows))
    real = both.rows.x.flatten(0, 1)  # all places are real
    torch.testing.assert_close(both.rows.spec().mean[0], real.mean(dim=0))
    assert both.validates
    assert {float(x) for x in both.untouched(50, 0)[0].pt} <= set(both.unseen.pt.tolist())


@pytest.mark.parametrize(
    ("slug", "name", "module"),
    [("pythia-jets", "jets", jets), ("indian-pines", "indian-pines", cubes)],
)
def test_a_damaged_file_of_the_studio_is_said(tmp_path, monkeypatch, slug, name, module):
    monkeypatch.setattr(module, "folder", lambda _: tmp_path)
    (tmp_path / name).mkdir()
    np.savez(tmp_path / name / f"{name}.npz", other=np.zeros(3))
    entry = registry.get("dataset", slug)
    with pytest.raises(Refused, match="has invalid"):
        entry.make(entry.config())
