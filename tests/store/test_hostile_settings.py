"""What a hostile file, a set clock or a received folder may do to the store: nothing."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from pushforward.studio.launch import own_env
from pushforward.studio.store import hdf5, lines, links, process
from pushforward.studio.store.atomic import make_folder, partial_path, sweep
from pushforward.studio.store.errors import Damaged, StoreError


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="boot time is of Linux")
def test_a_clock_that_is_set_makes_no_writer_look_dead(monkeypatch) -> None:
    pid, started = process.this_process()
    assert process.is_same(pid, started)
    assert not process.is_same(pid, started + 5)
    old = psutil.Process().create_time()
    assert process.is_same(pid, old), "as earlier versions wrote it"
    boot, create = psutil.boot_time, psutil.Process.create_time
    monkeypatch.setattr(psutil, "boot_time", lambda: boot() + 5)
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: create(self) + 5)
    assert process.is_same(pid, started)


def test_what_another_machine_is_writing_is_left_alone(tmp_path: Path, monkeypatch) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    ours = partial_path(tmp_path / "ours")
    ours.touch()
    place = process.here()
    for name in (f".a.{dead.pid}-01234567-{place}", f".b.{dead.pid}-01234567"):
        (tmp_path / f"{name}.partial").touch()
    theirs = tmp_path / f".c.{dead.pid}-01234567-fedcba98.partial"
    theirs.touch()
    assert len(sweep(tmp_path)) == 2
    assert set(tmp_path.iterdir()) == {ours, theirs}
    two_days_ago = theirs.stat().st_mtime - 2 * 86_400
    os.utime(theirs, (two_days_ago, two_days_ago))
    assert sweep(tmp_path) == [theirs.name]


def test_a_short_memory_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "some.h5"
    hdf5.write(path, lambda file: file.create_dataset("x", data=[1.0]))
    with pytest.raises(StoreError, match="too little free memory") as caught, hdf5.opened(path):
        raise MemoryError
    assert not isinstance(caught.value, Damaged)


CLAIM = """
import errno, fcntl, sys
from pushforward.studio.store.lock import Busy, Lock

def refuse(*of):
    raise OSError(errno.ENOLCK, "no locks available")

fcntl.flock = refuse
lock = Lock(sys.argv[1], "It is trained")
try:
    lock.take()
    print("taken", flush=True)
    sys.stdin.read()
    lock.release()
except Busy as error:
    print(error, flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="locks are others there")
def test_where_there_are_no_locks_one_of_two_gets_it(tmp_path: Path) -> None:
    def start() -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", CLAIM, str(tmp_path)]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=own_env())

    def said(child: "subprocess.Popen[str]") -> str:
        assert child.stdout is not None
        return child.stdout.readline()

    with start() as first, start() as second:
        lines_of = {said(first), said(second)}
        assert "taken\n" in lines_of
        assert any("by process" in line for line in lines_of)
        first.kill()
        second.kill()
    with start() as third:  # a claim of the dead is no hindrance
        assert said(third) == "taken\n"
        third.communicate()
    assert not list(tmp_path.glob("*claim*"))


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_marker_behind_a_link_hides_no_link_that_leads_out(tmp_path: Path) -> None:
    project, other = tmp_path / "project", tmp_path / "other"
    (other / "inner").mkdir(parents=True)
    for folder in (project, other, other / "inner"):
        folder.mkdir(exist_ok=True)
        (folder / "project.toml").touch()
    (project / "runs").symlink_to(other)
    with pytest.raises(StoreError, match="leads out"):
        links.stay_inside(project / "runs" / "inner" / "file")


@pytest.mark.skipif(os.name == "nt", reason="folders are not synced there")
def test_a_new_folder_is_forced_to_the_disk(tmp_path: Path, monkeypatch) -> None:
    synced: list[Path] = []
    monkeypatch.setattr("pushforward.studio.store.atomic.sync_folder", synced.append)
    make_folder(tmp_path / "new")
    make_folder(tmp_path / "new")
    assert synced == [tmp_path]


@pytest.mark.skipif(sys.platform != "linux", reason="counts memory in kilobytes there")
def test_lines_cost_little_more_than_their_file(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"a": 1}\n' * 4_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found, end = lines.complete(path)
    assert sum(1 for _ in found) == 4_000_000
    assert end == path.stat().st_size
    grown = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    assert grown < 2.5 * path.stat().st_size
