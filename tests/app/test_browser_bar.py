"""The bar of the browser: what it has no room for stands in a line of its own, and comes back."""

import numpy as np
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.core.selection import Selection
from pushforward.studio.app.data.browser import Browser


def test_a_narrow_bar_gives_way_first_what_finds_and_then_the_sides(qapp: QApplication) -> None:
    browser, view = Browser(Selection()), QWidget()
    more = QPushButton("Sample now, and something longer")
    bar = browser.bar(view, more)
    x = {"x": np.zeros((4, 1, 8, 8), np.float32), "label": np.array(list("abcd"))}
    browser.show_data(kind("images"), x, None, x, None, "")
    view.show()
    bar.show()
    places = []
    for width in (1100, 560, 300, 560, 1100):
        bar.resize(width, 40)
        QApplication.processEvents()
        places.append((browser.order.parent() is bar, browser.sides.parent() is bar))
    wide, middle, narrow = (True, True), (False, True), (False, False)
    assert places == [wide, middle, narrow, middle, wide]
    assert more.parent() is bar
    for widget in (browser, view):
        widget.close()
        widget.deleteLater()
    QApplication.sendPostedEvents()
