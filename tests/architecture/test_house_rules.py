"""Rules of the house that a linter does not know, checked on the source text."""

import ast
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from pushforward.models.registry import discover, registry
from pushforward.verify.discovery import discover as discover_all

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("models", "observables", "studio", "verify")
SOURCES = sorted(path for top in PRODUCT for path in ROOT.glob(f"{top}/**/*.py"))


def parsed(*words: str, under: str = "") -> Iterator[tuple[Path, ast.Module]]:
    """Yield the modules below a folder in which one of some words stands, or all: to parse all of
    them takes seconds.
    """
    for path in SOURCES:
        code = path.read_text(encoding="utf-8") if path.is_relative_to(ROOT / under) else ""
        if code and (not words or any(word in code for word in words)):
            yield path.relative_to(ROOT), ast.parse(code)


def test_no_nested_event_loops() -> None:
    """``exec()`` inside a coroutine kills other tasks: dialogs use ``open()`` and signals."""
    calls = [
        f"{path}:{node.lineno}"
        for path, tree in parsed("exec", "processEvents")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("exec", "exec_", "processEvents")
        and path.name != "main.py"  # the frame is painted before there is a coroutine
    ]
    assert not calls


def test_no_pickle() -> None:
    found = [
        f"{path}:{node.lineno}"
        for path, tree in parsed("pickle", "shelve", "dill", "load", "save")
        for node in ast.walk(tree)
        if (
            isinstance(node, ast.Import)
            and any(a.name.split(".")[0] in ("pickle", "shelve", "dill") for a in node.names)
        )
        or (isinstance(node, ast.Attribute) and ast.unparse(node) in ("torch.load", "torch.save"))
    ]
    assert not found


LITERAL = Path("studio/app/design/literal_text.py")
PRINTED = Path("studio/app/data/page_print.py")  # of a page in which all names are escaped
OBEYING = {"QLabel", "QPushButton", "QCheckBox", "QRadioButton", "QToolButton", "QMessageBox"} | {
    "setToolTip", "setStatusTip", "setWhatsThis", "setHtml",
}  # fmt: skip
ENTRIES_OF_MENUS = {"QAction", "addAction", "addMenu"}


def obeyed(tree: ast.Module) -> Iterator[ast.expr]:
    """Where Qt would be given a text to obey: what makes labels and buttons, sets tips and titles,
    names entries of menus.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from (base for base in node.bases if ast.unparse(base) in OBEYING)
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func).rpartition(".")[2]
        given = ast.unparse(node.args[0]) if node.args else "''"
        fixed = given.startswith("'")
        made = given == "action" or "actions[" in given  # of an action that has its text already
        if (
            called in OBEYING
            or (called == "setWindowTitle" and not fixed)
            or (called in ENTRIES_OF_MENUS and not fixed and not made and "keyless(" not in given)
        ):
            yield node


def test_a_name_on_the_screen_is_never_obeyed() -> None:
    """Labels are plain text, tips and menus are escaped: all through one module."""
    found = [
        f"{path}:{expression.lineno} {ast.unparse(expression)[:60]}"
        for path, tree in parsed(under="studio/app")
        if path not in (LITERAL, PRINTED)
        for expression in obeyed(tree)
    ]
    assert not found


STREAMS = ("stdout", "stderr", "stream", "os")


def written(tree: ast.Module) -> Iterator[ast.expr | ast.stmt]:
    """Where a command would write to a stream by itself, or with the raw write of the output."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="print")):
                yield node
            case ast.Attribute(attr="write" | "writelines", value=value) if (
                ast.unparse(value).rpartition(".")[2].strip("_") in STREAMS
            ):
                yield node
            case ast.ImportFrom(module="sys") if any(
                a.name.strip("_") in STREAMS for a in node.names
            ):
                yield node
            case ast.ImportFrom(module="pushforward.studio.cli.output"):
                if any(alias.name.startswith("_") for alias in node.names):
                    yield node
            case ast.Attribute(value=ast.Name(id="output"), attr=name) if name.startswith("_"):
                yield node


def test_only_one_module_writes_to_the_terminal() -> None:
    """What is printed goes through `studio.cli.output`, which shows control characters."""
    found = [
        f"{path}:{node.lineno}"
        for path, tree in parsed(under="studio/cli")
        if path.name != "output.py"
        for node in written(tree)
    ]
    assert not found


@pytest.mark.parametrize(
    "code",
    [
        "print(name)",
        "sys.stdout.write(name)",
        "self._stream.write(name)",
        "write = sys.stderr.write",
        "os.write(1, name)",
        "from sys import stdout",
        "from pushforward.studio.cli.output import _write",
        "output._write(name)",
    ],
)
def test_a_raw_write_is_noticed(code: str) -> None:
    assert list(written(ast.parse(code)))


def test_every_module_says_what_it_is_for() -> None:
    silent = [str(path) for path, tree in parsed() if tree.body and ast.get_docstring(tree) is None]
    assert not silent


discover_all()


def test_every_family_has_one_place_to_be_found_at() -> None:
    """A cell of the table of field and carrier, or a group below it."""
    for entry in registry.all("family"):
        assert bool(entry.field) == bool(entry.carrier), entry.slug
        assert bool(entry.field) != bool(entry.group), entry.slug


def test_every_claim_has_a_model_that_must_fail_it() -> None:
    """Or says why none could: a pass line that a dead model meets proves nothing."""
    for entry in registry.all("experiment"):
        nulls, reason = entry.nulls, entry.no_null
        assert all(nulls), entry.slug
        assert bool(nulls) != bool(reason), entry.slug
        assert not reason or len(reason.split()) > 4, f"{entry.slug}: a reason is a sentence"


def test_a_broken_plugin_is_a_problem_and_not_the_end() -> None:
    problems = discover(["pushforward.models.data", "models.no_such_package"])
    assert [p.module for p in problems] == ["models.no_such_package"]
    assert msgspec.json.encode(problems[0].message)
