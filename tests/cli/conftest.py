"""A run that was trained once, for all tests that do something with one."""

import shutil
from pathlib import Path

import pytest

from pushforward.studio.__main__ import main
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder

TINY = [
    "training.steps=60",
    "training.batch=32",
    "training.samples=400",
    "training.particles=64",
    "training.frames=4",
    "training.evaluate_every=60",
    "training.evaluate_samples=64",
    "training.device=cpu",
    "family.net.width=16",
]


def sets(*more: str) -> list[str]:
    return [word for text in (*TINY, *more) for word in ("--set", text)]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return tmp_path / "project"


@pytest.fixture(scope="session")
def _moons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("moons") / "project"
    assert main(["run", "edm@two-moons", "--out", str(project), *sets()]) == 0
    return project


@pytest.fixture
def moons(_moons: Path, project: Path, capsys: pytest.CaptureFixture[str]) -> RunFolder:
    """What ``run edm@two-moons --out PROJECT`` leaves after 60 steps, in the test's project."""
    shutil.copytree(_moons, project)
    capsys.readouterr()
    [run] = Project.open(project).runs()
    return run
