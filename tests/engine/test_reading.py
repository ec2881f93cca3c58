"""Files are read at arm's length: whatever ends the process that reads them, the engine goes on."""

import os
import subprocess
import sys
import time
import zlib

import h5py
import numpy as np
import pytest

from pushforward.studio.engine.data import file_reader
from pushforward.studio.engine.data.file_reader import WorkerFailed
from pushforward.studio.engine.jobs.import_job import ImportJob
from pushforward.studio.engine.process.failures import describe
from pushforward.studio.engine.process.sink import CallbackSink
from pushforward.studio.formats import FormatError
from pushforward.studio.formats import inspect as here
from pushforward.studio.formats.limits import MEMORY
from pushforward.studio.protocol.messages import ImportData, Progress
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.project import Project

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")
linux = pytest.mark.skipif(
    sys.platform != "linux", reason="only there does the system itself keep the limit of memory"
)
X = np.random.default_rng(0).normal(size=(500, 2)).astype(np.float32)


@pytest.fixture
def points(tmp_path):
    np.save(tmp_path / "p.npy", X)
    return tmp_path / "p.npy"


@pytest.fixture
def instead(monkeypatch):
    """Have another program in the place of the one that reads."""

    def instead(code):
        monkeypatch.setattr(
            file_reader, "import_worker_command", lambda: [sys.executable, "-c", code]
        )

    return instead


def inspect(path):
    return file_reader.inspect([path])


def imported(points, project, columns=("x", "y")):
    command = ImportData(
        id=1,
        files=[str(points)],
        project=str(project),
        name="n",
        options={"columns": list(columns)},
    )
    return ImportJob("a", command, CallbackSink(lambda event: None))


def ended(process):
    return process._process.poll() is not None


def test_what_is_found_and_read_is_the_same_as_in_this_process(points):
    assert inspect(points) == here([points])
    process = file_reader.reading([points], "points", {"columns": ["y", "x"]})
    opened = process.opened()
    assert (opened.total, opened.schema.columns) == (500, ["y", "x"])
    np.testing.assert_array_equal(np.concatenate([b["x"] for b in process.blocks()]), X[:, ::-1])
    process.stop()
    assert ended(process)


def test_a_refusal_comes_back_with_its_words(tmp_path):
    (tmp_path / "p.csv").write_text("<html>")
    with pytest.raises(FormatError, match="web page") as error:
        inspect(tmp_path / "p.csv")
    assert "Download" in error.value.hint
    with pytest.raises(StoreError, match="does not exist"):
        inspect(tmp_path / "nowhere.csv")


def test_a_name_that_no_message_can_hold_is_refused_in_words(tmp_path):
    path = tmp_path / os.fsdecode(b"non\xffutf.csv")
    for look in (lambda: inspect(path), lambda: file_reader.reading([path])):
        with pytest.raises(StoreError, match="not valid UTF-8"):
            look()


@posix
@pytest.mark.parametrize(
    ("signal", "words"),
    [("SIGSEGV", "is damaged"), ("SIGABRT", "is damaged"), ("SIGXCPU", "within 30 seconds")],
)
def test_a_file_that_ends_the_process_is_named(points, instead, signal, words):
    instead(f"import os, signal; os.kill(os.getpid(), signal.{signal})")
    with pytest.raises(FormatError, match=rf"p\.npy.*{words}") as error:
        inspect(points)
    assert error.value.hint


def test_a_fault_of_the_program_stays_one(points, instead):
    instead("raise ZeroDivisionError('ours')")
    with pytest.raises(WorkerFailed, match="ours") as error:
        inspect(points)
    assert describe(error.value).kind == "bug"


def test_a_process_that_takes_too_much_memory_is_ended(points, instead, monkeypatch):
    monkeypatch.setattr(file_reader, "MEMORY", 2**26)
    instead("import time; x = bytes(1) * 2**28; time.sleep(600)")
    with pytest.raises(FormatError, match=r"cannot be read with .* of memory") as error:
        inspect(points)
    assert "subset" in error.value.hint


def test_a_process_that_does_not_answer_is_ended(points, instead, monkeypatch):
    monkeypatch.setattr(file_reader, "_PATIENCE", 0)
    instead("import time; time.sleep(600)")
    with pytest.raises(FormatError, match=r"could not be read within 0 seconds\.") as error:
        inspect(points)
    assert "busy" in error.value.hint  # it has not computed for so long


def test_a_process_that_cannot_be_started_leaves_no_file_open(points, monkeypatch):
    opened = []

    def fail(*_):
        raise FileNotFoundError(2, "No such file or directory", "pushforward-engine")

    make = file_reader.tempfile.TemporaryFile
    monkeypatch.setattr(
        file_reader.tempfile, "TemporaryFile", lambda: opened.append(make()) or opened[-1]
    )
    monkeypatch.setattr(file_reader, "_start", fail)
    with pytest.raises(FileNotFoundError):
        inspect(points)
    assert opened[0].closed


def test_an_import_that_is_cancelled_ends_its_process(points, instead, tmp_path, monkeypatch):
    instead("import time; time.sleep(600)")
    started = []
    monkeypatch.setattr(
        "pushforward.studio.engine.jobs.import_job.reading",
        lambda *asked: started.append(file_reader.reading(*asked)) or started[0],
    )
    work = imported(points, tmp_path / "project").work()
    for _ in range(3):
        assert next(work) is False
    work.close()
    assert ended(started[0])
    assert not (tmp_path / "project").exists()


def test_an_import_arrives_in_the_project(points, tmp_path):
    for _ in imported(points, tmp_path / "project").work():
        pass
    np.testing.assert_array_equal(Project.open(tmp_path / "project").dataset("n").read(), X)


def test_exhausted_memory_of_an_import_is_not_advised_as_that_of_a_training(
    points, tmp_path, monkeypatch
):
    def exhausted(*_, **__):
        raise MemoryError

    monkeypatch.setattr("pushforward.studio.store.writing.DatasetWriter.add", exhausted)
    with pytest.raises(StoreError, match=r"Out of memory while adding p\.npy") as error:
        for _ in imported(points, tmp_path / "project").work():
            pass
    info = describe(error.value)
    assert info.kind == "memory"
    assert "batch" not in info.hint
    assert Project.open(tmp_path / "project").datasets() == []


def many(path, rows=3_000_000):
    """A table of which the blocks do not all fit into what waits between two processes."""
    with h5py.File(path, "w") as file:
        file["x"] = np.zeros((rows, 4), np.float32)
    return path


def test_an_import_that_is_cancelled_half_way_leaves_nothing(tmp_path):
    job = imported(many(tmp_path / "p.h5"), tmp_path / "project", ["x1", "x2", "x3", "x4"])
    work = job.work()
    while not job.step:
        next(work)
    assert 0 < job.step < job.total == 3_000_000
    work.close()
    assert list((tmp_path / "project" / "data").iterdir()) == []


def test_an_import_says_how_far_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr("pushforward.studio.engine.jobs.import_job.TELL", 0.0)
    told = []
    command = ImportData(
        files=[str(many(tmp_path / "p.h5"))],
        project=str(tmp_path / "project"),
        name="n",
        options={"columns": ["x1", "x2"]},
    )
    for _ in ImportJob("a", command, CallbackSink(told.append)).work():
        pass
    steps = [event.step for event in told if isinstance(event, Progress)]
    assert len(set(steps)) > 5
    assert steps == sorted(steps)
    before = [event for event in told if isinstance(event, Progress) and not event.step]
    assert {event.doing for event in before} == {"Reading the file"}, "before the first row, too"
    under_way = [event for event in told if isinstance(event, Progress) and event.step]
    assert {event.total for event in under_way} == {3_000_000}
    assert all(event.seconds_left is not None for event in under_way)


def test_an_import_of_text_goes_by_the_rows_that_were_found(tmp_path):
    (tmp_path / "p.csv").write_text("1.5,2.5\n" * 50_000)
    file, project = str(tmp_path / "p.csv"), str(tmp_path / "p")
    totals = []

    class Noted(ImportJob):
        """All of its totals, also those that are there for a moment."""

        def __setattr__(self, name, value):
            if name == "total":
                totals.append(value)
            super().__setattr__(name, value)

    command = ImportData(files=[file], project=project, name="n", expected=50_001)
    for _ in Noted("a", command, CallbackSink(lambda event: None)).work():
        pass
    assert totals == [0, 50_001, 50_000], "nobody counts a text before reading it"


def test_what_is_not_taken_is_waited_with_and_not_held(tmp_path, monkeypatch):
    process = file_reader.reading([many(tmp_path / "p.h5")], "points", {"columns": ["x1", "x2"]})
    try:
        process.opened()
        time.sleep(1.0)
        assert len(process._answers) <= file_reader._AHEAD
        assert not ended(process)
        assert sum(len(block["x"]) for block in process.blocks()) == 3_000_000
    finally:
        process.stop()


def test_a_patient_consumer_is_not_taken_for_a_slow_file(points, monkeypatch):
    process = file_reader.reading([points], "points", {"columns": ["x", "y"]})
    process.poll(10)
    monkeypatch.setattr(process, "_deadline", 0.0)
    process.opened()
    assert sum(len(block["x"]) for block in process.blocks()) == 500
    process.stop()


def bomb(path):
    """A block of 8 kB that unpacks to 2 GB: HDF5 believes the stream and not the shape."""
    packer = zlib.compressobj(1)
    first = packer.compress(bytes(2**24)) + packer.flush(zlib.Z_FULL_FLUSH)
    more = packer.compress(bytes(2**24)) + packer.flush(zlib.Z_FULL_FLUSH)
    with h5py.File(path, "w") as file:
        x = file.create_dataset("x", (1000, 2), "f4", chunks=(1000, 2), compression="gzip")
        x.id.write_direct_chunk((0, 0), first + 127 * more)


def wide(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("x", (2, 10**9), "f4", chunks=(1, 10**6))


def block(path):
    """The largest block that is taken."""
    with h5py.File(path, "w") as file:
        shape = (2**25, 1)
        x = file.create_dataset("x", (1000, 1), "f4", maxshape=shape, chunks=shape)
        x[0] = 1.0


@linux
@pytest.mark.parametrize("make", [bomb, wide, block])
def test_no_file_takes_more_memory_than_one_may(tmp_path, make):
    make(tmp_path / "p.h5")
    # Peaks are those of processes that have ended: a process of its own asks for its children's.
    code = f"""
import resource
from pathlib import Path
from pushforward.studio.engine.data.file_reader import inspect
from pushforward.studio.store.errors import StoreError
try:
    found = inspect([Path({str(tmp_path / "p.h5")!r})]).problems
except StoreError as error:
    found = str(error)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, found)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300
    )
    peak, _, words = done.stdout.partition(" ")
    assert int(peak) * 1024 < MEMORY
    assert "p.h5" in words or "Only one column" in words
