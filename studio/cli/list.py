"""List what there is: models, data sets, samplers, metrics, named methods, recipes and others."""

import argparse
from typing import Any

from pushforward.studio.cli import facts
from pushforward.studio.cli.terminal import say, table
from pushforward.studio.counts import join_words
from pushforward.studio.workflows.errors import UsageError, nearest

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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("what", metavar="WHAT", help=f"one of {join_words(LISTS)}")


def run(arguments: argparse.Namespace) -> int:
    """Print a table of slugs, facts and summaries."""
    if arguments.what not in LISTS:
        near = nearest(arguments.what, LISTS)
        hint = f"did you mean {near}?" if near else f"there are {join_words(LISTS)}"
        raise UsageError(f"no list is called {arguments.what!r}; {hint}")
    if arguments.what == "recipes":
        from pushforward.studio.app.text.number_format import duration
        from pushforward.studio.resources import recipes

        shown = [(r.slug, duration(r.expected_seconds), r.summary) for r in recipes()]
        table(shown, head=("RECIPE", "TIME", "WHAT IT SHOWS"), one_line_rows=True)
        return 0
    if arguments.what == "methods":
        from pushforward.studio.methods import methods

        named = [(m.slug, m.title, m.family.slug, m.summary) for m in methods()]
        table(named, head=("METHOD", "TITLE", "MODEL", "SUMMARY"), one_line_rows=True)
        say()
        say("pushforward show METHOD describes its choices.")
        say("pushforward run MODEL@DATASET --set method=METHOD trains one.")
        return 0
    from pushforward.studio.cli import catalogue

    catalogue.load()
    kind = KINDS[arguments.what]
    found: list[Any] = catalogue.entries(kind)  # type: ignore[arg-type]
    head = ("SLUG", *(title for title, _ in COLUMNS[kind]), "SUMMARY")
    rows = [(e.slug, *(cell(e) for _, cell in COLUMNS[kind]), e.summary) for e in found]
    table(rows, head=head, one_line_rows=True)
    say()
    say(f"pushforward show SLUG describes the settings; {len(found)} {arguments.what}.")
    return 0
