"""The one figure of a run that stands for it, and whether it can be told from its floor. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from studio.app import held, words
from studio.app.state.comparison import samples_at
from studio.app.state.naming import metric_title
from studio.app.state.runs import RunState
from studio.app.state.runtable import figure_of, first_metric
from studio.protocol.catalog import Catalog, EntrySpec
from studio.protocol.events import SPREAD

__all__ = ["Stand", "Verdict", "judged", "stands", "verdict_of"]

Level = Literal["good", "warm", ""]
Stand = Literal["same", "better", "worse", "few", ""]


@dataclass(frozen=True)
class Verdict:
    """A figure of a run as it is now.

    Attributes:
        slug: of the metric.
        title: of the metric.
        value: the figure.
        floor: what it is held against, with its word: "floor 2.31 ± 0.12"; "" for nothing.
        step: at which it was measured.
        n: with how many samples, None where nobody knows.
        words: whether it can be told from its floor; "" where nothing can be said.
        level: whether that is good.
        stale: whether the training has gone on a good way since.
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

    @property
    def when(self) -> str:
        """At which step, and of how many samples."""
        return f"at step {self.step:,}" + (f", n = {self.n:,}" if self.n is not None else "")


def verdict_of(run: RunState, catalog: Catalog | None, slug: str = "") -> Verdict | None:
    """Return the verdict on a metric of a run, by default its first; None before it is measured."""
    slug = slug or first_metric(run)
    found = figure_of(run, slug) if slug else None
    if found is None:
        return None
    step, value = found
    entry = catalog.get("metric", slug) if catalog is not None else None
    n = samples_at(run, step)
    said, level = judged(entry, run.floors, slug, value, n)
    title = metric_title(slug, catalog)
    floor = held.bar(entry, run.floors, slug)
    stale = run.step - step > max(1, run.step // held.STALE)
    return Verdict(slug, title, value, floor, step, n, said, level, stale)


def stands(
    entry: EntrySpec | None, floors: Mapping[str, float], slug: str, value: float, n: int | None
) -> Stand:
    """Return how a figure of so many samples stands to its floor: the "same" in the band of
    `held.band`, "better" or "worse" beyond it, of "few" samples none of these; "" without a floor.
    Whoever says, counts or draws what is not distinguishable from real asks this.
    """
    if held.few(n):
        return "few"
    if slug not in floors or not math.isfinite(value) or held.bar_word(entry) != held.FLOOR:
        return ""
    if held.within_spread(entry, floors, slug, value, n):
        return "same"
    floor, higher = floors[slug], entry is not None and entry.better == "higher"
    return "better" if (value >= floor if higher else value <= floor) else "worse"


def judged(
    entry: EntrySpec | None, floors: Mapping[str, float], slug: str, value: float, n: int | None
) -> tuple[str, Level]:
    """Say of a figure how it stands to what it is held against, and whether that is good."""
    of = f"n\u00a0=\u00a0{n:,}" if n is not None else ""
    at = f" at {of}" if of else ""
    higher = entry is not None and entry.better == "higher"
    match stands(entry, floors, slug, value, n):
        case "few":
            return f"{of}: {held.few(n)}", ""
        case "same":
            return f"not distinguishable from real{at}", "good"
        case "better":
            return f"as good as real{at}", "good"
        case "worse" if higher or floors[slug] <= 0:
            return f"{words.figure(abs(value - floors[slug]))} from real{at}", "warm"
        case "worse":
            return f"{words.figure(value / floors[slug])} × the floor{at}", "warm"
    if slug not in floors or not math.isfinite(value):
        return "", ""
    if value > floors[slug] if higher else value < floors[slug]:
        return "beats the baseline", "good"
    # The law of the data, say, is never beaten.
    near = abs(value - floors[slug]) <= held.SEEN * floors.get(SPREAD + slug, 0.0)
    return ("as good as the baseline", "") if near else ("does not beat the baseline", "warm")
