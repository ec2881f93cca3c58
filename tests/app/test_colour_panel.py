"""The panel that chooses the colour of a brush."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QPushButton, QWidget

from pushforward.studio.app.data_types.images.colour_panel import ColourPanel


@pytest.fixture
def owner(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    return widget


def opened(owner):
    panel, chosen = ColourPanel(owner, QColor("tomato")), []
    panel.chosen.connect(lambda colour: chosen.append(colour.name()))
    panel.open()
    return panel, chosen


def test_a_click_or_a_typed_code_chooses(qtbot, owner):
    panel, chosen = opened(owner)
    cells = panel.findChildren(QPushButton)
    names = {cell.accessibleName() for cell in cells}
    assert {"#000000", "#ffffff", "#ff0000"} <= names
    qtbot.mouseClick(
        next(c for c in cells if c.accessibleName() == "#ff0000"), Qt.MouseButton.LeftButton
    )
    assert chosen == ["#ff0000"]
    panel, chosen = opened(owner)
    assert panel.code.text() == "#ff6347"
    panel.code.setText("nothing")
    panel._check("nothing")
    assert "No such colour" in panel.code.toolTip()
    qtbot.keyClick(panel.code, Qt.Key.Key_Return)
    assert not chosen
    assert panel.isVisible()
    panel.code.setText("#102030")
    qtbot.keyClick(panel.code, Qt.Key.Key_Return)
    assert chosen == ["#102030"]
