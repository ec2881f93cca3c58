"""Runs on a Ray cluster: the mailbox, and a real cluster that loses a worker and a node."""

import importlib.util
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from pushforward.studio.__main__ import main
from pushforward.studio.launch import own_command, own_env
from pushforward.studio.store.project import Project
from pushforward.studio.workflows.executors.ray_task import Letter, Mailbox
from tests.cli.conftest import sets
from tests.engine.same import assert_same_run
from tests.patience import Patience

HAS_RAY = importlib.util.find_spec("ray") is not None
STEPS = 20_000
SWEEP = ["sweep", "edm@two-moons", *sets("lr=1e-4,1e-2", "threads=1", f"training.steps={STEPS}",
         "training.checkpoint_steps=100", "training.evaluate_every=1000")]  # fmt: skip


def test_a_mailbox_returns_the_newest_files_once_and_keeps_them_for_another_start() -> None:
    box = Mailbox()
    box.open("a")
    assert box.begin("a") == {}
    assert not box.put("a", Letter(files={"x": b"1", "y": b"1"}, step=1))
    assert not box.put("a", Letter(files={"x": b"2"}, gone=["y"], step=2))
    news = box.take()["a"]
    assert (news.files, news.gone, news.step, news.starts) == ({"x": b"2"}, ["y"], 2, 1)
    assert box.take() == {}
    assert box.begin("a") == {"x": b"2"}
    box.ask_to_stop()
    assert box.put("a", Letter(step=3, resumed=2))
    news = box.take()["a"]
    assert (news.files, news.starts, news.resumed) == ({}, 2, 2)
    box.close("a")
    assert box.begin("a") == {}


def test_without_ray_it_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main([*SWEEP, "--on", "ray", "--out", str(tmp_path / "p")]) == 2
    assert "pip install 'pushforward[ray]'" in capsys.readouterr().err
    assert not (tmp_path / "p").exists()


def until(condition: Callable[[], bool]) -> None:
    patience = Patience(60.0)
    while not condition():
        assert not patience.is_over()
        time.sleep(0.1)


class RayCluster:
    """The cluster's process, and what is done to it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.remote.ray_cluster"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            cwd=Path(__file__).parents[2], env=own_env(), start_new_session=True,
        )  # fmt: skip
        self.address = self._answer()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        assert line, "the cluster has ended"
        return line

    def kill_node(self, name: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"kill {name}\n")
        self._process.stdin.flush()
        assert self._answer() == "killed"

    def tasks(self) -> list[psutil.Process]:
        """The worker processes that train: their title is the name of their task."""
        every = psutil.Process(self._process.pid).children(recursive=True)
        titles = {each: " ".join(each.cmdline()) for each in every}
        return [each for each, title in titles.items() if "ray::" in title and "moons" in title]

    def close(self) -> None:
        found = [psutil.Process(self._process.pid)]
        found += found[0].children(recursive=True)
        for each in found:
            try:
                each.kill()
            except psutil.NoSuchProcess:
                continue
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()


@pytest.fixture
def cluster() -> Iterator[RayCluster]:
    if not HAS_RAY:
        pytest.skip("the extra ray is not installed")
    found = RayCluster()
    yield found
    found.close()


@pytest.mark.exhaustive
def test_runs_that_lose_a_worker_and_a_node_are_the_undisturbed_ones(
    cluster: RayCluster, tmp_path: Path
) -> None:
    here, alone = tmp_path / "here", tmp_path / "alone"
    lines: list[str] = []
    sweep = subprocess.Popen(
        own_command(*SWEEP, "--at-once", "2", "--on", "ray", "--out", str(here)),
        env={**own_env(), "RAY_ADDRESS": cluster.address, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert sweep.stdout is not None
    reader = threading.Thread(target=lambda: lines.extend(sweep.stdout or []), daemon=True)
    reader.start()

    def checkpoint(number: int) -> int:
        assert sweep.poll() is None, "".join(lines)
        runs = Project.open(here).runs() if (here / "project.toml").exists() else []
        return max(runs[number].checkpoints.steps(), default=0) if len(runs) > number else 0

    try:
        until(lambda: min(checkpoint(0), checkpoint(1)) > 0)
        first = checkpoint(0), checkpoint(1)
        os.kill(cluster.tasks()[0].pid, signal.SIGKILL)
        until(lambda: any("its process was lost" in line for line in lines))
        until(lambda: checkpoint(0) > first[0] and checkpoint(1) > first[1])
        assert max(checkpoint(0), checkpoint(1)) < STEPS
        cluster.kill_node("first")
        until(lambda: sweep.poll() is not None)
    finally:
        sweep.kill()
        sweep.wait()
    reader.join()
    sweep.stdout.close()
    text = "".join(lines)
    assert sweep.returncode == 0, text
    assert text.count("its process was lost") >= 2
    assert main([*SWEEP, "--out", str(alone)]) == 0
    far, near = Project.open(here).runs(), Project.open(alone).runs()
    assert [run.status().state for run in far] == ["finished"] * 2
    for one, other in zip(far, near, strict=True):
        assert_same_run(one, other)
        assert not one.alive()
