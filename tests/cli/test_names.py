"""Names from files of others reach the terminal as text: none is obeyed, none makes a line."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from pushforward.studio.__main__ import main
from pushforward.studio.cli import output
from pushforward.studio.cli.parser import parser
from pushforward.studio.cli.terminal import complain, say, table
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.project import Project
from pushforward.studio.workflows.command_line import command_for
from tests.cli.terminal import in_a_terminal

HOSTILE = "\x1b[2J\u202egnp\r\n<b>bold</b>"
SHOWN = r"\x1b[2J\u202egnp\r\n<b>bold</b>"

RECIPE = """
title = "hostile"
summary = "x"
teaches = "x"
source = "x"
expected_seconds = 1.0
kind = "points"
order = 1

[run]
name = "\\u001B[2J\\u202Egnp\\r\\n<b>bold</b>"

[run.family]
slug = "edm"
config = {net = {width = 16}}

[run.dataset]
slug = "eight-gaussians"

[run.training]
steps = 2
batch = 16
particles = 64
evaluate_every = 0
device = "cpu"
"""


def harmless(text: str) -> bool:
    return not any(c in text for c in "\x1b\u202e\r")


def test_a_recipe_of_somebody_else_cannot_act_on_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "hostile.toml"
    recipe.write_text(RECIPE, encoding="utf-8")
    assert main(["run", str(recipe), "--out", str(tmp_path / "project")]) == 0
    out, err = capsys.readouterr()
    assert harmless(out + err)
    [run] = Project.open(tmp_path / "project").runs()
    assert out.splitlines()[0] == f"{SHOWN}  ->  {run.path}"
    assert run.record.spec.name == HOSTILE  # the file keeps it
    assert harmless(run.log_path.read_text(encoding="utf-8"))


def test_what_is_complained_of_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (
        ["run", HOSTILE],
        ["show", HOSTILE],
        ["run", "edm@two-moons", "--set", HOSTILE],
    ):
        assert main(arguments) == 2
        out, err = capsys.readouterr()
        assert harmless(out + err)
        assert err.count("\n") == 1
        assert SHOWN in err or repr(HOSTILE) in err
    complain(HOSTILE, HOSTILE)
    assert capsys.readouterr().err == f"pushforward: {SHOWN}\n{SHOWN}\n"


def test_an_argument_that_is_no_option_is_named_harmlessly(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["list", "models", HOSTILE])
    assert harmless(capsys.readouterr().err)


def test_lines_and_tables(capsys: pytest.CaptureFixture[str]) -> None:
    say(HOSTILE)
    table([(HOSTILE, "x"), ("plain", HOSTILE)], head=("A", "B"))
    out = capsys.readouterr().out
    assert harmless(out)
    first, head, _, one, two = out.splitlines()
    assert first == SHOWN
    assert one.index("x", len(SHOWN)) == head.index("B")  # columns stand as wide as what is seen
    assert two.startswith("plain")


def test_whatever_writes_to_the_terminal_writes_harmlessly(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.put_line(HOSTILE)
    output.put_lines(HOSTILE)
    output.rewrite_line(HOSTILE)
    output.end_line()
    line, *several = capsys.readouterr().out.split("\n")
    assert line == SHOWN
    assert several == [r"\x1b[2J\u202egnp", "<b>bold</b>" + "\r" + SHOWN, ""]


def test_a_page_of_help_is_as_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    top = parser()
    top.description = HOSTILE
    top.print_help()
    assert harmless(capsys.readouterr().out)


def test_a_copied_command_presses_no_key() -> None:
    spec = RunSpec(name="x\x1b[201~\nrm -rf y", family=Pick(slug="edm"), dataset=Pick(slug="word"))
    command = command_for(spec)
    assert "\n" not in command
    assert "\x1b" not in command
    assert shlex.split(command)[:3] == ["pushforward", "run", "edm@word"]


def test_an_error_that_nobody_expected_names_things_harmlessly() -> None:
    code = (
        "import sys; from pushforward.studio.cli import parser\n"
        "from pushforward.studio.__main__ import main\n"
        "def broken(arguments): raise RuntimeError('a name: \\x1b[2J\\u202e')\n"
        "parser.main = broken; sys.argv = ['pushforward', 'list', 'models']; main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert r"RuntimeError: a name: \x1b[2J\u202e" in done.stderr
    assert harmless(done.stderr)


def test_no_word_of_a_head_is_broken(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    in_a_terminal(monkeypatch, 80)
    head = ["run", "sliced-w2", "energy-distance", "likelihood", "steps", "evaluations", "state"]
    rows = [["0001-edm-eight-gaussians", "0.1", "0.2", "not known", "6,000", "12", "finished"]]
    table(rows, head)
    shown = capsys.readouterr().out.partition("---")[0].split()
    assert {"likelihood", "evaluations", "energy-distance"} <= set(shown)
