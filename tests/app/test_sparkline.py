"""The word of a floor in a curve without axes lies where no curve is."""

import numpy as np
from PySide6.QtGui import QPainter, QPixmap
from pytestqt.qtbot import QtBot

from pushforward.studio.app.charts.sparkline import SHORT, End, Sparkline
from pushforward.studio.app.design.theme import font


def place(line: Sparkline, xs: list[float], ys: list[float], floor: float, right: float):
    """Return where the word begins, and how wide it is and how high."""
    picture = QPixmap(line.size())
    with QPainter(picture) as painter:
        painter.setFont(font(11))
        found = line._word(painter, np.array(xs), np.array(ys), floor, right)
        return found, painter.fontMetrics().horizontalAdvance(line.bar), painter.fontMetrics()


def test_behind_the_line_of_a_floor_its_word_has_room(qtbot: QtBot) -> None:
    """The curve went on its floor, and through "floor, n = 100"."""
    line = Sparkline()
    qtbot.addWidget(line)
    line.resize(260, 64)
    steps, values = np.array([16.0, 60.0, 632.0]), np.array([200.0, 40.0, 22.0])
    line.show_series(steps, values, 19.0, "floor", End(1000.0, 8.0, 6.7))
    found, wide, _ = place(line, [1.0, 20.0, 160.0], [4.0, 45.0, 55.0], 56.0, 160.0)
    assert found.x() > 160.0, "behind the curve, too"
    assert found.x() + wide < 260 - SHORT, "before the floor of what came later"


def test_where_a_curve_is_on_its_floor_all_along_the_word_is_higher_up(qtbot: QtBot) -> None:
    line = Sparkline()
    qtbot.addWidget(line)
    line.resize(260, 64)
    line.show_series(np.array([0.0, 10.0]), np.array([20.0, 20.0]), 19.0, "floor, n = 100")
    ys = [4.0, 50.0, 52.0]
    found, _, metrics = place(line, [1.0, 20.0, 257.0], ys, 56.0, 257.0)
    assert found.y() < 50.0 - 2, "above the curve"
    assert found.y() - metrics.ascent() > 4.0 or found.x() > 20.0


def test_a_word_keeps_its_comma_off_a_curve_that_is_nearly_on_its_floor(qtbot: QtBot) -> None:
    line = Sparkline()
    qtbot.addWidget(line)
    line.resize(260, 64)
    line.show_series(np.array([0.0, 10.0]), np.array([20.0, 20.0]), 19.0, "floor, n = 100")
    found, _, metrics = place(line, [1.0, 80.0, 170.0], [4.0, 54.0, 55.0], 56.0, 170.0)
    assert found.x() > 170.0 or found.y() + metrics.descent() < 54.0
