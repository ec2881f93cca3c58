"""The sheet that asks what a run is measured by: which metrics, of how many, with which seed."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from pushforward.studio.app.core import async_tasks, draft_spec, evaluation_options
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import kind_of_run
from pushforward.studio.app.core.draft_spec import Typed, value_at
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.design.basic import (
    Elided,
    button,
    column,
    icon_button,
    label,
    row,
    scrolled,
)
from pushforward.studio.app.design.dialog import Dialog
from pushforward.studio.app.design.forms.form import Form
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.switch import Switch
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.app.text import metric_reference
from pushforward.studio.protocol.catalog import Catalog, EntrySpec, FieldSpec
from pushforward.studio.protocol.spec import Pick, RunSpec

__all__ = ["EvaluateSheet"]

WIDTH = 480
LONG = "takes long"
USUAL = "Metrics of the training and of earlier evaluations"


INSET = 36  # pixels: below the name of the metric, and not below its switch


class MetricSettings(QWidget):
    """A form that ``button`` opens.

    Signals:
        changed: the settings as they are now.
        rejected: the title of one that cannot be taken, with why; "" where all can again.
    """

    changed = Signal(object)
    rejected = Signal(str)

    def __init__(
        self, entry: EntrySpec, catalog: Catalog, kind: str, config: Mapping[str, Any]
    ) -> None:
        """``kind`` is that of the data, and ``config`` what is set already."""
        super().__init__()
        self._entry, self._catalog, self._kind = entry, catalog, kind
        self._config = dict(config)
        self._wrong: dict[str, str] = {}
        self.form = Form(self._opened())
        self.form.show_config(self._config)
        self.form.edited.connect(self._edited)
        self.form.rejected.connect(self._rejected)
        column(self.form, parent=self, margins=(INSET, 0, 0, 6))
        self.button = icon_button("settings", f"Settings of {entry.title}", self.turn)
        self.hide()

    def turn(self) -> None:
        """Open or close it."""
        self.setVisible(self.isHidden())

    def _opened(self) -> EntrySpec:
        return self._catalog.opened(self._entry, self._config, self._kind)

    def _edited(self, field: FieldSpec, value: Any) -> None:
        self._wrong.pop(field.path, None)
        spec = RunSpec(name="", family=Pick(slug="", config=self._config), dataset=Pick(slug=""))
        self._config = draft_spec.put(spec, "family", field, value).family.config
        if field.chooses:
            self.form.show_entry(self._opened())
        self.form.show_config(self._config)
        self.changed.emit(self._config)
        self.rejected.emit(next(iter(self._wrong.values()), ""))

    def _rejected(self, field: FieldSpec, typed: Typed) -> None:
        self._wrong[field.path] = f"{self._entry.title}: {typed.title} {typed.why}."
        self.rejected.emit(self._wrong[field.path])


class EvaluateSheet(Dialog):
    """It closes once the job has started. The choice is kept for the session, for all runs of the
    data type: their values are compared with each other.

    Attributes:
        switches: by metric, whether to measure it.
        settings: by metric, if it has some.
        form: n and seed.
    """

    def __init__(self, state: AppState, actions: Actions, run: RunState, parent: QWidget) -> None:
        super().__init__(parent, "Evaluate", WIDTH)
        self._state, self._actions, self._run = state, actions, run
        assert run.spec is not None
        assert state.catalog is not None
        self._key = (state.catalog.kind_of(run.spec.dataset), evaluation_options.ASKED)
        self._config = evaluation_options.within(state.asked.get(self._key, {}), run.most)
        self._metrics = evaluation_options.fitting(run, state.catalog)
        self._own = evaluation_options.metrics_of_run(run, state.catalog)
        self._refused: dict[str, str] = {}  # settings that cannot be taken, by metric
        kind = kind_of_run(run, state.catalog)
        self._many, self._most = kind.many, run.most
        on = evaluation_options.chosen(self._config, self._metrics, self._own)
        self.switches = {each.slug: self._switch(each, each.slug in on) for each in self._metrics}
        self.settings: dict[str, MetricSettings] = {}
        self._usual = actions.training.measured_with(run)
        self.form = Form(evaluation_options.settings(self._usual, self._many, self._most))
        self.form.show_config(self._config)
        self.limit = label("", "small", wrap=True)
        self._tell_most()
        state.runs.changed.connect(self._follow_data)
        actions.real_samples.need(run.key)  # with some of the data it is told how many there are
        self.form.edited.connect(self._edited)
        self.form.rejected.connect(lambda *_: self._say())
        self.trouble = label("", "danger", wrap=True)
        self.go = button("Evaluate", self._go, kind="primary")
        self._lay_out(evaluation_options.grouped(self._metrics, kind.groups))
        self._say()

    def _follow_data(self, key: str) -> None:
        """Follow what is known of the data by now."""
        if key == self._run.key and self._run.most != self._most:
            self._most = self._run.most
            self._config = evaluation_options.within(self._config, self._most)
            self.form.show_entry(evaluation_options.settings(self._usual, self._many, self._most))
            self.form.show_config(self._config)
            self._tell_most()

    def _tell_most(self) -> None:
        """Say how many of the data a figure can be of, where somebody may want more."""
        few = self._most is not None and self._most < metric_reference.ENOUGH
        self.limit.setText(
            f"At most {self._most:,} of these data: {metric_reference.AS_MANY}." if few else ""
        )
        self.limit.setVisible(few)

    def _switch(self, entry: EntrySpec, on: bool) -> Switch:
        made = Switch(f"{entry.title}, {LONG}" if entry.heavy else entry.title)
        made.setAccessibleDescription(entry.summary)
        made.setChecked(on)
        made.clicked.connect(lambda on: self._turned(entry.slug, on))
        return made

    def _lay_out(self, groups: list[tuple[str, list[EntrySpec]]]) -> None:
        lines: list[QWidget] = []
        for title, entries in groups:
            heading = label(title, "muted")
            heading.setContentsMargins(0, 6 if lines else 0, 0, 0)
            lines += [heading, *map(self._line, entries)]
        page = QWidget()
        page.setLayout(column(*lines, None, gap=6))
        area = scrolled(page)
        room = self.screen().availableGeometry().height() // 2
        area.setMinimumHeight(min(room, page.sizeHint().height() + 4))
        said = "With the newest weights; each value is shown next to its noise floor or baseline."
        self.body.addWidget(label(said, "muted", wrap=True))
        self.all = button("All", self._all, kind="link", tip="Switch on all of them")
        self.usual = button("Usual", self._as_usual, kind="link", tip=USUAL)
        self.body.addLayout(row(self.all, self.usual, None))
        self.body.addWidget(area, 1)
        self.body.addLayout(column(self.form, self.limit, gap=4))
        self.body.addWidget(self.trouble)
        self.add_buttons(button("Cancel", self.reject), self.go)

    def _line(self, entry: EntrySpec) -> QWidget:
        line, switch, title = QWidget(), self.switches[entry.slug], Elided(entry.title)
        title.setBuddy(switch)
        both = row(switch, (title, 1))
        if entry.heavy:
            both.addWidget(label(LONG, "small"))
        for each in (line, title):
            set_tip(each, entry.summary)
        if not entry.fields:
            line.setLayout(both)
            return line
        config = evaluation_options.settings_of(self._run, entry.slug, self._config)
        assert self._state.catalog is not None
        more = MetricSettings(entry, self._state.catalog, self._key[0], config)
        more.changed.connect(partial(self._set, entry.slug))
        more.rejected.connect(partial(self._refuse, entry.slug))
        self.settings[entry.slug] = more
        both.addWidget(more.button)
        column(both, more, parent=line, gap=2)
        return line

    def _set(self, slug: str, config: dict[str, Any]) -> None:
        self._keep(evaluation_options.put_settings(self._config, slug, config))

    def _refuse(self, slug: str, why: str) -> None:
        self._refused[slug] = why
        self._say()

    def _turned(self, slug: str, on: bool) -> None:
        self._keep(evaluation_options.put(self._config, slug, on, self._own))

    def _all(self) -> None:
        self._show_on(evaluation_options.put_all(self._config, self._metrics, self._own))

    def _as_usual(self) -> None:
        self._show_on(evaluation_options.put_usual(self._config))

    def _show_on(self, config: dict[str, Any]) -> None:
        on = evaluation_options.chosen(config, self._metrics, self._own)
        for slug, switch in self.switches.items():
            switch.setChecked(slug in on)
        self._keep(config)

    def _edited(self, field: FieldSpec, value: Any) -> None:
        self._keep({**self._config, field.path: value})
        self.form.show_config(self._config)

    def _keep(self, config: dict[str, Any]) -> None:
        self._config = self._state.asked[self._key] = config
        self._say()

    def _say(self, error: str = "") -> None:
        """Say what stands against it, or nothing; what is wrong with a number stands below it."""
        against = ""
        if not self._run.checkpoints:
            against = "The run has no checkpoint yet."
        elif not any(switch.isChecked() for switch in self.switches.values()):
            against = "Switch on at least one metric."
        else:
            on = (slug for slug, switch in self.switches.items() if switch.isChecked())
            against = next(filter(None, (self._refused.get(slug, "") for slug in on)), "")
        self.trouble.setText(error or against)
        self.trouble.setVisible(bool(self.trouble.text()))
        self.go.setEnabled(not against and self.form.is_right)

    def _go(self) -> None:
        async_tasks.spawn(self._start())

    async def _start(self) -> None:
        self.go.setEnabled(False)
        n, seed = (value_at(self._config, each) for each in self.form.entry.fields)
        slugs = [slug for slug, switch in self.switches.items() if switch.isChecked()]
        try:
            await self._actions.training.evaluate_by(self._run, slugs, n, seed, self._config)
        except Refused as refused:
            if isValid(self):
                self._say(" ".join(filter(None, (refused.error.message, refused.error.hint))))
            return
        if isValid(self):
            self.accept()
