"""A plane with its axes, and the surface that planes lie on: what every plot is made of."""

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QPainter,
    QPainterPath,
    QPen,
)
from PySide6.QtWidgets import (
    QGraphicsItem,
    QGraphicsSceneResizeEvent,
    QSizePolicy,
    QStyleOptionGraphicsItem,
    QWidget,
)

from pushforward.studio.app.charts.axis import EDGE, Axis, Marks
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.charts.plot_view import Sheet
from pushforward.studio.app.design.theme import colors, font, theme

__all__ = ["Heading", "Line", "Plane", "Surface", "Word", "dots", "pen", "word"]

Values = NDArray[np.float64]
Places = NDArray[np.floating]
TOP = 8  # pixels above the planes
DOT = 4  # pixels that a dot may reach beyond a plane
HEADING, MORE = 24, 18  # pixels of a line of words above a plane, and of each further one
STROKE, APART = 24, 16  # pixels of the stroke before a name, and between names


class Heading(pg.GraphicsWidget):  # type: ignore[misc]
    """A line above a plot: the content on the left, the legend on the right, or in further lines
    without room.
    """

    def __init__(self) -> None:
        super().__init__()
        self._title = self._said = ""
        self._key: list[tuple[str, QPen]] = []
        self._named = True
        self._fit()

    @property
    def text(self) -> str:
        """What stands on the left."""
        return self._said

    def tell(self, text: str, key: list[tuple[str, QPen]]) -> None:
        """Write a text, and names with the pens of their curves."""
        self._title = self._said = text
        self._key, self._named = key, True
        self._fit()
        self.update()

    def say(self, text: str, *, names: bool = True) -> None:
        """Replace the text temporarily, next to or instead of the names, without moving the
        layout.
        """
        self._said, self._named = text, names
        self.update()

    def lines(self, room: float) -> list[list[tuple[str, QPen]]]:
        """Return the names in lines; the first line is that of the text, empty if they do not
        fit.
        """
        measure = QFontMetricsF(font(11))
        lines: list[list[tuple[str, QPen]]] = [[]]
        left = room
        for name, ink in self._key:
            wide = measure.horizontalAdvance(name) + STROKE + APART
            if wide > left and lines[-1]:
                lines.append([])
                left = room
            lines[-1].append((name, ink))
            left -= wide
        beside = measure.horizontalAdvance(self._title) <= left
        return lines if len(lines) == 1 and (beside or not self._key) else [[], *lines]

    def _fit(self) -> None:
        """Be as high as the names need."""
        lines = len(self.lines(self.size().width())) if self.size().width() > 0 else 1
        high = HEADING + (lines - 1) * MORE
        if high != self.minimumHeight():
            self.setMinimumHeight(high)
            self.setMaximumHeight(high)

    def resizeEvent(self, event: QGraphicsSceneResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget) -> None:
        style = CanvasStyle.of(colors())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(11))
        left = self.rect().right()
        lines = self.lines(self.rect().width()) if self._named else []
        for line, names in enumerate(lines):
            ends = self._names(painter, style, names, HEADING / 2 - 2 + line * MORE)
            left = ends if line == 0 else left
        painter.setPen(QColor(style.muted))
        room = self.rect().adjusted(0, 0, left - self.rect().right(), 0)
        room.setHeight(HEADING - 4)
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        shown = painter.fontMetrics().elidedText(
            self._said, Qt.TextElideMode.ElideRight, int(room.width())
        )
        painter.drawText(room, flags, shown)

    def _names(
        self, painter: QPainter, style: CanvasStyle, names: list[tuple[str, QPen]], middle: float
    ) -> float:
        """Paint a line of names, which ends at the right; return where it begins."""
        right = float(self.rect().right())
        for name, ink in reversed(names):
            wide = painter.fontMetrics().horizontalAdvance(name)
            painter.setPen(QColor(style.text))
            painter.drawText(QPointF(right - wide, middle + 4), name)
            scaled = QPen(ink)
            scaled.setCosmetic(False)
            painter.setPen(scaled)
            right -= wide + STROKE
            painter.drawLine(QLineF(right, middle, right + STROKE - 6, middle))
            right -= APART
        return right


class Box(pg.ViewBox):  # type: ignore[misc]
    """A box of values that lets the dots at its edges be whole."""

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(self.rect().adjusted(-DOT, -DOT, DOT, DOT))
        return path

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget) -> None:
        """Paint nothing around the shape: the frame of the box is an item of its own."""


class Plane:
    """A box of values with an axis on its left and one below, in a row of a surface, and with room
    for words above it where it has a ``heading``.
    """

    def __init__(
        self, surface: "Surface", row: int, across: Marks, up: Marks, heading: bool
    ) -> None:
        self.box = Box(enableMouse=False, enableMenu=False, defaultPadding=0)
        self.box.disableAutoRange()
        self.left, self.bottom = Axis("left", up), Axis("bottom", across)
        for axis in (self.left, self.bottom):
            axis.linkToView(self.box)
            axis.setZValue(-1000)  # the grid lies below what is drawn
        self.heading = Heading()
        if heading:
            surface.grid.addItem(self.heading, row, 1)
        surface.grid.addItem(self.left, row + 1, 0)
        surface.grid.addItem(self.box, row + 1, 1)
        surface.grid.addItem(self.bottom, row + 2, 1)
        self._passing: list[QGraphicsItem] = []

    @property
    def size(self) -> tuple[float, float]:
        """How wide and high the box is, in pixels."""
        rect = self.box.rect()
        return rect.width(), rect.height()

    @property
    def seen(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """The ranges that are seen, across and up."""
        (x0, x1), (y0, y1) = self.box.viewRange()
        return (x0, x1), (y0, y1)

    def look_at(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        """See ranges of both axes."""
        self.box.setRange(xRange=x, yRange=y, padding=0)

    def value_at(self, place: QPointF) -> QPointF:
        """Return which values are at a place on the surface."""
        found: QPointF = self.box.mapSceneToView(place)
        return found

    def inside(self, place: QPointF) -> QPointF:
        """Return which values are at a place on the surface, or the nearest that are seen."""
        at, ((x0, x1), (y0, y1)) = self.value_at(place), self.seen
        return QPointF(min(x1, max(x0, at.x())), min(y1, max(y0, at.y())))

    def keep(self, item: QGraphicsItem) -> None:
        """Draw an item for good."""
        self.box.addItem(item, ignoreBounds=True)

    def draw(self, items: list[QGraphicsItem]) -> None:
        """Draw items instead of those that were drawn before."""
        for item in self._passing:
            self.box.removeItem(item)
        self._passing = items
        for item in items:
            self.box.addItem(item, ignoreBounds=True)
        # Else it were done as the surface paints, and all would be painted a second time.
        self.box.updateMatrix()

    def restyle(self, style: CanvasStyle) -> None:
        """Take on the colours of a theme."""
        self.left.restyle(style)
        self.bottom.restyle(style)
        self.heading.update()


class Surface(Sheet):
    """A widget that planes lie on, each over the next; it follows the theme.

    How it answers to the mouse is for those to say who make one of it.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.planes: list[Plane] = []
        self.grid = pg.GraphicsLayout()
        self.grid.layout.setSpacing(0)
        self.grid.layout.setContentsMargins(0, TOP, EDGE, 0)
        self.setCentralItem(self.grid)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        theme.changed.connect(self.restyle)

    def add_plane(
        self, across: Marks, up: Marks, *, heading: bool = False, height: int = 0
    ) -> Plane:
        """Put another plane below those that there are, of a height in pixels or as high as there
        is room; it is drawn anew when its size changes.
        """
        row = 3 * len(self.planes)
        plane = Plane(self, row, across, up, heading)
        if height:
            self.grid.layout.setRowFixedHeight(row + 1, height)
        plane.box.sigResized.connect(self._resized)
        plane.restyle(self.style_)
        self.planes.append(plane)
        return plane

    @property
    def style_(self) -> CanvasStyle:
        """The colours to draw with."""
        return CanvasStyle.of(colors())

    def restyle(self) -> None:
        """Take on the colours of the theme."""
        for plane in self.planes:
            plane.restyle(self.style_)
        self.redraw()

    def redraw(self) -> None:
        """Draw everything anew."""

    # A lambda would hold the surface until the box is destroyed, which is while the surface is:
    # dropped there, it would be destroyed a second time.
    def _resized(self, _box: Box) -> None:
        self.redraw()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        for plane in self.planes:
            plane.box.setBorder(pen(colors().accent))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        for plane in self.planes:
            plane.box.setBorder(None)


class Line(pg.PlotCurveItem):  # type: ignore[misc]
    """A line through values, broken where there is none; as wide on every screen and on paper.

    A rough one costs little however often it goes up and down.
    """

    def __init__(self, x: Values, y: Values, ink: QPen, *, rough: bool = False) -> None:
        super().__init__(x, y, pen=ink, antialias=not rough, connect="finite")
        self._wide = 0.0 if rough else ink.widthF()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget) -> None:
        device = painter.device()
        if self._wide and device is not None:
            self.opts["pen"].setWidthF(self._wide * device.devicePixelRatioF())
        super().paint(painter, option, widget)


class Word(pg.TextItem):  # type: ignore[misc]
    """Words that stay upright and as large as they are; their ground is where they are on paper,
    too, where the painter is moved and enlarged.
    """

    def paint(self, painter: QPainter, *_: object) -> None:
        before = self.sceneTransform()
        self.updateTransform()
        after = self.sceneTransform()
        if after != before:
            painter.setTransform(after * before.inverted()[0] * painter.transform())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.fill)
        painter.drawPolygon(self.textItem.mapToParent(self.textItem.boundingRect()))


def pen(shade: str | QColor, width: float = 1.0, dash: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """Return a pen with a width in pixels."""
    made = QPen(QColor(shade), width, dash)
    made.setCosmetic(True)
    return made


def dots(
    x: Places, y: Places, size: object, fill: object, edge: QPen | None = None, symbol: str = "o"
) -> pg.ScatterPlotItem:
    """Return marks of a size in pixels, each or all filled with a colour, with an outline."""
    return pg.ScatterPlotItem(
        x, y, size=size, pen=edge or pg.mkPen(None), brush=fill, symbol=symbol,
        antialias=True, useCache=False,
    )  # fmt: skip


def word(
    text: str, shade: str | QColor, at: tuple[float, float], anchor: tuple[float, float],
    ground: QColor | None = None,
) -> Word:  # fmt: skip
    """Return words at a place of a plane; ``anchor`` is which part of them stands there, and a
    ``ground`` keeps lines from running through them.
    """
    item = Word(text, QColor(shade), anchor=anchor, fill=ground or pg.mkBrush(None))
    item.setFont(font(11))
    item.textItem.document().setDocumentMargin(2)
    item.setPos(*at)
    item.setZValue(20)
    item.textItem.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
    return item
