"""The trash of a project on the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

from pushforward.studio.__main__ import main
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder


@pytest.fixture
def deleted(moons: RunFolder) -> str:
    Project.open(moons.project).trash(moons.path)
    return moons.name


def test_it_is_listed_and_restored(
    deleted: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--project", str(project)]
    assert main(["trash", "list", *where]) == 0
    assert f"runs/{deleted}" in capsys.readouterr().out
    assert main(["trash", "list", "--json", *where]) == 0
    [entry] = json.loads(capsys.readouterr().out)
    assert entry["path"] == f"runs/{deleted}"
    assert main(["trash", "restore", deleted, *where]) == 0
    assert [run.name for run in Project.open(project).runs()] == [deleted]
    capsys.readouterr()
    assert main(["trash", "list", *where]) == 0
    assert "is empty" in capsys.readouterr().out


def test_emptying_needs_a_confirmation(deleted: str, project: Path, capsys: Any) -> None:
    where = ["--project", str(project)]
    assert main(["trash", "empty", *where]) == 2
    assert "add --yes" in capsys.readouterr().err
    assert Project.open(project).trashed()
    assert main(["trash", "empty", "--yes", *where]) == 0
    assert not Project.open(project).trashed()


def test_an_unknown_name_gets_the_nearest(deleted: str, project: Path, capsys: Any) -> None:
    assert main(["trash", "restore", deleted[:-1], "--project", str(project)]) == 2
    assert f"did you mean {deleted}" in capsys.readouterr().err


def test_a_run_is_moved_to_the_trash_and_back(moons: RunFolder, project: Path, capsys: Any) -> None:
    where = ["--project", str(project)]
    assert main(["trash", "add", moons.name, "0009-nothing", *where]) == 2
    assert "no run or data set is called '0009-nothing'" in capsys.readouterr().err
    assert Project.open(project).runs() == [moons]
    assert main(["trash", "add", moons.name, *where]) == 0
    assert not Project.open(project).runs()
    assert main(["trash", "restore", moons.name, *where]) == 0
    assert Project.open(project).runs() == [moons]
