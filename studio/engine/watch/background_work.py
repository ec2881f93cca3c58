"""Work whose pieces take seconds, done beside the engine's own thread so that this stays free."""

import threading
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

__all__ = ["run_in_thread"]

T = TypeVar("T")
# Others are stepped in between: a longer look would slow a training, a shorter one turn in circles.
_LOOK = 0.002


def run_in_thread(work: Generator[None, None, T]) -> Generator[bool, None, T]:
    """Do work in a thread of its own; yields False until it is done, and returns what it returns.

    Whoever closes this does not wait for the piece at hand, which may take long; no more are begun.
    It must be work that shares nothing with the engine's thread that changes: a model of its own,
    random numbers of its own.
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
