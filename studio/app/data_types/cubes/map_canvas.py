"""A map of a scene: its pixels as squares, with a cursor and a camera that other maps share."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from pushforward.studio.app.data_types.cubes.map_camera import MapCamera
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import theme

__all__ = ["MapCanvas"]

FAR = 10  # pixels that Shift with an arrow goes
NOTCH = 1.25  # zoom of a notch of the wheel
DRAG = 3  # logical pixels from which a press pans
SMOOTH = 0.7  # logical pixels of a pixel of the scene below which it is smoothed
HALO, LIGHT = QColor(0, 0, 0, 200), QColor("white")

Overlay = Callable[[QPainter, "MapCanvas"], None]


class MapCanvas(QWidget):
    """Shows one picture of a scene, or why there is none.

    Attributes:
        overlays: paint over the picture, in logical pixels of the map.
        pans: whether dragging moves the scene; else a drag is a stroke of a tool.

    Signals:
        pointed(int, int): row and column under the mouse, or reached by an arrow key.
        pressed(QPointF, object), moved(QPointF), released(QPointF): a stroke, in columns and rows
            of the scene; with the modifiers and the button at its start.
        clicked(): pressed and released without moving the scene.
        double_clicked(QPointF)
    """

    pointed = Signal(int, int)
    pressed = Signal(QPointF, object)
    moved = Signal(QPointF)
    released = Signal(QPointF)
    clicked = Signal()
    double_clicked = Signal(QPointF)

    def __init__(self, name: str, camera: MapCamera, *, pans: bool = True) -> None:
        super().__init__()
        self.camera, self.pans = camera, pans
        self.overlays: list[Overlay] = []
        self._image: QImage | None = None
        self._message = ""
        self._place: tuple[int, int] | None = None
        self._down: QPointF | None = None
        self._panning = self._stroking = self._space = False
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(80, 80))
        repaint_on_theme(self)
        camera.changed.connect(self.update)

    @property
    def place(self) -> tuple[int, int] | None:
        """The pixel under the cursor."""
        return self._place

    def show_image(self, image: QImage | None, message: str = "") -> None:
        """Show a picture, or ``message`` where there is none."""
        self._image, self._message = image, message
        self.setAccessibleDescription(message if image is None else "")
        self.update()

    def update_area(self, image: QImage, area: QRect) -> None:
        """Show a picture that differs from the one before in an area of the scene alone."""
        self._image = image
        top_left = self.to_map(area.left(), area.top())
        bottom_right = self.to_map(area.right() + 1, area.bottom() + 1)
        self.update(QRectF(top_left, bottom_right).toAlignedRect().adjusted(-2, -2, 2, 2))

    def point(self, place: tuple[int, int] | None) -> None:
        """Put the cursor on a pixel (row, column)."""
        if place != self._place:
            self._place = place
            self.update()

    def _size(self) -> QSizeF:
        return QSizeF(self.width(), self.height())

    @property
    def side(self) -> float:
        """Size of a scene pixel in logical screen pixels."""
        return self.camera.side(self._size())

    def to_map(self, column: float, row: float) -> QPointF:
        """Return where a column and a row lie on the map."""
        return self.camera.to_map(column, row, self._size())

    def box(self) -> QRectF:
        """Return the part of the map that the scene covers."""
        return self.camera.visible(self._size())

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.colors()
        with QPainter(self) as painter:
            if self._image is None:
                box = QRectF(self.rect())
                painter.fillRect(box, QColor(tokens.raised))
                painter.setPen(QColor(tokens.muted))
                words = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
                painter.drawText(box.adjusted(12, 8, -12, -8), words, self._message)
            else:
                box = self.box()
                painter.fillRect(box, QColor(tokens.raised))
                self._paint_image(painter, box)
                painter.save()
                painter.setClipRect(box)
                for overlay in self.overlays:
                    overlay(painter, self)
                if self._place is not None:
                    self._paint_cursor(painter, box)
                painter.restore()
            painter.setPen(QPen(QColor(tokens.accent if self.hasFocus() else tokens.line), 1))
            painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_image(self, painter: QPainter, box: QRectF) -> None:
        assert self._image is not None
        first = self.camera.to_scene(box.topLeft(), self._size())
        last = self.camera.to_scene(box.bottomRight(), self._size())
        share_x = self._image.width() / self.camera.columns
        share_y = self._image.height() / self.camera.rows
        source = QRectF(
            QPointF(first.x() * share_x, first.y() * share_y),
            QPointF(last.x() * share_x, last.y() * share_y),
        )
        smooth = self.side < SMOOTH
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(box, self._image, source)

    def _paint_cursor(self, painter: QPainter, box: QRectF) -> None:
        assert self._place is not None
        row, column = self._place
        middle = self.to_map(column + 0.5, row + 0.5)
        reach = max(5.0, self.side)
        square = QRectF(middle.x() - reach, middle.y() - reach, 2 * reach, 2 * reach)
        painter.setPen(QPen(QColor(255, 255, 255, 170), 1))
        painter.drawLine(QPointF(box.left(), middle.y()), QPointF(square.left(), middle.y()))
        painter.drawLine(QPointF(square.right(), middle.y()), QPointF(box.right(), middle.y()))
        painter.drawLine(QPointF(middle.x(), box.top()), QPointF(middle.x(), square.top()))
        painter.drawLine(QPointF(middle.x(), square.bottom()), QPointF(middle.x(), box.bottom()))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for ink, wide in ((HALO, 3), (LIGHT, 1)):
            painter.setPen(QPen(ink, wide))
            painter.drawRect(square)

    # The mouse and the keys

    def _scene(self, event: QMouseEvent) -> QPointF:
        return self.camera.to_scene(event.position(), self._size())

    def _pixel(self, at: QPointF) -> tuple[int, int] | None:
        row, column = int(at.y() // 1), int(at.x() // 1)
        inside = 0 <= row < self.camera.rows and 0 <= column < self.camera.columns
        return (row, column) if inside else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._image is None:
            return
        self._down = event.position()
        middle = event.button() == Qt.MouseButton.MiddleButton
        self._panning = self.pans or middle or self._space
        if not self._panning and self._pixel(self._scene(event)) is not None:
            self._stroking = True
            self.pressed.emit(self._scene(event), (event.modifiers(), event.button()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._image is None:
            return
        if self._panning and self._down is not None:
            moved = event.position() - self._down
            if (
                moved.manhattanLength() > DRAG
                or self.cursor().shape() != Qt.CursorShape.CrossCursor
            ):
                self.setCursor(Qt.CursorShape.ClosedHandCursor)
                self.camera.pan(moved, self._size())
                self._down = event.position()
            return
        at = self._scene(event)
        if self._stroking:
            self.moved.emit(at)
        pixel = self._pixel(at)
        if pixel is not None:
            self.pointed.emit(*pixel)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        dragged = self.cursor().shape() == Qt.CursorShape.ClosedHandCursor
        stroking, self._stroking = self._stroking, False
        self._panning, self._down = False, None
        self.setCursor(Qt.CursorShape.CrossCursor)
        if stroking:
            self.released.emit(self._scene(event))
        elif not dragged and self._image is not None:
            pixel = self._pixel(self._scene(event))
            if pixel is not None:
                self.pointed.emit(*pixel)
            self.clicked.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.pans:
            self.camera.show_all()
        else:
            self.double_clicked.emit(self._scene(event))

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._image is not None:
            factor = NOTCH ** (event.angleDelta().y() / 120)
            self.camera.zoom_at(event.position(), self._size(), factor)
            event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = Qt.Key
        key = keys(event.key())
        if key in (keys.Key_Plus, keys.Key_Equal, keys.Key_Minus):
            factor = NOTCH if key != keys.Key_Minus else 1 / NOTCH
            self.camera.zoom_at(self._middle(), self._size(), factor)
            return
        by = FAR if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        steps = {
            keys.Key_Left: (0, -by),
            keys.Key_Right: (0, by),
            keys.Key_Up: (-by, 0),
            keys.Key_Down: (by, 0),
        }
        step = steps.get(key)
        if step is None or self._image is None:
            super().keyPressEvent(event)
            return
        row, column = self._place or (self.camera.rows // 2, self.camera.columns // 2)
        row = min(max(row + step[0], 0), self.camera.rows - 1)
        column = min(max(column + step[1], 0), self.camera.columns - 1)
        self.pointed.emit(row, column)

    def _middle(self) -> QPointF:
        if self._place is None:
            return QRectF(self.rect()).center()
        return self.to_map(self._place[1] + 0.5, self._place[0] + 0.5)

    def leaveEvent(self, event: QEvent) -> None:
        self.update()

    def hover_place(self) -> QPointF | None:
        """Return where the mouse is on the map, None where it is elsewhere."""
        at = self.mapFromGlobal(self.cursor().pos())
        return QPointF(at) if self.rect().contains(QPoint(at)) and self.underMouse() else None
