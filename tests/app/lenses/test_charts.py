"""A chart of curves: what is drawn of them, and what the mouse does to it."""

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QMouseEvent, QPainter, QWheelEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from pushforward.studio.app.charts.axis import power_marks, step_marks, value_marks
from pushforward.studio.app.charts.curve_card import ChartCard
from pushforward.studio.app.charts.curve_chart import ChartScene, reduced, whole_height
from pushforward.studio.app.charts.curve_items import Frame, curve_items
from pushforward.studio.app.charts.curve_plot import ChartPlot
from pushforward.studio.app.charts.curves import Curve, columns, smoothed
from pushforward.studio.app.charts.line_plot import LinePlot
from pushforward.studio.app.charts.picture_export import write_picture
from pushforward.studio.app.charts.plot_plane import Line, Surface, word
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.charts.print_plots import charts_picture, paint_surface
from pushforward.studio.app.data.chart_export import ask_picture, ask_values
from pushforward.studio.app.design.formula_label import lines_of
from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.design.tokens import DARK

STEPS = np.arange(101.0)
LOSS = Curve("loss", "Loss", "#ff0000", STEPS, 1 + STEPS / 100)


@pytest.fixture
def plot(qtbot: QtBot) -> ChartPlot:
    """A chart of a line from (0, 1) to (100, 2), whose owner looks where it is told to."""
    made = ChartPlot()
    qtbot.addWidget(made)
    made.resize(464, 230)
    made.show()
    made.set_scene(ChartScene([LOSS], (0.0, 100.0)))
    return made


def test_a_title_is_read_whole_beside_two_names_and_a_note(qtbot: QtBot) -> None:
    """Of "Loss" an L was left, and of how to read a figure "lower is better; floo…"."""
    other = replace(LOSS, name="generator", title="Generator loss")
    for title, curves in (("Loss", [LOSS, other]), ("Fréchet distance (judge features)", [LOSS])):
        note = "lower is better; floor: real against real" if len(curves) == 1 else ""
        card = ChartCard(title, note=note)
        qtbot.addWidget(card)
        card.show_curves(curves, (0.0, 2500.0), None)
        card.resize(380, 260)
        card.show()
        QApplication.processEvents()
        assert card.heading.text() == title
        assert card.note.text() == note


def place(plot: ChartPlot, step: float, value: float) -> QPointF:
    return plot.plane.box.mapViewToScene(QPointF(step, value))


def mouse(plot: ChartPlot, kind: QEvent.Type, at: QPointF, held: bool = True) -> None:
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    button = none if kind == QEvent.Type.MouseMove else left
    event = QMouseEvent(
        kind, at, at, button, left if held else none, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(plot.viewport(), event)


def drag(plot: ChartPlot, start: QPointF, end: QPointF) -> None:
    mouse(plot, QEvent.Type.MouseButtonPress, start)
    mouse(plot, QEvent.Type.MouseMove, end)
    mouse(plot, QEvent.Type.MouseButtonRelease, end, held=False)


def wheel(plot: ChartPlot, at: QPointF, notches: int) -> None:
    event = QWheelEvent(
        at, at, QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(plot.viewport(), event)


def lines(curve: Curve, log: bool = False, high: float = 200.0) -> list[Line]:
    frame = Frame((0.0, 100.0), (-2.0, 2.0), 400, high, log)
    (found,) = reduced(ChartScene([curve], (0.0, 100.0)), frame.count)
    return [i for i in curve_items(curve, found, frame, CanvasStyle.of(DARK)) if type(i) is Line]


def test_a_line_that_joins_values_of_other_numbers_of_samples_is_not_drawn(qapp: object) -> None:
    counts = np.array([250.0, 250.0, 2000.0])
    values = np.array([0.5, 0.5, 0.1])
    curve = Curve("q", "Q", "#f00", np.array([0.0, 50.0, 100.0]), values, True, counts=counts)
    assert [line.getData()[0].tolist() for line in lines(curve)] == [[0, 50], [100]]


def test_a_floor_goes_from_edge_to_edge_with_the_band_of_its_spread(qapp: object) -> None:
    steps, floors = np.array([40.0, 60.0]), np.array([0.2, 0.2])
    curve = Curve(
        "q", "Q", "#f00", steps, floors * 3, True, 0.2, floors, spreads=np.array([0.05, 0.05])
    )
    frame = Frame((0.0, 100.0), (0.0, 1.0), 400, 200, False)
    (found,) = reduced(ChartScene([curve], (0.0, 100.0)), frame.count)
    items = list(curve_items(curve, found, frame, CanvasStyle.of(DARK)))
    band = next(item for item in items if isinstance(item, pg.FillBetweenItem))
    low, high = (each.getData()[1] for each in band.curves)
    assert (low[0], high[0]) == pytest.approx((0.1, 0.3)), "where a value is not told from it"
    line = next(item for item in items if type(item) is Line)
    assert line.getData()[0].tolist() == [0, 40, 60, 100]
    text = next(item for item in items if isinstance(item, pg.TextItem))
    assert text.toPlainText().replace("\u00a0", " ") == "floor 0.2 ± 0.05, band of real data"
    assert text.pos().y() == pytest.approx(0.3), "above the band, which it would hide"


@pytest.mark.parametrize(
    ("values", "further", "anchor"),
    [
        ([0.9, 0.8, 0.7, 0.6], False, 1.0),  # nothing near it: above, on the left
        ([0.3, 0.3, 0.7, 0.6], False, 0.0),  # the curve is just above it at first
        ([0.15, 0.3, 0.7, 0.6], True, 1.0),  # and on both sides of it
    ],
)
def test_the_word_of_a_floor_lies_where_the_curve_is_not(
    qapp: object, values: list[float], further: bool, anchor: float
) -> None:
    steps, heights = np.array([0.0, 20.0, 60.0, 100.0]), np.array(values)
    curve = Curve("q", "Q", "#f00", steps, heights, True, 0.2, np.full(4, 0.2))
    frame = Frame((0.0, 100.0), (0.0, 1.0), 400.0, 200.0, log=False)
    (found,) = reduced(ChartScene([curve], (0.0, 100.0)), 400)
    (said,) = [
        each
        for each in curve_items(curve, found, frame, CanvasStyle.of(DARK))
        if isinstance(each, pg.TextItem)
    ]
    assert said.anchor.y() == anchor
    assert (said.pos().x() > 0) == further


def test_the_word_of_a_floor_goes_up_where_a_curve_came_down_to_it(qapp: object) -> None:
    steps = np.array([0.0, 50.0, 100.0])
    curve = Curve("q", "Q", "#f00", steps, np.full(3, 0.09), True, 0.05, np.full(3, 0.05))
    frame = Frame((0.0, 100.0), (0.0, 1.0), 400.0, 200.0, log=False)
    (found,) = reduced(ChartScene([curve], (0.0, 100.0)), 400)
    drawn = curve_items(curve, found, frame, CanvasStyle.of(DARK))
    (said,) = [each for each in drawn if isinstance(each, pg.TextItem)]
    assert said.anchor.y() == 1.0
    assert 0.09 < said.pos().y() < 0.3, "not on the points, and not far from the line"


def test_a_logarithmic_axis_leaves_out_what_is_not_positive(qapp: object) -> None:
    curve = Curve("a", "A", "#fff", np.arange(4.0), np.array([-1.0, 0.0, 0.01, 100.0]), True)
    scene = ChartScene([curve], (0.0, 3.0), log=True)
    low, high = whole_height(scene, reduced(scene, 300))
    assert low == pytest.approx(-2, abs=0.3)
    assert high == pytest.approx(2, abs=0.3)
    heights = lines(curve, log=True)[-1].getData()[1]
    assert np.isnan(heights[:2]).all()
    assert heights[2:].tolist() == [-2, 2]
    assert power_marks(low, high, 200) == [
        (-2, "0.01"), (-1, "0.1"), (0, "1"), (1, "10"), (2, "100"),
    ]  # fmt: skip


def test_an_axis_of_few_powers_of_ten_has_marks_between_them() -> None:
    calls = [text for _, text in power_marks(math.log10(3.8), math.log10(63), 300)]
    assert calls == ["5", "10", "20", "50"]
    assert [text for _, text in power_marks(-1.1, 0.2, 60)] == ["0.1", "1"], "no room for more"


def test_steps_are_counted_in_whole_numbers() -> None:
    assert step_marks(0, 2.4, 800) == [(0, "0"), (1, "1"), (2, "2")]
    assert step_marks(0, 4_000, 400)[-1] == (4_000, "4,000")
    assert step_marks(0, 4_199, 290)[-1] == (4_000, "4,000")


def test_how_many_the_highest_figure_is_of_is_written_inside_the_chart(
    qapp: object, tmp_path: Path
) -> None:
    """Above it there is no room: what lies outside the plot is cut off."""
    counts = np.array([2000.0, 2000.0, 250.0])
    curve = Curve("q", "Q", "#fff", np.arange(3.0), np.array([0.1, 0.2, 0.9]), True, counts=counts)
    path = tmp_path / "a.svg"
    write_picture(charts_picture({"Q": ChartScene([curve], (0.0, 2.0))}, 400, 160), path)
    before = path.read_text().partition("n = 250")[0].rpartition("<g ")[2]
    moved = re.findall(r"matrix\(([-0-9.,]+)\)", before)[-1].split(",")
    baseline = float(moved[5]) + float(re.findall(r'\by="([-0-9.]+)"', before)[-1])
    assert baseline - 8 > 26 + 8


def test_the_ground_of_words_is_behind_them_on_paper(qapp: object) -> None:
    def made() -> Surface:
        surface = Surface()
        plane = surface.add_plane(step_marks, value_marks)
        plane.look_at((0, 10), (0, 10))
        plane.draw([word("here", "#0000ff", (5, 5), (0.5, 0.5), QColor("#ff0000"))])
        return surface

    image = QImage(600, 400, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(2)
    image.fill(0)
    with QPainter(image) as painter:
        paint_surface(painter, QRectF(50, 20, 240, 170), made)
    red = [(x, y) for x in range(600) for y in range(400) if image.pixelColor(x, y).red() > 250]
    x, y = np.mean(red, axis=0) / 2
    box = QRectF(50 + 52, 20 + 8, 240 - 52 - 12, 170 - 8 - 22)  # without the axes
    assert (x, y) == pytest.approx((box.center().x(), box.center().y()), abs=2)


class Paints(QObject):
    """Counts how often a widget is painted."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


def test_a_curve_that_grows_is_painted_once(plot: ChartPlot) -> None:
    paints = Paints(plot.viewport())
    for steps in (50, 60):
        paints.count = 0
        grown = replace(LOSS, steps=LOSS.steps[:steps], values=LOSS.values[:steps])
        plot.set_scene(ChartScene([grown], (0.0, float(steps))))
        for _ in range(4):
            QApplication.processEvents()
        assert paints.count == 1


def test_of_a_smoothed_line_some_points_are_drawn_and_its_ends_and_gaps(qapp: object) -> None:
    steps = np.arange(1000.0)
    values = 1 + 0.1 * np.sin(steps)
    values[505:515] = np.nan
    _, calm = lines(replace(LOSS, steps=steps / 10, values=values))
    x, y = calm.getData()
    assert len(x) <= 400 / 2 + 4
    assert (x[0], x[-1]) == (0, 99.9)
    assert 50.3 < x[np.isnan(y)].min() <= x[np.isnan(y)].max() < 51.5
    every = columns(steps / 10, values, 0, 100, 400)
    whole = smoothed(every.mean, 0.02 * every.x.size)
    drawn = np.interp(every.x, x, y)[8:-8]  # beyond, fewer and fewer are averaged
    known = np.isfinite(drawn) & np.isfinite(whole[8:-8])
    assert known.sum() > 370
    assert drawn[known] == pytest.approx(whole[8:-8][known], abs=0.01)


def test_the_mouse_says_which_step_it_is_over_and_a_click_chooses_it(
    plot: ChartPlot, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(plot.hovered) as hovered:
        mouse(plot, QEvent.Type.MouseMove, place(plot, 30, 1.2), held=False)
    assert hovered.args[0] == pytest.approx(30, abs=0.5)
    with qtbot.waitSignal(plot.chosen) as chosen:
        mouse(plot, QEvent.Type.MouseButtonPress, place(plot, 40, 1.5))
        mouse(plot, QEvent.Type.MouseButtonRelease, place(plot, 40, 1.5), held=False)
    assert chosen.args[0] == pytest.approx(40, abs=0.5)
    plot.set_hover(30.0)
    assert [tuple(p.pos()) for p in plot._dots.points()] == [(30.0, 1.3)]


def test_a_box_is_looked_at_on_both_axes_and_a_double_click_shows_all(
    plot: ChartPlot, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(plot.zoomed) as zoomed:
        drag(plot, place(plot, 20, 1.2), place(plot, 60, 1.6))
    assert zoomed.args[0] == pytest.approx((20, 60), abs=0.5)
    assert plot.shown.height == pytest.approx((1.2, 1.6), abs=0.02)
    assert plot.plane.box.viewRange()[1] == pytest.approx([1.2, 1.6], abs=0.02)
    with qtbot.waitSignal(plot.zoomed) as zoomed:
        mouse(plot, QEvent.Type.MouseButtonDblClick, place(plot, 30, 1.3))
    assert zoomed.args[0] is None
    assert plot.shown.height is None


def test_a_flat_box_is_of_steps_alone(plot: ChartPlot, qtbot: QtBot) -> None:
    with qtbot.waitSignal(plot.zoomed):
        drag(plot, place(plot, 20, 1.5), place(plot, 60, 1.5))
    assert plot.shown.height is None


def test_the_wheel_keeps_what_is_under_it_and_comes_back_to_all(
    plot: ChartPlot, qtbot: QtBot
) -> None:
    at = place(plot, 25, 1.5)
    with qtbot.waitSignal(plot.zoomed) as zoomed:
        wheel(plot, at, 1)
    x0, x1 = zoomed.args[0]
    assert x1 - x0 == pytest.approx(75, abs=0.5)
    assert (25 - x0) / (x1 - x0) == pytest.approx(0.25, abs=0.01)
    assert plot.plane.value_at(at).y() == pytest.approx(1.5, abs=0.01)
    plot.set_scene(ChartScene([LOSS], (0.0, 100.0), (x0, x1), plot.shown.height))
    with qtbot.waitSignal(plot.zoomed) as zoomed:
        wheel(plot, at, -3)
    assert zoomed.args[0] is None
    assert plot.shown.height is None


def test_going_back_to_all_steps_shows_all_values_of_every_chart(qtbot: QtBot) -> None:
    card = ChartCard("Loss")
    qtbot.addWidget(card)
    card.show_curves([LOSS], (0.0, 100.0), None, zoom=(10.0, 20.0))
    card.plot.look_closer(card.plot.plane, (10.0, 20.0), (1.1, 1.2))
    assert card.scene.height == (1.1, 1.2)
    card.show_curves([LOSS], (0.0, 100.0), None)
    assert card.scene.height is None


def test_a_chart_follows_the_theme(plot: ChartPlot) -> None:
    before = plot.plane.left.textPen().color().name()
    mode = theme.mode
    try:
        theme.set_mode("light" if theme.colors().name == "dark" else "dark")
        assert plot.plane.left.textPen().color().name() == theme.colors().muted != before
    finally:
        theme.set_mode(mode)


def test_the_ground_of_a_chart_follows_the_theme(qtbot: QtBot) -> None:
    """It was kept as a picture: charts stood on black after a change to the light theme."""
    page, plot = QWidget(), ChartPlot()
    page.setProperty("surface", "canvas")
    page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    QVBoxLayout(page).addWidget(plot)
    qtbot.addWidget(page)
    page.resize(300, 200)
    page.show()
    mode = theme.mode
    try:
        for each in ("dark", "light", "dark"):
            theme.set_mode(each)
            at = plot.mapTo(page, QPoint(2, 2))
            ground = page.grab().toImage().pixelColor(at)
            assert ground.name() == theme.colors().panel
    finally:
        theme.set_mode(mode)


def test_what_a_chart_shows_goes_to_a_file(lens: Any, qtbot: QtBot, tmp_path: Path) -> None:
    card = ChartCard("Loss")
    qtbot.addWidget(card)
    other = replace(LOSS, name="critic", title="Critic")
    card.show_curves([LOSS, other], (0.0, 100.0), None)
    card._entries["critic"].setChecked(False)
    for ask, name in ((ask_values, "c.csv"), (ask_picture, "c.svg")):
        dialog = ask(card, lens.state, "quality/loss")
        dialog.fileSelected.emit(str(tmp_path / name))
        dialog.close()
    qtbot.waitUntil(lambda: not card.findChildren(QFileDialog))
    assert (tmp_path / "c.csv").read_text().splitlines()[:2] == ["training steps,Loss", "0,1.0"]
    drawn = (tmp_path / "c.svg").read_text()
    assert "training steps" in drawn
    assert "Critic" not in drawn


def test_a_floor_of_few_samples_has_its_band_too() -> None:
    """As wide as the curve, it shows that nothing can be told."""
    steps, counts = np.array([0.0, 100.0]), np.array([4.0, 4.0])
    curve = Curve(
        "q", "Q", "#f00", steps, np.array([0.1, 0.0]), True, 0.0, np.zeros(2), counts,
        spreads=np.full(2, 0.03),
    )  # fmt: skip
    assert curve.band is not None
    assert np.stack(curve.band).tolist() == [[-0.06, -0.06], [0.06, 0.06]]


def test_of_values_of_other_numbers_the_most_samples_have_the_band_and_the_others_are_paler(
    qapp: object,
) -> None:
    """A band of few samples is wide, and says nothing of a value of many."""
    counts, values = np.array([250.0, 250.0, 2000.0]), np.array([0.5, 0.5, 0.1])
    floors, spreads = np.array([0.2, 0.2, 0.05]), np.array([0.08, 0.08, 0.01])
    curve = Curve(
        "q", "Q", "#f00", np.array([0.0, 50.0, 100.0]), values, True, 0.05, floors, counts,
        spreads=spreads,
    )  # fmt: skip
    frame = Frame((0.0, 100.0), (0.0, 1.0), 400, 200, False)
    (found,) = reduced(ChartScene([curve], (0.0, 100.0)), frame.count)
    items = list(curve_items(curve, found, frame, CanvasStyle.of(DARK)))
    (band,) = [item for item in items if isinstance(item, pg.FillBetweenItem)]
    assert [each.getData()[1][0] for each in band.curves] == pytest.approx([0.03, 0.07])
    few, many = (i.opts["brush"].color() for i in items if isinstance(i, pg.ScatterPlotItem))
    assert (few.name(), many.name()) == (DARK.panel, "#ff0000"), "dots of few are hollow"
    lines = [i for i in items if type(i) is Line and i.opts["pen"].color().name() == "#ff0000"]
    assert [i.opts["pen"].color().alphaF() for i in lines] == [pytest.approx(0.5, abs=0.01), 1.0]
    texts = [i for i in items if isinstance(i, pg.TextItem)]
    assert [i.toPlainText() for i in texts[1:]] == ["n = 250", "n = 2,000"]


def test_of_how_many_a_value_is_is_said_where_others_are_of_other_numbers(qtbot: QtBot) -> None:
    counts, values = np.array([250.0, 250.0, 2000.0]), np.array([0.5, 0.5, 0.1])
    curve = Curve("q", "Q", "#f00", np.array([0.0, 50.0, 100.0]), values, True, counts=counts)
    card = ChartCard("Q")
    qtbot.addWidget(card)
    for shown, told in (
        (curve, ["step 50, n = 250", "step 100, n = 2,000"]),
        (replace(curve, counts=None), ["step 50", "step 100"]),
    ):
        card.show_curves([shown], (0.0, 100.0), None)
        for hover, words in zip((52.0, 98.0), told, strict=True):
            card.set_hover(hover)
            assert card._values.text().replace("\u00a0", " ").split("   ")[0] == words


def test_of_several_curves_the_first_alone_has_words(qapp: object) -> None:
    counts, values = np.array([250.0, 250.0, 2000.0]), np.array([0.5, 0.5, 0.1])
    curve = Curve(
        "q", "Q", "#f00", np.array([0.0, 50.0, 100.0]), values, True, 0.2, values / 5, counts
    )
    frame = Frame((0.0, 100.0), (0.0, 1.0), 400, 200, False)
    words = []
    for each in (curve, replace(curve, said=False)):
        (found,) = reduced(ChartScene([each], (0.0, 100.0)), frame.count)
        items = curve_items(each, found, frame, CanvasStyle.of(DARK))
        words.append([i.toPlainText() for i in items if isinstance(i, pg.TextItem)])
    assert words == [["floor 0.02, n = 2,000", "n = 250", "n = 2,000"], []]


def test_of_how_many_a_value_is_does_not_stand_at_the_dot_of_another_curve(qapp: object) -> None:
    """ "n = 250" of one run stood over the last of another's that were of 100."""
    steps, counts = np.array([20.0, 300.0, 700.0]), np.array([100.0, 100.0, 250.0])
    curve = Curve("q", "Q", "#f00", steps, np.array([90.0, 20.0, 12.0]), True, counts=counts)
    other = Curve("r", "R", "#00f", np.array([100.0, 640.0]), np.array([60.0, 15.0]), True)
    frame = Frame((0.0, 1000.0), (0.0, 300.0), 360.0, 110.0, log=False)
    (found,) = reduced(ChartScene([curve], (0.0, 1000.0)), 360)
    for others, anchor in (([], 1.0), ([other], 0.0)):
        items = curve_items(curve, found, frame, CanvasStyle.of(DARK), others)
        texts = [each for each in items if isinstance(each, pg.TextItem)]
        (of,) = [each for each in texts if each.toPlainText() == "n = 250"]
        assert of.anchor.x() == anchor


def test_a_word_of_a_floor_that_is_far_above_it_is_led_to_it(qapp: object) -> None:
    """ "floor 6.7 ± 2, n = 250" floated in the air, above the line of another number."""
    steps = np.array([16.0, 60, 120, 200, 300, 460, 700])
    values = np.array([300.0, 240, 110, 60, 40, 24, 12])
    counts = np.array([*[100.0] * 6, 250.0])
    floors, spreads = np.array([*[19.0] * 6, 6.7]), np.array([*[7.0] * 6, 2.0])
    curve = Curve("q", "Q", "#f00", steps, values, True, 6.7, floors, counts, spreads=spreads)
    frame = Frame((0.0, 700.0), (0.0, 310.0), 300.0, 140.0, log=False)
    (found,) = reduced(ChartScene([curve], (0.0, 700.0)), 300)
    items = list(curve_items(curve, found, frame, CanvasStyle.of(DARK)))
    (said,) = [
        each
        for each in items
        if isinstance(each, pg.TextItem) and each.toPlainText().startswith("floor")
    ]
    assert said.pos().y() > 11.0
    leads = [
        each
        for each in items
        if type(each) is Line
        and len(set(each.getData()[1])) == 2
        and np.ptp(each.getData()[0]) == 0
    ]
    assert [each.getData()[1].tolist() for each in leads] == [[6.7, said.pos().y()]]


def test_the_word_of_a_floor_does_not_lie_across_a_steep_curve(qapp: object) -> None:
    """It lay across one of two that came down between the places that were looked at."""
    counts, steps = np.array([100.0, 100, 100, 100, 250]), np.array([5.0, 8, 300, 460, 1000])
    floors, spreads = np.array([19.0, 19, 19, 19, 6.7]), np.array([7.0, 7, 7, 7, 2])
    values = np.array([300.0, 30, 26, 24, 8])
    curve = Curve("q", "Q", "#f00", steps, values, True, 6.7, floors, counts, spreads=spreads)
    frame = Frame((0.0, 1000.0), (0.0, 310.0), 360.0, 130.0, log=False)
    (found,) = reduced(ChartScene([curve], (0.0, 1000.0)), 360)
    items = curve_items(curve, found, frame, CanvasStyle.of(DARK))
    texts = [each for each in items if isinstance(each, pg.TextItem)]
    (said,) = [each for each in texts if each.toPlainText().startswith("floor")]
    assert said.pos().x() > 8.0


def test_words_of_a_curve_keep_clear_of_other_curves(qapp: object) -> None:
    steps = np.array([0.0, 100.0])
    curve = Curve("q", "Q", "#f00", steps, np.array([0.9, 0.8]), True, 0.2, np.full(2, 0.2))
    other = Curve("r", "R", "#00f", steps, np.array([0.25, 0.25]), True)
    frame = Frame((0.0, 100.0), (0.0, 1.0), 400.0, 200.0, log=False)
    (found,) = reduced(ChartScene([curve], (0.0, 100.0)), 400)
    for others, anchor in (([], 1.0), ([other], 0.0)):
        items = curve_items(curve, found, frame, CanvasStyle.of(DARK), others)
        (said,) = [each for each in items if isinstance(each, pg.TextItem)]
        assert said.anchor.y() == anchor


def test_a_formula_breaks_where_no_bracket_is_open_and_bars_are_one(qtbot: QtBot) -> None:
    """The bound broke within the square of an error, and a masked error within its mask."""
    measure = QFontMetricsF(QFont())

    def broken(text: str, longest: str) -> list[str]:
        wide = measure.horizontalAdvance(longest) + 1
        return [line.strip() for line in lines_of(text, wide, measure)]

    bound = "a ≤ KL(q(x | y) ‖ p) + ½ ∫ |D − x|² ds"
    assert broken(bound, "a ≤ KL(q(x | y) ‖ p)") == ["a ≤ KL(q(x | y) ‖ p)", "+ ½ ∫ |D − x|² ds"]
    assert broken("m |(1 − m) ⊙ (D − x)|²", "m |(1 − m)  ") == ["m |(1 − m)", "⊙ (D − x)|²"]
    assert broken("f(a − b)", "f(a ") == ["f(a", "− b)"]
    product = "= Π Σ q(b | a, c) p(c | A)"
    assert broken(product, "= Π Σ q(b | a, c)") == ["= Π Σ q(b | a, c)", "p(c | A)"], "by factors"


def test_pictures_of_a_page_ask_for_no_more_than_they_need(qtbot: QtBot) -> None:
    """Each asked for the height of a window, so that a page in a low one showed none whole."""
    plot = LinePlot("a", "b", "c")
    qtbot.addWidget(plot)
    assert plot.minimumSizeHint().height() <= plot.sizeHint().height() <= 260


@pytest.mark.parametrize(
    ("wide", "high", "said"), [(250, 150, 3), (320, 150, 3), (530, 150, 3), (200, 45, 2)]
)
def test_the_word_of_a_floor_keeps_off_those_that_say_of_how_many(
    wide: int, high: int, said: int, qapp: object
) -> None:
    """W1M of 125 jets on the way, and of 1,000 at the end: one word lay on the other."""
    steps = np.array([16.0, 60, 120, 250, 700, 1400, 2641, 5000])
    values = np.array([0.052, 0.03, 0.018, 0.0125, 0.01, 0.008, 0.0073, 0.0032])
    counts = np.array([*[125.0] * 7, 1000.0])
    floors = np.array([*[0.0098] * 7, 0.0031])
    spreads = np.array([*[0.003] * 7, 0.0007])
    curve = Curve("q", "Q", "#f00", steps, values, True, 0.0031, floors, counts, spreads=spreads)
    frame = Frame((0.0, 5000.0), (0.0, 0.055), wide, high, False)
    (found,) = reduced(ChartScene([curve], (0.0, 5000.0)), frame.count)
    items = [i for i in curve_items(curve, found, frame, CanvasStyle.of(DARK))
             if isinstance(i, pg.TextItem)]  # fmt: skip
    boxes = []
    for item in items:
        size = item.boundingRect()
        left = item.pos().x() / frame.pixels(1) - item.anchor.x() * size.width()
        top = frame.above(item.pos().y()) - item.anchor.y() * size.height()
        boxes.append(size.translated(left - size.x(), top - size.y()).adjusted(2, 4, -2, -4))
    assert len(boxes) == said, "where there is no room the floor is not said"
    for i, one in enumerate(boxes):
        for other in boxes[i + 1 :]:
            assert not one.intersects(other), (one, other)
