"""Open the studio: where it was left, at a project, or at a run."""

import argparse
from pathlib import Path

from pushforward.studio.workflows.errors import UsageError

__all__ = ["HELP", "add_arguments", "open_window", "run"]

HELP = "open the studio (the default)"
RECORDS = ("project.toml", "run.toml")
SUFFIX = ".pushforward"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "path",
        nargs="?",
        type=Path,
        metavar="PATH",
        help="a project or run folder (default: where the studio was left)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Open the window and run until it is closed."""
    return open_window(arguments.path)


def open_window(path: Path | None) -> int:
    """Open the window, at a project or a run if one is given, and run until it is closed.

    Args:
        path: a folder, or the file in it that a file manager opens: its record, or X.pushforward.

    Raises:
        UsageError: there is no such folder.
    """
    folder = path.expanduser().absolute() if path is not None else None
    if folder is not None and folder.is_file():
        if folder.name not in RECORDS and folder.suffix != SUFFIX:
            raise UsageError(f"{path} is not a project or a run: give its folder")
        folder = folder.parent
    if folder is not None and not folder.is_dir():
        raise UsageError(f"{path} is not a folder: give a project or a run folder")
    from pushforward.studio.app.shell.main import main

    return main([str(folder)] if folder is not None else [])
