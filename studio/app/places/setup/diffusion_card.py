"""The six choices of a diffusion: what each is, what they mean as formulas, the path they make."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QGridLayout

from pushforward.studio.app.core import diffusion_choices, draft_spec
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.design.basic import button, clear, column, label
from pushforward.studio.app.design.forms.editors import ChoiceList
from pushforward.studio.app.design.formula_label import Formula
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.places.setup.setup_card import Card
from pushforward.studio.methods import CHOICES, Method, methods
from pushforward.studio.protocol.catalog import FieldSpec

if TYPE_CHECKING:
    from pushforward.studio.app.charts.schedule_chart import SchedulePlot

__all__ = ["Schedule", "SixChoices", "whereabouts"]

LINES = {
    "path": "Forward",
    "prediction": "Network",
    "loss": "Loss",
    "sampler": "Update",
    "guidance": "Guidance",
}
"""What the formula of a choice is called."""
NAMES = 84  # pixels of the names of choices
UNUSED = "Not used"


def whereabouts(state: AppState) -> tuple[Method | None, str]:
    """Return the named method that the draft is, or the nearest one, and how it differs from it, ""
    where it does not; None where the model is no combination of these choices.
    """
    draft, catalog = state.draft, state.catalog
    if draft is None or catalog is None:
        return None, ""
    slug, kind = draft.spec.family.slug, catalog.kind_of(draft.spec.dataset)
    mine = [each for each in methods() if each.family.slug == slug and each.takes(kind)]
    if not mine:
        return None, ""
    apart = {each.slug: diffusion_choices.differing(draft.spec, each, catalog) for each in mine}
    # Of those as near, one that samples in the same way.
    nearest = min(mine, key=lambda each: (len(apart[each.slug]), "sampler" in apart[each.slug]))
    others = [CHOICES[choice].lower() for choice in apart[nearest.slug]]
    return nearest, " and ".join(filter(None, [", ".join(others[:-1]), *others[-1:]]))


class SixChoices(Card):
    """Shows the choices of the draft; hidden where its model is no combination of them."""

    def __init__(self, state: AppState, actions: Actions, choose: Callable[[], None]) -> None:
        super().__init__("Six choices")
        self._state, self._actions = state, actions
        self.named = button("Named methods", choose, kind="link")
        self.put_right(self.named)
        self.lists: dict[tuple[draft_spec.Section, str], ChoiceList] = {}
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnMinimumWidth(0, NAMES)
        self._grid.setColumnStretch(1, 1)
        self.told = label("", "muted", wrap=True)
        self.body.addWidget(self.told)
        self.body.addLayout(self._grid)
        self.body.addSpacing(4)
        self.formulas = {choice: Formula(14) for choice in LINES}
        self._words = {choice: label(name, "small") for choice, name in LINES.items()}
        for choice in LINES:
            self.body.addLayout(column(self._words[choice], self.formulas[choice], gap=1))
        self.body.addStretch(1)
        self._laid: list[tuple[str, draft_spec.Section, str]] = []
        self.hide()

    def refresh(self) -> None:
        """Show the current draft."""
        draft, catalog = self._state.draft, self._state.catalog
        method, apart = whereabouts(self._state)
        self.setVisible(method is not None)
        if draft is None or catalog is None or method is None:
            return
        custom = f"Custom: {method.title} with a different {apart}."
        self.told.setText(custom if apart else f"{method.title}: {method.source}")
        offered = diffusion_choices.controls(draft.spec, catalog)
        laid = [(each.choice, each.section, each.field.path) for each in offered]
        if laid != self._laid:
            self._lay(offered)
            self._laid = laid
        for each in offered:
            self._offer(each)
        for choice, (text, source) in diffusion_choices.formulas(draft.spec, catalog).items():
            self._words[choice].setVisible(bool(text))
            self.formulas[choice].set_text(text)
            set_tip(self.formulas[choice], f"{text}\n{source}")

    def _offer(self, control: diffusion_choices.Control) -> None:
        """Show what can be chosen, and what is."""
        box = self.lists[control.section, control.field.path]
        choices = control.field.choices
        box.offer([choice.title for choice in choices], [choice.help for choice in choices])
        values = [choice.value for choice in choices]
        # What does not matter is not said: it would be read as what the model does.
        said = control.value in values and not control.idle
        box.setCurrentIndex(values.index(control.value) if said else -1)
        box.setPlaceholderText(UNUSED if control.idle else "")
        box.setEnabled(not control.idle)
        set_tip(box, control.idle or control.field.help)

    def _lay(self, offered: list[diffusion_choices.Control]) -> None:
        """Put a list for each setting, with the name of the choice before its first one."""
        clear(self._grid)
        self.lists = {}
        before = ""
        for place, each in enumerate(offered):
            box = ChoiceList([], each.field.title)
            box.activated.connect(partial(self._chosen, each.section, each.field))
            self.lists[each.section, each.field.path] = box
            first = each.choice != before
            before = each.choice
            title = CHOICES[each.choice] if first else each.field.title
            self._grid.addWidget(label(title, "muted"), place, 0)
            self._grid.addWidget(box, place, 1)

    def _chosen(self, section: draft_spec.Section, field: FieldSpec, place: int) -> None:
        value = field.choices[place].value
        if field.path:
            self._actions.setup.edit(section, field, value)
        else:
            self._actions.setup.choose("sampler", value)


class Schedule(Card):
    """The path of the noise in the draft, with the grid of its sampler on it; hidden where there is
    none.
    """

    def __init__(self, state: AppState) -> None:
        super().__init__("Noise")
        self._state = state
        self.plot: SchedulePlot | None = None
        self.hide()

    def refresh(self) -> None:
        """Show the current draft."""
        draft, catalog = self._state.draft, self._state.catalog
        schedule = draft.schedule if draft is not None else None
        self.setVisible(bool(schedule))
        if not schedule or draft is None or catalog is None:
            return
        drawn = diffusion_choices.coordinates(draft.spec, catalog)
        self.fact.set_text(f"{f'x̄ drawn at {drawn}' if drawn else 'along the flow'}, "
                           "dots where the sampler stops")  # fmt: skip
        if self.plot is None:
            from pushforward.studio.app.charts.schedule_chart import SchedulePlot

            self.plot = SchedulePlot()
            self.body.addWidget(self.plot)
        self.plot.set_schedule(schedule)
