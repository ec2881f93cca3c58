"""The one figure of a run that stands for it, and whether it can be told from its floor. Pure."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from studio.app import held, words
from studio.app.state.comparison import (
    QUALITY,
    counts_along,
    floors_along,
    samples_at,
    spreads_along,
)
from studio.app.state.naming import metric_title
from studio.app.state.runs import RunState
from studio.app.state.runtable import figure_of, first_metric
from studio.protocol.catalog import Catalog, EntrySpec
from studio.protocol.events import SPREAD

__all__ = ["Stand", "Verdict", "judged", "stands", "tells", "verdict_of"]

Level = Literal["good", "warm", ""]
Stand = Literal["same", "better", "worse", "few", ""]
BESIDE: Mapping[Stand, str] = {
    "same": "told from real by {other}, not by this figure",
    "better": "{said}; {other} is not",
    "few": "told from real by {other}, not by this figure",
}
"""What is said where another metric is worse than its floor and one stands so to its own."""


@dataclass(frozen=True)
class Verdict:
    """A figure of a run as it is now, and what another figure says that this one does not.

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
        stand: how the run stands to real data: "worse" where another figure tells it.
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
    stand: Stand = ""

    @property
    def when(self) -> str:
        """At which step, and of how many samples."""
        return f"at step {self.step:,}" + (f", n = {self.n:,}" if self.n is not None else "")

    @property
    def says_nothing(self) -> bool:
        """Whether it is of so few samples that it could be anything: an estimate without bias of
        four graphs may be far below 0. One far beyond its floor tells also of few.
        """
        return bool(held.few(self.n)) and not self.level


def verdict_of(run: RunState, catalog: Catalog | None, slug: str = "") -> Verdict | None:
    """Return the verdict on a metric of a run, by default its first; None before it is measured."""
    slug = slug or first_metric(run)
    found = figure_of(run, slug) if slug else None
    if found is None:
        return None
    step, value = found
    entry = catalog.get("metric", slug) if catalog is not None else None
    n = samples_at(run, step)
    told = tells(run, entry, slug, n)
    said, level = judged(entry, run.floors, slug, value, n, tells=told)
    stand = stands(entry, run.floors, slug, value, n, tells=told)
    doubtful = stand in BESIDE and (stand != "few" or not held.few(n))
    if doubtful and (other := _told_by(run, catalog, slug, step)):
        said, level = BESIDE[stand].format(said=said, other=other), "warm"
        stand = "worse"
    title = metric_title(slug, catalog)
    floor = held.bar(entry, run.floors, slug)
    stale = run.step - step > max(1, run.step // held.STALE)
    return Verdict(slug, title, value, floor, step, n, said, level, stale, stand)


def _told_by(run: RunState, catalog: Catalog | None, slug: str, step: int) -> str:
    """Return the title of the metric that tells a run from real best, beside the one that was asked
    for; "" where none does. What one figure cannot tell another one may: those of the training,
    and those of an evaluation that somebody asked for at the same ``step``.
    """
    found: list[tuple[float, str]] = []
    for other, value, n, floors in _others(run, slug, step):
        entry = catalog.get("metric", other) if catalog is not None else None
        spread = floors.get(SPREAD + other, 0.0)
        if entry is None or not spread:
            continue  # of a floor that never varied any sample is infinitely far
        if stands(entry, floors, other, value, n) == "worse":
            found.append((abs(value - floors[other]) / spread, metric_title(other, catalog)))
    return max(found)[1] if found else ""


def _others(
    run: RunState, slug: str, step: int
) -> Iterator[tuple[str, float, int | None, Mapping[str, float]]]:
    """Yield the figures of other metrics: slug, value, of how many samples, and floors."""
    for name in run.series:
        other = name.removeprefix(QUALITY)
        figure = figure_of(run, other) if name.startswith(QUALITY) and other != slug else None
        if figure is not None:
            yield other, figure[1], samples_at(run, figure[0]), run.floors
    asked = run.evaluated
    if asked is not None and asked.step == step:
        for other, value in asked.values.items():
            if other != slug and f"{QUALITY}{other}" not in run.series:
                yield other, value, asked.counts.get(other), asked.floors


def tells(run: RunState, entry: EntrySpec | None, slug: str, n: int | None) -> bool:
    """Whether figures of so many samples would have told a poor model from real: of fewer than
    `held.ENOUGH` that of the run when it had hardly learned, the first of as many or of fewer,
    which tell less, must lie as far beyond the band as that reaches from the floor.
    """
    if n is None or n >= held.ENOUGH:
        return True
    name = QUALITY + slug
    series, counts = run.series[name], counts_along(run, name)
    among = np.flatnonzero(counts <= n) if counts is not None else np.arange(len(series))
    if not len(among) or among[0] == len(series) - 1:
        return False  # the first is the one that is judged
    first, floors, spreads = among[0], floors_along(run, name), spreads_along(run, name)
    floor = float(floors[first]) if floors is not None else run.floors.get(slug, math.nan)
    now = run.floors.get(SPREAD + slug, 0.0)
    spread = float(spreads[first]) if spreads is not None else now
    off = float(series.values[first]) - floor
    off = -off if entry is not None and entry.better == "higher" else off
    return off > 2 * held.SEEN * spread


def stands(
    entry: EntrySpec | None,
    floors: Mapping[str, float],
    slug: str,
    value: float,
    n: int | None,
    *,
    tells: bool = True,
) -> Stand:
    """Return how a figure of so many samples stands to its floor: the "same" in the band of
    `held.band`, "better" or "worse" beyond it, of "few" samples none of these but "worse" far
    beyond it, and neither of the first two where so many do not `tells`; "" without a floor.
    Whoever says, counts or draws what is not distinguishable from real asks this.
    """
    if held.few(n):
        return "worse" if held.far_off(entry, floors, slug, value) else "few"
    if slug not in floors or not math.isfinite(value) or held.bar_word(entry) != held.FLOOR:
        return ""
    floor, higher = floors[slug], entry is not None and entry.better == "higher"
    same = held.within_spread(entry, floors, slug, value, n)
    near = entry is not None and entry.better == held.NEAR
    if not same and (near or (value < floor if higher else value > floor)):
        return "worse"
    if not tells:
        return "few"
    return "same" if same else "better"


def _praise(n: int | None) -> Level:
    """Return how good it is that so many samples are not told from real: of few it says little."""
    return "good" if n is None or n >= held.ENOUGH else ""


def judged(
    entry: EntrySpec | None,
    floors: Mapping[str, float],
    slug: str,
    value: float,
    n: int | None,
    *,
    tells: bool = True,
) -> tuple[str, Level]:
    """Say of a figure how it stands to what it is held against, and whether that is good."""
    of = f"n\u00a0=\u00a0{n:,}" if n is not None else ""
    at = f" at {of}" if of else ""
    higher = entry is not None and entry.better == "higher"
    match stands(entry, floors, slug, value, n, tells=tells):
        case "few":
            little = held.few(n)
            return f"{of}: {little}" if little else f"too few to tell from real{at}", ""
        case "same":
            return f"not told from real{at}", _praise(n)
        case "better":
            return f"as good as real{at}", _praise(n)
        case "worse" if higher or floors[slug] <= 0 or (entry and entry.better == held.NEAR):
            side = "below" if value < floors[slug] else "above"
            return f"{words.figure(abs(value - floors[slug]))} {side} real{at}", "warm"
        case "worse":
            return f"{words.figure(value / floors[slug])} × the floor{at}", "warm"
    if slug not in floors or not math.isfinite(value):
        return "", ""
    if value > floors[slug] if higher else value < floors[slug]:
        return "beats the baseline", "good"
    # The law of the data, say, is never beaten.
    near = abs(value - floors[slug]) <= held.SEEN * floors.get(SPREAD + slug, 0.0)
    return ("as good as the baseline", "") if near else ("does not beat the baseline", "warm")
