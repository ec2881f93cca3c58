"""Many widgets as one stop of the Tab key: where the keyboard was last, it comes back to."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QWidget

__all__ = ["Roving"]


class Roving(QObject):
    """Lets Tab stop at one of some widgets only; how arrows go among them is their owner's."""

    def __init__(self, owner: QObject) -> None:
        super().__init__(owner)
        self._widgets: list[QWidget] = []
        self.current: QWidget | None = None
        self._met = False  # whether the current one had the keyboard, or is only the first

    def take(self, widgets: Sequence[QWidget]) -> None:
        """Make these one stop: at the one that had the keyboard last, else at the first."""
        for gone in self._widgets:
            gone.removeEventFilter(self)
        self._widgets = list(widgets)
        if not self._met or self.current not in self._widgets:
            self.current = next(iter(self._widgets), None)
            self._met = False
        for each in self._widgets:
            each.installEventFilter(self)
            self._let(each)

    def _let(self, widget: QWidget) -> None:
        policy = Qt.FocusPolicy
        widget.setFocusPolicy(policy.StrongFocus if widget is self.current else policy.ClickFocus)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusIn:
            self._met = True
            before, self.current = self.current, next(w for w in self._widgets if w is watched)
            for each in filter(None, (before, self.current)):
                self._let(each)
        return super().eventFilter(watched, event)
