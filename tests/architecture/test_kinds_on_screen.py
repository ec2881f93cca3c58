"""Only a kind of data knows what it looks like: nothing else on the screen asks for its shape."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from pushforward.studio.app.core.data_type_registry import all_kinds

APP = Path(__file__).resolve().parents[2] / "studio" / "app"
KNOW = {  # what all data types are described by
    APP / "core" / "array_contents.py",
    APP / "core" / "data_type.py",
    APP / "data" / "sample_measures.py",
    APP / "data_types" / "texts" / "text_tiles.py",
}
SLUGS = {kind.slug for kind in all_kinds()}


def decisions(tree: ast.AST) -> Iterator[ast.expr]:
    """Where code decides by the number of axes of an array, or names a kind by its slug."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            yield from (s for s in sides if isinstance(s, ast.Attribute) and s.attr == "ndim")
        if isinstance(node, ast.Constant) and node.value in SLUGS:
            yield node


def is_type(path: Path) -> bool:
    """Whether a module describes a data type: it may name it."""
    return APP / "data_types" in path.parents and f"_{path.stem}".endswith("_type")


def test_no_lens_decides_by_the_shape_or_the_name_of_a_kind() -> None:
    found = [
        f"{path.relative_to(APP)}:{node.lineno} {ast.unparse(node)}"
        for path in sorted(APP.rglob("*.py"))
        if not is_type(path) and path not in KNOW
        for node in decisions(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not found


@pytest.mark.parametrize(
    "code", ["x.ndim == 4", "if 5 != record.x.ndim: pass", "shows('images')", "{'points': 'flow'}"]
)
def test_a_decision_is_noticed(code: str) -> None:
    assert list(decisions(ast.parse(code)))
