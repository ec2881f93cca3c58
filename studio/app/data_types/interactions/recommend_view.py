"""Samples, for recommenders: a history, and what the model would recommend next, as it changes."""

import time
from collections import Counter

import numpy as np
from PySide6.QtCore import QEvent, QStringListModel, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import (
    QCompleter,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from pushforward.studio.app.charts.picture_export import Picture, widget_picture
from pushforward.studio.app.core import async_tasks
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import kind_of_run
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.core.timers import single_shot
from pushforward.studio.app.data.metric_list import Qualities
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.view_spec import ViewSpec, shows
from pushforward.studio.app.data_types.interactions.history_list import HistoryList
from pushforward.studio.app.data_types.interactions.item_titles import title_of
from pushforward.studio.app.data_types.interactions.next_items import NextList, Suggestion
from pushforward.studio.app.data_types.interactions.number_field import NumberField
from pushforward.studio.app.data_types.interactions.recommend_requests import (
    OPERATOR,
    People,
    RecommendIntents,
)
from pushforward.studio.app.design.basic import (
    Elided,
    button,
    icon_button,
    label,
    row,
    scrolled,
    section,
    view_bar,
)
from pushforward.studio.app.design.file_dialog import folder_of_exports, save_dialog
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.requests.request_base import Answer, Refused
from pushforward.studio.app.engine.run_answers import AskOnce
from pushforward.studio.literal import one_line

__all__ = ["VIEW", "RecommendView"]

LISTED = 10
CANDIDATES = 100  # ranks that a move is told from
FRESH_MS = 1000  # between two questions while the model learns
FOUND = 12  # titles that are offered at once


applies = shows("recommend")


class RecommendView(LensView):
    """Left the history, right the next ten; every change is answered by the run's own model."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self._intents = RecommendIntents(state, actions.link)
        self._people: People | None = None
        self._names: list[str] = []  # of the items, each another one, to be searched
        self._once = AskOnce(self, state)
        self._original: list[int] = []
        self.items: list[int] = []  # the history as it is now
        self._past: list[list[int]] = []
        self._waiting = self._again = False
        self._learnt = -1
        self._step: int | None = None  # at which the training clock was when it was asked last
        self.person = NumberField("Person")
        self.search = QLineEdit()
        self.search.setPlaceholderText("Add an item by its title")
        self.search.setAccessibleName("Add an item by its title")
        self.search.setClearButtonEnabled(True)
        self.history, self.next = HistoryList(), NextList()
        self._where, self._told = Elided("", "muted"), Elided("", "muted")
        self._reads = label("", "muted", wrap=True)
        self._called = label("", "muted")
        self._numbers = Qualities(state)
        self.undo = button("Undo", self.take_back, tip="Take the last change back (Ctrl+Z)")
        self.reset = button("As it was", self._reset, tip="Take all changes back")
        self.lists = button("Lists to CSV", self._write, icon="export")
        self._page = QWidget()
        self._body = scrolled(self._page)  # in a low window each part keeps its size
        self._lay_out()
        self._connect()
        self._select()

    def _lay_out(self) -> None:
        remove = icon_button("close", "Take out of the history (Delete)", self.history.remove)
        up = icon_button("chevron-up", "Earlier (Alt+Up)", lambda: self.history.shift(-1))
        down = icon_button("chevron-down", "Later (Alt+Down)", lambda: self.history.shift(1))
        left, right = QVBoxLayout(), QVBoxLayout()
        left.setSpacing(6)
        right.setSpacing(6)
        before = icon_button("chevron-left", "The person before", lambda: self.person.step(-1))
        after = icon_button("chevron-right", "The next person", lambda: self.person.step(1))
        left.addLayout(row(section("History"), None, up, down, remove, gap=2))
        left.addWidget(self.history, 1)
        left.addWidget(self._reads)
        left.addWidget(self.search)
        right.addLayout(row(section("Next ten"), None, label("p(next)", "small")))
        right.addWidget(self.next, 1)
        right.addWidget(self._told)
        halves = QHBoxLayout()
        halves.setSpacing(28)
        halves.addLayout(left, 2)
        halves.addLayout(right, 3)
        body = QVBoxLayout(self._page)
        body.setContentsMargins(16, 8, 16, 12)
        body.setSpacing(8)
        who = (self._called, before, self.person, after, self._where)
        self.bar = view_bar(self, *who, None, self.undo, self.reset, self.lists, gap=6)
        body.addLayout(halves, 1)
        body.addWidget(self._numbers)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._body)

    def _connect(self) -> None:
        state = self._state
        state.runs.selected.connect(lambda _: self._select())
        state.runs.changed.connect(self._changed)
        state.runs.progressed.connect(self._changed)
        state.runs.metrics_appended.connect(self._changed)
        state.engine_changed.connect(self._select)
        state.playback.changed.connect(self._turned)
        self.person.chosen.connect(self._choose)
        self.person.refused.connect(self._refuse)
        self.history.changed.connect(self._edit)
        self.search.returnPressed.connect(self._add_typed)
        self._fresh = single_shot(self, self._ask, FRESH_MS)

    def title(self, item: int) -> str:
        """Return the title of an item, from 1."""
        titles = self._people.titles if self._people is not None else ()
        return one_line(title_of(titles, item))

    # What is shown

    @property
    def _run(self) -> RunState | None:
        """The run that is selected, if it recommends."""
        return self._state.runs.current if applies(self._state) else None

    def _select(self) -> None:
        run = self._run
        if run is None:
            self._key, self._people = "", None
            return
        if run.key != self._key:
            self._key, self._people, self._learnt = run.key, None, -1
            self._once.forget()
            self.search.clear()
        self._numbers.show_run(run)
        if self._people is not None:
            self._able()
            return
        many = kind_of_run(run, self._state.catalog).many
        self._say(f"Reading the {many}", "Their histories come in a moment.")
        if self._once.due(run):
            key = run.key
            self._intents.load(key, lambda people: self._arrived(key, people))

    def _arrived(self, key: str, people: People) -> None:
        if key != self._key or self._people is not None:
            return  # asked twice, because the run was read anew: a person may be at work by now
        self._people = people
        titles = [self.title(i) for i in range(1, len(people.titles) + 1)]
        counts = Counter(titles)
        told_apart = [people.items and counts[title] > 1 for title in titles]
        self._names = [
            f"{title} ({people.items[i]})" if told_apart[i] else title
            for i, title in enumerate(titles)
        ]
        completer = QCompleter(QStringListModel(self._names, self), self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setMaxVisibleItems(FOUND)
        completer.activated.connect(lambda _: QTimer.singleShot(0, self._add_typed))
        self.search.setCompleter(completer)
        self.search.setPlaceholderText(f"Add one of {len(titles):,} items by its title")
        called = people.called
        self._called.setText(called.capitalize() if called.islower() else called)
        self.person.set_numbers(people.numbers, people.called)
        self._able()
        self._choose(0)

    def _able(self) -> None:
        """Let lists be written, or say why they cannot be."""
        run = self._run
        learned = run is not None and bool(run.checkpoints)
        self.lists.setEnabled(learned and self._once.ready)
        why = (
            "The engine is not running."
            if not self._once.ready
            else f"Write the {LISTED} best items for everybody to a table"
            if learned
            else "Lists follow once the training has saved a checkpoint."
        )
        set_tip(self.lists, why)

    def _changed(self, key: str) -> None:
        run = self._run
        if run is None or run.key != key:
            return
        self._select()
        newest = max(run.checkpoints, default=run.step)
        if not self._state.playback.live:
            return  # an older step is looked at
        if newest != self._learnt and self._people is not None and not self._fresh.isActive():
            self._fresh.start()

    def _turned(self) -> None:
        """Ask the model of the step that the training clock is at."""
        if self._state.playback.step != self._step and self._run is not None and self.isVisible():
            self._ask()

    def _say(self, title: str, words: str) -> None:
        self._body.setVisible(False)
        self.empty.tell(title, words)

    def _choose(self, place: int) -> None:
        if self._people is None or not self._people.numbers:
            return
        self._original = self._people.history(place)
        self._past = []
        self.history.setCurrentRow(-1)  # a line of somebody else's
        self._show(self._original)
        self.history.scrollToBottom()  # where the newest are

    def _show(self, items: list[int]) -> None:
        self.items = items
        self.history.show_items(items, self.title, set(items) - set(self._original))
        assert self._people is not None
        n, people = len(items), self._people
        shown = f"{len(people.numbers):,} of {people.total:,}, from"
        which = shown if len(people.numbers) < people.total else "from"
        what = f"{which} {self.person.range}  ·  {n} item{'' if n == 1 else 's'}"
        gone = len(set(self._original) - set(items))
        self._where.set_text(f"{what}, {gone} taken out" if gone else what)
        places = people.x.shape[1]
        self._reads.setVisible(n > places)
        self._reads.setText(f"The model reads the last {places:,} of these {n:,} items.")
        self.undo.setEnabled(bool(self._past))
        self.reset.setEnabled(items != self._original)
        self._ask()

    # What a person does

    def _edit(self, items: list[int]) -> None:
        if items != self.items:
            self._past.append(self.items)
            self._show(items)

    def _refuse(self, why: str) -> None:
        self._where.set_text(why)

    def add(self, item: int) -> None:
        """Put an item at the end of the history; one that is there moves to the end."""
        if self._people is None:
            return
        self._edit([*(each for each in self.items if each != item), item])
        self.history.setCurrentRow(self.history.count() - 1)

    def _add_typed(self) -> None:
        text = self.search.text().strip().casefold()
        if not text:
            return
        titles = [name.casefold() for name in self._names]
        exact = [i for i, title in enumerate(titles, 1) if title == text]
        near = [i for i, title in enumerate(titles, 1) if text in title]
        if exact or near:
            self.search.clear()
            self.add((exact or near)[0])
        else:
            self._told.set_text(f"No title has {self.search.text().strip()!r} in it.")

    def _write(self) -> None:
        folder = folder_of_exports(self._state.project)
        dialog = save_dialog(self, "Lists to CSV", "lists.csv", "Table (*.csv)", "csv", folder)
        dialog.fileSelected.connect(lambda file: self._intents.write(self._key, file, LISTED))
        dialog.open()

    def event(self, event: QEvent) -> bool:
        """Ctrl+Z is about the history here, as long as something of it can be taken back."""
        asked = isinstance(event, QKeyEvent) and event.matches(QKeySequence.StandardKey.Undo)
        if asked and self.undo.isEnabled():
            if event.type() == QEvent.Type.KeyPress:
                self.take_back()
            event.accept()
            return True
        return super().event(event)

    def take_back(self) -> None:
        """Take the last change back."""
        if self._past:
            self._show(self._past.pop())

    def _reset(self) -> None:
        self._edit(list(self._original))

    # What the model says

    def _ask(self) -> None:
        if self._waiting:
            self._again = True  # the newest question is asked when this one is answered
            return
        self._waiting = True
        async_tasks.spawn(self._answer())

    async def _answer(self) -> None:
        try:
            await self._question()
        finally:
            self._waiting = False
        if self._again:
            self._again = False
            self._ask()

    async def _question(self) -> None:
        run = self._run
        if run is None or self._people is None:
            return
        items, original, began = self.items, self._original, time.perf_counter()
        # Both are answered by one model: while it learns, lists of two steps differ by that, too.
        histories = [items] if items == original else [items, original]
        self._step = self._state.playback.step
        try:
            answer = await self._actions.operating.ask(
                run.key,
                OPERATOR,
                config={"k": CANDIDATES},
                inputs={"histories": histories},
                step=self._state.playback.step,
            )
        except Refused as refused:
            if run is self._run:
                learning = run.state in ("running", "queued")
                title = "Nothing learned yet" if learning else "Nothing to recommend"
                self._say(title, f"{refused.error.message} {refused.error.hint}".strip())
            return
        if run is self._run and items == self.items and original == self._original:
            self._take(answer, 1000 * (time.perf_counter() - began))

    def _take(self, answer: Answer, took: float) -> None:
        """Show the list of the first history, and how it differs from that of the last."""
        step = int((answer.result or {}).get("step", 0))
        item, score = answer.arrays["item"][0], answer.arrays["score"][0]
        compared = len(answer.arrays["item"]) > 1
        unchanged = answer.arrays["item"][-1]
        before = {int(each): rank for rank, each in enumerate(unchanged, 1) if each > 0}
        shown = [
            Suggestion(
                self.title(int(each)),
                float(np.exp(value)),
                before[int(each)] - rank if int(each) in before else None,
            )
            for rank, (each, value) in enumerate(zip(item[:LISTED], score, strict=False), 1)
            if each > 0
        ]
        self._learnt = step
        self.next.show_list(shown, compared=compared)
        self._told.set_text(f"Step {step:,}, answered in {took:.0f} ms")
        self.empty.hide()
        self._body.setVisible(True)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._select()

    def export_picture(self) -> Picture:
        """Return the history and the list as they are seen."""
        return widget_picture(self)


VIEW = ViewSpec(
    id="recommend",
    lens="samples",
    title="Preview",
    order=10,
    applies=applies,
    factory=RecommendView,
)
