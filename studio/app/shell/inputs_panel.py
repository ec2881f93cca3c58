"""The trained runs that a model learns from, chosen among those of the project that will do."""

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.app.actions import Actions
from studio.app.forms import editors
from studio.app.forms.form import LABEL_WIDTH
from studio.app.state import drafts, learning
from studio.app.state.naming import called
from studio.app.state.session import AppState
from studio.app.widgets.basic import Elided, clear, label, row
from studio.app.widgets.literal import set_tip
from studio.protocol.catalog import InputSpec
from studio.protocol.spec import RunRef, RunSpec

__all__ = ["InputsPanel"]

NONE = "Choose a run"
WITHOUT = "None"


class InputsPanel(QWidget):
    """A line for each run that is needed; hidden where the model needs none."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self.lists: dict[str, editors.ChoiceList] = {}
        self._shown: object = None
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(4)
        state.runs.listed.connect(self.refresh)
        state.runs.changed.connect(lambda _key: self.refresh())

    def refresh(self) -> None:
        """Show what can be chosen, and what is."""
        draft, catalog = self._state.draft, self._state.catalog
        entry = drafts.entry_of(draft.spec, "family", catalog) if draft is not None else None
        if draft is None or catalog is None or entry is None:
            self.hide()
            return
        runs = self._state.runs.by_key.values()
        offers = [
            (each, [run.name for run in learning.fitting(each, draft.spec, runs, catalog)])
            for each in entry.inputs
        ]
        chosen = {each.name: draft.spec.inputs.get(each.name) for each in entry.inputs}
        if (offers, chosen) == self._shown:
            return
        self._shown = (offers, chosen)
        clear(self._lines)
        self.lists = {}
        for each, names in offers:
            self._add(each, names, draft.spec)
        self.setVisible(bool(offers))

    def focus_on(self, name: str) -> QWidget | None:
        """Bring the keyboard to the list of an input, and return it; None if there is none."""
        chooser = self.lists.get(name)
        if chooser is not None:
            chooser.setFocus(Qt.FocusReason.OtherFocusReason)
        return chooser

    def _add(self, wanted: InputSpec, names: list[str], spec: RunSpec) -> None:
        ref = spec.inputs.get(wanted.name)
        if ref is not None and ref.run not in names:
            names = [ref.run, *names]  # as it was asked for: what is wrong with it is said below
        titles = [called(name) for name in names]
        none = WITHOUT if wanted.optional else NONE
        chooser = editors.ChoiceList([none, *titles], wanted.title)
        chooser.setCurrentIndex(names.index(ref.run) + 1 if ref is not None else 0)
        set_tip(chooser, wanted.help)
        chooser.activated.connect(partial(self._chosen, wanted.name, names))
        self.lists[wanted.name] = chooser
        title = Elided(wanted.title)
        title.setFixedWidth(LABEL_WIDTH)
        title.setBuddy(chooser)
        line = row(title, chooser, gap=4)
        line.setStretch(1, 1)
        self._lines.addLayout(line)
        if not names and not wanted.optional:
            self._lines.addWidget(label(f"None yet: {wanted.help}", "small", wrap=True))

    def _chosen(self, name: str, names: list[str], index: int) -> None:
        ref = RunRef(run=names[index - 1]) if index > 0 else None
        self._actions.setup.choose_input(name, ref)
