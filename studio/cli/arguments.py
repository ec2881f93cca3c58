"""Arguments that several commands take."""

import argparse
import json
from collections.abc import Iterable
from typing import Any

from pushforward.studio.cli.terminal import UsageError

__all__ = ["add_given", "add_overwrite", "add_settings", "named_values"]


def add_settings(parser: argparse.ArgumentParser, does: str) -> None:
    """Declare ``--set``, read into ``settings``; ``does`` says what one of them does."""
    parser.add_argument(
        "--set", action="append", default=[], dest="settings", metavar="NAME=VALUE", help=does
    )


def add_given(parser: argparse.ArgumentParser) -> None:
    """Declare ``--given``, which `named_values` reads."""
    parser.add_argument(
        "--given",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=(
            "a condition, such as label=7; unset conditions are taken from matching rows of the "
            "data (repeatable; 'pushforward do RUN --list' lists them)"
        ),
    )


def add_overwrite(parser: argparse.ArgumentParser) -> None:
    """Declare ``--overwrite``, for a command that writes to ``--out FILE``."""
    parser.add_argument("--overwrite", action="store_true", help="overwrite the file of --out")


def named_values(option: str, assignments: Iterable[str]) -> dict[str, Any]:
    """Parse NAME=JSON; invalid JSON is a text.

    Raises:
        UsageError: wrong format.
    """
    found: dict[str, Any] = {}
    for assignment in assignments:
        name, sign, text = (part.strip() for part in assignment.partition("="))
        if not sign or not name:
            raise UsageError(f"{option} {assignment}: write it as NAME=VALUE")
        try:
            found[name] = json.loads(text)
        except json.JSONDecodeError:
            found[name] = text
    return found
