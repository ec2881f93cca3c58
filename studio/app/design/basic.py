"""Small makers, so that a layout reads as what it shows."""

import re
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QVBoxLayout,
    QWidget,
)

from pushforward.studio.app.design.icons import IconWearer
from pushforward.studio.app.design.literal_text import Label, PushButton, keyless, set_tip
from pushforward.studio.literal import one_line

L = TypeVar("L", bound=QBoxLayout)
Piece = QWidget | QLayout | None
Item = Piece | int | tuple[Piece, int]
Margins = tuple[int, int, int, int]
LINK_MARGINS = 8  # pixels that the style keeps around a link's text

__all__ = [
    "Dot",
    "Elided",
    "Link",
    "button",
    "clear",
    "column",
    "discard",
    "dressed",
    "icon_button",
    "label",
    "restyle",
    "row",
    "scrolled",
    "section",
    "separator",
    "upright",
    "view_bar",
]


def label(text: str = "", role: str = "", *, wrap: bool = False) -> QLabel:
    """Return a label in a role of the stylesheet."""
    made = Label(text)
    made.setWordWrap(wrap)
    if wrap:
        # A wrapping label must be allowed to become narrow, or it pushes its column wide.
        made.setMinimumWidth(1)
    if role:
        made.setProperty("role", role)
    return made


def section(text: str) -> QLabel:
    """Return a section label in small capitals; screen readers get the plain text."""
    made = label(text.upper(), "section")
    made.setAccessibleName(text)
    return made


def separator() -> QFrame:
    """Return a hairline."""
    line = QFrame()
    line.setProperty("role", "separator")
    line.setFixedHeight(1)
    return line


def upright() -> QFrame:
    """Return a hairline from top to bottom."""
    line = QFrame()
    line.setProperty("role", "upright")
    line.setFixedWidth(1)
    return line


class Link(PushButton):
    """A line of text to be clicked, which ends in an ellipsis where it is too narrow, or goes on in
    the next line where it may ``wrap``: a long one must not push its column wide.
    """

    def __init__(
        self, text: str, clicked: Callable[[], object], tip: str = "", *, wrap: bool = False
    ) -> None:
        super().__init__(text)
        self._wraps = wrap
        self.setProperty("kind", "link")
        self.setAutoDefault(False)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        # Of a fixed height Qt would keep the one that it hints at, which is that of one line.
        high = QSizePolicy.Policy.Preferred if wrap else QSizePolicy.Policy.Fixed
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, high)
        policy.setHeightForWidth(wrap)
        self.setSizePolicy(policy)
        self.setAccessibleName(text)
        set_tip(self, tip or text)
        self.clicked.connect(lambda: clicked())

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())

    def hasHeightForWidth(self) -> bool:
        return self._wraps

    def heightForWidth(self, width: int) -> int:
        more = len(self.lines(width)) - 1
        return super().sizeHint().height() + more * self.fontMetrics().lineSpacing()

    def lines(self, width: int) -> list[str]:
        """Return the text in the lines that it takes in a width in pixels."""
        metrics, room = self.fontMetrics(), width - LINK_MARGINS
        if not self._wraps:
            return [metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, room)]
        found: list[str] = []
        for word in self.text().split():
            longer = f"{found[-1]} {word}" if found else word
            if found and metrics.horizontalAdvance(longer) <= room:
                found[-1] = longer
            else:
                found.append(word)
        return [metrics.elidedText(each, Qt.TextElideMode.ElideRight, room) for each in found]

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = "\n".join(keyless(each) for each in self.lines(self.width()))
        painter = QStylePainter(self)
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        painter.end()


def button(
    text: str,
    clicked: Callable[[], None] | None = None,
    *,
    kind: str = "",
    icon: str = "",
    tip: str = "",
) -> QPushButton:
    """Return a push button of a kind of the stylesheet; of a dialog the primary one is what Enter
    presses, wherever in the dialog the keyboard is.
    """
    return dressed(PushButton(text), clicked, kind=kind, icon=icon, tip=tip)


def dressed(
    made: QPushButton,
    clicked: Callable[[], None] | None = None,
    *,
    kind: str = "",
    icon: str = "",
    tip: str = "",
) -> QPushButton:
    """Make a push button one like all others, see `button`."""
    text = made.text()
    made.setAutoDefault(False)
    made.setDefault(kind == "primary")
    # A click leaves the keyboard where it was, so that Space stays the key of the clocks.
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    made.setCursor(
        Qt.CursorShape.PointingHandCursor if kind == "link" else Qt.CursorShape.ArrowCursor
    )
    if kind:
        made.setProperty("kind", kind)
    if icon:
        IconWearer(made, icon, "on_accent" if kind == "primary" else "text")
    if tip:
        set_tip(made, tip)
    made.setAccessibleName(text or tip)
    if clicked is not None:
        made.clicked.connect(lambda: clicked())
    return made


def icon_button(icon: str, name: str, clicked: Callable[[], None] | None = None) -> QPushButton:
    """Return a quiet square button that shows only an icon; its name is heard and hovered."""
    made = button("", clicked, kind="icon", tip=name)
    IconWearer(made, icon, "muted")
    made.setAccessibleName(name)
    made.setFixedSize(QSize(26, 26))
    return made


def row(
    *items: Item,
    parent: QWidget | None = None,
    gap: int | None = 8,
    margins: int | Margins | None = 0,
) -> QHBoxLayout:
    """Return a horizontal layout.

    Args:
        items: a widget or a layout, alone or as (item, stretch); a number is a space in pixels,
            None takes what is left.
        parent: the widget that is laid out; without one the layout is part of another.
        gap: pixels between items; None leaves it to the style.
        margins: pixels around them, one number or (left, top, right, bottom); None leaves them to
            the style.
    """
    return _fill(QHBoxLayout() if parent is None else QHBoxLayout(parent), items, gap, margins)


def view_bar(view: QWidget, *items: Item, gap: int = 8) -> QWidget:
    """Return the controls of a view in a row, for the lens to show in the bar above it."""
    bar = QWidget(view)
    bar.setLayout(row(*items, gap=gap))
    bar.hide()  # until the lens takes it
    return bar


def column(
    *items: Item,
    parent: QWidget | None = None,
    gap: int | None = 8,
    margins: int | Margins | None = 0,
) -> QVBoxLayout:
    """Return a vertical layout; its arguments are those of `row`."""
    return _fill(QVBoxLayout() if parent is None else QVBoxLayout(parent), items, gap, margins)


def _fill(box: L, items: tuple[Item, ...], gap: int | None, margins: int | Margins | None) -> L:
    if gap is not None:
        box.setSpacing(gap)
    if margins is not None:
        edges = (margins,) * 4 if isinstance(margins, int) else margins
        box.setContentsMargins(*edges)
    for each in items:
        item, stretch = each if isinstance(each, tuple) else (each, int(each is None))
        if item is None:
            box.addStretch(stretch)
        elif isinstance(item, int):
            box.addSpacing(item)
        elif isinstance(item, QLayout):
            box.addLayout(item, stretch)
        else:
            box.addWidget(item, stretch)
    return box


def scrolled(page: QWidget) -> QScrollArea:
    """Return a page that is as wide as its room, and scrolls where it needs more height than there
    is.
    """
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(page)
    return area


def discard(widget: QWidget) -> None:
    """Take a widget out of sight at once, and delete it when nothing is under way."""
    widget.hide()
    widget.deleteLater()


def clear(layout: QLayout) -> None:
    """Take everything out of a layout and delete it."""
    while (item := layout.takeAt(0)) is not None:
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            discard(widget)
        elif inner is not None:
            clear(inner)


def restyle(widget: QWidget, **properties: object) -> None:
    """Change properties that the stylesheet looks at, and apply it again if any differs."""
    changed = False
    for name, value in properties.items():
        if widget.property(name) != value:
            widget.setProperty(name, value)
            changed = True
    if changed:
        widget.style().unpolish(widget)
        widget.style().polish(widget)
        widget.update()


class Elided(Label):
    """A one-line label with an ellipsis where it is too narrow: at its end, or in the ``middle``,
    for names that may differ in their ends alone. The tip has it all, and what there is to know.
    """

    def __init__(
        self, text: str = "", role: str = "", *, middle: bool = False, tip: str = ""
    ) -> None:
        super().__init__()
        self._tip = tip
        mode = Qt.TextElideMode
        self._mode = mode.ElideMiddle if middle else mode.ElideRight
        self._whole = ""
        if role:
            self.setProperty("role", role)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.set_text(text)

    def set_text(self, text: str) -> None:
        """Change the text."""
        self._whole = one_line(text)
        self.setAccessibleName(self._whole)
        self._elide()
        self.updateGeometry()  # what is seen of it may be the same

    def set_more(self, tip: str) -> None:
        """Change what else there is to know."""
        self._tip = tip
        self._elide()

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        width = QFontMetrics(self.font()).horizontalAdvance(self._whole) + 2
        return QSize(width, super().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        metrics = QFontMetrics(self.font())
        shown = metrics.elidedText(self._whole, self._mode, max(0, self.width()))
        if shown != self._whole and self._mode == Qt.TextElideMode.ElideRight:
            # A number of which a part is left would be read as another one: it goes, with the name
            # that it is the value of, and with a word that stands alone before it.
            shown = re.sub(r"(?:,?\s?\w+\s=\s?[\d.,]*|[\d.,]+)…$", "…", shown)
            alone = re.fullmatch(r"\w+\s?…", shown) and re.match(r"\w+\s\d", self._whole)
            if shown == "…" or alone:
                shown = ""
        self.setText(shown)
        cut = self._whole if shown != self._whole else ""
        set_tip(self, "\n".join(filter(None, [cut, self._tip])))


class Dot(QWidget):
    """A small coloured disc; the text next to it states the same."""

    def __init__(self, diameter: int = 8) -> None:
        super().__init__()
        self._color = ""
        self.setFixedSize(QSize(diameter + 2, diameter + 2))

    def set_color(self, color: str) -> None:
        """Change the colour ("#rrggbb")."""
        if color != self._color:
            self._color = color
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(
                QColor(self._color) if self._color else self.palette().color(QPalette.ColorRole.Mid)
            )
            painter.drawEllipse(self.rect().adjusted(1, 1, -1, -1))
