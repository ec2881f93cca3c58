"""What is asked before a command: mostly for files. Opened, never executed; the answer goes to an
action.
"""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from studio.app import tasks
from studio.app.actions import Actions
from studio.app.intents.base import Refused
from studio.app.kinds.registry import kind_of_run
from studio.app.shell.dialogs import ask_empty_trash
from studio.app.shell.wholefolder import offer_folder
from studio.app.state.notices import Notice
from studio.app.state.session import AppState
from studio.formats.registry import discover, importers

__all__ = ["Asks"]

SAMPLES = 10_000


class Asks:
    """Asks for files and folders on behalf of the commands."""

    def __init__(self, state: AppState, actions: Actions, parent: QWidget) -> None:
        self._state = state
        self._actions = actions
        self._parent = parent

    def open_project(self) -> None:
        """Ask for a project folder and open it."""
        dialog = self._dialog("Open a project", QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        self._then(dialog, lambda file: self._actions.project.open(Path(file)))

    def new_project(self) -> None:
        """Ask for a place and a name, and make a project there."""
        dialog = self._dialog("New project", QFileDialog.FileMode.AnyFile)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setLabelText(QFileDialog.DialogLabel.Accept, "Create")
        dialog.selectFile("project")
        self._then(dialog, lambda file: self._actions.project.create(Path(file)))

    def import_data(self) -> None:
        """Ask for files of data, or for a folder of them, and look into them."""
        dialog = self._dialog("Import data", QFileDialog.FileMode.ExistingFiles)
        discover()
        known = " ".join(f"*{suffix}" for suffix in importers.suffixes())
        dialog.setNameFilters([f"Data ({known})", "All files (*)"])
        dialog.filesSelected.connect(lambda files: self._actions.data.inspect_files(list(files)))
        offer_folder(dialog, lambda folder: self._actions.data.inspect_files([folder]))
        dialog.open()

    def import_folder(self) -> None:
        """Ask for a folder, and look into those of its files that belong together."""
        dialog = self._dialog("Import a folder", QFileDialog.FileMode.Directory)
        self._then(dialog, lambda folder: self._actions.data.inspect_files([folder]))

    def export_samples(self) -> None:
        """Ask where samples go; the suffix says how they are written."""
        kind = kind_of_run(self._state.runs.current, self._state.catalog)
        name = self._name("samples")
        dialog = self._save("Export samples", kind.files, kind.suffixes[0], name)

        def suffix(chosen: str) -> None:
            dialog.setDefaultSuffix(chosen.rpartition("*.")[2].rstrip(")"))

        dialog.filterSelected.connect(suffix)
        self._then(dialog, lambda file: self._actions.export.samples(file, SAMPLES))

    def export_weights(self) -> None:
        """Ask where the weights go."""
        dialog = self._save(
            "Export weights", "Safetensors (*.safetensors)", "safetensors", self._name("weights")
        )
        self._then(dialog, self._actions.export.weights)

    def save_recipe(self) -> None:
        """Ask where the selected run goes as a recipe."""
        dialog = self._save("Save as recipe", "Recipe (*.toml)", "toml", self._name("recipe"))
        self._then(dialog, self._actions.export.recipe)

    def empty_trash(self) -> None:
        """Ask whether what is in the trash of the open project is to go for good."""
        if self._state.project is not None:
            tasks.spawn(self._empty_trash(self._state.project))

    async def _empty_trash(self, project: Path) -> None:
        try:
            found = await self._actions.project.trashed(project)
        except Refused as refused:
            self._state.notices.error(refused.error, title="The trash cannot be read")
            return
        if not found.names:
            self._state.notices.post(Notice(level="info", text="The trash is empty already"))
            return
        ask_empty_trash(self._parent, found, lambda: self._actions.project.empty_trash(project))

    def _name(self, what: str) -> str:
        run = self._state.runs.current
        return f"{run.name}-{what}" if run is not None else what

    def _save(self, title: str, filters: str, suffix: str, name: str) -> QFileDialog:
        dialog = self._dialog(title, QFileDialog.FileMode.AnyFile)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(filters.split(";;"))
        dialog.setDefaultSuffix(suffix)
        dialog.selectFile(name)
        return dialog

    def _dialog(self, title: str, mode: QFileDialog.FileMode) -> QFileDialog:
        folder = self._state.project.parent if self._state.project else Path.home()
        dialog = QFileDialog(self._parent, title, str(folder if folder.is_dir() else Path.home()))
        dialog.setFileMode(mode)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return dialog

    def _then(self, dialog: QFileDialog, do: Callable[[str], None]) -> None:
        dialog.fileSelected.connect(do)
        dialog.open()
