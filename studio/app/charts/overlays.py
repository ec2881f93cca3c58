"""Words on the canvas: where the mouse is, what is known of a particle, and the empty state."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QFontMetrics, QPaintEvent
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.charts.layer_panel import paint_chip
from pushforward.studio.app.core.data_columns import Column
from pushforward.studio.app.design.basic import button, column, label, row
from pushforward.studio.app.design.literal_text import Label

__all__ = ["EmptyState", "Foot", "ParticleCard", "Readout"]


EDGE = 12  # pixels around what lies at the foot of a picture
NOTICE = (10, 5, 10, 5)  # pixels around its words
STATE = 360  # pixels that an empty state is wide, where there is the room


class Readout(Label):
    """Caption with the step of the snapshot, the number of particles, and the mouse position in
    data units.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent=parent)
        self.setProperty("role", "small")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setContentsMargins(8, 3, 8, 3)
        self._picture = ""
        self._count = ""
        self._place = ""

    def set_picture(self, words: str) -> None:
        """Say what the picture is of."""
        self._picture = words
        self._write()

    def set_count(self, n: int, of: int | None = None) -> None:
        """Say how many particles are drawn (0: nothing to say), and of how many."""
        whole = f" of {of:,}" if of is not None and of > n else ""
        self._count = f"{n:,}{whole} particles" if n else ""
        self._write()

    def set_place(
        self, place: tuple[float, float] | None, columns: tuple[Column, Column] | None = None
    ) -> None:
        """Say where the mouse is, in what is along the axes, or nothing."""
        across, up = columns or (Column("x"), Column("y"))
        self._place = f"{across.format(place[0])}, {up.format(place[1])}" if place else ""
        self._write()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.text():
            paint_chip(self, 6)  # words that particles or arrows run through cannot be read
        super().paintEvent(event)

    def _write(self) -> None:
        self.setText(
            "    ".join(part for part in (self._picture, self._count, self._place) if part)
        )
        right, bottom = self.geometry().right(), self.geometry().bottom()
        self.ensurePolished()  # else its size is that of another font
        self.adjustSize()
        self.move(right - self.width() + 1, bottom - self.height() + 1)


class Foot(Label):
    """Words at the foot of a picture, on a ground of their own: points may lie under them."""

    def __init__(self, picture: QWidget) -> None:
        super().__init__(parent=picture)
        self._picture = picture
        self.setProperty("role", "muted")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setContentsMargins(*NOTICE)
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)

    def arrange(self) -> None:
        """Stand in the middle of the foot, as wide as the words are; hide without words."""
        room = self._picture.rect().adjusted(EDGE, EDGE, -EDGE, -EDGE)
        words = QFontMetrics(self.font()).horizontalAdvance(self.text()) + 2 * NOTICE[0] + 2
        width = min(words, room.width())
        height = self.heightForWidth(width)
        left = room.left() + (room.width() - width) // 2
        self.setGeometry(left, room.bottom() - height + 1, width, height)
        self.setVisible(bool(self.text()))

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_chip(self, 6)
        super().paintEvent(event)


class ParticleCard(QWidget):
    """One particle in words: which, where it started, where it is, how it moved in training."""

    def __init__(self, parent: QWidget, closed: Callable[[], None]) -> None:
        super().__init__(parent)
        self._title = label("", "strong")
        self._text = label("", "muted")
        self._close = button("Clear", closed, kind="link", tip="Show all particles again (Esc)")
        self.setLayout(column(self._title, self._text, self._close, gap=2, margins=10))
        self.hide()

    def tell(self, title: str, lines: list[str]) -> None:
        """Show what is known."""
        self._title.setText(title)
        self._text.setText("\n".join(lines))
        self.setAccessibleName(f"{title}. {'. '.join(lines)}")
        self.adjustSize()
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_chip(self)


class EmptyState(QWidget):
    """What belongs here, why it is not here yet, and what can be done: mostly one thing."""

    def __init__(self, parent: QWidget, *, over: bool = False) -> None:
        """It lies ``over`` a picture, from which a ground of its own sets it off."""
        super().__init__(parent)
        self._over = over
        self._title = label("", "heading")
        self._text = label("", "muted", wrap=True)
        self._button = button("", self._act, kind="primary")
        self._action: Callable[[], None] | None = None
        self._second = button("", self._act_otherwise)
        self._otherwise: Callable[[], None] | None = None
        for words in (self._title, self._text):
            words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        body = column(
            self._title, self._text, 8, row(None, self._button, self._second, None, gap=8), gap=6
        )
        if over:
            body.setContentsMargins(16, 14, 16, 14)
        self.setLayout(body)
        self.hide()
        parent.installEventFilter(self)

    def tell(
        self,
        title: str,
        text: str,
        action: str = "",
        act: Callable[[], None] | None = None,
        other: tuple[str, Callable[[], None]] | None = None,
    ) -> None:
        """Show the state, with or without a button; ``other`` is what a second one says and does.
        It stays in the middle of what it lies over.
        """
        self._title.setText(title)
        self._text.setText(text)
        self._button.setText(action)
        self._button.setAccessibleName(action)
        self._button.setVisible(bool(action))
        self._action = act
        second, self._otherwise = other or ("", None)
        self._second.setText(second)
        self._second.setAccessibleName(second)
        self._second.setVisible(bool(second))
        self.setAccessibleName(f"{title}. {text}")
        self._center()
        self.show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._center()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._over:
            paint_chip(self)

    def _center(self) -> None:
        parent = self.parentWidget()
        if parent is None:
            return
        room = parent.size()
        width, layout = min(STATE, room.width()), self.layout()
        assert layout is not None
        layout.activate()
        # As high as its words are at that width: what Qt would take is that of another one.
        self.resize(width, layout.totalHeightForWidth(width))
        self.move((room.width() - self.width()) // 2, (room.height() - self.height()) // 2)

    def _act(self) -> None:
        if self._action is not None:
            self._action()

    def _act_otherwise(self) -> None:
        if self._otherwise is not None:
            self._otherwise()
