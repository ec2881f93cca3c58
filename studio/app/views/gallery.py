"""The first screen: recipes that work, as cards with a picture of a real run."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
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
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from studio import literal, resources
from studio.app import words
from studio.app.actions import Actions
from studio.app.icons import repaint_on_theme
from studio.app.kinds.registry import all_kinds, kind
from studio.app.state.session import AppState
from studio.app.theme import font, theme
from studio.app.tokens import RADIUS_CARD
from studio.app.widgets.basic import button, clear, label
from studio.app.widgets.literal import set_tip
from studio.app.widgets.menu import Entries, open_menu
from studio.protocol.spec import Recipe

__all__ = ["Gallery"]

PICTURE = 122  # height of the picture on a card
TEXT = 98
GAP = 12
RING = 4
NARROW = 290  # a card is never narrower
COLUMNS = 3


class Card(QAbstractButton):
    """A recipe: picture, title, what it is, how long it takes."""

    moved = Signal(int)  # the key of an arrow

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.recipe = recipe
        self._pictures: dict[str, QPixmap] = {}
        self._meta = f"{recipe.kind} · {words.duration(recipe.expected_seconds)} on a CPU"
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(literal.one_line(recipe.title))
        self.setAccessibleDescription(f"{recipe.summary} {self._meta}")
        set_tip(self, recipe.source)
        repaint_on_theme(self)

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
        painter.drawText(QRectF(left, top + 58, width, 14), one_line, self._meta)


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


class _Grid(QWidget):
    """Lays cards out in as many columns as there is room for, three at most."""

    def __init__(self) -> None:
        super().__init__()
        self.cards: list[Card] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def columns(self) -> int:
        """How many cards stand side by side."""
        return min(COLUMNS, max(1, (self.width() + GAP) // (NARROW + GAP)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.place()

    def place(self) -> None:
        """Put the cards where they belong."""
        columns = self.columns
        width = (self.width() - GAP * (columns - 1)) // columns
        height = PICTURE + TEXT
        for index, card in enumerate(self.cards):
            line, column = divmod(index, columns)
            card.setGeometry(column * (width + GAP), line * (height + 12), width, height)
        lines = -(-len(self.cards) // columns)
        self.setFixedHeight(max(1, lines * (height + 12)))


def _hint() -> str:
    """Say which files can be dropped, of each kind of data."""
    able = [f"{each.title.lower()} ({each.imports})" for each in all_kinds() if each.imports]
    return f"Or drop files here: {', '.join(able[:-1])} or {able[-1]}."


class Gallery(QWidget):
    """Reads the recipes, opens one, or starts it."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state = state
        self._actions = actions
        self._kind = ""
        self.setProperty("surface", "canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._chips = QHBoxLayout()
        self._chips.setSpacing(8)
        self._group = QButtonGroup(self)
        self.grid = _Grid()
        self._lay_out()
        state.recipes_changed.connect(self.refresh)
        self.refresh()

    def _lay_out(self) -> None:
        hint = label(_hint(), "muted", wrap=True)
        page = QWidget()
        body = QVBoxLayout(page)
        # Cards have room for their focus ring around them, which the texts make up for.
        body.setContentsMargins(36 - RING, 28, 36 - RING, 24)
        body.setSpacing(6)
        title = label("Every generative model moves particles", "title")
        welcome = label(
            "Pick a recipe and press Enter. It trains on this computer while you watch.", "muted"
        )
        for text in (title, welcome, hint):
            text.setContentsMargins(RING, 0, 0, 0)
        self._chips.setContentsMargins(RING, 0, 0, 0)
        body.addWidget(title)
        body.addWidget(welcome)
        body.addSpacing(10)
        body.addLayout(self._chips)
        body.addSpacing(10)
        body.addWidget(self.grid)
        body.addSpacing(8)
        body.addWidget(hint)
        body.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._scroll)

    def refresh(self) -> None:
        """Show the recipes of the chosen kind."""
        kinds = {recipe.kind for recipe in self._state.recipes}
        self._show_chips(kinds)
        for card in self.grid.cards:
            card.hide()
            card.deleteLater()
        self.grid.cards = []
        for recipe in self._state.recipes:
            if self._kind in ("", recipe.kind):
                self._add(recipe)
        self.grid.place()

    def _add(self, recipe: Recipe) -> None:
        card = Card(recipe)
        card.setParent(self.grid)
        card.clicked.connect(partial(self._actions.setup.open_recipe, recipe))
        card.moved.connect(partial(self._move, card))
        card.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        card.customContextMenuRequested.connect(partial(self._menu, card))
        card.show()
        self.grid.cards.append(card)

    def _menu(self, card: Card, at: QPoint) -> None:
        recipe, actions = card.recipe, self._actions
        entries: Entries = [("Open", partial(actions.setup.open_recipe, recipe))]
        if not self._state.race.full:
            entries.append(("Add to the race", partial(actions.race.add_recipe, recipe)))
        open_menu(card, at, entries)

    def _show_chips(self, kinds: set[str]) -> None:
        clear(self._chips)
        for each in self._group.buttons():
            self._group.removeButton(each)
        known = [kind(slug) for slug in sorted(kinds)]
        known.sort(key=lambda each: each.order)
        offers = [("", "All"), *((each.slug, each.title) for each in known)]
        for slug, title in offers:
            chip = button(title, partial(self._choose, slug), kind="chip")
            chip.setCheckable(True)
            chip.setChecked(slug == self._kind)
            self._group.addButton(chip)
            self._chips.addWidget(chip)
        self._chips.addStretch(1)

    def _choose(self, slug: str) -> None:
        if slug != self._kind:
            self._kind = slug
            self.refresh()

    def _move(self, card: Card, key: int) -> None:
        cards = self.grid.cards
        columns = self.grid.columns
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -columns,
            Qt.Key.Key_Down: columns,
        }
        target = cards.index(card) + steps[Qt.Key(key)]
        if 0 <= target < len(cards):
            cards[target].setFocus(Qt.FocusReason.TabFocusReason)
            self._scroll.ensureWidgetVisible(cards[target], 0, 24)

    def focus_first(self) -> None:
        """Bring the keyboard to the first card."""
        if self.grid.cards:
            self.grid.cards[0].setFocus(Qt.FocusReason.OtherFocusReason)
