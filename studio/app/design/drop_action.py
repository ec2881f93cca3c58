"""Accept dropped files as copies, even if a move was offered: a move would delete them."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QDropEvent

__all__ = ["copied"]


def copied(event: QDropEvent) -> None:
    """Accept what is dragged or dropped; it stays where it is."""
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()
