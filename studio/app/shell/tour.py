"""A tour of the window: a few sentences, each next to the widget that it is about."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QWidget

from pushforward.studio.app.design.basic import button, column, icon_button, label, row
from pushforward.studio.app.design.flash_frame import flash

__all__ = ["Stop", "Tour"]

WIDTH, APART = 300, 10  # pixels


class Stop(NamedTuple):
    """A sentence, and the function that returns its widget; None where there is none now.

    ``clears`` returns a bar around the widget that the card must not cover either.
    """

    text: str
    widget: Callable[[], QWidget | None]
    clears: Callable[[], QWidget | None] = lambda: None


class Tour(QFrame):
    """Goes from stop to stop; stops whose widget is not visible are left out."""

    def __init__(self, page: QWidget, stops: Sequence[Stop]) -> None:
        super().__init__(page)
        self._page, self._stops = page, stops
        self._path: list[Stop] = []
        self._at = 0
        self.setProperty("surface", "raised")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(WIDTH)
        self.setAccessibleName("Tour")
        self.text = label("", wrap=True)
        self.count = label("", "muted")
        self.next = button("Next", lambda: self.turn(1), kind="primary")
        self.back = button("Back", lambda: self.turn(-1), kind="quiet")
        close = icon_button("close", "Skip the tour", self.hide)
        buttons = row(self.count, None, self.back, self.next, close, gap=6)
        column(self.text, buttons, parent=self, margins=(14, 12, 10, 10))
        page.installEventFilter(self)
        self.hide()

    def start(self) -> None:
        """Begin with the first stop."""
        visible = [(stop, stop.widget()) for stop in self._stops]
        self._path = [stop for stop, widget in visible if widget is not None and widget.isVisible()]
        self._at = 0
        if self._path:
            self._show_stop()

    def turn(self, by: int) -> None:
        """Go to the next (1) or the previous (-1) stop; after the last one the tour ends."""
        self._at = max(0, self._at + by)
        if self._at < len(self._path):
            self._show_stop()
        else:
            self.hide()

    def leave(self) -> None:
        """End where the widget of the stop is out of sight, as on another page."""
        if self.isVisible():
            widget = self._path[self._at].widget()
            self.setVisible(widget is not None and widget.isVisible())

    def _show_stop(self) -> None:
        self.text.setText(self._path[self._at].text)
        self.count.setText(f"{self._at + 1} of {len(self._path)}")
        self.next.setText("Done" if self._at == len(self._path) - 1 else "Next")
        self.back.setVisible(self._at > 0)
        self.show()
        self._place()
        self.raise_()
        widget = self._path[self._at].widget()
        if widget is not None and widget.isVisible():
            flash(widget, self._page)
        self.next.setFocus(Qt.FocusReason.OtherFocusReason)

    def _place(self) -> None:
        """Move next to the widget: above it in the lower half of the window, otherwise below."""
        widget = self._path[self._at].widget()
        self.setFixedHeight(max(self.sizeHint().height(), self.heightForWidth(WIDTH)))
        if widget is None:
            return
        at = widget.mapTo(self._page, QPoint(0, 0))
        around = self._path[self._at].clears() or widget
        top = around.mapTo(self._page, QPoint(0, 0)).y()
        lower = top + around.height() / 2 > self._page.height() / 2
        y = top - self.height() - APART if lower else top + around.height() + APART
        x = at.x() + min(widget.width(), WIDTH) // 2 - APART
        self.move(
            min(max(APART, x), self._page.width() - WIDTH - APART),
            min(max(APART, y), self._page.height() - self.height() - APART),
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Skip the tour on Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the size of the window."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)
