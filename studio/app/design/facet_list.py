"""Facets: choices that narrow a list, each with how many it leaves."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QWidget

from pushforward.studio.app.design.basic import clear, column, scrolled, section
from pushforward.studio.app.design.roving_focus import Roving
from pushforward.studio.app.design.row_button import RowButton

__all__ = ["FacetList"]

MOST = 7  # choices of a facet that are shown at first; one more is shown, too


class FacetList(QFrame):
    """One list of choices per facet, single choice. The first choices are shown, more on request.
    ``chosen`` is called with title and value on a click.
    """

    def __init__(self, chosen: Callable[[str, str], None]) -> None:
        super().__init__()
        self._chosen = chosen
        self._buttons: dict[tuple[str, str], RowButton] = {}
        self._more: dict[str, RowButton] = {}  # what shows all choices, by title
        self._open: set[str] = set()
        self._roving = Roving(self)
        self.setAccessibleName("Filters")
        page = QWidget()
        self._body = column(parent=page, gap=1, margins=(8, 8, 8, 14))
        layout = column(parent=self, gap=None)
        self._area = scrolled(page)
        layout.addWidget(self._area)

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
            line.show_facts(text=value, note=f"{count:,}")
        for title in self._more:
            self._show_more(title, list(counts[title].values()), chosen.get(title))
        self._rove()

    def _rove(self) -> None:
        """Make one stop of all choices that can be made."""
        self._roving.take(self._able)

    @property
    def _able(self) -> list[RowButton]:
        """The lines that can be chosen, as they stand below each other."""
        found: list[RowButton] = []
        for title in dict.fromkeys(title for title, _ in self._buttons):
            found += [line for (of, _), line in self._buttons.items() if of == title]
            found += [self._more[title]] if title in self._more else []
        return [line for line in found if line.isEnabled() and not line.isHidden()]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Up and Down go from a choice to the next one that can be made; a button alone would go on
        as Tab does.
        """
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            by = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
            lines = self._able
            at = next((place for place, line in enumerate(lines) if line is watched), -1)
            if by and at >= 0:
                to = lines[min(max(at + by, 0), len(lines) - 1)]
                to.setFocus(Qt.FocusReason.TabFocusReason)
                self._area.ensureWidgetVisible(to)
                return True
        return super().eventFilter(watched, event)

    def _build(self, counts: Mapping[str, Mapping[str, int]]) -> None:
        clear(self._body)
        self._buttons, self._more = {}, {}
        for title, values in counts.items():
            head = section(title)
            head.setContentsMargins(8, 0, 0, 2)
            self._body.addWidget(head)
            for value in values:
                line = RowButton(value)
                line.installEventFilter(self)
                line.clicked.connect(partial(self._chosen, title, value))
                self._buttons[title, value] = line
                self._body.addWidget(line)
            if len(values) > MOST + 1:
                self._more[title] = more = RowButton("")
                more.installEventFilter(self)
                more.clicked.connect(partial(self._turn, title))
                self._body.addWidget(more)
            self._body.addSpacing(14)
        self._body.addStretch(1)

    def _turn(self, title: str) -> None:
        """Show all choices of a facet, or the first alone."""
        self._open ^= {title}
        each = [line for (of, _), line in self._buttons.items() if of == title]
        chosen = next((line.text() for line in each if line.isChecked()), None)
        self._show_more(title, [int(line.note.replace(",", "")) for line in each], chosen)
        self._rove()

    def _show_more(self, title: str, counts: Sequence[int], chosen: str | None) -> None:
        lines = [(value, line) for (of, value), line in self._buttons.items() if of == title]
        hidden = []
        for (value, line), count in zip(lines[MOST:], counts[MOST:], strict=True):
            shown = title in self._open or value == chosen
            line.setVisible(shown)
            hidden += [] if shown else [count]
        text = "Fewer" if title in self._open else f"{len(hidden)} more"
        self._more[title].show_facts(text=text, note=f"{sum(hidden):,}" if hidden else "")

    def line(self, title: str, value: str) -> RowButton:
        """Return the row of a value under a title."""
        return self._buttons[title, value]
