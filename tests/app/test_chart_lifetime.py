"""Charts that are closed while Python still holds parts of them."""

import gc

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from shiboken6 import Shiboken

from pushforward.studio.app.charts.bar_chart import Bars, BarsPlot


@pytest.mark.usefixtures("qapp")
def test_a_chart_without_a_parent_is_destroyed_once() -> None:
    destroyed = []
    for _ in range(20):
        chart = BarsPlot()
        chart.destroyed.connect(lambda: destroyed.append(None))
        chart.set_bars(Bars("runs", ("edm", "gan"), np.array([2.0, 1.0])))
        del chart
        for widget in filter(Shiboken.createdByPython, QApplication.topLevelWidgets()):
            widget.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.collect(0)
    assert len(destroyed) == 20
