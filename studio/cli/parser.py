"""The parser of the command line, put together from the commands."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from importlib import metadata
from typing import NoReturn

from studio.cli.terminal import UsageError, complain
from studio.literal import one_line

__all__ = ["COMMANDS", "main", "parser"]

COMMANDS = ("gui", "engine", "run", "branch", "race", "list", "show", "verify", "check")
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments without letting one of them act on the terminal."""

    def error(self, message: str) -> NoReturn:
        super().error(one_line(message, None))


def parser() -> argparse.ArgumentParser:
    """Return the parser with all commands."""
    top = _Parser(
        prog="pushforward",
        description="A studio for generative models: every generative model moves particles. "
        "Without a command, the studio opens.",
    )
    top.add_argument("--version", action="version", version=_version())
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    for name in COMMANDS:
        module = importlib.import_module(f"studio.cli.{name}")
        sub = commands.add_parser(name, help=module.HELP, description=module.__doc__)
        module.add_arguments(sub)
        sub.set_defaults(do=module.run)
    return top


def _version() -> str:
    try:
        return f"Pushforward Studio {metadata.version('pushforward')}"
    except metadata.PackageNotFoundError:
        return "Pushforward Studio, from a checkout"


def main(arguments: Sequence[str]) -> int:
    """Run one command line; 2 is the status of a mistake in it, 130 that of an interruption."""
    from studio.store.errors import StoreError

    given = parser().parse_args(arguments or ["gui"])
    try:
        status: int = given.do(given)
        return status
    except UsageError as error:
        complain(str(error), *error.more)
        return EXIT_USAGE
    except StoreError as error:
        complain(error.message, error.hint)
        return EXIT_USAGE if error.kind == "user" else 1
    except BrokenPipeError:
        # The reader of our output (`| head`) is satisfied; the rest goes nowhere, without a word.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        complain("interrupted")
        return EXIT_INTERRUPTED
