"""The inspector before a run: the whole setup as one form, and the button that starts it."""

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QScrollArea, QVBoxLayout, QWidget

from studio.app.actions import Actions
from studio.app.forms.form import LABEL_WIDTH
from studio.app.shell.model_section import ModelSection
from studio.app.shell.moved_note import MovedNote
from studio.app.shell.racer_bar import RacerBar
from studio.app.shell.section_panel import SectionPanel
from studio.app.state import drafts, naming
from studio.app.state.draft import Draft
from studio.app.state.session import AppState
from studio.app.widgets.basic import Elided, Link, button, clear, label, row, separator
from studio.app.widgets.flash import flash
from studio.app.widgets.literal import set_tip
from studio.app.widgets.taborder import chain, stops
from studio.app.words import duration
from studio.protocol.messages import ErrorInfo

__all__ = ["SetupPanel"]

REASONS = 4  # so many are listed; the rest is counted


class SetupPanel(QWidget):
    """Data, model, sampling, training; below them why it cannot start, or the button."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state = state
        self._actions = actions
        self.title = label("", "heading", wrap=True)
        self.summary = label("", "muted", wrap=True)
        self.name = QLineEdit()
        self.name.setAccessibleName("Name of the run")
        set_tip(self.name, "After model and data, unless you name it")
        self.name.textEdited.connect(actions.setup.rename)
        self.moved = MovedNote(actions)
        self.racer = RacerBar(state, actions)
        self.finder = QLineEdit()
        self.finder.setPlaceholderText("Find a setting")
        self.finder.setAccessibleName("Find a setting")
        self.finder.setClearButtonEnabled(True)
        self.finder.textChanged.connect(self._search)
        self.nothing = label("No setting is called that.", "muted")
        self.nothing.hide()
        self.sections = [_section(state, actions, name) for name in drafts.SECTIONS]
        self.train = button("Train", actions.training.start, kind="primary", icon="play")
        set_tip(self.train, "Start training (Ctrl+Return)")
        self.race = button("Add to race", actions.race.add_draft)
        set_tip(self.race, "Let it race others at equal budget (Ctrl+Shift+A)")
        self.facts = label("", "small", wrap=True)
        self._reasons = QVBoxLayout()
        self._reasons.setSpacing(2)
        self._order: list[QWidget] = []
        self._shown_reasons: list[ErrorInfo] | None = None
        self._draft: Draft | None = None
        self._lay_out()
        for signal in (state.draft_changed, state.draft_checked, state.catalog_changed):
            signal.connect(self.refresh)
        for signal in (state.datasets_changed, state.engine_changed):
            signal.connect(self.refresh)
        state.race_changed.connect(self.refresh)
        state.setting_wanted.connect(self.focus_setting)
        self.refresh()

    def _lay_out(self) -> None:
        page = QWidget()
        self._page = body = QVBoxLayout(page)
        body.setContentsMargins(14, 12, 14, 12)
        body.setSpacing(10)
        body.addWidget(self.title)
        body.addWidget(self.summary)
        title = Elided("Name")
        title.setFixedWidth(LABEL_WIDTH)
        title.setBuddy(self.name)
        line = row(title, self.name, gap=4)
        line.setStretch(1, 1)
        body.addLayout(line)
        body.addWidget(self.moved)
        body.addWidget(self.finder)
        body.addWidget(self.nothing)
        self._rules = []
        for section in self.sections:
            rule = separator()
            self._rules.append(rule)
            body.addWidget(rule)
            body.addWidget(section)
        body.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(page)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll = scroll
        self._foot = foot = QWidget()
        below = QVBoxLayout(foot)
        below.setContentsMargins(14, 10, 14, 12)
        below.setSpacing(6)
        below.addLayout(self._reasons)
        below.addWidget(self.facts)
        start = row(self.train, self.race, gap=8)
        start.setStretch(0, 1)
        below.addLayout(start)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.racer)
        layout.addWidget(scroll, 1)
        layout.addWidget(separator())
        layout.addWidget(foot)

    def refresh(self) -> None:
        """Show the draft as it is now."""
        draft = self._state.draft
        if draft is None:
            return
        if draft is not self._draft:
            self.finder.clear()  # it was looked for in another setup
        recipe = draft.recipe if naming.keeps_recipe(draft.recipe, draft.spec) else None
        self.title.setText(naming.setup_title(draft.spec, recipe, self._state.catalog))
        self.summary.setText(
            recipe.summary if recipe is not None else "Choose data and a model, then train."
        )
        self._show_name(draft)
        self.moved.show_draft(draft, self._state.catalog)
        for section in self.sections:
            section.refresh()
        self._show_sampler(draft)
        if self.finder.text().strip():
            self._search(self.finder.text())  # also what was built anew
        self._show_foot(draft)
        self._mark_problems(draft)
        order = list(stops(self))
        if order != self._order:  # a part was built anew: it would come last
            self._order = order
            chain(order)
        if draft is not self._draft:
            self._draft = draft
            self._scroll.verticalScrollBar().setValue(0)  # it was left where the last one was

    def _show_name(self, draft: Draft) -> None:
        """Show the name that the run will have; one that is given stands as text, any other as what
        an empty line stands for.
        """
        self.name.setPlaceholderText(draft.spec.name)
        if draft.given != self.name.text().strip():
            self.name.setText(draft.given)

    def _show_sampler(self, draft: Draft) -> None:
        """A sampler is chosen only where the family's flow is solved by one."""
        family = drafts.entry_of(draft.spec, "family", self._state.catalog)
        place = drafts.SECTIONS.index("sampler")
        offered = family is not None and bool(drafts.samplers(family, self._state.catalog))
        self.sections[place].setVisible(offered and not self.finder.text())
        self._rules[place].setVisible(offered)

    def _show_foot(self, draft: Draft) -> None:
        ready = self._state.engine.state in ("ready", "busy")
        reasons = list(draft.reasons)
        if not ready:
            waiting = ErrorInfo(kind="engine", message=f"{self._state.engine.message}…")
            reasons.append(waiting)
        self.train.setEnabled(not reasons and not self._state.starting)
        busy = self._state.under_way is not None
        self.train.setText("Add to the queue" if busy else "Train")
        self.train.setAccessibleName(self.train.text())
        alone = self._state.race.bound is None
        self.train.setVisible(alone)
        self.race.setVisible(alone)
        self.race.setEnabled(not self._state.race.full)
        self.facts.setText(_facts(draft))
        self.facts.setVisible(bool(self.facts.text()))
        self._foot.setVisible(alone or bool(reasons or self.facts.text()))
        if reasons != self._shown_reasons:
            self._shown_reasons = reasons
            self._list(reasons)

    def _list(self, reasons: list[ErrorInfo]) -> None:
        """List why it cannot start; a click leads to the setting."""
        clear(self._reasons)
        for reason in reasons[:REASONS]:
            if reason.path:
                lead = partial(self._state.setting_wanted.emit, reason.path)
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
            if name == "inputs" and isinstance(panel, ModelSection):
                self._show(panel.inputs.focus_on(path))
            if panel.section != name:
                continue
            if panel.form is not None and panel.form.focus(path):
                self._show(panel.form.row_of(path))
            elif panel.list is not None:
                panel.list.setFocus(Qt.FocusReason.OtherFocusReason)
                self._show(panel.list)

    def _show(self, sought: QWidget | None) -> None:
        """Scroll to a setting, and mark it for a moment: the eye was elsewhere."""
        page = self._scroll.widget()
        if sought is None or page is None:
            return
        self._page.activate()  # what a search had hidden has its place again
        self._scroll.ensureWidgetVisible(sought, 0, 60)
        flash(sought, page)

    def _search(self, text: str) -> None:
        found = sum(section.search(text) for section in self.sections)
        self.nothing.setVisible(bool(text.strip()) and not found)
        draft = self._state.draft
        if not text.strip() and draft is not None:
            self._show_sampler(draft)
        for section, rule in zip(self.sections, self._rules, strict=True):
            rule.setVisible(not section.isHidden())


def _section(state: AppState, actions: Actions, name: drafts.Section) -> SectionPanel:
    if name == "family":
        return ModelSection(state, actions)
    return SectionPanel(state, actions, name)


def split(path: str) -> tuple[str, str]:
    """Split "family.config.net.width" into "family" and "net.width"."""
    section, _, rest = path.partition(".")
    return section, rest.removeprefix("config.")


def _facts(draft: Draft) -> str:
    facts = []
    if draft.parameters:
        facts.append(f"{draft.parameters:,} parameters")
    if draft.bytes:
        facts.append(f"about {draft.bytes / 2**20:,.0f} MB")
    # Of another model or other data than the recipe's nobody knows how long it takes.
    if naming.keeps_recipe(draft.recipe, draft.spec):
        facts.append(f"about {duration(draft.recipe.expected_seconds)} on a CPU")
    # In a narrow panel it is broken between two facts, and within none.
    return " · ".join(fact.replace(" ", "\u00a0") for fact in facts)
