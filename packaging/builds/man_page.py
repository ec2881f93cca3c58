"""Write the man page of the command line from its argparse parser."""

import argparse
import time
from collections.abc import Iterator

__all__ = ["format_man_page"]

_NO_COMMAND_LINE = ("engine", "completions")
"""Commands for programs, listed without their options."""


def format_man_page(parser: argparse.ArgumentParser, version: str, day: float) -> str:
    """Return the man page of section 1 as roff.

    Args:
        parser: the parser with all commands.
        version: of the program.
        day: seconds since 1970, from which the date in the footer comes.
    """
    date = time.strftime("%Y-%m-%d", time.gmtime(day))
    name = parser.prog
    lines = [
        f'.TH {name.upper()} 1 "{date}" "{_roff(name)} {_roff(version)}" "User commands"',
        ".SH NAME",
        f"{_roff(name)} \\- studio for generative models",
        ".SH SYNOPSIS",
        f".B {_roff(name)}",
        "[\\fICOMMAND\\fR] [\\fIOPTIONS\\fR]",
        ".SH DESCRIPTION",
        _roff(_plain(parser.description)),
        ".SH OPTIONS",
        *_options(parser),
        ".SH COMMANDS",
    ]
    for command, sub, summary in _commands(parser):
        lines += [f".SS {_roff(f'{name} {command}')}", _roff(_plain(summary)), ".PP"]
        lines += [_roff(_plain(sub.description))] if sub.description != summary else []
        if command not in _NO_COMMAND_LINE:
            lines += _options(sub)
    return "\n".join([*lines, *_FOOT, ""])


_FOOT = (
    ".SH EXIT STATUS",
    ".TP", "0", "success",
    ".TP", "1", "the command failed, or its output could not be written",
    ".TP", "2", "a mistake in the command line, a file or a setting",
    ".TP", "130", "interrupted",
    ".SH FILES",
    ".TP", "$XDG_CONFIG_HOME/pushforward", "preferences",
    ".TP", "$XDG_DATA_HOME/pushforward", "projects without a folder of their own, GPU support",
    ".TP", "$XDG_CACHE_HOME/pushforward", "files that can be deleted at any time",
    ".SH ENVIRONMENT",
    ".TP", "PUSHFORWARD_HOME", "one folder for all of these files",
)  # fmt: skip


def _commands(
    parser: argparse.ArgumentParser,
) -> Iterator[tuple[str, argparse.ArgumentParser, str]]:
    """Yield name, parser and one-line help of each command that the help lists."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for name, sub in action.choices.items():
                if name in helps:
                    yield name, sub, helps[name]


def _options(parser: argparse.ArgumentParser) -> list[str]:
    """Return a tagged paragraph for each option and positional argument."""
    formatter = parser._get_formatter()
    lines = []
    for action in parser._actions:
        if action.help == argparse.SUPPRESS or isinstance(action, argparse._SubParsersAction):
            continue
        tag = formatter._format_action_invocation(action)
        help_text = formatter._expand_help(action) if action.help else ""
        lines += [".TP", f"\\fB{_roff(tag)}\\fR", _roff(_plain(help_text)) or "\\ "]
    return lines


def _plain(text: str | None) -> str:
    return " ".join((text or "").replace("``", "").split())


def _roff(text: str) -> str:
    """Escape what roff would read as a request or a hyphenation point."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped[:1] in (".", "'") else escaped
