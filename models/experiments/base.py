"""What an experiment is: a claim, a pass line, and a function that measures the figure.

``@experiment("A1", ...)`` registers a function without arguments that returns an `Outcome`; the
registered one is timed and returns a `Result`. The id is that of the claim and never changes.
Figures stand beside their floor: the same measurement where nothing could be better.
"""

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass

from models.registry import register

__all__ = ["Outcome", "Result", "experiment"]


@dataclass(frozen=True)
class Outcome:
    """What was measured.

    Attributes:
        figure: the measurement, in words and numbers, for people.
        value: the same as numbers by name.
        passed: whether the pass line is met; None where the figure is only reported.
        floor: what the figure would be at best, and how that was measured.
        seeds: the seeds of the random numbers.
    """

    figure: str
    value: dict[str, float]
    passed: bool | None
    floor: str
    seeds: list[int]


@dataclass(frozen=True)
class Result(Outcome):
    """An outcome, and how many seconds of wall time it took."""

    seconds: float


def experiment(
    slug: str,
    *,
    title: str,
    claim: str,
    pass_line: str,
    group: str,
    source: str,
    slow: bool = False,
) -> Callable[[Callable[[], Outcome]], Callable[[], Result]]:
    """Register the decorated function as the experiment with this id.

    Args:
        slug: the id.
        title: a few words.
        claim: what is claimed, one sentence.
        pass_line: when it is met, in words.
        group: what it is listed under.
        source: where the claim was made.
        slow: whether it takes more than about 20 seconds.
    """

    def add(measure: Callable[[], Outcome]) -> Callable[[], Result]:
        @functools.wraps(measure)
        def timed() -> Result:
            start = time.perf_counter()
            outcome = measure()
            return Result(**vars(outcome), seconds=time.perf_counter() - start)

        return register(
            "experiment",
            slug,
            title=title,
            summary=claim,
            source=source,
            claim=claim,
            pass_line=pass_line,
            group=group,
            slow=slow,
        )(timed)

    return add
