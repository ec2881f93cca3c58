"""Sets of data to choose from in a setup: the cards of the page of data, what does not fit last."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QScrollArea

from pushforward.studio.app.core.dataset_list import DataSet
from pushforward.studio.app.design.basic import column
from pushforward.studio.app.design.cards.card_shelves import Planned, Shelves
from pushforward.studio.app.design.cards.picture_card import PictureCard
from pushforward.studio.app.engine.requests.cover_requests import CoverIntents
from pushforward.studio.app.places.data.dataset_card import DataSetCard
from pushforward.studio.app.places.data.dataset_deck import DataSetDeck
from pushforward.studio.app.places.setup.pickers.option import Option, found
from pushforward.studio.app.places.setup.pickers.picker_frame import Body
from pushforward.studio.counts import format_count

__all__ = ["DataCards"]

EDGE = 12
OTHERS = "With another model"
Fitted = tuple[Option, DataSetCard]


class DataCards(Body):
    """``options`` say of each of some ``sets``, by its slug, what comes of choosing it."""

    def __init__(
        self,
        sets: Sequence[DataSet],
        options: Sequence[Option],
        chosen: object,
        covers: CoverIntents,
    ) -> None:
        super().__init__()
        self._chosen = chosen
        self.shelves = Shelves()
        self._deck = DataSetDeck(self.shelves, covers)
        self._deck.deal(sets)
        self._deck.picked.connect(self._pick)
        known = {option.value: option for option in options}
        cards = [card for data, card in self._deck.cards.items() if data.slug in known]
        self._fitted: list[Fitted] = [(known[card.data.slug], card) for card in cards]
        for option, card in self._fitted:
            card.refuse(option.why_not)
            card.installEventFilter(self)
        self._shown: list[Fitted] = []
        self._current: Fitted | None = None
        column(self.shelves, parent=self, margins=(EDGE, EDGE, EDGE - 4, 0))
        for area in self.shelves.findChildren(QScrollArea):  # when all have their places
            area.verticalScrollBar().rangeChanged.connect(lambda *_: self._reveal())

    @property
    def current(self) -> Option | None:
        return self._current[0] if self._current is not None else None

    def seek(self, search: str) -> int:
        cards = {option.value: card for option, card in self._fitted}
        options = found([option for option, _ in self._fitted], search)
        self._shown = [(option, cards[option.value]) for option in options]
        fit = [card for option, card in self._shown if not option.why_not]
        others = [card for option, card in self._shown if option.why_not]
        planned = [
            Planned(format_count(len(fit), "data set"), "", fit),
            Planned(OTHERS, "", others),
        ]
        self.shelves.show_shelves([each for each in planned if each.cards])
        at = next((i for i, (o, _) in enumerate(self._shown) if o.value == self._chosen), 0)
        place = 0 if search.strip() else at
        self._light(self._shown[place] if self._shown else None)
        return len(self._shown)

    def _light(self, fitted: Fitted | None) -> None:
        if self._current is not None:
            self._current[1].setChecked(False)
        self._current = fitted
        if fitted is not None:
            fitted[1].setChecked(True)
            self._reveal()
        self.highlighted.emit()

    def _reveal(self) -> None:
        if self._current is not None:
            self.shelves.reveal(self._current[1])

    def _light_card(self, card: PictureCard) -> None:
        self._light(next((each for each in self._shown if each[1] is card), None))

    def go(self, key: Qt.Key) -> bool:
        arrows = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
        if key not in arrows or self._current is None:
            return False
        up = key in (Qt.Key.Key_Up, Qt.Key.Key_PageUp)
        to = self.shelves.neighbour(self._current[1], Qt.Key.Key_Up if up else Qt.Key.Key_Down)
        if to is not None:
            self._light_card(to)
        return True

    def _pick(self, data: DataSet) -> None:
        self._light_card(self._deck.cards[data])
        self.used.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A card that has the keyboard is highlighted; letters that are typed there are searched
        for.
        """
        if event.type() == QEvent.Type.FocusIn and isinstance(watched, DataSetCard):
            self._light_card(watched)
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            letters = event.text()
            if letters.strip() and letters.isprintable():
                self.typed.emit(letters)
                return True
        return super().eventFilter(watched, event)
