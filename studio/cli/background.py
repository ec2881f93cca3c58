"""Trainings that outlive the window: started detached, found and followed by their files.

The studio starts one when it is closed while training; it is ``pushforward run RUN --resume
--background``. It is asked to stop by a file in the run folder, which works on every system and
from any process, also after the studio that started it is long gone.
"""

import subprocess
import sys
from pathlib import Path

from studio.client.transport import engine_env, own_command

__all__ = ["STOP_FILE", "ask_to_stop", "start", "stop_asked", "withdraw_stop"]

STOP_FILE = "stop-request"
OUTPUT_FILE = "background.log"

# Kept so that children which end before us are collected, and for no other purpose.
_children: list[subprocess.Popen[bytes]] = []


def start(run: Path) -> int:
    """Go on with a run in a process of its own that no end of ours takes along.

    Returns its process id. What it prints goes to ``background.log`` in the run folder.

    Raises:
        OSError: the program cannot be started.
    """
    withdraw_stop(run)
    flags = 0
    if sys.platform == "win32":
        flags = (
            subprocess.DETACHED_PROCESS
            | subprocess.CREATE_NEW_PROCESS_GROUP
            | subprocess.CREATE_BREAKAWAY_FROM_JOB
        )
    with open(run / OUTPUT_FILE, "ab") as output:
        child = subprocess.Popen(
            own_command("run", str(run), "--resume", "--background"),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=run,
            env=engine_env(),
            start_new_session=sys.platform != "win32",
            creationflags=flags,
        )
    _children[:] = [c for c in _children if c.poll() is None]
    _children.append(child)
    return child.pid


def ask_to_stop(run: Path) -> None:
    """Ask a background training to save a checkpoint and leave; it does so within a second."""
    (run / STOP_FILE).touch()


def stop_asked(run: Path) -> bool:
    """Whether it was asked to stop."""
    return (run / STOP_FILE).exists()


def withdraw_stop(run: Path) -> None:
    """Forget an earlier request."""
    (run / STOP_FILE).unlink(missing_ok=True)
