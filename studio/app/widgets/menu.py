"""A menu that opens at a place and goes away with what was chosen."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from studio.app.widgets.literal import keyless

__all__ = ["Entries", "open_menu"]

Entries = list[tuple[str, Callable[[], object] | None]]
"""Titles, each with what it does, None where it cannot be done now."""


def open_menu(
    widget: QWidget, at: QPoint, entries: Sequence[tuple[str, Callable[[], object] | None]]
) -> QMenu:
    """Open a menu at a place of a widget; what cannot be done now is greyed."""
    menu = QMenu(widget)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for title, do in entries:
        action = QAction(keyless(title), menu)
        if do is None:
            action.setEnabled(False)
        else:
            action.triggered.connect(lambda _=False, do=do: do())
        menu.addAction(action)
    menu.popup(widget.mapToGlobal(at))
    return menu
