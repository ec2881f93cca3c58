"""The file dialog of the program, the same on every system and in the colours of the theme.

Dialogs that open a file begin where the last one was opened, those that write a file where the last
one was written, so that exports are not mixed with imported data. At the left are the folders used
last, the folder of projects, and the places of the user.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QFileInfo, QSize, QStandardPaths, Qt, QUrl
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QFileDialog,
    QFileIconProvider,
    QHeaderView,
    QListView,
    QSplitter,
    QToolButton,
    QTreeView,
    QWidget,
)

from pushforward.studio.app.core import preferences
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.file_manager import show_in_folder
from pushforward.studio.app.core.notices import Notice, NoticeAction
from pushforward.studio.app.design.icons import IconWearer, icon
from pushforward.studio.app.design.literal_text import set_title
from pushforward.studio.app.design.theme import theme
from pushforward.studio.protocol.messages import ErrorInfo
from pushforward.studio.store.errors import StoreError

__all__ = [
    "ask_write",
    "folder_of_exports",
    "folder_of_files",
    "open_dialog",
    "places",
    "remember_folder",
    "save_dialog",
]

WIDTH, HEIGHT, SIDE = 860, 520, 170  # pixels, the last of the places at the left
BUTTONS = {
    "backButton": "chevron-left",
    "forwardButton": "chevron-right",
    "toParentButton": "chevron-up",
    "newFolderButton": "plus",
    "listModeButton": "",
    "detailModeButton": "",
}
"""The tool buttons of the dialog by their names in Qt, with their icons; "" hides one."""


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
    folder = Path(chosen).absolute().parent
    kept = preferences.load()
    if kept.files != str(folder):
        kept.files = str(folder)
        kept.used_folder(folder)
        preferences.save(kept)


def _remember_written(chosen: str) -> None:
    folder = Path(chosen).absolute().parent
    kept = preferences.load()
    kept.exports = str(folder)
    kept.used_folder(folder)
    preferences.save(kept)


def places() -> list[Path]:
    """Return the folders at the left of a dialog: those used last, that of projects, and those of
    the user, each once and only if it is there.
    """
    paths = QStandardPaths
    of_user = (
        paths.StandardLocation.HomeLocation, paths.StandardLocation.DesktopLocation,
        paths.StandardLocation.DocumentsLocation, paths.StandardLocation.DownloadLocation,
    )  # fmt: skip
    known = [
        *map(Path, preferences.load().folders),
        preferences.projects_folder(),
        *(Path(paths.writableLocation(each)) for each in of_user),
    ]
    return [folder for folder in dict.fromkeys(known) if folder.is_dir()]


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
    dialog = QFileDialog(parent)
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    set_title(dialog, title)
    dialog.setDirectory(str(where))
    if filters:
        dialog.setNameFilters(filters.split(";;"))
    dialog.setFileMode(mode)
    dialog.setSidebarUrls([QUrl.fromLocalFile(str(each)) for each in places()])
    dialog.resize(WIDTH, HEIGHT)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    _dress(dialog)
    return dialog


class _FileIcons(QFileIconProvider):
    """Icons of the program for folders and files."""

    def icon(self, of: QFileIconProvider.IconType | QFileInfo) -> QIcon:
        kinds = QFileIconProvider.IconType
        folder = of.isDir() if isinstance(of, QFileInfo) else of != kinds.File
        return icon("folder", theme.colors().accent) if folder else icon("page")


def _dress(dialog: QFileDialog) -> None:
    """Give a dialog the icons and buttons of the program, and room for names of folders."""
    dialog.setViewMode(QFileDialog.ViewMode.Detail)
    provider = _FileIcons()
    dialog.setIconProvider(provider)
    dialog.setProperty("icons", provider)  # Qt does not own it
    for name, shown in BUTTONS.items():
        part = dialog.findChild(QToolButton, name)
        if part is not None:
            part.setVisible(bool(shown))
            if shown:
                IconWearer(part, shown)
    if (box := dialog.findChild(QDialogButtonBox)) is not None:
        for each in box.buttons():
            primary = box.buttonRole(each) == QDialogButtonBox.ButtonRole.AcceptRole
            each.setProperty("kind", "primary" if primary else "")
    if (split := dialog.findChild(QSplitter)) is not None:
        split.setSizes([SIDE, WIDTH - SIDE])
    if (table := dialog.findChild(QTreeView)) is not None:
        modes = QHeaderView.ResizeMode
        table.header().setSectionResizeMode(modes.ResizeToContents)
        table.header().setSectionResizeMode(0, modes.Stretch)
    if (side := dialog.findChild(QListView, "sidebar")) is not None:
        side.setIconSize(QSize(16, 16))


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
