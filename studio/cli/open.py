"""Open the studio: where it was left, at a project, or at a run."""

import argparse
from pathlib import Path

from pushforward.studio.workflows.errors import UsageError

__all__ = ["HELP", "add_arguments", "run"]

HELP = "open the studio (the default)"


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
    path: Path | None = arguments.path
    if path is not None and not path.expanduser().is_dir():
        raise UsageError(f"{path} is not a folder: give a project or a run folder")
    from pushforward.studio.app.shell.main import main

    return main([str(path.expanduser())] if path is not None else [])
