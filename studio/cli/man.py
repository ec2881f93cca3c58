"""Print the manual page; 'pushforward man | man -l -' shows it.

With --markdown it is printed as docs/command-line.md.
"""

import argparse

from pushforward.studio.cli.command_tree import read_commands
from pushforward.studio.cli.manual import write_man, write_markdown
from pushforward.studio.cli.output import put_lines

__all__ = ["HELP", "add_arguments", "run"]

HELP = "print the manual page"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--markdown", action="store_true", help="as Markdown")


def run(arguments: argparse.Namespace) -> int:
    """Print it."""
    from pushforward.studio.cli.parser import parser, version

    root = read_commands(parser())
    put_lines(write_markdown(root) if arguments.markdown else write_man(root, version()))
    return 0
