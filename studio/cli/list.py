"""List what there is: models, data sets, samplers, metrics, named methods, recipes and others."""

import argparse
import json
from collections.abc import Callable
from typing import Any, TypeAlias

from pushforward.spelling import ask_whether
from pushforward.studio.cli import facts
from pushforward.studio.cli.arguments import add_json
from pushforward.studio.cli.terminal import say, table
from pushforward.studio.counts import join_words
from pushforward.studio.workflows.errors import UsageError

__all__ = ["HELP", "add_arguments", "run"]

HELP = "list models, datasets, samplers, guidance, metrics, operators, methods or recipes"
COLUMNS = {
    "family": (
        ("FIELD", lambda e: e.field),
        ("CARRIER", lambda e: e.carrier),
        ("DATA", facts.data),
    ),
    "dataset": (("TITLE", lambda e: e.title), ("DATA", facts.data)),
    "network": (
        ("TITLE", lambda e: e.title),
        ("FOR", lambda e: ", ".join(e.roles)),
        ("DATA", facts.data),
    ),
    "sampler": (("ORDER", facts.order), ("NFE/STEP", facts.evaluations)),
    "guidance": (("TITLE", lambda e: e.title), ("LEADS TO", lambda e: ", ".join(e.roles))),
    "operator": (("NEEDS", lambda e: ", ".join(e.needs) or "-"),),
    "metric": (("BETTER", lambda e: e.better), ("UNIT", facts.unit), ("DATA", facts.data)),
}
KINDS = {
    "models": "family",
    "datasets": "dataset",
    "networks": "network",
    "samplers": "sampler",
    "guidance": "guidance",
    "metrics": "metric",
    "operators": "operator",
}
LISTS = (*KINDS, "methods", "recipes")
_List: TypeAlias = tuple[Any, ...]
"""The head, the rows, and lines below the table."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("what", metavar="WHAT", help=f"one of {join_words(LISTS)}")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print a table of slugs, facts and summaries."""
    if arguments.what not in LISTS:
        hint = ask_whether(arguments.what, LISTS, f"there are {join_words(LISTS)}")
        raise UsageError(f"no list is called {arguments.what!r}; {hint}")
    head, rows, *more = _LISTED.get(arguments.what, _entries)(arguments.what)
    if arguments.json:
        names = [title.casefold() for title in head]
        say(json.dumps([dict(zip(names, row, strict=True)) for row in rows]))
        return 0
    table(rows, head=head, one_line_rows=True)
    say()
    for line in more:
        say(line)
    return 0


def _recipes(what: str) -> _List:
    from pushforward.studio.app.text.number_format import duration
    from pushforward.studio.resources import recipes

    rows = [(r.slug, duration(r.expected_seconds), r.summary) for r in recipes()]
    shown = "pushforward show RECIPE describes one; pushforward run RECIPE trains it."
    return ("SLUG", "TIME", "SUMMARY"), rows, shown


def _methods(what: str) -> _List:
    from pushforward.studio.methods import methods

    rows = [(m.slug, m.title, m.family.slug, m.summary) for m in methods()]
    shown = "pushforward show METHOD describes its choices."
    return (
        ("SLUG", "TITLE", "MODEL", "SUMMARY"), rows, shown,
        "pushforward run MODEL@DATASET --set method=METHOD trains one.",
    )  # fmt: skip


def _entries(what: str) -> _List:
    from pushforward.studio.cli import catalogue

    catalogue.load()
    kind = KINDS[what]
    found: list[Any] = catalogue.entries(kind)  # type: ignore[arg-type]
    head = ("SLUG", *(title for title, _ in COLUMNS[kind]), "SUMMARY")
    rows = [(e.slug, *(cell(e) for _, cell in COLUMNS[kind]), e.summary) for e in found]
    return head, rows, f"pushforward show SLUG describes the settings; {len(found)} {what}."


_LISTED: dict[str, Callable[[str], _List]] = {"recipes": _recipes, "methods": _methods}
