"""Schedules of the work besides training steps, with a bounded share of the time. Times are
seconds. They affect what is recorded, never the training.
"""

import math
from typing import Protocol

from pushforward.studio.engine.process.allowance import Allowance

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
    _LONG = 30.0
    """Seconds that the time left is judged by: a record in them must not make it jump."""
    SURE = 3.0
    """Seconds before one can say how long something takes: the first steps pay for allocations."""

    def __init__(self) -> None:
        self.rate = 0.0
        self.seconds = 0.0
        self._known = 0.0
        self._long = self._stepped = 0.0  # seconds and steps of about ``_LONG``
        self._step_seconds = 0.0

    def add(self, steps: int, seconds: float) -> None:
        """Record the duration of ``steps`` steps including the work in between, without pauses.
        Smoothed over about two seconds.
        """
        if seconds <= 0.0:
            return
        self.seconds += seconds
        if self._known:  # else these are the first, which pay for allocations
            kept = math.exp(-seconds / self._LONG)
            self._long, self._stepped = kept * self._long + seconds, kept * self._stepped + steps
        self._known += seconds
        weight = 1.0 if self.rate == 0.0 else 1.0 - math.exp(-seconds / self._SMOOTH)
        self.rate += weight * (steps / seconds - self.rate)

    def add_pause(self, seconds: float) -> None:
        """Record an interruption of the training, such as an evaluation: it counts as training
        time, but not for the speed of steps.
        """
        self.seconds += seconds

    def add_uninterrupted(self, steps: int, seconds: float) -> None:
        """Record the duration of ``steps`` steps with nothing in between."""
        # The quickest of the first blocks: the very first steps pay for allocations and caches.
        each = seconds / steps
        quicker = self._step_seconds == 0.0 or each < self._step_seconds
        self._step_seconds = each if quicker else 0.9 * self._step_seconds + 0.1 * each

    @property
    def step_seconds(self) -> float:
        """Seconds of a bare step, 0 before it is known."""
        return self._step_seconds

    def restart_timing(self) -> None:
        """Forget the speed: from here on steps are others."""
        self.rate = self._known = self._long = self._stepped = 0.0

    def left(self, steps: int) -> float | None:
        """Return the seconds that ``steps`` steps will take, None if unknown."""
        if self.rate == 0.0 or self._known < self.SURE:
            return None
        return steps * self._long / self._stepped if self._stepped else steps / self.rate


class KeptPlan(Protocol):
    """When records are kept, and what they hold."""

    @property
    def next(self) -> float:
        """The step of the next kept record, infinite while unknown."""

    def is_full(self, pace: Pace) -> bool:
        """Say whether the next record has all particles and the layers, or is a light one: where
        the first few particles are.
        """

    def add_record(self, step: int, seconds: float, pace: Pace, *, whole: bool = True) -> None:
        """Record the duration of a kept record."""


class EvaluationPlan(Protocol):
    """When quality is measured, and with how many samples."""

    @property
    def next(self) -> float:
        """The step at which it is due for its number alone, infinite while that is not known."""

    def due(self, step: int, pace: Pace) -> bool:
        """Say whether to evaluate now."""

    def full(self, pace: Pace) -> bool:
        """Return whether to evaluate with all requested samples or with few."""

    def full_at_end(self, pace: Pace) -> bool:
        """Return whether the last evaluation uses all requested samples."""

    def done(self, step: int, seconds: float, pace: Pace, *, full: bool = True) -> None:
        """Record the duration of an evaluation."""

    def left(self, step: int, pace: Pace) -> float:
        """Return the seconds that evaluations after a step take, by what the last one took."""


class KeptSchedule:
    """Steps whose record is kept: the first, the last, and in between half evenly in log(step),
    half evenly in the step.

    All together take at most ``ALLOWANCE`` of the time. If full records cost more, those in between
    are light; if they are cheap, there are ``FINER`` times as many. Light ones take at most
    ``MOST``, or ``MOST_DEAR`` if each takes minutes (``dear``, known in advance; then the first is
    light too). If not all are affordable, they are spread over the training.
    """

    ALLOWANCE = Allowance(seconds=0.4, share=0.005)
    MOST = Allowance(seconds=0.4, share=0.02)
    MOST_DEAR = Allowance(seconds=20.0, share=0.25)
    # The first steps move little; records of them would only delay what there is to see.
    FIRST = 16
    EACH = 14  # of either kind; the two meet at the end, and sometimes before
    FINER = 2

    def __init__(self, total: int, step: int = 0, *, dear: bool = False) -> None:
        self._total = total
        self._whole = {total} if dear else {0, total}
        self._most = self.MOST_DEAR if dear else self.MOST
        needed = _moments(total, self.FIRST, self.EACH)
        finer = _moments(total, self.FIRST, self.FINER * self.EACH)
        # What a resumed run has passed is on disk.
        ahead = sorted(at for at in needed | finer if at > step or step == 0)
        self._left = [(at, at in needed) for at in ahead]
        self._count, self._made = sum(each for _, each in self._left), 0
        self._steps = total - step
        self._spent = 0.0
        self._dear = 0.0
        self._light = self._lightly = 0.0  # seconds of a light one, and of all

    @property
    def next(self) -> float:
        """The step of the next kept record."""
        return self._left[0][0] if self._left else self._total + 1

    def is_full(self, pace: Pace) -> bool:
        """Say whether the next record is a whole one."""
        return self.next in self._whole or (self._dear > 0.0 and self._affordable(pace))

    def add_record(self, step: int, seconds: float, pace: Pace, *, whole: bool = True) -> None:
        """Record the duration of a kept record, and plan the next one."""
        self._spent += seconds
        if whole:
            # The first record pays for allocations.
            self._dear = min(self._dear, seconds) if self._dear else seconds
        else:
            self._dear *= 0.95  # it may have become cheaper: look again after a while
            self._light = seconds
            self._lightly += seconds
        while self._left and self._left[0][0] <= step:
            self._made += self._left.pop(0)[1]
        while self._left and self._left[0][0] < self._total and not self._fits(pace):
            self._made += self._left.pop(0)[1]

    def _fits(self, pace: Pace) -> bool:
        """Whether the next record may be made: a finer one as a whole, others as light ones."""
        if self._affordable(pace):
            return True
        most = self._most.after(self._steps * pace.step_seconds)
        share = (self._made + 1) / max(self._count, 1)
        return self._left[0][1] and self._lightly + self._light <= most * share

    def _affordable(self, pace: Pace) -> bool:
        """Whether one more whole record fits into what may be spent up to here."""
        budget = self.ALLOWANCE.after(self._steps * pace.step_seconds)
        return self._spent + self._dear <= budget * (self._made + 1) / max(self._count, 1)


def _moments(total: int, first: int, each: int) -> set[int]:
    """Return 0, ``each`` steps evenly in log(step) from ``first`` on, and as many evenly."""
    evenly = {max(1, round(total * i / each)) for i in range(1, each + 1)}
    return {0, total} | _grow(total, first, each) | evenly


def _grow(total: int, first: int, count: int) -> set[int]:
    """Return ``count`` steps evenly in log(step), from ``first`` to the last."""
    start = min(first, total)
    return {round(start * (total / start) ** (i / (count - 1))) for i in range(count)}


class EvaluationSchedule:
    """Steps at which the model is evaluated: at a fixed interval, or (0) at ``MARKS`` steps evenly
    in log(step) within the share ``ALLOWANCE``.

    If evaluations with all samples would take more, those before the end use a ``part`` of the
    samples. If these are expensive too, they are delayed and fewer, at most ``MOST`` of the time,
    except for the first one, whose cost is unknown. The last evaluation uses all samples if it
    takes at most ``LAST`` seconds.
    """

    ALLOWANCE = Allowance(seconds=0.3, share=0.005)
    MOST = Allowance(seconds=0.5, share=0.03)
    LAST = Allowance(seconds=3.0, share=0.05)
    FIRST = 16
    MARKS = 10
    FEWER = 8

    def __init__(self, every: int, total: int, step: int = 0, *, part: float = 1 / FEWER) -> None:
        self._every, self._total, self._part = every, total, part
        self._steps = total - step
        self._earned = 0.0
        self._dear = 0.0  # seconds of a full one
        self._spent = 0.0  # seconds of all
        self._owed = 0  # marks that were passed as they were too dear
        self._last = -1  # the step that was evaluated last
        places = _grow(total, self.FIRST, self.MARKS) if every == 0 else set()
        self._marks = sorted(at for at in places if step < at < total)
        self._after(step)

    @property
    def _cost(self) -> float:
        """Seconds of one with few samples, 0 for unknown."""
        return self._dear * self._part

    def _after(self, step: int) -> None:
        """Find the next step that is due for its number."""
        if self._every:
            self.next: float = (step // self._every + 1) * self._every
            return
        while self._marks and self._marks[0] <= step:
            del self._marks[0]
        self.next = self._marks[0] if self._marks else math.inf

    def due(self, step: int, pace: Pace) -> bool:
        """Say whether to evaluate now."""
        if self._every:
            return step >= self.next
        if step >= self.next:
            self._owed += 1
            self._after(step)
        if self._owed and (self._spent == 0.0 or self._cost <= self._room(pace.seconds)):
            return True
        cost = self._dear if self.full(pace) else self._cost
        earned = self.ALLOWANCE.share * (pace.seconds - self._earned)
        return step > 0 and 0.0 < cost <= earned

    def _room(self, seconds: float) -> float:
        """Return the remaining allowance after ``seconds``, evaluations included."""
        return self.MOST.after(seconds - self._spent) - self._spent

    def full(self, pace: Pace) -> bool:
        """Say whether all samples are affordable; it is not known before the first evaluation."""
        if self._every:
            return True
        budget = self.ALLOWANCE.after(self._steps * pace.step_seconds)
        affordable = 0.0 < self._dear * self.MARKS <= budget
        return affordable and self._dear <= self._room(pace.seconds)

    def full_at_end(self, pace: Pace) -> bool:
        """Return whether the last evaluation uses all samples: always for a fixed interval, or if
        the duration is unknown.
        """
        return bool(self._every) or self._last_affordable(pace.seconds)

    def _last_affordable(self, seconds: float) -> bool:
        return self._dear <= self.LAST.after(seconds - self._spent)

    def done(self, step: int, seconds: float, pace: Pace, *, full: bool = True) -> None:
        """Record the duration of an evaluation."""
        self._last = step
        self._dear = seconds if full else seconds / self._part
        self._spent += seconds
        self._owed = max(0, self._owed - 1)
        self._earned = pace.seconds
        self._after(step)

    def left(self, step: int, pace: Pace) -> float:
        """Return the seconds that evaluations after a step take, by what the last one took."""
        if self._last >= self._total:
            return 0.0
        every, last = self._every, self._total - 1
        if every:
            return (max(0, last // every - step // every) + 1) * self._dear
        seconds = pace.seconds + (pace.left(self._total - step) or 0.0)
        end = self._dear if self._last_affordable(seconds) else self._cost
        fit = int(max(0.0, self._room(seconds)) / self._cost) if self._cost > 0.0 else 0
        return min(len(self._marks) + self._owed, fit) * self._cost + end


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
        """Record the duration of saving, which has just ended."""
        self._cost = seconds
        self._saved = now
        if self._every:
            self.next = (step // self._every + 1) * self._every
