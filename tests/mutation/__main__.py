"""Count the faults that the tests find: ``python -m tests.mutation --faults 40 --seed 1``.

Faults are chosen at random (see `tests.mutation.faults`) and put one at a time into a copy of the
project. Of each part of the project the tests that depend on it are run, first those that name
the faulty module, and the first test that fails ends the trial. What the short suite misses is
tried with the whole (``--short`` leaves that out). A test that also fails without the fault is left
out from then on, and the trial continues. Forty faults take some hours on two cores: with
``--results FILE`` a stopped run continues after the faults that the file has.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
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
FAILED = re.compile(r"^(?:FAILED|ERROR) (tests/.+?)(?: - |$)", re.MULTILINE)
"""A line of pytest's summary; a captured log may begin with ERROR, too."""


def main() -> None:
    """Try the faults and print a line for each, then how many were found."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--faults", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, nargs="+", help="numbers of faults, from 1")
    parser.add_argument("--short", action="store_true", help="the short suite only")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--list", action="store_true", help="print the faults and try none")
    parser.add_argument("--results", type=Path, help="where to store results and to continue from")
    given = parser.parse_args()
    faults = choose_faults(ROOT, given.faults, given.seed)
    numbers = [n for n in range(1, len(faults) + 1) if n in (given.only or [n])]
    if given.list:
        for number in numbers:
            print(f"{number:3} {faults[number - 1]}")
        return
    suites = ["short"] if given.short else [*SUITES]
    results = load_results(given.results)
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(_copy_project(Path(folder) / "project"), given.workers)
        for number in numbers:
            fault = faults[number - 1]
            print(f"{number:3} {fault}", flush=True)
            key = f"{' '.join(suites)}: {fault}"
            if key not in results:
                results[key] = trial.find(fault, suites)
                if given.results is not None:
                    given.results.write_text(json.dumps(results, indent=1), encoding="utf-8")
    found = [results[f"{' '.join(suites)}: {faults[number - 1]}"] for number in numbers]
    for name in suites:
        # What the short suite finds, the whole finds.
        count = sum(suite in ("short", name) for suite in found)
        print(f"{name}: {count} of {len(numbers)} faults found")


def load_results(file: Path | None) -> dict[str, str | None]:
    """Return the suite that found each fault of an earlier run, None where neither did."""
    if file is None or not file.exists():
        return {}
    found: dict[str, str | None] = json.loads(file.read_text(encoding="utf-8"))
    return found


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


class Trial:
    """Runs of the tests in a copy of the project, with one fault at a time."""

    def __init__(self, copy: Path, workers: int) -> None:
        self._copy = copy
        self._workers = workers
        self._failing: list[str] = []
        """Tests that fail without a fault."""

    def find(self, fault: Fault, suites: list[str]) -> str | None:
        """Return the first suite that finds a fault, if one does."""
        for suite in suites:
            began = time.monotonic()
            found = self._first_failure(fault, suite)
            spent = time.monotonic() - began
            print(f"    {suite}: {found or 'not found'} ({spent:.0f} s)", flush=True)
            if found:
                return suite
        return None

    def _first_failure(self, fault: Fault, suite: str) -> str | None:
        """Return the name of a test that fails with a fault and only with it."""
        part = next(part for part in DEPENDING if fault.path.startswith(f"{part}/"))
        near = list(_naming(self._copy, fault.path))
        folders = [f"tests/{name}" for name in DEPENDING[part]]
        for tests, ignored in ((near, []), (folders, near)):
            while tests:
                fault.apply(self._copy)
                try:
                    found = self._run(tests, suite, self._workers, ignored)
                finally:
                    shutil.copy2(ROOT / fault.path, self._copy / fault.path)
                if found is None:
                    break
                if found.startswith("(") or self._run([found], "all", 0) is None:
                    return found
                print(f"    {found} fails without the fault, too: left out", flush=True)
                self._failing.append(found)
        return None

    def _run(
        self, tests: list[str], suite: str, workers: int, ignored: Sequence[str] = ()
    ) -> str | None:
        """Run tests up to the first that fails; return its name."""
        spread = ["-n", str(workers), "--dist", "worksteal"] if workers else []
        left_out = [f"--ignore={file}" for file in ignored]
        left_out += [f"--deselect={test}" for test in self._failing if test not in tests]
        command = [sys.executable, "-m", "pytest", "-q", "-x", *spread, *SUITES[suite]]
        environment = {
            **os.environ,
            "PYTHONPATH": str(self._copy),  # before the checkout, which this Python has installed
            "QT_QPA_PLATFORM": "offscreen",
        }
        try:
            done = subprocess.run(
                [*command, *left_out, *tests], cwd=self._copy, env=environment,
                capture_output=True, text=True, timeout=LIMIT, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return "(the tests did not end)"
        if done.returncode in (0, 5):
            return None
        return named_failure(done.stdout) or f"(pytest ended with {done.returncode})"


def named_failure(output: str) -> str | None:
    """Return the first test that pytest's summary names as failed."""
    named = FAILED.search(output)
    return named[1] if named else None


def _naming(copy: Path, path: str) -> Iterator[str]:
    """Yield the test files that name a module."""
    module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    package, _, name = module.rpartition(".")
    named = re.compile(rf"\b{re.escape(module)}\b|from {re.escape(package)} import .*\b{name}\b")
    for each in sorted((copy / "tests").rglob("test_*.py")):
        if named.search(each.read_text(encoding="utf-8")):
            yield each.relative_to(copy).as_posix()


if __name__ == "__main__":
    main()
