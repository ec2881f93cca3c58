"""How runs that are compared stand, a line a run: how likely they find data, what a sample costs,
what they came to. Pure.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from pushforward.studio.app.core import run_comparison
from pushforward.studio.app.core.data_type_registry import family_of_run
from pushforward.studio.app.core.latest_metrics import samples_of
from pushforward.studio.app.core.run_verdict import Level, Verdict, verdict_of
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.text import metric_reference, number_format
from pushforward.studio.protocol.catalog import Catalog, EntrySpec
from pushforward.studio.protocol.curve_names import QUALITY

__all__ = [
    "APART",
    "NONE",
    "NOT_KNOWN",
    "Cell",
    "Likelihood",
    "likelihood_of",
    "measured_by",
    "not_known",
    "of_unequal",
    "standings",
]

NONE = "\u2013"
Known = Literal["exact", "bound", "none"]
KNOWN: tuple[tuple[str, Known], ...] = (("likelihood", "exact"), ("bound", "bound"))
APART = "Values with different n cannot be compared."
TIPS: dict[Known, str] = {
    "exact": "It has an exact likelihood.",
    "bound": "It has a lower bound on the likelihood.",
    "none": "Its likelihood cannot be computed.",
}
NOT_KNOWN = "not known"
INSTEAD = "Evaluate its samples under Quality."
UNKNOWN = {
    "generator": "It generates samples without a likelihood.",
    "particles": "Its particles have no likelihood.",
}
"""Why a model whose samples are carried so cannot say how likely a datum is."""


@dataclass(frozen=True)
class Likelihood:
    """How well a run knows how likely data are, the metric that measures it ("" for none), and its
    newest figure with the ends of its interval, None before it was measured.
    """

    known: Known
    slug: str = ""
    value: float | None = None
    ends: tuple[float, float] | None = None


@dataclass(frozen=True)
class Cell:
    """What stands in a place of the table, whether it is good, and what a tip says of it."""

    text: str
    level: Level = ""
    tip: str = ""


def likelihood_of(run: RunState, catalog: Catalog | None) -> Likelihood:
    """Return what is known of the likelihood of a run: exactly, before from below."""
    family = family_of_run(run, catalog)
    able = family.capabilities if family is not None else []
    ability, known = next(((a, k) for a, k in KNOWN if a in able), ("", "none"))
    if not ability or catalog is None or run.spec is None:
        return Likelihood("none")
    kind = catalog.kind_of(run.spec.dataset)
    fitting = [
        m
        for m in catalog.entries_of("metric")
        if m.needs == [ability] and kind in (m.kinds or [kind])
    ]
    # What is meant for a kind of data says it in its unit.
    slug = next((m.slug for m in sorted(fitting, key=lambda m: not m.kinds)), "")
    found = run.evaluated
    if found is None or slug not in found.values:
        return Likelihood(known, slug)
    return Likelihood(known, slug, found.values[slug], found.intervals.get(slug))


def not_known(family: EntrySpec | None) -> str:
    """Say why a model cannot say how likely a datum is, and what to do instead."""
    carrier = family.carrier if family is not None else ""
    return f"{UNKNOWN.get(carrier, TIPS['none'])} {INSTEAD}"


def measured_by(runs: Sequence[RunState], catalog: Catalog | None = None) -> list[str]:
    """Return the metrics by which at least one run was measured: along its training, and, of those
    that the ``catalog`` says to be of samples, by an evaluation.
    """
    names = dict.fromkeys(name for run in runs for name, each in run.series.items() if len(each))
    slugs = [name.removeprefix(QUALITY) for name in names if name.startswith(QUALITY)]
    asked = (slug for run in runs if run.evaluated is not None for slug in run.evaluated.values)
    return list(dict.fromkeys([*slugs, *(slug for slug in asked if _of_samples(slug, catalog))]))


def _of_samples(slug: str, catalog: Catalog | None) -> bool:
    """Whether a metric is of samples: likelihoods stand in a column of their own."""
    entry = catalog.get("metric", slug) if catalog is not None else None
    return entry is not None and not set(entry.needs) & {ability for ability, _ in KNOWN}


def of_unequal(runs: Sequence[RunState], metrics: Sequence[str]) -> set[str]:
    """Return those metrics whose newest figures are not all of as many samples: they say nothing of
    each other.
    """
    found = {slug: {samples_of(run, slug) for run in runs} - {None} for slug in metrics}
    return {slug for slug, numbers in found.items() if len(numbers) > 1}


def standings(
    runs: Sequence[RunState],
    metrics: Sequence[str],
    catalog: Catalog | None,
    unequal: Collection[str] = (),
) -> list[list[Cell]]:
    """Return the cells of each run behind its name: likelihood, evaluations of a sample, time, and
    each of some metrics, how that figure alone stands, with of how many samples it is where they
    are of ``unequal`` ones or of few.
    """
    return [
        [
            *_first(run, catalog),
            *(
                _quality(verdict_of(run, catalog, slug, ()), told=slug in unequal)
                for slug in metrics
            ),
        ]
        for run in runs
    ]


def _first(run: RunState, catalog: Catalog | None) -> list[Cell]:
    calls = run_comparison.nfe(run)
    time = number_format.duration(run.seconds) if run.seconds else NONE
    return [
        _likely(likelihood_of(run, catalog), family_of_run(run, catalog), catalog),
        Cell(NONE if calls is None else f"{calls:,}"),
        Cell(time, tip=f"{run.step:,} steps"),
    ]


def _likely(found: Likelihood, family: EntrySpec | None, catalog: Catalog | None) -> Cell:
    if found.known == "none":
        return Cell(NOT_KNOWN, tip=not_known(family))
    entry = catalog.get("metric", found.slug) if catalog is not None else None
    if found.value is None:
        wait = " It was not measured yet." if found.slug else ""
        return Cell(found.known, tip=TIPS[found.known] + wait)
    value = number_format.figure(found.value)
    if found.known == "bound":
        value = f"{_side(entry)} {value}"
    told = f"{TIPS[found.known]}\n{metric_reference.measured(entry, found.value)}"
    if found.ends is not None:
        told += f", {' to '.join(map(number_format.figure, found.ends))} with 95 % confidence"
    return Cell(f"{found.known} {value}", tip=told)


def _side(entry: EntrySpec | None) -> str:
    """Say on which side of its bound the truth is: a likelihood is above, bits are below."""
    return "\u2265" if entry is None or entry.better == "higher" else "\u2264"


def _quality(found: Verdict | None, *, told: bool) -> Cell:
    if found is None:
        return Cell(NONE, tip="Not measured yet")
    counts = found.n is not None and (told or bool(metric_reference.few(found.n)))
    of = f" (n\u00a0=\u00a0{found.n:,})" if counts else ""
    lines = [found.words, found.floor, found.when, APART if told and of else ""]
    return Cell(
        f"{number_format.figure(found.value)}{of}", found.level, "\n".join(filter(None, lines))
    )
