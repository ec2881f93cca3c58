"""The layers of a map as a list: a thumbnail, a value, an opacity and a switch each."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from pushforward.studio.app.data_types.cubes.map_layers import Layer
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.design.tokens import Tokens

__all__ = ["LayerList"]

ROW, THUMB, PILL = 40, 30, 26
WIDTH = 236


class LayerList(QWidget):
    """A row a layer, the front one first. A click switches a layer; dragging along the row changes
    its opacity; Alt and a click shows it alone; dragging up or down changes the order.

    Signals:
        toggled(str, bool), alone(str), opacity(str, float), moved(str, int)
    """

    toggled = Signal(str, bool)
    alone = Signal(str)
    opacity = Signal(str, float)
    moved = Signal(str, int)

    def __init__(self) -> None:
        super().__init__()
        self._layers: list[Layer] = []
        self._current = 0
        self._down: QPoint | None = None
        self._drag = ""
        self.setAccessibleName("Layers")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedWidth(WIDTH)
        repaint_on_theme(self)

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, ROW * max(1, len(self._layers)))

    def show_layers(self, layers: Sequence[Layer]) -> None:
        """Show layers that are given back to front."""
        self._layers = list(reversed(layers))
        self._current = min(self._current, max(0, len(self._layers) - 1))
        self.setFixedHeight(self.sizeHint().height())
        self.setAccessibleDescription(
            "; ".join(
                f"{each.title}, {'on' if each.visible else 'off'}, {each.fact or each.missing}"
                for each in self._layers
            )
        )
        self.update()

    def _row(self, at: QPoint) -> int:
        place = at.y() // ROW
        return place if 0 <= place < len(self._layers) else -1

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.colors()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for place, layer in enumerate(self._layers):
                self._paint_row(painter, QRectF(0, place * ROW, self.width(), ROW), layer, tokens)
            if self.hasFocus():
                box = QRectF(0.5, self._current * ROW + 1.5, self.width() - 1, ROW - 3)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(tokens.accent), 1))
                painter.drawRoundedRect(box, 4, 4)

    def _paint_row(self, painter: QPainter, box: QRectF, layer: Layer, tokens: Tokens) -> None:
        thumb = QRectF(box.left() + 4, box.top() + (ROW - THUMB) / 2, THUMB, THUMB)
        painter.fillRect(thumb, QColor(tokens.raised))
        if layer.image is not None:
            painter.setOpacity(1.0 if layer.visible else 0.45)
            painter.drawImage(_inside(thumb, layer), layer.image)
            painter.setOpacity(1.0)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.drawRect(thumb.adjusted(0.5, 0.5, -0.5, -0.5))
        left = thumb.right() + 8
        room = box.right() - PILL - 12 - left
        shown = layer.is_visible
        share = f"{100 * layer.opacity:.0f} %" if shown else ""
        painter.setFont(font(12))
        wide = painter.fontMetrics().horizontalAdvance("100 %") + 8
        painter.setPen(QColor(tokens.text if shown else tokens.muted))
        title = painter.fontMetrics().elidedText(
            layer.title, Qt.TextElideMode.ElideRight, int(room - (wide if share else 0))
        )
        high = QRectF(left, box.top() + 3, room, 18)
        painter.drawText(
            high, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), title
        )
        painter.drawText(
            high, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), share
        )
        painter.setFont(font(11))
        painter.setPen(QColor(tokens.muted))
        fact = layer.fact if layer.image is not None else layer.missing
        low = QRectF(left, box.top() + 20, room, 16)
        text = painter.fontMetrics().elidedText(fact, Qt.TextElideMode.ElideRight, int(room))
        painter.drawText(low, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), text)
        if shown:
            bar = QRectF(left, box.bottom() - 3, room, 2)
            painter.fillRect(bar, QColor(tokens.line))
            bar.setWidth(room * layer.opacity)
            painter.fillRect(bar, QColor(tokens.accent))
        self._paint_switch(
            painter, QPointF(box.right() - PILL - 4, box.center().y() - 7), layer, tokens
        )

    def _paint_switch(self, painter: QPainter, at: QPointF, layer: Layer, tokens: Tokens) -> None:
        track = QRectF(at.x(), at.y(), 24, 14)
        able = layer.image is not None
        on = layer.visible and able
        fill = QColor(tokens.accent if on else tokens.line)
        knob = QColor(tokens.on_accent if on else tokens.text)
        if not able:
            knob = QColor(tokens.muted)
            fill.setAlphaF(0.5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawRoundedRect(track, 7, 7)
        painter.setBrush(knob)
        painter.drawEllipse(QRectF(track.left() + (12 if on else 2), track.top() + 2, 10, 10))

    # The mouse and the keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._down, self._drag = event.position().toPoint(), ""
        place = self._row(self._down)
        if place >= 0:
            self._current = place
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        place = self._row(at)
        if self._down is None:
            layer = self._layers[place] if place >= 0 else None
            what = "Click: on or off. Drag sideways: opacity. Drag up or down: order. Alt: alone."
            set_tip(self, (layer.missing or what) if layer is not None else "")
            return
        moved = at - self._down
        if not self._drag and max(abs(moved.x()), abs(moved.y())) > 4:
            self._drag = "opacity" if abs(moved.x()) > abs(moved.y()) else "order"
        layer = self._layers[self._current] if self._layers else None
        if layer is None:
            return
        if self._drag == "opacity" and layer.image is not None:
            left = 4 + THUMB + 8
            room = self.width() - PILL - 12 - left
            self.opacity.emit(layer.name, min(1.0, max(0.0, (at.x() - left) / room)))
        elif self._drag == "order" and place >= 0 and place != self._current:
            by = self._current - place
            self._current = place
            self.moved.emit(layer.name, by)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        down, drag = self._down, self._drag
        self._down, self._drag = None, ""
        if down is None or drag or self._row(down) < 0:
            return
        layer = self._layers[self._row(down)]
        if layer.image is None:
            return
        if event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.alone.emit(layer.name)
        else:
            self.toggled.emit(layer.name, not layer.visible)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        layer = self._layers[self._current] if self._layers else None
        key = event.key()
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            by = 1 if key == Qt.Key.Key_Down else -1
            self._current = min(max(self._current + by, 0), max(0, len(self._layers) - 1))
            self.update()
        elif layer is not None and layer.image is not None and key == Qt.Key.Key_Space:
            self.toggled.emit(layer.name, not layer.visible)
        elif layer is not None and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            more = 0.05 if key == Qt.Key.Key_Right else -0.05
            self.opacity.emit(layer.name, min(1.0, max(0.0, layer.opacity + more)))
        else:
            super().keyPressEvent(event)


def _inside(box: QRectF, layer: Layer) -> QRectF:
    """Return the largest area of the shape of a picture in a box."""
    assert layer.image is not None
    share = min(box.width() / layer.image.width(), box.height() / layer.image.height())
    wide, high = layer.image.width() * share, layer.image.height() * share
    return QRectF(box.center().x() - wide / 2, box.center().y() - high / 2, wide, high)
