"""Cards side by side: as many columns as there is room for, and fewer in a narrower window."""

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from pushforward.studio.app.design.cards.picture_card import LOW, NARROW, TALL, WORDS, PictureCard

__all__ = ["CardGrid"]

GAP = 12
COLUMNS = ((960, 2), (1280, 3))  # at most so many in a window that is narrower than this
MOST = 4


class CardGrid(QWidget):
    """Cards in columns; with ``one_line`` only as many as fit side by side, with ``tall`` each has
    a higher picture.
    """

    placed = Signal()

    def __init__(self, *, one_line: bool = False, tall: bool = False) -> None:
        super().__init__()
        self.cards: list[PictureCard] = []
        self._one_line = one_line
        self._picture = TALL if tall else LOW
        self._high = self._picture + WORDS
        self._laid = 0  # columns that the height was last told for
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def columns(self) -> int:
        """How many cards stand side by side."""
        return self._columns(self.width())

    def _columns(self, width: int) -> int:
        window = self.window().width()
        most = next((columns for below, columns in COLUMNS if window < below), MOST)
        return min(most, max(1, (width + GAP) // (NARROW + GAP)))

    def sizeHint(self) -> QSize:
        return QSize(NARROW, self.heightForWidth(NARROW))

    def minimumSizeHint(self) -> QSize:
        return QSize(NARROW, self._high)

    def heightForWidth(self, width: int) -> int:
        lines = 1 if self._one_line else -(-len(self.cards) // self._columns(width))
        return lines * (self._high + GAP) - GAP

    @property
    def seen(self) -> list[PictureCard]:
        """The cards that are shown."""
        return self.cards[: self.columns] if self._one_line else self.cards

    @property
    def lines(self) -> list[list[PictureCard]]:
        """The cards that are shown, those side by side together."""
        seen, columns = self.seen, self.columns
        return [seen[at : at + columns] for at in range(0, len(seen), columns)]

    def fill(self, cards: list[PictureCard]) -> None:
        """Show these cards, which may have been elsewhere before."""
        self.cards = cards
        for card in cards:
            if card.parent() is not self:
                card.setParent(self)
            card.picture = self._picture
        self.updateGeometry()
        self.place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self.columns != self._laid:
            # The height follows from the window, too, which layouts do not know of.
            self._laid = self.columns
            self.updateGeometry()
        self.place()

    def place(self) -> None:
        """Put the cards where they belong."""
        columns, seen = self.columns, self.seen
        width = (self.width() - GAP * (columns - 1)) // columns
        for index, card in enumerate(self.cards):
            line, column = divmod(index, columns)
            card.setGeometry(column * (width + GAP), line * (self._high + GAP), width, self._high)
            card.setVisible(index < len(seen))
        self.placed.emit()
