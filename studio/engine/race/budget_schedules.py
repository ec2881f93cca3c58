"""Marks of a race: the shares of the budget at which everyone is measured and recorded.

The same marks for all, so that curves are compared point by point and runs are scrubbed side by
side. They lie closer together at first, where curves bend. Where evaluations are dear, they are
made at every second mark; where records are, those at the other marks are light.
"""

import math

from pushforward.studio.engine.process.allowance import Allowance
from pushforward.studio.engine.race.budgets import Spending
from pushforward.studio.engine.watch.schedules import Pace

__all__ = ["MarkedEvaluations", "MarkedRecords", "Marks"]


class Marks:
    """The marks (i / count)^2 of a budget that are left, i from ``first`` to ``last``. Work at
    every ``coarse``-th mark is always done, at others only while the total stays below
    ``ALLOWANCE`` of the training time.
    """

    ALLOWANCE = Allowance(seconds=0.3, share=0.02)

    def __init__(
        self, spending: Spending, count: int, *, first: int, last: int, coarse: int
    ) -> None:
        self._spending = spending
        self._count = count
        self._coarse = coarse
        self._cost = 0.0
        self._dear = 0.0
        # What a resumed training has passed is on disk.
        self._left = [i for i in range(first, last + 1) if not spending.step or not self._passed(i)]

    @property
    def next(self) -> float:
        """The step of the next mark. A budget of time does not know: now, or not yet (infinite)."""
        return self._step(self._left[0]) if self._left else math.inf

    def done(self, seconds: float, *, full: bool = True) -> None:
        """Record that the work at a mark is done and took ``seconds``; ``full`` if nothing was
        reduced.
        """
        self._cost += seconds
        if full:
            self._dear = seconds
        while self._left and self._passed(self._left[0]):
            del self._left[0]

    @property
    def seconds_left(self) -> float:
        """Return what the marks that are left and the end will take, by what the last one took."""
        spending = self._spending
        if spending.share >= 1.0:
            return 0.0
        total = spending.seconds / spending.share if spending.share else 0.0
        everything = self._cost + self._dear * (len(self._left) + 1)
        coarse = everything > self.ALLOWANCE.after(total)
        count = sum(not coarse or place % self._coarse == 0 for place in self._left)
        return self._dear * (count + 1)

    @property
    def affordable(self) -> bool:
        """Whether the work at the next mark is affordable in full."""
        return not self._left or self._affordable(self._left[0])

    def skip(self) -> None:
        """Leave out the marks at which it is not affordable."""
        while self._left and not self.affordable:
            del self._left[0]

    def _share(self, place: int) -> float:
        return (place / self._count) ** 2

    def _passed(self, place: int) -> bool:
        return self._step(place) <= self._spending.step

    def _step(self, place: int) -> float:
        steps = self._spending.steps
        if steps is not None:
            # Whole numbers, so that marks of different counts meet at the very same step.
            return -(-place * place * steps // (self._count * self._count))
        return self._spending.step if self._spending.share >= self._share(place) else math.inf

    def _affordable(self, place: int) -> bool:
        if place % self._coarse == 0:
            return True
        spending = self._spending
        until_then = (
            spending.seconds * self._share(place) / spending.share if spending.share else 0.0
        )
        return self._cost + self._dear <= self.ALLOWANCE.after(until_then)


class MarkedEvaluations:
    """Measures at 16 marks, at 8 where that is dear; the last is the end, which is always. With all
    samples, so that those who race are measured alike.
    """

    def __init__(self, spending: Spending) -> None:
        self._marks = Marks(spending, 16, first=1, last=15, coarse=2)

    @property
    def next(self) -> float:
        """The next step at which it is due, infinite while that is not known."""
        return self._marks.next

    def due(self, step: int, pace: Pace) -> bool:
        """Say whether to evaluate now."""
        return step >= self.next

    def full(self, pace: Pace) -> bool:
        """All samples, always."""
        return True

    def full_at_end(self, pace: Pace) -> bool:
        """All samples, so that those who race are compared."""
        return True

    def done(self, step: int, seconds: float, pace: Pace, *, full: bool = True) -> None:
        """Record the duration of an evaluation."""
        self._marks.done(seconds)
        self._marks.skip()

    def left(self, step: int, pace: Pace) -> float:
        """Return the seconds that evaluations after a step take, with that of the end."""
        return self._marks.seconds_left


class MarkedRecords:
    """Keeps records at the start and at 24 marks; where that is dear, 6 of these are whole."""

    def __init__(self, spending: Spending) -> None:
        self._marks = Marks(spending, 24, first=0, last=24, coarse=4)

    @property
    def next(self) -> float:
        """The step of the next kept record, infinite while unknown."""
        return self._marks.next

    def is_full(self, pace: Pace) -> bool:
        """Say whether the next record is a whole one."""
        return self._marks.affordable

    def add_record(self, step: int, seconds: float, pace: Pace, *, whole: bool = True) -> None:
        """Record the duration of a kept record."""
        self._marks.done(seconds, full=whole)
