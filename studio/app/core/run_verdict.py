"""The headline metric of a run and its verdict. Pure."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pushforward.studio.app.core.display_names import metric_title
from pushforward.studio.app.core.latest_metrics import first_metric, newest_figure
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.text import metric_reference
from pushforward.studio.app.text import number_format as words
from pushforward.studio.protocol.catalog import Catalog, EntrySpec
from pushforward.studio.protocol.curve_names import QUALITY
from pushforward.studio.protocol.events import SPREAD
from pushforward.studio.significance import Stand, compare_with_floor, find_difference

__all__ = ["Stand", "Verdict", "compare_metric_with_floor", "judged", "verdict_of", "verdicts_of"]

Level = Literal["good", "warm", ""]
BESIDE: Mapping[Stand, str] = {
    "same": "differs from real data by {other}; this metric is within the floor",
    "better": "{said}, but differs from it by {other}",
    "few": "differs from real data by {other}; n is too small for this metric",
}
"""What is said where another metric is worse than its floor and one stands so to its own."""


@dataclass(frozen=True)
class Verdict:
    """The headline metric value of a run, with what other metrics add.

    Attributes:
        slug, title: of the metric.
        value: its value.
        floor: reference with its name: "floor 2.31 ± 0.12"; "" for none.
        step: at which it was measured.
        n: number of samples, None if unknown.
        words: the verdict; "" for none.
        level: whether that is good.
        stale: whether the training has continued long since.
        asked: whether it is of an evaluation on request.
        stand: the overall verdict: "worse" if another metric differs from real data.
        shared: in a comparison, the verdict by the common metrics, if different; "" otherwise.
    """

    slug: str
    title: str
    value: float
    floor: str
    step: int
    n: int | None
    words: str
    level: Level
    stale: bool
    asked: bool = False
    stand: Stand = ""
    shared: str = ""

    @property
    def when(self) -> str:
        """At which step, and of how many samples."""
        at = f"{'evaluated ' if self.asked else ''}at step {self.step:,}"
        return at + (f", n = {self.n:,}" if self.n is not None else "")

    @property
    def says_nothing(self) -> bool:
        """Whether n is too small to conclude anything: unbiased estimates of few samples can be far
        below 0. A value far beyond its floor is still conclusive.
        """
        return bool(metric_reference.few(self.n)) and not self.level


def verdicts_of(
    runs: Sequence[RunState], catalog: Catalog | None, slug: str = ""
) -> list[Verdict | None]:
    """Return the verdicts of compared runs on a metric, by default the first of each. Each keeps
    its own verdict, which more metrics make stricter; so the verdict by common metrics with equal n
    is added.
    """
    slugs = [slug or first_metric(run) for run in runs]
    found = [newest_figure(run, own) for run, own in zip(runs, slugs, strict=True)]
    verdicts = [verdict_of(run, catalog, slug) for run in runs]
    if len(runs) < 2 or any(each is None for each in found):
        return verdicts
    every = [
        {(other, n) for other, _, n, _ in _others(run, own, figure.step)}
        for run, own, figure in zip(runs, slugs, found, strict=True)
        if figure is not None
    ]
    shared = {other for other, _ in set.intersection(*every) if not _conditional(catalog, other)}
    alike = len({(own, figure.n) for own, figure in zip(slugs, found, strict=True) if figure}) == 1
    said = _format_metric_names(1 + len(shared), len(runs)) if alike else ""
    return [
        replace(own, shared=f"{said}: {among.words.partition(metric_reference.TAKES)[0]}")
        if said and own and among and among.words != own.words
        else own
        for own, among in zip(
            verdicts, [verdict_of(run, catalog, slug, shared) for run in runs], strict=True
        )
    ]


def _format_metric_names(count: int, runs: int) -> str:
    """Say by which figures runs are judged that are compared."""
    have = "both have" if runs == 2 else f"all {runs} have"
    return f"by the {count} metrics {have}" if count > 1 else f"by the only metric, {have}"


def verdict_of(
    run: RunState,
    catalog: Catalog | None,
    slug: str = "",
    among: Collection[str] | None = None,
) -> Verdict | None:
    """Return the verdict on a metric of a run, by default its first; None before it is measured.
    What this one cannot tell another one may, of those ``among`` which it is looked for.
    """
    slug = slug or first_metric(run)
    found = newest_figure(run, slug)
    if found is None:
        return None
    step, value, n, floors = found.step, found.value, found.n, found.floors
    entry = catalog.get("metric", slug) if catalog is not None else None
    said, level = judged(entry, floors, slug, value, n, ends=found.ends, most=run.most)
    stand = compare_metric_with_floor(entry, floors, slug, value, n)
    doubtful = stand in BESIDE and (stand != "few" or not metric_reference.few(n))
    if doubtful and (other := _most_significant_metric(run, catalog, slug, step, among)):
        said, level = BESIDE[stand].format(said=said, other=other), "warm"
        stand = "worse"
    elif entry is not None and entry.conditional:
        stand = ""
    title = metric_title(slug, catalog)
    floor = metric_reference.bar(entry, floors, slug)
    stale = metric_reference.is_outdated(step, run.step)
    return Verdict(slug, title, value, floor, step, n, said, level, stale, found.asked, stand)


def _most_significant_metric(
    run: RunState,
    catalog: Catalog | None,
    slug: str,
    step: int,
    among: Collection[str] | None,
) -> str:
    """Return the title of the metric that differs most from real data, besides the requested one;
    "" if none does.

    Metrics of the training and of evaluations on request at the same ``step`` count. Metrics of the
    condition do not.
    """
    if catalog is None:
        return ""
    found = [
        metric_reference.metric_value(entry, floors, other, value, n)
        for other, value, n, floors in _others(run, slug, step)
        if (entry := catalog.get("metric", other)) and (among is None or other in among)
    ]
    told = find_difference(found)
    return metric_title(told, catalog) if told else ""


def _conditional(catalog: Catalog | None, slug: str) -> bool:
    entry = catalog.get("metric", slug) if catalog is not None else None
    return entry is not None and entry.conditional


def _others(
    run: RunState, slug: str, step: int
) -> Iterator[tuple[str, float, int | None, Mapping[str, float]]]:
    """Yield the figures of other metrics: slug, value, of how many samples, and floors. Those that
    only an evaluation measured are of the same ``step``.
    """
    trained = [name.removeprefix(QUALITY) for name in run.series if name.startswith(QUALITY)]
    asked = run.evaluated if run.evaluated is not None and run.evaluated.step == step else None
    for other in dict.fromkeys([*trained, *(asked.values if asked is not None else ())]):
        figure = newest_figure(run, other) if other != slug else None
        if figure is not None:
            yield other, figure.value, figure.n, figure.floors


def compare_metric_with_floor(
    entry: EntrySpec | None,
    floors: Mapping[str, float],
    slug: str,
    value: float,
    n: int | None,
) -> Stand:
    """Return how a value of a metric compares with its floor, by the one rule for the window and
    the command line.
    """
    return compare_with_floor(metric_reference.metric_value(entry, floors, slug, value, n))


def judged(
    entry: EntrySpec | None,
    floors: Mapping[str, float],
    slug: str,
    value: float,
    n: int | None,
    *,
    ends: tuple[float, float] | None = None,
    most: int | None = None,
) -> tuple[str, Level]:
    """Return the verdict of a metric value and its level; empty if it does not count. ``ends`` is
    its interval, and ``most`` the largest possible number of samples.
    """
    said, level = _judged(entry, floors, slug, value, n, most)
    stand = compare_metric_with_floor(entry, floors, slug, value, n)
    if stand == "worse" and entry is not None and len(entry.far_off) == 2:
        said += f": {entry.far_off[value > floors[slug]]}"
    if stand == "worse" and ends is not None and ends[0] <= floors[slug] <= ends[1]:
        said += f", {metric_reference.HOLDS}"
    if entry is not None and entry.conditional and stand:
        return f"{said}; {metric_reference.UNCOUNTED}", ""
    return said, level


def _judged(
    entry: EntrySpec | None,
    floors: Mapping[str, float],
    slug: str,
    value: float,
    n: int | None,
    most: int | None,
) -> tuple[str, Level]:
    of = f"n\u00a0=\u00a0{n:,}" if n is not None else ""
    at = f" at {of}" if of else ""
    higher = entry is not None and entry.better == "higher"
    match compare_metric_with_floor(entry, floors, slug, value, n):
        case "few" if (
            slug not in floors or metric_reference.bar_word(entry) != metric_reference.FLOOR
        ):
            return f"{of}: {metric_reference.few(n)}", ""
        case "few":
            return (
                f"{of} is too few to be sure{metric_reference.TAKES}{metric_reference.takes(most)}",
                "",
            )
        case "same":
            return f"within the noise floor{at}", "good"
        case "better":
            return f"as good as real data{at}", "good"
        case "worse" if (
            higher or floors[slug] <= 0 or (entry and entry.better == metric_reference.NEAR)
        ):
            side = "below" if value < floors[slug] else "above"
            return f"{words.figure(abs(value - floors[slug]))} {side} real{at}", "warm"
        case "worse":
            return f"{words.figure(value / floors[slug])} × the floor{at}", "warm"
    if slug not in floors or not math.isfinite(value):
        return "", ""
    if value > floors[slug] if higher else value < floors[slug]:
        return "beats the baseline", "good"
    # The law of the data, say, is never beaten.
    near = abs(value - floors[slug]) <= metric_reference.SEEN * floors.get(SPREAD + slug, 0.0)
    return ("as good as the baseline", "") if near else ("does not beat the baseline", "warm")
