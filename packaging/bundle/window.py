"""The program `pushforward` of a bundle: the window, or the engine's program."""

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

WINDOW = ("open", "gui")


def window_path(arguments: list[str]) -> list[str] | None:
    """Return what the window opens (nothing or a path), None if another command is meant."""
    others = arguments[1:] if arguments[:1] and arguments[0] in WINDOW else arguments
    named = len(others) == len(arguments) - 1
    if len(others) > 1 or any(word.startswith("-") for word in others):
        return None
    return others if not others or named or os.path.isabs(others[0]) else None


def main() -> int:
    """Open the window, or replace this process by the engine's program."""
    multiprocessing.freeze_support()
    opened = window_path(sys.argv[1:])
    if opened is None:
        from pushforward.studio.launch import own_command

        command = own_command(*sys.argv[1:])
        if sys.platform == "win32":
            return subprocess.run(command, check=False).returncode
        os.execv(command[0], command)
    from pushforward.studio.cli.open import open_window
    from pushforward.studio.cli.terminal import complain
    from pushforward.studio.workflows.errors import UsageError

    try:
        return open_window(Path(opened[0]) if opened else None)
    except UsageError as error:
        complain(str(error), *error.more)
        return 2


if __name__ == "__main__":
    raise SystemExit(main())
