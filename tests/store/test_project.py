import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest

from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.dataset import points_hash
from pushforward.studio.store.errors import Damaged, DiskFull, StoreError
from pushforward.studio.store.process import is_same, this_process
from pushforward.studio.store.project import Project
from pushforward.studio.store.results import Results
from pushforward.studio.store.run import RunFolder, RunRecord, RunStatus
from tests.store.scenarios import SPEC, generated

ROOT = Path(__file__).parents[2]
POINTS = np.array([[0.0, 1.0], [2.0, 5.0], [4.0, 3.0]], np.float32)


@pytest.fixture
def project(tmp_path):
    return Project.create(tmp_path / "p", "Mine")


@pytest.fixture
def run(project):
    return project.new_run(RunRecord(spec=SPEC))


def test_making_and_opening(tmp_path):
    path = tmp_path / "deep" / "project"
    assert Project.open_or_create(path).name == "project"
    assert Project.open_or_create(path, "other").name == "project"
    assert os.listdir(path) == ["project.toml"]
    with pytest.raises(StoreError, match="already a project"):
        Project.create(path, "again")


def test_a_project_that_somebody_makes_at_the_same_time_is_opened(tmp_path, monkeypatch):
    create = Project.create.__func__

    def second(cls, path, name):
        create(cls, path, "first")
        return create(cls, path, name)

    monkeypatch.setattr(Project, "create", classmethod(second))
    assert Project.open_or_create(tmp_path / "p", "second").name == "first"


def test_opening_what_is_no_project(tmp_path):
    with pytest.raises(StoreError, match=r"no project\.toml") as error:
        Project.open(tmp_path)
    assert error.value.kind == "user"
    (tmp_path / "project.toml").write_text("name = ")
    with pytest.raises(Damaged, match=r"project\.toml"):
        Project.open(tmp_path)


def test_runs_are_numbered_and_named(project):
    first = project.new_run(RunRecord(spec=SPEC))
    second = project.new_run(RunRecord(spec=msgspec.structs.replace(SPEC, name="???")))
    assert [r.name for r in project.runs()] == ["0001-ring-of-five", "0002-run"]
    assert project.run("0001-ring-of-five") == first
    assert (first.number, second.number) == (1, 2)
    assert first.record.spec == SPEC
    assert first.status().state == "queued"


def test_what_a_new_run_begins_with_is_there_when_it_appears(project):
    def fill(folder):
        assert project.runs() == []
        folder.events.append("branched", 7)

    run = project.new_run(RunRecord(spec=SPEC), fill)
    assert [(e.kind, e.step) for e in run.events.read()] == [("branched", 7)]

    def fail(folder):
        folder.events.append("branched", 7)
        raise DiskFull("The disk is full.")

    with pytest.raises(DiskFull):
        project.new_run(RunRecord(spec=SPEC), fail)
    assert project.runs() == [run]
    assert sorted(p.name for p in (project.path / "runs").iterdir()) == [run.name]


def test_numbers_pass_10000(project):
    (project.path / "runs" / "9999-x").mkdir(parents=True)
    assert project.new_run(RunRecord(spec=SPEC)).number == 10_000
    assert project.new_run(RunRecord(spec=SPEC)).number == 10_001


def test_the_number_of_a_run_in_the_trash_is_not_given_again(project, run):
    entry = project.trash(run.path)
    assert project.new_run(RunRecord(spec=SPEC)).number == 2
    assert project.restore(entry) == run.path
    assert [r.number for r in project.runs()] == [1, 2]


def test_a_damaged_run_is_reported_and_hides_no_other(project, run):
    other = project.new_run(RunRecord(spec=SPEC))
    (other.path / "run.toml").write_text("nonsense")
    (project.path / "runs" / "notes").mkdir()
    assert project.runs() == [run]
    (problem,) = project.problems()
    assert str(other.path) in problem
    with pytest.raises(Damaged):
        project.run(other.name)
    with pytest.raises(StoreError, match="no run"):
        project.run("0009-x")


RACER = """
import sys
from pathlib import Path
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunRecord
from tests.store.scenarios import SPEC
import msgspec
spec = msgspec.structs.replace(SPEC, name="racer " + sys.argv[2])
project = Project.open(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for _ in range(5):
    print(project.new_run(RunRecord(spec=spec)).name)
"""


def test_eight_processes_get_distinct_runs(project):
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(project.path), str(k)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for k in range(8)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    names = [name for racer in racers for name in racer.communicate(timeout=60)[0].split()]
    assert len(names) == 40
    assert len({name.partition("-")[0] for name in names}) == 40
    assert sorted(names) == [r.name for r in project.runs()]
    assert project.problems() == []
    assert not list((project.path / "runs").glob(".*"))


def test_alive_follows_the_process(run):
    child = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path;"
            "from pushforward.studio.store.run import RunFolder;"
            "RunFolder(Path(sys.argv[1])).update_status(state='running', step=3);"
            "print('on', flush=True); sys.stdin.readline()",
            str(run.path),
        ],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    assert child.stdin is not None
    assert child.stdout.readline().strip() == b"on"
    assert run.alive()
    assert not run.interrupted()
    assert run.status().pid == child.pid
    child.send_signal(signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    deadline = time.monotonic() + 10
    while run.alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert child.returncode is None  # nobody has collected it yet
    assert not run.alive()
    assert run.interrupted()
    child.communicate()
    assert not run.alive()


def test_a_process_number_given_to_somebody_else_is_not_alive(run):
    pid, started = this_process()
    run.write_status(RunStatus(state="running", pid=pid, process_started=started))
    assert run.alive()
    run.write_status(RunStatus(state="running", pid=pid, process_started=started - 60))
    assert not run.alive()
    assert run.interrupted()
    run.write_status(RunStatus(state="finished", pid=pid, process_started=started))
    assert not run.alive()
    assert not run.interrupted()
    assert not is_same(0, started)


def test_updating_the_status_keeps_the_rest(run):
    run.update_status(state="running", step=5, total=100)
    status = run.update_status(step=6, durable=False)
    assert (status.state, status.step, status.total) == ("running", 6, 100)
    assert status.pid == os.getpid()
    assert status.heartbeat > 0
    assert run.status() == status


def test_a_data_set_comes_back(project):
    data = project.add_dataset("Three points", POINTS, ["u", "v"], "three.csv")
    assert data.path == project.path / "data" / "three-points"
    (found,) = project.datasets()
    assert found == data
    np.testing.assert_array_equal(project.dataset("three-points").read(), POINTS)
    record = found.record
    assert (record.name, record.rows, record.source) == ("Three points", 3, "three.csv")
    assert (record.mean, record.minimum, record.maximum) == ([2, 3], [0, 1], [4, 5])
    np.testing.assert_allclose(record.std, POINTS.std(axis=0), rtol=1e-6)


def test_a_data_set_is_never_replaced(project):
    project.add_dataset("d", POINTS, ["u", "v"])
    with pytest.raises(StoreError, match="already a data set 'd'") as error:
        project.add_dataset("D", POINTS, ["u", "v"])
    assert error.value.kind == "user"
    with pytest.raises(StoreError, match="Those there are: d"):
        project.dataset("e")
    with pytest.raises(StoreError, match="no data set"):
        project.dataset("../runs")


def test_a_data_set_is_kept_while_a_run_that_needs_it_goes_on(project):
    data = project.add_dataset("d", POINTS, ["u", "v"])
    spec = RunSpec(name="r", family=Pick(slug="edm"), dataset=Pick(slug="project:d"))
    run = project.new_run(RunRecord(spec=spec, seed=0, device="cpu"))
    for state in ("queued", "running", "paused"):
        run.update_status(state=state)
        with pytest.raises(StoreError, match="needed by the run 0001-r") as error:
            project.trash(data.path)
        assert (error.value.kind, error.value.hint) == ("user", "Stop it first.")
    run.update_status(state="finished")
    assert [each.name for each in project.learning_from("d")] == ["0001-r"]
    entry = project.trash(data.path)
    with pytest.raises(StoreError, match="it is in the trash") as error:
        project.dataset("d")
    assert str(entry / "d") in error.value.hint
    project.restore(entry)
    assert project.dataset("d").record.rows == len(POINTS)


@pytest.mark.parametrize(
    ("points", "columns", "reason"),
    [
        (POINTS, ["u"], "1 columns"),
        (POINTS[:0], ["u", "v"], "no rows"),
        (POINTS, ["u", "u"], "same name"),
        (np.array([[0, 1], [np.nan, 2]]), ["u", "v"], "Row 2, column 'u'"),
        (np.array([[0, 1], [3, np.inf]]), ["u", "v"], "Row 2, column 'v'"),
    ],
)
def test_points_that_will_not_do(project, points, columns, reason):
    with pytest.raises(StoreError, match=reason) as error:
        project.add_dataset("d", points, columns)
    assert error.value.kind == "data"
    assert project.datasets() == []
    assert list((project.path / "data").glob("*")) == []


def test_altered_points_are_found(project):
    data = project.add_dataset("d", POINTS, ["u", "v"])
    altered = bytearray((data.path / "x.npy").read_bytes())
    altered[-1] ^= 1
    (data.path / "x.npy").write_bytes(altered)
    with pytest.raises(Damaged, match="not hold the data"):
        data.read()


def test_the_hash_sees_values_shape_and_names():
    hashes = {
        points_hash(POINTS, ["u", "v"]),
        points_hash(POINTS + 1, ["u", "v"]),
        points_hash(POINTS.reshape(2, 3), ["u", "v", "w"]),
        points_hash(POINTS, ["v", "u"]),
    }
    assert len(hashes) == 4
    assert points_hash(POINTS.astype(">f8"), ["u", "v"]) in hashes


def test_results_are_numbered_and_come_back(run):
    heun = {"slug": "heun"}
    first = generated(run.path, POINTS, ("u", "v"), step=7, seed=1, sampler=heun)
    second = generated(run.path, POINTS + 1, ("u", "v"), words="é" * 100_000)
    assert [r.name for r in run.results.all()] == ["0001-generate", "0002-generate"]
    assert run.samples.paths() == [first.arrays, second.arrays]
    found = run.samples.read(first.arrays)
    np.testing.assert_array_equal(found.x, POINTS)
    said = {"operator": "generate", "run": "a run", "step": 7, "seed": 1, "sampler": heun}
    assert (found.columns, found.attrs) == (("u", "v"), said)
    assert run.samples.read(second.arrays).attrs["words"] == "é" * 100_000
    assert run.results.all()[0].record.config == {"seed": 1, "sampler": heun}
    second.arrays.write_bytes(second.arrays.read_bytes()[:3000])
    with pytest.raises(Damaged, match=r"arrays\.h5"):
        run.samples.read(second.arrays)


def test_a_number_taken_meanwhile_is_passed_over(run, monkeypatch):
    generated(run.path, POINTS)
    answers = [set(), {1}, {1}]
    monkeypatch.setattr(Results, "_numbers", lambda self: answers.pop(0))
    assert generated(run.path, POINTS + 1).name == "0002-generate"
    assert [path.name for path in sorted(run.results.folder.iterdir())] == [
        "0001-generate",
        "0002-generate",
    ]


def test_what_a_dead_writer_left_of_a_result_is_swept(run):
    generated(run.path, POINTS)
    left = run.results.folder / ".result.999999999-0123abcd.partial"
    left.mkdir()
    (left / "arrays.h5").write_bytes(b"half")
    assert len(run.results.all()) == 1
    run.recover()
    assert [path.name for path in run.results.folder.iterdir()] == ["0001-generate"]


def test_trash_and_restore(project, run):
    run.metrics.append({"loss": ([1], [0.5])})
    data = project.add_dataset("d", POINTS, ["u", "v"])
    entries = [project.trash(run.path), project.trash(data.path)]
    assert (project.runs(), project.datasets()) == ([], [])
    assert {t.origin for t in project.trashed()} == {"runs/0001-ring-of-five", "data/d"}
    assert [project.restore(e) for e in entries] == [run.path, data.path]
    assert RunFolder(run.path).metrics.read()[0] == {"loss": ([1], [0.5])}
    np.testing.assert_array_equal(project.dataset("d").read(), POINTS)
    assert project.trashed() == []


def test_the_same_thing_can_be_trashed_twice_and_nothing_is_overwritten(project):
    entries = []
    for _ in range(2):
        entries.append(project.trash(project.add_dataset("d", POINTS, ["u", "v"]).path))
    assert len(project.trashed()) == 2
    project.restore(entries[0])
    with pytest.raises(StoreError, match="exists again"):
        project.restore(entries[1])
    project.empty_trash()
    assert project.trashed() == []
    assert [d.name for d in project.datasets()] == ["d"]


def test_what_the_trash_refuses(project, run, tmp_path):
    run.update_status(state="running")
    with pytest.raises(StoreError, match="is training"):
        project.trash(run.path)
    outside = tmp_path / "precious"
    outside.touch()
    for path in (outside, project.path, project.path / "runs" / ".." / ".." / "precious"):
        with pytest.raises(StoreError, match="not inside the project"):
            project.trash(path)
    with pytest.raises(StoreError, match="does not exist"):
        project.trash(project.path / "runs" / "0007-x")
    with pytest.raises(StoreError, match="not in the trash"):
        project.restore(run.path)
    assert outside.exists()


def test_a_forged_origin_cannot_escape_the_project(project, run, tmp_path):
    entry = project.trash(run.path)
    (entry / "origin.json").write_text('{"path": "../0001-ring-of-five", "time": 0}')
    with pytest.raises(StoreError, match="outside of the project"):
        project.restore(entry)
    assert not (tmp_path / "0001-ring-of-five").exists()


def test_importing_the_store_stays_light():
    code = (
        "import sys, pushforward.studio.store.project; "
        "import pushforward.studio.store.flow, pushforward.studio.formats; "
        "print(sorted({'h5py', 'safetensors', 'psutil', 'torch', 'PySide6'} & set(sys.modules)))"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert out.stdout.strip() == "[]"
