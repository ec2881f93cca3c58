"""How far work of several pieces is, and for how long it goes on."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

__all__ = ["TaskProgress"]


class TaskProgress:
    """Pieces that are done one after another, each with a name; those of one name take about as
    long as each other.

    Attributes:
        done, total: how many pieces are done, and how many there are.
        doing: what is under way, or was last.
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
        """How long what is not done takes by what pieces of its name took last; None while it is
        not known of all.
        """
        left = self._names[self.done :]
        if not all(name in self._took for name in left):
            return None
        seconds = [self._took[name] for name in left]
        if seconds and self._began is not None:
            seconds[0] = max(0.0, seconds[0] - (self._clock() - self._began))
        return sum(seconds)
