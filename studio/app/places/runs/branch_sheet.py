"""The dialog of a branch: a copy of the setup, with every setting that may change."""

from typing import Any, Literal

import msgspec
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.display_names import branch_words, numbered
from pushforward.studio.app.core.run_edit_text import branch_fields, live_fields
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.design.basic import (
    Elided,
    button,
    column,
    label,
    row,
    scrolled,
    section,
)
from pushforward.studio.app.design.dialog import Dialog
from pushforward.studio.app.design.forms.form import LABEL_WIDTH, Form
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.protocol.catalog import EntrySpec, FieldSpec
from pushforward.studio.protocol.spec import ChangeSetting, Pick, RunSpec

__all__ = ["BranchSheet"]

WIDTH, HIGH = 520, 420  # pixels of the dialog, and of its settings at most
Section = Literal["family", "training"]


class _Settings(QObject):
    """A form of some settings of a section, and those that were changed.

    Signals:
        changed: a setting was changed, or cannot be taken.
    """

    changed = Signal()

    def __init__(
        self, parent: QObject, spec: RunSpec, part: Section, fields: list[FieldSpec]
    ) -> None:
        super().__init__(parent)
        self._part, self._fields = part, fields
        self.values: dict[str, Any] = {}
        self.form = Form(_entry(spec, fields))
        self.form.edited.connect(self._edited)
        self.form.rejected.connect(lambda *_: self.changed.emit())

    def _edited(self, field: FieldSpec, value: Any) -> None:
        self.values.pop(field.path, None)
        if value != field.default:
            self.values[field.path] = value
        spec = RunSpec(name="", family=Pick(slug=""), dataset=Pick(slug=""))
        for each in self._fields:
            if each.path in self.values:
                spec = draft_spec.put(spec, self._part, each, self.values[each.path])
        config = spec.training if self._part == "training" else spec.family.config
        self.form.show_config(config)
        self.changed.emit()


class BranchSheet(Dialog):
    """Lists the settings that may change from a step on, as they are there, and below them those
    that may change at a checkpoint: with one of these the branch leaves at the nearest one.

    "Branch" calls the action and closes it.
    """

    def __init__(
        self, state: AppState, actions: Actions, run: RunState, step: int, parent: QWidget
    ) -> None:
        super().__init__(parent, "Branch", WIDTH, heading=f"Branch from step {step:,}")
        self._actions = actions
        self._key, self._step = run.key, step
        self.checkpoint = max((each for each in run.checkpoints if each <= step), default=0)
        live = live_fields(run, state.catalog, step)
        spec = run.spec
        self.live = _Settings(self, spec, "family", live) if spec and live else None
        self.others: dict[Section, _Settings] = {}
        for part in ("family", "training"):
            fields = branch_fields(run, state.catalog, part)
            if spec is not None and fields:
                self.others[part] = _Settings(self, spec, part, fields)
        self.name = QLineEdit(run.label.name)
        self.name.setPlaceholderText(branch_words(step, ()))
        self.name.setAccessibleName("Name of the branch")
        self.says = label("", "muted", wrap=True)
        self.start = button("Branch", self._start, kind="primary")
        self._whose = numbered(run)
        self._lay_out()
        self._follow()
        self.name.selectAll()

    @property
    def form(self) -> Form | None:
        """The form of the settings that may change at any step, None where there are none."""
        return self.live.form if self.live is not None else None

    @property
    def settings(self) -> dict[str, Any]:
        """The changed settings that hold from a checkpoint on, by path."""
        return {
            f"{part}.{path}": value
            for part, each in self.others.items()
            for path, value in each.values.items()
        }

    def _lay_out(self) -> None:
        self.body.addWidget(self.says)
        title = Elided("Name")
        title.setFixedWidth(LABEL_WIDTH)
        title.setBuddy(self.name)
        self.body.addLayout(row(title, (self.name, 1), gap=4))
        parts: list[QWidget] = []
        if self.live is not None:
            parts += [section(f"From step {self._step:,}"), self.live.form]
        titles = {"family": "Model", "training": "Training"}
        for part, each in self.others.items():
            at = f"checkpoint {self.checkpoint:,}" if self.checkpoint else "the beginning"
            parts += [section(f"{titles[part]}, from {at}"), each.form]
        for form in filter(None, (self.live, *self.others.values())):
            form.changed.connect(self._follow)
        if parts:
            page = QWidget()
            page.setLayout(column(*parts, None, gap=8))
            area = scrolled(page)
            area.setMinimumHeight(min(HIGH, page.sizeHint().height() + 4))
            self.body.addWidget(area, 1)
        else:
            nothing = "No setting of this model can change: the branch repeats its parent."
            self.body.addWidget(label(nothing, "muted", wrap=True))
        self.add_buttons(button("Cancel", self.reject), self.start)

    def _follow(self) -> None:
        """Say where the branch leaves, and name it by what is changed."""
        settings, edits = self.settings, self._edits()
        step = self.checkpoint if settings else self._step
        whose, origin = self._whose, f"the checkpoint at step {self.checkpoint:,}"
        origin = origin if self.checkpoint else "the beginning"
        equal = f"A new run that equals {whose} up to step {step:,}, bit for bit"
        if settings and step < self._step:
            why = f"{equal}. Some of your changes need a checkpoint: the branch starts from it."
        elif step > self.checkpoint:
            why = f"{equal}. It replays {whose} from {origin}, then continues with your changes."
        else:
            why = f"{equal}, and continues with your changes."
        self.says.setText(why)
        named = [*edits, *(ChangeSetting(step=step, path=p.partition(".")[2], value=v)
                           for p, v in settings.items())]  # fmt: skip
        self.name.setPlaceholderText(branch_words(step, named))
        forms = [each.form for each in (self.live, *self.others.values()) if each is not None]
        self.start.setEnabled(all(form.is_right for form in forms))

    def _edits(self) -> list[ChangeSetting]:
        values = self.live.values if self.live is not None else {}
        return [
            ChangeSetting(step=self._step, path=path, value=value) for path, value in values.items()
        ]

    def _start(self) -> None:
        name = self.name.text().strip()
        self._actions.branching.branch(
            self._key, self._step, self._edits(), name, settings=self.settings
        )
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
