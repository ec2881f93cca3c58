"""Evaluate a trained run with fresh samples, next to the noise floor of each metric.

The floor is the metric between two sets of real data; no model is expected to be better. Values go
to the run's log, not to its curves.
"""

import argparse
import json
from typing import TYPE_CHECKING

from pushforward.studio.cli import trained_runs
from pushforward.studio.cli.evaluation_progress import MeasureBar
from pushforward.studio.cli.terminal import paragraph, say, table
from pushforward.studio.counts import format_count, join_words
from pushforward.studio.figures import short
from pushforward.studio.significance import (
    NEAR,
    REAL,
    RULE,
    Measured,
    band,
)
from pushforward.studio.workflows.errors import UsageError
from pushforward.studio.workflows.quality import (
    VERDICTS,
    check_metrics,
    format_floor,
    format_value,
    measured_values,
    metric_rows,
    verdict,
)
from pushforward.studio.workflows.run_folders import find_run

if TYPE_CHECKING:
    from pushforward.studio.engine.jobs.evaluation_job import EvaluationJob
    from pushforward.studio.engine.process.sink import Sink
    from pushforward.studio.store.run import RunFolder

__all__ = ["HELP", "add_arguments", "run"]

HELP = "evaluate a trained run, with the noise floor of each metric"
SAMPLES = 5_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    trained_runs.add_arguments(parser, SAMPLES)
    parser.add_argument(
        "--metric",
        action="append",
        default=[],
        dest="metrics",
        metavar="SLUG",
        help="see 'pushforward list metrics' (repeatable; default: those of the run)",
    )
    parser.add_argument(
        "--valid",
        metavar="RULE",
        help=(
            "set the validity rule first, for all runs of the project on these data: for graphs "
            "tree, connected, planar and others; none for no rule; data for the rule of the data"
        ),
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Measure and write a table; 0 when done, 1 when it failed."""
    from pushforward.studio.cli import catalogue
    from pushforward.studio.engine.jobs.evaluation_job import EvaluationJob
    from pushforward.studio.engine.kinds.compatibility import entry_of, picked_kind
    from pushforward.studio.protocol.messages import Evaluate
    from pushforward.studio.protocol.spec import Pick

    catalogue.load()
    folder = find_run(arguments.run)
    if arguments.valid:
        _rule(folder, arguments.valid)
    wanted = Evaluate(
        run=str(folder.path),
        n=arguments.count,
        seed=arguments.seed,
        sampler=trained_runs.sampler(folder, arguments),
        step=arguments.step,
        length=arguments.length,
        metrics=[Pick(slug=slug) for slug in arguments.metrics],
    )
    check_metrics(folder, wanted.metrics)
    of = entry_of(picked_kind(folder.record.spec.dataset))

    def announce(n: int, drawn: bool) -> None:
        if drawn:
            fewer = f": of {wanted.n:,} requested, no more can be compared" if n < wanted.n else ""
            what = f"{format_count(n, 'sample')} against as many real {of.many}{fewer}"
        else:
            what = f"with {format_count(n, of.one, of.many)}"
        say(f"{folder.name}: measuring {what}")

    made: list[EvaluationJob] = []

    def make(sink: "Sink") -> EvaluationJob:
        told = None if arguments.json else announce
        made.append(EvaluationJob(trained_runs.NAME, wanted, sink, told))
        return made[0]

    _, status = trained_runs.do(make, bar=MeasureBar(quiet=arguments.json))
    if status == 0:
        write = _write_json if arguments.json else _write
        write(made[0], wanted.seed)
        if not arguments.json and not wanted.metrics:
            for line in _left_out(made[0]):
                paragraph(line)
    return status


def _rule(folder: "RunFolder", rule: str) -> None:
    """Keep what makes one of the data of a run valid.

    Raises:
        UsageError: there is no such rule of such data.
    """
    from pushforward.studio.engine.kinds.base import kind_of
    from pushforward.studio.engine.kinds.compatibility import entry_of, picked_kind
    from pushforward.studio.store.project import Project

    dataset = folder.record.spec.dataset
    rules = kind_of(picked_kind(dataset)).rules
    if not rules:
        many = entry_of(picked_kind(dataset)).many
        raise UsageError(f"--valid {rule}: {many} have no validity rules")
    if rule not in (*rules, "data"):
        raise UsageError(f"--valid {rule}: unknown rule; available: {join_words([*rules, 'data'])}")
    Project.open(folder.project).write_rule(dataset.slug, "" if rule == "data" else rule)


def _left_out(job: "EvaluationJob") -> list[str]:
    """Describe the metrics of the data type that were not requested, and why."""
    from pushforward.models.registry import registry
    from pushforward.studio.engine.kinds.compatibility import kinds_measured, picked_kind

    spec = job.folder.record.spec
    kind, able = picked_kind(spec.dataset), registry.get("family", spec.family.slug).abilities
    others = [
        entry
        for entry in registry.all("metric")
        if kind in kinds_measured(entry) and entry.slug not in job.slugs
    ]
    can = [entry.slug for entry in others if set(entry.needs) <= able]
    cannot = [entry.slug for entry in others if not set(entry.needs) <= able]
    lines = []
    if can:
        lines.append(
            f"Not measured, since the run does not request {'it' if len(can) == 1 else 'them'}: "
            f"{join_words(can)}. --metric SLUG measures one."
        )
    if cannot:
        need = "it needs" if len(cannot) == 1 else "they need"
        lines.append(f"Not measured, since the model cannot do what {need}: {join_words(cannot)}.")
    return lines


def _write(job: "EvaluationJob", seed: int) -> None:
    from pushforward.studio.engine.kinds.compatibility import entry_of, picked_kind

    assert job.quality is not None
    quality, rows = job.quality, metric_rows(job)
    limits = {slug: _limit(each) for slug, each in measured_values(job).items()}
    table(
        (
            (
                row["metric"],
                format_value(row["value"], row["low"], row["high"]),
                format_floor(row["floor"], row["floor_spread"]),
                limits.get(row["metric"], "-"),
                f"{row['n']:,}",
                row["better"],
                row["unit"],
                VERDICTS[row["stand"]],
            )
            for row in rows
        ),
        head=("METRIC", "VALUE", "FLOOR", "LIMIT", "N", "BETTER", "UNIT", "VERDICT"),
    )
    if said := verdict(job):
        paragraph(f"{said} {RULE}")
    floors: dict[str, list[str]] = {}
    for row in rows:
        if row["floor"] is not None and row["reference"] != REAL:
            floors.setdefault(row["reference"], []).append(row["metric"])
    for bar, slugs in floors.items():
        *others, last = slugs
        say(f"The floor of {' and '.join(filter(None, [', '.join(others), last]))} is {bar}.")
    for row in rows:
        if row["parts"]:
            apart = "; ".join(f"{name} {short(value, 4)}" for name, value in row["parts"].items())
            paragraph(f"{row['metric']}{', each' * (len(row['parts']) > 1)}: {apart}")
    for note in quality.notes:
        say(note)
    cost = f"; {quality.nfe:,} network evaluations a sample" if quality.nfe else ""
    of = entry_of(picked_kind(job.folder.record.spec.dataset))
    measured = (
        f"{quality.n:,} samples against as many real ones"
        if quality.drawn
        else f"measured with {format_count(quality.n, of.one, of.many)}"
    )
    say(f"Step {job.at:,}; {measured}, seed {seed}{cost}.")


def _limit(found: Measured) -> str:
    """Return the value beyond which a metric differs from its floor."""
    ends = band(found)
    if ends is None:
        return "-"
    low, high = (short(each, 3) for each in ends)
    if found.better == NEAR:
        return f"{low} to {high}"
    return f">= {low}" if found.better == "higher" else f"<= {high}"


def _write_json(job: "EvaluationJob", seed: int) -> None:
    assert job.quality is not None
    told = {
        "run": str(job.folder.path),
        "step": job.at,
        "n": job.quality.n,
        "seed": seed,
        "nfe": job.quality.nfe,
        "figures": metric_rows(job),
        "verdict": verdict(job),
        "notes": job.quality.notes,
    }
    say(json.dumps(told))
