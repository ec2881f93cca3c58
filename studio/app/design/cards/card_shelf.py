"""A shelf of cards: what they have in common, the cards, and a way to see all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QWidget

from pushforward.studio.app.design.basic import button, column, label, row
from pushforward.studio.app.design.cards.picture_card import LOW, NARROW, TALL, WORDS, PictureCard

__all__ = ["Planned", "Shelf"]

RING = 4
AROUND = 32  # pixels that are seen above and below a card that is gone to
FEW = 4  # cards that stand on a shelf without a link to all


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


@dataclass(frozen=True)
class Planned:
    """A shelf that is to be shown: ``act`` is its link, what it says and does; where it leads to
    ``all`` of them, only as many cards are shown as fit side by side. Pictures are higher on a
    ``tall`` one.
    """

    title: str
    note: str
    cards: Sequence[PictureCard]
    act: tuple[str, Callable[[], None]] | None = None
    all: bool = False
    tall: bool = False

    @property
    def one_line(self) -> bool:
        """Whether only as many cards are shown as fit, and the link only where others are not."""
        return self.all and len(self.cards) > FEW

    @property
    def link(self) -> tuple[str, Callable[[], None]] | None:
        """What the link says and does; None where the shelf has none."""
        return self.act if self.one_line or not self.all else None

    @property
    def form(self) -> tuple[bool, bool, bool]:
        """What of a shelf stays as it was built."""
        return self.one_line, self.tall, self.link is not None

    @property
    def look(self) -> tuple[str, str, str, list[PictureCard]]:
        """What is seen of it."""
        return self.title, self.note, self.link[0] if self.link else "", list(self.cards)


class Shelf(QWidget):
    """A heading, perhaps with a link at its right, over cards."""

    def __init__(self, planned: Planned) -> None:
        super().__init__()
        self.form = planned.form
        self._planned = planned
        self._title, self._note = label("", "heading"), label("", "muted")
        self.grid = CardGrid(one_line=planned.one_line, tall=planned.tall)
        self.link = button("", self._act, kind="link") if planned.link is not None else None
        head = row(self._title, self._note, None, gap=10, margins=(RING, 0, RING, 0))
        if self.link is not None:
            head.addWidget(self.link)
        column(head, self.grid, parent=self, gap=6, margins=(0, 0, 0, 10))
        if planned.one_line:
            self.grid.placed.connect(self._need_link)

    def show_planned(self, planned: Planned) -> None:
        """Show other cards under another heading, of the same form."""
        self._planned = planned
        self._title.setText(planned.title)
        self._note.setText(planned.note)
        if self.link is not None and planned.link is not None:
            self.link.setText(planned.link[0])
            self.link.setAccessibleName(planned.link[0])
        self.grid.fill(list(planned.cards))

    def _act(self) -> None:
        if self._planned.link is not None:
            self._planned.link[1]()

    def _need_link(self) -> None:
        if self.link is not None:
            self.link.setVisible(len(self.grid.seen) < len(self.grid.cards))

    def show_card(self, card: PictureCard) -> None:
        """Scroll to a card."""
        parent = self.parentWidget()
        while parent is not None and not isinstance(parent, QScrollArea):
            parent = parent.parentWidget()
        if parent is not None:
            parent.ensureWidgetVisible(card, 0, AROUND)
