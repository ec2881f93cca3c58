"""What of a training is looked at, and how much that may cost."""

from studio.protocol.messages import Watch

__all__ = ["LiveView"]


class LiveView:
    """Decides when the next live record is due, and how many particles it has.

    The measured cost of a record is at most ``SHARE`` of the time since the one before. Where
    full records would come less often than every ``SLOWEST`` seconds, fewer particles are shown,
    down to ``FEWEST``; they are the first ones, so that identities stay.
    """

    SHARE = 0.05
    SLOWEST = 1.0
    FASTEST = 1 / 30
    FEWEST = 512
    FIRST = 1024

    def __init__(self) -> None:
        self.watch = Watch(job="", on=False)
        self.cost = 0.0
        self._particles = 0
        self._seconds = 0.0
        self._last = float("-inf")

    def set(self, watch: Watch) -> None:
        """Follow what the screen now wants to see; a new wish is answered soon."""
        if watch.on and watch != self.watch:
            self._particles = min(self.FIRST, max(1, watch.particles))
            self._seconds = 0.0
        self.watch = watch
        if not watch.on:
            self.cost = 0.0

    @property
    def particles(self) -> int:
        """How many particles the next record has."""
        return self._particles

    def due(self, now: float) -> bool:
        """Say whether the next record fits the budget now."""
        wait = max(self.FASTEST, self._seconds / self.SHARE)
        return self.watch.on and now - self._last >= wait

    def made(self, seconds: float, now: float) -> None:
        """Note that a record took so long and was made just now."""
        since = now - self._last
        self.cost = min(1.0, seconds / since) if since > 0.0 else 1.0
        self._last, self._seconds = now, seconds
        interval = seconds / self.SHARE
        if interval > self.SLOWEST and self._particles > self.FEWEST:
            self._particles = max(self.FEWEST, self._particles // 2)
            self._seconds = seconds / 2
        elif interval < self.SLOWEST / 4 and self._particles < self.watch.particles:
            self._particles = min(self.watch.particles, self._particles * 2)
