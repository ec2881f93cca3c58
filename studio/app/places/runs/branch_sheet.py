"""The sheet of the time machine: what is to be different from a kept step on."""

from typing import Any

import msgspec
from PySide6.QtWidgets import QLineEdit, QWidget

from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.display_names import branch_words, numbered
from pushforward.studio.app.core.run_edit_text import live_fields
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.design.basic import Elided, button, column, label, row, scrolled
from pushforward.studio.app.design.dialog import Dialog
from pushforward.studio.app.design.forms.form import LABEL_WIDTH, Form
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.protocol.catalog import EntrySpec, FieldSpec
from pushforward.studio.protocol.spec import ChangeSetting, Pick, RunSpec

__all__ = ["BranchSheet"]

WIDTH = 460


class BranchSheet(Dialog):
    """Lists the settings that may change in the middle of a training, as they are at the step.

    "Branch" calls the action and closes it.
    """

    def __init__(
        self, state: AppState, actions: Actions, run: RunState, step: int, parent: QWidget
    ) -> None:
        super().__init__(parent, "Branch", WIDTH, heading=f"Branch from step {step:,}")
        self._actions = actions
        self._key, self._step = run.key, step
        self._fields = live_fields(run, state.catalog, step)
        self._changes: dict[str, Any] = {}
        self.name = QLineEdit(run.label.name)
        self.name.setPlaceholderText(branch_words(step, ()))
        self.name.setAccessibleName("Name of the branch")
        self.form: Form | None = None
        self.start = button("Branch", self._start, kind="primary")
        self._lay_out(run)
        self.name.selectAll()

    def _lay_out(self, run: RunState) -> None:
        whose = numbered(run)
        said = (
            f"A new run that equals {whose} up to step {self._step:,}, bit for bit, and continues "
            "with your changes."
        )
        self.body.addWidget(label(said, "muted", wrap=True))
        title = Elided("Name")
        title.setFixedWidth(LABEL_WIDTH)
        title.setBuddy(self.name)
        line = row(title, (self.name, 1), gap=4)
        self.body.addLayout(line)
        if self._fields:
            self.body.addWidget(self._settings(run), 1)
        else:
            nothing = "No setting of this model can change in the middle of a training: the branch "
            self.body.addWidget(label(nothing + "repeats what is there.", "muted", wrap=True))
        self.add_buttons(button("Cancel", self.reject), self.start)

    def _settings(self, run: RunState) -> QWidget:
        assert run.spec is not None
        self.form = Form(_entry(run.spec, self._fields))
        self.form.edited.connect(self._edited)
        self.form.rejected.connect(lambda *_: self.start.setEnabled(False))
        page = QWidget()
        page.setLayout(column(self.form, None, gap=0))
        area = scrolled(page)
        area.setMinimumHeight(min(360, page.sizeHint().height() + 4))
        return area

    def _edited(self, field: FieldSpec, value: Any) -> None:
        self._changes.pop(field.path, None)
        if value != field.default:
            self._changes[field.path] = value
        spec = RunSpec(name="", family=Pick(slug=""), dataset=Pick(slug=""))
        for each in self._fields:
            if each.path in self._changes:
                spec = draft_spec.put(spec, "family", each, self._changes[each.path])
        assert self.form is not None
        self.form.show_config(spec.family.config)
        self.start.setEnabled(self.form.is_right)
        self.name.setPlaceholderText(branch_words(self._step, self._edits()))

    def _edits(self) -> list[ChangeSetting]:
        return [
            ChangeSetting(step=self._step, path=path, value=value)
            for path, value in self._changes.items()
        ]

    def _start(self) -> None:
        changes = self._edits()
        self._actions.branching.branch(self._key, self._step, changes, self.name.text().strip())
        self.accept()


def _entry(spec: RunSpec, fields: list[FieldSpec]) -> EntrySpec:
    """Return a catalogue entry of only some settings; what they depend on elsewhere is given."""
    known = {field.path for field in fields}
    own = [
        field
        if field.depends is None or field.depends.path in known
        else msgspec.structs.replace(field, depends=None)
        for field in fields
    ]
    return EntrySpec(
        kind="family", slug=spec.family.slug, title="", summary="", source="", fields=own
    )
