"""HDF5 files from somebody else, small on the disk and without end in memory, are refused."""

import struct
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from pushforward.studio.store import hdf5
from pushforward.studio.store.contents import read_arrays, read_names, read_numbers, read_text
from pushforward.studio.store.errors import Damaged
from pushforward.studio.store.flow import FlowStore
from pushforward.studio.store.samples import SampleSets
from tests.store.scenarios import record

WORDS = 4000


def linked(file: h5py.File) -> None:
    file["a"] = np.ones(2**19)
    for i in range(350):
        file[f"b{i}"] = file["a"]


def same_group(file: h5py.File) -> None:
    file["layers/a"] = np.ones(8)
    file["extras"] = file["layers"]


def oversized(file: h5py.File) -> None:
    made = file.create_dataset("a", (8,), "f8", chunks=(2**26,), maxshape=(None,))
    assert made.chunks == (2**26,)


def absent(file: h5py.File) -> None:
    file["room"] = np.zeros(2**16)
    for i in range(20):  # each as large as the file, and none of them there
        file.create_dataset(f"a{i}", (2**16,), "f8")


def texts(file: h5py.File) -> None:
    file.create_dataset("a", data=["x" * 100] * 10, dtype=h5py.string_dtype())


def many(file: h5py.File) -> None:
    for i in range(5000):
        file.create_dataset(f"{i}", (), "f4")


def long_name(file: h5py.File) -> None:
    file["n" * 2000] = 1.0


SHAPES = (linked, same_group, oversized, absent, texts, many, long_name)


@pytest.mark.parametrize("fill", SHAPES)
def test_more_than_a_file_holds_is_refused(
    tmp_path: Path, fill: Callable[[h5py.File], None]
) -> None:
    path = tmp_path / "x.h5"
    with h5py.File(path, "w") as file:
        fill(file)
    before = peak()
    with pytest.raises(Damaged), hdf5.opened(path) as file:
        read_arrays(file, ("layers", "extras"))
    assert peak() - before < 64 * 2**20, "refused before memory was taken"


def test_a_record_of_a_flow_and_a_set_of_samples_are_read_so(tmp_path: Path) -> None:
    store = FlowStore(tmp_path)
    store.keep(record(1))
    with h5py.File(store.path(1), "r+") as file:
        for i in range(20):
            file[f"again{i}"] = file["x"]
    with pytest.raises(Damaged, match="are one array"):
        store.load(1)

    path = tmp_path / "samples.h5"
    with h5py.File(path, "w") as file:
        file.attrs["format"] = 1
        file["x"] = np.zeros((4, 2), np.float32)
        file["provenance"] = ["{}"] * 3
    with pytest.raises(Damaged, match="one text"):
        SampleSets(tmp_path).read(path)


def shared_names(path: Path, length: int) -> None:
    """Write columns of which all the names are one text of a heap."""
    with h5py.File(path, "w", libver=("earliest", "v108")) as file:
        x = file.create_dataset("x", data=np.zeros((2, 2), np.float32))
        names = ["y" * length, *(f"{i}" for i in range(1, WORDS))]
        x.attrs.create("columns", names, dtype=h5py.string_dtype())
    data = bytearray(path.read_bytes())
    # Each name is its length, the address of its heap and its number there: 4, 8 and 4 bytes.
    at = data.index(struct.pack("<I", length), data.index(b"columns"))
    data[at : at + 16 * WORDS] = data[at : at + 16] * WORDS
    path.write_bytes(data)


def test_names_that_share_one_text_are_measured(tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    shared_names(path, 20)
    with hdf5.opened(path) as file:
        assert read_names(file["x"]) == ("y" * 20,) * WORDS, "so small ones are what they say"
    shared_names(path, 200_000)  # 800 MB, of a file of 300 kB
    before = peak()
    with pytest.raises(Damaged, match="names of its columns"), hdf5.opened(path) as file:
        read_names(file["x"])
    assert peak() - before < 64 * 2**20


def test_a_text_of_impossible_size_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    shared_names(path, 20)
    data = bytearray(path.read_bytes())
    at = data.index(b"GCOL") + 16  # the first text: number, references, zeros, size
    data[at + 8 : at + 16] = b"\xff" * 8
    path.write_bytes(data)
    with pytest.raises(Damaged, match="names of its columns"), hdf5.opened(path) as file:
        read_names(file["x"])


def test_a_number_that_overflows_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    with h5py.File(path, "w"):
        pass
    with pytest.raises(Damaged, match="too large"), hdf5.opened(path):
        raise OverflowError("too large")


def test_attributes_that_should_be_numbers(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.attrs["format"] = ["a", "b"]
        file.attrs["step"] = 3
        file["provenance"] = "said"
        assert read_numbers(file, "step") == 3
        assert read_text(file, "provenance") == "said"
        with pytest.raises(ValueError, match="should be a number"):
            read_numbers(file, "format")


def peak() -> int:
    """Return the most memory that this process has had, in bytes."""
    resource = pytest.importorskip("resource")
    most = int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return most if sys.platform == "darwin" else most * 1024
