"""What a participant of a race may spend: steps, data points seen, or seconds of its own time."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from studio.engine.failures import Refused
from studio.engine.schedules import Pace
from studio.protocol.messages import Budget

__all__ = ["EVALUATED", "KEPT", "MarkedEvaluations", "MarkedRecords", "Purse", "check_budget"]

KINDS = ("steps", "samples", "seconds")


def _quadratic(count: int) -> tuple[float, ...]:
    return tuple((i / count) ** 2 for i in range(1, count + 1))


EVALUATED = _quadratic(12)[:-1]
"""Shares of the budget at which each participant is measured, besides its end: closer together at
first, where curves bend."""
KEPT = (0.0, *_quadratic(24))
"""Shares of the budget at which records are kept: all participants can be scrubbed side by side."""


@dataclass
class Purse:
    """One participant's budget, and what it has spent of it.

    ``seconds`` counts the time inside training steps, without views, records, evaluations and
    checkpoints.
    """

    budget: Budget
    batch: int
    step: int = 0
    seconds: float = 0.0

    @property
    def steps(self) -> int | None:
        """How many steps the budget buys, None where that is known at the end only."""
        match self.budget.kind:
            case "steps":
                return int(self.budget.amount)
            case "samples":
                return int(self.budget.amount) // self.batch
        return None

    @property
    def share(self) -> float:
        """The spent share of the budget, from 0 to 1; time may be overdrawn by a step."""
        steps = self.steps
        return self.seconds / self.budget.amount if steps is None else self.step / steps

    def expected(self, planned: int) -> int:
        """Return how many steps there will be, as far as can be told; at first, those planned."""
        if self.steps is not None:
            return self.steps
        return round(self.step / self.share) if self.share > 0.0 else planned


def check_budget(budget: Budget, batches: Iterable[int]) -> None:
    """Make sure that a budget has a meaning for participants of these batch sizes.

    Raises:
        Refused: its kind is unknown, or it does not buy a step.
    """
    if budget.kind not in KINDS:
        raise Refused(
            f"The budget is in {budget.kind!r}.",
            f"It can be in {', '.join(KINDS)}.",
            path="budget.kind",
        )
    if not (math.isfinite(budget.amount) and budget.amount > 0):
        raise Refused(f"The budget must be greater than 0, got {budget.amount:g}.", path="budget")
    poor = [batch for batch in batches if Purse(budget, batch).steps == 0]
    if poor:
        raise Refused(
            f"A budget of {budget.amount:g} {budget.kind} does not buy a single step of batch "
            f"{max(poor):,}.",
            "Allow more.",
            path="budget.amount",
        )


class _Marks:
    """Shares of the budget that are to come. Where steps are known, so is the next step."""

    def __init__(self, shares: Iterable[float], purse: Purse) -> None:
        self._purse = purse
        fresh = purse.step == 0
        self._left = [share for share in shares if fresh or share > purse.share]

    def passed(self) -> None:
        """Forget those that have come."""
        while self._left and self._step(self._left[0]) <= self._purse.step:
            del self._left[0]

    def next(self) -> float:
        """Return the step of the next one: now or never where a budget of time says."""
        return self._step(self._left[0]) if self._left else math.inf

    def _step(self, share: float) -> float:
        steps = self._purse.steps
        if steps is not None:
            return math.ceil(share * steps)
        return self._purse.step if self._purse.share >= share else math.inf


class MarkedEvaluations:
    """Measures at `EVALUATED`, so that the curves of a race can be compared point by point."""

    def __init__(self, purse: Purse) -> None:
        self._marks = _Marks(EVALUATED, purse)

    @property
    def next(self) -> float:
        """The next step at which it is due, infinite while that is not known."""
        return self._marks.next()

    def due(self, step: int, pace: Pace) -> bool:
        """Say whether to evaluate now."""
        return step >= self.next

    def done(self, step: int, seconds: float, pace: Pace) -> None:
        """Note that it is done."""
        self._marks.passed()


class MarkedRecords:
    """Keeps records at `KEPT`."""

    def __init__(self, purse: Purse) -> None:
        self._marks = _Marks(KEPT, purse)

    @property
    def next(self) -> float:
        """The next step whose record is kept, infinite while that is not known."""
        return self._marks.next()

    def kept(self, step: int, seconds: float, pace: Pace) -> None:
        """Note that the record of a step was kept."""
        self._marks.passed()
