"""A menu that opens at a place and goes away with what was chosen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from pushforward.studio.app.design.literal_text import keyless
from pushforward.studio.literal import one_line

__all__ = ["Entries", "Greyed", "Submenu", "open_menu"]


@dataclass(frozen=True)
class Submenu:
    """Entries that stand in a menu of their own."""

    entries: "Entries"


@dataclass(frozen=True)
class Greyed:
    """A disabled menu item, with its reason next to the title."""

    why: str


Does = Callable[[], object] | Submenu | Greyed | None
Entries = list[tuple[str, Does]]
"""Titles, each with what it does or what is in it, None where it cannot be done now."""


def open_menu(widget: QWidget, at: QPoint, entries: Sequence[tuple[str, Does]]) -> QMenu:
    """Open a menu at a place of a widget; what cannot be done now is greyed."""
    menu = QMenu(widget)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    _fill(menu, entries)
    menu.popup(widget.mapToGlobal(at))
    return menu


def _fill(menu: QMenu, entries: Sequence[tuple[str, Does]]) -> None:
    for title, do in entries:
        if isinstance(do, Submenu):
            _fill(menu.addMenu(keyless(title)), do.entries)
            continue
        action = QAction(keyless(title), menu)
        if do is None or isinstance(do, Greyed):
            action.setEnabled(False)
            if isinstance(do, Greyed):
                action.setText(f"{keyless(title)}\t{keyless(one_line(do.why))}")  # a second column
        else:
            action.triggered.connect(lambda _=False, do=do: do())
        menu.addAction(action)
