"""Help > About: versions, device, licences of all parts, and a check for updates."""

import asyncio
import platform

from PySide6.QtCore import Qt, QUrl, qVersion
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from pushforward.studio import gpu_support, installation, updates
from pushforward.studio.app.core import async_tasks, preferences
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.design.basic import button, label, restyle, section
from pushforward.studio.app.design.dialog import Dialog
from pushforward.studio.app.design.fact_rows import Facts
from pushforward.studio.app.design.table import Column, Table
from pushforward.studio.version import program_version

__all__ = ["AboutDialog"]

WIDTH, LIST_HEIGHT, TEXT_HEIGHT = 620, 150, 120  # pixels


class AboutDialog(Dialog):
    """Facts of the installation; a selected part shows its licence."""

    def __init__(self, state: AppState, parent: QWidget) -> None:
        super().__init__(parent, "About", WIDTH, heading="Pushforward Studio")
        self._address = ""
        self.facts = installation_facts(state)
        self.parts = installation.parts()
        self.body.addWidget(Facts(self.facts))
        self.body.addWidget(section("Licences"))
        left = Qt.AlignmentFlag.AlignLeft
        columns = (Column("Part"), Column("Version", side=left), Column("Licence", side=left))
        self.table = Table("Licences", columns)
        self.table.show_rows([(part.name, part.version, part.licence) for part in self.parts])
        self.table.setFixedHeight(LIST_HEIGHT)
        self.table.selection_changed.connect(self._show_licence)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName("Licence text")
        self.text.setPlaceholderText("Select a part to read its licence.")
        self.text.setFixedHeight(TEXT_HEIGHT)
        self.body.addWidget(self.table)
        self.body.addWidget(self.text)
        self.outcome = label("", "muted", wrap=True)
        self.open_page = button("Open release page", self._open_page)
        self.open_page.hide()
        self.body.addWidget(self.outcome)
        self.check = button("Check for updates", self._start_check)
        close = button("Close", self.accept)
        self.add_buttons(self.open_page, button("Copy", self._copy), close, left=self.check)
        close.setFocus()

    def _show_licence(self) -> None:
        rows = self.table.selected_rows
        if rows:
            part = self.parts[rows[0]]
            self.text.setPlainText(part.text or f"{part.name}: {part.licence}")

    def _copy(self) -> None:
        lines = [f"{name}: {value}" for name, value in self.facts]
        QGuiApplication.clipboard().setText("\n".join(lines))

    def _start_check(self) -> None:
        self.check.setEnabled(False)
        self._say("Checking…")
        task = async_tasks.spawn(self.check_updates())
        self.finished.connect(task.cancel)

    async def check_updates(self) -> None:
        """Compare this version with the configured feed and show the result."""
        feed = updates.configured_feed(preferences.load().updates)
        try:
            found = await asyncio.to_thread(updates.find_update, feed, program_version())
        except updates.FeedError as error:
            self._say(str(error), "danger")
        else:
            if found is None:
                self._say("This is the newest version.")
            else:
                self._say(f"Version {found.version} is available. {found.notes}".strip())
                self._address = found.url
                self.open_page.setVisible(bool(found.url))
        self.check.setEnabled(True)

    def _say(self, text: str, role: str = "muted") -> None:
        self.outcome.setText(text)
        restyle(self.outcome, role=role)

    def _open_page(self) -> None:
        QDesktopServices.openUrl(QUrl(self._address))


def installation_facts(state: AppState) -> list[tuple[str, str]]:
    """Return name and value of each fact that `About` shows."""
    versions = state.engine.versions
    gpu = gpu_support.installed_build()
    return [
        ("Version", program_version()),
        ("Commit", installation.commit() or "unknown"),
        ("Python", platform.python_version()),
        ("Qt", qVersion()),
        ("PyTorch", versions.get("torch", "") or "unknown until the engine is ready"),
        ("Device", state.engine.device or "unknown until the engine is ready"),
        *([("GPU support", gpu)] if gpu else []),
        ("System", platform.platform()),
    ]
