"""Words above a plane: what it shows, and which curve is which."""

from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QApplication

from pushforward.studio.app.charts.plot_plane import HEADING, Heading


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


def test_a_title_that_the_names_leave_no_room_for_stands_above_them(qapp: QApplication) -> None:
    """Of "Fidelity and diversity" nothing but an F was left."""
    heading = Heading()
    heading.resize(300, HEADING)
    names = [(f"name {i}", QPen(QColor("red"))) for i in range(3)]
    heading.tell("A", names)
    assert heading.lines(300) == [names]
    heading.tell("Fidelity and diversity, as one would say", names)
    assert heading.lines(300) == [[], names]
    high = heading.minimumHeight()
    heading.say("t = 0.5", names=False)  # the picture below does not move under the mouse
    assert (heading.text, heading.minimumHeight()) == ("t = 0.5", high)
    heading.say("t = 0.5: what is under the mouse may be longer than the title, and is then cut")
    assert heading.minimumHeight() == high
