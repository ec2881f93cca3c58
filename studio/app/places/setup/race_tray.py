"""The race that is being set up, under the data: who takes part, the budget, the start."""

from functools import partial

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QSizePolicy,
    QWidget,
)

from pushforward.studio.app.core import display_names, draft_spec, field_carrier_switch
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.comparison_labels import SEGMENTS
from pushforward.studio.app.core.data_type_registry import kind_of
from pushforward.studio.app.core.races import why_not_added
from pushforward.studio.app.core.run_comparison import AXES, training_value
from pushforward.studio.app.design.basic import Elided, button, clear, column, label, row, separator
from pushforward.studio.app.design.default_button import EagerButton
from pushforward.studio.app.design.forms import editors
from pushforward.studio.app.design.forms.editor_factory import make
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.menu import Entries, open_menu
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.places.setup.race_card import RaceCard
from pushforward.studio.protocol.catalog import FieldSpec
from pushforward.studio.protocol.messages import ErrorInfo

__all__ = ["RaceTray"]

NARROW, TINY = 620, 420  # widths of the tray
COLUMNS = 4  # cards beside each other
REASONS = 3  # so many are listed; the rest is counted
UNITS = {"steps": "steps", "seconds": "s"}
BUDGET_HELP = {
    "steps": "Training steps of each.",
    "seconds": "Seconds of training of each; views, evaluations and checkpoints are free.",
    "samples": "Training samples of each: steps × batch.",
}


class RaceTray(QFrame):
    """The participants of a race, hidden without any. A click on a card edits its settings in the
    form, until finished.
    """

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self.cards: list[RaceCard] = []
        self._reasons: list[ErrorInfo] | None = None
        self._counted = ("", "")  # the kind of budget that the editor is for, and its unit
        self.amount: editors.Editor | None = None
        self.setProperty("surface", "panel")
        self.setAccessibleName("Race")
        self._shared = Elided("", "muted")
        self.add = button("Add the setup", actions.race.add_draft, icon="plus")
        self.forget = button("Clear", actions.race.clear, kind="quiet", tip="Forget this race")
        self._grid = QGridLayout()
        self._grid.setSpacing(8)
        self.axis = editors.Segments([title for _, title in AXES], "Budget")
        self.axis.setMinimumWidth(SEGMENTS)
        self.axis.chosen.connect(lambda place: actions.race.set_budget(AXES[place][0]))
        self._slot = QHBoxLayout()
        self.start = EagerButton("Start the race", actions.race.start, self, icon="play")
        self._list = column(gap=0)
        self._lay_out()
        for signal in (state.race_changed, state.catalog_changed, state.engine_changed):
            signal.connect(self.refresh)
        state.draft_checked.connect(self._show_reasons)
        state.queue_changed.connect(self._show_reasons)
        self.refresh()

    def _lay_out(self) -> None:
        head = row(label("Race", "heading"), (self._shared, 1), self.add, self.forget, gap=12)
        self._each = label("Budget", "muted")
        set_tip(self._each, "Per participant")
        held = QWidget()
        held.setFixedWidth(130)
        held.setLayout(self._slot)
        self._slot.setContentsMargins(0, 0, 0, 0)
        self._foot = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._foot.setSpacing(10)
        self._budget = row(self._each, self.axis, held, None, gap=10)
        self._foot.addLayout(self._budget, 1)
        self._foot.addWidget(self.start)
        page = column(head, self._grid, self._list, self._foot, margins=(16, 10, 16, 12))
        column(separator(), page, parent=self, gap=0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it is narrow the start stands below the budget, and at last the amount, too."""
        super().resizeEvent(event)
        beside, below = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._foot.setDirection(beside if self.width() >= NARROW else below)
        self._budget.setDirection(beside if self.width() >= TINY else below)

    def refresh(self) -> None:
        """Show the current race."""
        race = self._state.race
        self.setVisible(bool(race.entries))
        if not race.entries:
            return
        if len(race.entries) != len(self.cards):
            self._build(len(race.entries))
        for place, (card, entry) in enumerate(zip(self.cards, race.entries, strict=True)):
            family = draft_spec.entry_of(entry.spec, "family", self._state.catalog)
            title = family.title if family is not None else entry.spec.family.slug
            motion = family.motion if family is not None else ""
            card.show_facts(entry.spec.name, title, motion, place == race.chosen)
        self._shared.set_text(self._summary())
        self._show_budget()
        self._show_reasons()

    def _build(self, count: int) -> None:
        clear(self._grid)
        self.cards = [RaceCard(place) for place in range(count)]
        for place, card in enumerate(self.cards):
            card.chosen.connect(partial(self._actions.race.edit, place))
            card.removed.connect(partial(self._actions.race.remove, place))
            card.copied.connect(partial(self._ask_copy, place))
            wide = card.sizePolicy()
            wide.setHorizontalPolicy(QSizePolicy.Policy.Ignored)  # all are as wide as each other
            card.setSizePolicy(wide)
            self._grid.addWidget(card, place // COLUMNS, place % COLUMNS)
        for place in range(COLUMNS):
            self._grid.setColumnStretch(place, int(place < count))

    def _summary(self) -> str:
        """Say what all share, and from whom."""
        state, spec = self._state, self._state.race.entries[0].spec
        title = display_names.data_title(spec.dataset.slug, state.catalog)
        seed = training_value(spec, "seed", state.catalog)
        count = training_value(spec, "particles", state.catalog)
        particles = f"the same {count:,} particles" if count else "the same particles"
        alike = state.race.alike
        same = f"{alike[0]} and {alike[1]} are identical. " if alike else ""
        told = f"All use {title}, seed {seed}, {particles}. Changes apply to all."
        return f"{same}{told}"

    def _ask_copy(self, place: int) -> None:
        """Offer a copy of the same family, or of another one on the same data."""
        catalog, spec = self._state.catalog, self._state.race.entries[place].spec
        duplicate = self._actions.race.duplicate
        entries: Entries = [("The same again", partial(duplicate, place))]
        if catalog is not None:
            kind = catalog.kind_of(spec.dataset)
            entries += [
                (f"As {each.title}", partial(duplicate, place, each.slug))
                for each in catalog.entries_of("family")
                if each.slug != spec.family.slug and field_carrier_switch.fits(each, kind)
            ]
        card = self.cards[place]
        open_menu(card, QPoint(0, card.height()), entries)

    # Budget

    def _show_budget(self) -> None:
        race = self._state.race
        self.axis.select([axis for axis, _ in AXES].index(race.kind))
        learned = kind_of(race.entries[0].spec.dataset, self._state.catalog)
        unit = UNITS.get(race.kind, learned.many)
        if self.amount is None or (race.kind, unit) != self._counted:
            self._counted = (race.kind, unit)
            clear(self._slot)
            self.amount = make(_field(race.kind, unit))
            self.amount.edited.connect(self._spend)
            self.amount.rejected.connect(self._actions.race.mark_budget)
            self._slot.addWidget(self.amount)
        amount = race.amount(self._state.catalog)
        if race.typed is not None:
            self.amount.show_typed(race.typed)
        else:
            self.amount.show_value(amount if race.kind == "seconds" else round(amount))

    def _spend(self, amount: float) -> None:
        self._actions.race.set_budget(self._state.race.kind, float(amount))

    # Why not

    def _show_reasons(self) -> None:
        race, engine, draft = self._state.race, self._state.engine, self._state.draft
        why = why_not_added(race, draft) if draft is not None else "No setup is open."
        self.add.setEnabled(not why)
        set_tip(self.add, why or "Add the current setup as a participant")
        reasons = race.reasons
        if not engine.ready:
            reasons = [ErrorInfo(kind="engine", message=f"{engine.message}…"), *reasons]
        starting = self._state.starting
        self.start.offer(not reasons and not starting, waits=not race.reasons and not starting)
        busy = self._state.under_way is not None
        words = "Add the race to the queue" if busy else "Start the race"
        self.start.setText("The race starts\u2026" if self._state.starting else words)
        self.start.setAccessibleName(self.start.text())
        if reasons == self._reasons:
            return
        self._reasons = reasons
        clear(self._list)
        for reason in reasons[:REASONS]:
            self._list.addWidget(self._reason(reason), 0, Qt.AlignmentFlag.AlignLeft)
        if len(reasons) > REASONS:
            self._list.addWidget(label(f"and {len(reasons) - REASONS} more", "small"))

    def _reason(self, reason: ErrorInfo) -> QWidget:
        place, colon, path = reason.path.partition(":")
        if not colon:
            return label(reason.message, "muted")
        made = button(reason.message, partial(self._lead_to, int(place), path), kind="link")
        set_tip(made, reason.hint or "Show this setting")
        return made

    def _lead_to(self, place: int, path: str) -> None:
        if place != self._state.race.chosen:
            self._actions.race.edit(place)
        if path:
            self._state.window.show_setting.emit(path)


def _field(kind: str, unit: str) -> FieldSpec:
    """Describe the budget, so that the form's own editor checks what is typed."""
    return FieldSpec(
        path="budget",
        kind="float" if kind == "seconds" else "int",
        title="Budget of each",
        help=BUDGET_HELP[kind],
        default=1,
        unit=unit,
        above=0.0,
        high=1e12,
        log=True,
    )
