"""What was found in files is shown for import: at once, or, to who types meanwhile, at a click."""

import importlib
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.notices import Notice, NoticeAction
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.requests.data_requests import named

__all__ = ["Imports"]


class Imports(QObject):
    """Opens the import dialog. A dialog has the keyboard: it would take it from a field in which
    somebody has typed since the files are looked into, and from a dialog that is open.
    """

    def __init__(self, state: AppState, actions: Actions, window: QWidget) -> None:
        super().__init__(window)
        self._state, self._actions, self._window = state, actions, window
        self._typed: QObject | None = None  # the field that was typed into last
        self._watches = False
        state.looks_changed.connect(self._watch)
        state.inspected.connect(self.found)

    def _watch(self) -> None:
        """Look at keys while files are looked into, no longer: every event would pass here."""
        looks, app = bool(self._state.looks), QCoreApplication.instance()
        if app is None or looks == self._watches:
            return
        self._watches = looks
        if looks:
            self._typed = None
            app.installEventFilter(self)
        else:
            app.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.text():
            field = isinstance(watched, QWidget) and watched.testAttribute(
                Qt.WidgetAttribute.WA_InputMethodEnabled
            )
            if field:
                self._typed = watched
        return False

    def found(self, files: list[str], found: Any) -> None:
        """Show what was found, or offer to, where somebody types."""
        here = QApplication.focusWidget()
        typing = here is not None and here is self._typed
        if not typing and QApplication.activeModalWidget() is None:
            self.show(files, found)
            return
        topic = f"found:{named(files)}"

        def show() -> None:
            self._state.notices.settle(topic)
            self.show(files, found)

        text = f"{named(files)} ready to import"
        self._state.notices.post(
            Notice(
                level="info", text=text, todo="Check the preview and import.", topic=topic,
                lasting=True, here=True, actions=(NoticeAction("Show", show),),
            )
        )  # fmt: skip

    def show(self, files: list[str], found: Any) -> None:
        """Open the dialog."""
        module = importlib.import_module("pushforward.studio.app.places.data.import_dialog")
        module.ImportDialog(self._state, self._actions, files, found, self._window).open()
