"""Overview of a run without particles: an operator's result with its data."""

from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from pushforward.studio.app.core.run_portrait import Portrait
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.query import Query

__all__ = ["RunPortrait"]

WIDE, HIGH = 320, 220  # pixels that it wants


class RunPortrait(QWidget):
    """It asks the engine once for each newest checkpoint, and keeps what it has until then.

    Signals:
        drawn: there is something else to be seen.
    """

    drawn = Signal()

    def __init__(self, actions: Actions) -> None:
        super().__init__()
        self._actions = actions
        self._portrait: Portrait | None = None
        self._query: Query[tuple[str, int], dict[str, NDArray[Any]]] = Query(
            self, self._load, progressive=True
        )
        self._query.changed.connect(self._show)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        repaint_on_theme(self)

    @property
    def there(self) -> bool:
        """Whether there is something to be seen."""
        return self._query.answer is not None

    @property
    def step(self) -> int:
        """The step whose weights it is of."""
        return self._query.key[1] if self._query.key is not None else 0

    def show_run(self, run: RunState, portrait: Portrait | None) -> None:
        """Show a run as its newest checkpoint has it; while it is trained as it was before."""
        self._portrait = portrait
        newest = max(run.checkpoints, default=0)
        if self._query.key is not None and run.key != self._query.key[0]:
            self._query.cancel()
        if portrait is not None and newest > self.step and not run.job:
            self._query.ask((run.key, newest))

    async def _load(self, key: tuple[str, int]) -> dict[str, NDArray[Any]]:
        assert self._portrait is not None
        return await self._actions.operating.portrait(key[0], self._portrait)

    def _show(self) -> None:
        """Show the answer; a refusal needs no words, since the lens has said all else."""
        self.update()
        self.drawn.emit()

    def sizeHint(self) -> QSize:
        return QSize(WIDE, HIGH)

    def paintEvent(self, event: QPaintEvent) -> None:
        arrays = self._query.answer
        if arrays is not None and self._portrait is not None:
            with QPainter(self) as painter:
                self._portrait.paint(painter, QRectF(self.rect()), arrays, theme.colors())
