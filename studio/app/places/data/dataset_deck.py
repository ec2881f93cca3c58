"""The cards of sets of data: one a set, for as long as the set is what it is."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from pushforward.studio.app.core import async_tasks
from pushforward.studio.app.core.dataset_list import DataSet
from pushforward.studio.app.design.cards.card_shelves import Shelves
from pushforward.studio.app.engine.requests.cover_requests import CoverIntents
from pushforward.studio.app.places.data.dataset_card import DataSetCard

__all__ = ["DataSetDeck"]


class DataSetDeck(QObject):
    """Makes cards for shelves; each asks for some of its rows when it is first seen.

    Signals:
        picked: the set whose card was clicked, or on which Enter was pressed.
    """

    picked = Signal(object)

    def __init__(self, shelves: Shelves, covers: CoverIntents) -> None:
        super().__init__(shelves)
        self._shelves, self._covers = shelves, covers
        self.cards: dict[DataSet, DataSetCard] = {}

    def deal(self, sets: Sequence[DataSet]) -> list[DataSetCard]:
        """Create a card for each data set, and return cards that are no longer needed, for the
        caller to delete.
        """
        before = self.cards
        self.cards = {
            data: before.pop(data) if data in before else self._create_card(data) for data in sets
        }
        for card in self.cards.values():
            card.ask_again()
        return list(before.values())

    def _create_card(self, data: DataSet) -> DataSetCard:
        card = DataSetCard(data)
        self._shelves.watch(card)
        card.clicked.connect(partial(self.picked.emit, data))
        card.wanted.connect(lambda: async_tasks.spawn(self._load(card)))
        return card

    async def _load(self, card: DataSetCard) -> None:
        rows = await self._covers.of(card.data)
        # A picker may be gone by now, and its cards with it.
        if isValid(card) and self.cards.get(card.data) is card:
            card.show_rows(rows)
