"""Compare recommenders under evaluation protocols: 80:20, leave-one-out, and one point in time.

    pushforward protocols runs/0001-ease-shop runs/0002-acvae-shop

trains each model under each protocol, unless a finished run of it is there, ranks all items for
each test user, and prints the mean over users with its 95 % interval and the difference from the
first model. p-values of the paired bootstrap are corrected by Holm's method for all differences of
the table; n.s. means not significant at 5 %. Values of different protocols are not comparable.
"""

import argparse
import csv
import io
import json
from pathlib import Path

from pushforward.studio.cli.arguments import add_json
from pushforward.studio.cli.terminal import paragraph, say, table
from pushforward.studio.protocol_table import (
    PROTOCOLS,
    USUAL,
    Cell,
    UserValues,
    compare_protocols,
    format_cells,
)
from pushforward.studio.workflows.errors import UsageError
from pushforward.studio.workflows.run_folders import find_runs

__all__ = ["HELP", "add_arguments", "run"]

HELP = "compare recommenders under several evaluation protocols"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "runs", nargs="+", type=Path, metavar="RUN", help="run folders; the first is the reference"
    )
    parser.add_argument(
        "--protocol",
        action="append",
        default=[],
        dest="protocols",
        choices=tuple(PROTOCOLS),
        help="a protocol (repeatable; default: ratio, last-item and time)",
    )
    parser.add_argument(
        "--metric", default="ndcg@10", metavar="NAME", help="such as recall@20 (default: ndcg@10)"
    )
    parser.add_argument(
        "--trained-only", action="store_true", help="train nothing; show the runs that are there"
    )
    parser.add_argument("--csv", action="store_true", help="comma-separated values")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Train what is missing, measure and print; 0 when done, 1 when a training failed."""
    from pushforward.studio.cli import catalogue
    from pushforward.studio.cli.run import train
    from pushforward.studio.store.edits import effective_spec
    from pushforward.studio.workflows.create import create
    from pushforward.studio.workflows.protocol_runs import (
        measure_users,
        name_model,
        plan_protocols,
    )

    catalogue.load()
    folders = find_runs(arguments.runs)
    specs = [effective_spec(each) for each in folders]
    protocols = arguments.protocols or list(USUAL)
    names = [name_model(spec, specs) for spec in specs]
    found: list[UserValues] = []
    for place, (spec, trained) in enumerate(plan_protocols(folders, protocols)):
        model, protocol = names[place % len(names)], protocols[place // len(names)]
        if trained is None and arguments.trained_only:
            continue
        if trained is None:
            trained = create(spec, folders[0].project)
            if status := train(trained):
                return status
        found.append(measure_users(trained, model, protocol, arguments.metric))
    if not found:
        raise UsageError("no run of these models is trained under these protocols")
    _write(compare_protocols(found, names[0]), list(dict.fromkeys(names)), protocols, arguments)
    return 0


Cells = dict[tuple[str, str], Cell]


def _write(
    cells: Cells, models: list[str], protocols: list[str], arguments: argparse.Namespace
) -> None:
    """Print the table in the form that was asked for."""
    if arguments.json:
        say(json.dumps([_plain(key, cell) for key, cell in cells.items()]))
        return
    if arguments.csv:
        stream = io.StringIO()
        rows = [_plain(key, cell) for key, cell in cells.items()]
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        for line in stream.getvalue().splitlines():
            say(line)
        return
    for protocol in protocols:
        users = max((c.own.n for (_, p), c in cells.items() if p == protocol), default=0)
        if not users:
            say(f"{PROTOCOLS[protocol]}: no finished run. Without --trained-only they are trained.")
            continue
        say(f"{PROTOCOLS[protocol]}, {users:,} test users")
        table(
            ((model, *format_cells(cells.get((model, protocol)))) for model in models),
            head=("MODEL", arguments.metric.upper(), f"LESS {models[0].upper()}"),
        )
    paragraph(
        "Full ranking; seen items are left out. 95 % intervals of a bootstrap over users; n.s.: "
        "not significant at 5 % after Holm's correction."
    )


def _plain(key: tuple[str, str], cell: Cell) -> dict[str, object]:
    """Return a cell as plain values."""
    own, compared = cell.own, cell.compared
    return {
        "model": key[0],
        "protocol": key[1],
        "users": own.n,
        "mean": own.mean,
        "low": own.low,
        "high": own.high,
        "seeds": cell.runs,
        "spread": own.spread,
        "difference": None if compared is None else compared.difference,
        "difference_low": None if compared is None else compared.low,
        "difference_high": None if compared is None else compared.high,
        "p": None if compared is None else compared.p,
    }
