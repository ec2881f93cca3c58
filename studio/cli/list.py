"""List what there is: models, data sets, samplers, metrics, recipes."""

import argparse

from studio.cli.terminal import say, table

__all__ = ["HELP", "add_arguments", "run"]

HELP = "list models, datasets, samplers, metrics or recipes"
KINDS = {"models": "family", "datasets": "dataset", "samplers": "sampler", "metrics": "metric"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("what", choices=[*KINDS, "recipes"], help="what to list")


def run(arguments: argparse.Namespace) -> int:
    """Write a table of slugs, titles and summaries."""
    if arguments.what == "recipes":
        from studio.resources import recipes

        rows = [(r.slug, f"{r.expected_seconds:g} s", r.summary) for r in recipes()]
        table(rows, head=("RECIPE", "TIME", "WHAT IT SHOWS"))
        return 0
    from studio.cli import catalogue

    catalogue.load()
    kind = KINDS[arguments.what]
    found = catalogue.entries(kind)  # type: ignore[arg-type]
    head, rows = ("SLUG", "TITLE", "SUMMARY"), [(e.slug, e.title, e.summary) for e in found]
    if kind == "family":
        made_of = [(e.extra.get("field", ""), e.extra.get("carrier", "")) for e in found]
        table(
            [(slug, *of, summary) for (slug, _, summary), of in zip(rows, made_of, strict=True)],
            head=("SLUG", "FIELD", "CARRIER", "SUMMARY"),
        )
    else:
        table(rows, head=head)
    say()
    say(f"pushforward show SLUG describes the settings; {len(found)} {arguments.what}.")
    return 0
