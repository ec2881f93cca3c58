"""Conditional lab: a class, or numbers by sliders, with live samples."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSlider, QVBoxLayout, QWidget
from shiboken6 import isValid

from pushforward.studio.app.core import async_tasks
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type import Arrays, Kind, named
from pushforward.studio.app.core.data_type_registry import family_of_run, kind_of_run
from pushforward.studio.app.core.guidance_results import lacking
from pushforward.studio.app.data.sample_findings import MoreKnown
from pushforward.studio.app.data.tile_grid import TileGrid
from pushforward.studio.app.data.validity import VALIDITY, why_of
from pushforward.studio.app.data.views.lab import can_ask
from pushforward.studio.app.data.views.live_lab_frame import AskedLive, Asking
from pushforward.studio.app.data.views.view_spec import ViewSpec, shows_moving
from pushforward.studio.app.design.basic import button, label, row, view_bar
from pushforward.studio.app.design.table import Column, Table
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.app.labs.condition_controls import Conditions
from pushforward.studio.app.text import number_format
from pushforward.studio.figures import short
from pushforward.studio.protocol.spec import led_by

__all__ = ["VIEW", "AskedView"]

OPERATOR = "generate"
STEPS = 13
"""Steps of the sampler of a preview, so that an answer comes within a second."""
TENTHS, STRONGEST = 10, 8
FREE = ("size",)  # conditions that nobody asks for at first
COLUMNS = (
    Column("", "Requested"),
    Column("asked", "Conditions of the model"),
    Column("made", "What its samples have: mean and deviation"),
)  # fmt: skip
SHOWN = shows_moving("asked")


@dataclass(frozen=True)
class Question:
    """A request to a run: ``given`` as pairs, ``strength`` of guidance, None for none."""

    key: str
    given: tuple[tuple[str, Any], ...]
    strength: float | None
    seed: int


class AskedView(AskedLive[Question]):
    """Asks as sliders move."""

    preview, whole = 12, 64

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self._seed, self._meeting = 0, False
        self._ready = False  # the conditions are known
        self._checkpoints: list[Any] = []
        self._more = MoreKnown.shared(state, actions)
        self._means = ""  # what the ticks of what is shown stand for
        self._lay_out()
        state.runs.changed.connect(self._changed)
        state.catalog_changed.connect(self.meet)
        self._more.changed.connect(self.refresh)
        self.follow()

    def _lay_out(self) -> None:
        self.again = button("Others", self._again, tip="Resample")
        self.bar = view_bar(self, self.words, None, self.again, self.more)
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
        self.grid = TileGrid("Requested")
        self.grid.setMinimumHeight(150)
        self.table = Table("Asked and made", COLUMNS, selectable=False)
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
        layout.addWidget(self.status)
        layout.addWidget(self.page, 1)

    # Which run

    @property
    def _kind(self) -> Kind:
        return kind_of_run(self.run, self._state.catalog)

    def begin(self) -> None:
        """Remove the conditions of the previous run."""
        self._ready, self._meeting = False, False
        self.conditions.offer(())

    def _changed(self, key: str) -> None:
        run = self.run
        if key == self._key and run is not None and run.checkpoints != self._checkpoints:
            self._checkpoints = list(run.checkpoints)
            self.meet()

    def meet(self) -> None:
        """Request the conditions of the model, then samples."""
        run = self.run
        if self._ready:
            self._ask()
        elif run is not None and run.checkpoints and self.awake and not self._meeting:
            self._meeting = True
            self._checkpoints = list(run.checkpoints)
            async_tasks.spawn(self._greet(self._key))
        self.refresh()

    async def _greet(self, key: str) -> None:
        try:
            able = await self._actions.operating.able(key)
        except Refused as refused:
            if isValid(self) and key == self._key:
                self._meeting, self.wrong = False, refused.error.message
                self.refresh()
            return
        if not isValid(self) or key != self._key:
            return
        if not able.conditions:
            self._meeting, self.wrong = False, "This model is unconditional."
            self.refresh()
            return
        self._meeting, self._ready = False, True
        several = len(able.conditions) > 1
        self.conditions.offer(able.conditions, FREE if several else ())
        free = self._quick and not self._is_guided and lacking(self.run, self._state.catalog) == ""
        self.guided.setVisible(several and free)
        self._ask()
        self.refresh()

    @property
    def _is_guided(self) -> bool:
        """Whether another run leads its samples: then they are drawn as the run draws them."""
        return self.run is not None and self.run.spec is not None and bool(led_by(self.run.spec))

    @property
    def _quick(self) -> bool:
        """Whether a sampler may take few steps: others than a denoiser draw as they are made to."""
        entry = family_of_run(self.run, self._state.catalog)
        return entry is not None and "denoiser" in entry.capabilities

    # What is asked

    def _again(self) -> None:
        self._seed += 1
        self._ask()

    def _ask(self) -> None:
        self._strong.setText(f"{self.strength.value() / TENTHS:g}")
        if self._ready and self.isVisible():
            strength = self.strength.value() / TENTHS if self.guided.isVisibleTo(self) else None
            given = tuple(self.conditions.conditions.items())
            self.want(Question(self._key, given, strength, self._seed))

    def asking(self, question: Question) -> Asking:
        """Return the request of a question; a preview takes few steps if the sampler can."""
        sampler: dict[str, Any] = {"steps": STEPS}
        if question.strength is not None:
            guidance = {"strength": question.strength}
            sampler["guidance"] = {"slug": "classifier-free", "config": guidance}
        config: dict[str, Any] = {"n": self.count, "seed": question.seed}
        if self._refined:
            sampler.pop("steps")
        if sampler and self._quick and not self._is_guided:
            config["sampler"] = {"slug": "heun", "config": sampler}
        return Asking(OPERATOR, config, dict(question.given))

    def to_stored(self, arrays: Arrays) -> Arrays:
        """Return an answer with its classes by their names."""
        run = self.run
        return named(arrays, run.classes if run is not None else ())

    # Showing

    def refresh(self) -> None:
        """Show what was answered last, or what could be asked."""
        found, run = self.found, self.run
        asks = found is not None or self._ready
        self.page.setVisible(asks)
        self.again.setVisible(asks)
        self.empty.setVisible(not asks)
        self.refused.setText(self.wrong)
        self.refused.setVisible(bool(self.wrong))
        many = self._kind.many
        if found is not None:
            self._draw(*found)
        elif asks:
            self.grid.show_tiles(
                None, message="" if self.wrong else f"{many.capitalize()} are being generated"
            )
            self.table.hide()
        elif self.wrong:
            self.empty.tell("It cannot be asked", self.wrong)
        elif run is not None and not run.checkpoints:
            self.empty.tell("Not available yet", f"With its first checkpoint it makes {many}.")
        else:
            self.empty.tell("What you ask for", "Samples are generated when the engine is ready.")

    def tell(self) -> None:
        """Show the step of the samples, and whether new ones are being generated."""
        super().tell()
        found = self.words.accessibleName()
        self.words.set_text(" · ".join(filter(None, (found, self._means))))
        self.table.setEnabled(not self.stale)

    def _draw(self, question: Question, arrays: Arrays) -> None:
        kind, run = self._kind, self.run
        own = {name: arrays[name] for name in ("x", *kind.told, *FREE) if name in arrays}
        own |= kind.ready(own)
        more = self._more.of(run, kind, own) if run is not None else {}
        known = kind.measures({**own, **more})
        self._means = kind.means({**own, **more})
        marks = {name: more[name] for name in kind.marked if name in more}
        shown = {name: each for name, each in own.items() if name not in FREE}
        below = _below(kind, known, dict(question.given))
        self.grid.show_tiles(kind.tiles({**shown, **marks}), noun=kind.many, words=below)
        lines = _lines(kind, dict(question.given), known)
        self.table.show_rows(lines)
        self.table.setVisible(bool(lines))
        self.table.fit()
        self.tell()


def _below(
    kind: Kind, known: Mapping[str, Any], given: Mapping[str, Any] | None = None
) -> list[str] | None:
    """Return what is written below each of what was made, None for nothing: a number that was
    ``given``, as it came out; of one that cannot be what is wrong with it.
    """
    if not kind.below:
        return None
    asked = [title for title, name in kind.asked.items() if name in (given or {})]
    plain = known[kind.below].dtype.kind in "fiu"
    name = next((each for each in asked if each in known), kind.below) if plain else kind.below
    values, title = known[name], f"{name.lower()} "
    said = [f"{title}{short(value, 3)}" if plain else str(value) for value in values]
    if plain or VALIDITY not in known:
        return said
    wrong = (why_of(str(each)) for each in known[VALIDITY])
    return [why or each for why, each in zip(wrong, said, strict=True)]


def _lines(kind: Kind, given: Mapping[str, Any], known: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return the requested numbers and those of the samples."""
    return [
        (
            title,
            number_format.figure(given[name]),
            number_format.figure(known[title].mean())
            + " ± "
            + number_format.figure(known[title].std()),
        )
        for title, name in kind.asked.items()
        if name in given and title in known
    ]


def applies(state: AppState) -> bool:
    """Whether the selected run is a conditional model."""
    return SHOWN(state) and can_ask(state, OPERATOR)


VIEW = ViewSpec(
    id="asked", lens="samples", title="Asked", order=26, applies=applies, factory=AskedView
)
