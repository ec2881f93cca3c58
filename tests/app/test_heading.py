"""Words above a plane: what it shows, and which curve is which."""

from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QApplication

from studio.app.plots.plane import HEADING, Heading


def test_names_of_many_curves_go_below_the_words_where_there_is_no_room(qapp: QApplication) -> None:
    """The first of five names was cut, and the words above them gone."""
    heading = Heading()
    heading.resize(400, HEADING)
    names = [(f"a long name {i}", QPen(QColor("red"))) for i in range(5)]
    heading.tell("What is shown", names[:1])
    assert heading.lines(400) == [names[:1]]
    assert heading.minimumHeight() == HEADING
    heading.tell("What is shown", names)
    lines = heading.lines(400)
    assert lines[0] == []
    assert [name for line in lines for name in line] == names
    assert heading.minimumHeight() == heading.maximumHeight() > HEADING
    heading.resize(1200, heading.minimumHeight())
    assert heading.lines(1200) == [names]
    assert heading.minimumHeight() == HEADING
