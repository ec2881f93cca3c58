"""The sheet of what a run can do, made from what an operator says of itself: its settings, the
conditions, the rows that it is handed, and the files that it writes.
"""

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QScrollArea, QWidget
from shiboken6 import isValid

from pushforward.studio.app.core import async_tasks, draft_spec, operator_settings
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type import filters
from pushforward.studio.app.core.data_type_registry import kind_of_run
from pushforward.studio.app.core.display_names import file_stem
from pushforward.studio.app.core.operator_settings import COUNT, Asking, Unreadable
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.core.setting_options import Offers, offered
from pushforward.studio.app.design.basic import button, column, label, row
from pushforward.studio.app.design.dialog import Dialog
from pushforward.studio.app.design.file_dialog import folder_of_exports, save_dialog
from pushforward.studio.app.design.forms.editors import Segments
from pushforward.studio.app.design.forms.form import LABEL_WIDTH, Form
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.query import DEBOUNCE_MS, Query
from pushforward.studio.app.engine.requests.operator_requests import DOES, MEASURED
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.app.text import number_format
from pushforward.studio.protocol.capabilities import Able, Condition
from pushforward.studio.protocol.catalog import EntrySpec, FieldSpec
from pushforward.studio.protocol.messages import ErrorInfo
from pushforward.studio.protocol.spec import Pick, RunSpec

__all__ = ["OperateSheet"]

WIDTH = 480
LENGTHS = "averaging-lengths"
TRIED = "timing it"
PLACES = ("Into the run", "To a file")


class OperateSheet(Dialog):
    """It closes once the job has started; the line above the lenses shows the progress."""

    def __init__(
        self, state: AppState, actions: Actions, run: RunState, entry: EntrySpec, parent: QWidget
    ) -> None:
        super().__init__(parent, entry.title, WIDTH)
        self._state, self._actions, self._run, self.entry = state, actions, run, entry
        self._able: Able | None = None
        self._config: dict[str, Any] = {}
        kind = kind_of_run(run, state.catalog)
        # Where it is left open by default, or by default fewer, the operator says how many.
        usual = next((field.default for field in entry.fields if field.path == COUNT), 0)
        if usual:
            self._config[COUNT] = min(usual, kind.few)
        self._config |= state.asked.get((run.key, entry.slug), {})
        self.form: Form | None = None
        self.places = Segments(list(PLACES), "Results")
        self.places.select(0)
        self.places.chosen.connect(self._choose)
        self._place = 0
        self._suffixes: list[str] = []
        self._conditions: list[Condition] = []
        self._weights = ""
        self._duration: Query[Asking, float | None] = Query(
            self, self._estimate_seconds, debounce_ms=DEBOUNCE_MS, progressive=True
        )
        self._duration.changed.connect(self._show_duration)
        self.step = label("", "small")
        self.trouble = label("", "danger", wrap=True)
        self.advice = label("", "muted", wrap=True)
        for each in (self.trouble, self.advice):
            each.hide()
        does = "Measure" if entry.slug in MEASURED else DOES.get(entry.slug, entry.title)
        self.go = button(does, self._go, kind="primary")
        self.go.setEnabled(False)
        self._area = QScrollArea()
        self._lay_out()
        async_tasks.spawn(self._ask())

    def _lay_out(self) -> None:
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.hide()
        self.body.addWidget(label(self.entry.summary, "muted", wrap=True))
        self.body.addWidget(self._area, 1)
        title = label("Results")
        title.setFixedWidth(LABEL_WIDTH)
        line = row(title, (self.places, 1), gap=4)
        self.body.addLayout(line)
        self.body.addWidget(self.trouble)
        self.body.addWidget(self.advice)
        self.add_buttons(button("Cancel", self.reject), self.go, left=self.step)

    async def _ask(self) -> None:
        """Learn what the run can do; the settings are shown with the conditions that it has."""
        try:
            able = await self._actions.operating.able(self._run.key)
        except Refused as refused:
            self._refuse(refused.error)
            return
        if not isValid(self):
            return
        found = next((one for one in able.operators if one.operator == self.entry.slug), None)
        if found is None or found.reason:
            reason = (
                found.reason if found is not None else "This run does not support this operation."
            )
            self._refuse(ErrorInfo(kind="user", message=reason))
            return
        self._able = able
        self._suffixes = found.suffixes
        self._conditions = [
            each
            for each in able.conditions
            if found.conditions and (not found.asks or each.name in found.asks)
        ]
        self._weights = f"With the weights of step {able.step:,}"
        self.step.setText(self._weights)
        self.places.setEnabled(bool(found.suffixes))
        self.go.setEnabled(True)
        self._build()

    def _estimate(self) -> None:
        """Estimate the duration with the current settings, for labs."""
        if self.entry.slug not in MEASURED or not self.go.isEnabled():
            return
        try:
            self._duration.ask(operator_settings.asking(self._config, self.entry), again=True)
        except Unreadable:
            return  # it is said at the setting
        self._tell_time(TRIED)

    async def _estimate_seconds(self, asking: Asking) -> float | None:
        operating = self._actions.operating
        return await operating.estimate(self._run.key, self.entry.slug, asking)

    def _show_duration(self) -> None:
        seconds = self._duration.answer if self._duration.error is None else None
        self._tell_time(
            "" if seconds is None else f"about {number_format.duration(max(1.0, seconds))}"
        )

    def _tell_time(self, text: str) -> None:
        self.step.setText(", ".join(filter(None, [self._weights, text])))

    def _choose(self, place: int) -> None:
        self._place = place

    def _entry(self) -> EntrySpec:
        assert self._state.catalog is not None
        called = kind_of_run(self._run, self._state.catalog).called
        others = self._able.others if self._able is not None else ()
        made = operator_settings.settings(
            self.entry, self._run, self._state.catalog, self._config, self._conditions, called,
            others,
        )  # fmt: skip
        own = self.entry.slug == LENGTHS  # it compares them all
        return made if own else operator_settings.weighed(made, self._run)

    def _build(self) -> None:
        entry = self._entry()
        if not entry.fields:
            return
        self._propose(entry)
        self.form = Form(entry)
        self.form.edited.connect(self._edited)
        self.form.rejected.connect(lambda *_: self._say())
        self.form.show_offers(self._offers())
        self.form.show_config(self._config)
        self._say()
        page = QWidget()
        page.setLayout(column(self.form, None, gap=0))
        self._area.setWidget(page)
        self._area.show()
        page.installEventFilter(self)
        self._fit()

    def _runs(self, entry: EntrySpec) -> list[FieldSpec]:
        """Return the settings that name a run and cannot do without."""
        return [each for each in entry.fields if each.kind == "run" and not each.optional]

    def _propose(self, entry: EntrySpec) -> None:
        """Choose the run that a setting needs, where just one fits."""
        offers = self._offers()
        for field in self._runs(entry):
            fitting = [
                run for run in offers.fitting(field.role, field.of) if run.folder != self._run.name
            ]
            if len(fitting) == 1 and not self._chosen_run(field):
                self._config[field.path] = {"run": fitting[0].folder, "step": None}

    def _chosen_run(self, field: FieldSpec) -> str:
        found = self._config.get(field.path)
        return str(found.get("run", "")) if isinstance(found, dict) else ""

    def _lacking(self) -> str:
        """Say which run is still to be chosen, or trained where none fits; "" for none."""
        for field in self._runs(self._entry()):
            if not self._chosen_run(field):
                if self._offers().fitting(field.role, field.of):
                    return f"Choose a run for {field.title}."
                return f"{field.title}: no suitable run in this project. {field.help}"
        return ""

    def _offers(self) -> Offers:
        """Return the runs that have something to ask, and the classes that the model knows."""
        runs = [run for run in self._state.runs.by_key.values() if run.checkpoints]
        classes = next((each.names for each in self._conditions if each.names), [])
        return offered(runs, {"names": classes}, (), self._state.catalog)

    def _fit(self) -> None:
        """Be as high as the settings, up to half the screen: what is folded may open."""
        page = self._area.widget()
        if page is not None:
            room = self.screen().availableGeometry().height() // 2
            self._area.setMinimumHeight(min(room, page.sizeHint().height() + 4))
            self.adjustSize()
            self._stay()

    def _stay(self) -> None:
        """Stay on the screen: what has grown did so downwards."""
        below = self.frameGeometry().bottom() - self.screen().availableGeometry().bottom()
        if below > 0:
            top = self.screen().availableGeometry().top()
            self.move(self.x(), max(top, self.y() - below))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            QTimer.singleShot(0, self, self._fit)
        return super().eventFilter(watched, event)

    def _edited(self, field: FieldSpec, value: Any) -> None:
        spec = RunSpec(name="", family=Pick(slug="", config=self._config), dataset=Pick(slug=""))
        self._config = draft_spec.put(spec, "family", field, value).family.config
        self._state.asked[self._run.key, self.entry.slug] = self._config
        assert self.form is not None
        if field.chooses:
            self.form.show_entry(self._entry())
        self.form.show_config(self._config)
        self._say()

    def _say(self, error: ErrorInfo | None = None) -> None:
        """Say what is wrong, or nothing."""
        lacking = self._lacking() if self._able is not None else ""
        right = self.form is None or self.form.is_right
        self.go.setEnabled(self._able is not None and right and not lacking)
        set_tip(self.go, lacking)
        self.trouble.setText(error.message if error is not None else "")
        note = lacking or " ".join(filter(None, self._notes()))
        self.advice.setText(error.hint if error is not None else note)
        for each in (self.trouble, self.advice):
            each.setVisible(bool(each.text()))
        self._grow()
        self._estimate()

    def _notes(self) -> tuple[str, str]:
        """Say what is to be known of the settings before it is done."""
        return (
            operator_settings.guesses(self._conditions, self._config),
            operator_settings.frames(self.entry, self._run, self._state.catalog, self._config),
        )

    def _grow(self) -> None:
        """Be high enough for all lines of what is said; what stands already loses none."""
        layout = self.layout()
        assert layout is not None
        layout.activate()
        needed = layout.totalHeightForWidth(self.width())
        if needed > self.height():
            self.resize(self.width(), needed)
            self._stay()

    def _refuse(self, error: ErrorInfo) -> None:
        if not isValid(self):
            return
        path = error.path.removeprefix("config.")
        if self.form is None or not path or not self.form.show_problem(path, error.message):
            self._say(error)
        else:
            self._say()

    def _go(self) -> None:
        try:
            asking = operator_settings.asking(self._config, self.entry)
        except Unreadable as error:
            assert self.form is not None
            self.form.show_problem(error.path, str(error))
            return
        if self._place == 0:
            async_tasks.spawn(self._start(asking, ""))
        else:
            self._ask_file(asking)

    def _ask_file(self, asking: Asking) -> None:
        usual = self._suffixes[0].removeprefix(".")
        name = f"{file_stem(self._run)}-{self.entry.slug}.{usual}"
        folder = folder_of_exports(self._state.project)
        dialog = save_dialog(self, self.entry.title, name, filters(self._suffixes), usual, folder)
        dialog.fileSelected.connect(lambda file: async_tasks.spawn(self._start(asking, file)))
        dialog.open()

    async def _start(self, asking: Asking, file: str) -> None:
        self.go.setEnabled(False)
        try:
            await self._actions.operating.start(self._run.key, self.entry.slug, asking, file)
        except Refused as refused:
            self._refuse(refused.error)
            return
        if isValid(self):
            self.accept()
