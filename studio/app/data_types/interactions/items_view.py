"""Samples, for recommenders: the catalogue, the long tail and neighbours of items."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QSplitter, QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.data.views.view_spec import ViewSpec
from pushforward.studio.app.data_types.interactions.long_tail_plot import LongTailPlot
from pushforward.studio.app.data_types.interactions.recommend_requests import MAP, People
from pushforward.studio.app.data_types.interactions.recommender_frame import applies
from pushforward.studio.app.data_types.interactions.tables_frame import (
    TablesView,
    UserFigures,
)
from pushforward.studio.app.design.basic import Elided, column, label, section, view_bar
from pushforward.studio.app.design.table import Column, Table
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.query import Query
from pushforward.studio.app.engine.requests.request_base import Answer, Refused

__all__ = ["VIEW", "ItemsView"]

ROWS = 1000  # items that are listed
NEAR = 12
CATEGORIES = 2  # that are listed of an item
HEAD = 0.2  # share of the items that is called the head
COLUMNS = (
    Column("Item"),
    Column("Categories", side=Qt.AlignmentFlag.AlignLeft),
    Column("Taken", "Interactions in the data"),
    Column("Recommended", "Held-out users whose first ten include the item"),
    Column("Rank", "Popularity rank, 1 for the most popular"),
)
NEAR_COLUMNS = (Column("Nearest items"), Column("Cosine", "Cosine of the item vectors"))


class ItemsView(TablesView):
    """The long tail, a table of the items, and the neighbours of the selected one."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter titles and categories")
        self.filter.setAccessibleName("Filter titles and categories")
        self.filter.setClearButtonEnabled(True)
        self.filter.setFixedWidth(260)
        self._told = Elided("", "muted")
        self.bar = view_bar(self, self.filter, None, self._told)
        self.tail = LongTailPlot()
        self._shares = label("", "muted", wrap=True)
        self.table = Table("Items", COLUMNS, sortable=True)
        self.near = Table("Nearest items", NEAR_COLUMNS, selectable=False)
        self._why = label("", "small", wrap=True)
        self._rows: list[int] = []
        self._near: Query[tuple[str, int], Answer] = Query(
            self, self._fetch_near, state=state, debounce_ms=80
        )
        self._lay_out()
        self.filter.textChanged.connect(lambda _: self._show_rows())
        self.table.selection_changed.connect(self._ask_near)
        self._near.changed.connect(self._show_near)

    def _lay_out(self) -> None:
        side = QWidget()
        column(
            section("Long tail"),
            self.tail,
            self._shares,
            section("Neighbours"),
            self._why,
            (self.near, 1),
            parent=side,
            gap=6,
            margins=(8, 0, 0, 0),
        )
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.setChildrenCollapsible(False)
        halves.addWidget(self.table)
        halves.addWidget(side)
        halves.setStretchFactor(0, 9)
        halves.setStretchFactor(1, 5)
        halves.setSizes([4000, 1600])
        self.near.setMinimumWidth(200)
        self.page = QWidget()
        column(halves, parent=self.page, margins=(16, 10, 16, 10))
        column(self.page, parent=self)

    def fill(self, people: People, figures: UserFigures) -> None:
        """Show all items."""
        counts = recommended(figures, len(people.titles))
        self.tail.show_counts(people.catalogue, counts)
        order = np.argsort(people.catalogue.rank)
        head = order[: max(1, int(HEAD * len(order)))]
        shares = [
            100 * float(each[head].sum()) / max(1.0, float(each.sum()))
            for each in (people.catalogue.taken, counts)
        ]
        covered = 100 * float((counts > 0).mean())
        self._shares.setText(
            f"The most popular 20 % of items have {shares[0]:.0f} % of interactions and "
            f"{shares[1]:.0f} % of recommendations. Coverage: {covered:.0f} % of the items."
        )
        self._show_rows()
        self._why.setText("Select an item.")

    def _show_rows(self) -> None:
        people, figures = self._people, self.figures
        if people is None or figures is None:
            return
        catalogue = people.catalogue
        counts = recommended(figures, len(catalogue))
        wanted = self.filter.text().strip().casefold()
        found = [
            int(i) + 1
            for i in np.argsort(catalogue.rank)
            if not wanted
            or wanted in catalogue.title(int(i) + 1).casefold()
            or wanted in ", ".join(catalogue.all_categories(int(i) + 1)).casefold()
        ]
        self._rows = found[:ROWS]
        texts, keys = [], []
        for item in self._rows:
            taken, rank, times = (
                int(a[item - 1]) for a in (catalogue.taken, catalogue.rank, counts)
            )
            categories = ", ".join(catalogue.all_categories(item)[:CATEGORIES])
            title = catalogue.unique_titles[item - 1]
            texts.append([title, categories, f"{taken:,}", f"{times:,}", f"{rank:,}"])
            keys.append([float(rank), float(rank), float(taken), float(times), float(rank)])
        self.table.show_rows(texts, keys=keys)
        shown = f"first {ROWS:,} of " if len(found) > ROWS else ""
        self._told.set_text(f"{shown}{len(found):,} items, lists of {len(figures.user):,} users")

    # Neighbours

    def _item(self) -> int:
        rows = self.table.selected_rows
        people = self._people
        cell = self.table.cell(rows[0], 0) if rows else None
        if cell is None or people is None:
            return 0
        return people.catalogue.unique_titles.index(cell.text()) + 1

    def _ask_near(self) -> None:
        if (item := self._item()) and self._key:
            self._near.ask((self._key, item))

    async def _fetch_near(self, key: tuple[str, int]) -> Answer:
        run, item = key
        config: dict[str, Any] = {"item": item, "neighbours": NEAR}
        histories = {"histories": [[item]]}
        return await self._actions.operating.ask(run, MAP, config=config, inputs=histories)

    def _show_near(self) -> None:
        people, answer, error = self._people, self._near.answer, self._near.error
        if isinstance(error, Refused):
            self._why.setText(error.error.message)
            self.near.show_rows([])
            return
        if people is None or answer is None or "neighbour" not in answer.arrays:
            return
        self._why.setText(
            f"Nearest to {people.catalogue.title(self._near.key[1])}" if self._near.key else ""
        )
        pairs = zip(answer.arrays["neighbour"], answer.arrays["similarity"], strict=True)
        self.near.show_rows(
            [[people.catalogue.title(int(item)), f"{float(alike):.2f}"] for item, alike in pairs]
        )


def recommended(figures: UserFigures, items: int) -> NDArray[np.int64]:
    """Return in how many lists of ten each item is, (V,)."""
    return np.bincount(figures.lists.ravel(), minlength=items + 1)[1 : items + 1]


VIEW = ViewSpec(
    id="recommend-items",
    lens="samples",
    title="Items",
    order=30,
    applies=applies,
    factory=ItemsView,
)
