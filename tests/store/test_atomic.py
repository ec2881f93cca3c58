import errno
import os
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from pushforward.studio.protocol.records import FlowRecord
from pushforward.studio.store import atomic
from pushforward.studio.store.atomic import check_space, replacing, sweep, write_bytes
from pushforward.studio.store.checkpoint import Checkpoints
from pushforward.studio.store.errors import DiskFull, StoreError, explain, human_bytes
from pushforward.studio.store.flow import FlowStore
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder, RunStatus
from tests.store.scenarios import generated

Usage = namedtuple("Usage", "total used free")


class FullFile:
    """A file on a disk that takes one more byte and then no more."""

    def __init__(self, file):
        self._file = file

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()

    def write(self, data):
        self._file.write(bytes(data)[:1])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def full_on_write(monkeypatch):
    def fill(path, mode):
        return FullFile(Path(path).open(mode))

    monkeypatch.setattr(atomic, "open", fill, raising=False)


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "a.txt"
    write_bytes(path, b"old")
    with replacing(path) as temp:
        temp.write_bytes(b"new")
        assert path.read_bytes() == b"old"
        assert temp.parent == path.parent
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_an_error_in_the_block_changes_nothing(tmp_path):
    path = tmp_path / "a.txt"
    write_bytes(path, b"old")

    def fail():
        with replacing(path) as temp:
            temp.write_bytes(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_exclusive_never_replaces(tmp_path):
    path = tmp_path / "a.txt"
    write_bytes(path, b"mine", exclusive=True)
    with pytest.raises(FileExistsError):
        write_bytes(path, b"yours", exclusive=True)
    assert path.read_bytes() == b"mine"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_exclusive_works_without_hard_links(tmp_path, monkeypatch):
    def no_links(*_):
        raise OSError(errno.EPERM, "not here")

    monkeypatch.setattr(os, "link", no_links)
    path = tmp_path / "a.txt"
    write_bytes(path, b"mine", exclusive=True)
    with pytest.raises(FileExistsError):
        write_bytes(path, b"yours", exclusive=True)
    assert path.read_bytes() == b"mine"


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(StoreError, match="there is no folder"):
        write_bytes(tmp_path / "nowhere" / "a.txt", b"")


def test_a_very_long_name_still_has_a_temporary_one(tmp_path):
    path = tmp_path / ("n" * 250)
    write_bytes(path, b"x")
    assert path.read_bytes() == b"x"


def test_a_full_disk_while_writing_keeps_the_old(tmp_path, full_on_write):
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    with pytest.raises(DiskFull, match=r"disk is full: .*a\.txt") as error:
        write_bytes(path, b"new")
    assert error.value.info().kind == "disk"
    assert "Free some space" in error.value.info().hint
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_disk_that_fills_at_the_end_keeps_every_old_file(tmp_path, monkeypatch):
    run, checkpoints = RunFolder(tmp_path), Checkpoints(tmp_path / "checkpoints")
    run.write_status(RunStatus(state="running", step=1))
    checkpoints.save(1, {"w": np.ones(3)}, {})
    run.flow.keep(FlowRecord.from_arrays(1, np.zeros(1), np.zeros((1, 2, 2))))

    def fsync(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        for act in (
            lambda: run.write_status(RunStatus(state="paused", step=2)),
            lambda: checkpoints.save(2, {"w": np.ones(3)}, {}),
            lambda: run.flow.keep(FlowRecord.from_arrays(2, np.zeros(1), np.zeros((1, 2, 2)))),
            lambda: generated(run.path, np.ones((2, 2))),
        ):
            with pytest.raises(DiskFull):
                act()
    assert run.status().step == 1
    assert checkpoints.steps() == [1]
    assert run.flow.steps() == [1]
    assert run.samples.paths() == []
    assert not list(tmp_path.rglob("*.partial"))


def test_space_is_checked_before_writing(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12, 20_000_000))
    check_space(tmp_path / "not" / "yet", 3_000_000)
    with pytest.raises(DiskFull, match=r"5\.0 GB needed and 16\.8 MB to be left .* 20\.0 MB free"):
        check_space(tmp_path, 5_000_000_000)


def test_nothing_big_is_begun_on_a_full_disk(tmp_path, monkeypatch):
    project = Project.create(tmp_path, "p")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12, 1000))
    with pytest.raises(DiskFull):
        Checkpoints(tmp_path / "c").save(1, {"w": np.ones(10)}, {})
    with pytest.raises(DiskFull):
        FlowStore(tmp_path).keep(FlowRecord.from_arrays(1, np.zeros(1), np.zeros((1, 2, 2))))
    with pytest.raises(DiskFull):
        project.add_dataset("d", np.eye(2), ["x", "y"])
    assert project.datasets() == []
    assert Checkpoints(tmp_path / "c").steps() == []


def test_sweep_removes_what_dead_writers_left_and_nothing_else(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    old = tmp_path / f".a.{os.getpid()}-89abcdef.partial"
    dead = tmp_path / f".a.toml.{gone.pid}-01234567.partial"
    alive = tmp_path / f".a.toml.{os.getpid()}-01234567.partial"
    other = tmp_path / "a.partial"
    for path in (old, dead, alive, other):
        path.touch()
    os.utime(old, (0, 0))
    assert sorted(sweep(tmp_path)) == sorted([old.name, dead.name])
    assert sorted(os.listdir(tmp_path)) == sorted([alive.name, other.name])
    assert sweep(tmp_path / "nowhere") == []


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EACCES, "No permission to write"),
        (errno.EROFS, "No permission"),
        (errno.ENOSPC, "disk is full"),
        (errno.EIO, "Check that the disk"),
    ],
)
def test_what_the_system_says_is_explained(tmp_path, number, words):
    error = explain(OSError(number, os.strerror(number)), tmp_path / "f")
    assert words in str(error)
    assert str(tmp_path / "f") in str(error)


def test_sizes_for_people():
    assert [human_bytes(n) for n in (12, 3_200_000, 10_737_418_240, 5e15)] == [
        "12 B",
        "3.2 MB",
        "10.7 GB",
        "5000.0 TB",
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_what_is_no_file_is_not_replaced_by_one(tmp_path):
    """An export to a device would put a file in the device's place, for whoever may do so."""
    pipe, folder = tmp_path / "pipe", tmp_path / "folder"
    os.mkfifo(pipe)
    folder.mkdir()
    for path in (pipe, folder):
        with pytest.raises(StoreError, match="not a file"):
            atomic.write_bytes(path, b"text")
    assert pipe.is_fifo()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["folder", "pipe"]
