"""The parser of the command line, put together from the commands."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from pushforward.spelling import ask_whether
from pushforward.studio.cli import output
from pushforward.studio.cli.terminal import complain
from pushforward.studio.literal import one_line
from pushforward.studio.version import program_version
from pushforward.studio.workflows.errors import UsageError

__all__ = ["COMMANDS", "main", "parser", "version"]

COMMANDS = (
    "open", "engine", "run", "branch", "race", "sweep", "queue", "do", "sample", "evaluate",
    "protocols", "export", "share", "report", "import", "make", "list", "show", "trash", "computer",
    "verify", "check", "diagnostics", "completions", "man",
)  # fmt: skip
MODULES = {"import": "importing"}
"""Modules whose name differs from that of their command."""
ALIASES = {"gui": "open"}
"""Commands by their names of earlier versions."""
OUTPUT_ONLY = {"completions", "evaluate", "list", "man", "show"}
"""Commands whose only product is their output: if it is lost, they failed."""
VERSION_HELP = "show program's version number and exit"
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


class _Parser(argparse.ArgumentParser):
    """Argument parser that prints errors without control characters."""

    def error(self, message: str) -> NoReturn:
        super().error(one_line(message, None))

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        # argparse lists all choices; one that is spelt alike says more.
        choices = action.choices
        if choices is not None and value not in choices:
            hint = ask_whether(str(value), map(str, choices))
            if hint:
                raise argparse.ArgumentError(action, f"invalid choice: {value!r}; {hint}")
        super()._check_value(action, value)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        found, unknown = self.parse_known_args(args, namespace)
        if unknown:
            command = _command_of(self, getattr(found, "command", None))
            known = [text for each in command._actions for text in each.option_strings]
            hints = filter(
                None, (ask_whether(word.partition("=")[0], known, n=1) for word in unknown)
            )
            self.error("; ".join([f"unrecognized arguments: {' '.join(unknown)}", *hints]))
        return found

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        super().exit(status or int(output.failed()), message)

    def _print_message(self, message: str, file: Any = None) -> None:
        # Help and version, which argparse would write into a closed pipe.
        if message:
            output.put_lines(message, sys.stdout if file is sys.stdout else sys.stderr)


class _Version(argparse.Action):
    """Prints the version; it is looked up only then, since that takes time."""

    def __init__(self, option_strings: Sequence[str], dest: str) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, help=VERSION_HELP)

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        parser._print_message(f"{version()}\n", sys.stdout)
        parser.exit()


def _command_of(top: argparse.ArgumentParser, name: str | None) -> argparse.ArgumentParser:
    """Return the parser of a command, or ``top`` itself if there is none of that name."""
    groups = [action for action in top._actions if isinstance(action, argparse._SubParsersAction)]
    found = next((each.choices[name] for each in groups if name in each.choices), top)
    return found if isinstance(found, argparse.ArgumentParser) else top


def parser(commands_of: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """Return the parser with all commands, or with some: what the others import takes time."""
    top = _Parser(
        prog="pushforward",
        description="A studio for generative models: every generative model moves particles. "
        "Without a command, the studio opens.",
    )
    top.add_argument("--version", action=_Version)
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    for name in commands_of:
        module = importlib.import_module(f"pushforward.studio.cli.{MODULES.get(name, name)}")
        sub = commands.add_parser(name, help=module.HELP, description=module.__doc__)
        module.add_arguments(sub)
        sub.set_defaults(do=module.run)
    return top


def version() -> str:
    """Return the name and version of the program."""
    number = program_version()
    return f"Pushforward Studio{', from a checkout' if number == 'source' else f' {number}'}"


def main(arguments: Sequence[str]) -> int:
    """Run one command line; 2 is the status of a mistake in it, 130 that of an interruption."""
    output.secure()
    command, *others = arguments or ["open"]
    command = ALIASES.get(command, command)
    known = (command,) if command in COMMANDS else COMMANDS
    given = parser(known).parse_args([command, *others])
    unsaid = given.command in OUTPUT_ONLY and output.absent()
    return _do(given) or int(unsaid or output.failed())


def _do(given: argparse.Namespace) -> int:
    try:
        status: int = given.do(given)
        return status
    except UsageError as error:
        complain(str(error), *error.more)
        return EXIT_USAGE
    except KeyboardInterrupt:
        complain("interrupted")
        return EXIT_INTERRUPTED
    except Exception as error:
        return _explain_error(error)


def _explain_error(error: Exception) -> int:
    """Print what an error says and return the exit status; raise it where it is unexpected."""
    from pushforward.studio.engine.process.refusal import Refused
    from pushforward.studio.store.errors import StoreError, explain

    if isinstance(error, Refused):
        complain(error.info.message, error.info.hint)
        return EXIT_USAGE if error.info.kind == "user" else 1
    if isinstance(error, StoreError):
        complain(error.message, error.hint)
        return EXIT_USAGE if error.kind == "user" else 1
    if isinstance(error, OSError):
        told = explain(error, Path(error.filename or "a file"), "use")
        complain(told.message, told.hint)
        return 1
    raise error
