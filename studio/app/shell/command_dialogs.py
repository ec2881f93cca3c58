"""What is asked before a command: mostly for files. Opened, never executed; the answer goes to an
action.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from pushforward.studio.app.commands.label_commands import Said
from pushforward.studio.app.core import async_tasks, preferences
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.display_names import file_stem, number
from pushforward.studio.app.core.notices import Notice
from pushforward.studio.app.design.file_dialog import folder_of_exports, open_dialog, save_dialog
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.requests.project_files import TrashContents
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.app.places.data.generator_sheet import MakeSheet
from pushforward.studio.app.places.runs.label_dialog import ask_line
from pushforward.studio.app.places.runs.share_sheet import ShareSheet, runs_shown
from pushforward.studio.app.shell.dialogs import ask_empty_trash, ask_restore
from pushforward.studio.app.shell.folder_button import offer_folder
from pushforward.studio.formats.registry import discover, importers
from pushforward.studio.protocol.messages import WriteReport

__all__ = ["Asks"]

NAME_HELP = "Default: model and data."
TAGS_HELP = "Separate tags by commas. Runs can be filtered and grouped by tag."
NOTE_HELP = "Note on the run."


class Asks:
    """Asks for files and folders on behalf of the commands."""

    def __init__(self, state: AppState, actions: Actions, parent: QWidget) -> None:
        self._state = state
        self._actions = actions
        self._parent = parent

    def open_project(self) -> None:
        """Ask for a project folder and open it."""
        mode, folder = QFileDialog.FileMode.Directory, self._projects_folder()
        dialog = open_dialog(self._parent, "Open a project", mode, folder=folder)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        self._then(dialog, lambda file: self._actions.project.open(Path(file)))

    def new_project(self) -> None:
        """Ask for a place and a name, and make a project there."""
        dialog = save_dialog(self._parent, "New project", "project", folder=self._projects_folder())
        dialog.setLabelText(QFileDialog.DialogLabel.FileName, "Name of the project")
        dialog.setLabelText(QFileDialog.DialogLabel.Accept, "Create")
        self._then(dialog, lambda file: self._actions.project.create(Path(file)))

    def _projects_folder(self) -> Path:
        """Return the folder where projects are searched: next to the open one, or the user's."""
        project, chosen = self._state.project, preferences.load().projects
        if project is not None:
            return project.parent
        return Path(chosen) if chosen else Path.home()

    def import_data(self) -> None:
        """Ask for files of data, or for a folder of them, and look into them."""
        discover()
        known = " ".join(importers.patterns())
        mode, filters = QFileDialog.FileMode.ExistingFiles, f"Data ({known});;All files (*)"
        dialog = open_dialog(self._parent, "Import data", mode, filters)
        dialog.setOption(QFileDialog.Option.HideNameFilterDetails)  # of forty suffixes
        dialog.filesSelected.connect(lambda files: self._actions.data.inspect_files(list(files)))
        offer_folder(dialog, lambda folder: self._actions.data.inspect_files([folder]))
        dialog.open()

    def import_folder(self) -> None:
        """Ask for a folder, and look into those of its files that belong together."""
        dialog = open_dialog(self._parent, "Import a folder", QFileDialog.FileMode.Directory)
        self._then(dialog, lambda folder: self._actions.data.inspect_files([folder]))

    def make(self, slug: str) -> None:
        """Ask how new data are to be made."""
        catalog = self._state.catalog
        entry = catalog.get("maker", slug) if catalog is not None else None
        if entry is not None:
            MakeSheet(self._state, self._actions, entry, self._parent).open()

    def export_weights(self) -> None:
        """Ask where the weights of the run on the canvas go; another may be there when that is
        answered.
        """
        run = self._state.runs.current
        if run is None:
            return
        formats, name = "Safetensors (*.safetensors)", self._name("weights")
        dialog = self._save("Export weights", name, formats, "safetensors")
        self._then(dialog, partial(self._actions.export.weights, run.key))

    def share(self) -> None:
        """Ask how the flow of the runs on the canvas is shared."""
        run = self._state.runs.current
        if run is not None:
            ShareSheet(self._state, self._actions, run, self._parent).open()

    def report(self) -> None:
        """Ask where a report of the runs on the canvas goes."""
        runs = [run.key for run in runs_shown(self._state)]
        if not runs:
            return
        name, formats = self._name("report"), "Web page (*.html);;PDF (*.pdf)"
        dialog = self._save("Write a report", name, formats, "html")

        def write(file: str) -> None:
            self._actions.export.share(WriteReport(runs=runs, file=file, overwrite=True))

        self._then(dialog, write)

    def save_recipe(self) -> None:
        """Ask where the run on the canvas goes as a recipe."""
        run = self._state.runs.current
        if run is None:
            return
        name, formats = self._name("recipe"), "Recipe (*.toml)"
        dialog = self._save("Save as recipe", name, formats, "toml")
        self._then(dialog, partial(self._actions.export.recipe, run.key))

    def label(self, key: str, what: Said) -> None:
        """Ask for the name, the tags or the note of a run."""
        run, labels = self._state.runs.by_key.get(key), self._actions.labels
        if run is None:
            return
        one, said = f"run {number(run.name)}", run.label
        title, help, text, take = {
            "name": (f"Rename {one}", NAME_HELP, said.name, labels.rename),
            "tags": (f"Tags of {one}", TAGS_HELP, ", ".join(said.tags), labels.tag),
            "note": (f"Note on {one}", NOTE_HELP, said.note, labels.note),
        }[what]
        ask_line(self._parent, title, help, text, partial(take, key))

    def empty_trash(self) -> None:
        """Ask whether what is in the trash of the open project is to go for good."""
        if self._state.project is not None:
            async_tasks.spawn(self._empty_trash(self._state.project))

    def restore(self) -> None:
        """Ask what of the trash of the open project is to be brought back."""
        if self._state.project is not None:
            async_tasks.spawn(self._restore(self._state.project))

    async def _empty_trash(self, project: Path) -> None:
        found = await self._trashed(project, "The trash is already empty")
        if found is not None:
            ask_empty_trash(self._parent, found, lambda: self._actions.project.empty_trash(project))

    async def _restore(self, project: Path) -> None:
        found = await self._trashed(project, "The trash is empty")
        if found is not None:
            ask_restore(
                self._parent, found, lambda thing: self._actions.project.restore(project, thing)
            )

    async def _trashed(self, project: Path, empty: str) -> TrashContents | None:
        """Return what is in the trash, None where it is ``empty`` or cannot be read, which is
        said.
        """
        try:
            found = await self._actions.project.trashed(project)
        except Refused as refused:
            self._state.notices.error(refused.error, title="The trash cannot be read")
            return None
        if not found.names:
            self._state.notices.post(Notice(level="info", text=empty))
            return None
        return found

    def _name(self, what: str) -> str:
        run = self._state.runs.current
        return f"{file_stem(run)}-{what}" if run is not None else what

    def _save(self, title: str, name: str, formats: str, suffix: str) -> QFileDialog:
        folder = folder_of_exports(self._state.project)
        return save_dialog(self._parent, title, name, formats, suffix, folder)

    def _then(self, dialog: QFileDialog, do: Callable[[str], None]) -> None:
        dialog.fileSelected.connect(do)
        dialog.open()
