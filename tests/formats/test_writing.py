import csv
import json
import os
import shutil
from collections import namedtuple

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pushforward.studio.formats import FormatError, write_points
from pushforward.studio.store.errors import DiskFull
from tests.formats.whole import read_named

X = np.array([[0.1, -1e-20], [3.4e38, 5.0], [1 / 3, 2**24 + 1]], np.float32)
ATTRS = {"run": "0001-ring", "seed": 3, "sampler": {"slug": "heun", "steps": 18}}
SUFFIXES = [".csv", ".tsv", ".npz", ".h5"]
NAMES = st.lists(
    st.text(st.characters(categories=["L"]), min_size=1, max_size=6),
    min_size=2,
    max_size=5,
    unique=True,
)


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_points_come_back_bit_for_bit(tmp_path_factory, suffix, data):
    names = data.draw(
        NAMES.filter(lambda n: not {s.lower() for s in n} & {"nan", "inf", "infinity"})
    )
    finite = st.floats(width=32, allow_nan=False, allow_infinity=False)
    shape = st.tuples(st.integers(2, 6), st.just(len(names)))
    x = data.draw(hnp.arrays(np.float32, shape, elements=finite))
    path = tmp_path_factory.mktemp("w") / f"p{suffix}"
    write_points(path, x, names, ATTRS)
    back, columns = read_named(path)
    np.testing.assert_array_equal(back, x)
    assert columns == tuple(names)


def test_csv_is_what_any_reader_expects(tmp_path):
    write_points(tmp_path / "p.csv", X, ["u", "v, w"], ATTRS)
    with open(tmp_path / "p.csv", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["u", "v, w"]
    np.testing.assert_array_equal(np.float32(rows[1:]), X)
    assert json.loads((tmp_path / "p.csv.json").read_text()) == ATTRS


def test_npz_is_what_any_reader_expects(tmp_path):
    write_points(tmp_path / "p.npz", X, ["u", "v"], ATTRS)
    with np.load(tmp_path / "p.npz", allow_pickle=False) as file:
        np.testing.assert_array_equal(file["x"], X)
        assert file["columns"].tolist() == ["u", "v"]
        assert json.loads(str(file["provenance"])) == ATTRS


def test_hdf5_is_what_any_reader_expects(tmp_path):
    write_points(tmp_path / "p.h5", X, ["u", "v"], ATTRS)
    with h5py.File(tmp_path / "p.h5") as file:
        np.testing.assert_array_equal(file["x"][()], X)
        assert list(file["x"].attrs["columns"]) == ["u", "v"]
        assert json.loads(file["provenance"].asstr()[()]) == ATTRS


def test_no_provenance_leaves_no_file_beside(tmp_path):
    write_points(tmp_path / "p.csv", X, ["u", "v"])
    assert os.listdir(tmp_path) == ["p.csv"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_old_file_survives_a_full_disk(tmp_path, monkeypatch, suffix):
    path = tmp_path / f"p{suffix}"
    write_points(path, X, ["u", "v"])
    before = path.read_bytes()

    usage = namedtuple("Usage", "total used free")
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: usage(1, 1, 0))
        with pytest.raises(DiskFull):
            write_points(path, X + 1, ["u", "v"])

    def fsync(handle):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        with pytest.raises(DiskFull):
            write_points(path, X + 1, ["u", "v"])
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [path.name]


def test_what_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(FormatError, match=r"'\.npy', which cannot be written") as error:
        write_points(tmp_path / "p.npy", X, ["u", "v"])
    assert ".csv" in error.value.hint
    with pytest.raises(ValueError, match=r"\(n, 3\)"):
        write_points(tmp_path / "p.csv", X, ["u", "v", "w"])
    assert os.listdir(tmp_path) == []
