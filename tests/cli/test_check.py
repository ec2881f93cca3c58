"""The self-test of an installation, on a good one and on broken ones."""

import sys
from pathlib import Path

import pytest

from pushforward.studio.__main__ import main
from pushforward.studio.cli import check
from pushforward.studio.client.child import ChildProcess
from pushforward.studio.client.client import EngineClient


def test_a_good_installation_passes_every_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--keep", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["ok"] * 7 + ["All"]
    assert (tmp_path / "samples.csv").read_text().count("\n") >= 500
    assert (tmp_path / "weights.safetensors").stat().st_size > 1000


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (["/no/such/python"], "cannot start /no/such/python"),
        ([sys.executable, "-c", "import no_such_library"], "No module named 'no_such_library'"),
        ([sys.executable, "-c", "print('Welcome!', flush=True)"], "an invalid message"),
    ],
    ids=["no-program", "no-library", "talks-on-stdout"],
)
def test_a_broken_one_fails_at_once_and_says_why(
    command: list[str],
    reason: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(check, "EngineClient", lambda: EngineClient(lambda: ChildProcess(command)))
    assert main(["check"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("FAILED  the engine starts: ")
    assert reason in out
    assert out.count("\n") == 1
    assert "set it up again" in err
