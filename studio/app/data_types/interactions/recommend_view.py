"""Samples, for recommenders: a user's history, and what models would recommend next."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QEvent
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.display_names import numbered
from pushforward.studio.app.core.timers import single_shot
from pushforward.studio.app.data.views.view_spec import ViewSpec
from pushforward.studio.app.data_types.interactions.chosen_user import chosen_user
from pushforward.studio.app.data_types.interactions.compared_runs import ComparedRuns
from pushforward.studio.app.data_types.interactions.history_cards import HistoryCards
from pushforward.studio.app.data_types.interactions.history_strip import HistoryStrip
from pushforward.studio.app.data_types.interactions.item_search import ItemSearch
from pushforward.studio.app.data_types.interactions.next_items import NextList
from pushforward.studio.app.data_types.interactions.preview_export import PreviewExport
from pushforward.studio.app.data_types.interactions.preview_panel import PreviewPanel
from pushforward.studio.app.data_types.interactions.preview_text import (
    cards_of,
    describe_change,
    describe_next,
    model_lists,
)
from pushforward.studio.app.data_types.interactions.recommend_requests import (
    ListsOf,
    People,
    Question,
    RecommendIntents,
    fetch_lists,
)
from pushforward.studio.app.data_types.interactions.recommender_frame import (
    RecommenderView,
    applies,
)
from pushforward.studio.app.data_types.interactions.user_field import UserField
from pushforward.studio.app.data_types.interactions.what_if import Entry, WhatIf
from pushforward.studio.app.design.basic import (
    Elided,
    column,
    icon_button,
    label,
    row,
    scrolled,
    section,
    view_bar,
)
from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.query import Query
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.counts import format_count

__all__ = ["VIEW", "RecommendView"]

FRESH_MS = 1000  # between two questions while the model learns
LATE_MS = 150  # after which a list of an earlier question is dimmed
LOW = 580  # pixels of the view below which one row of cards leaves room for the list


class RecommendView(RecommenderView):
    """Above the history, below the lists; every change is answered by the runs' own models."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self._intents = RecommendIntents(state, actions.link)
        self.what_if = WhatIf()
        self._rows = 2  # of cards
        self._whole: list[int] = []  # the history without the History clock
        self._follows_split = True  # until the user moves the clock
        self._known = 0  # items up to the History clock
        self._step: int | None = None
        self._learnt = -1
        self._lists: Query[Question, ListsOf] = Query(
            self, lambda question: fetch_lists(actions, question), state=state, progressive=True
        )
        self.person = UserField("User")
        self.search = ItemSearch()
        self.history, self.strip, self.next = HistoryCards(), HistoryStrip(), NextList()
        self.panel = PreviewPanel(state, actions)
        self._where, self._told = Elided("", "muted"), Elided("", "muted")
        self._came = Elided("", "strong")
        self._called = label("", "muted")
        self.undo = icon_button("undo", "Undo the last change (Ctrl+Z)", self.take_back)
        self.reset = icon_button("reset", "Undo all changes", self._reset)
        self.compared = ComparedRuns(state, self)
        self.export = PreviewExport(self, state, self._intents)
        self._lay_out()
        self._connect()
        self._select()

    def _lay_out(self) -> None:
        remove = icon_button("close", "Leave out or take back (Delete)", self.history.toggle)
        up = icon_button("chevron-left", "Earlier (Alt+Left)", lambda: self.history.shift(-1))
        down = icon_button("chevron-right", "Later (Alt+Right)", lambda: self.history.shift(1))
        step = self.person.step
        before = icon_button("chevron-left", "Previous user", lambda: step(-1))
        after = icon_button("chevron-right", "Next user", lambda: step(1))
        tools = (up, down, remove, self.undo, self.reset)
        head = row(section("History"), self._where, *tools, self.search, gap=6)
        for wide in (self._where, self.search):
            head.setStretchFactor(wide, 1)
        lists = column(gap=4)
        next_head = row(section("Next ten"), self._came)
        next_head.setStretchFactor(self._came, 1)
        lists.addLayout(next_head)
        lists.addWidget(self.next, 1)
        lists.addWidget(self._told)
        halves = row((lists, 5), (self.panel, 2), gap=16)
        page = QWidget()
        column(
            head,
            self.strip,
            (self.history, 2),
            (halves, 5),
            parent=page,
            gap=6,
            margins=(16, 8, 16, 10),
        )
        self.page = scrolled(page)  # in a low window each part keeps its size
        who = (self._called, before, self.person, after)
        self.bar = view_bar(self, *who, None, self.compared.button, self.export.button, gap=6)
        column(self.page, parent=self)

    def _connect(self) -> None:
        state = self._state
        for signal in (state.runs.changed, state.runs.progressed, state.runs.metrics_appended):
            signal.connect(self._changed)
        state.playback.changed.connect(self._turned)
        theme.changed.connect(self._show_lists)
        self.person.chosen.connect(self._choose)
        self.person.refused.connect(lambda why: self._where.set_text(why))
        self.history.toggled.connect(self._toggle)
        self.history.reordered.connect(self._edit)
        self.history.dropped.connect(self._drop)
        self.strip.moved.connect(self._take_clock)
        self.next.chosen.connect(self.panel.select)
        self.next.wanted.connect(self.add)
        self.next.dropped.connect(self._remove)
        self.search.found.connect(self.add)
        self.search.missed.connect(lambda why: self._told.set_text(why))
        self.panel.items.wanted.connect(self.add)
        self.compared.changed.connect(self._ask)
        self.panel.why.changed.connect(self._show_lists)
        self._lists.changed.connect(self._answered)
        self.export.items = lambda: self.items
        chosen_user(state).changed.connect(self._open_chosen)
        self._fresh = single_shot(self, lambda: self._ask(again=True), FRESH_MS)
        self._late = single_shot(self, self._dim, LATE_MS)

    @property
    def items(self) -> list[int]:
        """The history that the models are asked with."""
        return self.what_if.items

    # What is shown

    def _select(self) -> None:
        super()._select()
        if self._run is not None:
            self._offer_export()

    def _clear(self) -> None:
        self._learnt = -1
        self.compared.clear()
        self._lists.cancel()
        self.panel.clear()
        self.search.clear()

    def _show_users(self, people: People) -> None:
        self.search.show_items(people.catalogue)
        self.panel.items.show_items(people.catalogue)
        self._called.setText(people.called)
        self.person.set_users(people.names, people.called)
        self._offer_export()
        self._choose(0)
        self._open_chosen()

    def _offer_export(self) -> None:
        run = self._run
        learned = run is not None and bool(run.checkpoints)
        self.export.enable(self._key, learned=learned, ready=self._state.engine.ready)

    def _changed(self, key: str) -> None:
        run = self._run
        if run is None or run.key != key:
            return
        self._select()
        if not self._state.playback.live or not self.isVisible():
            return
        fresh = self._newest_step() != self._learnt and self._people is not None
        if fresh and not self._fresh.isActive():
            self._fresh.start()

    def _turned(self) -> None:
        """Follow the training clock and the History clock."""
        if self._run is None or self._people is None or not self.isVisible():
            return
        if self._clock() != self._known:
            self._follows_split = False
            self._cut()
        elif self._state.playback.step != self._step:
            self._ask()

    def _clock(self) -> int:
        """Return how many items of the history the History clock has passed."""
        return max(1, round(self._state.playback.flow * len(self._whole)))

    def _take_clock(self, known: int) -> None:
        self._follows_split = False
        self._move_clock(known)

    def _move_clock(self, known: int) -> None:
        self._state.playback.set(playing=False, flow=known / max(1, len(self._whole)))

    def _choose(self, place: int) -> None:
        if self._people is None or not self._people.numbers:
            return
        self._whole = self._people.history(place)
        self.strip.show_user(self._people, place, len(self._whole))
        self.history.setCurrentRow(-1)  # a card of another user
        if self._follows_split:
            self._known = self._people.split(place)
            self._move_clock(self._known)
        self._cut()

    def _open_chosen(self) -> None:
        """Show the user that a table has chosen, up to the items that were held out."""
        chosen = chosen_user(self._state)
        people = self._people
        if people is None or chosen.number not in people.numbers:
            return
        self.person.step(people.numbers.index(chosen.number) - self.person.place)
        if 0 < chosen.known < len(self._whole):
            self._take_clock(chosen.known)

    def _cut(self) -> None:
        """Start anew with the history up to the History clock."""
        self._known = self._clock()
        self.what_if = WhatIf(self._whole[: self._known])
        self.strip.set_known(self._known)
        self._show()
        self.history.show_newest()

    def _show(self) -> None:
        people = self._people
        assert people is not None
        self.history.show_cards(cards_of(self.what_if, people, self.person.place), people.catalogue)
        n = len(self.items)
        shown = f"{len(people.numbers):,} of {people.total:,} users, "
        which = shown if len(people.numbers) < people.total else ""
        all_of = f"{n:,} of {len(self._whole):,}" if self._known < len(self._whole) else f"{n:,}"
        changes = self.what_if.changes
        edits = f"  ·  what if: {format_count(changes, 'change')}" if changes else ""
        places = people.x.shape[1]
        read = f", the model reads the last {places:,}" if n > places else ""
        self._where.set_text(f"{which}{all_of} item{'' if n == 1 else 's'}{read}{edits}")
        self.undo.setEnabled(self.what_if.can_undo)
        self.reset.setEnabled(changes > 0)
        self._ask()

    # What the user does

    def _edit(self, entries: Sequence[Entry]) -> None:
        self.what_if.set(entries)
        self._show()

    def _remove(self, item: int) -> None:
        """Remove an item from the catalogue: the list is that without it."""
        self.what_if.drop(item)
        self._show()
        self._show_lists()

    def _toggle(self, at: int) -> None:
        self.what_if.toggle(at)
        self._show()

    def _drop(self, item: int, at: int) -> None:
        self.history.setCurrentRow(self.what_if.add(item, at))
        self._show()

    def add(self, item: int) -> None:
        """Add an item at the end of the history; one that is there moves to the end."""
        if self._people is None:
            return
        at = self.what_if.add(item)
        self._show()
        self.history.setCurrentRow(at)
        self.history.show_newest()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        rows = 1 if self.height() < LOW else 2
        if rows != self._rows:
            self._rows = rows
            self.history.set_rows(rows)

    def event(self, event: QEvent) -> bool:
        """Ctrl+Z undoes a change of the history, as long as there is one."""
        asked = isinstance(event, QKeyEvent) and event.matches(QKeySequence.StandardKey.Undo)
        if asked and self.undo.isEnabled():
            if event.type() == QEvent.Type.KeyPress:
                self.take_back()
            event.accept()
            return True
        return super().event(event)

    def take_back(self) -> None:
        """Undo the last change."""
        if self.what_if.can_undo:
            self.what_if.undo()
            self._show()
            self._show_lists()  # the catalogue may have changed

    def _reset(self) -> None:
        self.what_if.reset()
        self._show()
        self._show_lists()

    # What the models say

    def _ask(self, *, again: bool = False) -> None:
        if self._run is None or self._people is None:
            return
        self._step = self._state.playback.step
        question = Question(
            (self._key, *self.compared.keys),
            self._step,
            tuple(self.items),
            tuple(self.what_if.original),
        )
        self._lists.ask(question, again=again)
        answer = self._lists.answer
        if answer is not None and answer.question != question:
            self._late.start()

    def _dim(self) -> None:
        """Mark the list as that of an earlier question while the engine answers."""
        answer = self._lists.answer
        if self._lists.busy and answer is not None and answer.question != self._lists.key:
            self.next.dim()
            self._told.set_text("Updating… The list is that of the history before.")

    def _answered(self) -> None:
        error, answer = self._lists.error, self._lists.answer
        run = self._run
        if run is None or self._people is None:
            return
        if isinstance(error, Refused):
            learning = run.state in ("running", "queued")
            title = "Nothing learned yet" if learning else "Nothing to recommend"
            self._show_refusal(title, error)
            return
        if answer is None or answer.question.runs[0] != self._key:
            return
        self._learnt = answer.step
        self._show_lists()
        following = [each.item for each in self.next.shown]
        question = answer.question
        known = self._known if self._known < len(self._whole) else None
        self.panel.show_list(
            (self._key, question.step, question.items),
            self._people,
            self.person.place,
            following,
            known=known,
        )
        self._show_page()

    def _show_lists(self) -> None:
        """Show the lists of the last answer, with the reasons that are known by now."""
        answer, people = self._lists.answer, self._people
        if answer is None or people is None:
            return
        tokens, later = theme.colors(), self._whole[self._known :]
        dropped = self.what_if.dropped
        if dropped:
            lists_left = tuple(each.without(dropped) for each in answer.lists)
            answer = replace(answer, lists=lists_left)
        changed = answer.question.items != answer.question.original or bool(dropped)
        current = self.panel.why.key is not None and self.panel.why.key[2] == answer.question.items
        runs = [self._state.runs.by_key.get(key) for key in answer.question.runs]
        names = [numbered(run) if run is not None else "" for run in runs]
        reasons = self.panel.reasons if current else {}
        before = answer.before if changed else None
        lists = model_lists(answer, before, people.catalogue, names, tokens, set(later), reasons)
        self.next.show_lists(lists, compared=changed)
        trained = self._known < people.training_part(self.person.place)
        came = describe_next(answer.lists[0], later, people.catalogue, trained=trained)
        self._came.set_text(came)
        told = f"Step {answer.step:,}, {answer.took:.0f} ms"
        change = describe_change(answer, people.catalogue) if changed else ""
        self._told.set_text("  ·  ".join(filter(None, (told, change))))


VIEW = ViewSpec(
    id="recommend",
    lens="samples",
    title="Preview",
    order=10,
    applies=applies,
    factory=RecommendView,
    timed=True,
)
