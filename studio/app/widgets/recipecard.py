"""A recipe as a card with a picture of a real run, and cards side by side."""

from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from studio import literal, resources
from studio.app import words
from studio.app.icons import repaint_on_theme
from studio.app.kinds.registry import kind
from studio.app.theme import font, theme
from studio.app.tokens import RADIUS_CARD
from studio.app.widgets.literal import set_tip
from studio.protocol.spec import Recipe

__all__ = ["Card", "CardGrid"]

PICTURE = 122  # height of the picture on a card
TEXT = 98
GAP = 12
LEAST = 30  # pixels of a model's name: less of it says nothing
NARROW = 236  # a card is never narrower
COLUMNS = 4


class Card(QAbstractButton):
    """A recipe: picture, title, what it is, and a line of facts; of these the model is shortened
    first, and neither time nor kind ever is.
    """

    moved = Signal(int)  # the key of an arrow

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.recipe = recipe
        self._pictures: dict[str, QPixmap] = {}
        self._what: list[str] = []
        self._facts = [words.duration(recipe.expected_seconds), kind(recipe.kind).title.lower()]
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(literal.one_line(recipe.title))
        set_tip(self, recipe.source)
        repaint_on_theme(self)
        self.show_what([])

    def show_what(self, parts: list[str]) -> None:
        """Say what is trained on what: the titles of the model and of the data."""
        self._what = parts
        facts = " · ".join([*parts, *self._facts])
        self.setAccessibleDescription(f"{self.recipe.summary} {facts}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(NARROW, PICTURE + TEXT)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.moved.emit(int(key))
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.colors()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            area = QRectF(self.rect()).adjusted(3.5, 3.5, -3.5, -3.5)
            outline = QPainterPath()
            outline.addRoundedRect(area, RADIUS_CARD, RADIUS_CARD)
            painter.fillPath(outline, QColor(tokens.panel))
            painter.save()
            painter.setClipPath(outline)
            top = QRectF(area.left(), area.top(), area.width(), PICTURE)
            painter.fillRect(top, QColor(tokens.raised))
            self._draw_picture(painter, top.adjusted(0, 6, 0, -6))
            painter.restore()
            painter.setPen(QPen(QColor(tokens.muted if self.underMouse() else tokens.line), 1))
            painter.drawPath(outline)
            if self.hasFocus():
                ring = QPainterPath()
                ring.addRoundedRect(area.adjusted(-2.5, -2.5, 2.5, 2.5), 12, 12)
                painter.setPen(QPen(QColor(tokens.accent), 2))
                painter.drawPath(ring)
            self._write(painter, area)

    def _draw_picture(self, painter: QPainter, area: QRectF) -> None:
        picture = self._picture(theme.colors().name)
        if picture.isNull():
            return
        size = picture.size().toSizeF().scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
        left = area.center().x() - size.width() / 2
        top = area.center().y() - size.height() / 2
        target = QRectF(left, top, size.width(), size.height())
        painter.drawPixmap(target, picture, QRectF(picture.rect()))

    def _picture(self, scheme: str) -> QPixmap:
        if scheme not in self._pictures:
            path: Path = resources.thumbnail(self.recipe.slug, scheme)
            self._pictures[scheme] = QPixmap(str(path)) if path.is_file() else QPixmap()
        return self._pictures[scheme]

    def _write(self, painter: QPainter, area: QRectF) -> None:
        tokens = theme.colors()
        left, width = area.left() + 14, area.width() - 28
        top = area.top() + PICTURE + 11
        painter.setFont(font(14, QFont.Weight.DemiBold))
        painter.setPen(QColor(tokens.text))
        one_line = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        title = QFontMetrics(painter.font()).elidedText(
            literal.one_line(self.recipe.title), Qt.TextElideMode.ElideRight, int(width)
        )
        painter.drawText(QRectF(left, top, width, 18), one_line, title)
        painter.setPen(QColor(tokens.muted))
        painter.setFont(font(13))
        _two_lines(
            painter, QRectF(left, top + 20, width, 36), literal.one_line(self.recipe.summary, None)
        )
        painter.setFont(font(11))
        facts = self._line(QFontMetrics(painter.font()), int(width))
        painter.drawText(QRectF(left, top + 58, width, 14), one_line, facts)

    def _line(self, metrics: QFontMetrics, width: int) -> str:
        """Return the facts in one line: where there is no room, first the model is shortened."""
        end = " · ".join(["", *self._what[1:], *self._facts])
        if not self._what:
            return end.removeprefix(" · ")
        room = width - metrics.horizontalAdvance(end)
        model = metrics.elidedText(self._what[0], Qt.TextElideMode.ElideRight, max(0, room))
        return model + end if room > LEAST else end.removeprefix(" · ")


def _two_lines(painter: QPainter, area: QRectF, text: str) -> None:
    """Write a text in at most two lines of 18 pixels, the second one elided."""
    layout = QTextLayout(text, painter.font())
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WordWrap)
    layout.setTextOption(option)
    layout.beginLayout()
    first = layout.createLine()
    first.setLineWidth(area.width())
    end = first.textStart() + first.textLength()
    layout.endLayout()
    align = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    painter.drawText(QRectF(area.left(), area.top(), area.width(), 18), align, text[:end].rstrip())
    rest = QFontMetrics(painter.font()).elidedText(
        text[end:], Qt.TextElideMode.ElideRight, int(area.width())
    )
    painter.drawText(QRectF(area.left(), area.top() + 18, area.width(), 18), align, rest)


class CardGrid(QWidget):
    """Cards in as many columns as there is room for; with ``one_line`` only as many as fit side by
    side.
    """

    placed = Signal()

    def __init__(self, *, one_line: bool = False) -> None:
        super().__init__()
        self.cards: list[Card] = []
        self._one_line = one_line
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def columns(self) -> int:
        """How many cards stand side by side."""
        return _columns(self.width())

    def sizeHint(self) -> QSize:
        return QSize(NARROW, self.heightForWidth(NARROW))

    def minimumSizeHint(self) -> QSize:
        return QSize(NARROW, PICTURE + TEXT)

    def heightForWidth(self, width: int) -> int:
        columns = _columns(width)
        lines = 1 if self._one_line else -(-len(self.cards) // columns)
        return lines * (PICTURE + TEXT + GAP) - GAP

    @property
    def seen(self) -> list[Card]:
        """The cards that are shown."""
        return self.cards[: self.columns] if self._one_line else self.cards

    @property
    def lines(self) -> list[list[Card]]:
        """The cards that are shown, those side by side together."""
        seen, columns = self.seen, self.columns
        return [seen[at : at + columns] for at in range(0, len(seen), columns)]

    def fill(self, cards: list[Card]) -> None:
        """Show these cards, which may have been elsewhere before."""
        self.cards = cards
        for card in cards:
            card.setParent(self)
        self.updateGeometry()
        self.place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.place()

    def place(self) -> None:
        """Put the cards where they belong."""
        columns, seen = self.columns, self.seen
        width = (self.width() - GAP * (columns - 1)) // columns
        height = PICTURE + TEXT
        for index, card in enumerate(self.cards):
            line, column = divmod(index, columns)
            card.setGeometry(column * (width + GAP), line * (height + GAP), width, height)
            card.setVisible(index < len(seen))
        self.placed.emit()


def _columns(width: int) -> int:
    return min(COLUMNS, max(1, (width + GAP) // (NARROW + GAP)))
