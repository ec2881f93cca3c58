"""Whether the samples of a run are copies of its training data, shown next to its quality. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from pushforward.studio.app.core.display_names import metric_title
from pushforward.studio.app.core.latest_metrics import Newest, newest_figure
from pushforward.studio.app.core.run_verdict import Level, compare_metric_with_floor, judged
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.text import metric_reference
from pushforward.studio.app.text import number_format as words
from pushforward.studio.protocol.catalog import Catalog, EntrySpec
from pushforward.studio.protocol.events import SPREAD
from pushforward.studio.significance import MEMORY

__all__ = ["COPIES", "Memory", "format_memorisation", "memory_of", "memory_row"]

COPIES, TOO_CLOSE = "copies", "too close"
WITHIN, FAR, FEW = "within floor", "far from training data", "n too small"
DISTANCES = ("authenticity", "nearness")
"""Metrics by distances to training data. Smoothed samples are as close as copies, so that neither
says that there are copies."""


@dataclass(frozen=True)
class Memory:
    """The newest metric of memorisation of a run.

    Attributes:
        slug, title: of the metric.
        value: of the metric.
        floor: what real data have, with its name: "floor 0.5 ± 0.02"; "" if unknown.
        floor_mean, floor_spread: the same as numbers, None if unknown.
        step: at which it was measured.
        n: number of samples, None if unknown.
        brief: how it compares with its floor, in at most four words.
        words: the same as a sentence.
        level: "warm" where the samples differ from held-out data.
    """

    slug: str
    title: str
    value: float
    floor: str
    floor_mean: float | None
    floor_spread: float | None
    step: int
    n: int | None
    brief: str
    words: str
    level: Level

    @property
    def warning(self) -> str:
        """What is wrong if the samples are closer to the training data than held-out data are."""
        return self.brief if self.brief in (COPIES, TOO_CLOSE) else ""

    @property
    def short(self) -> str:
        """The value and how it compares with its floor: "0.02 (copies)"."""
        value = words.figure(self.value)
        return f"{value} ({self.brief})" if self.brief else value

    @property
    def text(self) -> str:
        """All of it in a line; the step and the number of samples are left out."""
        value = words.figure(self.value) + (f" ({self.floor})" if self.floor else "")
        return f"{self.title} {value}" + (f": {self.words}" if self.words else "")


def memory_of(run: RunState, catalog: Catalog | None) -> Memory | None:
    """Return the newest metric of memorisation of a run, None where none is measured."""
    measured = {slug: found for slug in MEMORY if (found := newest_figure(run, slug)) is not None}
    if not measured or catalog is None:
        return None
    slug = max(measured, key=lambda each: measured[each].step)  # of one step the first
    found = measured[slug]
    entry, floors = catalog.get("metric", slug), found.floors
    said, level = judged(entry, floors, slug, found.value, found.n, ends=found.ends)
    return Memory(
        slug=slug,
        title=metric_title(slug, catalog),
        value=found.value,
        floor=metric_reference.bar(entry, floors, slug),
        floor_mean=floors.get(slug),
        floor_spread=floors.get(SPREAD + slug),
        step=found.step,
        n=found.n,
        brief=_brief(entry, found, slug),
        words=said,
        level=level,
    )


def _brief(entry: EntrySpec | None, found: Newest, slug: str) -> str:
    """Return how a metric of memorisation compares with its floor."""
    stand = compare_metric_with_floor(entry, found.floors, slug, found.value, found.n)
    if stand == "worse":
        # A larger share of copies or nearness is closer; a larger share of new samples is not.
        larger = found.value > found.floors[slug]
        if larger != (slug in ("copies", "nearness")):
            return FAR
        return TOO_CLOSE if slug in DISTANCES else COPIES
    return {"same": WITHIN, "better": WITHIN, "few": FEW}.get(stand, "")


def memory_row(
    runs: Sequence[RunState], catalog: Catalog | None
) -> tuple[str, tuple[Memory | None, ...]]:
    """Return the metric of memorisation of runs that are compared: its title, and each run's."""
    found = tuple(memory_of(run, catalog) for run in runs)
    titles = {each.title for each in found if each is not None}
    return titles.pop() if len(titles) == 1 else "Memorisation", found


def format_memorisation(run: RunState, catalog: Catalog | None) -> str:
    """Return the newest metric of memorisation with its noise floor and verdict.

    Where none is measured, say so and which one to choose; "" where none fits the data or the
    model generates nothing.
    """
    found = memory_of(run, catalog)
    if found is not None:
        return found.text
    if run.spec is None or catalog is None:
        return ""
    model = catalog.get("family", run.spec.family.slug)
    if model is not None and "samples" not in model.capabilities:
        return ""  # a model that generates nothing copies nothing
    kind = catalog.kind_of(run.spec.dataset)
    fitting = [e for slug in MEMORY if (e := catalog.get("metric", slug)) and kind in e.kinds]
    if not fitting:
        return ""
    return f"Memorisation not measured. Evaluate {fitting[0].title} to check for copies."
