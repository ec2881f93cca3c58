"""What the engine's parts refuse is said by every command in the same way, without a traceback."""

import argparse

import pytest

from studio.__main__ import main
from studio.cli import list as listing
from studio.engine.process.refusal import Refused


@pytest.mark.parametrize(("kind", "status"), [("user", 2), ("data", 1)])
def test_a_refusal_and_what_to_do_about_it(
    kind: str, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(arguments: argparse.Namespace) -> int:
        raise Refused("It cannot be done.", "Do something else.", kind=kind)

    monkeypatch.setattr(listing, "run", refuse)
    assert main(["list", "models"]) == status
    assert capsys.readouterr().err == "pushforward: It cannot be done.\nDo something else.\n"
