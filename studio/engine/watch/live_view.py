"""What of a training is looked at, and how much that may cost."""

import math

import msgspec

from pushforward.studio.engine.watch.recording_overhead import RecordingOverhead
from pushforward.studio.protocol.messages import Watch

__all__ = ["LiveView"]


class LiveView:
    """Decides when the next live record is due, and how many particles it has.

    A live record is due when one of three things holds:

    1. The watch has changed. At most ``ADVANCES`` such records are unpaid at a time, and none is
       expected to take longer than ``AT_ONCE``.
    2. The last one is paid for: its cost divided by the share of the watch has passed since. The
       cost is the recording time plus the slowdown of the following steps (`RecordingOverhead`).
       ``EARLY`` replaces a smaller share up to the first evaluation, at most for ``EARLY_STEPS`` of
       the steps.
    3. The picture is about to be older than ``OLDEST`` seconds and ``OLDEST_STEPS`` of the steps.
       This rule overrides the budget, up to ``MOST`` of the training time.

    Where whole records would come less often than every ``SLOWEST`` seconds, fewer particles are
    shown, but at least ``FEWEST``; they are the first ones, so that identities stay. Where a record
    costs more than the share of ``OLDEST`` seconds, the grid of its layers is coarser; no record
    lacks the layers.

    Before the first step there is a small picture within ``AT_FIRST`` seconds, of fewer particles
    where they are expensive (`LivePicture.show_first`).

    Attributes:
        watch: what is looked at.
        resolution: of the layers in the next record.
        step: of the newest record that was sent, None for none.
    """

    SLOWEST = 1.0
    FASTEST = 1 / 30
    FEWEST = 512
    FIRST = 1024
    AT_FIRST = 1.0
    ADVANCES = 3
    AT_ONCE = 5.0
    WINDOW = 60.0  # seconds that the cost is averaged over
    OLDEST, OLDEST_STEPS = 2.0, 0.04
    SENDING = 0.2  # seconds to send and draw a record
    COARSER = (20, 14)  # resolutions of layers where those that are looked at are too dear
    MOST = 0.25
    EARLY, EARLY_STEPS = 0.1, 0.1

    def __init__(self) -> None:
        self.watch = Watch(job="", on=False)
        self.resolution = self.watch.resolution
        self.step: int | None = None
        self._particles = 0
        self._expected = 0.0  # seconds of the next record; 0 for unknown
        self._foreseen = (0.0, 1)  # seconds of a kept record of so many particles
        self._paid = -math.inf  # when the last record is paid for
        self._wished = False
        self._advances = 0
        self._early = True
        self._after = RecordingOverhead()
        self._now: float | None = None
        self._begun: float | None = None
        self._last = -math.inf
        self._spent = self._time = 0.0  # both fade, so that they are of the last ``WINDOW``

    def set(self, watch: Watch) -> None:
        """Follow what the screen now wants to see; a changed wish is answered soon."""
        if watch.on and msgspec.structs.replace(watch, share=self.watch.share) != self.watch:
            self._particles = min(self._particles or self.FIRST, max(1, watch.particles))
            self._expected = 0.0
            self._wished, self.resolution = True, watch.resolution
        self.watch = watch

    def evaluated(self) -> None:
        """Note that the training was evaluated: the early budget ends."""
        self._early = False

    @property
    def cost(self) -> float:
        """The share of the last seconds (some ``WINDOW``) that live records took."""
        return self._spent / max(self._time, 1.0) if self.watch.on else 0.0

    @property
    def particles(self) -> int:
        """How many particles the next record has."""
        return self._particles

    def due(self, now: float, step: int, total: int) -> bool:
        """Say whether to make the next record now, after a step of ``total``."""
        self._pass(now)
        if step > self.EARLY_STEPS * total:
            self._early = False
        if not self.watch.on or now - self._last < self.FASTEST:
            return False
        if self._wished and self._advances < self.ADVANCES and self._needed <= self.AT_ONCE:
            return True
        if now >= self._paid and self._waited(now, self._share):
            return not self._after.needs_pause(now, self._last)
        if self._is_old(now, step, total):
            self._resize(min(self._particles, self.FEWEST))
            return self._waited(now, self.MOST)
        return False

    def estimate_seconds(self, seconds: float, particles: int) -> None:
        """Record the duration of a kept record of ``particles`` particles."""
        self._foreseen = (seconds, particles)

    def kept_particles(self, all_particles: int, total_seconds: float) -> int:
        """Return the minimum number of particles of a kept record that can replace the live
        picture; 0 if the run is not watched, or if it would take more than ``MOST`` of the time up
        to the age limit in a training of ``total_seconds``.
        """
        seconds, many = self._foreseen
        wanted = min(self._particles, all_particles)
        oldest = max(self.OLDEST, self.OLDEST_STEPS * total_seconds)
        affordable = 0.0 < seconds * wanted / many <= self.MOST * oldest
        return wanted if self.watch.on and affordable else 0

    def estimated_seconds(self, particles: int) -> float:
        """Return the estimated seconds of a record of ``particles`` particles, 0 for unknown."""
        seconds, many = self._foreseen
        return seconds * particles / many

    def add_block(self, steps: int, seconds: float, began: float) -> None:
        """Record the duration of ``steps`` uninterrupted steps that began at ``began``."""
        self._after.add_block(steps, seconds, began, self._last)

    def add_record(self, seconds: float, now: float, step: int, *, layers: float = 0.0) -> None:
        """Record the duration of a live record, including ``layers`` seconds for its layers,
        finished now.
        """
        self._pass(now)
        self._after.add_record(now, self._last)
        cost = seconds + max(0.0, self._after.seconds)
        self._spent += cost
        # What the age bound asked for is not paid off; wishes are, however many there are.
        self._paid = (max(self._paid, now) if self._wished else now) + cost / self._share
        self._advances += self._wished
        self._wished = False
        self._last, self.step, self._expected = now, step, cost
        # Of the making alone: what comes after is no less for fewer particles.
        interval = seconds / self._share
        if interval > self.SLOWEST and self._particles > self.FEWEST:
            self._resize(max(self.FEWEST, self._particles // 2))
        elif interval < self.SLOWEST / 4 and self._particles < self.watch.particles:
            self._resize(min(self.watch.particles, self._particles * 2))
        self._refine(layers, seconds - layers)

    def add_first(self, seconds: float, now: float, step: int, particles: int) -> None:
        """Record the duration of a first picture of so many particles, which may be fewer than the
        next record has. What is looked at besides them is still wanted.
        """
        self.add_record(seconds, now, step)
        self._wished = True
        if particles < self._particles:
            self._expected = self.estimated_seconds(self._particles)

    def add_kept(self, seconds: float, now: float, step: int) -> None:
        """Note that the kept record of a step was sent as the live picture, and what that took
        besides keeping it.
        """
        self._pass(now)
        self._spent += seconds
        self._paid = max(self._paid, now + seconds / self._share)
        self._wished = False
        self._last, self.step = now, step

    def _refine(self, layers: float, others: float) -> None:
        """Choose the finest resolution at which a record costs no more than the share of the age
        bound, by what its layers and all else took.
        """
        cell = layers / self.resolution**2
        most = self._share * self.OLDEST
        choices = [self.watch.resolution]
        choices += [r for r in self.COARSER if r < self.watch.resolution]
        fits = (r for r in choices if others + cell * r**2 <= most)
        self.resolution = next(fits, choices[-1])

    @property
    def _share(self) -> float:
        return max(self.watch.share, self.EARLY) if self._early else self.watch.share

    @property
    def _needed(self) -> float:
        """The expected seconds of the next record, from the last live one or, if these are
        expensive, from kept ones.
        """
        seconds, particles = self._foreseen
        seconds *= min(1.0, self._particles / particles)
        return max(self._expected, seconds) if seconds > self.AT_ONCE else self._expected

    def _waited(self, now: float, share: float) -> bool:
        """Whether the next record would take at most a share of the time since the last one."""
        begun = self._begun if self._begun is not None else now
        return now - max(self._last, begun) >= self._needed / share or self._needed == 0.0

    def _is_old(self, now: float, step: int, total: int) -> bool:
        """Whether the picture is about to be older than the age bound."""
        if self.step is None:
            return True
        seconds, steps = now - self._last, max(1, step - self.step)
        allowed = seconds * self.OLDEST_STEPS * total / steps
        return max(self.OLDEST, allowed) - seconds <= self._needed + self.SENDING

    def _pass(self, now: float) -> None:
        since = now - self._now if self._now is not None else 0.0
        self._now = now
        if self._begun is None:
            self._begun = now
        kept = math.exp(-since / self.WINDOW)
        self._spent *= kept
        self._time = self._time * kept + self.WINDOW * (1.0 - kept)
        if now >= self._paid:
            self._advances = 0

    def _resize(self, particles: int) -> None:
        self._expected *= particles / self._particles
        self._particles = particles
