"""Print a completion script for a shell.

bash: pushforward completions bash > ~/.local/share/bash-completion/completions/pushforward

zsh: pushforward completions zsh > _pushforward, in a folder of $fpath

fish: pushforward completions fish > ~/.config/fish/completions/pushforward.fish
"""

import argparse

from pushforward.studio.cli.completion_scripts import SHELLS
from pushforward.studio.cli.output import put_lines

__all__ = ["HELP", "add_arguments", "run"]

HELP = "print completions for bash, zsh or fish"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("shell", choices=tuple(SHELLS), metavar="SHELL", help="the shell")


def run(arguments: argparse.Namespace) -> int:
    """Print the script."""
    from pushforward.studio.cli.command_tree import read_commands
    from pushforward.studio.cli.completion_scripts import known_values
    from pushforward.studio.cli.parser import parser

    put_lines(SHELLS[arguments.shell](read_commands(parser()), known_values()))
    return 0
