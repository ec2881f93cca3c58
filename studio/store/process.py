"""Who is writing: a process is known by its number and its start time, since numbers come back.

On Linux the start time is in seconds since the boot, which stays when the clock is set; elsewhere,
and in files of earlier versions, it is in unix seconds.
"""

import hashlib
import os
import socket
import sys
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

__all__ = ["exists", "here", "is_same", "this_process"]

_TOLERANCE = 2.0  # seconds: the start time is derived from the boot time, which is rounded
_UNIX = 1e9  # a start time above this is in unix seconds


@lru_cache(maxsize=1)
def here() -> str:
    """Return eight digits for the place where process numbers mean what they mean here: this
    machine since its boot, and within it this container.
    """
    said = [socket.gethostname()]
    with suppress(OSError):
        said.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
        said.append(os.readlink("/proc/self/ns/pid"))
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:8]


def this_process() -> tuple[int, float]:
    """Return the number of this process and its start time (seconds)."""
    # Asked anew after a fork.
    return os.getpid(), _started(os.getpid())


@lru_cache(maxsize=1)
def _started(pid: int) -> float:
    import psutil

    return _start_time(psutil.Process(pid), unix=not sys.platform.startswith("linux"))


def _start_time(process: "psutil.Process", *, unix: bool) -> float:
    """Return when a process started: in unix seconds, or in seconds since the boot."""
    import psutil

    boot = 0.0 if unix else psutil.boot_time()
    return float(process.create_time() - boot)


def exists(pid: int) -> bool:
    """Say whether any process has this number now."""
    import psutil

    return bool(psutil.pid_exists(pid))


def is_same(pid: int, started: float) -> bool:
    """Say whether the process with this number runs and started then (see the module).

    A process that was killed but not yet collected by its parent does not run.
    """
    import psutil

    if pid <= 0:
        return False
    try:
        process = psutil.Process(pid)
        same = abs(_start_time(process, unix=started > _UNIX) - started) <= _TOLERANCE
        return bool(same and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        # It exists and belongs to somebody else, so it is not the writer of our run.
        return False
