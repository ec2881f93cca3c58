"""The frame in which any kind of data is browsed: generated beside real, as grids of tiles.

Both are zoomed, sorted and filtered together, by what the kind can say of each datum.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSlider, QVBoxLayout, QWidget

from studio.app import words
from studio.app.forms.editors import ChoiceList, Segments
from studio.app.kinds.browsed import Browsed
from studio.app.kinds.filtering import Unfiltered, keeps, orders, sorted_rows
from studio.app.kinds.kind import Arrays, Kind, Measured
from studio.app.kinds.registry import kind
from studio.app.state.selection import Offered, Rows, Selection, Source
from studio.app.widgets.basic import Elided, button, restyle, row, section, view_bar
from studio.app.widgets.chosenchip import ChosenChip
from studio.app.widgets.literal import set_tip
from studio.app.widgets.nearest import Nearest
from studio.app.widgets.tilegrid import LARGEST, SMALLEST, TileGrid

__all__ = ["Browser", "Pane", "short", "told"]

HEAD = 28  # pixels of what stands above a pane
SIDES = ("Generated", "Real", "Beside")
NEAREST = (
    "Show the real ones by their distance from the generated one in the white ring: what is much "
    "nearer than real ones are to each other may be a copy. Compared by {}."
)


class Pane(QWidget):
    """One grid, with a line above that says what is seen of it.

    Signals:
        inspected: another tile is looked at more closely, or none.
    """

    inspected = Signal()

    def __init__(self, title: str, selection: Selection) -> None:
        super().__init__()
        self._title = self._own = title
        self._selection = selection
        self._kind = kind("")
        self._arrays: Arrays | None = None
        self._source: Source | None = None
        self._message = self._origin = ""
        self._common: Arrays = {}
        self._ready: dict[int, Arrays] = {}  # what is made ready stays while the data do
        self._page = 0
        self._order, self._filter = "", ""
        self._only = False
        self.grid = TileGrid(title, browsed=True)
        self._where = Elided("", "small")
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(2)
        self._name = section(title)
        self.choice = ChoiceList([title], f"Beside {title.lower()}")  # where there is a choice
        self.choice.setFixedHeight(HEAD)
        self._where.setMinimumHeight(HEAD)  # with a choice or without: both panes are as high
        self.choice.hide()
        head = row(self._name, self.choice, self._where)
        head.setStretch(2, 1)
        body.addLayout(head)
        body.addWidget(self.grid, 1)
        self.grid.say_by(self.said)
        self.grid.chosen.connect(self._choose)
        self.grid.arranged.connect(self._tell)
        self.grid.picked.connect(self.inspected)
        selection.changed.connect(self._chosen)

    @property
    def count(self) -> int:
        """How many data there are, those left out counted as well."""
        return len(self._arrays["x"]) if self._arrays is not None else 0

    @property
    def source(self) -> Source | None:
        """What the rows are rows of."""
        return self._source

    def show_data(
        self,
        arrays: Arrays | None,
        shown_as: Kind,
        source: Source | None,
        *,
        page: int,
        common: Arrays | None = None,
        message: str = "",
        title: str = "",
    ) -> None:
        """Show other data, (n, ...) by name, of a kind and a source; ``page`` of them fill the
        pane where nobody has zoomed. With a ``title`` they stand for others of the source, and the
        inspector is told nothing of them.
        """
        if source != self._source:
            self.grid.inspect(-1)
            self.grid.verticalScrollBar().setValue(0)
        before = self._arrays
        self._arrays, self._kind, self._source = arrays, shown_as, source
        self._common, self._message, self._page = common or {}, message, page
        self.__dict__.pop("measured", None)
        if arrays is None or before is None or arrays["x"] is not before["x"]:
            self._ready = {}
        self._title = title or self._own
        self.grid.setAccessibleName(f"{self._title} {shown_as.moving}")
        self.arrange(self._order, self._filter)
        if arrays is not None and source is not None and not title:
            called = f"{self._title} {shown_as.one}"
            self._selection.offer(source, Offered(arrays, called, self.tell, lambda: self._origin))

    @cached_property
    def measured(self) -> Measured:
        """What is known of each datum."""
        return self._of(slice(None))

    @property
    def measures(self) -> Measured:
        """What is known of the first datum: the names without the work."""
        return self._of(slice(1))

    def _of(self, rows: slice) -> Measured:
        some = self._arrays
        return self._kind.measures({n: each[rows] for n, each in some.items()}) if some else {}

    def arrange(self, order: str, text: str, apart: NDArray[np.floating] | None = None) -> str:
        """Show the data in an order, or by how far they are ``apart`` (n,) from something, those
        that a filter keeps; return why it keeps all, if it says nothing.
        """
        self._order, self._filter = order, text
        why, rows = "", None
        if self._arrays is not None and (order or text or apart is not None):
            by_order = sorted_rows(self.measured, order, self.count)
            rows = by_order if apart is None else np.argsort(apart, kind="stable")
            try:
                rows = rows[keeps(self.measured, text, self.count)[rows]]
            except Unfiltered as error:
                why = str(error)
        selected = self._selection
        if self._arrays is not None and selected.only and selected.source == self._source:
            rows = np.arange(self.count) if rows is None else rows
            rows = rows[np.isin(rows, selected.rows)]
        self._show(rows)
        return why

    def follow(self, other: "Pane") -> None:
        """Show the rows that another pane shows, in its order."""
        rows = other.grid.order
        self._show(rows[rows < self.count])

    def offer_choice(self, titles: list[str], tips: Sequence[str] = ()) -> None:
        """Offer what may stand in the pane, each with what there is to know of it; it is the first
        unless one was chosen. A list of one is no choice.
        """
        chosen = self.choice.currentText()
        self.choice.blockSignals(True)
        self.choice.offer(titles, tips)
        self.choice.setCurrentIndex(titles.index(chosen) if chosen in titles else 0)
        self.choice.blockSignals(False)
        self.choice.setVisible(len(titles) > 1)
        self._name.setVisible(len(titles) < 2)

    def _show(self, rows: Rows | None) -> None:
        tiles, some = None, self._arrays
        if some is not None:
            known = ("x", *self._kind.parts, *self._kind.told)
            some = {name: each for name, each in some.items() if name in known}
            tiles = Browsed(self._kind, some, self._common, self._ready)
        nothing = f"No {self._kind.one} is as the filter asks" if self.count else self._message
        self.grid.show_tiles(
            tiles, noun=self._kind.moving, order=rows, page=self._page, message=nothing
        )
        self._chosen()
        self._tell()

    @property
    def shown_as(self) -> Kind:
        """The kind of the data."""
        return self._kind

    @property
    def arrays(self) -> Arrays | None:
        """The data, a row each."""
        return self._arrays

    def said(self, tile: int) -> str:
        """Say what is known of a datum in a line, "" of none."""
        if not 0 <= tile < self.count:
            return ""
        facts = ((n.lower() if n.istitle() else n, value) for n, value in self.tell(tile))
        parts = [f"{self._title} {self._kind.one} {tile}", *map(" ".join, facts)]
        return " · ".join(parts)

    def tell(self, tile: int) -> list[tuple[str, str]]:
        """Return what is known of a datum, each with its name."""
        return told(self._kind, self._of(slice(tile, tile + 1)))

    def _choose(self) -> None:
        if self._source is not None:
            self._selection.set(self._source, self.grid.rows, "tiles")

    def _chosen(self) -> None:
        only = self._selection.only and self._selection.source == self._source
        if only != self._only:
            self._only = only
            self.arrange(self._order, self._filter)
        self.grid.choose(self._selection.of(self._source))

    def say(self, origin: str) -> None:
        """Say where the data come from, beside which of them are in sight."""
        self._origin = origin
        self._tell()

    def _tell(self) -> None:
        first, last = self.grid.in_sight()
        shown, n = self.grid.count, self.count
        sight = f"{first + 1:,} to {last:,} of {shown:,}" if shown else ""
        if shown < n:
            sight = f"{sight}, filtered from {n:,}" if sight else f"none of {n:,}"
        self._where.set_text(" · ".join(filter(None, (sight, self._origin))))


def _hint(known: Measured) -> str:
    """Say what may stand in a filter."""
    numbers = [name for name, values in known.items() if np.issubdtype(values.dtype, np.number)]
    parts = (
        [f"{', '.join(numbers)} with <, > or =, as in {numbers[0].lower()} > 1"] if numbers else []
    )
    parts += [f"a word of {name.lower()}" for name in known if name not in numbers]
    return f"{'; '.join(parts)}. Several with commas between them."


def told(shown_as: Kind, measured: Measured) -> list[tuple[str, str]]:
    """Return what was measured of the first of some data, each with its name, in its unit."""
    units = shown_as.units
    return [
        (name, f"{short(values[0])} {units.get(name, '')}".rstrip())
        for name, values in measured.items()
    ]


def short(value: object) -> str:
    """Return a measure of a datum as it is said."""
    if isinstance(value, np.integer):
        return f"{int(value):,}"
    return words.figure(float(value)) if isinstance(value, np.floating) else str(value)


class Browser(QWidget):
    """Generated data and real ones in one frame, with what finds its way among them."""

    def __init__(self, selection: Selection) -> None:
        super().__init__()
        self._selection = selection
        self._sorts: list[str] = []
        self._aligned = False
        self.made, self.real = Pane("Generated", selection), Pane("Real", selection)
        self.sides = Segments(list(SIDES), "What is shown")
        self.sides.select(2)
        self.sides.widen()
        self.order = ChoiceList([], "Order of the tiles")
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter")
        self.filter.setAccessibleName("Filter")
        self.filter.setClearButtonEnabled(True)
        self.filter.setMinimumWidth(96)
        self.filter.setMaximumWidth(200)
        self.picked = ChosenChip(selection, self._among)
        self.size_ = QSlider(Qt.Orientation.Horizontal)
        self.size_.setRange(SMALLEST, LARGEST)
        self.size_.setMinimumWidth(40)
        self.size_.setMaximumWidth(88)
        self.size_.setAccessibleName("Size of the tiles in pixels")
        self._line = Elided("", "small")
        self.nearest = button("Nearest", None, kind="chip")
        self.nearest.setCheckable(True)
        self._near = Nearest(self)
        self.order.setMaximumWidth(200)
        self.filter.installEventFilter(self)
        halves = QHBoxLayout()
        halves.setSpacing(20)
        halves.addWidget(self.made, 1)
        halves.addWidget(self.real, 1)
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(8)
        body.addLayout(halves, 1)
        # Below, where what comes late pushes nothing aside in a narrow window.
        self.foot = row(self._line, self.picked, self.nearest)
        self.foot.setStretch(0, 1)
        body.addLayout(self.foot)
        self._connect()
        self._tell()

    def bar(self, view: QWidget, *more: QWidget) -> QWidget:
        """Return the bar of a view that shows this frame: its controls, and more to their right."""
        made = view_bar(view, self.sides, self.order, self.filter, None, self.size_, *more)
        line = made.layout()
        assert isinstance(line, QHBoxLayout)
        line.setStretch(1, 2)
        line.setStretch(2, 2)
        return made

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Escape empties the filter."""
        escape = (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
        )
        if escape and self.filter.text():
            self.filter.clear()
            return True
        return super().eventFilter(watched, event)

    def _connect(self) -> None:
        self.sides.chosen.connect(self._show_sides)
        self.order.currentTextChanged.connect(self._arrange)
        self.filter.textChanged.connect(self._arrange)
        self.nearest.toggled.connect(self._find_nearest)
        self._near.found.connect(self._found_nearest)
        self.size_.valueChanged.connect(self._zoom)
        for pane, other in ((self.made, self.real), (self.real, self.made)):
            pane.grid.zoomed.connect(other.grid.zoom)
            pane.grid.arranged.connect(self._tell_size)
            pane.grid.verticalScrollBar().valueChanged.connect(
                lambda at, other=other: self._scroll(other, at)
            )
            pane.inspected.connect(lambda pane=pane, other=other: self._inspect(pane, other))

    def show_data(
        self,
        shown_as: Kind,
        made: Arrays | None,
        made_of: Source | None,
        real: Arrays | None,
        real_of: Source | None,
        message: str,
        *,
        beside: str = "",
    ) -> None:
        """Show generated and real data, (n, ...) by name, with what they are rows of; ``message``
        stands where real ones are missing. Both share what tiles have in common: that of the real
        ones, where they are there. In the place of real ones may stand those of a run ``beside``;
        with the same source row i is of the same latent, and stands where that of the other does.
        """
        before = self._aligned
        self._aligned = bool(beside) and real is not None and real_of == made_of
        self.sides.retitle(1, beside or "Real")
        self.sides.widen()
        both = real if real is not None else made
        common = shown_as.common(both) if both is not None else {}
        # One page for both, or tiles beside each other would differ in size.
        page = min(shown_as.page, max((len(x["x"]) for x in (made, real) if x), default=0))
        self.made.show_data(made, shown_as, made_of, page=page, common=common)
        self.real.show_data(
            real, shown_as, real_of, page=page, common=common, message=message, title=beside
        )
        known = self.made.measures or self.real.measures
        sorts = orders(known)
        if sorts != self._sorts:
            self._sorts = sorts
            self.order.offer(sorts)
            self.order.setVisible(len(sorts) > 1)
            self.filter.setVisible(len(sorts) > 1)
            set_tip(self.filter, _hint(known))
        apart = shown_as.apart
        self.nearest.setVisible(apart is not None and real is not None and not beside)
        if apart is not None:
            set_tip(self.nearest, NEAREST.format(apart.name))
        if self.nearest.isChecked() or self._aligned or before:
            self._find_nearest()
        self.picked.tell()
        self._tell()

    @contextmanager
    def on_paper(self) -> Iterator[None]:
        """Let the tiles be painted themselves, sharp at any scale, instead of pictures of them."""
        grids = (self.made.grid, self.real.grid)
        for grid in grids:
            grid.direct = True
        try:
            yield
        finally:
            for grid in grids:
                grid.direct = False

    def _show_sides(self, side: int) -> None:
        self.sides.select(side)
        self.made.setVisible(side != 1)
        self.real.setVisible(side != 0)

    def _arrange(self) -> None:
        order = self.order.currentText() if self.order.currentIndex() > 0 else ""
        text, apart = self.filter.text(), None
        if self._holds_nearest and self.made.grid.inspected >= 0 and self.real.arrays:
            apart = self._near.far_from(self.real.arrays)
        why = {self.made.arrange(order, text)} - {""}
        if self._aligned:
            self.real.follow(self.made)
        else:
            why |= {self.real.arrange(order, text, apart)} - {""}
        restyle(self.filter, invalid="true" if why else "false")
        self.filter.setAccessibleDescription(" ".join(sorted(why)))
        self._tell()
        if why:
            self._line.set_text(" ".join(sorted(why)))

    def _scroll(self, other: Pane, at: int) -> None:
        """Let rows of the same latents stay beside each other."""
        if self._aligned:
            other.grid.verticalScrollBar().setValue(at)

    def _zoom(self, height: int) -> None:
        for pane in (self.made, self.real):
            pane.grid.zoom(height)

    def _tell_size(self) -> None:
        pane = self.real if self.made.isHidden() else self.made
        height = pane.grid.tile_height
        self.size_.blockSignals(True)
        self.size_.setValue(height)
        self.size_.blockSignals(False)
        set_tip(self.size_, f"{height} pixels a tile (Ctrl and the wheel; 0 fits a page)")

    def _inspect(self, pane: Pane, other: Pane) -> None:
        if self._aligned:
            other.grid.inspect(pane.grid.inspected)
        elif pane is self.made and self.nearest.isChecked():
            self._find_nearest()
        elif pane.grid.inspected >= 0 and not self.nearest.isChecked():
            other.grid.inspect(-1)
        self._tell()

    @property
    def _holds_nearest(self) -> bool:
        return self.nearest.isChecked() and not self.nearest.isHidden()

    def _find_nearest(self) -> None:
        """Find how far the real ones are from the one in the ring, where somebody wants to know."""
        made, real, row = self.made.arrays, self.real.arrays, self.made.grid.inspected
        apart = self.made.shown_as.apart
        if self._holds_nearest and made and real and apart is not None and row >= 0:
            self._near.ask(made, row, real, apart)
        self._arrange()

    def _found_nearest(self) -> None:
        self._arrange()
        self.real.grid.scrollToTop()

    def _among(self, source: Source) -> int:
        """Return how many rows of a source are browsed."""
        return sum(pane.count for pane in (self.made, self.real) if pane.source == source)

    def _tell(self) -> None:
        """Say what is known of the one in the ring."""
        lines = (pane.said(pane.grid.inspected) for pane in (self.made, self.real))
        line = next(filter(None, lines), "")
        near = self._near.said if self._holds_nearest and line else ""
        self._line.set_text(" · ".join(filter(None, (line, near))))
