"""No module reaches itself through what it imports: circles hide who stands on whom."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("models", "observables", "studio", "verify")
Graph = Mapping[str, set[str]]


def modules() -> dict[str, Path]:
    """All modules of the product, by their dotted names."""
    found = {}
    for path in (path for top in PRODUCT for path in ROOT.glob(f"{top}/**/*.py")):
        *parts, last = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(["pushforward", *(parts if last == "__init__" else [*parts, last])])] = path
    return found


def imported(code: str, known: set[str]) -> tuple[set[str], set[str]]:
    """What some code imports, anywhere in it, of the known modules, and what it imports for a type
    checker only. Relative imports are banned by the linter.
    """
    real, typed = set(), set()

    def visit(node: ast.AST, checked: bool) -> None:
        for child in ast.iter_child_nodes(node):
            into = typed if checked else real
            if isinstance(child, ast.Import):
                into.update(a.name for a in child.names if a.name in known)
            elif isinstance(child, ast.ImportFrom) and child.module:
                names = (f"{child.module}.{a.name}" for a in child.names)
                into.update(n if n in known else child.module for n in names)
            guarded = isinstance(child, ast.If) and ast.unparse(child.test).endswith(
                "TYPE_CHECKING"
            )
            visit(child, checked or guarded)

    visit(ast.parse(code), False)
    return real & known, (typed - real) & known


def circles(graph: Graph) -> Iterator[list[str]]:
    """Yield the groups of modules of which each reaches each other one (Tarjan, 1972)."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []

    def visit(node: str) -> Iterator[list[str]]:
        order[node] = lowest[node] = len(order)
        stack.append(node)
        for other in sorted(graph[node]):
            if other not in order:
                yield from visit(other)
                lowest[node] = min(lowest[node], lowest[other])
            elif other in stack:
                lowest[node] = min(lowest[node], order[other])
        if lowest[node] == order[node]:
            place = stack.index(node)
            group, stack[place:] = stack[place:], []
            if len(group) > 1 or node in graph[node]:
                yield sorted(group)

    for node in graph:
        if node not in order:
            yield from visit(node)


@pytest.fixture(scope="module")
def graphs() -> tuple[Graph, Graph]:
    """Who imports whom; and the same with what is imported for a type checker."""
    known = modules()
    found = {
        name: imported(path.read_text(encoding="utf-8"), set(known)) for name, path in known.items()
    }
    real = {name: run for name, (run, _) in found.items()}
    return real, {name: run | typed for name, (run, typed) in found.items()}


def test_no_module_imports_itself_in_the_end(graphs: tuple[Graph, Graph]) -> None:
    """Imports within functions count: they only put a circle off."""
    assert list(circles(graphs[0])) == []


def test_nor_does_it_for_its_types(graphs: tuple[Graph, Graph]) -> None:
    assert list(circles(graphs[1])) == []


@pytest.mark.parametrize(
    "code",
    [
        "import b.c",
        "from b import c",
        "from b.c import thing",
        "def late():\n    from b.c import thing",
        "class K:\n    def late(self):\n        if self:\n            import b.c as other",
    ],
)
def test_an_import_is_seen_wherever_it_stands(code: str) -> None:
    assert imported(code, {"a", "b", "b.c"}) == ({"b.c"}, set())


def test_imports_for_types_are_told_apart() -> None:
    code = "import b\nif TYPE_CHECKING:\n    import b\n    from c import d"
    assert imported(code, {"b", "c"}) == ({"b"}, {"c"})


def test_circles_are_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set(), "e": {"e"}}
    assert list(circles(graph)) == [["a", "b", "c"], ["e"]]


def test_the_product_stands_without_its_tests() -> None:
    leaning = [
        name
        for name, path in modules().items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for target in [*(alias.name for alias in node.names), getattr(node, "module", "") or ""]
        if target.split(".")[0] == "tests"
    ]
    assert not leaning
