"""The inspector before a run: its settings, and the button that starts it."""

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLineEdit, QVBoxLayout, QWidget

from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.draft import Draft
from pushforward.studio.app.core.essential_settings import essentials
from pushforward.studio.app.core.races import why_not_added
from pushforward.studio.app.design.basic import (
    Elided,
    Link,
    button,
    clear,
    column,
    label,
    row,
    scrolled,
    separator,
)
from pushforward.studio.app.design.default_button import EagerButton
from pushforward.studio.app.design.flash_frame import flash
from pushforward.studio.app.design.forms.editors import Segments
from pushforward.studio.app.design.forms.form import LABEL_WIDTH
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.places.setup.changed_settings import Changed
from pushforward.studio.app.places.setup.data_change_note import MovedNote
from pushforward.studio.app.places.setup.section_panel import SectionPanel
from pushforward.studio.app.places.setup.setup_summary import takes
from pushforward.studio.protocol.messages import ErrorInfo
from pushforward.studio.store.names import slug

__all__ = ["SetupPanel"]

SLOTS = {
    "dataset": "data set",
    "family": "model, family, field",
    "family.carrier": "carrier, particles or generator",
    "sampler": "sampler",
    "training.steps": "steps, budget",
}
TABS = ("Essentials", "Everything")
REASONS = 4  # so many are listed; the rest is counted


class RacerBar(QFrame):
    """Shown while the form edits a race participant."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state = state
        self.setProperty("role", "banner")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.who = Elided("", "strong")
        self.undo = button("Undo", actions.race.undo)
        set_tip(self.undo, "Undo the changes since its settings were opened")
        self.done = button("Done", actions.race.finish, kind="primary")
        set_tip(self.done, "Save it and return to the setup (Esc)")
        row((self.who, 1), self.undo, self.done, parent=self, margins=(14, 8, 14, 8))
        state.race_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show who is edited."""
        race = self._state.race
        self.setVisible(race.bound is not None)
        if race.bound is None:
            return
        name = race.entries[race.chosen].spec.name
        self.who.set_text(f"Editing racer {race.chosen + 1}")
        self.who.setAccessibleName(f"Editing racer {race.chosen + 1}: {name}")
        self.undo.setEnabled(race.edited)


class SetupPanel(QWidget):
    """Settings of the data, the model, the sampling, the training; below them why it cannot start,
    or the button.
    """

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state = state
        self._actions = actions
        self.name = QLineEdit()
        self.name.setAccessibleName("Name of the run")
        set_tip(self.name, "Default: model and data")
        self.name.textEdited.connect(actions.setup.rename)
        self.called = label("", "small", wrap=True)
        self.called.hide()
        self.tabs = Segments(list(TABS), "Settings")
        self.tabs.select(0)
        self.tabs.chosen.connect(lambda place: self._show_everything(bool(place)))
        self.changed = Changed(state, actions)
        self.moved = MovedNote(actions)
        self.racer = RacerBar(state, actions)
        self.finder = QLineEdit()
        self.finder.setPlaceholderText("Find a setting")
        self.finder.setAccessibleName("Find a setting")
        self.finder.setClearButtonEnabled(True)
        self.finder.textChanged.connect(self._search)
        self.nothing = label("No matching setting.", "muted")
        self.nothing.hide()
        self.elsewhere = QWidget()
        self._links = column(parent=self.elsewhere, gap=None)
        self.elsewhere.hide()
        self.sections = [SectionPanel(state, actions, name) for name in draft_spec.SECTIONS]
        self._foot = QWidget()
        self.train = EagerButton("Train", actions.training.start, self._foot, icon="play")
        set_tip(self.train, "Start training (Ctrl+Return)")
        self.race = button("Add to race", actions.race.add_draft)
        self.cancel = button("Cancel", actions.training.call_off)
        self.cancel.hide()
        self.takes = label("", "strong")
        self.where = label("", "muted")
        self._reasons = column(gap=2)
        self._shown_reasons: list[ErrorInfo] | None = None
        self._draft: Draft | None = None
        self._lay_out()
        for signal in (state.draft_changed, state.draft_checked, state.catalog_changed):
            signal.connect(self.refresh)
        for signal in (state.datasets_changed, state.engine_changed):
            signal.connect(self.refresh)
        state.race_changed.connect(self.refresh)
        state.window.show_setting.connect(self.focus_setting)
        self.refresh()

    def _lay_out(self) -> None:
        page = QWidget()
        self._page = body = QVBoxLayout(page)
        body.setContentsMargins(14, 12, 14, 12)
        body.setSpacing(10)
        title = Elided("Name")
        title.setFixedWidth(LABEL_WIDTH)
        title.setBuddy(self.name)
        line = row(title, (self.name, 1), gap=4)
        body.addLayout(line)
        body.addWidget(self.called)
        body.addWidget(self.moved)
        body.addWidget(self.nothing)
        body.addWidget(self.elsewhere)
        self._rules = []
        for section in self.sections:
            rule = separator()
            self._rules.append(rule)
            body.addWidget(rule)
            body.addWidget(section)
        body.addStretch(1)
        self._scroll = scrolled(page)
        foot = self._foot
        below = column(
            self._reasons,
            row(self.takes, None, self.where),
            parent=foot,
            gap=6,
            margins=(14, 10, 14, 12),
        )
        start = row((self.train, 1), self.race, self.cancel)
        below.addLayout(start)
        layout = column(self.racer, parent=self, gap=0)
        head = column(self.tabs, self.finder, margins=(14, 12, 14, 10))
        layout.addLayout(head)
        layout.addWidget(separator())
        layout.addWidget(self._scroll, 1)
        layout.addWidget(separator())
        layout.addWidget(self.changed)  # below the fields: it grows while they are clicked
        layout.addWidget(foot)

    def refresh(self) -> None:
        """Show the current draft."""
        draft = self._state.draft
        if draft is None:
            return
        if draft is not self._draft:
            self.finder.clear()  # it was looked for in another setup
            self.train.forget()
        self._show_name(draft)
        self.moved.show_draft(draft, self._state.catalog)
        for section in self.sections:
            section.refresh()
        self._choose_essentials()
        self.changed.show_draft(draft)
        total = sum(section.count for section in self.sections)
        self.tabs.retitle(1, f"{TABS[1]} {total}")
        self._show_rules()
        if self.finder.text().strip():
            self._search(self.finder.text())  # also what was built anew
        self._show_foot(draft)
        self._mark_problems(draft)
        if draft is not self._draft:
            self._draft = draft
            self._scroll.verticalScrollBar().setValue(0)  # it was left where the last one was

    def _choose_essentials(self) -> None:
        plain = [(each.section, field) for each in self.sections for field in each.plain]
        chosen = essentials(plain)
        for each in self.sections:
            each.show_essentials({path for section, path in chosen if section == each.section})

    def _show_name(self, draft: Draft) -> None:
        """Show the name that the run will have; one that is given stands as text, any other as what
        an empty line stands for.
        """
        self.name.setPlaceholderText(draft.spec.name)
        if draft.given != self.name.text().strip():
            self.name.setText(draft.given)
        called = slug(draft.given, "run")
        self.called.setText(f"Saved as {called}: only letters, digits and hyphens are allowed.")
        self.called.setVisible(bool(draft.given) and called != draft.given)

    def _show_foot(self, draft: Draft) -> None:
        engine, starts = self._state.engine, self._state.starting
        reasons = list(draft.reasons)
        able = not reasons and engine.state != "lost"
        if not engine.ready:
            reasons.append(ErrorInfo(kind="engine", message=f"{engine.message}…"))
        self.train.offer(able and not starts, waits=not draft.reasons and not starts)
        queues = "Add to the queue" if self._state.under_way is not None else "Train"
        self.train.setText("Starting…" if starts else queues)
        self.train.setAccessibleName(self.train.text())
        alone = self._state.race.bound is None
        self.train.setVisible(alone)
        self.race.setVisible(alone and not starts)
        self.cancel.setVisible(alone and starts)
        why = why_not_added(self._state.race, draft)
        self.race.setEnabled(not why)
        set_tip(self.race, why or "Compare with others at equal budget (Ctrl+Shift+A)")
        time, where = takes(draft, self._state)
        self.takes.setText(time)
        self.where.setText(where)
        if reasons != self._shown_reasons:
            self._shown_reasons = reasons
            self._list(reasons)

    def _list(self, reasons: list[ErrorInfo]) -> None:
        """List why it cannot start; a click leads to the setting."""
        clear(self._reasons)
        for reason in reasons[:REASONS]:
            if reason.path:
                lead = partial(self._state.window.show_setting.emit, reason.path)
                tip = f"{reason.message}\n{reason.hint or 'Show this setting'}"
                self._reasons.addWidget(Link(reason.message, lead, tip, wrap=True))
            else:
                self._reasons.addWidget(label(reason.message, "muted", wrap=True))
                if reason.hint:
                    self._reasons.addWidget(label(reason.hint, "small", wrap=True))
        if len(reasons) > REASONS:
            self._reasons.addWidget(label(f"and {len(reasons) - REASONS} more", "small"))

    def _mark_problems(self, draft: Draft) -> None:
        for problem in draft.problems:
            section, path = split(problem.path)
            for panel in self.sections:
                if panel.section == section and panel.form is not None:
                    panel.form.show_problem(path, problem.message.removeprefix(f"{problem.path}: "))

    def focus_setting(self, path: str) -> None:
        """Bring the keyboard to a setting, given as "section.path"."""
        self.finder.clear()
        name, path = split(path)
        for panel in self.sections:
            sought = panel.form.row_of(path) if panel.form and panel.section == name else None
            if sought is not None and sought.isHidden():
                self.tabs.select(1)
                self._show_everything(True)
            if panel.section == name and panel.form is not None and panel.form.focus(path):
                self._show(panel.form.row_of(path))

    def _show_everything(self, on: bool) -> None:
        for section in self.sections:
            section.show_everything(on)
        self._show_rules()

    def _show(self, sought: QWidget | None) -> None:
        """Scroll to a setting, and mark it for a moment: the eye was elsewhere."""
        page = self._scroll.widget()
        if sought is None or page is None:
            return
        self._page.activate()  # what a search had hidden has its place again
        self._scroll.ensureWidgetVisible(sought, 0, 60)
        flash(sought, page)

    def _search(self, text: str) -> None:
        found = sum(section.search(text) for section in self.sections) + self._search_sentence(text)
        self.nothing.setVisible(bool(text.strip()) and not found)
        self._show_rules()

    def _search_sentence(self, text: str) -> int:
        """Lead to the slots of the sentence that a search finds; return how many."""
        clear(self._links)
        words = text.lower().split()
        slots = SLOTS.items() if words else ()
        found = [path for path, said in slots if all(word in said for word in words)]
        for path in found:
            lead = partial(self._state.window.show_setting.emit, path)
            self._links.addWidget(Link(f"In the sentence: {SLOTS[path]}", lead))
        self.elsewhere.setVisible(bool(found))
        return len(found)

    def _show_rules(self) -> None:
        for section, rule in zip(self.sections, self._rules, strict=True):
            rule.setVisible(not section.isHidden())


def split(path: str) -> tuple[str, str]:
    """Split "family.config.net.width" into "family" and "net.width"."""
    section, _, rest = path.partition(".")
    return section, rest.removeprefix("config.")
