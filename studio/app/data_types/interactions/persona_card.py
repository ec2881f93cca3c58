"""A card with a user's ten recommended items, whose rows move as the ranks change."""

from collections.abc import Sequence

from PySide6.QtCore import (
    QEasingCurve,
    QPointF,
    QRectF,
    QSize,
    Qt,
    QVariantAnimation,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from pushforward.studio.app.data_types.interactions.catalogue import Catalogue
from pushforward.studio.app.data_types.interactions.next_items import Suggestion, moved_words
from pushforward.studio.app.data_types.interactions.personas import Persona
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.literal import one_line

__all__ = ["PersonaCard"]

ROWS, ROW, HEAD = 10, 23, 60
MOVE_MS = 450
RECENT = 8  # items of the history that are shown as squares
RANK, MOVE, SHARE = 22, 26, 46
NARROW = 192  # below it there is no room for the share


class PersonaCard(QWidget):
    """Head with the latest items, and ten rows that glide to their new ranks.

    Signals:
        clicked: the user is to be shown on the map.
    """

    clicked = Signal()

    def __init__(self, persona: Persona, catalogue: Catalogue) -> None:
        super().__init__()
        self.persona, self._catalogue = persona, catalogue
        self.items: Sequence[Suggestion] = ()
        self._from: dict[int, float] = {}
        self._part = 1.0
        self._current = self._moves = False
        self._glide = QVariantAnimation(self)
        self._glide.setDuration(MOVE_MS)
        self._glide.setStartValue(0.0)
        self._glide.setEndValue(1.0)
        self._glide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._glide.valueChanged.connect(self._move)
        self.setFixedHeight(HEAD + ROWS * ROW + 8)
        self.setMinimumWidth(136)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(f"{persona.title}, {persona.note}")
        repaint_on_theme(self)

    def sizeHint(self) -> QSize:
        return QSize(200, HEAD + ROWS * ROW + 8)

    def show_items(self, items: Sequence[Suggestion]) -> None:
        """Show a list; items that were in it before move to their new rows."""
        before = {each.item: float(row) for row, each in enumerate(self.items)}
        self._from = {each.item: before.get(each.item, float(ROWS)) for each in items}
        changed = [each.item for each in items] != [each.item for each in self.items]
        first, self.items = not self.items, items
        self._moves = any(each.moved != 0 for each in items)
        spoken = (f"{i}: {one_line(each.title)}" for i, each in enumerate(items, 1))
        self.setAccessibleDescription(", ".join(spoken))
        if changed and not first and self.isVisible():
            self._part = 0.0
            self._glide.start()
        else:
            self._part = 1.0
        self.update()

    def set_current(self, current: bool) -> None:
        """Mark the card whose user is on the map."""
        self._current = current
        self.update()

    def _move(self, part: float) -> None:
        self._part = part
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.colors()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            edge = tokens.accent if self._current or self.hasFocus() else tokens.line
            painter.setPen(QPen(QColor(edge), 1.2))
            painter.setBrush(QColor(tokens.panel))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)
            self._head(painter)
            for row, suggestion in enumerate(self.items[:ROWS]):
                start = self._from.get(suggestion.item, float(row))
                at = start + (row - start) * self._part
                painter.setOpacity(self._part if start >= ROWS else 1.0)
                line = QRectF(8, HEAD + at * ROW, self.width() - 16, ROW)
                self._row(painter, line, row, suggestion)
            painter.setOpacity(1.0)

    def _head(self, painter: QPainter) -> None:
        tokens, left = theme.colors(), Qt.AlignmentFlag.AlignLeft
        wide = self.width() - 20.0
        painter.setFont(font(13, QFont.Weight.DemiBold))
        painter.setPen(QColor(tokens.text))
        painter.drawText(QRectF(10, 7, wide, 18), left, _cut(painter, self.persona.title, wide))
        painter.setFont(font(11))
        painter.setPen(QColor(tokens.muted))
        painter.drawText(QRectF(10, 24, wide, 16), left, _cut(painter, self.persona.note, wide))
        painter.setPen(Qt.PenStyle.NoPen)
        step = min(20.0, wide / RECENT)
        for i, item in enumerate(self.persona.items[-RECENT:]):
            painter.setBrush(QColor(self._catalogue.ink(item, tokens)))
            painter.drawRoundedRect(QRectF(10 + i * step, 43, step - 3, 10), 2, 2)

    def _row(self, painter: QPainter, line: QRectF, row: int, each: Suggestion) -> None:
        tokens, middle = theme.colors(), Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight
        painter.setFont(font(12))
        painter.setPen(QColor(tokens.muted))
        rank = QRectF(line.left(), line.top(), RANK - 6, ROW)
        painter.drawText(rank, middle | right, str(row + 1))
        left = line.left() + RANK
        if self._moves:  # otherwise titles take the room
            words, ink = moved_words(each.moved)
            painter.setPen(QColor(getattr(tokens, ink)))
            painter.setFont(font(11))
            painter.drawText(QRectF(left, line.top(), MOVE, ROW), middle, words.replace(" ", ""))
            left += MOVE
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(each.ink or tokens.muted))
        painter.drawRoundedRect(QRectF(left, line.top() + 4, 3, ROW - 8), 1, 1)
        left, end = left + 8, line.right()
        if line.width() > NARROW:
            painter.setPen(QColor(tokens.muted))
            painter.drawText(
                QRectF(end - SHARE, line.top(), SHARE, ROW), middle | right, each.value
            )
            end -= SHARE
        if each.came:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.good))
            painter.drawEllipse(QPointF(end - 5, line.center().y()), 3.2, 3.2)
            end -= 11
        painter.setFont(font(12))
        painter.setPen(QColor(tokens.text))
        painter.drawText(
            QRectF(left, line.top(), end - left, ROW), middle, _cut(painter, each.title, end - left)
        )


def _cut(painter: QPainter, text: str, wide: float) -> str:
    metrics = QFontMetricsF(painter.font())
    return metrics.elidedText(one_line(text), Qt.TextElideMode.ElideRight, wide)
