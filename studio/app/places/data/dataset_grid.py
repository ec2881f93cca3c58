"""All sets of data as cards: found by words and by kind, each with some of it to be seen."""

from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.core.dataset_list import DataSet, all_sets, found, kinds_of
from pushforward.studio.app.design.basic import column, row
from pushforward.studio.app.design.cards.card_shelves import Planned, Shelves
from pushforward.studio.app.design.forms.editors import ChoiceList
from pushforward.studio.app.design.search_field import SearchBox
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.places.data.dataset_card import DataSetCard
from pushforward.studio.app.places.data.dataset_deck import DataSetDeck
from pushforward.studio.app.places.data.import_card import ImportCard
from pushforward.studio.counts import format_count

__all__ = ["DataSetGrid"]

FEW = 3  # sets: a kind with fewer shares a shelf
RING = 4


class DataSetGrid(QWidget):
    """Grid of data sets, the project's own first, with the import card.

    Signals: chosen: the slug of the clicked or entered set.
    """

    chosen = Signal(str)

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state = state
        self._kinds: list[str] = []
        self.search = SearchBox("Search data", "/")
        self.search.setMaximumWidth(540)
        self.search.textChanged.connect(self._find)
        self.search.returnPressed.connect(self._choose_first)
        self.search.installEventFilter(self)
        self.kinds = ChoiceList([], "Kind of data")
        self.kinds.setMinimumContentsLength(16)
        self.kinds.activated.connect(self._find)
        self.shelves = Shelves()
        self.shelves.left.connect(self.focus_first)
        self._deck = DataSetDeck(self.shelves, actions.covers)
        self._deck.picked.connect(lambda data: self.chosen.emit(data.slug))
        self.own = ImportCard("Import data", state.window.import_files.emit)
        self.shelves.watch(self.own)
        head = row((self.search, 1), (None, 0), self.kinds, gap=12, margins=(RING, 0, RING, 0))
        column(head, (self.shelves, 1), parent=self, gap=12)
        for signal in (state.datasets_changed, state.catalog_changed):
            signal.connect(self.refresh)
        self.refresh()

    @property
    def cards(self) -> list[DataSetCard]:
        """The cards of data that are shown, in order."""
        return [card for card in self.shelves.cards if isinstance(card, DataSetCard)]

    def refresh(self) -> None:
        """Show the sets that there are now; a card whose set is as before stays."""
        sets = all_sets(self._state.catalog, self._state.datasets)
        gone = self._deck.deal(sets)
        self.search.setPlaceholderText(
            f"Search {format_count(len(sets), 'data set')}: name, data type or source"
        )
        many = kinds_of(sets)
        self._kinds = ["", *many]
        at = self.kinds.currentIndex()
        self.kinds.offer(
            ["All data types", *(f"{kind(slug).title} ({count})" for slug, count in many.items())]
        )
        self.kinds.setCurrentIndex(at if 0 <= at < len(self._kinds) else 0)
        self._find()
        for card in gone:
            card.deleteLater()

    def _choose_first(self) -> None:
        if self.cards:
            self.cards[0].click()

    # What is shown

    @property
    def _kind(self) -> str:
        at = self.kinds.currentIndex()
        return self._kinds[at] if 0 <= at < len(self._kinds) else ""

    def _find(self) -> None:
        text = self.search.text()
        sets = found(list(self._deck.cards), text, self._kind)
        narrowed = bool(text.strip() or self._kind)
        planned = [self._some(sets)] if narrowed else self._by_kind(sets)
        self.shelves.show_shelves([each for each in planned if each.cards])

    def _some(self, sets: list[DataSet]) -> Planned:
        act = ("Clear", self.forget)
        if not sets:
            note = "No data set matches. You can import your own."
            return Planned("Nothing found", note, [self.own], act, tall=True)
        cards = [self._deck.cards[data] for data in sets]
        return Planned(format_count(len(sets), "data set"), "", cards, act)

    def _by_kind(self, sets: list[DataSet]) -> list[Planned]:
        own = [self._deck.cards[data] for data in sets if data.own]
        planned = [Planned("Your data", "", [*own, self.own], tall=True)]
        rest: list[DataSetCard] = []
        for slug in kinds_of(sets):
            cards = [self._deck.cards[data] for data in sets if data.kind == slug and not data.own]
            if len(cards) < FEW:
                rest += cards
                continue
            act = (f"all {len(cards)}", partial(self._narrow, slug))
            planned.append(Planned(kind(slug).title, kind(slug).about, cards, act, all=True))
        return [*planned, Planned("More kinds", "", rest)]

    def _narrow(self, slug: str) -> None:
        self.kinds.setCurrentIndex(self._kinds.index(slug))
        self._find()

    def forget(self) -> None:
        """Show all again."""
        self.kinds.setCurrentIndex(0)
        self.search.clear()
        self._find()

    # The keyboard

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        press = event.type() == QEvent.Type.KeyPress
        if watched is self.search and press and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Down and self.shelves.cards:
                self.shelves.go_to(self.shelves.cards[0])
                return True
            if event.key() == Qt.Key.Key_Escape and (self.search.text() or self._kind):
                self.forget()
                return True
        return super().eventFilter(watched, event)

    def focus_first(self) -> None:
        """Bring the keyboard to the search."""
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)
