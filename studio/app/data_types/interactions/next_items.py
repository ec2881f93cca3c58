"""Recommended items of one to three models next to each other, with moves and reasons."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.menu import Entries, open_menu
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.literal import one_line

__all__ = ["ModelList", "NextList", "Reason", "Suggestion", "format_change", "moved_words"]

LINE, LEAST = 30, 22  # pixels of a row
HEAD = 20
RANK, MOVE, SHARE, BAR = 24, 40, 58, 54  # pixels of the columns
CURVES = 44  # between two lists
REASON = 132
STALE = 0.4  # opacity of lists of an earlier question
WIDE = (440, 620)  # from which one reason and two have room


@dataclass(frozen=True)
class Reason:
    """An item of the history, and how much it changes the score of a recommended one."""

    title: str
    change: float


@dataclass(frozen=True)
class Suggestion:
    """An item of a list.

    Attributes:
        share: its probability, 0 to 1, or the share of the highest score.
        moved: how many places it went up (or down, below 0) since the user changed anything;
            None where it was not in the list before.
        item: its number, from 1.
        ink: colour of its category.
        value: the share or score as text.
        came: whether the user really took it later.
        reasons: the items with the largest influence.
    """

    title: str
    share: float
    moved: int | None = 0
    item: int = 0
    ink: str = ""
    value: str = ""
    came: bool = False
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class ModelList:
    """The list of a model, with its name."""

    name: str
    items: tuple[Suggestion, ...]


class NextList(QWidget):
    """Lists of models, the best items first. Enter or a double click adds an item to the history,
    Delete removes it from the catalogue.

    Signals:
        chosen(int): another item is selected, by its number.
        wanted(int): an item is to be added to the history.
        dropped(int): an item is to be removed from the catalogue.
    """

    chosen = Signal(int)
    wanted = Signal(int)
    dropped = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.lists: list[ModelList] = []
        self.current = 0
        self._compared = self._stale = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(260, HEAD + 10 * LEAST))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Recommended items")
        repaint_on_theme(self)

    def show_lists(self, lists: Sequence[ModelList], *, compared: bool) -> None:
        """Show lists, that of the selected run first; ``compared`` says whether moves mean
        something. The selection follows its item.
        """
        selected = self.shown[self.current].item if self.current < len(self.shown) else 0
        self.lists, self._compared, self._stale = list(lists), compared, False
        items = [each.item for each in self.shown]
        self.current = items.index(selected) if selected in items else 0
        first = self.lists[0].items if self.lists else ()
        spoken = (f"{i}: {one_line(s.title)}" for i, s in enumerate(first, 1))
        self.setAccessibleDescription(", ".join(spoken))
        self.update()

    def dim(self) -> None:
        """Mark the lists as those of an earlier question."""
        self._stale = True
        self.update()

    @property
    def shown(self) -> tuple[Suggestion, ...]:
        """The list of the selected run."""
        return self.lists[0].items if self.lists else ()

    def select(self, row: int) -> None:
        """Select a row of the first list."""
        if 0 <= row < len(self.shown):
            self.current = row
            self.chosen.emit(self.shown[row].item)
            self.update()

    # Where things are

    @property
    def _line(self) -> float:
        rows = max([1, *(len(each.items) for each in self.lists)])
        return min(LINE, max(LEAST, (self.height() - HEAD) / rows))

    def _columns(self) -> list[QRectF]:
        """Return the area of each list."""
        others = max(0, len(self.lists) - 1)
        if not others:
            return [QRectF(0, 0, self.width(), self.height())]
        first = max(0.38, 0.64 - 0.16 * others) * self.width()
        rest = (self.width() - first) / others
        areas = [QRectF(0, 0, first, self.height())]
        for i in range(others):
            left = first + i * rest + CURVES
            areas.append(QRectF(left, 0, rest - CURVES, self.height()))
        return areas

    def _row_at(self, y: float) -> int:
        return int((y - HEAD) // self._line) if y >= HEAD else -1

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setOpacity(STALE if self._stale else 1.0)
            areas = self._columns()
            for number, (area, each) in enumerate(zip(areas, self.lists, strict=False)):
                self._head(painter, area, each.name, number)
                most = max((s.share for s in each.items), default=0.0) or 1.0
                for i, suggestion in enumerate(each.items):
                    line = QRectF(area.left(), HEAD + i * self._line, area.width(), self._line)
                    part = max(0.0, suggestion.share) / most
                    self._row(painter, line, i, suggestion, part, first=number == 0)
            for left, right in zip(self.lists, self.lists[1:], strict=False):
                at = self.lists.index(left)
                self._curves(painter, areas[at].right(), areas[at + 1].left(), left, right)

    def _head(self, painter: QPainter, area: QRectF, name: str, number: int) -> None:
        painter.setFont(font(12))
        tokens = theme.colors()
        painter.setPen(QColor(tokens.text if number == 0 else tokens.muted))
        metrics = QFontMetricsF(painter.font())
        shown = metrics.elidedText(
            one_line(name), Qt.TextElideMode.ElideRight, area.width() - SHARE
        )
        painter.drawText(
            QRectF(area.left(), 0, area.width(), HEAD), Qt.AlignmentFlag.AlignLeft, shown
        )
        if number == 0 and (wide := self._reasons_width(area)):
            painter.setPen(QColor(tokens.muted))
            at = QRectF(area.right() - wide + 8, 0, wide, HEAD)
            painter.drawText(at, Qt.AlignmentFlag.AlignLeft, "Because of")

    def _reasons_width(self, area: QRectF) -> float:
        """Return the width of the reasons in the first list: two, one or none."""
        if not any(s.reasons for s in self.shown):
            return 0.0
        return float(sum(area.width() >= least for least in WIDE) * REASON)

    def _row(
        self,
        painter: QPainter,
        line: QRectF,
        row: int,
        suggestion: Suggestion,
        part: float,
        *,
        first: bool,
    ) -> None:
        tokens, middle = theme.colors(), Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight
        if first and row == self.current:
            painter.setPen(QPen(QColor(tokens.accent), 1) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.raised))
            painter.drawRoundedRect(line.adjusted(1, 1, -1, -1), 4, 4)
        painter.setFont(font(13 if line.height() > 24 else 12))
        painter.setPen(QColor(tokens.muted))
        painter.drawText(
            QRectF(line.left(), line.top(), RANK - 6, line.height()), middle | right, str(row + 1)
        )
        left = line.left() + RANK
        if first and self._compared:
            words, ink = moved_words(suggestion.moved)
            painter.setPen(QColor(getattr(tokens, ink)))
            painter.drawText(QRectF(left, line.top(), MOVE, line.height()), middle, words)
            left += MOVE
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(suggestion.ink or tokens.muted))
        painter.drawRoundedRect(QRectF(left, line.top() + 5, 3, line.height() - 10), 1, 1)
        left += 9
        end = line.right() - (self._reasons_width(line) if first else 0.0)
        painter.setPen(QColor(tokens.muted))
        value = QRectF(end - SHARE, line.top(), SHARE - 6, line.height())
        painter.drawText(value, middle | right, suggestion.value)
        end -= SHARE
        if first and end - left > 190:
            bar = QRectF(end - BAR, line.center().y() - 2, max(2.0, (BAR - 4) * part), 4)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.accent))
            painter.drawRoundedRect(bar, 2, 2)
            end -= BAR + 6
        if suggestion.came:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.good))
            painter.drawEllipse(QPointF(end - 6, line.center().y()), 3.5, 3.5)
        end -= 14
        painter.setPen(QColor(tokens.text))
        title = QFontMetricsF(painter.font()).elidedText(
            one_line(suggestion.title), Qt.TextElideMode.ElideRight, end - left
        )
        painter.drawText(QRectF(left, line.top(), end - left, line.height()), middle, title)
        if first:
            self._reasons(painter, line, suggestion)

    def _reasons(self, painter: QPainter, line: QRectF, suggestion: Suggestion) -> None:
        tokens, middle = theme.colors(), Qt.AlignmentFlag.AlignVCenter
        painter.setFont(font(11))
        metrics = QFontMetricsF(painter.font())
        count = int(self._reasons_width(line) // REASON)
        for number, reason in enumerate(suggestion.reasons[:count]):
            start = line.right() - (count - number) * REASON + 8
            cell = QRectF(start, line.top(), REASON - 14, line.height())
            change = format_change(reason.change)
            painter.setPen(QColor(tokens.text))
            painter.drawText(cell, middle | Qt.AlignmentFlag.AlignRight, change)
            room = cell.width() - metrics.horizontalAdvance(change) - 8
            painter.setPen(QColor(tokens.muted))
            title = metrics.elidedText(one_line(reason.title), Qt.TextElideMode.ElideRight, room)
            painter.drawText(QRectF(cell.left(), cell.top(), room, cell.height()), middle, title)

    def _curves(
        self, painter: QPainter, start: float, end: float, left: ModelList, right: ModelList
    ) -> None:
        """Join the same item in two lists; a move of two ranks or more is warm."""
        tokens = theme.colors()
        ranks = {s.item: i for i, s in enumerate(right.items)}
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for i, suggestion in enumerate(left.items):
            j = ranks.get(suggestion.item)
            y = HEAD + (i + 0.5) * self._line
            if j is None:
                painter.setPen(QPen(QColor(tokens.muted), 2))
                painter.drawPoint(QPointF(start + 4, y))
                continue
            to = HEAD + (j + 0.5) * self._line
            painter.setPen(QPen(QColor(tokens.warm if abs(i - j) > 1 else tokens.accent), 1.4))
            path = QPainterPath(QPointF(start + 2, y))
            half = (start + end) / 2
            path.cubicTo(QPointF(half, y), QPointF(half, to), QPointF(end - 2, to))
            painter.drawPath(path)

    # Keys and the mouse

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.key() in steps:
            self.select(max(0, min(len(self.shown) - 1, self.current + steps[Qt.Key(event.key())])))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._want()
        elif event.key() == Qt.Key.Key_Delete:
            self._drop()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        row = self._row_at(event.pos().y())
        if 0 <= row < len(self.shown):
            self.select(row)
            entries: Entries = [
                ("Add to the history", self._want),
                ("Remove from the catalogue", self._drop),
            ]
            open_menu(self, event.pos(), entries)

    def _drop(self) -> None:
        if self.current < len(self.shown):
            self.dropped.emit(self.shown[self.current].item)

    def _want(self) -> None:
        if self.current < len(self.shown):
            self.wanted.emit(self.shown[self.current].item)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.select(self._row_at(event.position().y()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._row_at(event.position().y()) == self.current:
            self._want()


def format_change(change: float) -> str:
    """Return the change of a score with its sign."""
    digits = 2 if abs(change) >= 0.095 else 3
    return f"{change:+.{digits}f}".replace("-", "−")


def moved_words(places: int | None) -> tuple[str, str]:
    """Return the words of a move and the token of their colour."""
    if places is None:
        return "new", "accent"
    if places == 0:
        return "–", "muted"
    return (f"▲ {places}", "good") if places > 0 else (f"▼ {-places}", "warm")
