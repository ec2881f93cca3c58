"""What the engine's parts refuse is said by every command in the same way, without a traceback."""

import argparse
from pathlib import Path
from types import SimpleNamespace

import pytest

from pushforward.studio.__main__ import main
from pushforward.studio.cli import list as listing
from pushforward.studio.engine.process.refusal import Refused


@pytest.mark.parametrize(("kind", "status"), [("user", 2), ("data", 1)])
def test_a_refusal_and_what_to_do_about_it(
    kind: str, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(arguments: argparse.Namespace) -> int:
        raise Refused("It cannot be done.", "Do something else.", kind=kind)

    monkeypatch.setattr(listing, "run", refuse)
    assert main(["list", "models"]) == status
    assert capsys.readouterr().err == "pushforward: It cannot be done.\nDo something else.\n"


@pytest.mark.parametrize(("command", "status"), [("run", 2), ("race", 1)])
def test_what_needs_more_memory_than_there_is_is_refused_as_in_the_window(
    command: str,
    status: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    memory = SimpleNamespace(total=2_000_000)
    monkeypatch.setattr(
        "pushforward.studio.engine.run.validation.psutil.virtual_memory", lambda: memory
    )
    project = tmp_path / "project"
    runs = ["edm@two-moons"] if command == "run" else ["edm@two-moons", "gan@two-moons"]
    budget = ["--budget-steps", "5"] if command == "race" else []
    assert main([command, *runs, *budget, "--out", str(project)]) == status
    said = capsys.readouterr().err
    assert "This needs about" in said
    assert "Use a smaller batch or a smaller network." in said
    assert not project.exists(), "nothing is made"
