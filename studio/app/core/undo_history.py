"""What is edited by hand, with the way back. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

__all__ = ["Edits", "Table"]

Sheet = TypeVar("Sheet")
"""What lies on the table; it is never changed, but another one takes its place."""
MOST = 100  # steps back that are kept


class Edits(Generic[Sheet]):
    """Undo history: the current sheet, earlier ones, and undone ones; one history per run."""

    def __init__(self) -> None:
        self.now: Sheet | None = None
        self._past: list[Sheet] = []
        self._future: list[Sheet] = []
        self._table = ""
        self._left: dict[str, tuple[Sheet | None, list[Sheet], list[Sheet]]] = {}

    def turn_to(self, table: str) -> None:
        """Go to another table, where all is as it was left; at first there is nothing."""
        self._left[self._table] = self.now, self._past, self._future
        self._table = table
        self.now, self._past, self._future = self._left.pop(table, (None, [], []))

    def put(self, sheet: Sheet) -> None:
        """Go on with another sheet, which can be taken back."""
        if self.now is not None:
            self._past = [*self._past, self.now][-MOST:]
        self.now, self._future = sheet, []

    def amend(self, sheet: Sheet) -> None:
        """Go on with another sheet as a part of the same step: within a stroke."""
        self.now = sheet

    def begin(self) -> None:
        """Begin a step that `amend` fills."""
        if self.now is not None:
            self.put(self.now)

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether there is a step that was taken back."""
        return bool(self._future)

    def undo(self) -> None:
        """Take the last step back."""
        if self._past and self.now is not None:
            self._future.append(self.now)
            self.now = self._past.pop()

    def redo(self) -> None:
        """Take the step again that was taken back last."""
        if self._future and self.now is not None:
            self._past.append(self.now)
            self.now = self._future.pop()


@dataclass(frozen=True, eq=False)
class Table:
    """Where something is edited by hand and seen: its edits, and what takes the last one back."""

    edits: Edits[Any]
    undo: Callable[[], None]
