"""A field for words: the key that leads to it is said until it has the keyboard."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from pushforward.studio.app.design.search_field import SearchBox


def test_the_key_is_not_shown_where_it_would_be_typed(qtbot):
    made, other = SearchBox("Search", "/"), QLineEdit()
    bare = SearchBox("Search")
    for each in (made, other, bare):
        qtbot.addWidget(each)
        each.resize(200, 32)
        each.show()
    assert made.grab().toImage() != bare.grab().toImage()
    focused = []
    for each in (made, bare):
        each.setCursorPosition(0)
        each.hasFocus = lambda: True
        focused.append(each.grab().toImage())
    assert focused[0] == focused[1]


def test_ctrl_z_is_left_to_the_window_where_nothing_was_typed(qtbot):
    window = QWidget()
    field, undone = SearchBox("Search"), []
    QVBoxLayout(window).addWidget(field)
    QShortcut(QKeySequence.StandardKey.Undo, window, lambda: undone.append(field.text()))
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    undo = Qt.KeyboardModifier.ControlModifier
    qtbot.keyClick(field, Qt.Key.Key_Z, undo)
    assert undone == [""]
    qtbot.keyClicks(field, "edm")
    qtbot.keyClick(field, Qt.Key.Key_Z, undo)
    assert undone == [""], "what was typed is undone first"
    assert field.text() == ""
