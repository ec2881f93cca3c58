"""Open the studio; the same as giving no command."""

import argparse
from pathlib import Path

__all__ = ["HELP", "add_arguments", "run"]

HELP = "open the studio (the default)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("project", nargs="?", type=Path, help="a project folder to open")


def run(arguments: argparse.Namespace) -> int:
    """Open the window and run until it is closed."""
    from pushforward.studio.app.shell.main import main

    return main([str(arguments.project)] if arguments.project else [])
