"""A shelf of cards: what they have in common, the cards, and a way to see all of them."""

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from studio.app.widgets.basic import button, label
from studio.app.widgets.cardgrid import CardGrid
from studio.app.widgets.picturecard import PictureCard

__all__ = ["Shelf"]

RING = 4
AROUND = 32  # pixels that are seen above and below a card that is gone to


class Shelf(QWidget):
    """A heading, perhaps with a link at its right, over cards.

    ``act`` is what the link says and does; with ``one_line`` only as many cards are shown as fit,
    and the link only where others are not.
    """

    def __init__(
        self,
        title: str,
        note: str = "",
        act: tuple[str, Callable[[], None]] | None = None,
        *,
        one_line: bool = False,
        tall: bool = False,
    ) -> None:
        super().__init__()
        self.grid = CardGrid(one_line=one_line, tall=tall)
        self.link = button(act[0], act[1], kind="link") if act is not None else None
        head = QHBoxLayout()
        head.setContentsMargins(RING, 0, RING, 0)
        head.setSpacing(10)
        head.addWidget(label(title, "heading"))
        head.addWidget(label(note, "muted"))
        head.addStretch(1)
        if self.link is not None:
            head.addWidget(self.link)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 10)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addWidget(self.grid)
        if one_line:
            self.grid.placed.connect(self._need_link)

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
