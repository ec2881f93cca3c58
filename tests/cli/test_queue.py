"""The queue of a project on the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

from pushforward.studio.__main__ import main
from pushforward.studio.app.engine.requests import project_files
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from tests.cli.conftest import TINY, sets


@pytest.fixture
def where(project: Path) -> list[str]:
    return ["--project", str(project)]


def states(project: Path) -> list[str]:
    return [run.status().state for run in Project.open(project).runs()]


def test_runs_are_queued_listed_cancelled_and_trained(
    project: Path, where: list[str], capsys: Any
) -> None:
    settings = [word for text in TINY if "width" not in text for word in ("--set", text)]
    add = ["queue", "add", "edm@two-moons", "gan@two-moons", *where, *settings]
    assert main(add) == 0
    assert states(project) == ["queued", "queued"]
    capsys.readouterr()
    assert main(["queue", "list", "--json", *where]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["state"], row["model"]) for row in rows] == [("queued", "edm"), ("queued", "gan")]
    assert main(["queue", "cancel", "2", *where]) == 0
    assert states(project) == ["queued", "cancelled"]
    assert main(["queue", "start", *where]) == 0
    assert states(project) == ["finished", "cancelled"]
    capsys.readouterr()
    assert main(["queue", "list", *where]) == 0
    assert "The queue is empty" in capsys.readouterr().out
    assert main(["queue", "add", rows[1]["path"], *where]) == 0
    assert states(project) == ["finished", "queued"]


def test_the_window_offers_what_was_queued(project: Path, where: list[str]) -> None:
    assert main(["queue", "add", "edm@two-moons", *where, *sets()]) == 0
    [run] = project_files.read(project).runs
    assert run.state == "dropped"  # from the queue of a process that is gone: to be queued again


def test_what_cannot_be_queued_is_refused_before_anything_is(
    project: Path, where: list[str], capsys: Any
) -> None:
    for words, message in (
        (["edm@two-moons", "relatives"], "relatives is a race"),
        (["edm@nine-moons"], "no dataset is called"),
    ):
        assert main(["queue", "add", *words, *where]) == 2
        assert message in capsys.readouterr().err
        assert not list(project.glob("runs/*"))


def test_a_run_that_waits_is_moved(project: Path, where: list[str], capsys: Any) -> None:
    data = ["edm@two-moons", "gan@two-moons", "edm@pinwheel"]
    settings = [word for text in TINY if "width" not in text for word in ("--set", text)]
    assert main(["queue", "add", *data, *where, *settings]) == 0

    def order() -> list[str]:
        return [run.name[:4] for run in Project.open(project).queued()]

    assert order() == ["0001", "0002", "0003"]
    capsys.readouterr()
    assert main(["queue", "move", "3", "1", *where]) == 0
    assert "is number 1 of 3" in capsys.readouterr().out
    assert order() == ["0003", "0001", "0002"]
    assert main(["queue", "move", "3", "99", *where]) == 0
    assert order() == ["0001", "0002", "0003"]
    assert main(["queue", "move", "2", "1", *where]) == 0
    assert main(["queue", "cancel", "1", *where]) == 0
    assert main(["queue", "add", "edm@two-moons", *where, *settings]) == 0
    assert order() == ["0002", "0003", "0004"]  # a new run comes last
    for words, message in ((["1", "1"], "no run '1' is in the queue"), (["2", "0"], "1 or more")):
        assert main(["queue", "move", *words, *where]) == 2
        assert message in capsys.readouterr().err


def test_runs_are_trained_in_the_order_of_the_queue(
    project: Path, where: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[str] = []

    def train(run: RunFolder) -> int:
        trained.append(run.name[:4])
        run.update_status(state="finished")
        return 0

    monkeypatch.setattr("pushforward.studio.cli.run.train", train)
    assert main(["queue", "add", "edm@two-moons", "edm@two-moons", *where, *sets()]) == 0
    assert main(["queue", "move", "2", "1", *where]) == 0
    assert main(["queue", "start", *where]) == 0
    assert trained == ["0002", "0001"]
