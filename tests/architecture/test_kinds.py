"""Nobody but the kind itself asks what kind of data it is: a new one is added by its own files."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from pushforward.models.registry import discover, registry

ROOT = Path(__file__).resolve().parents[2]
discover(("pushforward.models.kinds",))
KINDS = {entry.slug for entry in registry.all("kind")}
SETS = {"ImageSet", "PointSet"}
BLIND = ("models/families", "models/fields", "models/carriers")
"""What works on every kind of data: it names none."""

KNOWING = (
    "models/kinds",
    "models/data",
    "models/judges",
    "models/metrics",
    "models/oracle.py",  # a mixture of points, whose widths are one a mode or one an axis
    "studio/engine/kinds",
    "studio/engine/data/images",
    "verify/images",
)
"""Kinds, data sets of a kind and metrics of a kind: they may look."""


def parsed(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def named(tree: ast.AST) -> Iterator[ast.expr]:
    """Where a kind of data is named."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node.value in KINDS:
            yield node


def guessed(tree: ast.AST) -> Iterator[ast.expr]:
    """Where the kind of data is guessed from how many axes they have, or from their type."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=left, comparators=others) if any(
                isinstance(side, ast.Attribute) and side.attr == "ndim" for side in (left, *others)
            ):
                yield node
            case ast.Call(func=ast.Name(id="isinstance"), args=[_, kinds]) if any(
                isinstance(part, ast.Name | ast.Attribute)
                and ast.unparse(part).rpartition(".")[2] in SETS
                for part in ast.walk(kinds)
            ):
                yield node


def test_there_are_kinds() -> None:
    assert len(KINDS) > 1


def test_families_fields_and_carriers_name_no_kind_of_data() -> None:
    found = [
        f"{path}:{node.lineno} {ast.unparse(node)}"
        for path, tree in parsed(*BLIND)
        for node in named(tree)
    ]
    assert not found


def test_a_kind_is_guessed_nowhere() -> None:
    found = [
        f"{path}:{node.lineno} {ast.unparse(node)}"
        for path, tree in parsed("models", "studio/engine")
        if not path.startswith(KNOWING)
        for node in guessed(tree)
    ]
    assert not found


@pytest.mark.parametrize(
    "code",
    [
        "x.ndim == 4",
        "4 != batch.x.ndim",
        "isinstance(data, ImageSet)",
        "isinstance(data, points.PointSet)",
        "isinstance(data, PointSet | ImageSet)",
        "isinstance(data, (PointSet, Other))",
    ],
)
def test_a_guess_is_noticed(code: str) -> None:
    assert list(guessed(ast.parse(code)))


@pytest.mark.parametrize("code", ["kind == 'points'", "f(kinds=('images',))", "{'images': 1}"])
def test_a_name_is_noticed(code: str) -> None:
    assert list(named(ast.parse(code)))
