"""A button in a dialog for files by which the folder is taken: opening a folder only leads into
it.
"""

import os
from collections.abc import Callable

from PySide6.QtCore import QFileInfo
from PySide6.QtWidgets import QDialogButtonBox, QFileDialog, QFileSystemModel, QLineEdit, QListView

from pushforward.studio.app.design.basic import button
from pushforward.studio.app.design.file_dialog import remember_folder

__all__ = ["offer_folder"]


def offer_folder(dialog: QFileDialog, take: Callable[[str], None]) -> None:
    """Let a file dialog return the typed or selected folder, or the current one."""
    box = dialog.findChild(QDialogButtonBox)
    if box is None:
        return

    def chosen() -> None:
        folder = _typed(dialog) or _marked(dialog) or dialog.directory().absolutePath()
        dialog.reject()
        remember_folder(folder)
        take(folder)

    whole = button(
        "Import the folder",
        chosen,
        tip="Import all data files of the selected folder, or of this one",
    )
    box.addButton(whole, QDialogButtonBox.ButtonRole.ActionRole)


def _typed(dialog: QFileDialog) -> str:
    """Return the folder whose path stands in the line for names; "" for none."""
    line = dialog.findChild(QLineEdit, "fileNameEdit")
    text = line.text().strip() if line is not None else ""
    place = QFileInfo(dialog.directory(), os.path.expanduser(text)) if text else None
    return place.absoluteFilePath() if place is not None and place.isDir() else ""


def _marked(dialog: QFileDialog) -> str:
    """Return the one folder that is marked; "" for none."""
    listed = dialog.findChild(QListView, "listView")
    chosen = listed.selectionModel().selectedRows() if listed is not None else []
    places = [str(index.data(QFileSystemModel.Roles.FilePathRole)) for index in chosen]
    folders = [place for place in places if QFileInfo(place).isDir()]
    return folders[0] if len(places) == len(folders) == 1 else ""
