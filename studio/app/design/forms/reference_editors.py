"""Editors of settings that refer to something: a file, a run, a class or a column of the data, a
part that may be left out.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtWidgets import QFileDialog, QSizePolicy

from pushforward.studio.app.core.draft_spec import Typed
from pushforward.studio.app.core.setting_options import Offers, RunOffer
from pushforward.studio.app.design.basic import icon_button, row
from pushforward.studio.app.design.file_dialog import open_dialog
from pushforward.studio.app.design.forms.editors import ChoiceList, Editor, LineEditor, SwitchEditor
from pushforward.studio.protocol.catalog import FieldSpec

__all__ = ["DataChoiceEditor", "FileEditor", "PartEditor", "RunEditor"]

STEP_WIDTH = 78


class FileEditor(LineEditor):
    """The path of a file, typed or chosen in a dialog."""

    def __init__(self, field: FieldSpec) -> None:
        super().__init__(field)
        self.browse = icon_button("folder", f"Choose {field.title}", self.ask)
        self.put_beside(self.browse)
        self.line.setPlaceholderText("automatic" if field.optional else "none")

    def ask(self) -> None:
        """Ask for the file."""
        here = Path(self.line.text()).expanduser().parent if self.line.text() else None
        mode, title = QFileDialog.FileMode.ExistingFile, f"Choose {self.field.title}"
        dialog = open_dialog(self, title, mode, _filter(self.field), here)
        dialog.fileSelected.connect(self.take)
        dialog.open()

    def take(self, path: str) -> None:
        """Take a path as if it had been typed."""
        self.line.setText(path)
        self._typed(path)
        self._finished()


def _filter(field: FieldSpec) -> str:
    if not field.suffixes:
        return "All files (*)"
    patterns = " ".join(f"*{suffix}" for suffix in field.suffixes)
    return f"{field.title} ({patterns});;All files (*)"


class DataChoiceEditor(Editor):
    """A class or a column of the data."""

    def __init__(self, field: FieldSpec) -> None:
        super().__init__(field)
        self.box = ChoiceList([], field.title)
        self.box.activated.connect(self._chosen)
        self._host(self.box)
        self._names: tuple[str, ...] = ()
        self._values: list[str | None] = []
        self._value: str | None = None
        self.show_value(field.default)

    def show_offers(self, offers: Offers) -> None:
        names = offers.columns if self.field.of == "column" else offers.classes
        if names != self._names:
            self._names = names
            self.show_value(self._value)

    def show_value(self, value: Any) -> None:
        self._value = value
        nothing: str | None = None if self.field.optional else ""
        self._values = [nothing, *self._names]
        titles = ["automatic" if self.field.optional else "none", *self._names]
        if value not in self._values:
            self._values.append(value)
            titles.append(f"{value} (not in these data)" if self._names else str(value))
        self.box.offer(titles)
        self.box.setCurrentIndex(self._values.index(value))

    def _chosen(self, index: int) -> None:
        self.edited.emit(self._values[index])


class RunEditor(Editor):
    """A run of the project, and the step to take it at: the newest that it keeps, or one typed."""

    def __init__(self, field: FieldSpec) -> None:
        super().__init__(field)
        self.box = ChoiceList([], field.title)
        self.box.activated.connect(self._chosen)
        step = msgspec.structs.replace(
            field, kind="int", title=f"Step of {field.title}", default=None, optional=True, low=0.0
        )
        self.step = LineEditor(step)
        self.step.line.setPlaceholderText("newest")
        self.step.setFixedWidth(STEP_WIDTH)
        self.step.edited.connect(self._stepped)
        self.step.rejected.connect(self.rejected)
        layout = row(parent=self, gap=4)
        self.box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        layout.addWidget(self.box, 1)
        layout.addWidget(self.step)
        self.heir = self.box
        self.box.setAccessibleDescription(field.help)
        self._runs: tuple[RunOffer, ...] = ()
        self._folders: list[str] = []
        self._run, self._at = "", None
        self.show_value(field.default)

    @property
    def busy(self) -> bool:
        return self.step.busy

    def settle(self) -> None:
        self.step.settle()

    def show_offers(self, offers: Offers) -> None:
        able = offers.fitting(self.field.role, self.field.of)
        if able != self._runs:
            self._runs = able
            self._show_run()

    def show_value(self, value: Any) -> None:
        found: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
        self._run, self._at = str(found.get("run", "")), found.get("step")
        self._show_run()
        self.step.show_value(self._at)

    def show_typed(self, typed: Typed) -> None:
        self.step.show_typed(typed)

    def _show_run(self) -> None:
        self._folders = ["", *(run.folder for run in self._runs)]
        titles = ["none", *(_title(run) for run in self._runs)]
        if self._run not in self._folders:
            self._folders.append(self._run)
            titles.append(f"{self._run} (not offered here)")
        self.box.offer(titles)
        self.box.setCurrentIndex(self._folders.index(self._run))
        self.step.setVisible(bool(self._run))

    def _chosen(self, index: int) -> None:
        # A step is one of a run: another run is taken at its newest.
        self._run, self._at = self._folders[index], None
        self.step.settle()
        self._say()

    def _stepped(self, step: Any) -> None:
        self._at = step
        self._say()

    def _say(self) -> None:
        nothing = self.field.optional and not self._run
        self.edited.emit(None if nothing else {"run": self._run, "step": self._at})


def _title(run: RunOffer) -> str:
    return run.title or run.folder


class PartEditor(SwitchEditor):
    """Whether a part is there: a table of settings, or None."""

    def __init__(self, field: FieldSpec) -> None:
        super().__init__(field)
        self.show_value(field.default)

    def show_value(self, value: Any) -> None:
        self.switch.setChecked(value is not None)

    def _switched(self, on: bool) -> None:
        self.edited.emit({} if on else None)
