"""What a participant of a race may spend: steps, data points seen, or seconds of its own time."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.protocol.messages import Budget

__all__ = ["Spending", "check_budget"]

KINDS = ("steps", "samples", "seconds")


@dataclass
class Spending:
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
        """Return the expected number of steps; at first, the planned one."""
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
            f"Unknown budget unit {budget.kind!r}.",
            f"Use {', '.join(KINDS)}.",
            path="budget.kind",
        )
    if not (math.isfinite(budget.amount) and budget.amount > 0):
        raise Refused(f"The budget must be greater than 0, got {budget.amount:g}.", path="budget")
    poor = [batch for batch in batches if Spending(budget, batch).steps == 0]
    if poor:
        raise Refused(
            f"A budget of {budget.amount:g} {budget.kind} is less than one step of batch "
            f"{max(poor):,}.",
            "Allow more.",
            path="budget.amount",
        )
