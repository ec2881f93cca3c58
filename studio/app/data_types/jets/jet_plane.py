"""One jet in the eta-phi plane, with its axes: where its constituents are, came from, and are
expected.
"""

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from pushforward.studio.app.data_types.jets.flow_paint import paint_way
from pushforward.studio.app.data_types.jets.jet_flow import JetWay
from pushforward.studio.app.data_types.jets.jet_paint import Frame
from pushforward.studio.app.data_types.jets.type import nearest_constituent
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.design.tokens import Tokens

__all__ = ["JetPlane"]

TICKS = (-1.0, -0.5, 0.0, 0.5, 1.0)  # radii of the cone
MINIMUM = 200
WIDE = 300  # pixels of the plane from which on its axis has its whole name
SCALED = "drawn at x / √(1 + s²)"  # with noise: else it would be far outside
LEFT, BELOW, EDGE = 40, 36, 6  # pixels of what stands beside the plane


class JetPlane(QWidget):
    """Signals:
    hovered: the constituent under the mouse, -1 for none.
    resized: discs are of another size now.
    """

    hovered = Signal(int)
    resized = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.way: JetWay | None = None
        self.flow = 1.0
        self.trails = self.rings = True
        self._under = -1
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(MINIMUM, MINIMUM))
        self.setMouseTracking(True)
        self.setAccessibleName("One jet in the eta-phi plane")
        repaint_on_theme(self)

    def show_way(self, way: JetWay | None) -> None:
        """Show another jet, or none."""
        self.way = way
        self.update()

    def set_flow(self, t: float) -> None:
        """Show it at another flow time."""
        self.flow = t
        self.update()

    @property
    def box(self) -> QRectF:
        """Where the plane is: a square at the top, in the middle."""
        side = min(self.width() - LEFT - EDGE, self.height() - BELOW - EDGE)
        left = LEFT + max(0.0, (self.width() - LEFT - EDGE - side) / 2)
        return QRectF(left, EDGE, max(1, side), max(1, side))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Be no higher than the square: what stands below it follows."""
        self.setMaximumHeight(max(MINIMUM, event.size().width() - LEFT + BELOW))
        super().resizeEvent(event)
        self.resized.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            self.paint_on(painter, theme.colors())

    def paint_on(self, painter: QPainter, tokens: Tokens) -> None:
        """Paint the plane with its axes."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = Frame(self.box) if self.way is None else Frame(self.box, self.way.radius)
        _paint_axes(painter, frame, tokens)
        if self.way is None:
            return
        painter.save()
        painter.setClipRect(frame.rect)
        paint_way(painter, frame, self.way, self.flow, tokens, trails=self.trails, rings=self.rings)
        painter.restore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point(event.position())

    def leaveEvent(self, event: QEvent) -> None:
        self._point(None)

    def _point(self, at: QPointF | None) -> None:
        under = -1
        if at is not None and self.way is not None:
            under = nearest_constituent(self.box, self.way.at(self.flow), at)
        if under != self._under:
            self._under = under
            self.hovered.emit(under)


def _paint_axes(painter: QPainter, frame: Frame, tokens: Tokens) -> None:
    """Paint a grid with its numbers, the frame and the radius of the cone."""
    box = frame.rect
    painter.setFont(font(11))
    metrics = painter.fontMetrics()
    for tick in (frame.radius * each for each in TICKS):
        at = frame.place(tick, tick)
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.drawLine(QPointF(at.x(), box.top()), QPointF(at.x(), box.bottom()))
        painter.drawLine(QPointF(box.left(), at.y()), QPointF(box.right(), at.y()))
        painter.setPen(QColor(tokens.muted))
        text = f"{tick:g}".replace("-", "\N{MINUS SIGN}")
        wide = metrics.horizontalAdvance(text)
        painter.drawText(QPointF(box.left() - wide - 6, at.y() + 4), text)
        painter.drawText(QPointF(at.x() - wide / 2, box.bottom() + 14), text)
    painter.setPen(QPen(QColor(tokens.line), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(box)
    painter.setPen(QColor(tokens.muted))
    below = box.bottom() + 30
    name = "Δη from the jet's axis" if box.width() >= WIDE else "Δη"
    painter.drawText(QPointF(box.right() - metrics.horizontalAdvance(name), below), name)
    painter.drawText(QPointF(box.left(), below), SCALED)
    edge = frame.place(0.72 * frame.radius, -0.72 * frame.radius)
    if box.width() >= 200:
        painter.drawText(QPointF(edge.x() + 6, edge.y() + 12), f"R = {frame.radius:g}")
    painter.save()
    painter.translate(box.left() - 30, box.top() + 8)
    painter.rotate(-90)
    painter.drawText(QPointF(-metrics.horizontalAdvance("Δφ"), 0), "Δφ")
    painter.restore()
