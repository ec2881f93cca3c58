"""The runs of a project as a table: found, grouped, sorted inside their groups. Pure.

A group never mixes data sets, whatever it is made by: figures of one metric on two sets of data say
nothing of each other, and nothing here ranks them.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import msgspec

from studio.app.state.comparison import QUALITY
from studio.app.state.naming import data_title
from studio.app.state.runs import RunState
from studio.protocol.catalog import Catalog
from studio.protocol.events import SPREAD
from studio.protocol.spec import Pick

__all__ = [
    "By",
    "Column",
    "Group",
    "Scale",
    "figure_of",
    "found",
    "groups",
    "in_order",
    "model_title",
    "scale_of",
]

By = Literal["data", "model", "tag"]
Column = Literal["name", "model", "step", "metric", "time", "tags", "note"]
UNTAGGED = "Without a tag"


@dataclass(frozen=True)
class Group:
    """Runs on the same data. ``about`` is what the title leaves open; ``metric`` is the slug of the
    figure that most of them have, "" for none; ``floors`` those of one that has been held against
    them.
    """

    key: str
    title: str
    about: str
    metric: str
    runs: tuple[RunState, ...]

    @cached_property
    def floor(self) -> tuple[float, float] | None:
        """The floor of the metric and its spread (0 where nobody measured it), if it is known."""
        for run in self.runs:
            if self.metric in run.floors:
                return run.floors[self.metric], run.floors.get(SPREAD + self.metric, 0.0)
        return None

    @cached_property
    def baseline(self) -> RunState | None:
        """The run that the others are held against, if one is pinned."""
        return next((run for run in self.runs if run.label.baseline), None)


@dataclass(frozen=True)
class Scale:
    """The axis of a metric: from ``low`` to ``high``, in its logarithm or not."""

    low: float
    high: float
    log: bool

    def at(self, value: float) -> float:
        """Return where a value is on the axis, in [0, 1]."""
        low, high = self.low, self.high
        if self.log:
            low, high, value = math.log(low), math.log(high), math.log(max(value, low))
        return min(1.0, max(0.0, (value - low) / (high - low))) if high > low else 0.5


def model_title(run: RunState, catalog: Catalog | None) -> str:
    """Return what the model of a run is called, "" of a run that is not known yet."""
    if run.spec is None:
        return ""
    entry = catalog.get("family", run.spec.family.slug) if catalog is not None else None
    return entry.title if entry is not None else run.spec.family.slug


def found(runs: Iterable[RunState], text: str, catalog: Catalog | None) -> list[RunState]:
    """Return the runs in whose name, number, model, data, state, tags or note all words are."""
    words = text.casefold().split()
    return [run for run in runs if all(word in _told(run, catalog) for word in words)]


def _told(run: RunState, catalog: Catalog | None) -> str:
    data = data_title(run.spec.dataset.slug, catalog) if run.spec is not None else ""
    parts = (run.name, run.label.name, model_title(run, catalog), data, run.state)
    return " ".join([*parts, *run.label.tags, run.label.note]).casefold()


def groups(runs: Iterable[RunState], by: By, catalog: Catalog | None) -> list[Group]:
    """Return runs in groups, the one with the newest run first; a run with several tags is in the
    group of each.
    """
    parted: dict[tuple[str, str], list[RunState]] = {}
    for run in sorted(runs, key=lambda run: run.name, reverse=True):
        for title in _titles(run, by, catalog):
            parted.setdefault((title, _data_key(run)), []).append(run)
    return [
        Group(
            key=f"group:{title}:{data}",
            title=title,
            about=_about(each[0], by, catalog),
            metric=_headline(each),
            runs=tuple(each),
        )
        for (title, data), each in parted.items()
    ]


def _titles(run: RunState, by: By, catalog: Catalog | None) -> tuple[str, ...]:
    if by == "tag":
        return run.label.tags or (UNTAGGED,)
    if by == "model":
        return (model_title(run, catalog) or "No model",)
    return (data_title(run.spec.dataset.slug, catalog) if run.spec is not None else "No data",)


def _data_key(run: RunState) -> str:
    if run.spec is None:
        return ""
    return msgspec.json.encode(run.spec.dataset, order="deterministic").decode()


def _about(run: RunState, by: By, catalog: Catalog | None) -> str:
    """Return what the title of a run's group leaves open: its data, and settings of them."""
    data = run.spec.dataset if run.spec is not None else Pick(slug="")
    said = ", ".join(f"{name} {value}" for name, value in sorted(data.config.items()))
    title = data_title(data.slug, catalog)
    return said if by == "data" else f"on {title}" + (f", {said}" if said else "")


def _headline(runs: Sequence[RunState]) -> str:
    """Return the metric that most runs have as their first."""
    firsts = (
        next((name for name, series in run.series.items() if _is_figure(name) and len(series)), "")
        for run in runs
    )
    most = Counter(filter(None, firsts)).most_common(1)
    return most[0][0].removeprefix(QUALITY) if most else ""


def _is_figure(name: str) -> bool:
    return name.startswith(QUALITY)


def figure_of(run: RunState, metric: str) -> tuple[int, float] | None:
    """Return the newest value of a metric, with the step that it is of; None if there is none."""
    series = run.series.get(QUALITY + metric) if metric else None
    if series is None or not len(series):
        return None
    return int(series.steps[-1]), float(series.values[-1])


def scale_of(group: Group) -> Scale | None:
    """Return the axis of a group's metric: in its logarithm where all is positive, None where fewer
    than two values are known.
    """
    each = [found[1] for run in group.runs if (found := figure_of(run, group.metric)) is not None]
    floor = group.floor
    if floor is not None:
        each += [floor[0], floor[0] + floor[1]]
    each = [value for value in each if math.isfinite(value)]
    if len(set(each)) < 2:
        return None
    low, high = min(each), max(each)
    return Scale(low, high, low > 0 and high > 3 * low)


def in_order(group: Group, column: Column, down: bool, catalog: Catalog | None) -> list[RunState]:
    """Return the runs of a group by a column; those that have nothing in it come last."""

    def value(run: RunState) -> float | str | None:
        match column:
            case "name":
                return run.name
            case "model":
                return model_title(run, catalog).casefold() or None
            case "step":
                return run.step
            case "metric":
                figure = figure_of(run, group.metric)
                return figure[1] if figure is not None and math.isfinite(figure[1]) else None
            case "time":
                return run.seconds or None
            case "tags":
                return ", ".join(run.label.tags) or None
            case "note":
                return run.label.note.casefold() or None

    known: list[tuple[Any, RunState]] = [
        (each, run) for run in group.runs if (each := value(run)) is not None
    ]
    known.sort(key=lambda pair: pair[0], reverse=down)
    listed = {run.key for _, run in known}
    return [*(run for _, run in known), *(run for run in group.runs if run.key not in listed)]
