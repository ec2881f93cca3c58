"""Count the faults that the tests find: ``python -m tests.mutation --faults 40 --seed 1``.

Faults are chosen at random (see `tests.mutation.faults`) and put one at a time into a copy of the
project. Of each part of the project the tests that depend on it are run, first those that name
the faulty module, and the first test that fails ends the trial. What the short suite misses is
tried with the whole (``--short`` leaves that out). A test that also fails without the fault counts
for nothing. Forty faults take some hours on two cores.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.mutation.faults import Fault, choose_faults

ROOT = Path(__file__).resolve().parents[2]
COPIED = (
    "models",
    "observables",
    "verify",
    "pushforward",
    "studio",
    "tests",
    "resources",
    "packaging",
    "pyproject.toml",
)
COPIED_ALSO = ("README.md", "GLOSSARY.md", "LICENSE")
DEPENDING = {
    "models": ("models", "verify", "engine", "cli", "api", "architecture"),
    "studio/engine": ("engine", "client", "cli", "test_journal.py", "test_launch.py"),
    "studio/store": ("store", "formats", "engine", "cli", "app"),
    "studio/app": ("app",),
}
"""Which tests can find a fault in a part of the project."""
SUITES = {"short": (), "all": ("-m", "")}
LIMIT = 3600.0
"""Seconds until a suite that does not end counts as one that failed."""
FAILED = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - |$)", re.MULTILINE)


def main() -> None:
    """Try the faults and print a line for each, then how many were found."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--faults", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, nargs="+", help="numbers of faults, from 1")
    parser.add_argument("--short", action="store_true", help="the short suite only")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--list", action="store_true", help="print the faults and try none")
    given = parser.parse_args()
    faults = choose_faults(ROOT, given.faults, given.seed)
    numbers = [n for n in range(1, len(faults) + 1) if n in (given.only or [n])]
    if given.list:
        for number in numbers:
            print(f"{number:3} {faults[number - 1]}")
        return
    found = dict.fromkeys(SUITES, 0)
    with tempfile.TemporaryDirectory() as folder:
        copy = _copy_project(Path(folder) / "project")
        for number in numbers:
            fault = faults[number - 1]
            print(f"{number:3} {fault}", flush=True)
            suite = _find(copy, fault, ["short"] if given.short else [*SUITES], given.workers)
            for name in SUITES:
                # What the short suite finds, the whole finds.
                found[name] += suite is not None and suite in ("short", name)
    for name in ["short"] if given.short else SUITES:
        print(f"{name}: {found[name]} of {len(numbers)} faults found")


def _copy_project(place: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__", ".*")
    for name in COPIED:
        if (ROOT / name).is_dir():
            # The links in pushforward/ must lead to the folders of the copy.
            shutil.copytree(ROOT / name, place / name, ignore=ignored, symlinks=True)
    for name in (*COPIED, *COPIED_ALSO):
        if (ROOT / name).is_file():
            shutil.copy2(ROOT / name, place / name)
    return place


def _find(copy: Path, fault: Fault, suites: list[str], workers: int) -> str | None:
    """Return the first suite that finds a fault, if one does."""
    for suite in suites:
        began = time.monotonic()
        fault.apply(copy)
        try:
            found = _failure(copy, fault, suite, workers)
        finally:
            shutil.copy2(ROOT / fault.path, copy / fault.path)
        named = found is not None and not found.startswith("(")
        if found and named and _fails(copy, [found], "all", 0) is not None:
            print(f"    {found} fails without the fault, too: counted as not found")
            found = None
        spent = time.monotonic() - began
        print(f"    {suite}: {found or 'not found'} ({spent:.0f} s)", flush=True)
        if found:
            return suite
    return None


def _failure(copy: Path, fault: Fault, suite: str, workers: int) -> str | None:
    """Return the name of a test that fails with the fault that is in the copy."""
    part = next(part for part in DEPENDING if fault.path.startswith(f"{part}/"))
    near = list(_naming(copy, fault.path))
    folders = [f"tests/{name}" for name in DEPENDING[part]]
    first = _fails(copy, near, suite, workers) if near else None
    return first or _fails(copy, folders, suite, workers)


def _naming(copy: Path, path: str) -> Iterator[str]:
    """Yield the test files that name a module."""
    module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    package, _, name = module.rpartition(".")
    named = re.compile(rf"\b{re.escape(module)}\b|from {re.escape(package)} import .*\b{name}\b")
    for each in sorted((copy / "tests").rglob("test_*.py")):
        if named.search(each.read_text(encoding="utf-8")):
            yield each.relative_to(copy).as_posix()


def _fails(copy: Path, tests: list[str], suite: str, workers: int) -> str | None:
    """Run tests in the copy up to the first that fails; return its name."""
    spread = ["-n", str(workers), "--dist", "worksteal"] if workers else []
    command = [sys.executable, "-m", "pytest", "-q", "-x", *spread, *SUITES[suite], *tests]
    environment = {
        **os.environ,
        "PYTHONPATH": str(copy),  # before the checkout, which this Python has installed
        "QT_QPA_PLATFORM": "offscreen",
    }
    try:
        done = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, timeout=LIMIT,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return "(the tests did not end)"
    if done.returncode in (0, 5):
        return None
    named = FAILED.search(done.stdout)
    return named[1] if named else f"(pytest ended with {done.returncode})"


if __name__ == "__main__":
    main()
