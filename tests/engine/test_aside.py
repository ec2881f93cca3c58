"""Heavy work goes on beside the engine's thread, and ends with it."""

import threading

import pytest

from pushforward.studio.engine.watch.background_work import run_in_thread


def finished(work):
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def test_it_runs_elsewhere_and_the_engine_is_free_meanwhile():
    here, may, began = threading.current_thread(), threading.Event(), threading.Event()
    places = []

    def work():
        places.append(threading.current_thread())
        began.set()
        may.wait(30)
        yield
        return 42

    running = run_in_thread(work())
    for _ in range(5):
        assert next(running) is False  # however long a piece takes
    assert began.wait(30)
    may.set()
    assert finished(running) == 42
    assert places[0] is not here


def test_what_goes_wrong_comes_out_here():
    def work():
        yield
        raise ArithmeticError("no number")

    with pytest.raises(ArithmeticError, match="no number"):
        finished(run_in_thread(work()))


def test_closing_it_waits_for_nothing_and_no_more_pieces_are_begun():
    pieces, closed = [], threading.Event()
    began, may = threading.Event(), threading.Event()

    def work():
        try:
            while True:
                pieces.append(1)
                began.set()
                may.wait(30)
                yield
        except GeneratorExit:
            closed.set()
            raise

    running = run_in_thread(work())
    next(running)
    assert began.wait(30)
    running.close()
    assert not closed.is_set(), "the piece at hand goes on by itself"
    may.set()
    assert closed.wait(30)
    assert len(pieces) == 1
