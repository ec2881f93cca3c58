"""The commands of the tutorials do what they say."""

import re
import shlex
from pathlib import Path

import pytest

from pushforward.studio import resources
from pushforward.studio.__main__ import main
from pushforward.studio.cli.parser import parser
from tests.tiers import tiered

FOLDER = Path(__file__).parents[2] / "docs" / "tutorials"
TUTORIALS = sorted(FOLDER.glob("*.md"))
DOMAINS = {
    "particles", "images", "jets", "graphs", "series", "sentences", "scenes", "recommendation",
    "representation",
}  # fmt: skip
SHORT = ["training.steps=2", "training.device=cpu", "training.threads=1",
         "training.evaluate_samples=20",
         "training.particles=16"]  # fmt: skip
"""Settings that each training of a tutorial gets here, so that it takes a second."""


def commands(path: Path) -> list[list[str]]:
    """Return the commands of a tutorial, as lists of words without the name of the program."""
    blocks = re.findall(r"```sh\n(.*?)```", path.read_text(encoding="utf-8"), re.S)
    lines = [line for block in blocks for line in block.splitlines() if line.strip()]
    words = [shlex.split(line, comments=True) for line in lines]
    assert all(each[0] == "pushforward" for each in words)
    return [each[1:] for each in words]


def test_each_domain_has_one_of_three_to_six_commands() -> None:
    assert {path.stem for path in TUTORIALS} == DOMAINS
    for path in TUTORIALS:
        assert 3 <= len(commands(path)) <= 6, path.stem
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 30, path.stem


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_its_commands_and_recipes_exist(path: Path) -> None:
    recipes = {recipe.slug for recipe in resources.recipes()}
    for words in commands(path):
        parser().parse_args(words)
        if words[0] == "run":
            assert words[1] in recipes, words


@pytest.mark.parametrize(
    "path", tiered(TUTORIALS, [FOLDER / "particles.md"], name=lambda path: path.stem)
)
def test_its_commands_run(path: Path, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    for words in commands(path):
        settings = [word for each in SHORT for word in ("--set", each)]
        status = main([*words, *(settings if words[0] == "run" else [])])
        out = capsys.readouterr()
        assert status == 0, (words, out.err)
        if "--out" in words:
            assert Path(words[words.index("--out") + 1]).exists(), words
