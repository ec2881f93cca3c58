"""Facets: choices that narrow a list, each with how many it leaves."""

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from studio.app.widgets.basic import clear, scrolled, section
from studio.app.widgets.row_button import RowButton

__all__ = ["FacetList"]


class FacetList(QFrame):
    """One list of choices under each title; of a facet one choice or none is made.

    ``chosen`` is called with a title and a value when a person clicks on it.
    """

    def __init__(self, chosen: Callable[[str, str], None]) -> None:
        super().__init__()
        self._chosen = chosen
        self._buttons: dict[tuple[str, str], RowButton] = {}
        self.setAccessibleName("Filters")
        page = QWidget()
        self._body = QVBoxLayout(page)
        self._body.setContentsMargins(0, 0, 8, 16)
        self._body.setSpacing(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scrolled(page))

    def show_counts(
        self, counts: Mapping[str, Mapping[str, int]], chosen: Mapping[str, str]
    ) -> None:
        """Show how many each value leaves, by facet; choices that leave none are dimmed."""
        if [(t, v) for t, values in counts.items() for v in values] != list(self._buttons):
            self._build(counts)
        for (title, value), line in self._buttons.items():
            count, on = counts[title][value], chosen.get(title) == value
            line.setChecked(on)
            line.setEnabled(on or count > 0)
            line.show_facts(text=value, note=str(count))

    def _build(self, counts: Mapping[str, Mapping[str, int]]) -> None:
        clear(self._body)
        self._buttons = {}
        for title, values in counts.items():
            self._body.addWidget(section(title))
            for value in values:
                line = RowButton(value)
                line.clicked.connect(partial(self._chosen, title, value))
                self._buttons[title, value] = line
                self._body.addWidget(line)
            self._body.addSpacing(14)
        self._body.addStretch(1)

    def line(self, title: str, value: str) -> RowButton:
        """Return the line of a choice."""
        return self._buttons[title, value]
