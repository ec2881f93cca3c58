"""The short suite tries everything once, and the list of what it leaves out is up to date."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.tiers import EXHAUSTIVE, listed, representatives, tiered

ROOT = Path(__file__).parents[1]


def test_representatives_have_every_value_of_every_aspect_and_no_more_cases_than_that() -> None:
    cases = [(1, "a"), (1, "b"), (2, "b"), (2, "a"), (3, "a")]
    found = representatives(cases, lambda case: case[0], lambda case: case[1])
    assert found == [(1, "a"), (1, "b"), (2, "b"), (3, "a")]


def test_the_others_are_marked() -> None:
    chosen, left = tiered([1, 2], [1])
    assert (chosen.values, chosen.marks, chosen.id) == ((1,), (), "1")
    assert (left.values, left.marks, left.id) == ((2,), (EXHAUSTIVE,), "2")


@cache
def _functions(path: Path) -> frozenset[str]:
    """Return the names of the tests of a file, with that of their class."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {
                f"{node.name}::{each.name}"
                for each in node.body
                if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
            }
    return frozenset(found)


def test_each_line_of_the_list_is_a_test() -> None:
    gone = []
    for name in sorted(listed()):
        file, _, function = name.partition("::")
        path = ROOT / file
        if not path.exists() or function.partition("[")[0] not in _functions(path):
            gone.append(name)
    assert not gone, "change or delete these lines of tests/exhaustive.txt and tests/costly.txt"


def test_no_file_is_left_out_whole() -> None:
    for file in {name.partition("::")[0] for name in listed()}:
        tests = {name for name in _functions(ROOT / file) if "test_" in name}
        left = {name.partition("::")[2] for name in listed() if name.startswith(f"{file}::")}
        assert tests - left, f"the short suite has no test of {file}"


def test_what_is_listed_is_marked(request: pytest.FixtureRequest) -> None:
    """Of the short suite nothing is left to look at: whatever is marked is not among its items."""
    named = listed()
    items = [
        item
        for item in request.session.items
        if item.nodeid in named or item.nodeid.partition("[")[0] in named
    ]
    assert all("exhaustive" in item.keywords for item in items)
    assert not items or not request.config.getoption("markexpr")
