"""The limit of the waits of other tests: it outlasts work, and ends a hang."""

import subprocess
import sys
import time

from tests.patience import Patience


def wait(patience: Patience) -> float:
    begun = time.monotonic()
    while not patience.is_over():
        time.sleep(0.01)
    return time.monotonic() - begun


def test_a_wait_for_nothing_ends() -> None:
    assert wait(Patience(0.05)) > 0.04


def test_a_child_that_computes_prolongs_it_and_one_that_sleeps_does_not() -> None:
    busy = [sys.executable, "-c", "print(flush=True)\nwhile True: pass"]
    with subprocess.Popen(busy, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        patience = Patience(0.5)
        time.sleep(0.6)
        assert not patience.is_over()
        child.kill()
        child.wait()
    # Nobody computes any more: what is left of the new limit passes, and no further one begins.
    assert wait(patience) < 60


def test_a_child_that_computes_for_ever_is_a_hang(monkeypatch) -> None:
    used = iter(range(1000))
    monkeypatch.setattr("tests.patience._processor_seconds", lambda: float(next(used)))
    wait(Patience(0.001))
    assert next(used) == 22  # at its beginning, and at the end of each of 21 limits
