"""Clocks for jobs that take turns: each stands while another job works."""

import time
from collections.abc import Callable
from types import TracebackType

__all__ = ["OwnTime"]


class OwnTime:
    """A clock that runs inside its ``with`` blocks only: the time of one among several."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._spent = 0.0
        self._since: float | None = None

    def __call__(self) -> float:
        running = 0.0 if self._since is None else self._clock() - self._since
        return self._spent + running

    def __enter__(self) -> None:
        self._since = self._clock()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._spent, self._since = self(), None
