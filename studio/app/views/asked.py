"""Samples, asked for: a class, or a number by a slider, and what comes of it while it is moved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QSlider, QVBoxLayout, QWidget
from shiboken6 import isValid

from studio.app import tasks, words
from studio.app.actions import Actions
from studio.app.intents.base import Refused
from studio.app.kinds.kind import Arrays, Kind, named
from studio.app.kinds.registry import family_of_run, kind_of_run
from studio.app.latest import Latest
from studio.app.state.guiding import lacking
from studio.app.state.runs import RunState
from studio.app.state.session import AppState
from studio.app.viewspec import ViewSpec, shows_moving
from studio.app.widgets.basic import Elided, button, label, row, view_bar
from studio.app.widgets.conditions import Conditions
from studio.app.widgets.figurestable import FiguresTable
from studio.app.widgets.foundview import can_ask
from studio.app.widgets.overlays import EmptyState
from studio.app.widgets.tilegrid import TileGrid
from studio.protocol.spec import led_by

__all__ = ["VIEW", "AskedView"]

OPERATOR = "generate"
SAMPLES, STEPS = 12, 13
"""So many are drawn as a slider moves, in so few steps: an answer comes within a second."""
TENTHS, STRONGEST = 10, 8
FREE = ("size",)  # conditions that nobody asks for at first
COLUMNS = (
    ("", "What was asked for"),
    ("asked", "What the model was told"),
    ("made", "What its samples have: mean and deviation"),
)  # fmt: skip
SHOWN = shows_moving("asked")


@dataclass(frozen=True)
class Question:
    """What is asked of which run; ``given`` as pairs, ``strength`` of guidance, None for none."""

    key: str
    given: tuple[tuple[str, Any], ...]
    strength: float | None
    seed: int


class AskedView(QWidget):
    """Asks as sliders move, one question at a time, and keeps what was answered last."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self._key, self._seed, self._asking, self._wrong = "", 0, False, ""
        self._ready = False  # the conditions are known
        self._checkpoints: list[Any] = []
        self._found: tuple[Question, Arrays] | None = None
        self._latest: Latest[Question] = Latest(self, self._answer)
        self.setProperty("surface", "canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._lay_out()
        self.empty = EmptyState(self)
        state.runs.selected.connect(self._select)
        state.runs.changed.connect(self._changed)
        state.engine_changed.connect(self._meet)
        state.catalog_changed.connect(self._meet)
        self._select(state.runs.selection)

    def _lay_out(self) -> None:
        self.words = Elided("", "muted")
        self.again = button("Others", self._again, tip="Draw from other noise")
        self.bar = view_bar(self, self.words, None, self.again)
        self.conditions = Conditions()
        self.conditions.changed.connect(self._ask)
        self.strength = QSlider(Qt.Orientation.Horizontal)
        self.strength.setAccessibleName("Strength of guidance")
        self.strength.setRange(0, STRONGEST * TENTHS)
        self.strength.setPageStep(TENTHS)
        self.strength.setValue(TENTHS)
        self.strength.valueChanged.connect(lambda _: self._ask())
        self._strong = label("", "strong")
        self._strong.setMinimumWidth(48)
        self.guided = QWidget()
        line = row(label("Guidance", "muted"), self.strength, self._strong)
        line.setStretch(1, 1)
        self.guided.setLayout(line)
        self.refused = label("", "warm", wrap=True)
        self.grid = TileGrid("What was asked for")
        self.grid.setMinimumHeight(150)
        self.table = FiguresTable("Asked and made", COLUMNS)
        self.table.setSelectionMode(FiguresTable.SelectionMode.NoSelection)
        self.page = QWidget()
        body = QVBoxLayout(self.page)
        body.setContentsMargins(16, 10, 16, 12)
        body.setSpacing(8)
        for part in (self.conditions, self.guided, self.refused):
            body.addWidget(part)
        body.addWidget(self.grid, 1)
        body.addWidget(self.table)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.page)

    # Which run

    @property
    def _run(self) -> RunState | None:
        return self._state.runs.by_key.get(self._key)

    @property
    def _kind(self) -> Kind:
        return kind_of_run(self._run, self._state.catalog)

    def _select(self, key: str) -> None:
        self._key, self._found, self._wrong = key, None, ""
        self._ready, self._asking = False, False
        self._latest.drop()
        self.conditions.offer(())
        self._meet()

    def _changed(self, key: str) -> None:
        run = self._run
        if key == self._key and run is not None and run.checkpoints != self._checkpoints:
            self._checkpoints = list(run.checkpoints)
            self._ask() if self._ready else self._meet()

    def _meet(self) -> None:
        """Ask what the model can be asked for, and then for some of it."""
        run = self._run
        awake = self._state.engine.state in ("ready", "busy") and self.isVisible()
        if run is not None and run.checkpoints and awake and not (self._asking or self._ready):
            self._asking = True
            self._checkpoints = list(run.checkpoints)
            tasks.spawn(self._greet(self._key))
        self.refresh()

    async def _greet(self, key: str) -> None:
        try:
            able = await self._actions.operating.able(key)
        except Refused as refused:
            if isValid(self) and key == self._key:
                self._asking, self._wrong = False, refused.error.message
                self.refresh()
            return
        if not isValid(self) or key != self._key:
            return
        if not able.conditions:
            self._asking, self._wrong = False, "This model is told nothing of what it makes."
            self.refresh()
            return
        self._asking, self._ready = False, True
        several = len(able.conditions) > 1
        self.conditions.offer(able.conditions, FREE if several else ())
        free = self._quick and not self._led and lacking(self._run, self._state.catalog) == ""
        self.guided.setVisible(several and free)
        self._ask()

    @property
    def _led(self) -> bool:
        """Whether another run leads its samples: then they are drawn as the run draws them."""
        return self._run is not None and self._run.spec is not None and bool(led_by(self._run.spec))

    @property
    def _quick(self) -> bool:
        """Whether a sampler may take few steps: others than a denoiser draw as they are made to."""
        entry = family_of_run(self._run, self._state.catalog)
        return entry is not None and "denoiser" in entry.capabilities

    # What is asked

    def _again(self) -> None:
        self._seed += 1
        self._ask()

    def _ask(self) -> None:
        self._strong.setText(f"{self.strength.value() / TENTHS:g}")
        if self._ready and self.isVisible():
            strength = self.strength.value() / TENTHS if self.guided.isVisibleTo(self) else None
            given = tuple(self.conditions.given.items())
            self._latest.want(Question(self._key, given, strength, self._seed))

    async def _answer(self, question: Question) -> None:
        sampler: dict[str, Any] = {"steps": STEPS}
        if question.strength is not None:
            guidance = {"strength": question.strength}
            sampler["guidance"] = {"slug": "classifier-free", "config": guidance}
        config: dict[str, Any] = {"n": SAMPLES, "seed": question.seed}
        if self._quick and not self._led:
            config["sampler"] = {"slug": "heun", "config": sampler}
        try:
            answer = await self._actions.operating.ask(
                question.key, OPERATOR, config=config, given=dict(question.given)
            )
        except Refused as refused:
            if isValid(self) and question.key == self._key:
                self._wrong = refused.error.message
                self.refresh()
            return
        if not isValid(self) or question.key != self._key:
            return
        run = self._run
        arrays = named(answer.arrays, run.classes if run is not None else ())
        self._found, self._wrong = (question, arrays), ""
        self.words.set_text(f"step {int((answer.result or {}).get('step', 0)):,}")
        self.refresh()

    # Showing

    def refresh(self) -> None:
        """Show what was answered last, or what could be asked."""
        found, run = self._found, self._run
        self.page.setVisible(found is not None)
        self.again.setVisible(found is not None)
        self.empty.setVisible(found is None)
        self.refused.setText(self._wrong)
        self.refused.setVisible(bool(self._wrong))
        if found is not None:
            self._draw(*found)
            return
        self.words.set_text("")
        many = self._kind.many
        if self._wrong:
            self.empty.tell("It cannot be asked", self._wrong)
        elif run is not None and not run.checkpoints:
            self.empty.tell("Nothing to ask yet", f"With its first checkpoint it makes {many}.")
        else:
            self.empty.tell("What you ask for", "It is drawn when the engine is ready.")

    def _draw(self, question: Question, arrays: Arrays) -> None:
        kind = self._kind
        own = {name: arrays[name] for name in ("x", *kind.told, *FREE) if name in arrays}
        own |= kind.ready(own)
        known = kind.measures(own)
        tiles = kind.tiles({name: each for name, each in own.items() if name not in FREE})
        self.grid.show_tiles(tiles, noun=kind.many, words=_below(kind, known))
        lines = _lines(kind, dict(question.given), known)
        self.table.show_lines(lines)
        self.table.setVisible(bool(lines))
        self.table.fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._meet()
        self._ask()


def _below(kind: Kind, known: Mapping[str, Any]) -> list[str] | None:
    """Return what is written below each of what was made, None for nothing."""
    if not kind.below:
        return None
    values, title = known[kind.below], f"{kind.below.lower()} "
    plain = values.dtype.kind in "fiu"
    return [f"{title}{value:g}" if plain else str(value) for value in values]


def _lines(kind: Kind, given: Mapping[str, Any], known: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return the numbers that were asked for beside those of what was made."""
    return [
        (
            title,
            words.figure(given[name]),
            f"{words.figure(known[title].mean())} ± {words.figure(known[title].std())}",
        )
        for title, name in kind.asked.items()
        if name in given and title in known
    ]


def applies(state: AppState) -> bool:
    """Whether the selected run makes what can be asked for."""
    return SHOWN(state) and can_ask(state, OPERATOR)


VIEW = ViewSpec(
    id="asked", lens="samples", title="Asked", order=26, applies=applies, factory=AskedView
)
