"""The inspector of what is selected of the data: one of them looked at closely, or many counted."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type import LABEL, Arrays, Kind
from pushforward.studio.app.core.data_type_registry import kind_of_run
from pushforward.studio.app.core.display_names import numbered
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.core.selection import Offered, Rows
from pushforward.studio.app.data.nearest_samples import Near, Nearest
from pushforward.studio.app.data.nearest_search import NearestSearch
from pushforward.studio.app.data.tile_grid import TileGrid
from pushforward.studio.app.data.tile_loading import Browsed
from pushforward.studio.app.data.tile_pane import brief
from pushforward.studio.app.data.tile_sheet import Sheets
from pushforward.studio.app.design.basic import (
    button,
    column,
    label,
    restyle,
    row,
    section,
    separator,
)
from pushforward.studio.app.design.fact_rows import Facts
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.places.runs.inspector.element_table import ElementTable
from pushforward.studio.app.places.runs.inspector.finding_rows import FoundFacts
from pushforward.studio.app.text import number_format
from pushforward.studio.figures import short

__all__ = ["RowsPanel"]

SIDE, NEAR, NEAREST = 200, 64, 4  # pixels of the picture, of its nearest, and how many of these
FEW = 6  # of several that are seen, of each side
SOME = 196  # pixels of the height of these
ELEMENTS = 220  # pixels of the table of what one is made of
FOUND = {"lasso": "a line around them", "table": "table rows"}


class RowsPanel(QWidget):
    """One row: its picture, what is known of it, and the nearest in the data. Several: how many,
    and their share.
    """

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self._sheets = Sheets()
        self._near = Nearest(self)
        self._sought = NearestSearch(self, actions)
        self._found = FoundFacts(self, state, actions)
        for news in (self._near.found, self._sought.found, self._found.changed):
            news.connect(self.refresh)
        self.title, self.of = label("", "heading", wrap=True), label("", "muted", wrap=True)
        self.some_title = label("", "small", wrap=True)
        self.picture = TileGrid("What is selected")
        self.picture.setFixedHeight(SIDE)
        self.facts = Facts()
        self.elements_title = label("", "section")
        self.elements = ElementTable()
        self.elements.setMaximumHeight(ELEMENTS)
        self.side_title, self.side = (
            label("", "small", wrap=True),
            TileGrid("Other symbols at this position"),
        )
        for grid in (self.picture, self.side):
            grid.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.side.setFixedHeight(SOME)
        self.near_title, self.near_words = section("Nearest in the data"), label("", "small")
        self.near_words.setWordWrap(True)
        self.nearest = TileGrid("The nearest in the data", strip=True)
        self.nearest.setFixedHeight(NEAR + 30)
        self.chosen_title = section("Selection")
        self.chosen = Facts()
        self.watch = button("In Watch", lambda: state.window.show_lens.emit("watch"))
        self.copy = button("Copy", self._copy, icon="copy", tip="Copy image and text")
        self.only = button("Only these", self._only)
        self.clear = button("Clear", state.selection.clear, kind="link", tip="Esc")
        self._lay_out()
        state.selection.changed.connect(self.refresh)
        state.selection.offered.connect(lambda _: self.refresh())
        state.selection.compared.connect(self.refresh)

    def _lay_out(self) -> None:
        body = column(parent=self, margins=(14, 12, 14, 12))
        self._line = separator()
        parts: tuple[QWidget, ...] = (
            self.title, self.of, self.some_title, self.picture, self.side_title, self.side,
            self.facts, self.elements_title, self.elements,
        )  # fmt: skip
        for part in parts:
            body.addWidget(part)
        body.addLayout(row(self.watch, self.copy, None))
        body.addWidget(self._line)
        parts = (self.near_title, self.nearest, self.near_words)
        for part in parts:
            body.addWidget(part)
        body.addWidget(separator())
        body.addLayout(row(self.chosen_title, None, self.clear))
        body.addWidget(self.chosen)
        body.addLayout(row(self.only, None))
        body.addStretch(1)

    @property
    def _kind(self) -> Kind:
        return kind_of_run(self._state.runs.current, self._state.catalog)

    def refresh(self) -> None:
        """Show what is selected now."""
        selection, run = self._state.selection, self._state.runs.current
        source = selection.source
        if source is None or run is None or not self.isVisible():
            return
        offered, n = selection.find_offered(source), len(selection.rows)
        at = int(selection.rows[0])
        total = len(offered.arrays["x"]) if offered is not None else 0
        name = offered.title if offered is not None else self._kind.one.capitalize()
        which = at  # those that are near to something have their own numbers
        if offered is not None and offered.numbers is not None and at < total:
            which = int(offered.numbers[at])
        self.title.setText(f"{name} {which:,}" if n == 1 else f"{n:,} {self._kind.moving}")
        self.of.setText(f"Run {numbered(run)}")
        self._show_one(offered if at < total else None, at if n == 1 else -1)
        if n == 1 and 0 < total <= at:
            many = self._kind.moving
            self.facts.show_facts([("", f"This snapshot has only the first {total:,} {many}.")])
        self._show_some(offered if at < total else None)
        tiles = self._kind.layout == "tiles"
        self.watch.setVisible(source.what == "particles")
        self.copy.setEnabled(offered is not None)
        set_tip(self.copy, "Copy images and texts" if tiles else "Copy all values")
        there = total if at < total else 0
        self._count(n, there if selection.among is None else selection.among)
        self.only.setVisible(tiles and n > 1)
        self.only.setText("Show all" if selection.only else "Only these")

    def _show_one(self, offered: Offered | None, at: int) -> None:
        tiles = self._kind.layout == "tiles"
        shown = offered is not None and at >= 0 and tiles
        hidden = (self._line, self.near_title, self.nearest, self.near_words)
        for part in (*hidden, self.elements_title, self.elements):
            part.setVisible(False)
        if offered is None or at < 0:
            self.facts.show_facts([])
            return
        self.facts.show_facts(self._row_facts(offered, at))
        self._show_elements(offered.arrays, at)
        if shown:
            self._show_nearest(offered, at)

    def _row_facts(self, offered: Offered, at: int) -> list[tuple[str, str]]:
        """Return all that is known of a row."""
        source = self._state.selection.source
        run = self._state.runs.by_key.get(source.run) if source is not None else None
        if run is None or source is None or run is not self._state.runs.current:
            return offered.tell(at)  # another run was selected, and its rows are not known yet
        return self._found.of(run, self._kind, source, offered, at)

    def _show_elements(self, arrays: Arrays, at: int) -> None:
        """Show what the datum of a row is made of, the places that are not empty, by their row."""
        kind = self._kind
        found = kind.elements({name: each[at : at + 1] for name, each in arrays.items()})
        if not found:
            return
        units = {name: kind.units.get(kind.called_element(name), "") for name in found}
        heads = [f"{name} ({unit})" if unit else name for name, unit in units.items()]
        columns = [values[0] for values in found.values()]
        places = np.flatnonzero(np.isfinite(columns[0]))
        self.elements.show_elements(heads, places, [each[places] for each in columns])
        title = f"{len(places)} {kind.element}s"
        self.elements_title.setText(title.upper())
        self.elements_title.setAccessibleName(title)
        for part in (self.elements_title, self.elements):
            part.setVisible(True)

    def _show_some(self, offered: Offered | None) -> None:
        """Show the picture of the selection, a few of several, and of corresponding samples at the
        same place.
        """
        shown = offered is not None and self._kind.layout == "tiles"
        selection = self._state.selection
        several = len(selection.rows) > 1
        self.picture.setVisible(shown)
        self.some_title.setVisible(shown and several)
        if offered is not None and shown:
            self.picture.setFixedHeight(SOME if several else SIDE)
            self._show_few(self.picture, self.some_title, offered, selection.rows, several=several)
        across = selection.across
        other = selection.find_offered(across[0]) if across is not None else None
        beside = shown and several and other is not None and across is not None
        for part in (self.side_title, self.side):
            part.setVisible(beside)
        if other is not None and across is not None and beside:
            self._show_few(self.side, self.side_title, other, across[1], several=True)

    def _show_few(
        self, grid: TileGrid, title: QLabel, offered: Offered, rows: Rows, *, several: bool
    ) -> None:
        """Show a few from all over some rows, each with what is said of it in brief."""
        # The first few may be alike: data are often sorted by class.
        few = rows[np.linspace(0, len(rows) - 1, min(FEW, len(rows))).astype(np.intp)]
        kind = self._kind
        some = {name: each[few] for name, each in offered.arrays.items()}
        measured = kind.measures(some) if several and kind.brief else {}
        said = []
        for place in range(len(few)) if measured else ():
            each = (f"{brief(measured[name][place])} {kind.units.get(name, '')}".rstrip()
                    for name in kind.brief)  # fmt: skip
            said.append("  ".join(each))
        tiles = self._tiles(self._rows(offered.arrays, few), offered.arrays)
        grid.show_tiles(tiles, noun=kind.moving, words=said)
        text = f"{offered.title}, {len(few)} of {len(rows):,}"
        text += f": {', '.join(kind.brief)}" if measured else ""
        title.setText(text)
        title.setAccessibleName(text)

    def _show_nearest(self, offered: Offered, at: int) -> None:
        """Show the nearest real samples, of all training data if the engine supports it, else of
        those in the lens; asynchronous.
        """
        run, kind = self._state.runs.current, self._kind
        source = self._state.selection.source
        encoder = self._state.selection.encoder
        known = kind.apart is not None or bool(encoder)
        if run is None or not known or (source is not None and source.learned):
            return
        if kind.sought or encoder:
            self._seek(run, offered.arrays, at)
            return
        real = self._state.selection.real(run.key)
        if real is None:
            return
        self._near.ask(offered.arrays, at, real.arrays, kind)
        if (near := self._near.near) is not None:
            self._tell_nearest(replace(near, learned=run.learned or 0), real.arrays)

    def _seek(self, run: RunState, arrays: Arrays, at: int) -> None:
        """Show the nearest of all that a run learns."""
        kind = self._kind
        one = {name: each[at : at + 1] for name, each in self._painted_arrays(arrays).items()}
        found = self._sought.ask(
            run, kind.sought, one, NEAREST, usual=True, encoder=self._state.selection.encoder
        )
        if found is not None:
            label = str(one[LABEL][0]) if LABEL in one and not found.by else ""
            self._tell_nearest(found.near(label), found.arrays)

    def _tell_nearest(self, near: Near, real: Arrays) -> None:
        order = np.argsort(near.far, kind="stable")[: min(NEAREST, near.among)]
        told = [number_format.figure(float(near.far[i])) for i in order]
        some = self._rows(real, order)
        if (run := self._state.runs.current) is not None:
            some |= self._kind.holding(run.alike, len(order))
        pictures = self._tiles(some, real)
        self.nearest.show_tiles(pictures, noun=self._kind.one, words=told)
        self.near_words.setText(near.judged(self._kind))
        restyle(self.near_words, role="warm" if near.copied else "small")
        for part in (self._line, self.near_title, self.nearest, self.near_words):
            part.setVisible(True)

    def _count(self, n: int, total: int) -> None:
        selection = self._state.selection
        facts = []
        if total:
            made = "Real" if selection.source and selection.source.real else "Generated"
            facts.append((made, f"{n:,} of {total:,}, {short(100 * n / total, 3)} %"))
        if selection.beside is not None:
            name, k, of = selection.beside
            name = f"{name[:1].upper()}{name[1:]}"
            facts.append((name, f"{k:,} of {of:,}, {short(100 * k / max(of, 1), 3)} %"))
        if selection.by in FOUND:
            facts.append(("Found by", FOUND[selection.by]))
        self.chosen.show_facts(facts)

    def _rows(self, arrays: Arrays, rows: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Return some rows as tiles, with facts relative to others."""
        found = {name: arrays[name] for name in self._kind.marked if name in arrays}
        return {
            name: each[rows] for name, each in {**self._painted_arrays(arrays), **found}.items()
        }

    def _painted_arrays(self, arrays: Arrays) -> Arrays:
        """Return the arrays needed to paint and describe samples."""
        known = ("x", *self._kind.parts, *self._kind.told, *self._kind.alike)
        return {name: each for name, each in arrays.items() if name in known}

    def _tiles(self, some: Arrays, seen: Arrays) -> Browsed:
        return Browsed(self._kind, some, self._kind.common(seen))

    def _only(self) -> None:
        self._state.selection.show_only(not self._state.selection.only)
        self._state.window.show_lens.emit("samples")  # where they are browsed

    def _copy(self) -> None:
        selection = self._state.selection
        offered = selection.find_offered(selection.source)
        if offered is None:
            return
        rows = selection.rows
        said = []
        for at in rows.tolist():
            facts = (" ".join(fact) for fact in self._row_facts(offered, at))
            said.append(" · ".join([f"{offered.title} {at}", *facts]))
        if self._kind.layout != "tiles":
            QGuiApplication.clipboard().setText("\n".join(said))
            return
        some = self._rows(offered.arrays, rows)
        taken = self._sheets.make_mime(
            self._tiles(some, offered.arrays), np.arange(len(rows)), said
        )
        QGuiApplication.clipboard().setMimeData(taken)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()
