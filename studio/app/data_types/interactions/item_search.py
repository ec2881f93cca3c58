"""A field that finds an item by its title."""

from PySide6.QtCore import QStringListModel, Qt, QTimer, Signal
from PySide6.QtWidgets import QCompleter, QLineEdit

from pushforward.studio.app.data_types.interactions.catalogue import Catalogue

__all__ = ["ItemSearch"]

FOUND = 12  # titles that are offered at once
WIDEST = 340


class ItemSearch(QLineEdit):
    """Offers titles while the user types; Enter takes the best match.

    Signals:
        found(int): an item, by its number from 1.
        missed(str): why none was found, as a sentence.
    """

    found = Signal(int)
    missed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._catalogue: Catalogue | None = None
        self.setClearButtonEnabled(True)
        self.setMaximumWidth(WIDEST)
        self._name("Add an item by its title")
        self.returnPressed.connect(self._take)

    def show_items(self, catalogue: Catalogue) -> None:
        """Search among other items."""
        self._catalogue = catalogue
        names = catalogue.unique_titles
        completer = QCompleter(QStringListModel(names, self), self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setMaxVisibleItems(FOUND)
        completer.activated.connect(lambda _: QTimer.singleShot(0, self._take))
        self.setCompleter(completer)
        self._name(f"Add one of {len(names):,} items by its title")

    def _name(self, text: str) -> None:
        self.setPlaceholderText(text)
        self.setAccessibleName(text)

    def _take(self) -> None:
        text = self.text().strip().casefold()
        if not text or self._catalogue is None:
            return
        titles = [name.casefold() for name in self._catalogue.unique_titles]
        exact = [i for i, title in enumerate(titles, 1) if title == text]
        near = [i for i, title in enumerate(titles, 1) if text in title]
        if exact or near:
            self.clear()
            self.found.emit((exact or near)[0])
        else:
            self.missed.emit(f"No title contains {self.text().strip()!r}.")
