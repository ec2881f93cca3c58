"""The program `pushforward` of a bundle: the window, or the engine's program."""

import multiprocessing
import os
import subprocess
import sys


def _is_for_window(arguments: list[str]) -> bool:
    """Whether the window's program serves a command line itself: none, `gui`, or a path."""
    return not arguments or arguments[0] == "gui" or os.path.isabs(arguments[0])


def main() -> int:
    """Open the window, or replace this process by the engine's program."""
    multiprocessing.freeze_support()
    arguments = sys.argv[1:]
    if not _is_for_window(arguments):
        from pushforward.studio.launch import own_command

        command = own_command(*arguments)
        if sys.platform == "win32":
            return subprocess.run(command, check=False).returncode
        os.execv(command[0], command)
    from pushforward.studio.app.shell.main import main as open_window

    return open_window([word for word in arguments if word != "gui"])


if __name__ == "__main__":
    raise SystemExit(main())
