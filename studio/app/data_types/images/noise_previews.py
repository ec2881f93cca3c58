"""A sketch read more and more freely: a few noise levels are tried as soon as it rests."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from pushforward.studio.app.core.data_type import Kind
from pushforward.studio.app.data.tile_grid import TileGrid
from pushforward.studio.app.data_types.images.image_edits import Sheet
from pushforward.studio.app.design.basic import Elided, column, row, section
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.query import DEBOUNCE_MS, Query
from pushforward.studio.app.engine.requests.request_base import Refused

__all__ = ["LEVELS", "Question", "Strengths"]

LEVELS = (0.25, 0.5, 1.0, 2.0, 4.0)
SIDE = 84  # pixels of the height of the strip
OPERATOR = "sdedit"


@dataclass(frozen=True, eq=False)
class Question:
    """The sheet of a run to preview, with settings and conditions."""

    key: str
    sheet: Sheet
    kind: Kind
    config: dict[str, Any]
    given: dict[str, Any]
    noise: float


class Strengths(QWidget):
    """A strip of what comes of a sheet at each level; ``current`` returns the one that lies there.

    Signals:
        chosen: a noise level was clicked or walked to.
    """

    chosen = Signal(float)

    def __init__(self, actions: Actions, current: Callable[[], Sheet | None]) -> None:
        super().__init__()
        self._actions, self._current = actions, current
        self._tried: Sheet | None = None
        self._query: Query[Question, None] = Query(self, self._try, debounce_ms=DEBOUNCE_MS)
        self.strip = TileGrid("The sketch at increasing noise", strip=True)
        self.strip.setFixedHeight(SIDE)
        self.strip.picked.connect(self._pick)
        body = column(parent=self, gap=4)
        what = Elided("noise in data std; click to choose", "small")
        line = row(section("Strength"), (what, 1))
        body.addLayout(line)
        body.addWidget(self.strip)

    def forget(self) -> None:
        """Let what was tried be tried again: something else has changed."""
        self._tried = None

    def clear(self) -> None:
        """Show nothing until another image was tried: what is seen is of the one before."""
        self.forget()
        self.strip.show_tiles(None, message="Trying each strength…")

    def want(self, question: Question) -> None:
        """Try a sheet, unless it was tried already."""
        if question.sheet is not self._tried:
            self._tried = question.sheet
            self._query.ask(question, again=True)

    async def _try(self, question: Question) -> None:
        """Ask for one image at each level, unless the sheet is another one meanwhile."""
        found: list[NDArray[np.float32]] = []
        for noise in LEVELS:
            if question.sheet is not self._current() or not self.isVisible():
                self._tried = None
                return
            config = {**question.config, "noise": noise, "draws": 1}
            rows = {"rows": [question.sheet.image.tolist()]}
            try:
                answer = await self._actions.operating.ask(
                    question.key, OPERATOR, config=config, inputs=rows, given=question.given
                )
            except Refused as refused:
                if isValid(self):
                    self.strip.show_tiles(None, message=refused.error.message)
                return
            if not isValid(self) or question.sheet is not self._current():
                return
            found.append(np.asarray(answer.arrays["x"][0], np.float32))
            titles = [f"{level:g}" for level in LEVELS[: len(found)]]
            tiles = question.kind.tiles({"x": np.stack(found)})
            self.strip.show_tiles(tiles, noun=question.kind.one, words=titles)
            self.mark(question.noise)

    def mark(self, noise: float) -> None:
        """Mark the level that is in force, if it is one of them."""
        self.strip.select(LEVELS.index(noise) if noise in LEVELS else -1)

    def _pick(self, place: int) -> None:
        if 0 <= place < len(LEVELS):
            self.strip.select(place)
            self.chosen.emit(LEVELS[place])
