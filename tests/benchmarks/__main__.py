"""Start every benchmark once with its smallest size, and say which one fails.

    python -m tests.benchmarks [NAME ...]

Each is started in a fork of this process, so that what all of them import is loaded once, and none
of them has to share a window with another. The status is 1 if one fails.
"""

import importlib
import os
import pkgutil
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

import tests.benchmarks
from pushforward.studio.engine.process.discovery import discover

__all__ = ["benchmarks", "main"]

LOADED = (
    "torch",
    "h5py",
    "scipy.stats",
    "networkx",
    "PySide6.QtWidgets",
    "pyqtgraph",
    "torch._dynamo",
)
OURS = ("pushforward.studio.app.shell.main", "pushforward.studio.engine.jobs.headless")
"""What many of them import: packages, and ours, with every registration."""


def benchmarks() -> list[str]:
    """Return the names of all modules of this folder that have a ``main``."""
    folder = Path(__file__).parent
    names = [each.name for each in pkgutil.iter_modules(tests.benchmarks.__path__)]
    return [
        name
        for name in names
        if name != "__main__" and "\ndef main(" in (folder / f"{name}.py").read_text()
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Start them one after the other; 1 if one fails."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ["OMP_NUM_THREADS"] = "1"
    for name in (*LOADED, *OURS):
        importlib.import_module(name)
    discover()
    failed = [name for name in argv or benchmarks() if not _works(name)]
    print(f"failed: {', '.join(failed)}" if failed else "none failed")
    return 1 if failed else 0


def _works(name: str) -> bool:
    """Start one of them; what it prints is shown where it fails."""
    began, spent = time.monotonic(), os.times()
    with tempfile.TemporaryFile("w+") as said:
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            for number in (1, 2):
                os.dup2(said.fileno(), number)
            os._exit(_status(name))
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        said.seek(0)
        now = os.times()
        cost = now.children_user + now.children_system
        cost -= spent.children_user + spent.children_system
        result = f"status {status}\n{said.read()}" if status else "works"
        print(
            f"{name:18} {time.monotonic() - began:5.1f} s, CPU {cost:5.1f} s  {result}", flush=True
        )
    return status == 0


def _status(name: str) -> int:
    """Return the exit status of one of them."""
    try:
        with tempfile.TemporaryDirectory() as home:
            os.environ["PUSHFORWARD_HOME"] = home
            found = importlib.import_module(f"tests.benchmarks.{name}").main(["--smallest"])
        return int(found or 0)
    except SystemExit as end:
        if isinstance(end.code, str) and end.code.startswith("nothing to compare with"):
            return 0  # a peer that is not installed
        print(end.code)
        return 1 if end.code else 0
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
