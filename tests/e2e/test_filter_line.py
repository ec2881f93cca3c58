"""The line of a filter leaves the keys of the window alone: Qt takes them under X11 only."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QVBoxLayout, QWidget

from pushforward.studio.app.design.filter_field import FilterLine


@pytest.mark.xvfb
def test_what_is_filtered_can_be_exported_from_the_line(qtbot) -> None:
    window = QWidget()
    line = FilterLine()
    QVBoxLayout(window).addWidget(line)
    asked = []
    QShortcut(QKeySequence("Ctrl+E"), window, lambda: asked.append(line.text()))
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    line.setFocus()
    qtbot.waitUntil(line.hasFocus)
    qtbot.keyClicks(line, "mass > 3e1")
    qtbot.keyClick(line, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    assert asked == ["mass > 3e1"], "and a plain e is a letter"
