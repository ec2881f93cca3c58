"""A history as a strip of bars in order of time; a click sets the History clock."""

from collections.abc import Sequence
from datetime import UTC, datetime

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from pushforward.studio.app.data_types.interactions.catalogue import COLOURED, Catalogue
from pushforward.studio.app.data_types.interactions.recommend_requests import People
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import font, theme

__all__ = ["HistoryStrip", "format_day"]

BARS, WORDS = 26, 15  # pixels
DATE = 70  # pixels of a date
MOST_RATING, UNRATED = 5.0, 0.7


def format_day(seconds: int) -> str:
    """Return a date such as "Mar 2009", "" for none. Times that count in days from 0 have none."""
    if seconds <= 86_400 * 366:
        return ""
    return datetime.fromtimestamp(seconds, UTC).strftime("%b %Y")


class HistoryStrip(QWidget):
    """One bar for each item: its colour is the category, its height the rating.

    Signals:
        moved(int): the number of items up to the place that was clicked.
    """

    moved = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._items: Sequence[int] = ()
        self._ratings: Sequence[float] = ()
        self._days: tuple[str, str] = ("", "")
        self._catalogue: Catalogue | None = None
        self._known = self._trained = 0
        self.setFixedHeight(BARS + WORDS)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("History clock")
        repaint_on_theme(self)

    def sizeHint(self) -> QSize:
        return QSize(400, BARS + WORDS)

    def show_user(self, people: People, place: int, count: int) -> None:
        """Show the first ``count`` items of a user's history, with ratings and times if known."""
        self._items = people.history(place)[:count]
        self._ratings = people.side_values(place, people.ratings)[:count]
        self._catalogue = people.catalogue
        self._trained = min(count, people.training_part(place))
        times = people.side_values(place, people.times)[:count]
        ends = (times[0], times[-1]) if times else (0, 0)
        self._days = (format_day(int(ends[0])), format_day(int(ends[1])))
        self.set_known(len(self._items))

    def set_known(self, known: int) -> None:
        """Move the clock: the model predicts after the first ``count`` items."""
        self._known = known
        trained = f", {self._trained} of them in the training data" if self._trained else ""
        self.setAccessibleDescription(f"After {known} of {len(self._items)} items{trained}")
        self.update()

    def _place(self, known: int) -> float:
        return self.width() * known / max(1, len(self._items))

    def _move(self, known: int) -> None:
        known = max(1, min(len(self._items), known))
        if self._items and known != self._known:
            self.moved.emit(known)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._move(round(event.position().x() / max(1, self.width()) * len(self._items)))

    mouseMoveEvent = mousePressEvent

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() in steps:
            self._move(self._known + steps[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._move(1 if event.key() == Qt.Key.Key_Home else len(self._items))
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._catalogue is None or not self._items:
            return
        tokens = theme.colors()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            step = self.width() / len(self._items)
            most = max([MOST_RATING, *self._ratings])
            for i, item in enumerate(self._items):
                rating = self._ratings[i] / most if i < len(self._ratings) else 0.0
                rating = rating or UNRATED
                high = (BARS - 6) * max(0.15, rating)
                ink = QColor(self._catalogue.ink(item, tokens))
                ink.setAlphaF(1.0 if i < self._known else 0.3)
                painter.setBrush(ink)
                wide = max(1.0, min(step - 1, 14))
                painter.drawRect(QRectF((i + 0.5) * step - wide / 2, BARS - 3 - high, wide, high))
            if self._trained:
                painter.setBrush(QColor(tokens.muted))
                painter.drawRect(QRectF(0, BARS - 2, self._place(self._trained), 2))
            x = min(self._place(self._known), self.width() - 1.0)
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.drawLine(QPointF(x, 0), QPointF(x, BARS))
            if self.hasFocus():
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(QRectF(1, 1, self.width() - 2, BARS - 2), 3, 3)
            painter.setPen(QColor(tokens.muted))
            painter.setFont(font(11))
            words = QRectF(0, BARS, self.width(), WORDS)
            painter.drawText(words, Qt.AlignmentFlag.AlignLeft, self._days[0])
            painter.drawText(words, Qt.AlignmentFlag.AlignRight, self._days[1])
            self._legend(painter, words)

    def _legend(self, painter: QPainter, words: QRectF) -> None:
        """Write the coloured categories between the dates, as many as fit."""
        assert self._catalogue is not None
        tokens, metrics = theme.colors(), painter.fontMetrics()
        x, end = words.left() + DATE, words.right() - DATE
        if self._trained:
            text = "▁ in the training data"
            end -= metrics.horizontalAdvance(text) + 12
            painter.drawText(QPointF(end + 12, words.bottom() - 2), text)
        others = ["other"] if len(self._catalogue.coloured) == COLOURED else []
        for name in (*self._catalogue.coloured, *others):
            wide = metrics.horizontalAdvance(name) + 22
            if x + wide > end:
                return
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._catalogue.category_ink(name, tokens)))
            painter.drawEllipse(QPointF(x + 4, words.center().y() + 1), 3.5, 3.5)
            painter.setPen(QColor(tokens.muted))
            painter.drawText(QPointF(x + 11, words.bottom() - 2), name)
            x += wide
