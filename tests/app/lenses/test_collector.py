"""No thread but the GUI's collects garbage while the application runs."""

import gc
import threading
import weakref

from PySide6.QtWidgets import QApplication

from pushforward.studio.app.core.garbage_collection import Collector


class Knot:
    """Something that only the collector of cycles can free."""

    def __init__(self) -> None:
        self.me = self


def test_a_worker_frees_no_cycle_and_the_gui_thread_does(qapp: QApplication) -> None:
    made = Collector()
    try:
        knot = weakref.ref(Knot())
        churn = threading.Thread(target=lambda: [[Knot()] for _ in range(5000)])
        churn.start()
        churn.join()
        assert knot() is not None
        assert made.collect() >= 0
        assert knot() is None
    finally:
        made.stop()
    assert gc.isenabled() == made._was


def test_nothing_is_done_when_nothing_is_due(qapp: QApplication) -> None:
    made = Collector()
    try:
        gc.collect()
        assert made.collect() == -1
    finally:
        made.stop()
