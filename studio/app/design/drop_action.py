"""How files and pictures that are dropped are taken: as copies, whatever was offered. Whoever is
told that they were moved takes them away where they were.
"""

from PySide6.QtCore import Qt
from PySide6.QtGui import QDropEvent

__all__ = ["copied"]


def copied(event: QDropEvent) -> None:
    """Accept what is dragged or dropped; it stays where it is."""
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()
