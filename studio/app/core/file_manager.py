"""Showing where a file is, in the file manager of the system."""

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

__all__ = ["show_in_folder"]


def show_in_folder(place: Path) -> None:
    """Show a folder, or the one that a file is in."""
    folder = place if place.is_dir() else place.parent
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
