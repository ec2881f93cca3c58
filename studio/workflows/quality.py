"""The metrics of an evaluation with their noise floors, as rows, and the verdict on all of them."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pushforward.spelling import ask_whether
from pushforward.studio.counts import format_count
from pushforward.studio.figures import short
from pushforward.studio.protocol.events import SPREAD
from pushforward.studio.significance import Measured, compare_with_floor, find_difference
from pushforward.studio.workflows.errors import UsageError

if TYPE_CHECKING:
    from pushforward.studio.engine.jobs.evaluation_job import EvaluationJob
    from pushforward.studio.protocol.spec import Pick
    from pushforward.studio.store.run import RunFolder

__all__ = [
    "VERDICTS", "check_metrics", "format_floor", "format_value", "measured_values", "metric_rows",
    "verdict",
]  # fmt: skip

VERDICTS = {
    "same": "within floor",
    "better": "within floor",
    "worse": "differs",
    "few": "n too small",
    "": "-",
}
"""The verdict on one metric; `verdict` is about all of them."""


def metric_rows(job: "EvaluationJob") -> list[dict[str, Any]]:
    """Return one row for each metric that was measured, as `--json` prints it."""
    from pushforward.models.registry import registry

    assert job.quality is not None
    rows, measured = [], measured_values(job)
    for slug, figure in job.quality.figures.items():
        entry = registry.get("metric", slug)
        rows.append(
            {
                "metric": slug,
                "value": figure.value if math.isfinite(figure.value) else None,
                "error": job.quality.errors.get(slug),
                "low": figure.low,
                "high": figure.high,
                "parts": dict(figure.parts),
                "n": figure.n or job.quality.n,
                "reference": entry.bar_is,
                "held_against": entry.bar_is,  # the name of "reference" in versions before 0.1
                "floor": job.quality.floors.get(slug),
                "floor_spread": job.quality.floors.get(SPREAD + slug),
                "better": entry.better,
                "unit": entry.unit,
                "stand": compare_with_floor(measured[slug]) if slug in measured else "",
            }
        )
    return rows


def measured_values(job: "EvaluationJob") -> dict[str, Measured]:
    """Return the values as the rule of the verdict takes them."""
    from pushforward.models.registry import registry

    assert job.quality is not None
    found = {}
    for slug, figure in job.quality.figures.items():
        if math.isfinite(figure.value):
            entry, n = registry.get("metric", slug), figure.n or job.quality.n
            floors = job.quality.floors
            found[slug] = Measured(
                slug, figure.value, n, floors, entry.better, entry.bar_is, entry.conditional
            )
    return found


def verdict(job: "EvaluationJob") -> str:
    """Return whether the samples differ from real data; "" where no metric has a noise floor."""
    known = [
        each for each in measured_values(job).values() if each.has_floor and not each.conditional
    ]
    found = [each for each in known if each.spread]
    # Such as copies: real data have none in any of the pairs, so no limit can be set.
    fixed = [each.slug for each in known if not each.spread and compare_with_floor(each) == "worse"]
    also = f" Worse than a floor without variation: {', '.join(fixed)}." if fixed else ""
    return f"{_compared(found)}{also}".strip()


def _compared(found: Sequence[Measured]) -> str:
    if not found:
        return ""
    if worst := find_difference(found):
        worse = [each for each in found if compare_with_floor(each) == "worse"]
        of = f"{len(worse)} of {len(found)} metrics" if len(found) > 1 else "its only metric"
        return f"Differs from real data by {of}, most by {worst}."
    if any(compare_with_floor(each) == "few" for each in found):
        return "No difference from real data found, but n is too small to conclude anything."
    return f"No difference from real data by {format_count(len(found), 'metric')}."


def check_metrics(folder: "RunFolder", metrics: "list[Pick]") -> None:
    """Check the requested metrics before measuring.

    Raises:
        UsageError: unknown metric; the nearest one is named.
        Refused: it is for other data.
    """
    from pushforward.models.registry import registry
    from pushforward.studio.engine.run.resolve import pick_metrics

    for metric in metrics:
        try:
            registry.get("metric", metric.slug)
        except KeyError as error:
            slugs = [entry.slug for entry in registry.all("metric")]
            hint = ask_whether(metric.slug, slugs, "'pushforward list metrics' lists them")
            raise UsageError(f"--metric: no metric is called {metric.slug!r}; {hint}") from error
    pick_metrics(folder.record.spec, metrics)


def format_value(value: float | None, low: float | None, high: float | None) -> str:
    """Return a value with its interval: "0.171 [0.162, 0.18]"; "error" for None."""
    if value is None:
        return "error"
    ends = "" if low is None or high is None else f" [{short(low, 3)}, {short(high, 3)}]"
    return f"{short(value, 4)}{ends}"


def format_floor(mean: float | None, spread: float | None) -> str:
    """Return a noise floor as "0.038 ± 0.01", "-" for none."""
    if mean is None:
        return "-"
    return f"{short(mean, 3)} ± {short(spread, 1)}" if spread else short(mean, 3)
