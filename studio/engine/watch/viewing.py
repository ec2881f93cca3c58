"""What of a training is looked at, and how much that may cost."""

import math

import msgspec

from studio.engine.watch.aftermath import Aftermath
from studio.protocol.messages import Watch

__all__ = ["LiveView"]


class LiveView:
    """Decides when the next live record is due, and how many particles it has.

    Records are paid from an account that earns a share of the training's time, which the watch
    says, and are due when it holds what the next one is expected to cost: its making, and what the
    steps after it take longer (`Aftermath`). Nothing is hoarded for more than that one. Only
    what answers a new wish is made before it is earned, and is paid off like any other; at most
    ``ADVANCES`` such records are unpaid at a time, and none that takes longer than ``AT_ONCE``. So
    up to any moment all records have cost at most that share of the time, but for these and what
    the last ones took longer than expected.

    Where full records would come less often than every ``SLOWEST`` seconds, fewer particles are
    shown, down to ``FEWEST``; they are the first ones, so that identities stay.

    Attributes:
        watch: what is looked at.
    """

    SLOWEST = 1.0
    FASTEST = 1 / 30
    FEWEST = 512
    FIRST = 1024
    ADVANCES = 3
    AT_ONCE = 5.0
    WINDOW = 60.0  # some records come once a minute

    def __init__(self) -> None:
        self.watch = Watch(job="", on=False)
        self._particles = 0
        self._expected = 0.0  # seconds of the next record; 0 where nobody knows
        self._foreseen = (0.0, 1)  # seconds of a record of so many particles that was kept
        self._balance = 0.0  # seconds
        self._wished = False
        self._advances = 0
        self._after = Aftermath()
        self._now: float | None = None
        self._last = -math.inf
        self._paid = self._time = 0.0  # both fade, so that they are of the last ``WINDOW``

    def set(self, watch: Watch) -> None:
        """Follow what the screen now wants to see; a new wish is answered soon."""
        if watch.on and msgspec.structs.replace(watch, share=self.watch.share) != self.watch:
            self._particles = min(self.FIRST, max(1, watch.particles))
            self._expected = 0.0
            self._wished = True
        self.watch = watch

    @property
    def cost(self) -> float:
        """The share of the last seconds (some ``WINDOW``) that went into records, each of which is
        spread over the time that pays for it, before or after: never more than the share that the
        watch allows. Of less than one second it would say nothing.
        """
        return self._paid / max(self._time, 1.0) if self.watch.on else 0.0

    @property
    def particles(self) -> int:
        """How many particles the next record has."""
        return self._particles

    def due(self, now: float) -> bool:
        """Say whether the next record fits the budget now."""
        self._earn(now)
        if not self.watch.on or now - self._last < self.FASTEST:
            return False
        if self._wished and self._advances < self.ADVANCES and self._needed <= self.AT_ONCE:
            return True
        return self._balance >= self._needed and not self._after.resting(now, self._last)

    def foresee(self, seconds: float, particles: int) -> None:
        """Note that a record of so many particles that is kept takes so long."""
        self._foreseen = (seconds, particles)

    @property
    def _needed(self) -> float:
        """The seconds that the next record is expected to take, by the last one or, where they are
        dear, by those that are kept.
        """
        seconds, particles = self._foreseen
        seconds *= min(1.0, self._particles / particles)
        return max(self._expected, seconds) if seconds > self.AT_ONCE else self._expected

    def stepped(self, steps: int, seconds: float, began: float) -> None:
        """Note that so many steps, with nothing in between, began then and took so long."""
        self._after.stepped(steps, seconds, began, self._last)

    def made(self, seconds: float, now: float) -> None:
        """Note that a record took so long and was made just now."""
        self._earn(now)
        self._after.made(now, self._last)
        cost = seconds + max(0.0, self._after.seconds)
        self._balance -= cost
        self._advances += self._wished
        self._wished = False
        self._last, self._expected = now, cost
        # Of the making alone: what comes after is no less for fewer particles.
        interval = seconds / self.watch.share
        if interval > self.SLOWEST and self._particles > self.FEWEST:
            self._resize(max(self.FEWEST, self._particles // 2))
        elif interval < self.SLOWEST / 4 and self._particles < self.watch.particles:
            self._resize(min(self.watch.particles, self._particles * 2))

    def _earn(self, now: float) -> None:
        since = now - self._now if self._now is not None else 0.0
        self._now = now
        earned = self.watch.share * since
        kept = math.exp(-since / self.WINDOW)
        self._paid *= kept
        self._time = self._time * kept + self.WINDOW * (1.0 - kept)
        if self._balance < self._needed:
            paid = min(earned, self._needed - self._balance)
            self._balance += paid
            self._paid += paid
        if self._balance >= 0.0:
            self._advances = 0

    def _resize(self, particles: int) -> None:
        self._expected *= particles / self._particles
        self._particles = particles
