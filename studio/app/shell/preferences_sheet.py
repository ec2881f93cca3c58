"""Preferences: appearance, training limits, device, project folder. Each is saved at
once, and takes effect then or after a restart.
"""

import importlib
import os
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QGridLayout, QLabel, QWidget

from pushforward.studio import gpu_support, launch
from pushforward.studio.app.core import preferences
from pushforward.studio.app.core.draft_spec import Typed
from pushforward.studio.app.core.file_manager import show_in_folder
from pushforward.studio.app.design.basic import (
    Elided,
    button,
    label,
    restyle,
    row,
    scrolled,
    section,
)
from pushforward.studio.app.design.dialog import Dialog
from pushforward.studio.app.design.file_dialog import open_dialog
from pushforward.studio.app.design.forms.editors import ChoiceList, Editor, LineEditor, Segments
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.theme import Mode, theme
from pushforward.studio.app.design.tokens import Identity
from pushforward.studio.home import data_folder
from pushforward.studio.protocol.catalog import FieldSpec
from pushforward.studio.protocol.messages import VIEW_SHARE

__all__ = ["PreferencesSheet"]

SCALES = (100, 125, 150, 175, 200, 250, 300)
MODES: tuple[Mode, ...] = ("system", "dark", "light")
IDENTITIES: dict[Identity, str] = {"hue": "All hues", "blue-yellow": "Blue and yellow"}
WIDTH, NAMES = 560, 104  # pixels
EDGES, REST = 40, 110  # beside the lines, and above and below them

COSTS = (
    FieldSpec(
        path="threads",
        kind="int",
        title="Threads",
        help="CPU threads for new runs, unless their setup sets it.",
        default=0,
        zero="automatic",
        low=0,
        high=min(os.cpu_count() or 1, preferences.MOST_THREADS),
    ),
    FieldSpec(
        path="view_share",
        kind="int",
        title="Live picture",
        help=(
            "Share of training time for the live view. Less gives fewer updates and fewer "
            "particles."
        ),
        default=round(100 * VIEW_SHARE),
        unit="% of the time",
        low=1,
        high=preferences.MOST_VIEW,
    ),
    FieldSpec(
        path="kept_megabytes",
        kind="int",
        title="Kept steps",
        help=(
            "Disk space for snapshots of new runs, unless their setup sets it. When full, every "
            "second one is removed."
        ),
        default=0,
        zero="no limit",
        unit="MB a run",
        low=0,
        high=preferences.MOST_MEGABYTES,
        log=True,
    ),
)


class PreferencesSheet:
    """A modal dialog. ``kept`` are the stored preferences; ``allow`` is called with the live view's
    share of the training time, ``show_computers`` when the list of computers is wanted.
    """

    def __init__(
        self,
        kept: preferences.Preferences,
        allow: Callable[[float], None],
        parent: QWidget,
        show_computers: Callable[[], None] = lambda: None,
    ) -> None:
        self._kept, self._allow = kept, allow
        self.dialog = Dialog(parent, "Preferences", WIDTH)
        self._grid = QGridLayout()
        self._grid.setColumnMinimumWidth(0, NAMES)
        self._grid.setColumnStretch(1, 1)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(8)
        self.editors: dict[str, Editor] = {}
        self._notes: dict[str, QLabel] = {}
        self._add_look()
        self._add_costs()
        self._add_device()
        self._add_place()
        self._head("Computers")
        self.computers = button("Computers…", show_computers)
        self._line("Training", self.computers)
        self._note("Train on another computer through ssh.")
        page = QWidget()
        page.setLayout(self._grid)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self.dialog.body.addWidget(scrolled(page), 1)
        self.dialog.add_buttons(button("Close", self.dialog.accept))
        # Lines that are wrapped have the height that their width needs; a low screen scrolls.
        high = self._grid.totalHeightForWidth(WIDTH - EDGES) + REST
        self.dialog.resize(WIDTH, min(high, parent.screen().availableGeometry().height() - REST))

    def open(self, path: str = "") -> None:
        """Show it; with the keyboard on the preference of a name."""
        self.dialog.open()
        if path in self.editors:
            self.editors[path].take_keyboard()

    # How it looks

    def _add_look(self) -> None:
        self._head("Look")
        look = Segments(["System", "Dark", "Light"], "Theme")
        look.select(MODES.index(theme.mode))
        look.chosen.connect(lambda index: theme.set_mode(MODES[index]))
        self._line("Theme", look)
        wheel = Segments(list(IDENTITIES.values()), "Particles")
        set_tip(
            wheel,
            "Particles are coloured by their starting position. Blue to yellow is safe for "
            "colour-blind readers.",
        )
        wheel.select(list(IDENTITIES).index(theme.identity))
        wheel.chosen.connect(lambda index: theme.set_identity(list(IDENTITIES)[index]))
        self._line("Particles", wheel)
        scale = ChoiceList([f"{percent} %" for percent in SCALES], "Scale")
        scale.setCurrentIndex(SCALES.index(self._kept.scale) if self._kept.scale in SCALES else 0)
        self._line("Scale", scale)
        self._note("Takes effect after a restart.")
        scale.activated.connect(self._resize)

    def _resize(self, index: int) -> None:
        self._kept.scale = SCALES[index]
        preferences.change(scale=self._kept.scale)

    # What it may take

    def _add_costs(self) -> None:
        self._head("Training")
        kept = preferences.load()
        for field in COSTS:
            made = LineEditor(field)
            made.show_value(getattr(kept, field.path))
            made.edited.connect(lambda value, field=field: self._set(field.path, value))
            made.rejected.connect(lambda typed, field=field: self._reject(field.path, typed))
            self._line(field.title, made)
            self.editors[field.path] = made
            self._notes[field.path] = self._note(field.help)

    def _set(self, path: str, value: int) -> None:
        field = next(field for field in COSTS if field.path == path)
        self._say(path, field.help)
        preferences.change(**{path: value})
        if path == "view_share":
            self._allow(value / 100)

    def _reject(self, path: str, typed: Typed) -> None:
        self._say(path, f"{typed.title} {typed.why}. Not changed.", role="danger")

    def _say(self, path: str, words: str, role: str = "muted") -> None:
        self._notes[path].setText(words)
        restyle(self._notes[path], role=role)

    # What it computes with

    def _add_device(self) -> None:
        self._head("Device")
        build = gpu_support.installed_build()
        self.add_gpu = button("Add GPU support…", self._ask_gpu)
        self.add_gpu.setEnabled(launch.is_bundle())
        self._line("GPU", self.add_gpu)
        text = f"PyTorch {build} is installed." if build else "Uses the PyTorch for CPUs."
        if not launch.is_bundle():
            text = "To use an NVIDIA GPU, install PyTorch with CUDA in this Python environment."
        self._note(text)

    def _ask_gpu(self) -> None:
        module = importlib.import_module("pushforward.studio.app.shell.gpu_dialog")
        module.GpuDialog(self.dialog).open()

    # Where things are

    def _add_place(self) -> None:
        self._head("Files")
        self.place = Elided("", "muted", middle=True)
        self.show_place = button("Show", lambda: show_in_folder(preferences.projects_folder()))
        self.choose = button("Choose…", self._ask_place)
        self.usual = button("Usual place", lambda: self._move(data_folder()))
        line = QWidget()
        line.setLayout(row(self.place, self.show_place, self.choose, self.usual))
        self._line("Projects in", line)
        self._where = self._note("")
        self._tell_place()

    def _ask_place(self) -> None:
        folder = preferences.projects_folder()
        mode = QFileDialog.FileMode.Directory
        dialog = open_dialog(self.dialog, "Where projects begin", mode, folder=folder)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda chosen: self._move(Path(chosen)))
        dialog.open()

    def _move(self, folder: Path) -> None:
        """Let projects begin in a folder, if something can be written there."""
        if folder != data_folder() and not (folder.is_dir() and os.access(folder, os.W_OK)):
            self._tell_place(f"{folder.name} is not writable. Choose another folder.")
            return
        preferences.change(projects="" if folder == data_folder() else str(folder))
        self._tell_place()

    def _tell_place(self, problem: str = "") -> None:
        folder = preferences.projects_folder()
        self.place.set_text(str(folder))
        self.show_place.setEnabled(folder.is_dir())
        self.usual.setVisible(folder != data_folder())
        self._where.setText(
            problem
            or "Folder for the Playground and new projects. Existing projects stay where they are."
        )

    # Lines

    def _head(self, text: str) -> None:
        line = self._grid.rowCount()
        if line > 1:
            self._grid.setRowMinimumHeight(line, 8)
            line += 1
        self._grid.addWidget(section(text), line, 0, 1, 2)

    def _line(self, name: str, widget: QWidget) -> None:
        line = self._grid.rowCount()
        self._grid.addWidget(label(name), line, 0)
        self._grid.addWidget(widget, line, 1)

    def _note(self, text: str) -> QLabel:
        made = label(text, "muted", wrap=True)
        self._grid.addWidget(made, self._grid.rowCount(), 1)
        return made
