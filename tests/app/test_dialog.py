"""A dialog has room for all that it shows."""

import itertools

from PySide6.QtCore import QRect
from PySide6.QtWidgets import QScrollArea, QWidget

from pushforward.studio.app.design.basic import label
from pushforward.studio.app.design.dialog import Dialog

LONG = "What stands against it takes several lines where the window is as narrow as this one. " * 4


def test_nothing_lies_over_something_else_when_a_line_comes(qtbot) -> None:
    sheet = Dialog(None, "Test", 300)
    qtbot.addWidget(sheet)
    area, name, trouble = QScrollArea(), label("Name"), label("", "danger", wrap=True)
    page = QWidget()
    page.setFixedHeight(500)
    area.setWidget(page)
    area.setMinimumHeight(200)
    layout = sheet.body
    for part in (label(LONG, wrap=True), area, name, trouble):
        layout.addWidget(part)
    trouble.hide()
    sheet.setFixedWidth(300)
    sheet.show()
    qtbot.waitExposed(sheet)
    trouble.setText(LONG)
    trouble.show()
    qtbot.wait(20)
    parts = [layout.itemAt(each).geometry() for each in range(layout.count())]
    for above, below in itertools.pairwise(parts):
        assert above.bottom() < below.top()
    assert QRect(sheet.rect()).contains(parts[-1])
    assert trouble.height() >= trouble.heightForWidth(trouble.width())
