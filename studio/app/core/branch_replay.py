"""The replay phase of a branch, before it leaves its parent. Pure."""

from dataclasses import dataclass

from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.text import number_format

__all__ = ["Replay", "replay_of"]


@dataclass(frozen=True)
class Replay:
    """Where a replay is: it began after step ``start``, has done ``step`` and goes up to ``to``."""

    start: int
    step: int
    to: int
    seconds_left: float | None = None

    @property
    def share(self) -> float:
        """How much of it is done, in [0, 1]."""
        return (self.step - self.start) / (self.to - self.start)

    @property
    def text(self) -> str:
        """What is happening, in a few words."""
        return f"Replaying to step {self.to:,}"

    @property
    def origin(self) -> str:
        """Where it began."""
        return f"from the checkpoint at step {self.start:,}" if self.start else "from the beginning"

    @property
    def left(self) -> str:
        """How long it still takes, "" if that is not known."""
        return number_format.left(self.seconds_left)


def replay_of(run: RunState) -> Replay | None:
    """Return where a run's replay is, None if it does not replay."""
    to = run.branch_step
    if to is None or run.step >= to or run.state not in ("running", "paused"):
        return None
    speed = run.steps_per_second if run.state == "running" else 0.0
    left = (to - run.step) / speed if speed > 0 else None
    return Replay(min(run.branch_start, run.step), run.step, to, left)
