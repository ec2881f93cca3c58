"""The project in the title, and the menu by which one goes to another."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from pushforward.studio.app.core import preferences
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.file_manager import show_in_folder
from pushforward.studio.app.design.icons import IconWearer
from pushforward.studio.app.design.literal_text import PushButton, keyless, set_tip
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.text import number_format

__all__ = ["ProjectButton"]

RECENT = 8


class ProjectButton(PushButton):
    """Says which project is open; its menu has those that were open lately. ``new`` and ``open``
    ask for a folder.
    """

    def __init__(
        self,
        state: AppState,
        actions: Actions,
        new: Callable[[], object],
        open: Callable[[], object],
    ) -> None:
        super().__init__()
        self._state, self._actions, self._new, self._open = state, actions, new, open
        self.setProperty("kind", "quiet")
        self.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the chevron stands after the name
        IconWearer(self, "chevron-down", "muted")
        menu = QMenu(self)
        menu.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(self._fill)
        self.setMenu(menu)
        state.project_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Say which project is open."""
        name = self._state.project_name or "No project"
        self.setText(self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, 220))
        self.setAccessibleName(f"Project {name}")
        set_tip(self, str(self._state.project or ""))

    def _fill(self) -> None:
        menu, state = self.menu(), self._state
        menu.clear()
        others = [each for each in state.recent if each.path != state.project]
        for each in others[:RECENT]:
            entry = menu.addAction(f"{keyless(each.name)}\t{number_format.ago(each.opened)}")
            set_tip(entry, str(each.path))
            entry.triggered.connect(partial(self._actions.project.open, each.path))
        if others:
            menu.addSeparator()
        for computer in preferences.load().computers:
            entry = menu.addAction(f"On {keyless(computer.title)}")
            entry.setEnabled(state.computer != computer.title)
            entry.triggered.connect(partial(self._actions.computers.open, computer))
        menu.addAction("New project…").triggered.connect(lambda: self._new())
        menu.addAction("Open a project…").triggered.connect(lambda: self._open())
        shown = menu.addAction("Show in its folder")
        shown.setEnabled(state.project is not None and state.project.is_dir())
        if state.project is not None:
            shown.triggered.connect(partial(show_in_folder, state.project))
