"""A field for words: the key that leads to it is said until it has the keyboard."""

from PySide6.QtWidgets import QLineEdit

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
