"""Who is writing: a process is known by its number and its start time, since numbers come back."""

import os
from functools import lru_cache

__all__ = ["exists", "is_same", "this_process"]

_TOLERANCE = 2.0  # seconds: the start time is derived from the boot time, which is rounded


def this_process() -> tuple[int, float]:
    """Return the number of this process and when it started (unix seconds)."""
    # Asked anew after a fork.
    return os.getpid(), _started(os.getpid())


@lru_cache(maxsize=1)
def _started(pid: int) -> float:
    import psutil

    return float(psutil.Process(pid).create_time())


def exists(pid: int) -> bool:
    """Say whether any process has this number now."""
    import psutil

    return bool(psutil.pid_exists(pid))


def is_same(pid: int, started: float) -> bool:
    """Say whether the process with this number runs and started then (unix seconds).

    A process that was killed but not yet collected by its parent does not run.
    """
    import psutil

    if pid <= 0:
        return False
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - started) <= _TOLERANCE
        return bool(same and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        # It exists and belongs to somebody else, so it is not the writer of our run.
        return False
