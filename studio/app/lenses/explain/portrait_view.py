"""Overview of a run without particles: an operator's result with its data."""

from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget
from shiboken6 import isValid

from pushforward.studio.app.core import async_tasks
from pushforward.studio.app.core.run_portrait import Portrait
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.requests.request_base import Refused

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
        self._arrays: dict[str, NDArray[Any]] | None = None
        self._asked = ("", 0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        repaint_on_theme(self)

    @property
    def there(self) -> bool:
        """Whether there is something to be seen."""
        return self._arrays is not None

    @property
    def step(self) -> int:
        """The step whose weights it is of."""
        return self._asked[1]

    def show_run(self, run: RunState, portrait: Portrait | None) -> None:
        """Show a run as its newest checkpoint has it; while it is trained as it was before."""
        self._portrait = portrait
        newest = max(run.checkpoints, default=0)
        if run.key != self._asked[0]:
            self._arrays, self._asked = None, (run.key, 0)
        if portrait is not None and newest > self._asked[1] and not run.job:
            self._asked = (run.key, newest)
            async_tasks.spawn(self._load(run.key, newest, portrait))

    async def _load(self, key: str, step: int, portrait: Portrait) -> None:
        try:
            found = await self._actions.operating.portrait(key, portrait)
        except Refused:
            return  # the lens has said all else that there is
        if isValid(self) and self._asked == (key, step):
            self._arrays = found
            self.update()
            self.drawn.emit()

    def sizeHint(self) -> QSize:
        return QSize(WIDE, HIGH)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._arrays is not None and self._portrait is not None:
            with QPainter(self) as painter:
                self._portrait.paint(painter, QRectF(self.rect()), self._arrays, theme.colors())
