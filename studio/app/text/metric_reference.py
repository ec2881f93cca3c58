"""Format the reference of a metric: noise floor, baseline or real value, and its direction."""

from collections.abc import Mapping

from pushforward.studio import significance
from pushforward.studio.app.text import number_format
from pushforward.studio.protocol.catalog import EntrySpec
from pushforward.studio.significance import ENOUGH, NEAR, PAIRS, REAL, RULE, Measured

__all__ = [
    "AGAINST_OWN",
    "AS_MANY",
    "BAND",
    "BASELINE",
    "ENOUGH",
    "FLOOR",
    "HOLDS",
    "NEAR",
    "NO_MORE",
    "REAL_DATA",
    "SEEN",
    "TAKES",
    "UNCOUNTED",
    "VERDICT_BAND",
    "band",
    "bar",
    "bar_name",
    "bar_word",
    "enough",
    "explained",
    "few",
    "in_short",
    "is_outdated",
    "limit",
    "measured",
    "metric_value",
    "reach",
    "side",
    "takes",
]

FLOOR, BASELINE, REAL_DATA = "floor", "baseline", "real"
AGAINST_OWN = "against training data: too few held-out samples"
STALE = 20
"""A value is outdated after this part of the steps so far."""
SEEN = 2.0
"""SD around the floor of a part or of a lab's distance, which count in no verdict."""
BAND = f"band\u00a0±\u00a0{SEEN:g}\u00a0SD"
"""Half-width of the band around such a floor, next to "floor 19 ± 7" (the standard deviation)."""
VERDICT_BAND = "band of real data"
"""What is drawn around a noise floor: the values that do not differ from real data."""
HOLDS = "outside the band of real data, but its interval includes the floor"
UNCOUNTED = "not part of the verdict: it measures the condition, not realism"
TAKES = ": use\u00a0"
NO_MORE = "more than these data have"
AS_MANY = "metrics compare with the same number of held-out samples"


def is_outdated(measured: int, now: int) -> bool:
    """Return whether a value measured at one step says little of a training that is at another."""
    return now - measured > max(1, now // STALE)


def bar_word(entry: EntrySpec | None) -> str:
    """Return the kind of reference: "floor", the metric between two sets of real data, or
    "baseline", to be beaten.
    """
    return FLOOR if entry is None or significance.is_floor(entry.bar) else BASELINE


def bar_name(entry: EntrySpec | None) -> str:
    """Return the displayed name of the reference: if more is better, as for valid molecules, the
    value of real data is no floor.
    """
    word = bar_word(entry)
    return REAL_DATA if word == FLOOR and entry is not None and entry.better == "higher" else word


def bar(entry: EntrySpec | None, floors: Mapping[str, float], slug: str) -> str:
    """Return the bar of a metric with its name, "floor 0.06 ± 0.02"; "" if there is none. In
    a narrow column it is broken into lines before the value and before the spread.
    """
    value = number_format.floor(floors, slug)
    return f"{bar_name(entry)} {value}" if value else ""


def measured(entry: EntrySpec | None, value: float) -> str:
    """Return a figure of a metric in its unit: "0.0012 of pT"."""
    unit = entry.unit if entry is not None else ""
    return f"{number_format.figure(value)} {unit}".rstrip()


def side(entry: EntrySpec | None) -> str:
    """Return the better direction, "" if unknown."""
    if entry is None or not entry.better:
        return ""
    return (
        ("closer to its reference is better")
        if entry.better == NEAR
        else f"{entry.better} is better"
    )


def in_short(entry: EntrySpec | None) -> str:
    """Say in a line which way is better, and what the bar is."""
    if entry is None:
        return ""
    what = f"{bar_name(entry)}: {entry.bar}" if entry.bar else ""
    return "; ".join(filter(None, [side(entry), what]))


def explained(entry: EntrySpec | None) -> str:
    """Return what a tip says of a metric."""
    if entry is None:
        return ""
    # Real data may be held against something else than others of them, as what they are asked for.
    own = entry.bar.removeprefix(REAL).lstrip(", ")
    of = f"of real data, {own}, " if own else "between two sets of real data, "
    about = {
        FLOOR: f"{'The floor' if bar_name(entry) == FLOOR else 'Real'} is the same metric {of}"
        f"\u00b1 its standard deviation (SD) over {PAIRS} pairs of sets. {RULE} The band that is "
        "drawn ends at the limit. The 95 % interval of a value says how much it varies with other "
        "samples of this model, the band how much it varies with real data. "
        f"With fewer than {ENOUGH:,} samples the band is wide: they can show a difference from "
        "real data, never that there is none.",
        BASELINE: f"The baseline is {entry.bar}: a model that learned something beats it.",
    }[bar_word(entry)]
    if entry.conditional:
        about += f" It is {UNCOUNTED}."
    better = side(entry)
    said = f"{better[:1].upper()}{better[1:]}." if better else ""
    return "\n".join(filter(None, [entry.summary, f"{said} {about}".strip()]))


def takes(most: int | None) -> str:
    """Return the required number of samples, and whether the data suffice: ``most``, None for
    unlimited or unknown.
    """
    return f"{ENOUGH:,}, {NO_MORE}" if most is not None and most < ENOUGH else f"{ENOUGH:,}"


def enough(n: int | None) -> bool:
    """Whether n samples are enough to say that they are within the noise floor."""
    return n is None or n >= ENOUGH


def few(n: int | None) -> str:
    """Return a warning for metrics of n samples, "" if enough or unknown."""
    return "too few to conclude anything" if significance.is_few(n) else ""


def metric_value(
    entry: EntrySpec | None,
    floors: Mapping[str, float],
    slug: str,
    value: float,
    n: int | None = None,
) -> Measured:
    """Return a value of a metric as the rule of significance takes it."""
    if entry is None:
        return Measured(slug, value, n, floors)
    better = entry.better or "lower"
    return Measured(slug, value, n, floors, better, entry.bar, entry.conditional)


def band(
    entry: EntrySpec | None, floors: Mapping[str, float], slug: str, n: int | None = None
) -> tuple[float, float] | None:
    """Return the values that do not differ from real data, for n samples; None for too few, a
    baseline, or an unknown spread. This is the band in plots.
    """
    return significance.band(metric_value(entry, floors, slug, 0.0, n))


def limit(
    entry: EntrySpec | None, floors: Mapping[str, float], slug: str, n: int | None = None
) -> str:
    """Return the value beyond which a metric differs from its floor: "limit 0.012"; "" if none."""
    ends = band(entry, floors, slug, n)
    if ends is None or entry is None or bar_word(entry) != FLOOR:
        return ""
    low, high = (number_format.figure(each) for each in ends)
    if entry.better == NEAR:
        return f"limits {low} and {high}"
    return f"limit {low if entry.better == 'higher' else high}"


def reach(entry: EntrySpec | None, floors: Mapping[str, float], slug: str) -> float:
    """Return by how many SD a metric of an evaluation may be worse than its floor."""
    return significance.reach(floors, slug, entry.better if entry is not None else "")
