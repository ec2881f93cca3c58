"""Print the longest files and functions of the product: a report to read, not a limit to meet.

python -m tests.architecture.lengths [HOW_MANY]
"""

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("models", "observables", "studio", "verify")


def longest(how_many: int) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Return the longest files and functions, as (lines, name), the longest first."""
    files, functions = [], []
    for path in (path for top in PRODUCT for path in ROOT.glob(f"{top}/**/*.py")):
        code, name = path.read_text(encoding="utf-8"), str(path.relative_to(ROOT))
        files.append((code.count("\n"), name))
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                functions.append((lines, f"{name}:{node.lineno} {node.name}"))
    return sorted(files, reverse=True)[:how_many], sorted(functions, reverse=True)[:how_many]


def main(how_many: int = 20) -> None:
    """Print both lists."""
    for title, rows in zip(("Files", "Functions"), longest(how_many), strict=True):
        print(title)
        for lines, name in rows:
            print(f"{lines:6}  {name}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
