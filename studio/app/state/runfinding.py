"""Which runs are listed: found by words, and by facets that say how many each leaves."""

import operator
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from studio.app.state.comparison import samples_at
from studio.app.state.naming import data_title
from studio.app.state.runs import RunState
from studio.app.state.runtable import figure_of, first_metric, model_title
from studio.app.state.verdict import Stand, stands
from studio.protocol.catalog import Catalog

__all__ = ["ALL", "FACETS", "RunFinding", "counts", "found"]

ALL = "All"
STATES = {
    "running": "Training",
    "paused": "Training",
    "queued": "In the queue",
    "finished": "Finished",
    "cancelled": "Stopped",
    "interrupted": "Stopped",
    "failed": "Failed",
}
STANDS: Mapping[Stand, str] = {
    "same": "Not distinguishable",
    "better": "As good as real",
    "worse": "Distinguishable",
    "few": "Of too few samples",
    "": "Without a floor",
}
NOT_MEASURED = "Not measured"
SIGNS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq,
}  # fmt: skip
UNITS = {"": 1.0, "s": 1.0, "min": 60.0, "h": 3600.0, "k": 1e3}
COMPARED = re.compile(
    r"(?P<name>step|metric|time)\s*(?P<sign><=|>=|<|>|=)\s*"
    r"(?:(?P<value>\d[\d,]*\.?\d*(?:e-?\d+)?|\.\d+)\s*(?P<unit>s|min|h|k)?\b)?",
    re.IGNORECASE,
)
"""A comparison as it is typed: without a number, which is still to come, it says nothing."""


class RunFinding(QObject):
    """What is sought among the runs: shared by the table and by the facets beside it.

    ``text`` are words and comparisons ("gan step > 1000"); ``chosen`` is a value by the title of
    its facet.
    """

    changed = Signal()
    export_wanted = Signal()  # of what is listed, as a file
    typing_wanted = Signal()  # the keyboard is to go to the words

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.text = ""
        self.chosen: dict[str, str] = {}

    def __bool__(self) -> bool:
        """Whether anything is sought, so that runs may be hidden."""
        return bool(self.text.strip() or self.chosen)

    def seek(self, text: str) -> None:
        """Seek other words."""
        if text != self.text:
            self.text = text
            self.changed.emit()

    def choose(self, title: str, value: str) -> None:
        """Choose a value of a facet; the one that is chosen already, and `ALL`, let it go."""
        if value == ALL or self.chosen.get(title) == value:
            self.chosen.pop(title, None)
        else:
            self.chosen[title] = value
        self.changed.emit()

    def clear(self) -> None:
        """Seek nothing: all runs are listed."""
        self.text, self.chosen = "", {}
        self.changed.emit()


@dataclass(frozen=True)
class Facet:
    """A way to part runs. ``of`` are the values that a run has; those of ``order`` come first, all
    others by how many runs have them.
    """

    title: str
    of: Callable[[RunState, Catalog | None], Sequence[str]]
    order: tuple[str, ...] = ()


def _state(run: RunState, _catalog: Catalog | None) -> tuple[str, ...]:
    return (STATES.get(run.state, run.state),)


def _data(run: RunState, catalog: Catalog | None) -> tuple[str, ...]:
    return (data_title(run.spec.dataset.slug, catalog),) if run.spec is not None else ()


def _model(run: RunState, catalog: Catalog | None) -> tuple[str, ...]:
    return (model_title(run, catalog),) if run.spec is not None else ()


def _floor(run: RunState, catalog: Catalog | None) -> tuple[str, ...]:
    """Say whether the headline figure of a run can be told from its floor."""
    metric = first_metric(run)
    figure = figure_of(run, metric)
    if figure is None:
        return (NOT_MEASURED,)
    entry = catalog.get("metric", metric) if catalog is not None else None
    step, value = figure
    return (STANDS[stands(entry, run.floors, metric, value, samples_at(run, step))],)


FACETS = (
    Facet("State", _state, tuple(dict.fromkeys(STATES.values()))),
    Facet("Data", _data),
    Facet("Model", _model),
    Facet("Tags", lambda run, _: run.label.tags),
    Facet("Against the floor", _floor, (*STANDS.values(), NOT_MEASURED)),
)


def found(runs: Iterable[RunState], finding: RunFinding, catalog: Catalog | None) -> list[RunState]:
    """Return the runs that fit what is sought."""
    facets = [(facet, finding.chosen[facet.title]) for facet in FACETS if _is_in(facet, finding)]
    return [
        run
        for run in _said(runs, finding.text, catalog)
        if all(value in facet.of(run, catalog) for facet, value in facets)
    ]


def counts(
    runs: Iterable[RunState], finding: RunFinding, catalog: Catalog | None
) -> dict[str, dict[str, int]]:
    """Return how many runs each value of each facet would leave, beside what else is sought; values
    that would leave none are there, too.
    """
    every = list(runs)
    values = {run.key: [facet.of(run, catalog) for facet in FACETS] for run in every}
    wanted = [finding.chosen.get(facet.title) for facet in FACETS]
    left: list[Counter[str]] = [Counter() for _ in FACETS]
    all_left = 0  # of all values of the first facet
    for run in _said(every, finding.text, catalog):
        has = values[run.key]
        misses = [n for n, want in enumerate(wanted) if want is not None and want not in has[n]]
        if len(misses) > 1:
            continue
        for n in misses or range(len(FACETS)):
            left[n].update(has[n])
        all_left += not misses or misses == [0]
    made = {}
    for n, facet in enumerate(FACETS):
        met = Counter(value for has in values.values() for value in has[n])
        by_size = sorted(met, key=lambda value: (-met[value], value.casefold()))
        ordered = [value for value in facet.order if value in met]
        ordered += [value for value in by_size if value not in ordered]
        chosen = wanted[n]
        ordered += [chosen] if chosen is not None and chosen not in met else []
        if ordered:
            made[facet.title] = {value: left[n][value] for value in ordered}
    first = FACETS[0].title
    return {first: {ALL: all_left, **made.pop(first)}, **made} if first in made else made


def _is_in(facet: Facet, finding: RunFinding) -> bool:
    return facet.title in finding.chosen


def _said(runs: Iterable[RunState], text: str, catalog: Catalog | None) -> list[RunState]:
    """Return the runs in whose name, number, model, data, state, tags or note all words are, and of
    which all comparisons are true.
    """
    compared = [match for match in COMPARED.finditer(text) if match["value"]]
    rest = COMPARED.sub(" ", text).casefold().split()
    words = [word for word in rest if any(letter.isalnum() for letter in word)]
    return [
        run
        for run in runs
        if all(_holds(run, match) for match in compared)
        and (not words or _has(words, _told(run, catalog)))
    ]


def _has(words: Sequence[str], told: str) -> bool:
    return all(word in told for word in words)


def _told(run: RunState, catalog: Catalog | None) -> str:
    data = data_title(run.spec.dataset.slug, catalog) if run.spec is not None else ""
    state = STATES.get(run.state, "")
    parts = (run.name, run.label.name, model_title(run, catalog), data, run.state, state)
    pinned = "baseline" if run.label.baseline else ""
    return " ".join([*parts, pinned, *run.label.tags, run.label.note]).casefold()


def _holds(run: RunState, match: re.Match[str]) -> bool:
    name = match["name"].casefold()
    figure = figure_of(run, first_metric(run)) if name == "metric" else None
    known = {
        "step": float(run.step),
        "time": run.seconds,
        "metric": figure[1] if figure is not None else None,
    }[name]
    wanted = float(match["value"].replace(",", "")) * UNITS[(match["unit"] or "").casefold()]
    return known is not None and SIGNS[match["sign"]](known, wanted)
