"""When something besides training is due, so that it costs the training a bounded share.

Times are seconds of a passed clock. Nothing here changes what is learned, only what is recorded.
"""

import math
from typing import Protocol

__all__ = [
    "CheckpointSchedule",
    "EvaluationPlan",
    "EvaluationSchedule",
    "KeptPlan",
    "KeptSchedule",
    "Pace",
]


class Pace:
    """How fast a training is: steps per second with everything, and seconds per bare step."""

    _SMOOTH = 2.0

    def __init__(self) -> None:
        self.rate = 0.0
        self.seconds = 0.0
        self._step_seconds = 0.0

    def add(self, steps: int, seconds: float) -> None:
        """Note that so many steps took so long, with all that came between them; pauses are left
        out by the caller. Smoothed over about two seconds.
        """
        if seconds <= 0.0:
            return
        self.seconds += seconds
        weight = 1.0 if self.rate == 0.0 else 1.0 - math.exp(-seconds / self._SMOOTH)
        self.rate += weight * (steps / seconds - self.rate)

    def bare(self, steps: int, seconds: float) -> None:
        """Note that so many steps took so long with nothing in between."""
        # The quickest of the first blocks: the very first steps pay for allocations and caches.
        each = seconds / steps
        quicker = self._step_seconds == 0.0 or each < self._step_seconds
        self._step_seconds = each if quicker else 0.9 * self._step_seconds + 0.1 * each

    @property
    def step_seconds(self) -> float:
        """Seconds of a bare step, 0 before it is known."""
        return self._step_seconds

    def left(self, steps: int) -> float | None:
        """Return the seconds that so many steps will take, None before it is known."""
        return steps / self.rate if self.rate > 0.0 else None


class KeptPlan(Protocol):
    """When records are kept."""

    @property
    def next(self) -> float:
        """The step whose record is kept next, infinite while that is not known."""

    def kept(self, step: int, seconds: float, pace: Pace) -> None:
        """Note that the record of a step was kept at so many seconds."""


class EvaluationPlan(Protocol):
    """When quality is measured."""

    @property
    def next(self) -> float:
        """The step at which it is due for its number alone, infinite while that is not known."""

    def due(self, step: int, pace: Pace) -> bool:
        """Say whether to evaluate now."""

    def done(self, step: int, seconds: float, pace: Pace) -> None:
        """Note that the evaluation of a step took so long."""


class KeptSchedule:
    """Log-spaced training steps whose record is kept: 0, then ever wider, and the last.

    How many depends on what a record costs: together they may take ``ALLOWANCE`` seconds, so that
    also a short run can be scrubbed, and ``SHARE`` of the training time, so that a long one is
    not slowed down. After each record the rest of the steps is divided anew, evenly in log(step).
    """

    ALLOWANCE = 0.4
    SHARE = 0.005
    # The first steps move little; records of them would only delay what there is to see.
    FIRST = 16
    FEWEST = 6
    MOST = 48

    def __init__(self, total: int, step: int = 0) -> None:
        self._total = total
        self._count = 0
        self._spent = 0.0
        # A resumed run has its earlier records on disk; the next one comes after a while.
        self.next = 0 if step == 0 else min(total, math.ceil(step * 1.2) + 1)

    def kept(self, step: int, seconds: float, pace: Pace) -> None:
        """Note that the record of a step was kept at so many seconds; plan the next one."""
        self._count += 1
        self._spent += seconds
        if step >= self._total:
            self.next = self._total + 1
            return
        if step < self.FIRST:
            self.next = min(self._total, self.FIRST)
            return
        budget = self.ALLOWANCE + self.SHARE * self._total * pace.step_seconds
        # The first record pays for allocations, so the mean falls and the plan grows.
        affordable = budget * self._count / max(self._spent, 1e-6)
        count = min(max(round(affordable), self.FEWEST), self.MOST)
        ratio = (self._total / step) ** (1.0 / max(count - self._count, 1))
        self.next = min(self._total, max(step + 1, math.ceil(step * ratio)))


class EvaluationSchedule:
    """When quality is measured: every so many steps, or (0) within ``SHARE`` of the time."""

    SHARE = 0.005
    _FIRST = 3.0

    def __init__(self, every: int, step: int = 0) -> None:
        self._every = every
        self._earned = 0.0
        self._cost = 0.0
        self.next = math.inf if every == 0 else (step // every + 1) * every

    def due(self, step: int, pace: Pace) -> bool:
        """Say whether to evaluate now."""
        if self._every:
            return step >= self.next
        wait = self._cost / self.SHARE if self._cost else self._FIRST
        return step > 0 and pace.seconds - self._earned >= wait

    def done(self, step: int, seconds: float, pace: Pace) -> None:
        """Note that the evaluation of a step took so long."""
        self._cost = seconds
        self._earned = pace.seconds
        if self._every:
            self.next = (step // self._every + 1) * self._every


class CheckpointSchedule:
    """When to save: after some seconds (and never more than ``SHARE`` of the time), and every so
    many steps.
    """

    SHARE = 0.0025

    def __init__(self, seconds: float, every: int, step: int, now: float) -> None:
        self._seconds = seconds
        self._every = every
        self._saved = now
        self._cost = 0.0
        self.next = math.inf if every == 0 else (step // every + 1) * every

    def due(self, step: int, now: float) -> bool:
        """Say whether to save now."""
        wait = max(self._seconds, self._cost / self.SHARE)
        return step >= self.next or now - self._saved >= wait

    def done(self, step: int, seconds: float, now: float) -> None:
        """Note that saving at a step took so long and has just ended."""
        self._cost = seconds
        self._saved = now
        if self._every:
            self.next = (step // self._every + 1) * self._every
