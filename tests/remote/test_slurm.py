"""Runs as jobs of Slurm, by the local executor of submitit."""

import importlib.util
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from pushforward.studio.__main__ import main
from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.protocol.slurm import Slurm
from pushforward.studio.store.run import RunFolder
from pushforward.studio.workflows.create import create
from pushforward.studio.workflows.errors import UsageError
from pushforward.studio.workflows.executors.places import parse_slurm
from pushforward.studio.workflows.executors.slurm import SlurmExecutor, _find_job, _folder
from tests.cli.conftest import sets
from tests.engine.same import assert_same_run
from tests.remote.test_detached_engine import spec

needs_submitit = pytest.mark.skipif(
    importlib.util.find_spec("submitit") is None, reason="the extra slurm is not installed"
)
OPTIONS = Slurm(minutes=10, save=5)


def test_settings_of_jobs_are_read() -> None:
    found = parse_slurm("partition=gpu, gpus=2,minutes=90")
    assert found == Slurm(partition="gpu", gpus=2, minutes=90)
    assert parse_slurm("") == Slurm()
    for text in ("gpu=1", "gpus=many", "minutes=0", "partition"):
        if text == "partition":
            assert parse_slurm(text) == Slurm(partition="")
            continue
        with pytest.raises(UsageError):
            parse_slurm(text)


def test_without_submitit_it_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "submitit", None)
    words = ["run", "edm@two-moons", *sets(), "--on", "slurm", "--out", str(tmp_path / "p")]
    assert main(words) == 2
    assert "pip install 'pushforward[slurm]'" in capsys.readouterr().err


@pytest.mark.exhaustive
@needs_submitit
def test_a_job_that_meets_its_time_limit_goes_on_where_it_was(tmp_path: Path) -> None:
    discover()
    run = create(spec(steps=4000), tmp_path / "here", elsewhere=True)
    executor = SlurmExecutor(OPTIONS, cluster="local")
    executor.start(run)

    def wait(until: int) -> None:
        while run.status().step < until:
            assert not executor.take_ended(), _find_job(run).stderr()
            time.sleep(0.1)

    wait(100)
    job, first = _find_job(run), run.status().pid
    for task in psutil.Process(int(job.job_id)).children():
        task.send_signal(signal.SIGUSR2)  # what Slurm does before the limit
    while run.status().pid in (0, first):
        assert not executor.take_ended(), job.stderr()
        time.sleep(0.1)
    saved = run.checkpoints.steps()[-1]
    assert 100 <= saved < 4000
    while not executor.take_ended():
        time.sleep(0.1)
    assert run.status().state == "finished"
    assert "Requeued job" in (job.stderr() or "") + (job.stdout() or "")
    assert not list(run.path.rglob("*.pkl"))
    assert list(_folder(run).glob("*.pkl"))
    alone = create(spec(steps=4000), tmp_path / "alone")
    headless.run(alone.path)
    assert_same_run(run, RunFolder(alone.path))
