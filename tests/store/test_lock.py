"""One process at a time, as the operating system sees to it."""

import errno
import io
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.lock import NAME, NOTING, Busy, Lock
from pushforward.studio.store.process import here
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder, RunRecord
from tests.store.scenarios import SPEC

ROOT = Path(__file__).parents[2]
HOLDER = """
import subprocess, sys
from pathlib import Path
from pushforward.studio.store.lock import Lock
Lock(Path(sys.argv[1]), "It is held").take()
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], close_fds=False)
print(child.pid, flush=True)
sys.stdin.read()
"""
RACER = """
import sys, time
from pathlib import Path
from pushforward.studio.store.lock import Busy, Lock
folder, start = Path(sys.argv[1]), float(sys.argv[2])
lock = Lock(folder, "It is held")
while time.time() < start:
    pass
try:
    lock.take()
except Busy as busy:
    print("busy", busy.pid)
else:
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(folder: Path) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """A process that holds the lock of a folder, and has started another one."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        try:
            yield process, child
        finally:
            process.kill()
            os.kill(child, 9)


def test_another_process_is_told_who_has_it(tmp_path: Path) -> None:
    lock = Lock(tmp_path, "It is held")
    with holder(tmp_path) as (process, _):
        with pytest.raises(Busy, match=f"^It is held by process {process.pid}\\. Stop") as busy:
            lock.take()
        assert (busy.value.pid, busy.value.kind) == (process.pid, "user")
        process.kill()
        process.wait()
        # Freed by the kill, although a child of the killed one lives on.
        with lock.hold():
            assert json.loads((tmp_path / NAME).read_text())["pid"] == os.getpid()
    assert not (tmp_path / NAME).exists()


def test_it_is_waited_for(tmp_path: Path) -> None:
    lock = Lock(tmp_path, "It is held")
    with holder(tmp_path) as (process, _):
        assert process.stdin is not None
        process.stdin.close()  # it leaves
        lock.take(patience=60)
    lock.release()


def test_a_process_may_take_it_twice(tmp_path: Path) -> None:
    outer, inner = Lock(tmp_path, "It is held"), Lock(tmp_path, "It is held")
    with outer.hold(), inner.hold():
        pass
    assert not (tmp_path / NAME).exists()
    outer.release()  # once too often is nothing
    with outer.hold():
        (tmp_path / NAME).unlink()  # somebody tidies up
    assert not (tmp_path / NAME).exists()


def test_the_file_of_another_is_left_to_it(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    lock = Lock(folder, "It is held")
    lock.take()
    folder.rename(tmp_path / "moved")
    folder.mkdir()
    (folder / NAME).write_text("{}")
    lock.release()
    assert (folder / NAME).exists()


def test_what_is_left_over_means_nothing(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("not JSON")
    with Lock(tmp_path, "It is held").hold():
        pass


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="gone does not exist"):
        Lock(tmp_path / "gone", "It is held").take()


@pytest.mark.skipif(sys.platform == "win32", reason="the lock of POSIX")
@pytest.mark.parametrize(("code", "free"), [(errno.EIO, False), (errno.ENOLCK, True)])
def test_a_disk_that_fails_is_not_taken_for_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, free: bool
) -> None:
    def fail(handle: int, operation: int) -> None:
        opened.append(handle)
        raise OSError(code, os.strerror(code))

    opened: list[int] = []
    lock = Lock(tmp_path, "It is held")
    with monkeypatch.context() as patched:
        patched.setattr("fcntl.flock", fail)
        if free:  # a file system without locks
            with lock.hold():
                pass
        else:
            with pytest.raises(StoreError, match=r"Could not lock .*: Input/output") as error:
                lock.take(patience=1)
            assert not isinstance(error.value, Busy)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(opened[0])  # it is closed
    with lock.hold():
        pass


@pytest.fixture
def claim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The claim on a folder whose file system has no locks."""
    monkeypatch.setattr("pushforward.studio.store.lock._lock", lambda handle: None)
    return tmp_path / f"{NAME}.claim"


def test_a_claim_that_could_not_be_written_is_removed(
    tmp_path: Path, claim: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.BytesIO):
        def write(self, data: object) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def full(handle: int, mode: str, **rest: Any) -> Any:
        if mode != "wb":
            return fdopen(handle, mode, **rest)
        os.close(handle)
        return Full()

    fdopen = os.fdopen
    lock = Lock(tmp_path, "It is held")
    with monkeypatch.context() as patched:
        patched.setattr("pushforward.studio.store.lock.os.fdopen", full)
        with pytest.raises(StoreError, match="full"):
            lock.take()
    assert not claim.exists()
    with lock.hold():
        assert json.loads(claim.read_text())["place"] == here()
    assert not claim.exists()


def test_an_empty_claim_counts_for_a_moment_only(tmp_path: Path, claim: Path) -> None:
    claim.touch()
    os.utime(claim, (time.time() + 3600,) * 2)
    lock = Lock(tmp_path, "It is held")
    with pytest.raises(Busy) as busy:
        lock.take()
    assert busy.value.hint.endswith(f" If it no longer runs, delete {claim}.")
    os.utime(claim, (time.time() - 2 * NOTING,) * 2)
    with lock.hold():
        assert json.loads(claim.read_text())["pid"] == os.getpid()
    assert [path.name for path in tmp_path.iterdir()] == []


def test_only_a_process_of_this_place_is_known_to_be_dead(tmp_path: Path, claim: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    wrote = {"pid": dead.pid, "started": 1.0, "host": socket.gethostname(), "place": "elsewhere"}
    claim.write_text(json.dumps(wrote))
    (tmp_path / NAME).write_text(claim.read_text())
    lock = Lock(tmp_path, "It is held")
    with pytest.raises(Busy, match=f"process {dead.pid}") as busy:
        lock.take()
    assert str(claim) in busy.value.hint
    claim.write_text(json.dumps({**wrote, "place": here()}))
    with lock.hold():
        assert json.loads(claim.read_text())["pid"] == os.getpid()
        assert "delete" not in lock.busy(1).hint  # it is our own


@pytest.mark.parametrize("trial", range(4))
def test_of_those_who_come_at_once_exactly_one_gets_it(tmp_path: Path, trial: int) -> None:
    start = time.time() + 2.0
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(tmp_path), str(start)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    try:
        said = [racer.stdout.readline().split() for racer in racers if racer.stdout]
        assert sorted(words[0] for words in said) == ["busy", "busy", "held"]
        winner = next(r.pid for r, words in zip(racers, said, strict=True) if words == ["held"])
        assert {int(words[1]) for words in said if words[0] == "busy"} <= {winner, 0}
    finally:
        for racer in racers:
            racer.communicate()


def test_a_run_that_is_trained_elsewhere_is_not_trashed(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "p", "p")
    run = project.new_run(RunRecord(spec=SPEC))
    with holder(run.path), pytest.raises(Busy, match=f"{run.name} is being trained by process"):
        project.trash(run.path)
    assert project.runs() == [run]
    moved = project.trash(run.path) / run.name
    assert not RunFolder(moved).path.joinpath(NAME).exists()


def test_a_project_is_changed_by_one_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project.create(tmp_path / "p", "p")
    monkeypatch.setattr("pushforward.studio.store.project._PATIENCE", 0.0)
    with holder(project.path):
        for change in (
            lambda: project.new_run(RunRecord(spec=SPEC)),
            project.empty_trash,
        ):
            with pytest.raises(Busy, match="The project p is being changed by process"):
                change()
        assert project.runs() == []  # reading needs no lock
    assert project.new_run(RunRecord(spec=SPEC)).number == 1


def test_one_that_has_just_died_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine the files of a dead process are closed a moment after its death."""
    lock = Lock(tmp_path, "It is held")
    with holder(tmp_path) as (process, _):
        monkeypatch.setattr("pushforward.studio.store.lock.is_same", lambda pid, started: False)
        assert process.stdin is not None
        threading.Timer(0.3, process.stdin.close).start()
        lock.take()
    lock.release()


def test_one_that_has_just_taken_it_is_named(tmp_path: Path) -> None:
    with holder(tmp_path) as (process, _):
        told = (tmp_path / NAME).read_bytes()
        (tmp_path / NAME).write_bytes(b"")
        threading.Timer(0.2, (tmp_path / NAME).write_bytes, [told]).start()
        with pytest.raises(Busy, match=f"by process {process.pid}"):
            Lock(tmp_path, "It is held").take()
