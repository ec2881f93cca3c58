import sys
from contextlib import contextmanager

import numpy as np
import pytest

from studio.formats import files, inspect, read
from studio.formats.base import ArrayTable, Format
from studio.formats.registry import Registry, discover, registry

MODULE = """
from studio.formats.base import Format
from studio.formats.registry import register
raise {error}
"""


class Twos(Format):
    """A format of one's own: a file of bytes, taken two by two."""

    slug = "twos"
    title = "Pairs of bytes"
    suffixes = (".two",)

    @contextmanager
    def open(self, path):
        pairs = np.frombuffer(path.read_bytes(), np.uint8).reshape(-1, 2)
        yield [ArrayTable("pairs", ("a", "b"), len(pairs), lambda i, j: pairs[i:j])]


def test_the_package_registers_its_formats():
    assert discover() == []
    assert [f.slug for f in registry.all()] == ["csv", "hdf5", "npy", "npz"]
    assert {".csv", ".tsv", ".npy", ".npz", ".h5", ".hdf5"} <= set(registry.suffixes())
    assert set(registry.suffixes(writing=True)) == {".csv", ".tsv", ".npz", ".h5", ".hdf5"}


def test_a_new_format_is_one_class(tmp_path, monkeypatch):
    mine = Registry()
    mine.add(Twos())
    monkeypatch.setattr(files, "registry", mine)
    (tmp_path / "p.TWO").write_bytes(bytes([1, 2, 3, 4]))
    assert inspect(tmp_path / "p.TWO").format == "twos"
    np.testing.assert_array_equal(read(tmp_path / "p.TWO"), [[1, 2], [3, 4]])


def test_suffixes_are_not_shared():
    mine = Registry()
    mine.add(Twos())
    mine.add(Twos())

    class Rival(Twos):
        slug = "rival"

    with pytest.raises(ValueError, match=r"\.two already belongs to the format 'twos'"):
        mine.add(Rival())
    assert len(mine.all()) == 1


def test_a_broken_module_is_reported_and_stops_nobody(tmp_path, monkeypatch):
    package = tmp_path / "some_formats"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "bad.py").write_text(MODULE.format(error="RuntimeError('no luck')"))
    (package / "good.py").write_text("LOADED = True\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    (problem,) = discover("some_formats")
    assert (problem.module, problem.message) == ("some_formats.bad", "RuntimeError: no luck")
    assert "no luck" in problem.details
    assert sys.modules["some_formats.good"].LOADED
