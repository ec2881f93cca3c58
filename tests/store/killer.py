"""Run as a program: for each scenario, kill a writer (-9) before each of its system calls in turn.

Leaves ``<out>/<scenario>/<k>`` as the k-th death left it, and one more, ``whole``, undisturbed.
"""

import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

from tests.store.scenarios import SCENARIOS, Scenario

CALLS = ("replace", "rename", "link", "unlink", "fsync", "mkdir", "rmdir", "close")


def die_before(call: int) -> None:
    """Patch `os` so that this process kills itself before its ``call``-th call."""
    count = 0

    def wrap(original: Any) -> Any:
        def counted(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
            if count == call:
                os.kill(os.getpid(), signal.SIGKILL)
            return original(*args, **kwargs)

        return counted

    for name in CALLS:
        setattr(os, name, wrap(getattr(os, name)))


def die_within(size: int) -> None:
    """Let the kernel kill this process as soon as it writes past ``size`` bytes of a file."""
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def killed(scenario: Scenario, folder: Path, fate: Any, number: int) -> bool:
    """Prepare a folder and act on it in a child that meets its fate; say whether it died."""
    folder.mkdir(parents=True)
    scenario.prepare(folder)
    pid = os.fork()
    if pid == 0:
        fate(number)
        scenario.act(folder)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(pid, 0)[1])


def main(out: Path) -> None:
    for name, scenario in SCENARIOS.items():
        k = 1
        while killed(scenario, out / name / f"call-{k:02d}", die_before, k):
            k += 1
        (out / name / f"call-{k:02d}").rename(out / name / "whole")
        for size in (1, 100):
            killed(scenario, out / name / f"size-{size}", die_within, size)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
