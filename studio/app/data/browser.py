"""The sample browser: generated next to real samples as tile grids, zoomed, sorted and filtered
together.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSlider, QWidget

from pushforward.studio.app.core.data_type import Arrays, Kind
from pushforward.studio.app.core.selection import Rows, Selection, Source
from pushforward.studio.app.data.colour_key import ColourKey
from pushforward.studio.app.data.nearest_samples import Near, Nearest
from pushforward.studio.app.data.row_filter import example, hint, orders, sorting
from pushforward.studio.app.data.rule_chip import RuleChip
from pushforward.studio.app.data.selection_chip import ChosenChip
from pushforward.studio.app.data.tile_grid import LARGEST, SMALLEST
from pushforward.studio.app.data.tile_pane import Pane
from pushforward.studio.app.design.basic import button, column, label, restyle, row, view_bar
from pushforward.studio.app.design.filter_field import FilterLine
from pushforward.studio.app.design.forms.editors import ChoiceList, Segments
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.menu import Entries, open_menu

__all__ = ["Browser"]

SIDES = ("Generated", "Real", "Side by side")
FILTER = 176  # pixels: "type = top, mass > 150" can be read
IN_PLACE = "Generated, real, or both next to each other (R switches)"
NEAREST = (
    "Sorts the real samples by distance to the generated one in the white ring, those of its "
    "class first: one that is much nearer than real samples are to each other may be a copy "
    "(N; Esc restores the order). Compared by {} ({})."
)


class Browser(QWidget):
    """Generated and real samples side by side, with sorting, filters and search.

    Signals: export_wanted: export the selection, or all. edit_wanted: edit the selection by hand.
    near_wanted: the sample whose nearest neighbours are shown changed, or the mode ended.
    """

    export_wanted = Signal()
    edit_wanted = Signal()
    near_wanted = Signal()
    edits = False
    """Whether the samples shown can be edited by hand."""

    def __init__(self, selection: Selection) -> None:
        super().__init__()
        self._selection = selection
        self._sorts: list[str] = []
        self._slug = ""  # of the kind that is shown
        self._aligned = False
        self.made, self.real = Pane("Generated", selection), Pane("Real", selection)
        self.sides = Segments(list(SIDES), "What is shown")
        self.sides.select(2)
        set_tip(self.sides, IN_PLACE)
        self._side = 2
        self.look = ChoiceList([], "Sampling order")
        self.look.setMaximumWidth(110)
        self.look.hide()
        self.order = ChoiceList([], "Order of the tiles")
        self.filter = FilterLine()
        self.filter.setPlaceholderText("Filter")
        self.filter.setAccessibleName("Filter")
        self.filter.setClearButtonEnabled(True)
        self.filter.setMinimumWidth(FILTER)
        self.filter.setMaximumWidth(240)
        # It lies over the tiles, which stay where they are while somebody types.
        self.wrong = label("", "wrong", wrap=True)
        self.wrong.setParent(self)
        self.wrong.hide()
        self.picked = ChosenChip(selection, self._browsed_count)
        self.size_ = QSlider(Qt.Orientation.Horizontal)
        self.size_.setRange(SMALLEST, LARGEST)
        self.size_.setMinimumWidth(40)
        self.size_.setMaximumWidth(88)
        self.size_.setAccessibleName("Size of the tiles in pixels")
        self._line = label("", "small", wrap=True)  # two lines are as high as the chips
        self._near_line = label("", "small", wrap=True)
        self._near_line.hide()
        self.key = ColourKey()
        self.rule = RuleChip()
        self.nearest = button("Nearest", None, kind="chip")
        self.nearest.setCheckable(True)
        self.compared = ChoiceList([], "Nearest by")
        self.compared.setMinimumContentsLength(9)
        self.compared.setMaximumWidth(180)
        set_tip(
            self.compared,
            "What nearest samples are found by: their type's distance, or the "
            "features of an encoder",
        )
        self.compared.hide()
        self._encoders: list[str] = [""]
        self._near = Nearest(self)
        self._found: Near | None = None  # what the engine knows of what is near
        self.order.setMaximumWidth(200)
        self.filter.installEventFilter(self)
        halves = row((self.made, 1), (self.real, 1), gap=20)
        body = column(parent=self)
        # Where a kind can be drawn in several ways the bar has no room for all.
        self._finders = (self.order, self.filter, self.look, self.size_)
        self._finders_above: bool | None = None
        self._sides_above = False
        self._looks: list[str] = []
        self._line_of_bar: QHBoxLayout | None = None
        self._above = QWidget()
        row(None, self.key, parent=self._above)
        self._above.hide()
        body.addWidget(self._above)
        body.addLayout(halves, 1)
        # Below, where what comes late pushes nothing aside in a narrow window.
        body.addWidget(self._near_line)
        self.foot = row((self._line, 1), self.rule, self.picked, self.compared, self.nearest)
        body.addLayout(self.foot)
        self._connect()
        self._tell()

    def bar(self, view: QWidget, *more: QWidget) -> QWidget:
        """Return the bar of a view that shows this frame: its controls, and more to their right."""
        made = view_bar(view, self.sides, None, *more)
        line = made.layout()
        assert isinstance(line, QHBoxLayout)
        self._line_of_bar = line
        self._place_finders(above=False)
        made.installEventFilter(self)
        return made

    def _fit_bar(self) -> None:
        """Keep what finds its way among tiles, and the sides, in the bar as long as it has room."""
        line = self._line_of_bar
        bar = line.parentWidget() if line is not None else None
        if line is None or bar is None:
            return
        self.sides.widen()  # only now its words are written as the theme has them

        def room_for(*parts: QWidget) -> int:
            there = [each for each in parts if not each.isHidden()]
            # As the layout counts: also what is set beside what a widget asks for itself.
            widths = (max(each.minimumSizeHint().width(), each.minimumWidth()) for each in there)
            return sum(width + line.spacing() for width in widths)

        needed = line.minimumSize().width()
        needed += room_for(*self._finders) if self._finders_above else 0
        needed += room_for(self.sides) if self._sides_above else 0
        self._place_finders(above=bool(self._looks) or needed > bar.width())
        needed = line.minimumSize().width() + (room_for(self.sides) if self._sides_above else 0)
        self._place_sides(above=bool(self._finders_above) and needed > bar.width())

    def _place_sides(self, *, above: bool) -> None:
        """Put the choice of a side into the bar, or before what finds its way."""
        bar, own = self._line_of_bar, self._above.layout()
        assert isinstance(own, QHBoxLayout)
        if bar is not None and above != self._sides_above:
            self._sides_above = above
            (own if above else bar).insertWidget(0, self.sides)

    def _place_finders(self, *, above: bool) -> None:
        """Put what finds its way among tiles into the bar, or into a line of its own."""
        bar, own = self._line_of_bar, self._above.layout()
        assert isinstance(own, QHBoxLayout)
        if bar is None or above == self._finders_above:
            return
        self._finders_above = above
        self._place_sides(above=False)  # which counts from the first place
        line, places = (own, (0, 1, 2, 3)) if above else (bar, (1, 2, 3, 5))
        shares = (2, 2, 0, 0)
        for finder, place, share in zip(self._finders, places, shares, strict=True):
            line.insertWidget(place, finder, share)
        self._above.setVisible(above)

    def offer_encoders(self, shown_as: Kind, encoders: Sequence[tuple[str, str]]) -> None:
        """Offer the features of some runs, by key and title, to find nearest samples by."""
        own = shown_as.apart.name.partition(";")[0] if shown_as.apart is not None else ""
        first = [("", f"By {own}")] if own else []
        self._encoders = [key for key, _ in (*first, *encoders)]
        self.compared.offer([title for _, title in (*first, *encoders)])
        if self._encoders and self._selection.encoder not in self._encoders:
            self._selection.compare_by(self._encoders[0])
        self._show_compared()

    def _compare_by(self, place: int) -> None:
        self._selection.compare_by(self._encoders[place])

    def _show_compared(self) -> None:
        """Show by what nearest samples are found; where there is a choice."""
        encoder = self._selection.encoder
        if encoder in self._encoders:
            self.compared.setCurrentIndex(self._encoders.index(encoder))
        several = len(self._encoders) > 1
        self.compared.setVisible(several and self._holds_nearest)
        self.near_wanted.emit()

    def looked_at(self) -> Pane:
        """Return the pane whose rows are selected or in the ring, else the generated ones."""
        picked = (self._selection.source, self.real.source)
        real = picked[0] is not None and picked[0] == picked[1] != self.made.source
        ring = self.made.grid.inspected < 0 <= self.real.grid.inspected
        alone = self._side == 1  # real ones are all that is seen
        return self.real if real or ring or alone else self.made

    def entries(self, pane: Pane) -> Entries:
        """Return what can be done with the tiles of a pane."""
        selection = self._selection
        some = len(selection.of(pane.source)) > 0
        only = partial(selection.show_only, not selection.only)
        found: Entries = [
            ("Copy", pane.grid.copy if some else None),
            ("Show all" if selection.only else "Only these", only if some else None),
            ("Select all", pane.grid.selectAll),
            ("Select nothing", selection.clear if some else None),
        ]
        if pane is self.made and not self.nearest.isHidden():
            near = self.nearest.isChecked()
            found.append(
                ("Real, in sampling order" if near else "Nearest real samples", self.nearest.click)
            )
        if self.edits:
            found.append(("Use in the edit lab", self.edit_wanted.emit if some else None))
        return [*found, ("Export…", self.export_wanted.emit)]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """N shows the nearest real samples of the one in the ring, or the sampling order; R shows
        real instead of generated samples; Esc, without a selection, steps back.
        """
        plain = event.modifiers() in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        )
        if event.key() == Qt.Key.Key_N and plain and not self.nearest.isHidden():
            self.nearest.click()
        elif event.key() == Qt.Key.Key_R and plain:
            self._show_sides(0 if self._side == 1 else 1)
        elif event.key() == Qt.Key.Key_Escape and self._step_back():
            event.accept()
        else:
            super().keyPressEvent(event)

    def _step_back(self) -> bool:
        """Restore the sampling order, then remove the ring, then return to real samples; return
        whether anything changed.
        """
        panes, choice = (self.made, self.real), self.real.choice
        if self._holds_nearest:
            self.nearest.click()
        elif any(pane.grid.inspected >= 0 for pane in panes):
            for pane in panes:
                pane.grid.inspect(-1)
            self._tell()
        elif choice.currentIndex() > 0:
            choice.setCurrentIndex(0)
        else:
            return False
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Escape empties the filter; the bar has room for some of it all, or for all."""
        # What is offered comes later than the bar, and asks for more room.
        fits = event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest)
        if fits and watched is not self.filter:
            self._fit_bar()
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
        self.nearest.toggled.connect(self._want_nearest)
        self._near.found.connect(self._found_nearest)
        self.compared.activated.connect(self._compare_by)
        self._selection.compared.connect(self._show_compared)
        self.size_.valueChanged.connect(self._zoom)
        for pane, other in ((self.made, self.real), (self.real, self.made)):
            pane.grid.zoomed.connect(other.grid.zoom)
            pane.grid.arranged.connect(self._tell_size)
            pane.grid.menu_wanted.connect(
                lambda at, pane=pane: open_menu(pane.grid.viewport(), at, self.entries(pane))
            )
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
        near: Near | None = None,
        numbers: Rows | None = None,
    ) -> None:
        """Show generated and real samples, (n, ...) by name, with their sources; ``message``
        replaces missing real samples. Both share the scale of the real ones. ``beside`` replaces
        the real samples by another run, with corresponding rows aligned for equal latents. ``near``
        tells that the real samples are the nearest training samples, with their ``numbers``.
        """
        if shown_as.slug != self._slug:  # of another kind the same words say nothing
            self._slug = shown_as.slug
            self.filter.clear()
        self._offer_looks(shown_as)
        self.key.show_scale(shown_as.scale)
        shown_as = shown_as.looking(self.look.currentText())
        before = self._aligned
        self._aligned = bool(beside) and real is not None and real_of == made_of
        self.sides.retitle(1, beside or "Real")
        self.sides.widen()
        both = real if real is not None else made
        common = shown_as.common(both) if both is not None else {}
        # One page for both, or tiles beside each other would differ in size.
        page = min(shown_as.page, max((len(x["x"]) for x in (made, real) if x), default=0))
        self.made.show_data(made, shown_as, made_of, page=page, common=common)
        self._found = near
        self.real.show_data(
            real, shown_as, real_of, page=page, common=common, message=message, title=beside,
            numbers=numbers,
        )  # fmt: skip
        # Of particles of a training less is known than of the data: they are others in a moment.
        known = {**self.real.measures, **self.made.measures}
        sorts = orders(known)
        if sorts != self._sorts:
            self._sorts = sorts
            self.order.offer(sorts, [shown_as.hints.get(sorting(each), "") for each in sorts])
            self.order.setVisible(len(sorts) > 1)
            self.filter.setVisible(len(sorts) > 1)
            set_tip(self.filter, hint(known, shown_as.units))
            self.filter.setPlaceholderText(example(known, shown_as))
        self.rule.show_rule(shown_as, made, None if beside else real)
        apart = shown_as.apart
        comparable = apart is not None or bool(self._selection.encoder)
        self.nearest.setVisible(comparable and real is not None and not beside)
        if apart is not None:
            set_tip(self.nearest, NEAREST.format(apart.name, apart.measure))
        if self.nearest.isChecked() or self._aligned or before:
            self._find_nearest()
        self.picked.tell()
        self._tell()

    def _offer_looks(self, shown_as: Kind) -> None:
        """Offer the ways in which tiles of a kind can be painted; the first one is its own."""
        looks = [shown_as.look, *shown_as.looks] if shown_as.looks else []
        chosen = self.look.currentText()
        self.look.blockSignals(True)
        self.look.offer(looks)
        self.look.setCurrentIndex(looks.index(chosen) if chosen in looks else 0)
        self.look.blockSignals(False)
        self.look.setVisible(bool(looks))
        self._looks = looks
        self._fit_bar()

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
        """Show one side or both; the other one takes the keyboard and the place of what is seen."""
        before = self.made if self._side == 0 else self.real if self._side == 1 else None
        self._side = side
        self.sides.select(side)
        self.made.setVisible(side != 1)
        self.real.setVisible(side != 0)
        now = self.made if side == 0 else self.real if side == 1 else None
        if before is not None and now is not None and before is not now:
            now.grid.setFocus()
            now.grid.verticalScrollBar().setValue(before.grid.verticalScrollBar().value())

    def _arrange(self) -> None:
        order = self.order.currentText() if self.order.currentIndex() > 0 else ""
        set_tip(self.order, self.made.shown_as.hints.get(sorting(order), ""))
        text, apart = self.filter.text(), None
        if self._holds_nearest and self.made.grid.inspected >= 0 and self.real.arrays:
            found = self._found
            apart = found.far if found is not None else self._near.far_from(self.real.arrays)
        sides = {"Generated": self.made.arrange(order, text)}
        if self._aligned:
            self.real.follow(self.made)
        else:
            sides["Real"] = self.real.arrange(order, text, apart)
        why = self._wrong(order, sides)
        restyle(self.filter, invalid="true" if why else "false")
        self.filter.setAccessibleDescription(" ".join(sorted(why)))
        self._tell()
        self.wrong.setText(" ".join(sorted(why)))
        self.wrong.setVisible(bool(why))
        self._place_wrong()

    def _wrong(self, order: str, sides: Mapping[str, str]) -> set[str]:
        """Return what is wrong with an order and a filter, by what each side says of the latter:
        what is known of one side may not be of the other, as of what is generated in a training.
        """
        both = bool(self.made.arrays and self.real.arrays)
        why = {said for said in sides.values() if said}
        if not both or "" not in sides.values():
            return {max(why, key=len)} if why else set()  # each says what there is of its own
        why = {f"{side}: {said}" for side, said in sides.items() if said}
        name = sorting(order)
        if name and name in self.real.measures and name not in self.made.measures:
            why.add(f"Generated samples stay in sampling order: {name} is not known for them.")
        if any(said.startswith("Generated") for said in why):
            why.add("Newly generated samples have it.")
        return why

    def _place_wrong(self) -> None:
        """Say what is wrong with the filter over the first tiles: their heads stay in sight."""
        high = self.wrong.heightForWidth(self.width())
        pane = self.real if self.made.isHidden() else self.made
        top = pane.grid.mapTo(self, QPoint(0, 0)).y()
        self.wrong.setGeometry(0, top, self.width(), high)
        self.wrong.raise_()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_wrong()

    def _scroll(self, other: Pane, at: int) -> None:
        """Keep rows of the same latents aligned."""
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
            self._want_nearest()
        elif pane.grid.inspected >= 0 and not self.nearest.isChecked():
            other.grid.inspect(-1)
        self._tell()

    @property
    def _holds_nearest(self) -> bool:
        return self.nearest.isChecked() and not self.nearest.isHidden()

    @property
    def near_to(self) -> int:
        """The generated sample whose nearest neighbours are shown, -1 for none."""
        return self.made.grid.inspected if self._holds_nearest else -1

    @property
    def shows_near(self) -> bool:
        """Whether the real samples are nearest training samples."""
        return self._found is not None

    def _find_nearest(self) -> None:
        """Compute the distances of real samples from the one in the ring, on demand; the engine
        does it for some data types.
        """
        made, real, row = self.made.arrays, self.real.arrays, self.made.grid.inspected
        kind = self.made.shown_as
        if (
            self._holds_nearest
            and made
            and real
            and kind.apart
            and row >= 0
            and not (kind.sought or self._selection.encoder)
        ):
            self._near.ask(made, row, real, kind)
        self._arrange()

    def _want_nearest(self) -> None:
        self._find_nearest()
        self.compared.setVisible(len(self._encoders) > 1 and self._holds_nearest)
        self.near_wanted.emit()

    def _found_nearest(self) -> None:
        self._arrange()
        self.real.grid.scrollToTop()

    def _browsed_count(self, source: Source) -> int:
        """Return how many rows of a source are browsed; the same latents are the same rows."""
        panes = (self.made,) if self._aligned else (self.made, self.real)
        return sum(pane.count for pane in panes if pane.source == source)

    def _tell(self) -> None:
        """Say what is known of the one in the ring."""
        lines = (pane.describe(pane.grid.inspected) for pane in (self.made, self.real))
        line = next(filter(None, lines), "")
        found = self._found.describe(self.made.shown_as) if self._found else self._near.describe
        near = found if self._holds_nearest and line else ""
        waits = self._holds_nearest and self.made.grid.inspected < 0
        self.nearest.setText("Nearest: pick one" if waits else "Nearest")
        self._near_line.setText(near)
        self._near_line.setVisible(bool(near))
        self._line.setText(line)
