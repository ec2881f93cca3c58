import sys
from contextlib import contextmanager
from fnmatch import fnmatch

import numpy as np
import pytest

from pushforward.studio.formats import FormatError, files
from pushforward.studio.formats.importer import Importer, Rows
from pushforward.studio.formats.inspection import Inspection
from pushforward.studio.formats.registry import Importers, discover, importers
from pushforward.studio.formats.tables import importer as points
from pushforward.studio.formats.tables import reading
from pushforward.studio.formats.tables.base import ArrayTable, Format
from pushforward.studio.formats.tables.registry import Registry, registry
from pushforward.studio.protocol.catalog import Choice, FieldSpec
from pushforward.studio.store.parts import Part
from pushforward.studio.store.schema import Schema
from tests.formats.whole import inspect, read


class Twos(Format):
    """A table format of one's own: a file of bytes, taken two by two."""

    slug = "twos"
    title = "Pairs of bytes"
    suffixes = (".two",)

    @contextmanager
    def open(self, path):
        pairs = np.frombuffer(path.read_bytes(), np.uint8).reshape(-1, 2)
        yield [ArrayTable("pairs", ("a", "b"), len(pairs), lambda i, j: pairs[i:j])]


class Bells(Importer):
    """An importer of one's own: CSV files that begin with a bell, one a class."""

    slug = "bells"
    kind = "bells"
    title = "Bells"
    suffixes = (".csv",)
    options = (
        FieldSpec(path="n", kind="int", title="Times", help="", default=2, low=1, high=9),
        FieldSpec(
            path="how", kind="choice", title="How", help="", default="a",
            choices=[Choice(value="a", title="A"), Choice(value="b", title="B")],
        ),
    )  # fmt: skip
    parts = (Part(name="x", dtype="uint8"), Part(name="label", dtype="int64"))

    def claims(self, path):
        with open(path, "rb") as file:
            return file.read(1) == b"\a"

    def inspect(self, paths, options):
        return Inspection(
            files=[str(p) for p in paths], importer="bells", kind="bells", format="csv", bytes=0,
            rows=options["n"] * len(paths), parts=list(self.parts),
            preview={"x": [7]},
        )  # fmt: skip

    def rows(self, paths, options):
        classes = [path.stem for path in paths]
        schema = Schema(kind="bells", parts=list(self.parts), classes=classes)

        def blocks():
            for label in range(len(paths)):
                x = np.full(options["n"], 7, np.uint8)
                yield {"x": x, "label": np.full(len(x), label)}

        return Rows(schema, blocks(), options["n"] * len(paths))


@pytest.fixture
def both(monkeypatch):
    """The points importer and one that is more particular."""
    mine = Importers()
    mine.add(points.Points())
    mine.add(Bells())
    monkeypatch.setattr(files, "importers", mine)
    return mine


def test_the_package_registers_its_importers_and_formats():
    assert discover() == []
    assert sorted(each.slug for each in importers.all()) == [
        "cifar", "edgelist", "gml", "graph-json", "graph6", "graphml", "idx", "image-arrays",
        "image-files", "jetnet", "jetnet-variables", "jets-columns", "movielens",
        "plain-text", "points", "recommendation-table", "scene", "sdf", "series-arrays",
        "series-table", "smiles", "top-tagging", "tu", "wav", "xyz",
    ]  # fmt: skip
    assert [f.slug for f in registry.all()] == ["csv", "hdf5", "npy", "npz"]
    assert {".csv", ".tsv", ".npy", ".npz", ".h5", ".hdf5"} <= set(importers.suffixes())
    assert set(registry.suffixes(writing=True)) == {".csv", ".tsv", ".npz", ".h5", ".hdf5"}


def test_a_new_table_format_is_one_class(tmp_path, monkeypatch):
    mine = Registry()
    mine.add(Twos())
    monkeypatch.setattr(reading, "registry", mine)
    monkeypatch.setattr(points, "registry", mine)
    (tmp_path / "p.TWO").write_bytes(bytes([1, 2, 3, 4]))
    assert inspect(tmp_path / "p.TWO").format == "twos"
    np.testing.assert_array_equal(read(tmp_path / "p.TWO"), [[1, 2], [3, 4]])


def test_suffixes_of_table_formats_are_not_shared():
    mine = Registry()
    mine.add(Twos())
    mine.add(Twos())

    class Rival(Twos):
        slug = "rival"

    with pytest.raises(ValueError, match=r"\.two already belongs to the format 'twos'"):
        mine.add(Rival())
    assert len(mine.all()) == 1


def test_what_is_in_a_file_tells_importers_apart_and_the_person_may_choose(tmp_path, both):
    bell, plain = tmp_path / "bell.csv", tmp_path / "plain.csv"
    bell.write_text("\a,2\n3,4\n5,6\n")
    plain.write_text("1,2\n3,4\n")
    found = files.inspect([bell])
    assert (found.importer, found.bytes) == ("bells", 12)
    assert [offer.slug for offer in found.offers] == ["bells", "points"]
    assert [field.path for field in found.offers[0].options] == ["n", "how"]
    assert files.inspect([bell], "points").items[0].rows == 2
    assert [offer.slug for offer in files.inspect([plain]).offers] == ["points"]
    assert files.inspect([plain, bell]).importer == "points"  # the only one that takes both


def test_several_files_are_the_rows_of_all(tmp_path, both):
    paths = [tmp_path / "gluon.csv", tmp_path / "top.csv"]
    for path in paths:
        path.write_text("\a\n")
    assert files.inspect(paths, options={"n": 3}).rows == 6
    found = files.rows(paths, options={"n": 3})
    assert (found.schema.classes, found.total) == (["gluon", "top"], 6)
    assert np.concatenate([b["label"] for b in found.blocks]).tolist() == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"m": 1}, "no option 'm'; there are n, how"),
        ({"n": 0}, "Times is out of bounds"),
        ({"n": True}, "Times cannot be True"),
        ({"n": float("nan")}, "Times cannot be nan"),
        ({"how": "c"}, "How must be one of"),
    ],
)
def test_what_an_importer_cannot_be_told_is_refused(tmp_path, both, options, words):
    (tmp_path / "a.csv").write_text("\a\n")
    with pytest.raises(FormatError, match=words) as error:
        files.rows([tmp_path / "a.csv"], "bells", options)
    assert error.value.kind == "user"


def test_an_importer_that_there_is_not_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("1,2\n3,4\n")
    with pytest.raises(FormatError, match="no importer 'jets'"):
        files.inspect([tmp_path / "a.csv"], "jets")
    with pytest.raises(FormatError, match="0 files are selected"):
        files.inspect([])


def test_a_slug_is_not_shared():
    mine = Importers()
    mine.add(Bells())
    mine.add(Bells())

    class Rival(Bells):
        pass

    with pytest.raises(ValueError, match="'bells' is already"):
        mine.add(Rival())


def test_a_broken_module_is_reported_and_stops_nobody(tmp_path, monkeypatch):
    package = tmp_path / "some_formats"
    (package / "jets").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "jets" / "__init__.py").touch()
    (package / "bad.py").write_text("raise RuntimeError('no luck')")
    (package / "jets" / "good.py").write_text("LOADED = True\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    (problem,) = discover("some_formats")
    assert (problem.module, problem.message) == ("some_formats.bad", "RuntimeError: no luck")
    assert "no luck" in problem.details
    assert sys.modules["some_formats.jets.good"].LOADED


def test_dialogs_find_files_whose_names_have_no_suffix():
    discover()
    for name in ("data_batch_1", "test_batch", "t10k-images-idx3-ubyte", "a.npz"):
        assert any(fnmatch(name, pattern) for pattern in importers.patterns()), name
