"""The chip that says what the marks of data mean, and lets a person choose it."""

import asyncio
from functools import partial

from PySide6.QtCore import QPoint, Signal
from shiboken6 import isValid

from pushforward.studio.app.core import async_tasks
from pushforward.studio.app.core.data_type import Arrays, Kind
from pushforward.studio.app.design.literal_text import PushButton, set_tip
from pushforward.studio.app.design.menu import open_menu

__all__ = ["RuleChip"]

TIP = "Validity rule, for all runs on these data"


class RuleChip(PushButton):
    """Shown if a data type has validity rules.

    Signals: chosen: the stored name of the chosen rule.
    """

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__("")
        self.setProperty("kind", "chip")
        self.setAutoDefault(False)
        set_tip(self, TIP)
        self._kind: Kind | None = None
        self._training: Arrays | None = None
        self.clicked.connect(self._offer)
        self.hide()

    def show_rule(self, kind: Kind, made: Arrays | None, training: Arrays | None) -> None:
        """Say what marks mean, by what is known of generated or of real data; it is chosen by how
        many of the ``training`` data are so.
        """
        self._kind, self._training = kind, training
        said = next(filter(None, (kind.means(each) for each in (training, made) if each)), "")
        self.setText(said)
        self.setAccessibleName(f"What is valid: {said}" if said else "What is valid")
        self.setVisible(kind.rules is not None and training is not None and bool(said))

    def _offer(self) -> None:
        kind, training = self._kind, self._training
        if kind is not None and kind.rules is not None and training is not None:
            async_tasks.spawn(self._open(kind, training))

    async def _open(self, kind: Kind, training: Arrays) -> None:
        assert kind.rules is not None
        found = await asyncio.to_thread(kind.rules, training)
        if isValid(self) and self.isVisible():
            entries = [(said, partial(self.chosen.emit, rule)) for rule, said in found]
            open_menu(self, QPoint(0, 0), entries)
