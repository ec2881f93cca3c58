"""The man page, the reference in docs and the completions agree with the parser."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from pushforward.studio.__main__ import main
from pushforward.studio.cli.command_tree import Command, read_commands
from pushforward.studio.cli.completion_scripts import (
    known_values,
    write_bash,
    write_fish,
    write_zsh,
)
from pushforward.studio.cli.manual import EXAMPLES, EXIT_STATUS, write_man, write_markdown
from pushforward.studio.cli.parser import COMMANDS, parser

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def root() -> Command:
    return read_commands(parser())


def test_the_reference_in_docs_is_current(root: Command) -> None:
    text = (DOCS / "command-line.md").read_text(encoding="utf-8")
    again = "pushforward man --markdown > docs/command-line.md"
    assert text == write_markdown(root), f"write it again: {again}"


def test_every_command_option_and_exit_code_is_in_the_man_page(root: Command) -> None:
    page = write_man(root, "Pushforward Studio 1.0").replace(r"\-", "-")
    assert {words for command in root.walk() for words in command.words} >= set(COMMANDS)
    for command in root.walk():
        for option in command.options:
            assert option.flags[0] in page
    for code, _ in EXIT_STATUS:
        assert f".B {code}\n" in page


def test_every_example_is_accepted_by_the_parser(capsys: pytest.CaptureFixture[str]) -> None:
    for line, _ in EXAMPLES:
        words = shlex.split(line)[1:]
        if words:
            assert parser().parse_args(words).command == words[0]


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
def test_groff_accepts_the_man_page(root: Command) -> None:
    command = ["groff", "-man", "-Tutf8", "-P-c", "-wall", "-ww"]
    page = write_man(root, "Pushforward Studio 1.0", "2026-12-02")
    done = subprocess.run(command, input=page, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "EXIT STATUS" in re.sub(".\x08", "", done.stdout)  # bold is printed twice


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["tra"], {"trash"}),
        (["trash", ""], {"add", "list", "restore", "empty"}),
        (["list", "mo"], {"models"}),
        (["run", "edm-eig"], {"edm-eight-gaussians"}),
        (["evaluate", "--jso"], {"--json"}),
        (["completions", ""], {"bash", "zsh", "fish"}),
        (["run", "--set", "edm"], set()),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bash_completes(typed: list[str], offered: set[str], root: Command, tmp_path: Path) -> None:
    words = " ".join(f"'{word}'" for word in ["pushforward", *typed])
    ask = f'COMP_WORDS=({words}); COMP_CWORD={len(typed)}; _pushforward; echo "${{COMPREPLY[@]}}"'
    script = f"{write_bash(root, known_values())}\n{ask}\n"
    done = subprocess.run(
        ["bash"], input=script, capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stderr == ""
    assert set(done.stdout.split()) == offered


@pytest.mark.parametrize(("shell", "write"), [("zsh", write_zsh), ("fish", write_fish)])
def test_other_shells_read_their_scripts(
    shell: str, write: object, root: Command, tmp_path: Path
) -> None:
    script = write(root, known_values())  # type: ignore[operator]
    for command in root.walk():
        assert all(flag.lstrip("-") in script for o in command.options for flag in o.flags)
    if shutil.which(shell):
        (tmp_path / "script").write_text(script, encoding="utf-8")
        done = subprocess.run([shell, "-n", "script"], cwd=tmp_path, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")


def test_the_commands_print_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completions", "bash"]) == 0
    assert "complete -o filenames -F _pushforward pushforward" in capsys.readouterr().out
    assert main(["man"]) == 0
    assert capsys.readouterr().out.startswith(".TH PUSHFORWARD 1")
