"""The canvas while a run is set up: its sentence, its data, and what moves them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QBoxLayout, QFrame, QVBoxLayout, QWidget

from pushforward.studio.app.core import (
    display_names,
    draft_spec,
    field_carrier_switch,
    imported_data,
)
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type import named
from pushforward.studio.app.core.data_type_registry import fitting, kind_of
from pushforward.studio.app.core.dataset_list import all_sets
from pushforward.studio.app.core.draft import Draft
from pushforward.studio.app.core.run_conditions import conditions
from pushforward.studio.app.design.basic import Elided, button, clear, column, label, row, scrolled
from pushforward.studio.app.design.flash_frame import flash
from pushforward.studio.app.design.forms.editors import Segments
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.places.setup.diffusion_card import Schedule, SixChoices
from pushforward.studio.app.places.setup.example_path_card import PathCard
from pushforward.studio.app.places.setup.motion_card import MotionCard
from pushforward.studio.app.places.setup.pickers.data_preview import DataPreview
from pushforward.studio.app.places.setup.race_tray import RaceTray
from pushforward.studio.app.places.setup.setup_card import Card
from pushforward.studio.app.places.setup.setup_sentence import SetupSentence
from pushforward.studio.app.places.setup.setup_summary import costs, used
from pushforward.studio.protocol.catalog import Catalog

__all__ = ["SetupView"]

BESIDE = 640  # pixels of the page, above which its panels stand side by side


@dataclass(frozen=True)
class WayOut:
    """A note, and the model that another ``carrier`` comes with; "" for none."""

    note: str = ""
    title: str = ""
    carrier: str = ""


def way_out(draft: Draft | None, catalog: Catalog | None) -> WayOut:
    """Return what replaces a request that is not possible, or why the generator cannot be
    switched.
    """
    entry = draft_spec.entry_of(draft.spec, "family", catalog) if draft is not None else None
    if draft is None or catalog is None or draft.note or entry is None:
        return WayOut(draft.note if draft is not None else "")
    if entry.field not in field_carrier_switch.FIELDS:
        return WayOut()
    kind = catalog.kind_of(draft.spec.dataset)
    with_one = entry.carrier == field_carrier_switch.GENERATOR
    free = any(
        field_carrier_switch.cell(catalog, entry.field, c, kind)
        for c in field_carrier_switch.WITHOUT
    )
    wanted = field_carrier_switch.WITHOUT[0] if with_one else field_carrier_switch.GENERATOR
    note = (
        ""
        if with_one and free
        else field_carrier_switch.why_not(catalog, entry.field, wanted, kind)
    )
    if not note:
        return WayOut()
    other = "" if with_one else field_carrier_switch.GENERATOR
    instead = field_carrier_switch.switch(draft.spec, catalog, carrier=other, aside=draft.aside)
    found = catalog.get("family", instead.spec.family.slug)
    if found is None or found.slug == entry.slug:
        return WayOut(note)
    return WayOut(note, found.title, other)


class NoData(QFrame):
    """A zone that files are dropped on, as anywhere in the window, with the two other ways."""

    def __init__(self, choose: Callable[[], None], bring: Callable[[], None]) -> None:
        super().__init__()
        self.setProperty("role", "drop")
        self.title = label("", "heading")
        words = label("Drop data files or a folder here.", "muted")
        for each in (self.title, words):
            each.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.choose = button("Choose data", choose, kind="primary")
        self.choose.setDefault(False)
        self.bring = button("Import files…", bring)
        ways = row(None, self.choose, self.bring, None, gap=8)
        column(None, self.title, words, 6, ways, None, parent=self, gap=6, margins=24)

    def show_name(self, name: str) -> None:
        """Say which data are not there."""
        self.title.setText(f"No data set {name} in this project")


class SetupView(QWidget):
    """Shows the draft live. A double click on a recipe ends here and starts it."""

    def __init__(self, state: AppState, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._actions = actions
        self._opened = 0.0
        self.setProperty("surface", "canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.title = label("", "muted", wrap=True)
        self.sentence = SetupSentence(state, actions)
        self.told = label("", "muted", wrap=True)  # of each datum
        self.costs = Elided("", "small")
        self.copy = button("Copy as command", kind="link", tip="Ctrl+Shift+C")
        self.note = label("", "muted", wrap=True)
        self._ways = QVBoxLayout()
        self.teaches = label("", "muted", wrap=True)
        self.source = label("", "small", wrap=True)
        self.known = Card("Data")
        self.open = button("Open", self._open_data, kind="link", tip="Show these data")
        self.known.put_right(self.open)
        self.data = DataPreview()
        self.data.setMinimumHeight(220)
        self.shares = label("", "small", wrap=True)
        self.known.body.addWidget(self.data, 1)
        self.known.body.addWidget(self.shares)
        self.motion = MotionCard(state)
        self.choices = SixChoices(state, actions, partial(self.sentence.method.wanted.emit, ""))
        self.schedule = Schedule(state)
        self.path = PathCard(state)
        self.nothing = NoData(
            lambda: self.sentence.data.wanted.emit(""), state.window.import_files.emit
        )
        self.nothing.hide()
        self.race = RaceTray(state, actions)
        self._lay_out()
        self._connect()
        self._new_draft()

    def _lay_out(self) -> None:
        page = QWidget()
        body = column(
            self.title,
            self.sentence,
            self.told,
            row(self.costs, self.copy, None, gap=14),
            self.note,
            self._ways,
            self.teaches,
            4,
            parent=page,
            margins=(32, 18, 32, 20),
        )
        self._cards = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._cards.setSpacing(16)
        for cards in ((self.known, self.schedule), (self.choices, self.motion)):
            self._cards.addLayout(column(*cards, gap=16), 1)
        self._cards.addWidget(self.nothing, 1)
        body.addLayout(self._cards, 1)
        body.addSpacing(8)
        body.addWidget(self.path)
        body.addWidget(self.source)
        self._scroll = scrolled(page)  # in a low window the picture keeps its size
        column((self._scroll, 1), self.race, parent=self, gap=0)

    def _connect(self) -> None:
        state = self._state
        state.draft_changed.connect(self._new_draft)
        for signal in (state.draft_checked, state.catalog_changed, state.datasets_changed):
            signal.connect(self._show_words)
        state.runs.listed.connect(self._show_words)
        state.draft_checked.connect(self._tell_data)  # the training may take other ones of them
        state.preview_changed.connect(self._show_points)
        state.engine_changed.connect(self._show_points)
        state.window.show_setting.connect(self._show_slot)

    def _new_draft(self) -> None:
        self._opened = time.monotonic()
        self._scroll.verticalScrollBar().setValue(0)
        self.refresh()

    def refresh(self) -> None:
        """Show the draft."""
        self._show_words()
        self._show_points()

    def _show_words(self) -> None:
        """Say what it is: what a recipe says of itself only while that is true."""
        draft = self._state.draft
        if draft is None:
            return
        recipe = draft.recipe if display_names.keeps_recipe(draft.recipe, draft.spec) else None
        self.costs.set_text(costs(draft, self._state.catalog))
        for line, text in (
            (self.title, recipe.title if recipe is not None else ""),
            (self.teaches, " ".join(recipe.teaches.split()) if recipe is not None else ""),
            (self.source, recipe.source if recipe is not None else ""),
        ):
            line.setText(text)
            line.setVisible(bool(text))
        self.sentence.refresh()
        self.motion.refresh()
        self.choices.refresh()
        self.schedule.refresh()
        self.path.refresh()
        missing = imported_data.missing(draft.spec, self._state.datasets)
        self.nothing.show_name(missing)
        self.nothing.setVisible(bool(missing))
        self.known.setVisible(not missing)
        self.motion.setVisible(not missing)
        self._show_note()

    def _show_note(self) -> None:
        """Show what replaces a request that is not possible, with an action if there is one."""
        found = way_out(self._state.draft, self._state.catalog)
        self.note.setText(found.note)
        self.note.setVisible(bool(found.note))
        clear(self._ways)
        if found.title:
            turn = partial(self._actions.setup.switch, carrier=found.carrier)
            way = button(f"Take {found.title} instead", turn, kind="link")
            self._ways.addWidget(way, 0, Qt.AlignmentFlag.AlignLeft)

    def _show_points(self) -> None:
        draft = self._state.draft
        if draft is None:
            return
        x, kind = draft.points, kind_of(draft.spec.dataset, self._state.catalog)
        if x is not None:
            kind = fitting(kind, x.shape[1:])
        message = str(draft.facts.get("error", ""))
        if not message:
            ready = self._state.engine.ready
            message = kind.loading if ready else f"{self._state.engine.message}…"
        told = named(draft.parts, tuple(draft.facts.get("names") or ()))
        self.data.show_data(x, kind, draft.columns, message, told)
        slug = draft.spec.dataset.slug
        self.known.title.setText(display_names.data_title(slug, self._state.catalog))
        self._tell_data()
        sets = all_sets(self._state.catalog, self._state.datasets)
        self.open.setVisible(slug in {each.slug for each in sets})

    def _tell_data(self) -> None:
        """Show the facts of the data, the conditions of the model, and the number of samples
        used.
        """
        draft = self._state.draft
        x = draft.points if draft is not None else None
        if draft is not None:
            names = draft.facts.get("names") if x is not None else None
            told = conditions(draft.spec, self._state.catalog, names)
            self.told.setText(told)
            self.told.setVisible(bool(told))
        text = shares = ""
        if draft is not None and x is not None:
            kind = fitting(kind_of(draft.spec.dataset, self._state.catalog), x.shape[1:])
            n, shares = used(draft, self._state.catalog)
            text = kind.facts(x, draft.columns, {**draft.facts, "n": n})
        self.facts.set_text(text)
        self.shares.setText(shares)
        self.shares.setVisible(bool(shares))

    @property
    def facts(self) -> Elided:
        """What is known of the data."""
        return self.known.fact

    def _open_data(self) -> None:
        draft = self._state.draft
        if draft is not None:
            self._actions.data.select(draft.spec.dataset.slug)

    def _show_slot(self, path: str) -> None:
        """Bring the keyboard to the slot of a setting that stands in the sentence."""
        slot = self.sentence.slot_of(path)
        if slot is not None:
            heir = slot.heir if isinstance(slot, Segments) else slot
            heir.setFocus(Qt.FocusReason.OtherFocusReason)
            self._scroll.ensureWidgetVisible(slot, 0, 60)
            flash(slot, self.sentence)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it is narrow the panels stand below each other."""
        super().resizeEvent(event)
        direction = QBoxLayout.Direction
        wide = self.width() >= BESIDE
        self._cards.setDirection(direction.LeftToRight if wide else direction.TopToBottom)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The second click of a double click on a card of a recipe: start at once."""
        interval = QApplication.doubleClickInterval() / 1000
        if time.monotonic() - self._opened <= interval and self._state.engine.state == "ready":
            recipe = self._state.draft.recipe if self._state.draft is not None else None
            if recipe is not None and recipe.race is not None:
                self._actions.race.start()
            else:
                self._actions.training.start()
