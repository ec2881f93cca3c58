"""Stop the engine of a folder, whether it responds or not."""

import os
import signal
from pathlib import Path

from pushforward.studio.client.child import kill_tree
from pushforward.studio.remote.endpoint import endpoint_of
from pushforward.studio.remote.engine_host import host_lock
from pushforward.studio.store.lock import Busy

__all__ = ["stop"]

_PATIENCE = 60.0  # seconds to save what runs


def stop(folder: Path) -> bool:
    """Let the engine of a folder save what it trains and end; kill it if it does not.

    Returns:
        Whether there was one.

    Raises:
        Busy: another computer's engine has the folder, or one that cannot be ended.
    """
    import psutil

    lock = host_lock(endpoint_of(folder).folder)
    if not lock.path.parent.is_dir():
        return False
    try:
        lock.take()
    except Busy as busy:
        try:
            process = psutil.Process(busy.pid)
            if "--serve" not in process.cmdline():
                raise
        except psutil.Error:
            raise busy from None
        os.kill(busy.pid, signal.SIGTERM)
        try:
            process.wait(_PATIENCE)
        except psutil.TimeoutExpired:
            kill_tree(busy.pid)
        return True
    lock.release()
    return False
