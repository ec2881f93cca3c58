"""How a command ends when something else ends first: its output, its terminal, its data."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pushforward.studio.__main__ import main
from pushforward.studio.cli import trained_runs
from pushforward.studio.engine.jobs import headless
from pushforward.studio.launch import own_command, own_env, own_folder
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from pushforward.studio.store.writing import DatasetWriter
from pushforward.studio.workflows import background
from tests.cli.conftest import sets
from tests.cli.test_run import hear_signals, losses
from tests.patience import Patience

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs signals and /dev/full")
ENDLESS = ["--set", "training.steps=1000000", "--set", "training.evaluate_every=1000000"]
TERMINAL = """
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
sys.stdin.readline()
os.close(terminal)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


def training(project: Path, *more: str) -> list[str]:
    return own_command("run", "edm@two-moons", "--out", str(project), *sets(), *more)


@contextmanager
def start(command: list[str], **options: Any) -> Iterator["subprocess.Popen[bytes]"]:
    """A command that hears signals, also where the tests do not; it never outlives the test."""
    with subprocess.Popen(
        command, env=own_env(), cwd=own_folder(), preexec_fn=hear_signals, **options
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def only(project: Path) -> RunFolder:
    [run] = Project.open(project).runs()
    return run


def begun(project: Path, seconds: float = 90.0) -> RunFolder:
    """Wait until the only run of a project trains."""
    patience = Patience(seconds)
    while not patience.is_over():
        if (project / "project.toml").exists():
            for run in Project.open(project).runs():
                if run.metrics.read()[0].get("loss"):
                    return run
        time.sleep(0.05)
    raise AssertionError("no training began")


# The output ends


def test_a_reader_who_has_seen_enough_ends_no_training(project: Path) -> None:
    with start(training(project), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert len(child.stdout.read(10)) == 10
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait(timeout=120) == 0
    assert only(project).status().state == "finished"
    assert only(project).status().step == 60


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_training_goes_on_where_its_output_cannot_be_written(project: Path) -> None:
    with (
        open("/dev/full", "wb") as full,
        start(training(project), stdout=full, stderr=subprocess.PIPE) as child,
    ):
        _, err = child.communicate(timeout=120)
    assert err == (b"pushforward: the output could not be written (No space left on device)\n")
    assert child.returncode == 1  # whoever wanted the output does not have it
    assert only(project).status().state == "finished"


def test_a_training_without_any_streams(project: Path) -> None:
    command = ["sh", "-c", 'exec "$@" >&- 2>&- <&-', "sh", *training(project)]
    with start(command) as child:
        assert child.wait(timeout=120) == 0
    run = only(project)
    assert run.status().state == "finished"
    checkpoint, skipped = run.checkpoints.newest()
    assert checkpoint is not None
    assert (checkpoint.step, skipped) == (60, [])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("words", [["list", "recipes"], ["--help"]])
def test_what_is_only_said_fails_with_the_output(words: list[str]) -> None:
    with (
        open("/dev/full", "wb") as full,
        start(own_command(*words), stdout=full, stderr=subprocess.PIPE) as child,
    ):
        _, err = child.communicate(timeout=60)
    assert child.returncode == 1
    assert err.count(b"\n") == 1
    assert b"No space left on device" in err


def test_what_is_only_said_fails_without_an_output() -> None:
    with start(["sh", "-c", 'exec "$@" >&-', "sh", *own_command("list", "recipes")]) as child:
        assert child.wait(timeout=60) == 1


def test_a_list_that_nobody_reads_to_its_end_says_nothing() -> None:
    command = own_command("list", "recipes")
    with start(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait(timeout=60) == 0


# The terminal ends, or the system does


def test_the_end_of_the_terminal_is_told_twice(project: Path) -> None:
    with start(training(project, *ENDLESS), stdout=subprocess.PIPE) as child:
        run = begun(project)
        child.send_signal(signal.SIGHUP)
        child.send_signal(signal.SIGHUP)  # by the shell, and by the system
        child.communicate(timeout=60)
        assert child.returncode == 128 + signal.SIGHUP
    saved(run)


def test_closing_the_terminal_saves_and_stops(project: Path) -> None:
    command = [sys.executable, "-c", TERMINAL, *training(project, *ENDLESS)]
    with start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as keeper:
        run = begun(project)
        out, _ = keeper.communicate(b"close it\n", timeout=60)
    assert int(out) == 128 + signal.SIGHUP
    saved(run)


def saved(run: RunFolder) -> None:
    status = run.status()
    assert status.state == "paused"
    assert run.checkpoints.steps()[-1] == status.step > 0


def test_nohup_is_respected_and_sigterm_saves(project: Path) -> None:
    command = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *training(project, *ENDLESS)]
    with start(command, stdout=subprocess.DEVNULL) as child:
        run = begun(project)
        child.send_signal(signal.SIGHUP)
        step = run.status().step
        patience = Patience(60)
        while run.status().step <= step + 1:
            assert child.poll() is None
            assert not patience.is_over()
            time.sleep(0.1)
        child.terminate()
        assert child.wait(timeout=60) == 128 + signal.SIGTERM
    saved(run)


# The files end


@pytest.fixture(scope="module")
def _imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("imported") / "project"
    x = np.random.default_rng(0).standard_normal((200, 2)).astype(np.float32)
    Project.create(project, "p").add_dataset("mine", x, ("x", "y"))
    words = [word for word in sets() if word not in ("--set", "training.samples=400")]
    settings = [word for text in words for word in ("--set", text)]
    assert main(["run", "edm@project:mine", "--out", str(project), *settings]) == 0
    return project


@pytest.fixture
def imported(_imported: Path, project: Path, capsys: pytest.CaptureFixture[str]) -> RunFolder:
    """A run of 60 steps on imported data."""
    shutil.copytree(_imported, project)
    capsys.readouterr()
    return only(project)


def truncated(data: Path) -> None:
    data.write_bytes(data.read_bytes()[:-500])


def other(data: Path) -> None:
    shutil.rmtree(data.parent)
    Project.open(data.parents[2]).add_dataset("mine", np.zeros((12, 2)) + 1.0, ("x", "y"))
    (data.parent / "dataset.toml").write_text(
        (data.parent / "dataset.toml").read_text().replace("hash = ", 'hash = "0"\n# ')
    )


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        pytest.param(truncated, "x.npy is not the array", id="truncated"),
        pytest.param(other, "does not hold the data that were imported", id="changed"),
        pytest.param(lambda data: shutil.rmtree(data.parent), "no data set 'mine'", id="missing"),
    ],
)
def test_a_run_whose_data_are_not_there_any_more(
    imported: RunFolder,
    capsys: pytest.CaptureFixture[str],
    spoil: Callable[[Path], None],
    told: str,
) -> None:
    spoil(imported.path.parents[1] / "data" / "mine" / "x.npy")
    words = ["--resume", "--set", "training.steps=90"]
    assert main(["run", str(imported.path), *words]) == 1
    err = capsys.readouterr().err
    assert told in err
    assert "Traceback" not in err
    assert imported.status().state == "failed"
    assert imported.checkpoints.steps()[-1] == 60


def test_an_interrupted_import_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl+C while it is said how far it is, with rows on the disk already."""
    np.savetxt(tmp_path / "points.csv", np.random.default_rng(0).normal(size=(5000, 2)))
    project = tmp_path / "project"

    kept_alive = KeyboardInterrupt()  # and with it every frame that it went through

    def interrupt(bar: trained_runs.SampleBar) -> bool:
        if list(project.glob("data/.*.partial/*")):
            raise kept_alive
        return False

    def never(writer: DatasetWriter) -> None:
        while True:
            time.sleep(0.01)
            writer._go_on()

    monkeypatch.setattr(trained_runs.SampleBar, "look", interrupt)
    monkeypatch.setattr(DatasetWriter, "finish", never)
    assert main(["import", str(tmp_path / "points.csv"), "--out", str(project)]) == 130
    assert list((project / "data").iterdir()) == []


def test_a_picture_that_cannot_be_drawn_costs_nothing_else(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(*_: object) -> None:
        raise StoreError("The data are gone.")

    monkeypatch.setattr("pushforward.studio.engine.run.effective_settings.target_of", damaged)
    assert main(["run", "edm@two-moons", "--out", str(project), *sets()]) == 0
    out = capsys.readouterr().out
    assert "No picture: The data are gone." in out
    assert "Finished after 60 steps" in out


def read_only(*_: object, **__: object) -> None:
    raise OSError(errno.EROFS, os.strerror(errno.EROFS))


def test_a_read_only_disk_is_a_sentence(
    moons: RunFolder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = moons
    background.ask_to_stop(run.path)
    monkeypatch.setattr(Path, "unlink", read_only)
    for call in (background.withdraw_stop, background.start):
        with pytest.raises(StoreError, match="Read-only file system"):
            call(run.path)
    os.unlink(run.path / background.STOP_FILE)
    background.withdraw_stop(run.path)  # there is none: nothing to forget
    monkeypatch.setattr(os, "open", read_only)
    capsys.readouterr()
    words = ["--resume", "--set", "training.steps=90"]
    assert main(["run", str(run.path), *words]) == 1
    err = capsys.readouterr().err
    assert "Read-only file system" in err
    assert "Traceback" not in err


def test_a_folder_that_vanishes_is_no_success(
    moons: RunFolder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = moons
    work = headless.drive

    def drive(job: Any, stop: Any) -> None:
        work(job, lambda: bool(shutil.rmtree(run.path, ignore_errors=True)))

    monkeypatch.setattr(headless, "drive", drive)
    capsys.readouterr()
    words = ["--resume", "--set", "training.steps=90"]
    assert main(["run", str(run.path), *words]) == 1
    told = capsys.readouterr()
    assert str(run.path) in told.err
    assert "Finished" not in told.out
    assert not run.path.exists()


# There is nothing to go on with


def test_a_recipe_that_has_come_to_its_end_is_not_begun_anew(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["run", "edm@two-moons", "--out", str(project), "--resume"]
    assert main(words) == 2
    assert "there is no run of 'edm-two-moons'" in capsys.readouterr().err
    assert main([*words[:-1], *sets()]) == 0
    run = only(project)
    for target in (words, ["run", str(run.path), "--resume"]):
        assert main(target) == 2
        err = capsys.readouterr().err
        assert f"{run.name} has completed its 60 steps" in err
        assert "--set training.steps=N" in err
    assert main([*words, "--set", "training.steps=90"]) == 0
    assert only(project) == run
    assert losses(run)[0][-1] == 90


def test_a_run_that_another_process_trains_is_left_to_it(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pushforward.studio.store.run.PATIENCE", 0.2)
    with start(training(project, *ENDLESS), stdout=subprocess.PIPE) as child:
        run = begun(project)
        assert main(["run", str(run.path), "--resume"]) == 2
        err = capsys.readouterr().err
        assert f"{run.name} is being trained by process {child.pid}." in err
        assert child.poll() is None
        child.kill()
        child.communicate()
    assert main(["run", str(run.path), "--set", "training.steps=10", "--out", str(project)]) == 0
    with run.lock.hold():
        pass  # freed by the kernel
