"""What may be spent on something besides training."""

from dataclasses import dataclass

__all__ = ["Allowance"]


@dataclass(frozen=True)
class Allowance:
    """A time budget: a fixed number of seconds plus a share of the training time."""

    seconds: float
    share: float

    def after(self, training: float) -> float:
        """Return the total allowance after ``training`` seconds."""
        return self.seconds + self.share * training
