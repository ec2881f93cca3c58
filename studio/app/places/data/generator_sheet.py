"""The sheet that has new data made by another program: its settings, the name, and what is missing
where it cannot be used here.
"""

from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QLineEdit, QWidget

from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.design.basic import button, column, label, row, scrolled
from pushforward.studio.app.design.dialog import Dialog
from pushforward.studio.app.design.forms.form import LABEL_WIDTH, Form
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.places.data.import_text import name_reasons
from pushforward.studio.protocol.catalog import EntrySpec, FieldSpec
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.names import name_of_data

__all__ = ["MakeSheet"]

WIDTH, HIGHEST = 480, 560


class MakeSheet(Dialog):
    """It closes once the job has started; the line above the canvas shows the progress."""

    def __init__(
        self, state: AppState, actions: Actions, entry: EntrySpec, parent: QWidget
    ) -> None:
        super().__init__(parent, entry.title, WIDTH)
        self._actions, self._entry = actions, entry
        self._taken = [data.name for data in state.datasets]
        self._config: dict[str, Any] = {}
        self.form = Form(entry)
        self.form.show_config({})
        self.name = QLineEdit(name_of_data([Path(f"new-{entry.slug}")], self._taken))
        self.name.setAccessibleName("Name of the data set")
        self.trouble = label("", "danger", wrap=True)
        self.go = button(entry.title, self._go, kind="primary")
        self._lay_out()
        self.form.edited.connect(self._edited)
        self.form.rejected.connect(self._check)
        self.name.textChanged.connect(self._check)
        self._check()

    def _lay_out(self) -> None:
        page = QWidget()
        page.setLayout(column(self.form, None, gap=0))
        area = scrolled(page)
        area.setMinimumHeight(min(HIGHEST, page.sizeHint().height() + 4))
        title = label("Name")
        title.setFixedWidth(LABEL_WIDTH)
        line = row(title, (self.name, 1), gap=4)
        self.body.addWidget(label(self._entry.summary, "muted", wrap=True))
        self.body.addWidget(area, 1)
        self.body.addLayout(line)
        self.body.addWidget(self.trouble)
        self.add_buttons(button("Cancel", self.reject), self.go)

    def _edited(self, field: FieldSpec, value: Any) -> None:
        spec = RunSpec(name="", family=Pick(slug="", config=self._config), dataset=Pick(slug=""))
        self._config = draft_spec.put(spec, "family", field, value).family.config
        self.form.show_config(self._config)
        self._check()

    def _check(self, *_: object) -> None:
        """Say what stands against it, or nothing; what is wrong with a setting stands below it."""
        against = name_reasons(self.name.text().strip(), self._taken)
        if self._entry.lacks:
            against = [self._entry.lacks]
        self.trouble.setText("\n".join(against))
        self.trouble.setVisible(bool(against))
        self.form.setEnabled(not self._entry.lacks)
        self.name.setEnabled(not self._entry.lacks)
        self.go.setEnabled(not against and self.form.is_right)

    def _go(self) -> None:
        self._actions.data.make(self._entry.slug, self._config, self.name.text().strip())
        self.accept()
