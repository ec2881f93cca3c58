"""Measuring a metric with its conditions checked: enough samples before, finite values after."""

import math
from collections.abc import Generator
from typing import Any

from pushforward.models.metrics.base import Evidence, Figure, Metric, NotApplicable
from pushforward.models.metrics.checks import check_overflow

__all__ = ["check_minimum", "measure_checked"]


def check_minimum(minimum: int, evidence: Evidence) -> None:
    """Refuse fewer samples than a metric's registration declares as its ``minimum``.

    Raises:
        NotApplicable: there are too few samples, or too few real data.
    """
    fewest = len(evidence.real)
    if evidence.made is not None:
        fewest = min(fewest, len(evidence.made))
    if evidence.other is not None:
        fewest = min(fewest, len(evidence.other))
    if fewest < minimum:
        raise NotApplicable(
            f"it needs at least {minimum:,} samples on each side, and there are {fewest:,}"
        )


def measure_checked(
    metric: Metric[Any], evidence: Evidence, *, bar: bool = False
) -> Generator[None, None, Figure]:
    """Measure a metric, or its bar, in pieces, and refuse a result that is not finite.

    Raises:
        NotApplicable, ValueError, ArithmeticError: as `Metric.measure`; also where the value, an
            end of its interval or a part is not finite.
    """
    if evidence.made is not None:
        check_overflow(evidence.made.x)
    figure = yield from (metric.walk_bar(evidence) if bar else metric.walk(evidence))
    ends = [end for end in (figure.low, figure.high) if end is not None]
    if not all(map(math.isfinite, (figure.value, *ends))):
        raise ArithmeticError(f"the result of {figure.n:,} samples is not finite")
    broken = [name for name, value in figure.parts.items() if not math.isfinite(value)]
    if broken:
        raise ArithmeticError(f"the result for {', '.join(broken)} is not finite")
    return figure
