"""The models as a table: which field says where particles go, and what is carried; below it those
that carry nothing, by what they do. A search finds methods that are models with settings, too.
"""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QGridLayout, QPushButton, QWidget

from pushforward.studio.app.core import field_carrier_switch
from pushforward.studio.app.design.basic import button, column, label, scrolled, section, separator
from pushforward.studio.app.design.flow_layout import Wrapping
from pushforward.studio.app.design.formula_label import FormulaLine
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.places.setup.pickers.option import Option, found
from pushforward.studio.app.places.setup.pickers.option_chip import Chip, Why
from pushforward.studio.app.places.setup.pickers.picker_frame import Body
from pushforward.studio.app.text.number_format import plain
from pushforward.studio.protocol.catalog import Catalog, EntrySpec

__all__ = ["FamilyTable"]

FILTERS: dict[str, Callable[[EntrySpec], bool]] = {
    "One pass a sample": lambda entry: entry.carrier == field_carrier_switch.GENERATOR,
    "Has likelihood": lambda entry: "likelihood" in entry.capabilities,
    "Needs no run": lambda entry: all(each.optional for each in entry.inputs),
}
SIDE, ROW = 118, 46  # pixels of the names of rows: their width, and the height of a row


class FamilyTable(Body):
    """Arrows walk from choice to choice as they lie; Up from the first line leads to the search."""

    def __init__(
        self,
        catalog: Catalog,
        options: Sequence[Option],
        chosen: str,
        methods: Sequence[Option] = (),
    ) -> None:
        """``methods`` are those with a name, which only a search finds."""
        super().__init__()
        self._options, self._chosen, self._methods = options, chosen, methods
        self._by_slug = {each.value: each for each in options}
        self.chips: list[Chip | Why] = []
        self.named: list[Chip | Why] = []  # methods, of which a search shows those that it finds
        self._current: Chip | Why | None = None
        self._search = ""
        self._heads: list[QWidget] = []  # of the columns
        self._crossed: list[Chip | Why] = []  # what stands under them
        self._rows: list[tuple[list[QWidget], list[Chip | Why]]] = []
        self.filters = [self._filter(title) for title in FILTERS]
        page = QWidget()
        self._grid = QGridLayout(page)
        self._grid.setContentsMargins(16, 4, 12, 12)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnMinimumWidth(0, SIDE)
        for place in range(1, 4):
            self._grid.setColumnStretch(place, 1)
        self._fill(catalog)
        self._grid.setRowStretch(self._grid.rowCount(), 1)
        self._page, self._scroll = page, scrolled(page)
        self._scroll.verticalScrollBar().rangeChanged.connect(lambda *_: self._reveal())
        column(self._scroll, parent=self)
        first = next((c for c in self.chips if c.option.value == chosen), self.chips[0])
        self._highlight(first)

    def _filter(self, title: str) -> QPushButton:
        made = button(title, kind="chip")
        made.setCheckable(True)
        made.toggled.connect(lambda _: self._apply())
        return made

    # Laying out

    def _fill(self, catalog: Catalog) -> None:
        corner = section("Field × carrier")
        self._grid.addWidget(corner, 0, 0)
        self._heads.append(corner)
        for place, carrier in enumerate(field_carrier_switch.CARRIERS, 1):
            title, told = field_carrier_switch.HEADS[carrier]
            head = QWidget()
            head.setLayout(column(label(title, "strong"), label(told, "small", wrap=True), gap=1))
            self._grid.addWidget(head, 0, place, Qt.AlignmentFlag.AlignTop)
            self._heads.append(head)
        for field in field_carrier_switch.FIELDS:
            if any(
                field_carrier_switch.cell(catalog, field, carrier)
                for carrier in field_carrier_switch.CARRIERS
            ):
                self._add_field(catalog, field)
        rule = self._rule()
        self._rows.append(([rule], []))
        for group, members in field_carrier_switch.groups(catalog).items():
            chips = [self._chip(each) for each in members]
            self._add_group(plain(group) if group else "Other", chips)
        self.named = [self._method(each) for each in self._methods]
        self._add_group("Named methods", self.named)
        self._of_named = self._rows.pop()[0]

    def _add_field(self, catalog: Catalog, field: str) -> None:
        rule = self._rule()
        formula = FormulaLine(12)
        formula.set_text(field_carrier_switch.FORMULAS[field])
        head = QWidget()
        head.setLayout(
            column(None, label(field_carrier_switch.FIELDS[field], "strong"), formula, None, gap=0)
        )
        set_tip(head, field_carrier_switch.FOUND[field])
        line = self._grid.rowCount()
        head.setMinimumHeight(ROW)
        self._grid.addWidget(head, line, 0)
        chips: list[Chip | Why] = []
        holders: list[QWidget] = []
        for place, carrier in enumerate(field_carrier_switch.CARRIERS, 1):
            made = self._cell(catalog, field, carrier)
            holder = QWidget()
            inside = Wrapping(6, 5)
            inside.setContentsMargins(0, 7, 0, 7)
            holder.setLayout(inside)
            for each in made:
                inside.addWidget(each)
            self._grid.addWidget(holder, line, place)
            holders.append(holder)
            chips += made
        self._rows.append(([rule, head, *holders], chips))
        self._crossed += chips

    def _cell(self, catalog: Catalog, field: str, carrier: str) -> list[Chip | Why]:
        members = field_carrier_switch.cell(catalog, field, carrier)
        if members:
            return [self._chip(each) for each in members]
        head = field_carrier_switch.HEADS[carrier][0].lower()
        title = f"{field_carrier_switch.FIELDS[field]} × {head}"
        reason = field_carrier_switch.why_not(catalog, field, carrier)
        return [self._join(Why(Option(value="", title=title, why_not=reason)))]

    def _add_group(self, title: str, chips: list[Chip | Why]) -> None:
        line = self._grid.rowCount()
        head = label(title, "strong")
        holder = QWidget()
        inside = Wrapping(6, 5)
        inside.setContentsMargins(0, 5, 0, 5)
        holder.setLayout(inside)
        for each in chips:
            inside.addWidget(each)
        self._grid.addWidget(head, line, 0, Qt.AlignmentFlag.AlignVCenter)
        self._grid.addWidget(holder, line, 1, 1, 3)
        self._rows.append(([head, holder], chips))

    def _rule(self) -> QWidget:
        rule = separator()
        self._grid.addWidget(rule, self._grid.rowCount(), 0, 1, 4)
        return rule

    def _chip(self, entry: EntrySpec) -> Chip | Why:
        made = Chip(self._by_slug[entry.slug], entry.slug == self._chosen)
        made.clicked.connect(lambda: self._clicked(made))
        return self._join(made)

    def _method(self, option: Option) -> Chip | Why:
        made = Chip(option, chosen=False)
        made.clicked.connect(lambda: self._clicked(made))
        return self._walkable(made)

    def _join(self, chip: Chip | Why) -> Chip | Why:
        self.chips.append(chip)
        return self._walkable(chip)

    def _walkable(self, chip: Chip | Why) -> Chip | Why:
        chip.met.connect(lambda: self._highlight(chip))
        chip.walked.connect(lambda key: self._walk(Qt.Key(key)))
        chip.typed.connect(self.typed)
        return chip

    # Walking

    @property
    def current(self) -> Option | None:
        return self._current.option if self._current is not None else None

    def seek(self, search: str) -> int:
        self._search = search
        return self._apply()

    def _apply(self) -> int:
        """Show what is searched for and passes the filters; highlight the best of it."""
        wanted = [t for t, f in zip(FILTERS, self.filters, strict=True) if f.isChecked()]
        passing = [o for o in self._options if all(FILTERS[title](o.thing) for title in wanted)]
        named = self._methods if self._search.strip() and not wanted else ()
        hits = found([*passing, *named], self._search)
        best_first = [id(each) for each in hits]
        whole = not self._search.strip() and not wanted
        for chip in (*self.chips, *self.named):
            chip.setVisible(id(chip.option) in best_first or (whole and not chip.option.value))
        for heads, chips in self._rows:
            shown = whole or any(not chip.isHidden() for chip in chips)
            for head in heads:
                head.setVisible(shown)
        crossed = whole or any(not chip.isHidden() for chip in self._crossed)
        for head in self._heads:
            head.setVisible(crossed)
        for part in self._of_named:
            part.setVisible(any(not chip.isHidden() for chip in self.named))
        if self._current is None or self._current.isHidden() or self._search.strip():
            every = {id(chip.option): chip for chip in (*self.chips, *self.named)}
            best = next((every[each] for each in best_first if each in every), None)
            self._highlight(best)
        return len(hits)

    def _reveal(self) -> None:
        """Bring what is highlighted into sight, and the heads of the columns too where they fit."""
        if self._current is None:
            return
        lowest = self._current.mapTo(self._page, self._current.rect().bottomLeft()).y()
        if lowest < self._scroll.viewport().height():
            self._scroll.verticalScrollBar().setValue(0)
        else:
            self._scroll.ensureWidgetVisible(self._current, 0, 40)

    def go(self, key: Qt.Key) -> bool:
        if key != Qt.Key.Key_Down or self._current is None:
            return False
        self._current.setFocus(Qt.FocusReason.OtherFocusReason)
        return True

    def _walk(self, key: Qt.Key) -> None:
        if self._current is None:
            return
        to = self._next_choice(self._current, key)
        if to is not None:
            to.setFocus(Qt.FocusReason.OtherFocusReason)
            self._reveal()
        elif key == Qt.Key.Key_Up:
            self.typed.emit("")

    def _next_choice(self, chip: Chip | Why, key: Qt.Key) -> Chip | Why | None:
        """Return the next choice in a direction: along a line, or the nearest of the next line."""
        shown = [each for each in (*self.chips, *self.named) if not each.isHidden()]
        along = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(key)
        if along is not None:
            place = shown.index(chip) + along
            return shown[place] if 0 <= place < len(shown) else None
        centre = {each: each.mapTo(self, each.rect().center()) for each in shown}
        here, by = centre[chip], 1 if key == Qt.Key.Key_Down else -1
        beyond = [each for each in shown if (centre[each].y() - here.y()) * by > chip.height() / 2]

        def far(each: Chip | Why) -> tuple[int, int]:
            to: QPoint = centre[each] - here
            return abs(to.y()) // 24, abs(to.x())

        return min(beyond, key=far, default=None)

    def _highlight(self, chip: Chip | Why | None) -> None:
        if chip is self._current:
            return
        if self._current is not None:
            self._current.highlight(False)
        self._current = chip
        if chip is not None:
            chip.highlight(True)
        self.highlighted.emit()

    def _clicked(self, chip: Chip) -> None:
        self._highlight(chip)
        self.used.emit()
