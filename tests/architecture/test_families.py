"""Families are short, inherit little, and show their mathematics.

The shares of all are printed by ``pytest -rP tests/architecture/test_families.py``.
"""

import ast
import sys
from operator import itemgetter
from pathlib import Path

import pytest

from pushforward.models.contracts.family import Family
from pushforward.models.contracts.learner import Learner
from pushforward.models.registry import discover, registry

ROOT = Path(__file__).resolve().parents[2]
PLUMBING = {
    *(
        "__init__",
        "parts",
        "layer_functions",
        "retune",
        "warnings",
        "schedule",
        "evaluations",
        "phases",
    ),
    *(
        "state",
        "load_state",
        "needs_classes",
        "done",
        "generator_horizon",
        "latent_size",
        "pushing",
    ),
}
"""Functions that connect a family to the product; all other functions count as mathematics."""
LOWEST_SHARE = 0.45
"""The mean share of mathematics today, rounded down: raise it, never lower it."""


def families() -> list[type]:
    discover()
    made = (entry.make for entry in registry.all("family"))
    return [cls for cls in made if cls.__module__.startswith("pushforward.models.")]


def levels(cls: type) -> int:
    """Return the number of classes from cls to the contract, `Family` or `Learner`, left out."""
    if cls in (Family, Learner) or not issubclass(cls, Learner):
        return 0
    return 1 + max(levels(base) for base in cls.__bases__)


def code_lines(tree: ast.AST) -> set[int]:
    """Return the numbers of lines with code: no docstrings, comments or blank lines."""
    texts: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            texts |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = {
        line
        for node in ast.walk(tree)
        if hasattr(node, "lineno")
        for line in (node.lineno, node.end_lineno or node.lineno)
    }
    return lines - texts


def share(path: Path) -> float:
    """Return the share of code lines, imports left out, in functions that are mathematics."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = (n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom))
    left_out = {line for n in imports for line in range(n.lineno, (n.end_lineno or 0) + 1)}
    functions = [
        node
        for outer in (tree, *(n for n in tree.body if isinstance(n, ast.ClassDef)))
        for node in outer.body
        if isinstance(node, ast.FunctionDef) and node.name not in PLUMBING
    ]
    mathematics = {line for node in functions for line in code_lines(node)}
    return len(mathematics) / len(code_lines(tree) - left_out)


def shares() -> dict[str, float]:
    modules = sorted({cls.__module__ for cls in families()})
    return {
        m: share(ROOT / f"{m.removeprefix('pushforward.').replace('.', '/')}.py") for m in modules
    }


@pytest.mark.parametrize("cls", families(), ids=lambda cls: cls.__name__)
def test_a_family_has_at_most_three_levels(cls: type) -> None:
    assert levels(cls) <= 3, [base.__name__ for base in cls.__mro__]


@pytest.mark.parametrize("name", ["edm", "gan"])
def test_edm_and_gan_are_short_and_a_third_mathematics(name: str) -> None:
    path = ROOT / f"models/families/{name}.py"
    assert path.read_text(encoding="utf-8").count("\n") <= 90
    assert share(path) >= 1 / 3


def test_the_share_of_mathematics_does_not_fall() -> None:
    found = shares()
    mean = sum(found.values()) / len(found)
    rows = [f"{value:6.1%}  {module}" for module, value in sorted(found.items(), key=itemgetter(1))]
    sys.stdout.write("\n".join([*rows, f"{mean:6.1%}  mean of {len(found)} families", ""]))
    assert mean >= LOWEST_SHARE
