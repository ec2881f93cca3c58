"""What is said of HDF5 files that cannot be read: in words, none of them the library's."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from pushforward.studio.store import hdf5
from pushforward.studio.store.errors import Damaged, StoreError


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    path = tmp_path / "whole.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=np.arange(4000.0), compression="gzip")
    return path.read_bytes()


def damaged(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(Damaged) as caught, hdf5.opened(path) as file:
        file["x"][()]
    message = caught.value.message
    assert message.startswith(f"{path} is ")
    assert not {"synchronously", "superblock", "eof"} & set(message.split())
    return message


def test_it_is_said_what_is_wrong(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "x.h5"
    assert "no HDF5 file" in damaged(path, b"a,b\n1,2\n" * 100)
    half = len(whole) // 2
    assert f"cut off: {half:,} of its {len(whole):,} bytes" in damaged(path, whole[:half])
    assert "its head cannot be read" in damaged(path, whole[:8] + b"\xff" * 60 + whole[68:])
    at = whole.index(b"\x78\x5e") if b"\x78\x5e" in whole else len(whole) - 900
    spoilt = whole[: at + 40] + b"\x00" * 200 + whole[at + 240 :]
    assert "part of it cannot be read" in damaged(path, spoilt)


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.h5", "w"):
        pass
    assert "it has no 'x'" in damaged(tmp_path / "x.h5", (tmp_path / "x.h5").read_bytes())


def test_a_block_of_the_user_may_come_first(tmp_path: Path) -> None:
    path = tmp_path / "user.h5"
    with h5py.File(path, "w", userblock_size=1024) as file:
        file["x"] = 1.0
    assert hdf5.signed(path)
    path.write_bytes(b"")
    assert not hdf5.signed(path)


def test_a_file_that_goes_while_it_is_opened_does_not_exist(tmp_path, monkeypatch):
    """A kept record may be thinned out between the look whether it is there and the opening."""
    path = tmp_path / "step.h5"
    path.write_bytes(b"")

    def gone(*_, **__):
        path.unlink()
        raise OSError("can't retrieve stat info for file")

    monkeypatch.setattr("h5py.File", gone)
    with pytest.raises(StoreError, match="does not exist"), hdf5.opened(path):
        pass
