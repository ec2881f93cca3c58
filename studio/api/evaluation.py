"""Metrics of generated samples, each with its noise floor and verdict."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pushforward.studio.api.display import html_table
from pushforward.studio.significance import MEMORY, RULE

if TYPE_CHECKING:
    from pushforward.studio.engine.jobs.evaluation_job import EvaluationJob

__all__ = ["Evaluation", "Metric", "evaluation_of"]

HEAD = ("metric", "value", "noise floor", "better", "unit", "verdict")


@dataclass(frozen=True)
class Metric:
    """A metric of generated samples.

    Attributes:
        slug: such as "sliced-w2".
        value: of the metric; None where it could not be measured (``error``).
        floor: its noise floor, the mean of the same metric between two sets of real data; None
            where it has none.
        floor_spread: standard deviation of the floor over eight pairs, for a metric of the samples
            alone corrected for finite held-out data.
        interval: 95 % interval of the value, by the method of its metric (Wilson's for shares, a
            bootstrap or a jackknife for distances); None where there is none.
        better: "lower", "higher" or "near" its floor.
        unit: "" for none.
        verdict: "same", "better" or "worse" than the floor, "few" samples, "" without a floor.
        error: why it could not be measured, "" if it was.
    """

    slug: str
    value: float | None
    floor: float | None
    floor_spread: float | None
    interval: tuple[float, float] | None
    better: str
    unit: str
    verdict: str
    error: str = ""


@dataclass(frozen=True)
class Evaluation(Mapping[str, Metric]):
    """The metrics of an evaluation, by slug. It is shown as a table.

    Attributes:
        metrics: by slug.
        step: of the checkpoint.
        n: number of samples.
        verdict: whether the samples differ from real data; `rule` says how that is decided.
        nfe: network evaluations a sample, None where they are not counted.
    """

    metrics: Mapping[str, Metric]
    step: int
    n: int
    verdict: str
    nfe: int | None
    rule: str = RULE

    @property
    def memorisation(self) -> Metric | None:
        """The metric that says whether samples are copies of training data, None without one."""
        return next((self.metrics[slug] for slug in MEMORY if slug in self.metrics), None)

    def rows(self) -> list[dict[str, Any]]:
        """Return one dictionary a metric, as `pandas.DataFrame` takes them."""
        return [{name: getattr(each, name) for name in _FIELDS} for each in self.metrics.values()]

    def __getitem__(self, slug: str) -> Metric:
        return self.metrics[slug]

    def __iter__(self) -> Iterator[str]:
        return iter(self.metrics)

    def __len__(self) -> int:
        return len(self.metrics)

    def __repr__(self) -> str:
        from pushforward.studio.workflows.tables import render_table

        return f"{render_table(self._cells(), HEAD)}\n{self._summary()}"

    def _repr_html_(self) -> str:
        return f"{html_table(self._cells(), HEAD)}<p>{self._summary()}</p>"

    def _summary(self) -> str:
        cost = f", {self.nfe:,} network evaluations a sample" if self.nfe else ""
        return f"{self.verdict} Step {self.step:,}, n = {self.n:,}{cost}.".strip()

    def _cells(self) -> list[tuple[str, ...]]:
        from pushforward.studio.workflows.quality import VERDICTS, format_floor, format_value

        return [
            (
                each.slug,
                format_value(each.value, *(each.interval or (None, None))),
                format_floor(each.floor, each.floor_spread),
                each.better,
                each.unit,
                each.error or VERDICTS[each.verdict],
            )
            for each in self.metrics.values()
        ]


_FIELDS = tuple(Metric.__dataclass_fields__)


def evaluation_of(job: "EvaluationJob") -> Evaluation:
    """Return the result of a finished evaluation."""
    from pushforward.studio.workflows.quality import metric_rows, verdict

    assert job.quality is not None
    found = {
        row["metric"]: Metric(
            slug=row["metric"],
            value=row["value"],
            floor=row["floor"],
            floor_spread=row["floor_spread"],
            interval=None if row["low"] is None else (row["low"], row["high"]),
            better=row["better"],
            unit=row["unit"],
            verdict=row["stand"],
            error=row["error"] or "",
        )
        for row in metric_rows(job)
    }
    return Evaluation(found, job.at, job.quality.n, verdict(job), job.quality.nfe)
