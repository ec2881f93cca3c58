"""The side panel of the preview: reasons, the map of items, the long tail, the catalogue."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtWidgets import QStackedWidget, QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.data_types.interactions.catalogue import Catalogue
from pushforward.studio.app.data_types.interactions.catalogue_list import CatalogueList
from pushforward.studio.app.data_types.interactions.item_map_plot import ItemMap, ItemMapPlot
from pushforward.studio.app.data_types.interactions.long_tail_plot import LongTailPlot
from pushforward.studio.app.data_types.interactions.next_items import Reason
from pushforward.studio.app.data_types.interactions.preview_text import reasons_of
from pushforward.studio.app.data_types.interactions.recommend_requests import MAP, WHY, People
from pushforward.studio.app.data_types.interactions.why_panel import Neighbour, Why, WhyPanel
from pushforward.studio.app.design.basic import column, scrolled
from pushforward.studio.app.design.forms.editors import Segments
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.query import Query
from pushforward.studio.app.engine.requests.request_base import Answer, Refused

__all__ = ["PreviewPanel"]

PARTS = ["Why", "Map", "Tail", "Items"]
WHY_PART, MAP_PART, TAIL_PART, ITEMS_PART = range(4)
PAUSE_MS = 120  # after a change: the list itself is answered first
DRAWS = 100
NEAREST = 3
Key = tuple[str, int | None, tuple[int, ...]]


class PreviewPanel(QWidget):
    """Asks why and where only while the part that shows it is open."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._actions = actions
        self._key: Key | None = None
        self._people: People | None = None
        self._place = -1
        self._following: Sequence[int] = ()
        self._item = 0
        self.reasons: dict[int, tuple[Reason, ...]] = {}
        self.why: Query[Key, Answer] = Query(
            self, self._fetch_why, state=state, debounce_ms=PAUSE_MS
        )
        self._map: Query[Key, Answer] = Query(
            self, self._fetch_map, state=state, debounce_ms=PAUSE_MS, progressive=True
        )
        self.parts = Segments(PARTS, "Details")
        self.parts.select(WHY_PART)
        self.reason, self.map, self.tail = WhyPanel(), ItemMapPlot(), LongTailPlot()
        self.items = CatalogueList()
        self._stack = QStackedWidget()
        for each in (scrolled(self.reason), self.map, self.tail, self.items):
            self._stack.addWidget(each)
        column(self.parts, (self._stack, 1), parent=self)
        self.setMinimumWidth(236)
        self.parts.chosen.connect(self.open)
        self.why.changed.connect(self._take_why)
        self._map.changed.connect(self._take_map)

    def open(self, part: int) -> None:
        """Open a part."""
        self.parts.select(part)
        self._stack.setCurrentIndex(part)
        self._ask()

    def show_list(
        self,
        key: Key,
        people: People,
        place: int,
        following: Sequence[int],
        *,
        known: int | None = None,
    ) -> None:
        """Follow a list of a run, step and history, with its items."""
        fresh = key != self._key or people is not self._people
        self._key, self._people, self._place = key, people, place
        self._following = following
        self._ask(again=not fresh)
        self.tail.show_items(people.catalogue, key[2], following)
        self.map.show_state(known, following)
        if self._item not in following:
            self._item = following[0] if following else 0
        self._show_why()

    def select(self, item: int) -> None:
        """Explain another item of the list."""
        self._item = item
        self._show_why()

    def clear(self) -> None:
        """Forget what was shown, as for another run."""
        self._key = None
        self.why.cancel()
        self._map.cancel()
        self.reasons = {}
        self.map.show_map(None, None)
        self.reason.show_why(None)

    def _ask(self, *, again: bool = False) -> None:
        if self._key is None or not self._key[2]:
            return
        self.why.ask(self._key, again=again)
        if self._stack.currentIndex() == MAP_PART:
            self._map.ask(self._key, again=again)

    async def _fetch_why(self, key: Key) -> Answer:
        return await self._request(key, WHY, {"k": 10})

    async def _fetch_map(self, key: Key) -> Answer:
        return await self._request(key, MAP, {"draws": DRAWS})

    async def _request(self, key: Key, operator: str, config: dict[str, Any]) -> Answer:
        run, step, items = key
        histories = {"histories": [list(items)]}
        return await self._actions.operating.ask(
            run, operator, config=config, inputs=histories, step=step, live=True
        )

    # Answers

    def _take_why(self) -> None:
        self.reasons = {}
        if self.why.answer is not None and self._people is not None and self.why.key is not None:
            self.reasons = reasons_of(self.why.answer, self.why.key[2], self._people.catalogue)
        self._show_why()

    def _show_why(self) -> None:
        people, key = self._people, self._key
        if people is None or key is None or not self._item:
            self.reason.show_why(None)
            return
        catalogue: Catalogue = people.catalogue
        answer = self.why.answer
        arrays = {} if answer is None else answer.arrays
        first = bool(self._following) and self._item == self._following[0]
        removal = tuple(map(float, arrays["removal"])) if "removal" in arrays and first else ()
        exact = bool(int(arrays["exact"][0])) if "exact" in arrays else False
        categories = ", ".join(catalogue.all_categories(self._item))
        title = catalogue.title(self._item)
        near = [
            Neighbour(
                f"{people.called} {people.names[each.place]}",
                each.shared,
                len(key[2]),
                self._item in people.history(each.place),
            )
            for each in people.nearest(key[2], NEAREST, self._place)
        ]
        self.reason.show_why(
            Why(
                title,
                categories,
                exact,
                self.reasons.get(self._item, ()),
                removal,
                tuple(near),
            )
        )

    def _take_map(self) -> None:
        answer, error = self._map.answer, self._map.error
        if answer is None or self._people is None:
            why = "No map yet."
            if isinstance(error, Refused):
                why = f"{error.error.message} {error.error.hint}".strip()
            self.map.show_map(None, None, why)
            return
        none = np.zeros((0, 2))
        found = ItemMap(
            *(np.asarray(answer.arrays.get(n, none), float) for n in ("place", "path", "cloud"))
        )
        self.map.show_map(found, self._people.catalogue)
