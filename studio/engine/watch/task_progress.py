"""Progress of work in several pieces, and its remaining time."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

__all__ = ["TaskProgress"]


class TaskProgress:
    """Progress of pieces of work with names; pieces of one name take about the same time.

    Attributes:
        done, total: number of finished and of all pieces.
        doing: the current or last piece.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.start(())

    def start(self, names: Sequence[str]) -> None:
        """Begin anew, with these pieces in order."""
        self._names = list(names)
        self._took: dict[str, float] = {}
        self._began: float | None = None
        self.done, self.total, self.doing = 0, len(names), ""

    @contextmanager
    def piece(self, name: str, doing: str) -> Iterator[None]:
        """Do a piece."""
        began = self._began = self._clock()
        self.doing = doing
        yield
        self._took[name], self._began = self._clock() - began, None
        self.done = min(self.done + 1, self.total)

    @property
    def seconds_left(self) -> float | None:
        """Return the estimated remaining seconds, None while a piece's duration is unknown."""
        left = self._names[self.done :]
        if not all(name in self._took for name in left):
            return None
        seconds = [self._took[name] for name in left]
        if seconds and self._began is not None:
            seconds[0] = max(0.0, seconds[0] - (self._clock() - self._began))
        return sum(seconds)
