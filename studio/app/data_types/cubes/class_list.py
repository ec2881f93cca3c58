"""The classes of a scene: number and colour, name, recall, and what a class is confused with."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.design.tokens import Tokens
from pushforward.studio.literal import one_line

__all__ = ["ClassList", "ClassRow", "class_name"]

ROW, SMALL, HEAD, CHIP = 19, 17, 20, 20
VALUE, BAR, COUNT = 30, 58, 44
LIGHT = 140  # of 255: numbers on lighter colours are dark
CONFUSED = 3  # classes that are listed below an open row
FEW = 0.02  # share of a class from which a confusion is listed

Left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
Right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


@dataclass(frozen=True)
class ClassRow:
    """One class.

    Attributes:
        name: of the class.
        ink: its colour.
        pixels: how many pixels have the label.
        recall: share of its unseen pixels that are classified correctly, None where unknown.
        before: the recall before the CRF, None where there is none.
        confused: (number, share) of other classes that its pixels are classified as.
    """

    name: str
    ink: tuple[int, int, int]
    pixels: int
    recall: float | None = None
    before: float | None = None
    confused: tuple[tuple[int, float], ...] = ()


def class_name(number: int, name: str) -> str:
    """Return a class by its number from 1 on and its name: "12 Soybean", or "class 12" alone where
    that is its name.
    """
    return name if name == f"class {number}" else f"{number} {name}"


class ClassList(QWidget):
    """A row a class. A click isolates a class, a click on a confusion selects its pixels.

    Signals:
        chosen(int): a row was clicked, or Enter pressed on it.
        entered(int): the class under the mouse or the keys, 0 for none.
        confusion(int, int): the pixels of a class that are classified as another.
    """

    chosen = Signal(int)
    entered = Signal(int)
    confusion = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self._rows: Sequence[ClassRow] = ()
        self._isolated: frozenset[int] = frozenset()
        self._marked = self._open = 0
        self._known = False  # whether any recall is
        self.setAccessibleName("Classes")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        repaint_on_theme(self)

    def sizeHint(self) -> QSize:
        return QSize(260, int(self._height()))

    def minimumSizeHint(self) -> QSize:
        return QSize(180, int(self._height()))

    def _confusions(self, number: int) -> Sequence[tuple[int, float]]:
        return self._rows[number - 1].confused[:CONFUSED] if 0 < number <= len(self._rows) else ()

    def _height(self) -> float:
        return HEAD + ROW * len(self._rows) + SMALL * len(self._confusions(self._open))

    def show_classes(
        self, rows: Sequence[ClassRow], isolated: frozenset[int] = frozenset()
    ) -> None:
        """Show these classes, numbered from 1 on."""
        self._rows, self._isolated = rows, isolated
        texts = (
            f"{class_name(i, row.name)}, {row.pixels:,} pixels"
            + ("" if row.recall is None else f", recall {100 * row.recall:.0f} %")
            for i, row in enumerate(rows, start=1)
        )
        self.setAccessibleDescription("; ".join(texts))
        self._fit()

    def mark(self, number: int) -> None:
        """Mark the class of the pixel under the cursor, 0 for none."""
        if number != self._marked:
            self._marked = number
            self.update()

    def _fit(self) -> None:
        self.setFixedHeight(int(self._height()))
        self.update()

    def _places(self) -> list[tuple[QRectF, int, int]]:
        """Return the rows: area, class, and which of its confusions, -1 for the class itself."""
        found, top = [], float(HEAD)
        for number in range(1, len(self._rows) + 1):
            found.append((QRectF(0, top, self.width(), ROW), number, -1))
            top += ROW
            if number == self._open:
                for place in range(len(self._confusions(number))):
                    found.append((QRectF(0, top, self.width(), SMALL), number, place))
                    top += SMALL
        return found

    def _at(self, at: QPoint) -> tuple[int, int]:
        for area, number, place in self._places():
            if area.contains(at):
                return number, place
        return 0, -1

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.colors()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(font(11))
            painter.setPen(QColor(tokens.muted))
            head = QRectF(0, 0, self.width(), HEAD - 4)
            painter.drawText(head, Left, "Class")
            known = any(row.recall is not None for row in self._rows)
            right = head.adjusted(0, 0, -(VALUE + BAR + 12) if known else 0, 0)
            painter.drawText(right, Right, "labels")
            self._known = known
            if known:
                painter.drawText(head, Right, "recall, %")
            for area, number, place in self._places():
                if place < 0:
                    self._paint_class(painter, area, number, tokens)
                else:
                    self._paint_confusion(painter, area, number, place, tokens)

    def _paint_class(self, painter: QPainter, area: QRectF, number: int, tokens: Tokens) -> None:
        row = self._rows[number - 1]
        faded = bool(self._isolated) and number not in self._isolated
        if number in (self._marked, self._open) or number in self._isolated:
            painter.fillRect(area, QColor(tokens.raised))
        if self.hasFocus() and number == self._open:
            painter.setPen(QPen(QColor(tokens.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5))
        painter.setOpacity(0.4 if faded else 1.0)
        ink = QColor(*row.ink)
        chip = QRectF(area.left() + 2, area.top() + 2, CHIP, ROW - 4)
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.setBrush(ink)
        painter.drawRoundedRect(chip, 2, 2)
        bright = (299 * row.ink[0] + 587 * row.ink[1] + 114 * row.ink[2]) / 1000 > LIGHT
        painter.setFont(font(10))
        painter.setPen(QColor("#16181c" if bright else "#ffffff"))
        painter.drawText(chip, int(Qt.AlignmentFlag.AlignCenter), str(number))
        painter.setFont(font(12))
        painter.setPen(QColor(tokens.text))
        known = self._known
        tail = COUNT + (VALUE + BAR + 12 if known else 0)
        room = area.width() - CHIP - 10 - tail
        name = painter.fontMetrics().elidedText(
            one_line(row.name), Qt.TextElideMode.ElideRight, int(room)
        )
        painter.drawText(area.adjusted(CHIP + 8, 0, 0, 0), Left, name)
        painter.setFont(font(11))
        painter.setPen(QColor(tokens.muted))
        count = area.adjusted(0, 0, -(VALUE + BAR + 12) if known else 0, 0)
        painter.drawText(count, Right, f"{row.pixels:,}")
        if row.recall is not None:
            self._paint_recall(painter, area, row, ink, tokens)
        painter.setOpacity(1.0)

    def _paint_recall(
        self, painter: QPainter, area: QRectF, row: ClassRow, ink: QColor, tokens: Tokens
    ) -> None:
        assert row.recall is not None
        left = area.right() - VALUE - BAR
        track = QRectF(left, area.center().y() - 2, BAR, 4)
        painter.fillRect(track, QColor(tokens.line))
        bar = QRectF(track.left(), track.top(), BAR * row.recall, 4)
        painter.fillRect(bar.adjusted(0, -1, 0, 1), QColor(tokens.muted))
        painter.fillRect(bar, ink)
        if row.before is not None:
            at = track.left() + BAR * row.before
            painter.fillRect(QRectF(at - 1, track.top() - 3, 2, 10), QColor(tokens.text))
        painter.setPen(QColor(tokens.text))
        painter.setFont(font(12))
        painter.drawText(area, Right, f"{100 * row.recall:.0f}")

    def _paint_confusion(
        self, painter: QPainter, area: QRectF, number: int, place: int, tokens: Tokens
    ) -> None:
        other, share = self._confusions(number)[place]
        row = self._rows[other - 1]
        painter.fillRect(area, QColor(tokens.raised))
        painter.setFont(font(11))
        painter.setPen(QColor(tokens.muted))
        text = f"as {class_name(other, row.name)}"
        room = area.width() - CHIP - VALUE - BAR - 20
        text = painter.fontMetrics().elidedText(
            one_line(text), Qt.TextElideMode.ElideRight, int(room)
        )
        painter.drawText(area.adjusted(CHIP + 8, 0, 0, 0), Left, text)
        left = area.right() - VALUE - BAR
        bar = QRectF(left, area.center().y() - 2, BAR * share, 4)
        painter.fillRect(bar.adjusted(0, -1, 0, 1), QColor(tokens.muted))
        painter.fillRect(bar, QColor(*row.ink))
        painter.setPen(QColor(tokens.warm))
        painter.drawText(area, Right, f"{100 * share:.0f}")

    # The mouse and the keys

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        number, _ = self._at(event.position().toPoint())
        self._enter(number)

    def leaveEvent(self, event: object) -> None:
        self._enter(0)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        number, place = self._at(event.position().toPoint())
        if number and place >= 0:
            self.confusion.emit(number, self._confusions(number)[place][0])
        elif number:
            self.chosen.emit(number)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is not None:
            self._enter(min(max(self._open + step, 1), len(self._rows)))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._open:
            self.chosen.emit(self._open)
        else:
            super().keyPressEvent(event)

    def _enter(self, number: int) -> None:
        if number and number != self._open:
            self._open = number
            self._fit()
            self.entered.emit(number)
