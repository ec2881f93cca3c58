"""Apply an operator to a trained run: generate, compute likelihoods, ...

The result is stored in the run, or in a file: .csv, .npz or .h5 for points and jets; .npz, .h5,
.png or .zip for images; .graphml, .json, .svg, .npz or .h5 for graphs, without labels also
.edgelist and .g6; .sdf, .smi, .svg, .npz or .h5 for molecules; an image animation also .gif or
.apng. Without an operator, or with --list, the command lists the operations of the run and the
conditions of its model.
"""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pushforward.spelling import ask_whether
from pushforward.studio.cli import trained_runs
from pushforward.studio.cli.arguments import (
    add_given,
    add_json,
    add_overwrite,
    add_settings,
    named_values,
)
from pushforward.studio.cli.terminal import say, table
from pushforward.studio.workflows.errors import UsageError
from pushforward.studio.workflows.run_folders import find_run

if TYPE_CHECKING:
    from pushforward.models.entries import OperatorEntry
    from pushforward.studio.store.run import RunFolder

__all__ = ["HELP", "add_arguments", "run"]

HELP = "apply an operation to a trained run"
COUNTS = ("n", "count")
"""Settings of operators that ``--count`` sets."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "run", type=Path, metavar="RUN", help="a run folder, or a project for its newest run"
    )
    parser.add_argument("operator", nargs="?", default="", metavar="OPERATOR", help="see --list")
    parser.add_argument("--list", action="store_true", help="list the operations of the run")
    parser.add_argument(
        "--count", type=trained_runs.count, metavar="N", help="how many the operator generates"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="of the operator")
    add_settings(parser, "a setting of the operator, such as sampler.steps=50 (repeatable)")
    add_given(parser)
    parser.add_argument(
        "--rows",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=(
            "rows for an input of the operator: JSON, data (training data), all (training and "
            "held-out data), test (test data) or project:NAME (a data set of the project), such "
            "as 'rows=[[0,1],[2,3]]' (repeatable). "
            "Slices work: data[:100]. The input known also takes an image file (white: known) or "
            "left, right, top, bottom or middle."
        ),
    )
    parser.add_argument(
        "--step",
        type=int,
        metavar="N",
        help="the newest checkpoint up to this step (default: the newest)",
    )
    trained_runs.add_length(parser)
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="output file (default: results/ of the run)"
    )
    add_overwrite(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Do it; 0 when done, 1 when it failed."""
    from pushforward.models.operators.editing import KNOWN
    from pushforward.models.registry import registry
    from pushforward.studio.cli import catalogue
    from pushforward.studio.cli.mask import read_mask
    from pushforward.studio.workflows.settings import assigned

    catalogue.load()
    folder = find_run(arguments.run)
    if arguments.list or not arguments.operator:
        return _list(folder, arguments.json)
    if arguments.operator not in {entry.slug for entry in registry.all("operator")}:
        _check_operator(arguments.operator, folder)
    entry = registry.get("operator", arguments.operator)
    inputs = named_values("--rows", arguments.rows)
    _check_slots(entry, inputs)
    if isinstance(mask := inputs.get(KNOWN), str):
        inputs[KNOWN] = read_mask(mask, folder)
    options = _options(entry, arguments)
    own = [f"{name}={value}" for name, value in options.values()]
    return trained_runs.operate(
        folder,
        arguments.operator,
        assigned(entry.config, [*own, *arguments.settings]),
        step=arguments.step,
        length=arguments.length,
        file=arguments.out,
        overwrite=arguments.overwrite,
        inputs=inputs,
        given=named_values("--given", arguments.given),
        options={f"config.{name}": option for option, (name, _) in options.items()},
        as_json=arguments.json,
    )


def _options(entry: "OperatorEntry", arguments: argparse.Namespace) -> dict[str, tuple[str, int]]:
    """Return the settings of an operator that ``--count`` and ``--seed`` give, and their values, by
    option.

    Raises:
        UsageError: it has no such setting.
    """
    names = entry.config.__struct_fields__
    found: dict[str, tuple[str, int]] = {}
    for option, known, value in (
        ("--count", COUNTS, arguments.count),
        ("--seed", ("seed",), arguments.seed),
    ):
        if value is None:
            continue
        name = next((name for name in known if name in names), None)
        if name is None:
            those = f"its settings are {', '.join(names)}" if names else "it has no settings"
            raise UsageError(f"{option}: {entry.slug} has no such setting; {those}")
        found[option] = (name, value)
    return found


def _check_slots(entry: "OperatorEntry", inputs: Iterable[str]) -> None:
    """Check the names of the rows that are given.

    Raises:
        UsageError: the operator takes none of that name; the nearest one is named.
    """
    slots = [slot.name for slot in entry.takes]
    for name in inputs:
        if name in slots:
            continue
        takes = f"it takes {', '.join(slots)}" if slots else "it has no inputs"
        hint = " ".join(filter(None, [ask_whether(name, slots), takes]))
        raise UsageError(f"--rows {name}: {entry.slug} has no input {name!r}; {hint}")


def _check_operator(slug: str, folder: "RunFolder") -> None:
    """Accept a slug of earlier versions.

    Raises:
        UsageError: there is no such operator; the nearest one is named.
    """
    from pushforward.models.registry import registry

    try:
        registry.get("operator", slug)
    except KeyError as error:
        slugs = [entry.slug for entry in registry.all("operator")]
        listing = f"'pushforward do {folder.path} --list' lists the operations of the run"
        hint = " ".join(filter(None, [ask_whether(slug, slugs), listing]))
        raise UsageError(f"no operator is called {slug!r}; {hint}") from error


def _describe(entry: "OperatorEntry", reason: str) -> dict[str, Any]:
    takes = [{"name": slot.name, "title": slot.title, "help": slot.help} for slot in entry.takes]
    known = {"operator": entry.slug, "title": entry.title, "summary": entry.summary}
    return {**known, "takes": takes, "can": not reason, "reason": reason}


def _list(folder: "RunFolder", as_json: bool) -> int:
    from pushforward.studio.engine.kinds.compatibility import picked_kind
    from pushforward.studio.engine.run.checkpoint_state import saved_data
    from pushforward.studio.engine.run.conditions import conditions_of
    from pushforward.studio.engine.run.operator_requests import offered

    checkpoint, _ = folder.checkpoints.newest()
    data = saved_data(checkpoint) if checkpoint is not None else None
    kind = picked_kind(folder.record.spec.dataset)
    found = offered(folder, data)
    if as_json:
        say(json.dumps([_describe(entry, reason) for entry, reason in found]))
        return 0
    rows = []
    for entry, reason in sorted(found, key=lambda each: bool(each[1])):
        if not entry.kinds or kind in entry.kinds:
            takes = ", ".join(slot.name for slot in entry.takes) or "-"
            rows.append((entry.slug, "no" if reason else "yes", takes, reason or entry.summary))
    table(rows, head=("OPERATOR", "CAN", "TAKES", "WHAT IT DOES"))
    say()
    if (others := len(found) - len(rows)) > 0:
        say(f"{others} more apply to other data types than {kind}: pushforward list operators.")
    say("pushforward show OPERATOR describes its settings.")
    if told := conditions_of(folder):
        say()
        say("Conditions (--given NAME=VALUE); unset ones are taken from matching rows of the data:")
        table([(name, what) for name, what in told.items()])
    return 0
