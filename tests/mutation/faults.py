"""Faults that a person might make, each in one place of the source: found and applied by syntax."""

import ast
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

PARTS = ("models", "studio/engine", "studio/store", "studio/app")
Change = tuple[ast.AST, str]
"""A piece of the source, and what replaces it."""


@dataclass(frozen=True)
class Fault:
    """One replacement in one file; ``start`` and ``end`` are positions in its UTF-8 bytes."""

    path: str
    line: int
    kind: str
    start: int
    end: int
    before: str
    after: str

    def __str__(self) -> str:
        shown = [" ".join(text.split())[:60] for text in (self.before, self.after)]
        return f"{self.kind:5} {self.path}:{self.line}  {shown[0]}  ->  {shown[1]}"

    def apply(self, root: Path) -> None:
        """Write the fault into the copy of the project at ``root``."""
        source = (root / self.path).read_bytes()
        assert source[self.start : self.end].decode() == self.before
        changed = source[: self.start] + self.after.encode() + source[self.end :]
        (root / self.path).write_bytes(changed)


SWAPPED = {ast.Add: "-", ast.Sub: "+", ast.Lt: ">", ast.Gt: "<", ast.LtE: ">=", ast.GtE: "<="}
NO_NUMBERS = (ast.JoinedStr, ast.List, ast.Tuple, ast.ListComp, ast.Dict)


def _sign(node: ast.AST) -> Iterator[Change]:
    """Swap + and -, or < and >; drop a minus."""
    match node:
        case ast.BinOp(op=ast.Add() | ast.Sub()):
            sides = (node.left, node.right)
            if not any(isinstance(side, NO_NUMBERS) or _is_text(side) for side in sides):
                left, right = map(ast.unparse, sides)
                yield node, f"(({left}) {SWAPPED[type(node.op)]} ({right}))"
        case ast.UnaryOp(op=ast.USub(), operand=operand) if not isinstance(operand, ast.Constant):
            yield node, f"({ast.unparse(operand)})"
        case ast.Compare(ops=[ast.Lt() | ast.Gt() | ast.LtE() | ast.GtE() as op]):
            left, right = ast.unparse(node.left), ast.unparse(node.comparators[0])
            yield node, f"(({left}) {SWAPPED[type(op)]} ({right}))"


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _index(node: ast.AST) -> Iterator[Change]:
    """Take a neighbouring place or axis: 0 becomes 1, any other number moves towards 0."""
    match node:
        case ast.Subscript(slice=ast.Slice(lower=lower, upper=upper), ctx=ast.Load()):
            places: list[ast.AST | None] = [lower, upper]
        case ast.Subscript(slice=ast.Tuple(elts=elements), ctx=ast.Load()):
            places = [*elements]
        case ast.Subscript(slice=place, ctx=ast.Load()):
            places = [place]
        case ast.keyword(arg="dim" | "axis", value=value):
            places = [value]
        case _:
            return
    for place in places:
        try:
            number = ast.literal_eval(place) if place is not None else None  # type: ignore[arg-type]
        except ValueError:
            continue
        if type(number) is int and place is not None:
            yield place, str(1 if number == 0 else number - 1 if number > 0 else number + 1)


MASK = re.compile(r"mask|zeroed|padded")


def _mask(node: ast.AST) -> Iterator[Change]:
    """Forget a mask: as a factor, as an argument, or as the selection of rows."""
    match node:
        case ast.BinOp(left=left, op=ast.Mult() | ast.BitAnd(), right=right):
            for one, other in ((left, right), (right, left)):
                if MASK.search(ast.unparse(one)) and not MASK.search(ast.unparse(other)):
                    yield node, f"({ast.unparse(other)})"
        case ast.Call(func=ast.Attribute(attr="zeroed"), args=[value]):
            yield node, f"({ast.unparse(value)})"
        case ast.Call(func=ast.Attribute(attr="masked_fill" | "masked_fill_", value=value)):
            yield node, f"({ast.unparse(value)})"
        case ast.keyword(arg=str(name), value=value) if MASK.search(name):
            if not isinstance(value, ast.Constant):
                yield value, "None"
        case ast.Subscript(value=value, slice=ast.Name(id=name), ctx=ast.Load()):
            if MASK.search(name):
                yield node, f"({ast.unparse(value)})"


def _cache(node: ast.AST) -> Iterator[Change]:
    """Keep what is out of date: drop a statement that forgets it."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == "__init__":
        return
    body = getattr(node, "body", None)
    for statement in body if isinstance(body, list) else ():
        match statement:
            case ast.Expr(ast.Call(func=ast.Attribute(attr="clear" | "cache_clear"))):
                yield statement, "pass"
            case ast.Expr(ast.Call(func=ast.Attribute(attr="pop"), args=[_, ast.Constant(None)])):
                yield statement, "pass"
            case ast.Assign(targets=[ast.Attribute()], value=ast.Constant(None)):
                yield statement, "pass"
            case ast.Delete(targets=[ast.Subscript()]):
                yield statement, "pass"


def _await(node: ast.AST) -> Iterator[Change]:
    """Start a coroutine without waiting for it."""
    if isinstance(node, ast.Await):
        yield node, f"({ast.unparse(node.value)})"


KINDS: dict[str, Callable[[ast.AST], Iterator[Change]]] = {
    "sign": _sign,
    "index": _index,
    "mask": _mask,
    "cache": _cache,
    "await": _await,
}


def find_faults(root: Path, path: Path) -> list[Fault]:
    """Return every fault that can be put into a module."""
    source = path.read_bytes()
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    found = []
    for node in ast.walk(ast.parse(source)):
        for kind, changes in KINDS.items():
            for piece, after in changes(node):
                line, last = piece.lineno, piece.end_lineno  # type: ignore[attr-defined]
                start = starts[line - 1] + piece.col_offset  # type: ignore[attr-defined]
                end = starts[last - 1] + piece.end_col_offset  # type: ignore[attr-defined]
                before = source[start:end].decode()
                name = path.relative_to(root).as_posix()
                found.append(Fault(name, line, kind, start, end, before, after))
    return found


def choose_faults(root: Path, count: int, seed: int) -> list[Fault]:
    """Choose faults by a seed: the parts of the project in turn, of each a kind of fault that can
    be made there, and of these a place.
    """
    chance = random.Random(seed)
    pools: dict[str, dict[str, list[Fault]]] = {}
    for part in PARTS:
        kinds = pools.setdefault(part, {})
        for path in sorted((root / part).rglob("*.py")):
            for fault in find_faults(root, path):
                kinds.setdefault(fault.kind, []).append(fault)
    chosen: list[Fault] = []
    while len(chosen) < count:
        kinds = pools[PARTS[len(chosen) % len(PARTS)]]
        fault = chance.choice(kinds[chance.choice(sorted(kinds))])
        if fault not in chosen:
            chosen.append(fault)
    return chosen
