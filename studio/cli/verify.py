"""Verify the claims: run their experiments and compare the values with the pass lines. Each claim
has null models, which do not do what is claimed. A claim whose null model meets the pass line
fails.
"""

import argparse
import fnmatch
import itertools
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pushforward.spelling import ask_whether
from pushforward.studio.cli.claim_records import (
    describe_difference,
    load,
    record,
    record_nulls,
    refresh,
    restore,
)
from pushforward.studio.cli.terminal import say, table
from pushforward.studio.workflows.errors import UsageError

if TYPE_CHECKING:
    from pushforward.models.entries import ExperimentEntry
    from pushforward.verify.bench import Bench
    from pushforward.verify.claim import Result

__all__ = ["HELP", "add_arguments", "run"]

HELP = "measure the verified claims"
VERDICTS = {True: "PASS", False: "FAIL", None: "REPORTED"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "ids",
        nargs="*",
        metavar="ID",
        help=("claims to measure; * matches any ending (default: quick ones)"),
    )
    parser.add_argument("--list", action="store_true", help="list the claims and stop")
    parser.add_argument("--all", action="store_true", help="the slow ones too")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--device", default="cpu", metavar="NAME", help="where trainings compute")
    parser.add_argument(
        "--seeds",
        type=int,
        nargs="+",
        default=[],
        metavar="N",
        help=("override the seeds of the claims"),
    )
    parser.add_argument("--budget", type=float, metavar="SECONDS", help="time limit of a training")
    parser.add_argument(
        "--fresh", action="store_true", help=("train again instead of reusing trained runs")
    )
    parser.add_argument(
        "--record", action="store_true", help="write the results to the studio's records"
    )
    parser.add_argument(
        "--nulls",
        action="store_true",
        help="only the null models missing from the record; no training",
    )
    parser.add_argument(
        "--refresh",
        action="store_true",
        help="measure nothing: update the texts of records and mark outdated ones",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the experiments; the status is 1 when one fails or raises."""
    import torch

    from pushforward.models.registry import registry
    from pushforward.studio.cli import catalogue
    from pushforward.verify.discovery import discover

    # The tensors are small: a second thread gains nothing, and where another program keeps the
    # cores busy it waits for it at every operation (measured: 195 s instead of 15).
    torch.set_num_threads(1)
    catalogue.load(discover)
    everything = arguments.all or arguments.refresh
    chosen = _choose(registry.all("experiment"), arguments.ids, everything, arguments.list)
    if arguments.list:
        _list(chosen, arguments.json)
        return 0
    if arguments.refresh:
        return _refresh(chosen)
    from pushforward.verify.engine_bench import EngineBench

    seeds, budget = arguments.seeds, arguments.budget
    bench = EngineBench(arguments.device, seeds, budget, fresh=arguments.fresh)
    failed = 0
    for entry in chosen:
        kept = _kept(entry) if arguments.nulls else None
        result, error = _measure(entry, bench, kept)
        if arguments.record and result is not None:
            if kept is None:
                record(entry.slug, _about(entry), result, arguments.device)
            else:
                record_nulls(entry.slug, _about(entry), result)
        passed = result.passed if result else False
        failed += passed is False
        write = _write_json if arguments.json else _write
        write(entry, result, error)
    if not arguments.json:
        say(f"{len(chosen) - failed} of {len(chosen)} claims hold or are reported.")
    return 1 if failed else 0


def _choose(
    known: Sequence["ExperimentEntry"], ids: Sequence[str], everything: bool, listing: bool
) -> list["ExperimentEntry"]:
    if not known:
        raise UsageError("no claims are installed")
    if not ids:
        return [e for e in known if everything or listing or not e.slow]
    by_id = {entry.slug.casefold(): entry for entry in known}
    found = {wanted: fnmatch.filter(by_id, wanted.casefold()) for wanted in ids}
    for wanted, slugs in found.items():
        if not slugs:
            slugs = [entry.slug for entry in known]
            hint = ask_whether(wanted, slugs, f"there are {', '.join(slugs)}", 3)
            raise UsageError(f"no claim has the id {wanted!r}; {hint}")
    return [by_id[slug] for slug in dict.fromkeys(itertools.chain(*found.values()))]


def _refresh(entries: Sequence["ExperimentEntry"]) -> int:
    outdated = [(e.slug, reason) for e in entries if (reason := refresh(e.slug, _about(e)))]
    table(outdated, head=("OUTDATED", "WHY"))
    say(f"{len(outdated)} of {len(entries)} records are outdated.")
    return 0


def _kept(entry: "ExperimentEntry") -> "Result":
    """Return the kept result of a claim, to which null models can be added.

    Raises:
        UsageError: there is none, or it was measured by another pass line.
    """
    kept, again = load(entry.slug), f"'pushforward verify {entry.slug} --record' measures it"
    if not kept:
        raise UsageError(f"{entry.slug} has no record; {again}")
    if kept["pass_line"] != entry.pass_line:
        raise UsageError(f"{entry.slug}: {describe_difference(kept, _about(entry))} {again} again")
    return restore(kept)


def _measure(
    entry: "ExperimentEntry", bench: "Bench", kept: "Result | None" = None
) -> tuple["Result | None", str]:
    """Run one experiment; one that breaks fails alone."""
    try:
        return entry.make(bench) if kept is None else entry.make(bench, kept), ""
    except Exception as error:
        # The boundary of a claim: whatever it raises is its own failure.
        return None, f"{type(error).__name__}: {error}"


def _list(entries: Sequence["ExperimentEntry"], as_json: bool) -> None:
    if as_json:
        for entry in entries:
            say(json.dumps(_about(entry)))
        return
    rows = [(e.slug, e.group, "slow" if e.slow else "", e.claim) for e in entries]
    table(rows, head=("ID", "GROUP", "TIME", "CLAIM"))


def _about(entry: "ExperimentEntry") -> dict[str, Any]:
    keys = ("claim", "pass_line", "group", "slow", "nulls", "no_null", "baselines")
    extra = {key: getattr(entry, key) for key in keys}
    return {"id": entry.slug, "title": entry.title, "source": entry.source, **extra}


def _write_json(entry: "ExperimentEntry", result: "Result | None", error: str) -> None:
    measured = asdict(result) if result else {"error": error, "passed": False}
    verdict = VERDICTS[result.passed if result else False]
    say(json.dumps({**_about(entry), **measured, "verdict": verdict}))


def _write(entry: "ExperimentEntry", result: "Result | None", error: str) -> None:
    say(f"{VERDICTS[result.passed if result else False]:8} {entry.slug}  {entry.title}")
    lines = [("claim", entry.claim)]
    if result is None:
        lines.append(("broke", error))
    else:
        seeds = ", ".join(map(str, result.seeds)) or "none"
        lines += [
            ("figure", result.figure),
            ("pass line", entry.pass_line),
            *_nulls(entry, result),
            *(("baseline", f"{t}: {each.figure}") for t, each in result.baselines.items()),
            ("floor", result.floor),
            ("seeds", seeds),
            ("took", f"{result.seconds:.1f} s"),
        ]
    table((" " * 7, name, text) for name, text in lines)
    say()


def _nulls(entry: "ExperimentEntry", result: "Result") -> list[tuple[str, str]]:
    """Return lines on what must miss the pass line, and on what wrongly meets it."""
    if not result.nulls:
        return [("null", f"none: {entry.no_null}")]
    alive = result.alive
    lines = [
        ("null", f"{title} ({'MEETS THE LINE' if title in alive else 'misses it'}): {null.figure}")
        for title, null in result.nulls.items()
    ]
    if alive:
        lines.append(("verdict", f"a null model meets this line: {', '.join(alive)}"))
    return lines
