"""A grid of the frame in which data are browsed, and a line that says what is seen of it."""

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core.data_type import LABEL, Arrays, Kind, Measured
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.core.selection import Offered, Rows, Selection, Source
from pushforward.studio.app.data.row_filter import Unfiltered, keeps, sorted_rows, sorting, why_none
from pushforward.studio.app.data.tile_grid import TileGrid
from pushforward.studio.app.data.tile_loading import Browsed
from pushforward.studio.app.data.tile_parts import TileParts
from pushforward.studio.app.design.basic import column, label, row, section
from pushforward.studio.app.design.forms.editors import ChoiceList
from pushforward.studio.app.text import number_format

__all__ = ["Pane", "brief", "describe_sample", "in_unit", "short"]

HEAD = 28  # pixels of what stands above a pane


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
        self._far: NDArray[np.floating] | None = None  # from what they are sorted by nearness to
        self._only = False
        self._kept: Rows | None = None  # where a filter leaves out some
        self._numbers: Rows | None = None
        self._instead = ""  # what there is, where a filter asks for what is not
        self.grid = TileGrid(title, browsed=True)
        TileParts(self.grid, walks=False)  # Shift and the arrows extend what is selected
        self._where = label("", "small", wrap=True)  # two lines are as high as the head
        body = column(parent=self, gap=2)
        self._name = section(title)
        self.choice = ChoiceList([title], f"Beside {title.lower()}")  # where there is a choice
        self.choice.setFixedHeight(HEAD)
        self._where.setMinimumHeight(HEAD)  # with a choice or without: both panes are as high
        self.choice.hide()
        head = row(self._name, self.choice, (self._where, 1))
        body.addLayout(head)
        body.addWidget(self.grid, 1)
        self.grid.say_by(self.describe)
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
        numbers: Rows | None = None,
    ) -> None:
        """Show other samples, (n, ...) by name, of a data type and source; ``page`` of them fill
        the pane without zoom. With a ``title`` they represent other samples of the source and are
        not offered to the inspector. ``numbers`` as in `Offered`.
        """
        if source != self._source:
            self.grid.inspect(-1)
            self.grid.verticalScrollBar().setValue(0)
        before = self._arrays
        self._arrays, self._kind, self._source = arrays, shown_as, source
        self._common, self._message, self._page = common or {}, message, page
        self._numbers = numbers
        self.__dict__.pop("measured", None)
        known, were = (each or {} for each in (arrays, before))
        # What is found of them later may be painted, too.
        if known.get("x") is not were.get("x") or known.keys() != were.keys():
            self._ready = {}
        self._title = title or self._own
        self.grid.setAccessibleName(f"{self._title} {shown_as.moving}")
        self.arrange(self._order, self._filter)
        self._offer()

    def _offer(self) -> None:
        """Let the inspector and the export know the rows, and which of them are seen."""
        if self._arrays is not None and self._source is not None and self._title == self._own:
            called = f"{self._title} {self._kind.one}"
            # They are still known when the pane shows others.
            tell = partial(told_of, self._kind, self._arrays, real=self._source.real)
            offered = Offered(
                self._arrays, called, tell, lambda: self._origin, self._numbers, lambda: self._kept
            )
            self._selection.offer(self._source, offered)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._offer()  # another lens may have offered the same rows meanwhile, all of them

    @cached_property
    def measured(self) -> Measured:
        """What is known of each datum."""
        return self._source_rows(slice(None))

    @property
    def measures(self) -> Measured:
        """What is known of the first datum: the names without the work."""
        return self._source_rows(slice(1))

    def _source_rows(self, rows: slice) -> Measured:
        some = self._arrays
        return self._kind.measures({n: each[rows] for n, each in some.items()}) if some else {}

    def arrange(self, order: str, text: str, apart: NDArray[np.floating] | None = None) -> str:
        """Show the data in an order, or by how far they are ``apart`` (n,) from something, those
        that a filter keeps; return why it keeps all, if it says nothing.
        """
        self._order, self._filter, self._far = order, text, apart
        why, rows, self._instead = "", None, ""
        if self._arrays is not None and (order or text or apart is not None):
            by_order = sorted_rows(self.measured, order, self.count)
            rows = by_order if apart is None else np.argsort(apart, kind="stable")
            try:
                rows = rows[keeps(self.measured, text, self.count)[rows]]
                if not len(rows):
                    self._instead = why_none(self.measured, text, self.count, self._kind.units)
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

    def _keep(self, rows: Rows | None) -> None:
        """Note the rows that are seen, where some are left out."""
        kept = rows if rows is not None and len(rows) < self.count else None
        before, self._kept = self._kept, kept
        if kept is not before and self._source is not None:
            self._selection.filtered.emit(self._source)

    def _show(self, rows: Rows | None) -> None:
        self._keep(rows)
        tiles, some = None, self._arrays
        if some is not None:
            # What real data are told of is no condition that they were asked for.
            asked = self._source is None or not self._source.real
            own = ("x", *self._kind.parts, *self._kind.marked)
            known = (*own, *(self._kind.told if asked else (LABEL,)))
            some = {name: each for name, each in some.items() if name in known}
            tiles = Browsed(self._kind, some, self._common, self._ready)
        nothing = self._message
        if self.count:
            nothing = f"No {self._kind.one} matches the filter"
            nothing += f". {self._instead}" if self._instead else ""
        self.grid.show_tiles(
            tiles, noun=self._kind.moving, words=self._sorted_by(), order=rows, page=self._page,
            least=self._kind.least,
            message=nothing,
        )  # fmt: skip
        self._chosen()
        self._tell()

    def _sorted_by(self) -> list[str]:
        """Return of each datum the number that they are sorted by, where they are by one: of near
        ones how far they are, "" of those of another class.
        """
        if self._far is not None:
            return [brief(far) if np.isfinite(far) else "" for far in self._far]
        name = sorting(self._order)
        values = self.measured.get(name) if self._arrays is not None and name else None
        if values is None or not np.issubdtype(values.dtype, np.number):
            return []
        unit = self._kind.units.get(name, "")
        return [in_unit(brief(value), value, unit) for value in values]

    @property
    def shown_as(self) -> Kind:
        """The kind of the data."""
        return self._kind

    @property
    def arrays(self) -> Arrays | None:
        """The data, a row each."""
        return self._arrays

    def describe(self, tile: int) -> str:
        """Say what is known of a datum in a line, "" of none."""
        if not 0 <= tile < self.count:
            return ""
        facts = ((n.lower() if n.istitle() else n, value) for n, value in self.tell(tile))
        number = tile if self._numbers is None else int(self._numbers[tile])
        parts = [f"{self._title} {self._kind.one} {number}", *map(" ".join, facts)]
        return " · ".join(parts)

    def tell(self, tile: int) -> list[tuple[str, str]]:
        """Return the facts of a sample, with names, next to the requested values."""
        real = self._source is not None and self._source.real
        return told_of(self._kind, self._arrays or {}, tile, real=real)

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
        """Show the origin of the samples next to the visible range."""
        self._origin = origin
        self._tell()

    def _tell(self) -> None:
        first, last = self.grid.in_sight()
        shown, n = self.grid.count, self.count
        sight = f"{first + 1:,} to {last:,} of {self._some(shown)}" if shown else ""
        if shown < n:
            sight = f"{sight}, filtered from {n:,}" if sight else f"none of {self._some(n)}"
        origin = self._origin.removeprefix(f"{n:,} samples, ")  # how many is said already
        origin = origin.removeprefix(f"{n:,} fixed {self._kind.moving}").lstrip(", ")
        near = "nearest first" if self._far is not None and not origin else ""
        self._where.setText(" · ".join(filter(None, (sight, near, origin))))

    def _some(self, n: int) -> str:
        return f"{n:,} {self._kind.one if n == 1 else self._kind.many}"


def told_of(shown_as: Kind, arrays: Arrays, row: int, *, real: bool) -> list[tuple[str, str]]:
    """Return the facts of a row of samples (n, ...) by name, as `describe_sample`."""
    one = {name: each[row : row + 1] for name, each in arrays.items()}
    given = {name: each[0] for name, each in one.items()}
    return describe_sample(shown_as, shown_as.measures(one), given, real=real)


def describe_sample(
    shown_as: Kind,
    measured: Measured,
    given: Mapping[str, Any] | None = None,
    *,
    real: bool = False,
) -> list[tuple[str, str]]:
    """Return the measures of the first sample with names and units; for its conditions ``given``
    also the requested value and the deviation, next to that of real data if known. ``real`` samples
    have no request; for a sample that shows only a part, the values of the whole are given
    likewise.
    """
    found, floors = [], {} if real else shown_as.off(given or {})
    by = shown_as.whole if real else "asked"
    for name, values in measured.items():
        said = in_unit(short(values[0]), values[0], shown_as.units.get(name, ""))
        condition = shown_as.asked.get(name)
        if by and given and condition is not None and condition in given:
            beside = f"; {floors[name]}" if name in floors else ""
            said += f" ({_against(values[0], given[condition], by)}{beside})"
        found.append((name, said))
    return found


def _against(value: Any, wanted: Any, by: str) -> str:
    """Format a requested value and the deviation from it: "asked 173, −4.1 %"."""
    counted = isinstance(value, np.integer)
    said = f"{by} {brief(np.int64(round(wanted)) if counted else np.float64(wanted))}"
    if value == wanted or not wanted:
        return said
    off = 100.0 * (float(value) / float(wanted) - 1.0)
    return f"{said}, {off:+.1f} %".replace("-", "\N{MINUS SIGN}")


def in_unit(said: str, value: object, unit: str) -> str:
    """Return a measure with its unit; what is less than all is not said to be 100 %."""
    if unit == "%" and isinstance(value, np.floating) and 99.0 < value < 100.0:
        said = f"{float(value):.1f}" if value < 99.95 else "> 99.9"
    return f"{said} {unit}".rstrip()


def brief(value: object) -> str:
    """Return a measure of a datum where there is little room: "173", "0.81"."""
    if isinstance(value, np.floating) and 0.01 <= abs(value) < 10:
        return f"{float(value):.2f}"
    return f"{float(value):,.0f}" if isinstance(value, np.floating) else short(value)


def short(value: object) -> str:
    """Format a measure of a sample."""
    if isinstance(value, np.integer):
        return f"{int(value):,}"
    return number_format.figure(float(value)) if isinstance(value, np.floating) else str(value)
