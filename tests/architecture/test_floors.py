"""How many floors the window has: the longest chain of imports between its packages."""

import ast
from functools import cache
from pathlib import Path

APP = Path(__file__).resolve().parents[2] / "studio" / "app"
PREFIX = "pushforward.studio.app."
FLOORS = 9


def stands_on() -> dict[str, set[str]]:
    """Return which other packages each package of the window imports when it runs."""
    packages = {path.name for path in APP.iterdir() if (path / "__init__.py").exists()}
    found: dict[str, set[str]] = {name: set() for name in packages}
    for path in APP.rglob("*.py"):
        package = path.relative_to(APP).parts[0]
        if package in packages:
            found[package] |= _imported(path) & packages - {package}
    return found


def _imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    checked = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    names = [
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node not in checked
    ]
    return {name.removeprefix(PREFIX).partition(".")[0] for name in names if PREFIX in name}


def longest_chain(graph: dict[str, set[str]]) -> list[str]:
    """Return the longest chain of packages that import each other, the highest first."""

    @cache
    def below(package: str) -> tuple[str, ...]:
        return (package, *max((below(each) for each in graph[package]), key=len, default=()))

    return list(max((below(each) for each in graph), key=len))


def test_the_window_has_at_most_nine_floors() -> None:
    chain = longest_chain(stands_on())
    print("floors of the window, highest first:", " > ".join(chain))  # noqa: T201  # seen with -s
    assert len(chain) <= FLOORS, chain
    assert chain[0] == "shell"
