"""What the mouse does on the particles of a run."""

from collections.abc import Iterable
from typing import Literal

from PySide6.QtCore import QObject, Signal

from pushforward.studio.protocol.spec import Edit, EditPoints, UndoPoints

__all__ = ["TOOLS", "Hand", "ToolName", "standing"]

ToolName = Literal["look", "add", "move", "remove"]
TOOLS: tuple[ToolName, ...] = ("look", "add", "move", "remove")


def standing(edits: Iterable[Edit]) -> int:
    """Return how many edits of target points are not taken back."""
    return sum(isinstance(e, EditPoints) - isinstance(e, UndoPoints) for e in edits)


class Hand(QObject):
    """The tool in the hand. ``radius`` is that of the brush, as a share of what is seen."""

    changed = Signal()
    SMALLEST, LARGEST, STEP = 0.01, 0.4, 1.25

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tool: ToolName = "look"
        self.radius = 0.05

    def take(self, tool: ToolName) -> None:
        """Take a tool, or put it away ("look")."""
        if tool != self.tool:
            self.tool = tool
            self.changed.emit()

    def widen(self, by: int) -> None:
        """Make the brush wider (1) or narrower (-1)."""
        radius = min(self.LARGEST, max(self.SMALLEST, self.radius * self.STEP**by))
        if radius != self.radius:
            self.radius = radius
            self.changed.emit()
