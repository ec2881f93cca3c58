"""The base of every view of a lens: the selected run, the empty state and the surface."""

from functools import cached_property

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.charts.overlays import EmptyState
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.engine.actions import Actions

__all__ = ["LensView"]


class LensView(QWidget):
    """A view of a lens on the canvas surface.

    A subclass builds its widgets, sets ``bar`` where it has controls for the lens, and stores in
    ``_key`` which run it shows.
    """

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self._key = ""
        self.setProperty("surface", "canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

    @cached_property
    def empty(self) -> EmptyState:
        """The message in the middle of the view while there is nothing to show.

        It is created when it is first used, so that it lies above what the view laid out before.
        """
        return EmptyState(self)

    @property
    def run(self) -> RunState | None:
        """The run of ``_key``, None while there is none."""
        return self._state.runs.by_key.get(self._key)
