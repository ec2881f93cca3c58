"""Dialogs for files: all of them open where the last one was answered, whatever it was for."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from studio.app import preferences
from studio.app.state.notices import Notice
from studio.app.state.session import AppState
from studio.protocol.messages import ErrorInfo
from studio.store.errors import StoreError

__all__ = ["ask_write", "folder_of_files", "open_dialog", "remember_folder", "save_dialog"]


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


def remember_folder(chosen: str) -> None:
    """Let the next dialog open beside what was chosen in one."""
    folder = str(Path(chosen).absolute().parent)
    kept = preferences.load()
    if kept.files != folder:
        kept.files = folder
        preferences.save(kept)


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
    where = folder if folder is not None and folder.is_dir() else folder_of_files()
    dialog = QFileDialog(parent, title, str(where), filters)
    dialog.setFileMode(mode)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.filesSelected.connect(lambda files: remember_folder(files[0]))
    return dialog


def save_dialog(
    parent: QWidget,
    title: str,
    name: str,
    filters: str = "",
    suffix: str = "",
    folder: Path | None = None,
) -> QFileDialog:
    """Return a dialog for a file to be written, as `open_dialog`. ``name`` is what it is called
    unless the person says otherwise; a name without a suffix gets that of the filter that is
    chosen, at first ``suffix``.
    """
    dialog = open_dialog(parent, title, QFileDialog.FileMode.AnyFile, filters, folder)
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
    dialog = save_dialog(parent, title, name, filters, suffix, folder_of_files(state.project))

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
            notices.post(Notice(level="good", text=f"{path.name} is written"))

    dialog.fileSelected.connect(chosen)
    dialog.open()
    return dialog
