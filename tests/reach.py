"""Choose which costly tests only the whole suite has: ``python -m tests.reach FOLDER...``.

The tests of the folders are run with a record of the functions of the product that each reaches
and of the processor time that it takes. Test functions that take less than `CHEAP` are all in the
short suite. Of the others those are taken that reach most functions for their time, until every
function that any of them reaches is reached `TIMES`, or as often as it can be. No file is left out
whole. Those that are left replace the lines of these folders in `tests/exhaustive.txt`.

What runs in another process is not seen: a test that starts one (`CHILD` seconds) is left alone.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections import Counter, defaultdict
from collections.abc import Generator, Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import IO, Any

import pytest

from tests.tiers import LISTED

CHEAP = 0.3
CHILD = 0.2
TIMES = 1
ROOT = Path(__file__).parent.parent
PRODUCT = tuple(f"{ROOT}/{name}/" for name in ("models", "observables", "studio", "verify"))
OUT = "PUSHFORWARD_REACH"


class Recorder:
    """A plugin of pytest that writes a line for each test: name, time and functions reached."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out
        self._seen: dict[int, CodeType] = {}

    def _trace(self, frame: FrameType, event: str, value: Any) -> None:
        self._seen[id(frame.f_code)] = frame.f_code  # a code object is slow to hash

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        self._seen.clear()
        began = os.times()
        threading.settrace(self._trace)  # type: ignore[arg-type]
        sys.settrace(self._trace)  # type: ignore[arg-type]
        try:
            return (yield)
        finally:
            sys.settrace(None)
            threading.settrace(None)  # type: ignore[arg-type]
            spent = os.times()
            line = {
                "name": item.nodeid.partition("[")[0],
                "own": spent.user + spent.system - began.user - began.system,
                "child": spent.children_user - began.children_user,
                "reached": sorted(self._reached()),
            }
            self._out.write(json.dumps(line) + "\n")
            self._out.flush()

    def _reached(self) -> Iterator[str]:
        for code in list(self._seen.values()):
            if code.co_filename.startswith(PRODUCT):
                yield f"{code.co_filename}:{code.co_firstlineno}"


def pytest_configure(config: pytest.Config) -> None:
    """Record, in every process of the tests that runs any."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if worker or not config.getoption("numprocesses", None):
        file = Path(os.environ[OUT], f"{worker}.jsonl")
        config.pluginmanager.register(Recorder(file.open("w", encoding="utf-8")))


def main() -> None:
    """Run the tests, choose, and write the list."""
    parser = argparse.ArgumentParser(prog="python -m tests.reach", description=__doc__)
    parser.add_argument("folders", nargs="+", help="such as tests/app")
    parser.add_argument("--recorded", help="a folder of records: nothing is run")
    given = parser.parse_args()
    if given.recorded:
        _write(given.folders, left_out(read(Path(given.recorded))))
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.reach", "-m", "", "-n", "2"]
        environment = {**os.environ, OUT: folder, "PYTHONPATH": str(ROOT)}
        subprocess.run([*command, *given.folders], cwd=ROOT, env=environment, check=False)
        _write(given.folders, left_out(read(Path(folder))))


Tests = dict[str, tuple[float, float, set[str]]]
"""Of a test function with all its cases: the time here and in child processes, and its reach."""


def read(folder: Path) -> Tests:
    """Return what was recorded of each test function."""
    found: Tests = defaultdict(lambda: (0.0, 0.0, set()))
    for file in folder.glob("*.jsonl"):
        for text in file.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            own, child, reached = found[line["name"]]
            both = own + line["own"], child + line["child"], reached | set(line["reached"])
            found[line["name"]] = both
    return dict(found)


def left_out(tests: Tests, cheap: float = CHEAP, times: int = TIMES) -> list[str]:
    """Return the test functions that the short suite can do without."""
    costly = {
        name: test for name, test in tests.items() if test[0] >= cheap and test[1] < CHILD
    }  # fmt: skip
    reach = Counter(each for _, _, reached in tests.values() for each in reached)
    missing = Counter({each: min(count, times) for each, count in reach.items()})
    for name, (_, _, reached) in tests.items():
        if name not in costly:
            missing.subtract(reached)
    while costly:
        gain = {
            name: sum(missing[each] > 0 for each in reached) / own
            for name, (own, _, reached) in costly.items()
        }
        best = max(gain, key=lambda name: gain[name])
        if not gain[best]:
            break
        missing.subtract(costly.pop(best)[2])
    files = {name.partition("::")[0] for name in tests.keys() - costly.keys()}
    return sorted(name for name in costly if name.partition("::")[0] in files)


def _write(folders: list[str], names: list[str]) -> None:
    inside = tuple(f"{folder.rstrip('/')}/" for folder in folders)
    old = LISTED.read_text(encoding="utf-8").splitlines()
    notes = [line for line in old if line.startswith("#")]
    kept = {line for line in old if line and line not in notes and not line.startswith(inside)}
    lines = sorted(kept | {name for name in names if name.startswith(inside)})
    LISTED.write_text("\n".join([*notes, *lines]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
