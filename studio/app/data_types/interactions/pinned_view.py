"""Watch, for recommenders: pinned users whose lists change while the model learns, and a map."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.timers import single_shot
from pushforward.studio.app.data.views.view_spec import ViewSpec
from pushforward.studio.app.data_types.interactions.history_strip import HistoryStrip
from pushforward.studio.app.data_types.interactions.item_map_plot import ItemMap, ItemMapPlot
from pushforward.studio.app.data_types.interactions.persona_card import PersonaCard
from pushforward.studio.app.data_types.interactions.personas import (
    Persona,
    choose_personas,
    persona_of,
)
from pushforward.studio.app.data_types.interactions.preview_text import LISTED, suggestions
from pushforward.studio.app.data_types.interactions.recommend_requests import (
    MAP,
    OPERATOR,
    People,
    RunList,
)
from pushforward.studio.app.data_types.interactions.recommender_frame import (
    RecommenderView,
    applies,
)
from pushforward.studio.app.data_types.interactions.user_field import UserField
from pushforward.studio.app.design.basic import (
    Elided,
    button,
    clear,
    column,
    label,
    row,
    scrolled,
    section,
    view_bar,
)
from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.query import Query
from pushforward.studio.app.engine.requests.request_base import Answer, Refused

__all__ = ["VIEW", "PinnedView"]

FRESH_MS = 250  # between two questions while the model learns
MAP_MS = 2000  # between two maps: it takes far more passes than a list
CANDIDATES = 200
DRAWS = 120
MOST = 5  # cards


@dataclass(frozen=True)
class Question:
    """Key: the run, the step and the histories."""

    run: str
    step: int | None
    histories: tuple[tuple[int, ...], ...]


class PinnedView(RecommenderView):
    """Cards of users in a row; below, the state of the selected one on a map of the items."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self.cards: list[PersonaCard] = []
        self._current = 0
        self._before: list[RunList] = []  # lists of the step before
        self._now: list[RunList] = []
        self._steps = (-1, -1)  # that both are of
        self._lists: Query[Question, Answer] = Query(
            self, self._fetch_lists, state=state, progressive=True
        )
        self._map: Query[Question, Answer] = Query(
            self, self._fetch_map, state=state, progressive=True
        )
        self.map, self.strip = ItemMapPlot(), HistoryStrip()
        self.person = UserField("User")
        self._where = Elided("", "muted")
        self._told = Elided("", "muted")
        self._lay_out()
        self._connect()
        self._select()

    def _lay_out(self) -> None:
        self.pin = button("Pin user", self._pin, tip="Follow this user, too")
        self.bar = view_bar(self, self._told, None, label("User", "muted"), self.person, self.pin)
        page = QWidget()
        body = column(parent=page, margins=(16, 10, 16, 10))
        self._row = row(gap=10)
        body.addLayout(self._row)
        head = row(section("Map of items"), self._where)
        head.setStretchFactor(self._where, 1)
        body.addLayout(head)
        body.addWidget(self.map, 1)
        body.addWidget(self.strip)
        self.page = scrolled(page)
        column(self.page, parent=self)

    def _connect(self) -> None:
        state = self._state
        for signal in (state.runs.changed, state.runs.progressed):
            signal.connect(self._changed)
        state.playback.changed.connect(self._turned)
        theme.changed.connect(self._show_lists)
        self.strip.moved.connect(self._move_clock)
        self.person.refused.connect(lambda why: self._told.set_text(why))
        self._lists.changed.connect(self._take_lists)
        self._map.changed.connect(self._take_map)
        self._fresh = single_shot(self, self._ask_lists, FRESH_MS)
        self._fresh_map = single_shot(self, lambda: self._ask_map(again=True), MAP_MS)

    # Which users

    def _clear(self) -> None:
        self._before, self._now, self._steps = [], [], (-1, -1)
        self._told.set_text("")
        self._lists.cancel()
        self._map.cancel()

    def _show_users(self, people: People) -> None:
        self.person.set_users(people.names, people.called)
        clear(self._row)
        self.cards = []
        for persona in choose_personas(people):
            self._add(persona)
        self._show(len(self.cards) - 1)
        self._ask()

    def _add(self, persona: Persona) -> None:
        assert self._people is not None
        card = PersonaCard(persona, self._people.catalogue)
        card.clicked.connect(lambda: self._show(self.cards.index(card)))
        self.cards.append(card)
        self._row.addWidget(card)

    def _pin(self) -> None:
        """Follow another user; of more than five the first one that was pinned goes."""
        people = self._people
        if people is None:
            return
        persona = persona_of(people, self.person.place, "Pinned")
        if persona.place in [each.persona.place for each in self.cards]:
            return
        if len(self.cards) == MOST:
            old = self.cards.pop(MOST - 1)
            self._row.removeWidget(old)
            old.deleteLater()
        self._before, self._now = [], []
        self._add(persona)
        self._show(len(self.cards) - 1)
        self._ask()

    def _show(self, place: int) -> None:
        """Show a user on the map."""
        people = self._people
        if people is None or not self.cards:
            return
        self._current = place
        for i, card in enumerate(self.cards):
            card.set_current(i == place)
        persona = self.cards[place].persona
        self.strip.setVisible(len(persona.items) > 1)
        if persona.place >= 0:
            self.strip.show_user(people, persona.place, len(persona.items))
        self._ask_map(again=False)
        self._turn()

    @property
    def step(self) -> int:
        """The training step of the lists that are shown, -1 for none."""
        return self._steps[1]

    # The clocks

    def _changed(self, key: str) -> None:
        run = self._run
        if run is None or run.key != key:
            return
        self._select()
        fresh = self._state.playback.live and self._newest_step() != self._steps[1]
        if not fresh or self._people is None or not self.isVisible():
            return
        for timer in (self._fresh, self._fresh_map):
            if not timer.isActive():
                timer.start()

    def _turned(self) -> None:
        if self._run is not None and self._people is not None and self.isVisible():
            self._turn()
            self._ask()

    def _turn(self) -> None:
        """Put the state where the History clock is."""
        if not self.cards:
            return
        persona = self.cards[self._current].persona
        known = max(1, round(self._state.playback.flow * len(persona.items)))
        self.strip.set_known(known)
        now = self._now[self._current] if self._current < len(self._now) else None
        self.map.show_state(known, [] if now is None else now.item[:LISTED].tolist())
        self._where.set_text(
            f"{persona.title}: state after {known:,} of {len(persona.items):,} items"
        )

    def _move_clock(self, known: int) -> None:
        items = self.cards[self._current].persona.items
        self._state.playback.set(playing=False, flow=known / max(1, len(items)))

    # What the model says

    def _ask(self) -> None:
        self._ask_lists(again=False)
        self._ask_map(again=False)

    def _ask_lists(self, *, again: bool = True) -> None:
        if self._run is None or self._people is None:
            return
        histories = tuple(card.persona.items or (0,) for card in self.cards)
        self._lists.ask(Question(self._key, self._state.playback.step, histories), again=again)

    def _ask_map(self, *, again: bool) -> None:
        items = self.cards[self._current].persona.items if self.cards else ()
        if items and self._run is not None and self._people is not None:
            self._map.ask(Question(self._key, self._state.playback.step, (items,)), again=again)

    async def _fetch_lists(self, question: Question) -> Answer:
        return await self._request(question, OPERATOR, {"k": CANDIDATES})

    async def _fetch_map(self, question: Question) -> Answer:
        return await self._request(question, MAP, {"draws": DRAWS})

    async def _request(self, question: Question, operator: str, config: dict[str, Any]) -> Answer:
        return await self._actions.operating.ask(
            question.run,
            operator,
            config=config,
            inputs={"histories": [list(items) for items in question.histories]},
            step=question.step,
            live=True,
        )

    def _take_lists(self) -> None:
        answer, error, run = self._lists.answer, self._lists.error, self._run
        if run is None or self._people is None:
            return
        if isinstance(error, Refused):
            learning = run.state in ("running", "queued")
            self._show_refusal("Nothing learned yet" if learning else "Nothing to recommend", error)
            return
        if answer is None or len(answer.arrays["item"]) != len(self.cards):
            return
        lists = [
            RunList(np.asarray(item, np.int64)[item > 0], np.asarray(score, np.float64)[item > 0])
            for item, score in zip(answer.arrays["item"], answer.arrays["score"], strict=True)
        ]
        step = int((answer.result or {}).get("step", 0))
        if step != self._steps[1]:
            self._before, self._steps = self._now, (self._steps[1], step)
        self._now = lists
        self._show_lists()
        self._turn()
        self._show_page()

    def _show_lists(self) -> None:
        people = self._people
        if people is None or len(self._now) != len(self.cards):
            return
        tokens = theme.colors()
        moved = 0
        for i, (card, found) in enumerate(zip(self.cards, self._now, strict=True)):
            before = self._before[i] if i < len(self._before) else None
            later = set(card.persona.later)
            shown = suggestions(found, before, people.catalogue, tokens, later, {})
            moved += sum(each.moved != 0 for each in shown)
            card.show_items(shown)
        since = f", {moved} items moved since step {self._steps[0]:,}" if self._before else ""
        self._told.set_text(f"Step {self._steps[1]:,}{since}  ·  green: taken later by the user")

    def _take_map(self) -> None:
        answer, error, people = self._map.answer, self._map.error, self._people
        if people is None:
            return
        if answer is None:
            why = "No map yet."
            if isinstance(error, Refused):
                why = f"{error.error.message} {error.error.hint}".strip()
            self.map.show_map(None, None, why)
            return
        none = np.zeros((0, 2))
        arrays = (np.asarray(answer.arrays.get(n, none), float) for n in ("place", "path", "cloud"))
        self.map.show_map(ItemMap(*arrays), people.catalogue)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._turned()
        self._changed(self._key)


VIEW = ViewSpec(
    id="recommend-watch",
    lens="watch",
    title="Pinned users",
    order=5,
    applies=applies,
    factory=PinnedView,
)
