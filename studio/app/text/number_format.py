"""Figures as people read them."""

import math
import time
from collections.abc import Mapping

from pushforward.studio.figures import short
from pushforward.studio.protocol.events import SPREAD

__all__ = [
    "ago",
    "duration",
    "figure",
    "floor",
    "left",
    "megabytes",
    "percent",
    "plain",
    "varying",
]


def plain(slug: str) -> str:
    """Write a slug or a name of the code as words: "critic-data" becomes "Critic data"."""
    return slug.replace("-", " ").replace("_", " ").capitalize()


def duration(seconds: float) -> str:
    """Return a duration: "40 s", "4 min", "2.5 h", "3 days"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 2 * 86_400 else f"{seconds / 86_400:.1f} days"


def left(seconds: float | None) -> str:
    """Return how long something still takes, "" if that is not known."""
    return "" if seconds is None else f"{duration(seconds)} left"


def megabytes(size: int) -> str:
    """Return a size in memory: "412 MB", "3.2 GB"."""
    return f"{size / 2**30:.1f} GB" if size >= 2**30 else f"{size / 2**20:.0f} MB"


def figure(value: float) -> str:
    """Return a measured value with three significant digits: "0.079", "12.3", "3.2e-5"."""
    if value == 0:
        return "0"
    if not math.isfinite(value):
        return "not finite"
    return short(value, 3)


def percent(share: float, digits: int = 0) -> str:
    """Return a share: "88 %", with ``digits`` decimals "88.5 %"; no line breaks before the sign."""
    return f"{100 * share:.{digits}f}\u00a0%"


def floor(floors: Mapping[str, float], slug: str) -> str:
    """Return the floor of a metric with its spread over real pairs, "0.058 ± 0.02"; "" if there is
    none, and without a spread where that was not measured or is none.

    It may be broken into two lines before the spread, and nowhere else.
    """
    return varying(floors[slug], floors.get(SPREAD + slug, 0.0)) if slug in floors else ""


def varying(mean: float, spread: float) -> str:
    """Format a mean with its standard deviation, "0.058 ± 0.02"; without if unknown."""
    if not spread or not math.isfinite(spread):
        return figure(mean)
    # The mean is known no better than its spread, and no worse: 0.996 ± 0.001 is not 1.
    places = _exponent(mean) - _exponent(spread) + 1
    return f"{short(mean, min(max(places, 2), 6))} ±\u00a0{short(spread, 1)}"


def _exponent(value: float) -> int:
    """Return the power of ten of the first digit of a value, 0 of zero."""
    return math.floor(math.log10(abs(value))) if value and math.isfinite(value) else 0


def ago(at: float, now: float | None = None) -> str:
    """Return a day, in words where it is near: "today", "Monday", "2 Nov"."""
    moment = time.time() if now is None else now
    days = (_midnight(moment) - _midnight(at)) // 86_400
    if days <= 0:
        return "today"
    if days == 1:
        return "yesterday"
    then = time.localtime(at)
    return time.strftime("%A", then) if days < 7 else f"{then.tm_mday} {time.strftime('%b', then)}"


def _midnight(at: float) -> float:
    day = time.localtime(at)
    return at - (day.tm_hour * 3600 + day.tm_min * 60 + day.tm_sec)
