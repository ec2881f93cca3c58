"""What every test stands on: no screen unless one is asked for, and a home of its own.

The platform must be chosen before Qt is first imported, so it happens while this file loads.
Tests marked ``xvfb`` run in a second call of pytest with ``QT_QPA_PLATFORM=xcb``, under Xvfb.
"""

import gc
import itertools
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tiers import EXHAUSTIVE, listed

HERE = Path(__file__).parent
# What computes or starts a real engine: left out of the fast tests, which need no PyTorch.
NEEDS_TORCH = (
    "api",
    "app/lenses/test_bound.py",
    "app/lenses/test_filled.py",
    "app/lenses/test_flow.py",
    "app/test_conditions.py",
    "app/test_file_sizes.py",
    "app/test_six_choices.py",
    "app/test_units.py",
    "architecture",
    "cli",
    "client/test_contract.py",
    "e2e",
    "engine",
    "formats/test_graph_labels.py",
    "models",
    "test_benchmarks.py",
    "test_diagnostics.py",
    "test_journal.py",
    "test_launch.py",
    "verify",
)

# Of the window, on another version of Python: it is the same there, and all of it takes minutes.
WINDOW_ELSEWHERE = ("conftest.py", "test_forms.py", "test_hits.py", "test_shell.py")
# The walk with altered files is the same each time; what reads files is tried there all the same.
NOT_ELSEWHERE = "fuzz"

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["COLUMNS"] = "100"  # what the command line says is cut to the width of the terminal


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out what needs PyTorch where only the fast tests are asked for ("1"), and on another
    version of Python than that of all tests ("elsewhere") most of the window and the fuzzing too.
    """
    asked = os.environ.get("PUSHFORWARD_FAST_TESTS")
    if asked not in ("1", "elsewhere"):
        return None
    inside = collection_path.relative_to(HERE) if collection_path.is_relative_to(HERE) else Path()
    of_window = inside.parent == Path("app") and inside.name not in WINDOW_ELSEWHERE
    if asked == "elsewhere" and (of_window or inside.is_relative_to(NOT_ELSEWHERE)):
        return True
    return any(inside.is_relative_to(needing) for needing in NEEDS_TORCH) or None


@pytest.hookimpl(hookwrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is collected stays to the end: nobody looks through it again and again for garbage."""
    gc.disable()
    yield
    gc.freeze()
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what only the whole suite has, before ``-m`` selects; skip what needs a screen."""
    only_whole = listed()
    for item in items:
        if item.nodeid in only_whole or item.nodeid.partition("[")[0] in only_whole:
            item.add_marker(EXHAUSTIVE)
    on_screen = os.environ["QT_QPA_PLATFORM"] != "offscreen"
    skip = pytest.mark.skip(reason="needs QT_QPA_PLATFORM=xcb and an X display (Xvfb)")
    for item in items:
        if "xvfb" not in item.keywords:
            continue
        if not item.path.is_relative_to(HERE / "e2e"):
            raise pytest.UsageError(f"{item.nodeid} asks for a screen, and is not in tests/e2e")
        if not on_screen:
            item.add_marker(skip)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Nothing that a test of the screen made outlives it: every later one would be slower for it.

    A new style is told to every widget that is left. And objects that lie in a cycle are collected
    here, when pytest has let go of the test's arguments: as in the application, no worker thread
    frees Qt objects, so that all that the test made is still in the youngest generation.
    """
    if "qapp" not in getattr(item, "fixturenames", ()):
        yield
        return
    gc.disable()
    yield
    _close_windows()
    gc.collect(0)
    gc.enable()


def _close_windows() -> None:
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QApplication
    from shiboken6 import Shiboken

    for widget in QApplication.topLevelWidgets():
        # A layout of graphics has a widget of its own for its style, which it deletes itself.
        if Shiboken.createdByPython(widget):
            widget.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Paths of new folders. pytest numbers its own by a look at all there are, and every test has a
    home: after some thousand of them that look takes longer than most tests.
    """
    folder = tmp_path_factory.mktemp("homes")
    return (folder / f"home{number}" for number in itertools.count())


@pytest.fixture(autouse=True)
def home(homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> str:
    """Preferences and scratch projects go to a folder of the test, never to the person's."""
    path = next(homes)
    path.mkdir()
    folder = str(path)
    monkeypatch.setenv("PUSHFORWARD_HOME", folder)
    return folder


@pytest.fixture(scope="session", autouse=True)
def _no_wait_for_the_disk() -> Iterator[None]:
    """Nobody cuts the power of a test; those that are about it put in an ``fsync`` of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Tests share two cores; torch is slowed where it is already loaded, never loaded for it."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)
