"""Plots for paper: drawn anew at a size of their own, with what is along their axes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter

from pushforward.studio.app.charts.bar_chart import Bars, BarsPlot
from pushforward.studio.app.charts.confusion_matrix import Confusion, ConfusionPlot
from pushforward.studio.app.charts.curve_chart import ChartScene
from pushforward.studio.app.charts.curve_plot import ChartPlot
from pushforward.studio.app.charts.histogram import HistogramPlot, HistogramScene
from pushforward.studio.app.charts.line_styles import Named, ink, key_lines, paint_key
from pushforward.studio.app.charts.picture_export import Picture, painted_picture
from pushforward.studio.app.charts.plot_plane import Surface
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.charts.rescaling_chart import HPlot, HScene
from pushforward.studio.app.design.theme import colors, font
from pushforward.studio.literal import one_line

__all__ = [
    "bars_picture",
    "charts_picture",
    "h_picture",
    "histograms_picture",
    "keyed_picture",
    "paint_surface",
]

LEGEND = 26  # pixels above a chart
PANEL = QSize(480, 320)  # of one plot of several
PRINTED = QSize(340, 294)  # of one that is as wide as a column of a journal: 3.4 inches
KEY = 20  # pixels of a line of the key
HEAD = 34  # pixels above a printed plot, of its title and of what is said of it

S = TypeVar("S")


def paint_surface(painter: QPainter, box: QRectF, make: Callable[[], Surface]) -> None:
    """Paint what a surface shows into a box of logical pixels, without showing it."""
    surface = make()
    surface.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    surface.setMinimumSize(0, 0)
    surface.resize(box.size().toSize())
    surface.show()  # planes have no size before
    surface.scene().render(painter, box, QRectF(surface.rect()))
    surface.hide()
    surface.deleteLater()


def charts_picture(
    charts: Mapping[str, ChartScene], width: int = 960, height: int = 280
) -> Picture:
    """Return charts below each other, with their titles along their axes and their legends."""

    def paint(painter: QPainter, vector: bool) -> None:
        style = CanvasStyle.of(colors())
        painter.fillRect(QRect(0, 0, width, height * len(charts)), QColor(style.background))
        for i, (title, scene) in enumerate(charts.items()):
            top = i * height
            _legend(painter, style, scene, width, top)

            def make_plot(scene: ChartScene = scene, title: str = title) -> ChartPlot:
                plot = ChartPlot()
                plot.set_scene(replace(scene, hover=None))
                plot.name_axes(one_line(title))
                return plot

            paint_surface(
                painter, QRectF(8, top + LEGEND, width - 16, height - LEGEND - 4), make_plot
            )

    size = QSize(width, height * max(1, len(charts)))
    return painted_picture(size, paint, printed=True)


def histograms_picture(
    scenes: Mapping[str, HistogramScene], said: Mapping[str, str] | None = None
) -> Picture:
    """Return histograms with their names along their axes, as they are printed: two of them across
    a page, with letters that can still be read, each below its title and what is ``said`` of it,
    such as a distance; which line is which model stands above all.
    """

    def make_plot(scene: HistogramScene) -> HistogramPlot:
        plot = HistogramPlot()
        inked = (replace(model, ink=ink(model.place, colors())) for model in scene.models)
        plot.set_scene(replace(scene, brushed=None, models=tuple(inked)))
        return plot

    panels = {
        title: (partial(make_plot, scene), (said or {}).get(title, ""))
        for title, scene in scenes.items()
    }
    return keyed_picture(panels, partial(_key, scenes))


def keyed_picture(
    panels: Mapping[str, tuple[Callable[[], Surface], str]],
    key: Callable[[], Sequence[Named]],
    note: str = "",
) -> Picture:
    """Return plots by their titles, each with what is said of it, two of them across a page, below
    the ``key`` of all and above a ``note``. Plots and key are made as the picture is painted, in
    the colours of paper.
    """
    across = min(2, len(panels)) or 1
    wide = across * PRINTED.width()
    lines = len(key_lines(key(), wide - 32))
    foot = KEY * lines + 8 + -(-len(panels) // across) * PRINTED.height()
    below = QRect(16, foot, wide - 32, _note_height(note, wide - 32))
    size = QSize(wide, foot + (below.height() + 12 if note else 0))

    def paint(painter: QPainter, vector: bool) -> None:
        style = CanvasStyle.of(colors())
        painter.fillRect(QRect(0, 0, size.width(), size.height()), QColor(style.background))
        for line, names in enumerate(key_lines(key(), wide - 32)):
            paint_key(painter, QPointF(16, KEY * (line + 0.5) + 6), names, QColor(style.text))
        for i, (title, (made, said)) in enumerate(panels.items()):
            left, top = i % across * PRINTED.width(), i // across * PRINTED.height()
            top += KEY * lines + 8
            _head(painter, style, QRectF(left + 10, top, PRINTED.width() - 20, HEAD), title, said)
            box = QRectF(left + 6, top + HEAD, PRINTED.width() - 12, PRINTED.height() - HEAD - 8)
            paint_surface(painter, box, made)
        painter.setFont(font(11))
        painter.setPen(QColor(style.muted))
        painter.drawText(below, int(Qt.TextFlag.TextWordWrap), one_line(note))

    return painted_picture(size, paint, printed=True)


def _note_height(note: str, wide: int) -> int:
    """Return the height of a note of width ``wide``, in pixels."""
    room = QRect(0, 0, wide, 10_000)
    wrapped = int(Qt.TextFlag.TextWordWrap)
    return QFontMetrics(font(11)).boundingRect(room, wrapped, one_line(note)).height()


def _head(painter: QPainter, style: CanvasStyle, box: QRectF, title: str, said: str) -> None:
    """Write a title, and below it what is said of the plot."""
    align = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
    painter.setFont(font(12, QFont.Weight.DemiBold))
    painter.setPen(QColor(style.text))
    painter.drawText(box, align, one_line(title))
    painter.setFont(font(11))
    painter.setPen(QColor(style.muted))
    painter.drawText(box.adjusted(0, HEAD / 2, 0, 0), align, one_line(said))


def _key(scenes: Mapping[str, HistogramScene]) -> list[Named]:
    """Return which line is which, in the colours of the theme in force."""
    first = next(iter(scenes.values()), None)
    if first is None:
        return []
    inked = (replace(model, ink=ink(model.place, colors())) for model in first.models)
    return replace(first, models=tuple(inked)).key(CanvasStyle.of(colors()))


def bars_picture(scenes: Mapping[str, Bars]) -> Picture:
    """Return a picture of bar charts with their titles."""

    def make_plot(bars: Bars, title: str) -> BarsPlot:
        plot = BarsPlot()
        plot.set_bars(replace(bars, title=title, chosen=-1))
        plot.name_axes()
        return plot

    return _panels(scenes, make_plot)


def confusion_picture(scenes: Mapping[str, Confusion]) -> Picture:
    """Return confusions of classes, with what is along their axes."""

    def make_plot(shown: Confusion, title: str) -> ConfusionPlot:
        plot = ConfusionPlot()
        plot.set_confusion(shown)
        plot.name_axes()
        return plot

    return _panels(scenes, make_plot)


def _panels(scenes: Mapping[str, S], made: Callable[[S, str], Surface]) -> Picture:
    """Return plots arranged in two columns."""
    across = min(2, len(scenes)) or 1
    size = QSize(across * PANEL.width(), -(-len(scenes) // across) * PANEL.height())

    def paint(painter: QPainter, vector: bool) -> None:
        ground = QColor(CanvasStyle.of(colors()).background)
        painter.fillRect(QRect(0, 0, size.width(), size.height()), ground)
        for i, (title, scene) in enumerate(scenes.items()):
            left, top = i % across * PANEL.width(), i // across * PANEL.height()
            wide, high = PANEL.width() - 16, PANEL.height() - LEGEND - 4
            paint_surface(
                painter, QRectF(left + 8, top + LEGEND, wide, high), partial(made, scene, title)
            )

    return painted_picture(size, paint, printed=True)


def h_picture(scene: HScene | None, title: str, text: str) -> Picture:
    """Return the curves of the h explorer with a title and a sentence above them."""
    size = QSize(720, 640)

    def make_plot() -> HPlot:
        plot = HPlot()
        plot.set_scene(scene)
        return plot

    def paint(painter: QPainter, vector: bool) -> None:
        style = CanvasStyle.of(colors())
        wide = size.width() - 32
        painter.fillRect(QRect(0, 0, size.width(), size.height()), QColor(style.background))
        painter.setPen(QColor(style.text))
        painter.setFont(font(14, QFont.Weight.DemiBold))
        painter.drawText(QRect(16, 12, wide, 20), Qt.AlignmentFlag.AlignLeft, title)
        painter.setPen(QColor(style.muted))
        painter.setFont(font(12))
        painter.drawText(QRect(16, 34, wide, 36), int(Qt.TextFlag.TextWordWrap), text)
        if scene is not None:
            paint_surface(painter, QRectF(8, 72, size.width() - 16, size.height() - 80), make_plot)

    return painted_picture(size, paint)


def _legend(
    painter: QPainter, style: CanvasStyle, scene: ChartScene, width: int, top: float
) -> None:
    painter.setFont(font(12))
    x = width - 20.0
    for curve in reversed(scene.curves):
        title = one_line(curve.title)
        x -= painter.fontMetrics().horizontalAdvance(title)
        painter.setPen(QColor(style.text))
        painter.drawText(QPointF(x, top + 22), title)
        painter.fillRect(QRectF(x - 18, top + 16, 12, 3), QColor(curve.ink))
        x -= 34
