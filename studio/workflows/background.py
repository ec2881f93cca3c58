"""Trainings that outlive the window: started detached, found and followed by their files.

The studio starts one when it is closed while training; it is ``pushforward run RUN --resume
--background``. It is asked to stop by a file in the run folder, which works on every system and
from any process, also after the studio that started it is long gone.
"""

import subprocess
import sys
import threading
from pathlib import Path

from pushforward.studio.launch import own_command, popen_options
from pushforward.studio.store.atomic import write_bytes
from pushforward.studio.store.errors import explain
from pushforward.studio.store.links import open_to_append
from pushforward.studio.store.run import PATIENCE, RunFolder

__all__ = ["STOP_FILE", "ask_to_stop", "start", "stop_asked", "withdraw_stop"]

STOP_FILE = "stop-request"
OUTPUT_FILE = "background.log"


def start(run: Path) -> int:
    """Go on with a run in a process of its own that no end of ours takes along.

    Returns its process id. What it prints goes to ``background.log`` in the run folder.

    Raises:
        OSError: the program cannot be started.
        StoreError: another process trains the run, or its folder cannot be written.
    """
    run = run.absolute()
    with RunFolder(run).owned(PATIENCE):
        withdraw_stop(run)
    with open_to_append(run / OUTPUT_FILE) as output:
        child = subprocess.Popen(
            own_command("run", str(run), "--resume", "--background"),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            **popen_options(outlives=True),
        )
    # If it ends before us it must be collected, or it would stay behind as a zombie.
    threading.Thread(target=child.wait, name="background-run", daemon=True).start()
    _announce(run, child.pid)
    return child.pid


def _announce(run: Path, pid: int) -> None:
    """Write the process into the run's status, so that it is found before it has loaded torch.

    Not on Windows, where a virtual environment's python is a launcher with another number.
    """
    import psutil

    if sys.platform == "win32":
        return
    try:
        started = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return
    RunFolder(run).update_status(state="queued", background=True, pid=pid, process_started=started)


def ask_to_stop(run: Path) -> None:
    """Ask a background training to save a checkpoint and leave; it does so within a second.

    Raises:
        StoreError: the run folder cannot be written.
    """
    write_bytes(run / STOP_FILE, b"", durable=False)


def stop_asked(run: Path) -> bool:
    """Whether it was asked to stop."""
    return (run / STOP_FILE).exists()


def withdraw_stop(run: Path) -> None:
    """Forget an earlier request.

    Raises:
        StoreError: the run folder cannot be written.
    """
    path = run / STOP_FILE
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        # On a read-only disk this is said of a file that is not there, too.
        if path.exists():
            raise explain(error, path, "remove") from error
