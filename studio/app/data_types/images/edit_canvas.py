"""An image to paint on, with what became of it behind a divider: before on the left, after right.

The mouse paints; without a mouse arrows move the brush, Enter paints under it, and [ and ] make it
narrower and wider.
"""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QEnterEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from pushforward.studio.app.charts.backdrop import image_of
from pushforward.studio.app.data.pixel_tiles import atlas
from pushforward.studio.app.data_types.images.image_edits import Image, Mask
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import font, theme

__all__ = ["EditCanvas"]

EDGE = 7  # pixels beside the divider that take it
KNOB = 9  # radius of its knob in pixels
FAR = 4  # pixels of the image that Shift and an arrow go


class EditCanvas(QWidget):
    """Shows one image, before and after.

    Signals:
        stroke: the brush came down (True) or goes on (False) at (row, column) in pixels of the
            image, and whether it takes away instead.
        divided: the divider was moved, to a share of the width.
        sized: the brush is to be wider (1) or narrower (-1).
    """

    stroke = Signal(bool, float, float, bool)
    divided = Signal(float)
    sized = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._before: QImage | None = None
        self._after: QImage | None = None
        self._mask: Mask | None = None
        self._divider = 0.5
        self.sides = "Before", "After"
        self._radius = 1.0
        self._paints = False
        self._held = ""  # "brush" or "divider" while the mouse is down
        self._at: tuple[float, float] | None = None  # of the brush, (row, column)
        self.setMinimumSize(QSize(160, 160))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Image being edited")
        repaint_on_theme(self)

    def show_images(self, before: Image | None, after: Image | None, mask: Mask | None) -> None:
        """Show an image (C, H, W), what became of it, and the mask (H, W) over it."""
        self._before = None if before is None else image_of(atlas(before[None]))
        self._after = None if after is None else image_of(atlas(after[None]))
        self._mask = mask if mask is not None and mask.any() else None
        self._fit()
        self.update()

    def name_sides(self, left: str, right: str) -> None:
        """Say what the two images are: what was before, and what became of it, or two others."""
        self.sides = left, right
        self.update()

    def show_brush(self, radius: float, *, paints: bool) -> None:
        """Say how wide the brush is, as a radius in pixels of the image, and if there is one."""
        self._radius, self._paints = radius, paints
        self.setCursor(Qt.CursorShape.CrossCursor if paints else Qt.CursorShape.ArrowCursor)
        self.update()

    def divide(self, share: float) -> None:
        """Put the divider at a share of the width: 0 shows only what became of it."""
        if share != self._divider:
            self._divider = share
            self.update()

    @property
    def split(self) -> bool:
        """Whether there is something before and after."""
        return self._after is not None and self._before is not None

    def box(self) -> QRectF:
        """Return where the image is, in pixels of the widget."""
        if self._before is None:
            return QRectF(self.rect())
        w, h = self._before.width(), self._before.height()
        scale = min(self.width() / w, self.height() / h)
        if scale > 4:
            scale = float(int(scale))  # whole pixels: all of one size
        left, top = (self.width() - w * scale) / 2, (self.height() - h * scale) / 2
        return QRectF(round(left), round(top), w * scale, h * scale)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """It is no higher than the image is at this width, so that what is below stays near."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        if self._before is not None:
            high = self.width() * self._before.height() / self._before.width()
            self.setMaximumHeight(max(self.minimumHeight(), round(high)))

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, box = theme.colors(), self.box()
        with QPainter(self) as painter:
            if self._before is None:
                return
            painter.drawImage(box, self._before)
            self._paint_mask(painter, box)
            if self._after is not None:
                self._paint_after(painter, box)
            self._paint_brush(painter, box)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tokens.accent if self.hasFocus() else tokens.line), 1))
            painter.drawRect(box.adjusted(-0.5, -0.5, 0.5, 0.5))

    def _side(self, box: QRectF) -> float:
        assert self._before is not None
        return box.width() / self._before.width()

    def _paint_mask(self, painter: QPainter, box: QRectF) -> None:
        """Hatch what is marked, with a line around it."""
        if self._mask is None:
            return
        tokens, side = theme.colors(), self._side(box)
        veil = QColor(tokens.accent)
        veil.setAlpha(70)
        lines = QBrush(QColor(tokens.accent), Qt.BrushStyle.BDiagPattern)
        for row, column in zip(*self._mask.nonzero(), strict=True):
            cell = QRectF(box.left() + column * side, box.top() + row * side, side, side)
            painter.fillRect(cell, veil)
            painter.fillRect(cell, lines)
        painter.setPen(QPen(QColor(tokens.accent), 1.5))
        marked, (height, width) = self._mask, self._mask.shape
        for row, column in zip(*marked.nonzero(), strict=True):
            left, top = box.left() + column * side, box.top() + row * side
            ends = (
                (row == 0 or not marked[row - 1, column], 0, 0, 1, 0),
                (row == height - 1 or not marked[row + 1, column], 0, 1, 1, 1),
                (column == 0 or not marked[row, column - 1], 0, 0, 0, 1),
                (column == width - 1 or not marked[row, column + 1], 1, 0, 1, 1),
            )
            for there, x0, y0, x1, y1 in ends:
                if there:
                    painter.drawLine(
                        QPointF(left + x0 * side, top + y0 * side),
                        QPointF(left + x1 * side, top + y1 * side),
                    )

    def _paint_after(self, painter: QPainter, box: QRectF) -> None:
        assert self._after is not None
        x = box.left() + self._divider * box.width()
        painter.save()
        painter.setClipRect(QRectF(x, box.top(), box.right() - x, box.height()))
        painter.drawImage(box, self._after)
        painter.restore()
        for width, colour in ((3, QColor(0, 0, 0, 170)), (1, QColor("white"))):
            painter.setPen(QPen(colour, width))
            painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
        knob = QPointF(x, box.top() + 0.18 * box.height())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor("white"))
        painter.setPen(QPen(QColor(0, 0, 0, 170), 1))
        painter.drawEllipse(knob, KNOB, KNOB)
        painter.setPen(QPen(QColor(20, 20, 20), 1.5))
        for sign in (-1, 1):
            tip = QPointF(knob.x() + sign * 5.5, knob.y())
            for up in (-1, 1):
                painter.drawLine(tip, QPointF(knob.x() + sign * 2.5, knob.y() + up * 3))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        left, right = self.sides
        self._paint_word(painter, left, QPointF(box.left() + 8, box.bottom() - 8), right=False)
        self._paint_word(painter, right, QPointF(box.right() - 8, box.bottom() - 8), right=True)

    def _paint_word(self, painter: QPainter, word: str, at: QPointF, *, right: bool) -> None:
        painter.setFont(font(12))
        metrics = painter.fontMetrics()
        width, height = metrics.horizontalAdvance(word) + 12, metrics.height() + 4
        chip = QRectF(at.x() - (width if right else 0), at.y() - height, width, height)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(20, 22, 26, 205))
        painter.drawRoundedRect(chip, 4, 4)
        painter.setPen(QColor("white"))
        painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, word)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_brush(self, painter: QPainter, box: QRectF) -> None:
        if not self._paints or self._at is None:
            return
        side = self._side(box)
        middle = QPointF(box.left() + self._at[1] * side, box.top() + self._at[0] * side)
        reach = max(0.5, self._radius) * side
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for width, colour in ((3, QColor(0, 0, 0, 170)), (1, QColor("white"))):
            painter.setPen(QPen(colour, width))
            painter.drawEllipse(middle, reach, reach)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    # Mouse and keys

    def _place(self, at: QPointF) -> tuple[float, float]:
        box = self.box()
        side = self._side(box)
        return (at.y() - box.top()) / side, (at.x() - box.left()) / side

    def _near_divider(self, at: QPointF) -> bool:
        box = self.box()
        return self.split and abs(at.x() - (box.left() + self._divider * box.width())) <= EDGE

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._before is None:
            return
        at, buttons = event.position(), Qt.MouseButton
        if event.button() == buttons.LeftButton and self._near_divider(at):
            self._held = "divider"
        elif self._paints and event.button() in (buttons.LeftButton, buttons.RightButton):
            self._held = "brush"
            self.stroke.emit(True, *self._place(at), event.button() == buttons.RightButton)
        elif self.split and event.button() == buttons.LeftButton:
            self._held = "divider"
            self._drag(at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._before is None:
            return
        at = event.position()
        if self._held == "divider":
            self._drag(at)
        elif self._held == "brush":
            self._at = self._place(at)
            erases = bool(event.buttons() & Qt.MouseButton.RightButton)
            self.stroke.emit(False, *self._at, erases)
        else:
            self._at = self._place(at) if self._paints else None
            shapes = Qt.CursorShape
            over = shapes.SplitHCursor if self._near_divider(at) else None
            plain = shapes.CrossCursor if self._paints else shapes.ArrowCursor
            self.setCursor(over or plain)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._held = ""

    def leaveEvent(self, event: QEnterEvent) -> None:  # type: ignore[override]
        self._at = None
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._paints and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.sized.emit(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
        else:
            event.ignore()

    def _drag(self, at: QPointF) -> None:
        box = self.box()
        share = min(1.0, max(0.0, (at.x() - box.left()) / box.width()))
        self.divide(share)
        self.divided.emit(share)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys, key = Qt.Key, Qt.Key(event.key())
        by = FAR if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        ways = {
            keys.Key_Left: (0, -by), keys.Key_Right: (0, by),
            keys.Key_Up: (-by, 0), keys.Key_Down: (by, 0),
        }  # fmt: skip
        if self._before is None or not self._paints:
            event.ignore()
        elif key in ways:
            height, width = self._before.height(), self._before.width()
            row, column = self._at or (height / 2, width / 2)
            down, across = ways[key]
            row = min(max(int(row) + down, 0), height - 1) + 0.5
            self._at = row, min(max(int(column) + across, 0), width - 1) + 0.5
            self.update()
        elif key in (keys.Key_Return, keys.Key_Enter) and self._at is not None:
            erases = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.stroke.emit(True, *self._at, erases)
        elif key in (keys.Key_BracketLeft, keys.Key_BracketRight):
            self.sized.emit(1 if key == keys.Key_BracketRight else -1)
        else:
            event.ignore()
