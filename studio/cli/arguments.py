"""Arguments that several commands take."""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pushforward.studio.workflows.errors import UsageError
from pushforward.studio.workflows.target import DEFAULT_PROJECT

__all__ = [
    "add_given", "add_json", "add_overwrite", "add_project", "add_settings",
    "named_values",
]  # fmt: skip


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


def add_json(parser: argparse.ArgumentParser) -> None:
    """Declare ``--json``."""
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def add_project(parser: argparse.ArgumentParser) -> None:
    """Declare ``--project``."""
    parser.add_argument(
        "--project",
        "--out",
        type=Path,
        default=Path(DEFAULT_PROJECT),
        metavar="DIR",
        help=f"the project folder (default: ./{DEFAULT_PROJECT})",
    )


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
