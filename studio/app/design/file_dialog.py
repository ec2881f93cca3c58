"""Dialogs for files: those that open one begin where the last was opened, those that write one
where the last was written, so that nothing made falls among the data that somebody brought.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtWidgets import QFileDialog, QHeaderView, QTreeView, QWidget

from pushforward.studio.app.core import preferences
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.file_manager import show_in_folder
from pushforward.studio.app.core.notices import Notice, NoticeAction
from pushforward.studio.protocol.messages import ErrorInfo
from pushforward.studio.store.errors import StoreError

__all__ = [
    "ask_write",
    "folder_of_exports",
    "folder_of_files",
    "open_dialog",
    "remember_folder",
    "save_dialog",
]


def folder_of_files(project: Path | None = None) -> Path:
    """Return the folder that the last dialog was answered in; where there was none, or it has gone,
    that of a ``project``, of the person's documents, or their own.
    """
    documents = QStandardPaths.StandardLocation.DocumentsLocation
    usual = QStandardPaths.writableLocation(documents)
    for text in (preferences.load().files, str(project or ""), usual):
        if text and Path(text).is_dir():
            return Path(text)
    return Path.home()


def folder_of_exports(project: Path | None = None) -> Path:
    """Return the folder that a file was written into last; where none was, or it has gone, that of
    the ``project``, or where files are opened.
    """
    for text in (preferences.load().exports, str(project or "")):
        if text and Path(text).is_dir():
            return Path(text)
    return folder_of_files()


def remember_folder(chosen: str) -> None:
    """Remember the folder for the next dialog."""
    folder = str(Path(chosen).absolute().parent)
    kept = preferences.load()
    if kept.files != folder:
        kept.files = folder
        preferences.save(kept)


def _remember_written(chosen: str) -> None:
    preferences.change(exports=str(Path(chosen).absolute().parent))


def open_dialog(
    parent: QWidget,
    title: str,
    mode: QFileDialog.FileMode,
    filters: str = "",
    folder: Path | None = None,
) -> QFileDialog:
    """Return a dialog for what is there, to be connected and opened; it is deleted when closed.
    ``folder`` is where it opens if not where the last one was answered.
    """
    dialog = _dialog(parent, title, mode, filters, folder or folder_of_files())
    dialog.filesSelected.connect(lambda files: remember_folder(files[0]))
    return dialog


def _dialog(
    parent: QWidget, title: str, mode: QFileDialog.FileMode, filters: str, folder: Path
) -> QFileDialog:
    where = folder if folder.is_dir() else folder_of_files()
    dialog = QFileDialog(parent, title, str(where), filters)
    dialog.setFileMode(mode)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if (table := dialog.findChild(QTreeView)) is not None:  # of Qt's own dialog
        modes = QHeaderView.ResizeMode
        table.header().setSectionResizeMode(modes.ResizeToContents)
        table.header().setSectionResizeMode(0, modes.Stretch)
    return dialog


def save_dialog(
    parent: QWidget,
    title: str,
    name: str,
    filters: str = "",
    suffix: str = "",
    folder: Path | None = None,
) -> QFileDialog:
    """Return a save dialog in the last folder. ``name`` is the suggestion; without a suffix it gets
    that of the chosen filter, initially ``suffix``.
    """
    where = folder or folder_of_exports()
    dialog = _dialog(parent, title, QFileDialog.FileMode.AnyFile, filters, where)
    dialog.filesSelected.connect(lambda files: _remember_written(files[0]))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(suffix)
    of_suffix = (each for each in filters.split(";;") if suffix and f"*.{suffix}" in each)
    dialog.selectNameFilter(next(of_suffix, ""))
    dialog.selectFile(name)

    def suffixed(chosen: str) -> None:
        if "*." in chosen:
            dialog.setDefaultSuffix(chosen.rpartition("*.")[2].rstrip(")"))

    dialog.filterSelected.connect(suffixed)
    return dialog


def ask_write(
    parent: QWidget,
    state: AppState,
    title: str,
    name: str,
    filters: str,
    write: Callable[[Path], None],
) -> QFileDialog:
    """Ask for a file, let ``write`` write it, and say that it is there, or why it is not."""
    notices, suffix = state.notices, Path(name).suffix.removeprefix(".")
    dialog = save_dialog(parent, title, name, filters, suffix, folder_of_exports(state.project))

    def chosen(file: str) -> None:
        path = Path(file)
        try:
            write(path)
        except StoreError as error:
            info = ErrorInfo(kind=error.kind, message=error.message, hint=error.hint)
            title, topic = f"{path.name} was not written", f"write:{path}"
            notices.error(info, title=title, topic=topic, here=True)
        else:
            notices.settle(f"write:{path}")
            show = NoticeAction("Show in folder", partial(show_in_folder, path))
            text, why = f"{path.name} is written", str(path.parent)
            notices.post(Notice(level="good", text=text, why=why, actions=(show,)))

    dialog.fileSelected.connect(chosen)
    dialog.open()
    return dialog
