"""Which runs are listed: found by words, and by facets that say how many each leaves."""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from pushforward.studio.app.core import facets
from pushforward.studio.app.core.display_names import data_title, metric_title
from pushforward.studio.app.core.facets import Facet, has_words
from pushforward.studio.app.core.latest_metrics import figure_of, first_metric
from pushforward.studio.app.core.run_methods import family_title, model_title
from pushforward.studio.app.core.run_verdict import Stand, verdict_of
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.protocol.catalog import Catalog
from pushforward.studio.protocol.curve_names import QUALITY

__all__ = ["ALL", "FACETS", "RunFinding", "counts", "found", "parsed"]

ALL = "All"
STATES = {
    "running": "Training",
    "paused": "Training",
    "queued": "In the queue",
    "finished": "Finished",
    "cancelled": "Stopped",
    "interrupted": "Stopped",
    "dropped": "Stopped",
    "failed": "Failed",
}
STANDS: Mapping[Stand, str] = {
    "same": "Within the noise floor",
    "better": "As good as real data",
    "worse": "Differs from real data",
    "few": "Of too few samples",
    "": "Without a verdict",
}
NOT_MEASURED = "Not measured"
SIGNS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq,
}  # fmt: skip
UNITS = {"": 1.0, "s": 1.0, "min": 60.0, "h": 3600.0, "k": 1e3}
COMPARED = re.compile(
    r"(?P<before>[^<>=]*)(?P<sign><=|>=|<|>|=)\s*"
    r"(?:(?P<value>\d[\d,]*\.?\d*(?:e-?\d+)?|\.\d+)\s*(?P<unit>s|min|h|k)?(?!\S))?",
    re.IGNORECASE,
)
"""A typed comparison after the words; without its number it is ignored."""
FIGURES = ("step", "metric", "time")
"""Values by which every run can be compared, besides its metrics."""


@dataclass(frozen=True)
class Comparison:
    """Comparison of a run's value with a number; ``slug`` is that of a metric, or in `FIGURES`."""

    slug: str
    sign: str
    value: float

    def holds(self, run: RunState) -> bool:
        """Whether it is true of a run; it is not where the run has no such figure."""
        known: float | None
        if self.slug == "step":
            known = float(run.step)
        elif self.slug == "time":
            known = run.seconds
        else:
            figure = figure_of(run, first_metric(run) if self.slug == "metric" else self.slug)
            known = figure[1] if figure is not None else None
        return known is not None and SIGNS[self.sign](known, self.value)


@dataclass(frozen=True)
class ParsedFilter:
    """A parsed filter: ``words`` and comparisons. ``problem`` is the first invalid part, "" for
    none.
    """

    words: tuple[str, ...] = ()
    compared: tuple[Comparison, ...] = ()
    problem: str = ""


def parsed(text: str, runs: Iterable[RunState], catalog: Catalog | None) -> ParsedFilter:
    """Return what a text asks for among runs: "gan sliced w2 < 0.1 step > 1000"."""
    if not any(sign in text for sign in "<>="):
        return ParsedFilter(tuple(_words(text)))
    titles = _titles(runs, catalog)
    words, compared, problem, end = list[str](), list[Comparison](), "", 0
    for match in COMPARED.finditer(text):
        before, end = _words(match["before"]), match.end()
        ends = (n for n in range(len(before)) if " ".join(before[n:]) in titles)
        start = next(ends, None)
        if start is None and not before and not match["value"]:
            continue  # a name is still to come
        if start is None:
            called = " ".join(before[-2:]) or match["sign"]
            some = ", ".join(dict.fromkeys([*FIGURES, *titles]))
            problem = problem or f"Unknown metric “{called}”. Try {some}."
            continue
        words += before[:start]
        rest = text[end:].split()
        if not match["value"] and rest:
            name, sign = " ".join(before[start:]), match["sign"]
            problem = problem or f"“{rest[0]}” is not a number. Example: {name} {sign} 0.1"
            end = text.index(rest[0], end) + len(rest[0])
        if match["value"]:
            value = float(match["value"].replace(",", ""))
            value *= UNITS[(match["unit"] or "").casefold()]
            compared.append(Comparison(titles[" ".join(before[start:])], match["sign"], value))
    return ParsedFilter((*words, *_words(text[end:])), tuple(compared), problem)


def _words(text: str) -> list[str]:
    return [word for word in text.casefold().split() if any(map(str.isalnum, word))]


def _titles(runs: Iterable[RunState], catalog: Catalog | None) -> dict[str, str]:
    """Return what figures of runs are called, without what stands in brackets, with their slugs."""
    names = dict.fromkeys(name for run in runs for name in run.series if name.startswith(QUALITY))
    slugs = [name.removeprefix(QUALITY) for name in names]
    titled = {metric_title(slug, catalog).partition(" (")[0].casefold(): slug for slug in slugs}
    return {**{each: each for each in FIGURES}, **titled}


class RunFinding(QObject):
    """The filter of runs, shared by the table and the facets. ``text`` has words and comparisons
    ("gan step > 1000"); ``chosen`` is a value by the title of its facet.
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
        """Choose a value of a facet; the one that is chosen already lets it go, `ALL` lets go of
        all facets.
        """
        if value == ALL:
            self.chosen = {}
        elif self.chosen.get(title) == value:
            self.chosen.pop(title)
        else:
            self.chosen[title] = value
        self.changed.emit()

    def clear(self) -> None:
        """Seek nothing: all runs are listed."""
        self.text, self.chosen = "", {}
        self.changed.emit()


def _state(run: RunState, _catalog: Catalog | None) -> tuple[str, ...]:
    return (STATES.get(run.state, run.state),)


def _data(run: RunState, catalog: Catalog | None) -> tuple[str, ...]:
    return (data_title(run.spec.dataset.slug, catalog),) if run.spec is not None else ()


def _model(run: RunState, catalog: Catalog | None) -> tuple[str, ...]:
    """Return the family of a run, and the named method that it is, too."""
    if run.spec is None:
        return ()
    return tuple(dict.fromkeys((family_title(run, catalog), model_title(run, catalog))))


def _floor(run: RunState, catalog: Catalog | None) -> tuple[str, ...]:
    """Return the facet value of a run's verdict: whether it differs from real data by any
    metric.
    """
    found = verdict_of(run, catalog)
    return (STANDS[found.stand] if found is not None else NOT_MEASURED,)


FACETS: tuple[Facet[RunState, Catalog | None], ...] = (
    Facet("State", _state, tuple(dict.fromkeys(STATES.values()))),
    Facet("Data", _data),
    Facet("Model", _model),
    Facet("Tags", lambda run, _: run.label.tags),
    Facet("Against the floor", _floor, (*STANDS.values(), NOT_MEASURED)),
)


def found(runs: Iterable[RunState], finding: RunFinding, catalog: Catalog | None) -> list[RunState]:
    """Return the runs that fit what is sought."""
    wanted = [
        (facet, finding.chosen[facet.title]) for facet in FACETS if facet.title in finding.chosen
    ]
    return [
        run
        for run in _match_words(runs, finding.text, catalog)
        if all(value in facet.of(run, catalog) for facet, value in wanted)
    ]


def counts(
    runs: Iterable[RunState], finding: RunFinding, catalog: Catalog | None
) -> dict[str, dict[str, int]]:
    """Return the count of each facet value under the other filters, with zeros; the first facet
    begins with `ALL`.
    """
    every = list(runs)
    values = {run.key: _values(run, catalog) for run in every}
    left = [values[run.key] for run in _match_words(every, finding.text, catalog)]
    made = facets.counts(FACETS, list(values.values()), left, finding.chosen)
    first = FACETS[0].title
    if first not in made:
        return made
    all_left = sum(facets.fits(each, finding.chosen, but=first) for each in left)
    return {first: {ALL: all_left, **made.pop(first)}, **made}


def _values(run: RunState, catalog: Catalog | None) -> facets.Values:
    return {facet.title: facet.of(run, catalog) for facet in FACETS}


def _match_words(runs: Iterable[RunState], text: str, catalog: Catalog | None) -> list[RunState]:
    """Return the runs in whose name, number, model, data, state, tags or note all words are, and of
    which all comparisons are true.
    """
    every = list(runs)
    sought = parsed(text, every, catalog)
    return [
        run
        for run in every
        if all(each.holds(run) for each in sought.compared)
        and (not sought.words or has_words(sought.words, _searchable_text(run, catalog)))
    ]


def _searchable_text(run: RunState, catalog: Catalog | None) -> str:
    data = data_title(run.spec.dataset.slug, catalog) if run.spec is not None else ""
    state = STATES.get(run.state, "")
    models = _model(run, catalog)
    parts = (run.name, run.label.name, *models, data, run.state, state)
    pinned = "baseline" if run.label.baseline else ""
    return " ".join([*parts, pinned, *run.label.tags, run.label.note]).casefold()
