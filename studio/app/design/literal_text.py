"""Plain text in Qt widgets.

Qt interprets HTML in labels and tooltips (and loads images), "&" in buttons and menus, "[*]" in
titles. Names may come from other people, so all text goes through here; a test enforces it.
"""

import html
import textwrap
from typing import Protocol

from PySide6.QtGui import QKeyEvent, Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from pushforward.studio.literal import lines, one_line

__all__ = ["Label", "PushButton", "keyless", "set_tip", "set_title", "tip_text"]


TIP = textwrap.TextWrapper(
    96, break_long_words=False, break_on_hyphens=False, replace_whitespace=False
)


class Label(QLabel):
    """A label whose text is plain text, of one or several lines."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)

    def setText(self, text: str) -> None:
        super().setText(lines(text))


class PushButton(QPushButton):
    """A push button whose text holds no key; Enter presses it too, a key Qt leaves to dialogs."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self._shown = ""
        self.setText(text)

    def setText(self, text: str) -> None:
        self._shown = one_line(text)
        super().setText(keyless(text))

    def text(self) -> str:
        """Return the displayed text."""
        return self._shown

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
            self.click()
        else:
            super().keyPressEvent(event)


def keyless(text: str) -> str:
    """Return the text of a button or an entry of a menu in which "&" means "&"."""
    return one_line(text).replace("&", "&&")


class _Tipped(Protocol):
    def setToolTip(self, text: str, /) -> None: ...


def set_tip(target: _Tipped, text: str) -> None:
    """Give a widget, an item or an action a tip."""
    target.setToolTip(tip_text(text))


def tip_text(text: str) -> str:
    """Escape a text for a tooltip."""
    shown = lines(text)
    if not Qt.mightBeRichText(shown):
        # Qt breaks no line of plain text: a long one would be as wide as the screen.
        return "\n".join(map(TIP.fill, shown.split("\n")))
    return f"<qt>{html.escape(shown)}</qt>".replace("\n", "<br>")


def set_title(window: QWidget, text: str) -> None:
    """Give a window a title in which "[*]" means "[*]"."""
    window.setWindowTitle(one_line(text).replace("[*]", "[*][*]"))
