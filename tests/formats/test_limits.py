"""What a file declares is not believed: no size, no shape, no block of it costs memory or hours."""

import io
import zipfile

import h5py
import msgspec
import numpy as np
import psutil
import pytest

from pushforward.studio.formats import FormatError, limits
from pushforward.studio.formats.tables.csv import Csv
from pushforward.studio.protocol.wire import MAX_HEADER
from tests.formats.whole import inspect, read

WIDE = (2, 10**9)


def npy_head(shape, descr="<f4"):
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        head, {"descr": descr, "fortran_order": False, "shape": shape}
    )
    return head.getvalue()


def declare(path, shape):
    """Write a small file that says that it has a table of such a shape."""
    if path.suffix == ".h5":
        with h5py.File(path, "w") as file:
            file.create_dataset("x", shape, "f4", chunks=(1, 1000))
    elif path.suffix == ".npz":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("x.npy", npy_head(shape))
    else:
        path.write_bytes(npy_head(shape))


@pytest.mark.parametrize("name", ["p.h5", "p.npy", "p.npz"])
@pytest.mark.parametrize("shape", [WIDE, (10**12, 10**6)])
def test_a_huge_shape_is_refused_before_its_names_are_made(tmp_path, monkeypatch, name, shape):
    monkeypatch.setattr("pushforward.studio.formats.tables.hdf5.default_names", pytest.fail)
    monkeypatch.setattr("pushforward.studio.formats.tables.npy.default_names", pytest.fail)
    declare(tmp_path / name, shape)
    for look in (inspect, read):
        with pytest.raises(FormatError, match=r"limit is|are there") as error:
            look(tmp_path / name)
        assert error.value.hint


@pytest.mark.parametrize("name", ["p.h5", "p.npy", "p.npz"])
def test_a_table_without_columns_is_refused(tmp_path, name):
    x = np.empty((5, 0), np.float32, order="F")
    if name == "p.h5":
        with h5py.File(tmp_path / name, "w") as file:
            file["x"] = x
    else:
        np.save(tmp_path / name, x) if name == "p.npy" else np.savez(tmp_path / name, x=x)
    with pytest.raises(FormatError, match="5 rows without columns"):
        inspect(tmp_path / name)


def test_there_are_no_names_for_columns_without_end():
    from pushforward.studio.formats.tables.base import default_names

    with pytest.raises(ValueError, match="2048"):
        default_names(10**9)


def test_a_pass_through_a_text_table_that_is_given_up_leaves_no_open_file(tmp_path) -> None:
    np.savetxt(tmp_path / "p.csv", np.ones((5000, 2)))
    with Csv().open(tmp_path / "p.csv") as [table]:
        chunks = table.chunks()
        next(chunks)
        assert any(each.path.endswith("p.csv") for each in psutil.Process().open_files())
    assert not any(each.path.endswith("p.csv") for each in psutil.Process().open_files())
    chunks.close()


def test_points_that_do_not_fit_are_refused_with_figures_and_may_be_chosen_from(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(limits, "MAX_POINTS", 2**16)
    x = np.random.default_rng(0).normal(size=(5000, 4)).astype(np.float32)
    np.save(tmp_path / "p.npy", x)
    np.savetxt(tmp_path / "p.csv", x)
    for name in ("p.npy", "p.csv"):
        with pytest.raises(FormatError, match=r"of memory .*; the limit is 65\.5 kB") as error:
            read(tmp_path / name)
        assert "random subset of 4,096 rows" in error.value.hint
        (item,) = inspect(tmp_path / name).items
        assert "80.0 kB of memory (5,000 rows of 4 columns)" in item.notes[0]
        chosen = [column.name for column in item.columns][:3]
        assert read(tmp_path / name, columns=chosen).shape == (5000, 3)


def test_a_block_that_is_too_large_is_refused_by_its_shape(tmp_path):
    with h5py.File(tmp_path / "p.h5", "w") as file:
        file.create_dataset("x", (20_000_000, 3), "f4", chunks=(20_000_000, 3), compression="gzip")
    with pytest.raises(FormatError, match=r"240\.0 MB of memory at once, since it is stored in bl"):
        inspect(tmp_path / "p.h5")


@pytest.mark.parametrize("chunks", [(1, 1), (1000, 3_000_000)])
def test_blocks_without_end_are_refused(tmp_path, chunks):
    with h5py.File(tmp_path / "p.h5", "w") as file:
        file.create_dataset("x", (2_000_000, 2), "f8", maxshape=(None, None), chunks=chunks)
    with pytest.raises(FormatError, match="blocks of"):
        inspect(tmp_path / "p.h5")


def test_each_block_is_unpacked_once(tmp_path, monkeypatch):
    """Reading in slices of our own choice unpacked a block for each slice that touched it."""
    monkeypatch.setattr(limits, "CHUNK_BYTES", 2**12)
    x = np.random.default_rng(0).normal(size=(10_000, 2)).astype(np.float32)
    with h5py.File(tmp_path / "p.h5", "w") as file:
        file.create_dataset("x", data=x, chunks=(3000, 1), compression="gzip")
        file["u"], file["v"] = x[:, 0], x[:, 1]
    slices = []
    whole = h5py.Dataset.__getitem__

    def count(self, key):
        slices.append((self.name, key))
        return whole(self, key)

    monkeypatch.setattr(h5py.Dataset, "__getitem__", count)
    np.testing.assert_array_equal(read(tmp_path / "p.h5", "x", ["x", "y"]), x)
    rows = [slice(i, min(i + 3000, 10_000)) for i in range(0, 10_000, 3000)]
    strips = [slice(0, 1), slice(1, 2)]
    assert [key for name, key in slices if name == "/x"] == [(r, s) for r in rows for s in strips]
    np.testing.assert_array_equal(read(tmp_path / "p.h5", "/"), x)


def test_a_file_of_very_many_tables_shows_the_first_and_reads_any(tmp_path, monkeypatch):
    monkeypatch.setattr("pushforward.studio.formats.tables.reading.MAX_ITEMS", 5)
    with h5py.File(tmp_path / "p.h5", "w") as file:
        for k in range(12):
            file[f"g{k:02}/x"] = np.full((3, 2), k, np.float32)
    found = inspect(tmp_path / "p.h5")
    assert len(found.items) == 5
    assert found.items[0].notes[-1] == "12 tables are in the file; the first 5 are shown."
    assert read(tmp_path / "p.h5", "g11/x")[0, 0] == 11
    monkeypatch.setattr("pushforward.studio.formats.hdf5walk.MAX_OBJECTS", 10)
    with pytest.raises(FormatError, match="more than 10 groups and data sets"):
        inspect(tmp_path / "p.h5")


def test_what_is_found_fits_into_a_message(tmp_path):
    wide = {f"{'n' * 150}{k}": np.full((100, 2048), np.nan) for k in range(9)}
    np.savez_compressed(tmp_path / "p.npz", **wide)
    found = inspect(tmp_path / "p.npz")
    assert len(found.items) == 2
    assert "9 tables are in the file; the first 2 are shown" in found.items[0].notes[-1]
    assert len(msgspec.msgpack.encode(found)) < MAX_HEADER / 2
    assert len(found.items[0].preview) == 9


def test_the_work_of_all_tables_together_ends(tmp_path, monkeypatch):
    monkeypatch.setattr("pushforward.studio.formats.tables.reading.MAX_CELLS", 10)
    np.savez(tmp_path / "p.npz", a=np.ones((4, 2)), b=np.ones((4, 2)))
    first, second = inspect(tmp_path / "p.npz").items
    assert first.rows == 4
    assert "Not scanned" in second.problems[0]
    assert read(tmp_path / "p.npz", "b").shape == (4, 2)


def test_a_file_of_few_lines_without_end_is_taken_in_parts(tmp_path, monkeypatch):
    monkeypatch.setattr("pushforward.studio.formats.tables.csv._BLOCK", 1000)
    x = np.random.default_rng(0).normal(size=(300, 40)).astype(np.float32)
    np.savetxt(tmp_path / "p.csv", x, fmt="%.9g", delimiter=",")
    np.testing.assert_array_equal(read(tmp_path / "p.csv"), x)


def test_a_row_that_never_ends_is_refused(tmp_path):
    (tmp_path / "p.csv").write_text('u,v\n1,2\n"' + '\n","' * 400_000)
    with pytest.raises(FormatError, match="more than 1,048,576 characters"):
        inspect(tmp_path / "p.csv")
