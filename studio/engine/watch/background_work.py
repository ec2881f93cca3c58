"""Run long work in a thread, so that the engine's thread stays free."""

import threading
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

__all__ = ["run_in_thread"]

T = TypeVar("T")
# Others are stepped in between: a longer look would slow a training, a shorter one turn in circles.
_LOOK = 0.002


def run_in_thread(work: Generator[None, None, T]) -> Generator[bool, None, T]:
    """Run a generator in a thread; yield False until it is done, and return its result.

    Closing it does not wait for the current piece, but starts no further one. The work must not
    share mutable state with the engine's thread: it needs its own model and random numbers.
    """
    stopped = threading.Event()

    def run() -> T:
        while not stopped.is_set():
            try:
                next(work)
            except StopIteration as end:
                found: T = end.value
                return found
        work.close()
        raise RuntimeError("the work was stopped")

    pool = ThreadPoolExecutor(1, thread_name_prefix="aside")
    try:
        done: Future[T] = pool.submit(run)
        while not done.done():
            wait([done], _LOOK)
            yield False
    finally:
        stopped.set()
        pool.shutdown(wait=False)
    return done.result()
