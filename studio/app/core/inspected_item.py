"""The inspected item: the last selection."""

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, Signal

__all__ = ["InspectedItem", "Thing"]

Thing = Literal["run", "rows", "event", "layer", "race", "stage", "scene"]


@dataclass(frozen=True)
class _At:
    thing: Thing = "run"
    name: str = ""


class InspectedItem(QObject):
    """A run is looked at, or something of it: ``thing`` is what kind, ``name`` which of them (the
    slug of a layer, the number of an event).

    Signals:
        changed: something else is looked at.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._at = _At()

    @property
    def thing(self) -> Thing:
        """What kind of thing is looked at."""
        return self._at.thing

    @property
    def name(self) -> str:
        """Which of them."""
        return self._at.name

    def look(self, thing: Thing, name: str = "") -> None:
        """Look at something."""
        if _At(thing, name) != self._at:
            self._at = _At(thing, name)
            self.changed.emit()

    def leave(self, thing: Thing) -> None:
        """Look at the run again, if it is this that was looked at."""
        if self.thing == thing:
            self.look("run")
