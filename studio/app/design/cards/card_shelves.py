"""Shelves of cards below each other: one grid to the keyboard, and one stop of the Tab key."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.design.basic import column, discard, scrolled
from pushforward.studio.app.design.cards.card_shelf import Planned, Shelf
from pushforward.studio.app.design.cards.picture_card import PictureCard
from pushforward.studio.app.design.roving_focus import Roving

__all__ = ["Planned", "Shelves"]

EDGE = 4  # room around cards for their focus ring


class Shelves(QWidget):
    """Shows cards that it is handed, and hands them back when others are shown.

    Signals:
        left: the person went up from the first line.
    """

    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.shelves: list[Shelf] = []
        self._roving = Roving(self)
        self._look: list[tuple[str, str, str, list[PictureCard]]] | None = None
        page = QWidget()
        self._body = column(parent=page, margins=(0, 0, EDGE, 24))
        self._area = scrolled(page)
        column(self._area, parent=self)

    @property
    def cards(self) -> list[PictureCard]:
        """The cards that are shown, in order."""
        return [card for shelf in self.shelves for card in shelf.grid.seen]

    def watch(self, card: PictureCard) -> None:
        """Let the arrows of a card go to its neighbours."""
        card.setParent(self)
        card.hide()
        card.moved.connect(partial(self._move, card))

    def show_shelves(self, planned: Sequence[Planned]) -> None:
        """Show shelves; where the same cards are shown already nothing moves, and where others are
        a shelf of the same form stays: cards that it keeps need not be made ready again.
        """
        look = [each.look for each in planned]
        if look == self._look:
            return
        self._look = look
        before, self.shelves = self.shelves, []
        while self._body.takeAt(0) is not None:
            pass
        kept = {card for each in planned for card in each.cards}
        for card in (card for shelf in before for card in shelf.grid.cards if card not in kept):
            card.hide()
            card.setParent(self)  # else it would go with its shelf
        for each in planned:
            shelf = next((shelf for shelf in before if shelf.form == each.form), None)
            if shelf is None:
                shelf = Shelf(each)
                shelf.grid.placed.connect(self._rove)
            else:
                before.remove(shelf)
            self._body.addWidget(shelf)
            self.shelves.append(shelf)
            shelf.show_planned(each)
        for shelf in before:
            discard(shelf)
        self._body.addStretch(1)
        self._area.verticalScrollBar().setValue(0)
        self._rove()

    def _rove(self) -> None:
        self._roving.take(self.cards)

    def _move(self, card: PictureCard, key: int) -> None:
        to = self.neighbour(card, Qt.Key(key))
        if to is not None:
            self.go_to(to)
        elif key == Qt.Key.Key_Up:
            self._area.verticalScrollBar().setValue(0)
            self.left.emit()

    def neighbour(self, card: PictureCard, key: Qt.Key) -> PictureCard | None:
        """Return the card to which an arrow leads from a card, to its side or above or below it, as
        if all shelves were one grid; None where there is none.
        """
        cards = self.cards
        if card not in cards:
            return None
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            place = cards.index(card) + (1 if key == Qt.Key.Key_Right else -1)
            return cards[place] if 0 <= place < len(cards) else None
        lines = [line for shelf in self.shelves for line in shelf.grid.lines]
        at = next(i for i, line in enumerate(lines) if card in line)
        to = at + (1 if key == Qt.Key.Key_Down else -1)
        if not 0 <= to < len(lines):
            return None
        return lines[to][min(lines[at].index(card), len(lines[to]) - 1)]

    def go_to(self, card: PictureCard) -> None:
        """Bring the keyboard to a card, and the card into sight."""
        card.setFocus(Qt.FocusReason.TabFocusReason)
        self.reveal(card)

    def reveal(self, card: PictureCard) -> None:
        """Bring a card into sight."""
        for shelf in self.shelves:
            if card in shelf.grid.cards:
                shelf.show_card(card)
