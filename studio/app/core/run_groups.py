"""The runs of a project as a table: filtered, grouped, sorted within groups. Pure. Groups never mix
data sets, since metric values on different data are not comparable.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from pushforward.studio.app.core.display_names import data_title
from pushforward.studio.app.core.draft_spec import entry_of
from pushforward.studio.app.core.latest_metrics import (
    figure_of,
    first_metric,
    floors_of,
    samples_of,
)
from pushforward.studio.app.core.memorisation import memory_of
from pushforward.studio.app.core.run_comparison import data_of, training_value
from pushforward.studio.app.core.run_methods import model_title
from pushforward.studio.app.core.run_tree import Line, tree
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.core.training_sources import number_of
from pushforward.studio.app.text import metric_reference
from pushforward.studio.app.text.setting_values import title_of
from pushforward.studio.protocol.catalog import Catalog, EntrySpec
from pushforward.studio.protocol.spec import KIND, Pick, project_name

__all__ = [
    "By",
    "Column",
    "Group",
    "Scale",
    "data_taken",
    "groups",
    "headline_metrics",
    "in_order",
    "lines_of",
    "scale_of",
]

By = Literal["data", "model", "tag"]
Column = Literal["name", "model", "data", "step", "metric", "memory", "time", "tags", "note"]
UNTAGGED = "Without a tag"


@dataclass(frozen=True)
class Group:
    """Runs on the same data. ``about`` is what the title leaves open; ``metric`` is the slug of the
    figure that most of them have, "" for none, and ``entry`` what the catalogue says of it.
    """

    key: str
    title: str
    about: str
    metric: str
    runs: tuple[RunState, ...]
    entry: EntrySpec | None = None

    @cached_property
    def n(self) -> int | None:
        """The most frequent number of samples in the group, the larger on a tie; None if unknown.
        Axis and floor are for it.
        """
        found = Counter(n for run in self.runs if (n := samples_of(run, self.metric)) is not None)
        return max(found, key=lambda n: (found[n], n), default=None)

    def has_other_count(self, run: RunState) -> bool:
        """Whether the figure of a run was measured with another number of samples than the others,
        so that neither they nor their floor say anything of it.
        """
        n = samples_of(run, self.metric)
        return n is not None and n != self.n

    @cached_property
    def floors(self) -> Mapping[str, float]:
        """The floors of a run with the most common reference; {} if unknown."""
        known = (floors_of(run, self.metric) for run in self.runs if not self.has_other_count(run))
        return next((floors for floors in known if self.metric in floors), {})

    @property
    def floor(self) -> float | None:
        """The floor of the metric for this number of samples, if known."""
        return self.floors.get(self.metric)

    @cached_property
    def band(self) -> tuple[float, float] | None:
        """Between what a figure is not distinguishable from real, where that is known."""
        return metric_reference.band(self.entry, self.floors, self.metric, self.n)

    @cached_property
    def baseline(self) -> RunState | None:
        """The pinned baseline run, if any."""
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


def groups(
    runs: Iterable[RunState],
    by: By,
    catalog: Catalog | None,
    sizes: Mapping[str, str] | None = None,
) -> list[Group]:
    """Return runs in groups, the one with the newest run first; a run with several tags is in the
    group of each. ``sizes`` say how many data the sets have, and of what form, by their slugs.
    """
    parted: dict[tuple[str, str], list[RunState]] = {}
    for run in sorted(runs, key=lambda run: run.name, reverse=True):
        for title in _titles(run, by, catalog):
            parted.setdefault((title, data_of(run, catalog)), []).append(run)
    made = []
    for (title, data), each in parted.items():
        about, metric = _about(each[0], by, catalog, sizes or {}), _headline(each)
        entry = catalog.get("metric", metric) if catalog is not None and metric else None
        made.append(Group(f"group:{title}:{data}", title, about, metric, tuple(each), entry))
    return made


def _titles(run: RunState, by: By, catalog: Catalog | None) -> tuple[str, ...]:
    if by == "tag":
        return run.label.tags or (UNTAGGED,)
    if by == "model":
        return (model_title(run, catalog) or "No model",)
    return (data_title(run.spec.dataset.slug, catalog) if run.spec is not None else "No data",)


def _about(run: RunState, by: By, catalog: Catalog | None, sizes: Mapping[str, str]) -> str:
    """Return what the title of a run's group leaves open: its data, and what they are."""
    data = run.spec.dataset if run.spec is not None else Pick(slug="")
    said = ", ".join(_settings_of_data(run, catalog))
    if by != "data":
        title = data_title(data.slug, catalog)
        return f"on {title}" + (f", {said}" if said else "")
    return ", ".join(filter(None, [sizes.get(data.slug, ""), said]))


def _settings_of_data(run: RunState, catalog: Catalog | None) -> list[str]:
    """Return the settings of a run's data that it names, choices by their titles."""
    if run.spec is None:
        return []
    data, entry = run.spec.dataset, entry_of(run.spec, "dataset", catalog)
    choices = {f.path: f for f in (entry.fields if entry is not None else ()) if f.kind == "choice"}
    own = project_name(data.slug) is not None
    return [
        title_of(choices[name], value) if name in choices else f"{name} {value}"
        for name, value in sorted(data.config.items())
        if not (own and name == KIND)
    ]


def headline_metrics(runs: Iterable[RunState]) -> dict[str, str]:
    """Return the metric that most runs on a data set have as their first, by the slug of the data;
    data of which nothing was measured are left out.
    """
    by_data: dict[str, list[RunState]] = {}
    for run in runs:
        if run.spec is not None:
            by_data.setdefault(run.spec.dataset.slug, []).append(run)
    found = {slug: _headline(some) for slug, some in by_data.items()}
    return {slug: metric for slug, metric in found.items() if metric}


def _headline(runs: Sequence[RunState]) -> str:
    """Return the metric that most runs have as their first."""
    most = Counter(filter(None, map(first_metric, runs))).most_common(1)
    return most[0][0] if most else ""


def scale_of(group: Group) -> Scale | None:
    """Return the axis of a group's metric: in its logarithm where all is positive, None where fewer
    than two values are known.
    """
    each = [found[1] for run in group.runs if (found := figure_of(run, group.metric)) is not None]
    each += [group.floor] if group.floor is not None else []
    each = [value for value in each if math.isfinite(value)]
    if group.band is not None:
        # Its lower end may be below zero, where no figure is and no logarithm.
        each += [end for end in group.band if end > 0 or min(each) <= 0]
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
            case "data":
                return data_taken(run, catalog) or None
            case "step":
                return run.step
            case "metric":
                # Figures of other numbers of samples are not compared.
                figure = figure_of(run, group.metric) if not group.has_other_count(run) else None
                return _rank(figure, group.entry, group.floor)
            case "memory":
                memory = memory_of(run, catalog)
                if memory is None or catalog is None:
                    return None
                entry = catalog.get("metric", memory.slug)
                return _rank((memory.step, memory.value), entry, memory.floor_mean)
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


def _rank(
    figure: tuple[int, float] | None, entry: EntrySpec | None, floor: float | None
) -> float | None:
    """Return what a value is sorted by: the value, or its distance from its floor where the metric
    is better near it; None where there is none.
    """
    if figure is None or not math.isfinite(figure[1]):
        return None
    near = entry is not None and entry.better == metric_reference.NEAR and floor is not None
    return abs(figure[1] - floor) if near and floor is not None else figure[1]


def lines_of(
    group: Group, column: Column, down: bool, as_tree: bool, catalog: Catalog | None
) -> list[Line]:
    """Return the lines of a group in the order of a column: one below the other, or as a tree of
    what came of what, in which those that stand under the same line are in that order.
    """
    if as_tree and column == "name" and down:
        return tree(group.runs)
    ordered = in_order(group, column, down, catalog)
    if not as_tree:
        return [Line(run.key) for run in ordered]
    lines = tree(group.runs)
    place = {run.key: n for n, run in enumerate(ordered)}
    below: dict[str, list[Line]] = {}
    for line in lines:
        below.setdefault(line.above, []).append(line)
    for line in lines:
        if line.race:  # it stands where the first of those who took part in it would
            place[line.key] = min(place[each.key] for each in below[line.key])
    found: list[Line] = []
    left = _in_place(below.get("", []), place)
    while left:
        line = left.pop()
        found.append(line)
        left += _in_place(below.get(line.key, []), place)
    return found


def _in_place(lines: list[Line], place: Mapping[str, int]) -> list[Line]:
    """Return lines that stand under the same one, the last first: they are taken from the end."""
    return sorted(lines, key=lambda line: place[line.key], reverse=True)


def _dataset_size(size: str) -> float:
    """Return how many data are said to be there: 996 of "996 graphs of 4 to 18 papers"; of data
    without a size there is no end.
    """
    number = size.partition(" ")[0].replace(",", "")
    return int(number) if number.isdecimal() else math.inf


def data_taken(run: RunState, catalog: Catalog | None) -> str:
    """Return what a run learned from of its data: "all", "20,000" of them, "fresh" ones for each
    batch, or samples that another run made of them, "from run 4".
    """
    if run.spec is None:
        return ""
    entry = catalog.get("family", run.spec.family.slug) if catalog is not None else None
    for each in entry.inputs if entry is not None else ():
        if each.draws and each.name in run.spec.inputs:
            return f"from {number_of(run.spec.inputs[each.name].run)}"
    if project_name(run.spec.dataset.slug) is not None:
        return "all"
    n = training_value(run.spec, "samples", catalog)
    if n is None:
        return ""
    data = catalog.get("dataset", run.spec.dataset.slug) if catalog is not None else None
    if n and data is not None and n >= _dataset_size(data.size):
        return "all"  # there are no more
    return f"{n:,}" if n else "all" if data is None or data.size else "fresh"
