"""The commands with their options as plain data, read from the parser: the source of the man page,
the completions and the reference in ``docs/command-line.md``.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Argument", "Command", "read_commands"]


@dataclass(frozen=True)
class Argument:
    """A positional argument or an option.

    Attributes:
        flags: such as ("--out",); empty for a positional argument.
        value: the placeholder of its value, such as "FILE"; "" for a switch.
        help: a sentence.
        choices: the values that it may have, where they are fixed.
        is_path: whether its value is a file or a folder.
        optional: whether a positional argument may be left out.
        many: whether it may be repeated.
    """

    flags: tuple[str, ...]
    value: str
    help: str
    choices: tuple[str, ...] = ()
    is_path: bool = False
    optional: bool = False
    many: bool = False

    @property
    def usage(self) -> str:
        """The argument as typed: "--out FILE", "[RUN]" or "ID...", without brackets for options."""
        if self.flags:
            return f"{', '.join(self.flags)} {self.value}".rstrip()
        name = self.value + "..." * self.many
        return f"[{name}]" if self.optional else name


@dataclass(frozen=True)
class Command:
    """A command.

    Attributes:
        words: such as ("queue", "add"); empty for the program itself.
        summary: one line.
        description: paragraphs, separated by blank lines.
        arguments: positional ones first, then options.
        commands: its subcommands.
    """

    words: tuple[str, ...]
    summary: str
    description: str
    arguments: tuple[Argument, ...]
    commands: tuple["Command", ...] = ()

    @property
    def options(self) -> list[Argument]:
        """The arguments that have flags."""
        return [each for each in self.arguments if each.flags]

    @property
    def positionals(self) -> list[Argument]:
        """The arguments without flags."""
        return [each for each in self.arguments if not each.flags]

    @property
    def usage(self) -> str:
        """How it is called: "pushforward queue add [OPTIONS] TARGET"."""
        options = ["[OPTIONS]"] if len(self.options) > 1 else []  # more than --help
        what = ["COMMAND"] if self.commands else [each.usage for each in self.positionals]
        return " ".join(["pushforward", *self.words, *options, *what])

    def walk(self) -> Iterator["Command"]:
        """Yield the command and all below it."""
        yield self
        for command in self.commands:
            yield from command.walk()


def read_commands(
    parser: argparse.ArgumentParser, words: tuple[str, ...] = (), summary: str = ""
) -> Command:
    """Return a parser's commands and options; hidden ones are left out."""
    commands: list[Command] = []
    arguments: list[Argument] = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for choice in action._choices_actions:
                below = action.choices[choice.dest]
                commands.append(read_commands(below, (*words, choice.dest), choice.help or ""))
        elif action.help != argparse.SUPPRESS:
            arguments.append(_argument(parser, action))
    arguments.sort(key=lambda each: bool(each.flags))
    return Command(
        words, summary, parser.description or "", tuple(arguments), commands=tuple(commands)
    )


def _argument(parser: argparse.ArgumentParser, action: argparse.Action) -> Argument:
    takes_value = action.nargs != 0
    choices = tuple(map(str, action.choices or ()))
    name = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    text = parser._get_formatter()._expand_help(action) if action.help else ""
    return Argument(
        flags=tuple(action.option_strings),
        value=name if takes_value else "",
        help=text,
        choices=choices,
        is_path=action.type is Path,
        optional=action.nargs in ("?", "*"),
        many=action.nargs in ("+", "*") or isinstance(action, argparse._AppendAction),
    )
