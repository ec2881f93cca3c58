"""What is done with a datum on the table: the task, and its settings."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

import msgspec
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QScrollArea, QWidget

from pushforward.studio.app.core import draft_spec, operator_settings
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type import LABEL
from pushforward.studio.app.core.data_type_registry import kind_of_run
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.core.setting_options import offered
from pushforward.studio.app.design.basic import column
from pushforward.studio.app.design.forms.editors import ChoiceList
from pushforward.studio.app.design.forms.form import Form
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.protocol.capabilities import Able, Condition
from pushforward.studio.protocol.catalog import Choice, EntrySpec, FieldSpec
from pushforward.studio.protocol.spec import Pick, RunSpec

__all__ = ["Task", "TaskForm"]


SPARE = 40  # pixels: two lines of what is wrong with a setting


class Task(Protocol):
    """Something to do with a datum: what it is called, the operator that does it, settings that it
    begins with where they are not the operator's own, and what conditions are called for it.
    """

    @property
    def title(self) -> str: ...

    @property
    def operator(self) -> str: ...

    @property
    def config(self) -> Mapping[str, Any]: ...

    @property
    def called(self) -> Mapping[str, str]: ...


T = TypeVar("T", bound=Task)


class TaskForm(QScrollArea, Generic[T]):
    """The settings of the task chosen in ``what``, of its operator.

    It scrolls unless ``whole``. ``usual`` returns the default class of a task, short and as a
    sentence; "" for that of the data.

    Signals: chosen: another task. edited: one of its settings.
    """

    chosen = Signal()
    edited = Signal()

    def __init__(
        self,
        state: AppState,
        tasks: Sequence[T],
        what: str,
        *,
        whole: bool = False,
        usual: Callable[[T], tuple[str, str]] = lambda task: ("", ""),
    ) -> None:
        super().__init__()
        self._state, self._whole, self._usual = state, whole, usual
        self._key = ""
        self._able: Able | None = None
        self._decodes: tuple[str, Able] | None = None  # another run, and what it can do
        self._configs: dict[str, dict[str, Any]] = {}  # of the run, by the titles of tasks
        self._set: dict[str, dict[str, dict[str, Any]]] = {}  # the same of each run
        self._form: Form | None = None
        self.tasks, self.task = tasks, tasks[0]
        self.what = ChoiceList([task.title for task in tasks], what)
        self.what.setMinimumWidth(220)
        self.what.currentIndexChanged.connect(self._choose)
        state.runs.listed.connect(self._show_offers)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        if not whole:
            self.setMinimumHeight(120)

    def begin(self, key: str, tasks: Sequence[T] = ()) -> None:
        """Offer what can be done with the data of a run, with what was set for it before."""
        self._key, self._able, self._configs = key, None, self._set.setdefault(key, {})
        if tasks and tasks != self.tasks:
            titles = [task.title for task in tasks]
            place = titles.index(self.task.title) if self.task.title in titles else 0
            self.tasks, self.task = tasks, tasks[place]
            self.what.offer(titles)
            self.what.setCurrentIndex(place)  # the same words may stand there already
        self.show_settings()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Become as high as the settings, where they are to be seen whole, with room for what may
        be wrong with them: they stay where they are when it is said.
        """
        page, asks = self.widget(), event.type() == QEvent.Type.LayoutRequest
        if self._whole and asks and page is not None and watched is page:
            wrong = self._form.wrong_height if self._form is not None else 0
            self.setMinimumHeight(page.minimumSizeHint().height() + max(0, SPARE - wrong))
        return super().eventFilter(watched, event)

    def choose(self, task: T) -> None:
        """Choose a task, as if the person had."""
        if task in self.tasks:
            self.what.setCurrentIndex(self.tasks.index(task))

    def bring_back(self, task: T, config: Mapping[str, Any]) -> None:
        """Choose a task with settings that it was done with, as far as the form says them by a
        word or a number.
        """
        plain = {
            name: value for name, value in config.items() if isinstance(value, str | int | float)
        }
        self._configs[task.title] = {**task.config, **plain}
        if task == self.task:
            self.show_settings()
        self.choose(task)

    def know(self, able: Able) -> None:
        """Set the conditions of the model."""
        self._able = able
        self.show_settings()

    @property
    def _run(self) -> RunState | None:
        return self._state.runs.by_key.get(self._key)

    @property
    def entry(self) -> EntrySpec | None:
        """The operator that does it."""
        catalog = self._state.catalog
        return catalog.get("operator", self.task.operator) if catalog is not None else None

    @property
    def config(self) -> dict[str, Any]:
        """The settings of the task, as far as they are not the operator's own."""
        return self._configs.setdefault(self.task.title, dict(self.task.config))

    @property
    def conditions(self) -> list[Condition]:
        """The conditions of the model."""
        return self._able.conditions if self._able is not None else []

    @property
    def decoder(self) -> str:
        """The name of the other run that decodes, "" for none."""
        return str((self.config.get("target") or {}).get("run") or "")

    def know_decoder(self, name: str, able: Able) -> None:
        """Offer the classes that the other run knows, if it is still the one that decodes."""
        if name == self.decoder:
            self._decodes = name, able
            self._show_offers()

    @property
    def told_classes(self) -> bool:
        """Whether the model is class-conditional."""
        return any(each.name == LABEL for each in self.conditions)

    @property
    def is_right(self) -> bool:
        """Whether every setting can be read."""
        return self._form is None or self._form.is_right

    def set(self, name: str, value: Any) -> None:
        """Set something that was chosen elsewhere."""
        self._configs[self.task.title] = {**self.config, name: value}
        if self._form is not None:
            self._form.show_config(self.config, self.task.config)

    def show_refused(self, refused: Refused) -> str:
        """Say what was refused of the setting that is to blame; return what to say elsewhere where
        none of these is.
        """
        error = refused.error
        path = error.path.removeprefix("config.")
        if self._form is not None and path and self._form.show_problem(path, error.message):
            return ""
        return f"{error.message} {error.hint}".strip()

    def offer(self, why_not: Callable[[T], str] = lambda task: "") -> None:
        """Say of each task whether the run can do it, or why it cannot or the datum is none for it,
        "" where it is one; where that is the chosen one, choose the first that it can do.
        """
        said = self._able.operators if self._able is not None else ()
        reasons = {each.operator: each.reason for each in said}
        able = {each.slug for each in operator_settings.offered(self._run, self._state.catalog)}
        model = self.what.model()
        for place, task in enumerate(self.tasks):
            why = why_not(task) or reasons.get(task.operator, "")
            if task.operator in able and not why:
                self.what.allow(place)
            else:
                self.what.refuse(place, why or "This model does not support this operation.")
        can = [place for place in range(len(self.tasks)) if model.item(place).isEnabled()]  # type: ignore[attr-defined]
        if can and self.what.currentIndex() not in can:
            self.what.setCurrentIndex(can[0])

    def _choose(self, place: int) -> None:
        if place < 0:
            return  # other tasks are on their way
        self.task = self.tasks[place]
        self.show_settings()
        self.chosen.emit()

    def show_settings(self) -> None:
        """Show the settings of the task; none while nothing is known of the run."""
        run, entry, catalog = self._run, self.entry, self._state.catalog
        if run is None or run.spec is None or entry is None or catalog is None:
            self.setWidget(QWidget())
            self._form = None
            return
        self._form = Form(self._fields(entry))
        self._form.edited.connect(self._edited)
        self._form.rejected.connect(lambda *_: self.edited.emit())
        self._show_offers()
        self._form.show_config(self.config, self.task.config)
        holder = QWidget()
        holder.setLayout(column(self._form, None))  # settings stand together, and above
        self.setWidget(holder)

    def _show_offers(self) -> None:
        """Update the runs to choose from, and the classes of the decoder."""
        if self._form is None:
            return
        known = self.conditions
        if name := self.decoder:
            other, able = self._decodes or ("", None)
            known = able.conditions if able is not None and other == name else []
        classes: list[str] = next((each.names for each in known if each.names), [])
        self._form.show_offers(offered(self._others(), {"names": classes}, (), self._state.catalog))

    def _others(self) -> list[RunState]:
        """Return the other runs that have learned data of the form of these."""
        run = self._run
        others = (each for key, each in self._state.runs.by_key.items() if key != self._key)
        return [
            each
            for each in others
            if each.checkpoints
            and run is not None
            and operator_settings.alike(run, each, self._able)
        ]

    @property
    def lacks_run(self) -> bool:
        """Whether a setting of the task names another run, and none of the project fits."""
        entry = self.entry
        runs = [each for each in entry.fields if each.kind == "run"] if entry is not None else []
        offers = offered(self._others(), {}, (), self._state.catalog) if runs else None
        return offers is not None and not any(offers.fitting(each.role, each.of) for each in runs)

    @property
    def other_sets(self) -> list[str]:
        """The titles of the sets, besides that of the run, that have the form of its data."""
        run = self._run
        if run is None or self._able is None:
            return []
        return operator_settings.of_other_data(run, self._able)

    def _fields(self, entry: EntrySpec) -> EntrySpec:
        run, catalog = self._run, self._state.catalog
        assert run is not None
        assert catalog is not None
        called = {**kind_of_run(run, catalog).called, **self.task.called}
        made = operator_settings.settings(entry, run, catalog, self.config, self.conditions, called)
        typed = {f"{operator_settings.INPUTS}.{slot.name}" for slot in entry.takes}
        own = [self._with_default(field) for field in made.fields if field.path not in typed]
        return msgspec.structs.replace(made, fields=own)

    def _with_default(self, field: FieldSpec) -> FieldSpec:
        """Return a setting with the default request."""
        title, help = self._usual(self.task)
        if not title or field.path != f"{operator_settings.GIVEN}.{LABEL}":
            return field
        usual = [
            each if each.value else Choice(value="", title=title, help=help)
            for each in field.choices
        ]
        return msgspec.structs.replace(field, help=help, choices=usual)

    def _edited(self, field: FieldSpec, value: Any) -> None:
        spec = RunSpec(name="", family=Pick(slug="", config=self.config), dataset=Pick(slug=""))
        config = draft_spec.put(spec, "family", field, value).family.config
        self._configs[self.task.title] = config
        assert self._form is not None
        entry = self.entry
        if field.chooses and entry is not None:
            self._form.show_entry(self._fields(entry))
        self._show_offers()
        self._form.show_config(config, self.task.config)
        self.edited.emit()
