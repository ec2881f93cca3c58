"""Names that are spelt alike, and every place that asks whether one was meant."""

import ast
from pathlib import Path

import pytest

from pushforward.spelling import ask_whether, find_nearest

ROOT = Path(__file__).parents[1]
OWN_SEARCH = {"studio/app/places/discover/recipe_search.py"}
"""Ranks what a person types, for which a ratio is needed."""


def test_the_nearest_comes_first_and_capitals_do_not_count() -> None:
    assert find_nearest("STEPZ", ["seed", "step", "steps"]) == ["step", "steps"]
    assert find_nearest("mnst", ["MNIST", "mnist-gan"], n=1) == ["MNIST"]
    assert find_nearest("xyz", ["seed", "steps"]) == []
    assert find_nearest("a", []) == []


@pytest.mark.parametrize(
    ("word", "said"),
    [("stepz", "did you mean step or steps?"), ("seeed", "did you mean seed?"), ("x", "see there")],
)
def test_the_question_names_at_most_two(word: str, said: str) -> None:
    assert ask_whether(word, ["seed", "step", "steps"], "see there") == said


def test_a_sentence_starts_with_a_capital() -> None:
    assert ask_whether("sede", ["seed"], sentence=True) == "Did you mean seed?"
    assert ask_whether("x", ["seed"]) == ""


def test_no_other_module_compares_spellings() -> None:
    others = set()
    for folder in ("models", "observables", "studio", "verify"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            if "difflib" not in text:
                continue
            for node in ast.walk(ast.parse(text)):
                names = [each.name for each in getattr(node, "names", ())]
                if "difflib" in [*names, getattr(node, "module", "")]:
                    others.add(path.relative_to(ROOT).as_posix())
    assert others == OWN_SEARCH
