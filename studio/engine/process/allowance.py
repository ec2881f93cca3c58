"""What may be spent on something besides training."""

from dataclasses import dataclass

__all__ = ["Allowance"]


@dataclass(frozen=True)
class Allowance:
    """So many seconds, so that a short run has it too, and a share of the time of training, so that
    a long one is not slowed down.
    """

    seconds: float
    share: float

    def after(self, training: float) -> float:
        """Return what may be spent in all up to so many seconds of training."""
        return self.seconds + self.share * training
