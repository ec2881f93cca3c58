"""The sheet of Help > Diagnostics: what the zip will hold, where it goes, and then the zip."""

import asyncio
import platform
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtCore import QStandardPaths, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from pushforward.studio import diagnostics
from pushforward.studio.app.core import async_tasks, preferences
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.file_manager import show_in_folder
from pushforward.studio.app.core.notices import Notice, NoticeAction
from pushforward.studio.app.design.basic import Elided, button, label, row
from pushforward.studio.app.design.dialog import Dialog
from pushforward.studio.app.design.file_dialog import save_dialog
from pushforward.studio.protocol.messages import ErrorInfo
from pushforward.studio.store.errors import StoreError

__all__ = ["DiagnosticsSheet"]

WIDTH = 480


class DiagnosticsSheet(Dialog):
    """Writes a zip in a thread; a toast names the file."""

    def __init__(self, state: AppState, parent: QWidget) -> None:
        super().__init__(parent, "Diagnostics", WIDTH)
        self._state = state
        self.file = _place() / diagnostics.file_name()
        self.where = Elided("", "muted")
        self.choose = button("Choose…", self._choose)
        self.write = button("Write the zip", self._write, kind="primary")
        self.body.addWidget(label("A zip to send along when something went wrong. In it are:"))
        for line in diagnostics.CONTENTS:
            self.body.addWidget(label(f"•  {line}", "muted", wrap=True))
        self.body.addWidget(label(diagnostics.LEFT_OUT, "muted", wrap=True))
        sent = "Nothing is sent. Check the file, then attach it to your report."
        self.body.addWidget(label(sent))
        place = row((self.where, 1), self.choose)
        self.body.addLayout(place)
        self.add_buttons(button("Cancel", self.reject), self.write)
        self._show_place()
        self.write.setFocus()

    def _show_place(self) -> None:
        self.where.set_text(str(self.file))

    def _choose(self) -> None:
        name, folder = self.file.name, self.file.parent
        dialog = save_dialog(self, "Write diagnostics", name, "Zip (*.zip)", "zip", folder)
        dialog.fileSelected.connect(self._chosen)
        dialog.open()

    def _chosen(self, file: str) -> None:
        self.file = Path(file)
        self._show_place()

    def _write(self) -> None:
        async_tasks.spawn(_write(self._state, self.file))
        self.accept()


async def _write(state: AppState, file: Path) -> None:
    kept = preferences.load()
    recent = [Path(each.path) for each in kept.recent]
    projects = [state.project, *recent] if state.project is not None else recent
    try:
        await asyncio.to_thread(
            diagnostics.write,
            file,
            projects=projects,
            preferences=msgspec.to_builtins(kept),
            facts=_facts(state),
        )
    except StoreError as error:
        info = ErrorInfo(kind=error.kind, message=error.message, hint=error.hint)
        state.notices.error(info, title="Diagnostics not saved")
        return
    show = NoticeAction("Show in folder", partial(show_in_folder, file))
    state.notices.post(
        Notice(level="good", text=f"{file.name} is written", why=str(file.parent), actions=(show,))
    )


def _facts(state: AppState) -> dict[str, Any]:
    """What only the window knows."""
    catalog, engine = state.catalog, state.engine
    screens = QGuiApplication.screens()
    return {
        "qt": {
            "version": qVersion(),
            "platform": QGuiApplication.platformName(),
            "screens": [
                {
                    "size": f"{screen.size().width()} x {screen.size().height()}",
                    "ratio": screen.devicePixelRatio(),
                }
                for screen in screens
            ],
        },
        "python implementation": platform.python_implementation(),
        "engine": {
            "state": engine.state,
            "message": engine.message,
            "device": engine.device,
            "reason": engine.reason,
            "versions": engine.versions,
        },
        "devices": catalog.devices if catalog is not None else [],
        "problems": catalog.problems if catalog is not None else [],
        "place": state.place,
    }


def _place() -> Path:
    """Return where a person looks for new files."""
    found = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DownloadLocation)
    return Path(found) if found and Path(found).is_dir() else Path.home()
