"""Cards of numbers and classes in columns: those that stay are not made anew."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLayout, QWidget

from pushforward.studio.app.charts.bar_card import BarsCard
from pushforward.studio.app.charts.histogram_card import HistogramCard
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.data.chart_export import ask_picture, ask_values
from pushforward.studio.app.text import number_format

__all__ = ["Cards"]

WIDE, TALL = 240, 460  # pixels that a histogram wants, and that it has at most
MOST = 4  # side by side
CLASS_TIP = (
    "Class frequencies. Green: real data ± 2 standard deviations. One run: orange is outside; "
    "several runs: one colour each."
)


class Cards(QWidget):
    """A card for each number, and for the classes of each word, by name.

    Signals:
        brushed: a name, with the range or the class that was brushed of it, None for none.
    """

    brushed = Signal(str, object)

    def __init__(self, state: AppState) -> None:
        super().__init__()
        self._state = state
        self.cards: dict[str, HistogramCard | BarsCard] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(8)
        # No higher than its cards may be: what is below follows at once.
        self._grid.setSizeConstraint(QLayout.SizeConstraint.SetMinAndMaxSize)

    def __iter__(self) -> Iterator[tuple[str, HistogramCard | BarsCard]]:
        return iter(self.cards.items())

    def make(
        self, numbers: Sequence[str], classes: Sequence[str], units: Mapping[str, str]
    ) -> None:
        """Make cards of numbers and classes; those that are there stay: each takes a while."""
        wanted = (*numbers, *classes)
        if [*wanted] == list(self.cards):
            return
        self.clear(keep=wanted)
        there = self.cards
        self.cards = {
            name: there.get(name) or self._card(name, units.get(name, ""), name in classes)
            for name in wanted
        }
        self._place()

    def _card(self, name: str, unit: str, of_classes: bool) -> HistogramCard | BarsCard:
        card: HistogramCard | BarsCard
        if of_classes:
            card = BarsCard(name, CLASS_TIP)
            card.plot.picked.connect(partial(self._picked, name))
        else:
            card = HistogramCard(name, unit)
            card.plot.brushed.connect(partial(self.brushed.emit, name))
        card.setMaximumHeight(TALL)
        card.picture_wanted.connect(
            partial(ask_picture, card, self._state, number_format.plain(name))
        )
        card.values_wanted.connect(
            partial(ask_values, card, self._state, number_format.plain(name))
        )
        return card

    def _picked(self, name: str, at: int) -> None:
        card = self.cards[name]
        assert isinstance(card, BarsCard)
        self.brushed.emit(name, card.scene.names[at] if at >= 0 else None)

    def clear(self, keep: Sequence[str] = ()) -> None:
        """Remove all cards except ``keep``."""
        for name in self.cards.keys() - set(keep):
            card = self.cards.pop(name)
            self._grid.removeWidget(card)
            card.hide()
            card.deleteLater()

    def _place(self) -> None:
        count = len(self.cards)
        across = max(1, min(count, MOST, self.width() // WIDE))
        across = -(-count // -(-count // across)) if count else 1  # rows as full as each other
        for place, card in enumerate(self.cards.values()):
            self._grid.addWidget(card, place // across, place % across)
        for column in range(MOST):
            self._grid.setColumnStretch(column, 1 if column < across else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()
