"""The edit lab: an image of the data, of the samples or of a file, painted on and made anew."""

import asyncio
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QBoxLayout,
    QColorDialog,
    QFileDialog,
    QScrollArea,
    QSlider,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from studio.app import tasks
from studio.app.actions import Actions
from studio.app.askonce import AskOnce
from studio.app.forms.editors import ChoiceList
from studio.app.forms.form import Form
from studio.app.imagefile import FILTER, Unreadable, read_image
from studio.app.intents import disk
from studio.app.intents.base import Refused
from studio.app.kinds.kind import LABEL
from studio.app.kinds.registry import kind_of_run
from studio.app.state import drafts, operators
from studio.app.state.editing import TASKS, Handed, Sheet, Task, brushed, handed
from studio.app.state.offers import offered
from studio.app.state.operators import Asking
from studio.app.state.runs import RunState
from studio.app.state.session import AppState
from studio.app.state.undoing import Edits
from studio.app.views.images.edited import Edited, edited
from studio.app.views.images.strengths import Question, Strengths
from studio.app.viewspec import ViewSpec, shows_moving
from studio.app.widgets.basic import (
    Elided,
    button,
    icon_button,
    label,
    restyle,
    row,
    scrolled,
    section,
    view_bar,
)
from studio.app.widgets.editcanvas import EditCanvas
from studio.app.widgets.filedialog import folder_of_files, open_dialog
from studio.app.widgets.foundview import can_ask
from studio.app.widgets.literal import set_tip, tip_text
from studio.app.widgets.overlays import EmptyState
from studio.app.widgets.tilegrid import TileGrid
from studio.protocol.able import Able
from studio.protocol.catalog import EntrySpec, FieldSpec
from studio.protocol.messages import JobInfo, ResultWritten
from studio.protocol.spec import Pick, RunSpec

__all__ = ["VIEW", "EditView"]

TARGET = 512  # real images that are fetched to choose from
STEPS = 100  # of the slider between before and after
WIDE = 560  # logical pixels from which image and results stand side by side
RADII = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0)  # of the brush, in pixels of the image
SIDE = 84  # height of a strip of small images
UNDO, REDO = QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo


class EditView(QWidget):
    """One image, what is done with it, and what came of it."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self._once = AskOnce(self, state)
        self.edits = Edits[Sheet]()
        self.second: Sheet | None = None
        self.task = TASKS[0]
        self.result: Edited | None = None
        self._asked: tuple[Task, Sheet, dict[str, Any]] | None = None
        self._job = ""
        self._over = ""  # the job that ended last: one may before its number is known
        self._key = ""
        self._able: Able | None = None
        self._configs: dict[str, dict[str, Any]] = {}
        self._wrong: set[str] = set()
        self._shown = 0  # of the result
        self._radius = 1.5
        self._ink: tuple[float, ...] = (1.0,)
        self._real = 0  # of the data, that comes next
        self._form: Form | None = None
        self.setProperty("surface", "canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAcceptDrops(True)
        self._lay_out()
        self.empty = EmptyState(self)
        self._connect()
        self._select(state.runs.selection)

    # Layout

    def _lay_out(self) -> None:
        tip = "Take a picture from a file, or drop one here"
        self.open_ = button("Open…", self._open, tip=tip)
        self.real = button("Real one", self.take_real, tip="Take the next of the data")
        self.go = button("Apply", self._go, kind="primary", tip="Do it (Ctrl+Enter)")
        self.bar = view_bar(self, None, self.real, self.open_, self.go)
        self.page = QWidget()
        self._halves = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._halves.setSpacing(20)
        self._halves.addLayout(self._table(), 5)
        self._halves.addLayout(self._made(), 6)
        body = QVBoxLayout(self.page)
        body.setContentsMargins(16, 10, 16, 10)
        body.addLayout(self._halves)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scrolled(self.page))

    def _table(self) -> QVBoxLayout:
        self.title, self.marked = Elided("", "strong", middle=True), label("", "muted")
        self.canvas = EditCanvas()
        self.brush = icon_button("brush", "Brush: Enter or the mouse paints, [ and ] size it")
        self.brush.setCheckable(True)
        self.eraser = icon_button("eraser", "Eraser (the right button of the mouse, Shift+Enter)")
        self.eraser.setCheckable(True)
        self._take_tool(erases=False)
        self.brush.clicked.connect(lambda: self._take_tool(erases=False))
        self.eraser.clicked.connect(lambda: self._take_tool(erases=True))
        self.wider = icon_button("brush-wide", "Wider brush (])", partial(self._size, 1))
        self.narrower = icon_button("brush-narrow", "Narrower brush ([)", partial(self._size, -1))
        self.fill = icon_button("stop", "Fill all with the ink", self._fill)
        self.wipe = icon_button("trash", "Take all marks away", self._wipe)
        self.undo = icon_button("undo", "Undo (Ctrl+Z)", self._undo)
        self.redo = icon_button("redo", "Redo (Ctrl+Shift+Z)", self._redo)
        self.size_ = label("", "small")
        self._ink_name = label("ink", "small")
        self.ink = QSlider(Qt.Orientation.Horizontal)
        self.ink.setRange(0, 100)
        self.ink.setValue(100)
        self.ink.setFixedWidth(72)
        self.ink.setAccessibleName("Brightness of the ink")
        set_tip(self.ink, "Brightness of the ink")
        self.ink.valueChanged.connect(lambda value: self._take_ink((value / 100,)))
        self.colour = button("Colour…", self._ask_colour, kind="chip", tip="Colour of the ink")
        tools = (self.brush, self.eraser, self.narrower, self.size_, self.wider, self.fill,
                 self.wipe, self._ink_name, self.ink, self.colour, None, self.undo,
                 self.redo)  # fmt: skip
        self.divider = QSlider(Qt.Orientation.Horizontal)
        self.divider.setRange(0, STEPS)
        self.divider.setValue(STEPS // 2)
        self.divider.setAccessibleName("Before and after")
        set_tip(self.divider, "How much is seen of before: all at its right end")
        self._before, self._after = label("After", "small"), label("Before", "small")
        self.said = label("", "small", wrap=True)
        left = QVBoxLayout()
        left.setSpacing(6)
        head = row(self.title, None, self.marked)
        left.addLayout(head)
        left.addLayout(row(*tools, gap=2))
        left.addWidget(self.canvas, 100)
        left.addLayout(row(self._before, self.divider, self._after))
        left.addWidget(self.said)
        left.addStretch(1)
        return left

    def _made(self) -> QVBoxLayout:
        self.what = ChoiceList([task.title for task in TASKS], "What is done with it")
        self.what.setMinimumWidth(150)
        self.says = Elided("", "muted")
        self.results = TileGrid("What came of it")
        self.results.setMinimumHeight(132)
        self._made_title, self.facts = section("Results"), Elided("", "small", middle=True)
        self.use = button("Go on with this", self.go_on, kind="chip", tip="Edit this one further")
        self.copy = button("Copy", self._copy, kind="chip", tip="Copy this one as a picture")
        self.show_ = button("Browse", self._browse, kind="chip", tip="See all of them as samples")
        self.strengths = Strengths(self._actions, lambda: self.edits.now)
        self.other = TileGrid("The second image", strip=True)
        self.other.setFixedHeight(SIDE)
        self._second = QWidget()
        second = QVBoxLayout(self._second)
        second.setContentsMargins(0, 0, 0, 0)
        second.setSpacing(4)
        more = button("A real one", self._second_real, kind="chip", tip="The next of the data")
        file = button("Open…", self._open_second, kind="chip", tip="From a file")
        second.addLayout(row(section("Second image"), None, more, file))
        second.addWidget(self.other)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QScrollArea.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setMinimumHeight(120)
        self.trouble = label("", "danger", wrap=True)
        self.trouble.hide()
        right = QVBoxLayout()
        right.setSpacing(6)
        first = row(self.what, self.says, gap=10)
        first.setStretch(1, 1)
        right.addLayout(first)
        right.addWidget(self.trouble)
        right.addLayout(row(self._made_title, None, self.use, self.copy, self.show_))
        right.addWidget(self.results, 3)
        right.addWidget(self.facts)
        right.addWidget(self.strengths)
        right.addWidget(self._second)
        right.addWidget(self._area, 3)
        return right

    def _connect(self) -> None:
        state = self._state
        state.runs.selected.connect(self._select)
        state.runs.changed.connect(self._changed)
        state.selection.changed.connect(self._take_selected)
        state.result_written.connect(self._written)
        state.job_ended.connect(self._ended)
        state.engine_changed.connect(self._meet)
        state.catalog_changed.connect(self._offer)
        self.what.currentIndexChanged.connect(self._choose)
        self.canvas.stroke.connect(self._stroke)
        self.canvas.sized.connect(self._size)
        self.canvas.divided.connect(self._divided)
        self.divider.valueChanged.connect(lambda value: self.canvas.divide(value / STEPS))
        self.results.picked.connect(self._pick)
        self.strengths.chosen.connect(self._take_strength)

    # Which run, and which image

    @property
    def _run(self) -> RunState | None:
        return self._state.runs.by_key.get(self._key)

    @property
    def shape(self) -> tuple[int, ...]:
        """(C, H, W) of the images of the run, () while that is not known."""
        run = self._run
        return run.target.shape[1:] if run is not None and run.target is not None else ()

    def _select(self, key: str) -> None:
        self._key, self._able, self._job, self._asked = key, None, "", None
        self.edits.clear()
        self.second, self.result, self._real = None, None, 0
        self._configs = {}
        self._offer()
        self._show_form()
        self._meet()
        self.refresh()

    def _changed(self, key: str) -> None:
        if key == self._key:
            self._meet()
            self.refresh()

    def _meet(self) -> None:
        """Ask for some of the data, and what the model can do, where somebody looks."""
        run = self._run
        if run is None or not self.isVisible() or not can_edit(self._state):
            return
        if self._once.due(run):
            self._actions.looking.load_target(run.key, TARGET)
        if self._able is None and run.checkpoints and self._once.ready:
            tasks.spawn(self._learn(run.key))
        if run.target is not None and self.edits.now is None:
            if len(self._state.selection.rows):
                self._take_selected()
            if self.edits.now is None:
                self.take_real()

    async def _learn(self, key: str) -> None:
        try:
            able = await self._actions.operating.able(key)
        except Refused:
            return  # the button says what is missing
        if isValid(self) and key == self._key:
            self._able = able
            self._show_form()
            self.refresh()

    def take(self, sheet: Sheet, said: str = "") -> None:
        """Work on another image, which can be taken back."""
        self.edits.put(sheet)
        self.result = None
        self.said.setText(said)
        self.refresh()

    def _next_real(self) -> Sheet | None:
        run = self._run
        if run is None or run.target is None or not len(run.target):
            return None
        place = self._real % len(run.target)
        self._real += 1
        told = run.target_told.get(LABEL)
        known = told is not None and run.classes
        name = run.classes[int(told[place])] if known and told is not None else ""
        title = f"Real image {place:,}" + (f", {name}" if name else "")
        return Sheet(run.target[place].astype(np.float32), title, name)

    def take_real(self) -> None:
        """Take the next of the data."""
        sheet = self._next_real()
        if sheet is not None:
            self.take(sheet)

    def _second_real(self) -> None:
        sheet = self._next_real()
        if sheet is not None:
            self.second = sheet
            self.refresh()

    def _take_selected(self) -> None:
        """Take what is selected in any lens; of several the second one is the other end."""
        selection = self._state.selection
        source = selection.source
        known = selection.known(source)
        if source is None or known is None or source.run != self._key or not self.isVisible():
            return
        sheets = [self._sheet_of(known.arrays, known.title, row) for row in selection.rows[:2]]
        found = [each for each in sheets if each is not None]
        if found:
            self.take(found[0])
        if len(found) > 1:
            self.second = found[1]
            self.refresh()

    def _sheet_of(self, arrays: Any, title: str, place: int) -> Sheet | None:
        x = np.asarray(arrays["x"])
        if x.shape[1:] != self.shape or place >= len(x):
            return None
        name = str(arrays[LABEL][place]) if LABEL in arrays else ""
        run = self._run
        known = name if run is not None and name in run.classes else ""
        called = f"{title} {place:,}" + (f", {name}" if name else "")
        return Sheet(x[place].astype(np.float32), called, known)

    # Files

    def _open(self) -> None:
        self._ask_file(self.take_file)

    def _open_second(self) -> None:
        self._ask_file(lambda path: self.take_file(path, second=True))

    def _ask_file(self, take: Any) -> None:
        mode = QFileDialog.FileMode.ExistingFile
        folder = folder_of_files(self._state.project)
        dialog = open_dialog(self, "Open an image", mode, FILTER, folder)
        dialog.fileSelected.connect(lambda file: take(Path(file)))
        dialog.open()

    def take_file(self, path: Path, *, second: bool = False) -> None:
        """Take the picture in a file, as the data are; what was done to it is said."""
        if not self.shape:
            self._say("The size of these images is not known yet: wait until the data are read.")
            return
        try:
            image, said = read_image(path, self.shape)
        except Unreadable as error:
            self._say(str(error))
            return
        self._say("")
        sheet = Sheet(image, path.name)
        if second:
            self.second = sheet
            self.said.setText(said)
            self.refresh()
        else:
            self.take(sheet, said)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _file_of(event) is not None and self.shape:
            event.acceptProposedAction()
            _, height, width = self.shape
            self.said.setText(f"Drop it: it is made {width} x {height}, as the data are.")

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.said.setText("")

    def dropEvent(self, event: QDropEvent) -> None:
        path = _file_of(event)
        if path is not None:
            event.acceptProposedAction()
            self.take_file(path)

    # Painting

    def _take_tool(self, *, erases: bool) -> None:
        for tool, held in ((self.brush, not erases), (self.eraser, erases)):
            tool.setChecked(held)
            restyle(tool, held="true" if held else "false")

    def _take_ink(self, ink: tuple[float, ...]) -> None:
        self._ink = ink

    def _ask_colour(self) -> None:
        dialog = QColorDialog(QColor.fromRgbF(*(self._ink * 3)[:3]), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(
            lambda chosen: self._take_ink((chosen.redF(), chosen.greenF(), chosen.blueF()))
        )
        dialog.open()

    def _size(self, by: int) -> None:
        place = min(max(RADII.index(self._radius) + by, 0), len(RADII) - 1)
        self._radius = RADII[place]
        self._tell_brush()

    def _tell_brush(self) -> None:
        self.size_.setText(f"{2 * self._radius:g} px")
        self.canvas.show_brush(self._radius, paints=bool(self.task.brush))

    def _stroke(self, begins: bool, at_row: float, at_column: float, erases: bool) -> None:
        if begins:
            self.edits.begin()
        sheet = self.edits.now
        if sheet is None:
            return
        erases = erases or self.eraser.isChecked()
        if self.task.brush == "mask":
            paint: float | bool | tuple[float, ...] = not erases
        else:
            paint = 0.0 if erases else self._ink
        self.edits.amend(brushed(sheet, (at_row, at_column), self._radius, paint))
        if self.task.brush == "colour":
            self.edits.amend(replace(self.edits.now or sheet, label=""))
        self.result = None
        self.refresh()

    def _fill(self) -> None:
        sheet = self.edits.now
        if sheet is not None:
            far = float(sum(sheet.image.shape))
            middle = sheet.image.shape[1] / 2, sheet.image.shape[2] / 2
            self.take(replace(brushed(sheet, middle, far, self._ink), title="Sketch", label=""))

    def _wipe(self) -> None:
        if self.edits.now is not None and self.edits.now.marked.any():
            self.edits.put(replace(self.edits.now, mask=None))
            self.refresh()

    def _undo(self) -> None:
        self.edits.undo()
        self.result = None
        self.refresh()

    def _redo(self) -> None:
        self.edits.redo()
        self.result = None
        self.refresh()

    # What is done

    def _offer(self) -> None:
        """Say of each task whether the run can do it."""
        able = {each.slug for each in operators.offered(self._run, self._state.catalog)}
        model = self.what.model()
        for place, task in enumerate(TASKS):
            item = model.item(place)  # type: ignore[attr-defined]
            grey = task.colour and bool(self.shape) and self.shape[0] != 3
            item.setEnabled(task.operator in able and not grey)
            why = "These images are grey." if grey else "This model cannot do that."
            tip = "" if item.isEnabled() else tip_text(why)
            self.what.setItemData(place, tip, Qt.ItemDataRole.ToolTipRole)

    def _choose(self, place: int) -> None:
        self.task = TASKS[place]
        self.result = None
        self._wrong = set()
        self._say("")
        self._show_form()
        self.refresh()

    @property
    def _entry(self) -> EntrySpec | None:
        catalog = self._state.catalog
        return catalog.get("operator", self.task.operator) if catalog is not None else None

    @property
    def config(self) -> dict[str, Any]:
        """The settings of the task, as far as they are not the operator's own."""
        return self._configs.setdefault(self.task.title, dict(self.task.config))

    def _fields(self, entry: EntrySpec) -> EntrySpec:
        run, catalog = self._run, self._state.catalog
        assert run is not None
        assert catalog is not None
        conditions = self._able.conditions if self._able is not None else []
        called = kind_of_run(run, catalog).called
        made = operators.settings(entry, run, catalog, self.config, conditions, called)
        typed = {f"{operators.INPUTS}.{slot.name}" for slot in entry.takes}
        own = [field for field in made.fields if field.path not in typed]
        return msgspec.structs.replace(made, fields=own)

    def _show_form(self) -> None:
        run, entry, catalog = self._run, self._entry, self._state.catalog
        if run is None or run.spec is None or entry is None or catalog is None:
            self._area.setWidget(QWidget())
            self._form = None
            return
        self._form = Form(self._fields(entry))
        self._form.edited.connect(self._edited)
        self._form.rejected.connect(lambda field, _typed: self._reject(field.path))
        classes: list[str] = next((c.names for c in self._conditions if c.names), [])
        runs = [each for each in self._state.runs.by_key.values() if each.checkpoints]
        self._form.show_offers(offered(runs, {"names": classes}, (), catalog))
        self._form.show_config(self.config)
        self._area.setWidget(self._form)

    @property
    def _conditions(self) -> list[Any]:
        return self._able.conditions if self._able is not None else []

    def _edited(self, field: FieldSpec, value: Any) -> None:
        self._wrong.discard(field.path)
        spec = RunSpec(name="", family=Pick(slug="", config=self.config), dataset=Pick(slug=""))
        config = drafts.put(spec, "family", field, value).family.config
        self._configs[self.task.title] = config
        assert self._form is not None
        entry = self._entry
        if field.chooses and entry is not None:
            self._form.show_entry(self._fields(entry))
        self._form.show_config(config)
        self.strengths.forget()
        self.refresh()

    def _reject(self, path: str) -> None:
        self._wrong.add(path)
        self.refresh()

    def _handed(self) -> Handed:
        run, entry = self._run, self._entry
        if run is None or entry is None:
            return Handed(wrong="No run is selected.")
        if not run.checkpoints:
            return Handed(wrong="This run has no checkpoint yet.")
        if not can_ask(self._state, self.task.operator):
            return Handed(wrong="This model cannot do that.")
        labels = any(each.name == LABEL for each in self._conditions)
        return handed(self.task, self.edits.now, self.second, self.config, labels)

    def _go(self) -> None:
        if self._job:
            self._actions.operating.cancel(self._job)
            return
        made, sheet, entry = self._handed(), self.edits.now, self._entry
        if made.wrong or sheet is None or entry is None:
            self._say(made.wrong)
            return
        self._say("")
        own = {name: value for name, value in self.config.items() if name != operators.GIVEN}
        self._asked = self.task, sheet, own
        tasks.spawn(self._start(self._key, Asking(own, made.given, made.inputs)))

    async def _start(self, key: str, ask: Asking) -> None:
        self.go.setEnabled(False)
        try:
            job = await self._actions.operating.start(key, self.task.operator, ask)
        except Refused as refused:
            if isValid(self):
                self._refuse(refused)
            return
        if isValid(self) and key == self._key:
            self._job = job if job != self._over else ""
            self.refresh()

    def _refuse(self, refused: Refused) -> None:
        path = refused.error.path.removeprefix("config.")
        if (
            self._form is None
            or not path
            or not self._form.show_problem(path, refused.error.message)
        ):
            self._say(f"{refused.error.message} {refused.error.hint}".strip())
        self.refresh()

    def _ended(self, info: JobInfo) -> None:
        self._over = info.job
        if info.job == self._job:
            self._job = ""
            self.refresh()

    def _written(self, event: ResultWritten) -> None:
        mine = self._asked is not None and event.operator == self._asked[0].operator
        if mine and event.run == self._key and event.result and self._job in ("", event.job):
            tasks.spawn(self._load(Path(event.result)))

    async def _load(self, place: Path) -> None:
        asked, key = self._asked, self._key
        if asked is None:
            return
        try:
            record, arrays = await asyncio.to_thread(disk.result, place)
            task, sheet, _ = asked
            found = edited(
                task, sheet, arrays, record.config, record.seconds, record.note, place.name
            )
        except (Refused, KeyError) as error:
            if isValid(self) and key == self._key:
                self._say(f"The result cannot be read: {error}")
            return
        if isValid(self) and key == self._key and asked is self._asked:
            self.result, self._shown = found, found.first
            self.refresh()

    def go_on(self) -> None:
        """Edit further what came of it."""
        found = self.result
        sheet = self.edits.now
        if found is None or sheet is None:
            return
        image = found.images[self._shown].clip(0.0, 1.0)
        kept = sheet.label if found.task.operator != "bridge" else str(self.config.get("to") or "")
        title = f"{found.task.title} of {sheet.title}"
        self.take(Sheet(image, title, kept))

    def _copy(self) -> None:
        self.results.copy_rows(np.array([self._shown]))

    def _browse(self) -> None:
        if self.result is not None:
            self._actions.operating.show(self._key, self.result.name)

    def _pick(self, place: int) -> None:
        if place >= 0 and self.result is not None:
            self._shown = place
            self.refresh()

    # How strong

    def _want_strengths(self, sheet: Sheet) -> None:
        made = self._handed()
        if self.task.operator != "sdedit" or made.wrong or not self._once.ready:
            return
        config = {n: v for n, v in self.config.items() if n not in (operators.GIVEN, "draws")}
        kind, noise = kind_of_run(self._run, self._state.catalog), float(self.config["noise"])
        self.strengths.want(Question(self._key, sheet, kind, config, made.given, noise))
        self.strengths.mark(noise)

    def _take_strength(self, noise: float) -> None:
        self._configs[self.task.title] = {**self.config, "noise": noise}
        if self._form is not None:
            self._form.show_config(self.config)

    # Showing

    def _say(self, wrong: str) -> None:
        self.trouble.setText(wrong)
        self.trouble.setVisible(bool(wrong))

    def _divided(self, share: float) -> None:
        self.divider.blockSignals(True)
        self.divider.setValue(round(share * STEPS))
        self.divider.blockSignals(False)

    def refresh(self) -> None:
        """Show the image, what came of it, and what can be done."""
        sheet, found, run = self.edits.now, self.result, self._run
        self.page.setVisible(sheet is not None)
        for control in (self.go, self.real, self.open_):
            control.setVisible(sheet is not None)
        if sheet is None:
            self._tell_empty(run)
            return
        self.empty.hide()
        kind = kind_of_run(run, self._state.catalog)
        self._offer()
        after = None
        before = sheet.image
        if found is not None:
            after, before = found.images[self._shown], found.before
        mask = sheet.marked if self.task.brush == "mask" else None
        self.canvas.show_images(before, after, mask)
        self.title.set_text(sheet.title)
        marks = self.task.brush == "mask"
        self.marked.setText(sheet.words if marks and sheet.marked.any() else "")
        self._show_tools(len(sheet.image))
        sides: tuple[QWidget, ...] = (self.divider, self._before, self._after)
        for side in sides:
            side.setVisible(found is not None)
        self.says.set_text(self.task.says)
        self._show_results(found)
        self._second.setVisible(self.task.second)
        if self.task.second:
            second = None if self.second is None else kind.tiles({"x": self.second.image[None]})
            message = "Choose where the way leads: a real one, or one from a file."
            title = [] if self.second is None else [self.second.label or "no class"]
            self.other.show_tiles(second, noun=kind.one, message=message, words=title)
        self.strengths.setVisible(self.task.operator == "sdedit")
        self._want_strengths(sheet)
        self.go.setText("Cancel" if self._job else "Apply")
        self.go.setEnabled(bool(self._job) or not self._wrong)
        wrong = "" if self._job else self._handed().wrong
        set_tip(self.go, "End it; nothing is kept" if self._job else wrong or "Do it (Ctrl+Enter)")

    def _show_tools(self, channels: int) -> None:
        paints, colour = self.task.brush != "", self.task.brush == "colour"
        tools: tuple[QWidget, ...] = (
            self.brush, self.eraser, self.wider, self.narrower, self.size_,
        )  # fmt: skip
        for tool in tools:
            tool.setVisible(paints)
        self.wipe.setVisible(self.task.brush == "mask")
        self.fill.setVisible(colour)
        self._ink_name.setVisible(colour and channels == 1)
        self.ink.setVisible(colour and channels == 1)
        self.colour.setVisible(colour and channels == 3)
        self.undo.setEnabled(self.edits.can_undo)
        self.redo.setEnabled(self.edits.can_redo)
        self._tell_brush()

    def _show_results(self, found: Edited | None) -> None:
        for each in (self.use, self.copy, self.show_):
            each.setVisible(found is not None)
        if found is None:
            message = "It is on its way." if self._job else "Apply, and what comes of it is here."
            self.results.show_tiles(None, message=message)
            self.facts.set_text("")
            self.facts.hide()
            return
        kind = kind_of_run(self._run, self._state.catalog)
        tiles = kind.tiles({"x": found.images})
        self.results.show_tiles(tiles, noun=kind.one, words=list(found.names))
        self.results.select(self._shown)
        self.facts.show()
        self.facts.set_text(found.facts)
        self.facts.set_more(found.note)

    def _tell_empty(self, run: RunState | None) -> None:
        if run is None:
            return
        if not self._once.ready:
            self.empty.tell("Nothing to edit yet", "The data are read when the engine is ready.")
        else:
            self.empty.tell("Nothing to edit yet", "Some of the data are on their way.")

    # Events

    def event(self, event: QEvent) -> bool:
        """Ctrl+Z is about the image here, as long as something of it can be taken back."""
        if isinstance(event, QKeyEvent) and event.type() in (
            QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride,
        ):  # fmt: skip
            does = self._does(event)
            if does is not None:
                if event.type() == QEvent.Type.KeyPress:
                    does()
                event.accept()
                return True
        return super().event(event)

    def _does(self, event: QKeyEvent) -> Any:
        control = event.modifiers() == Qt.KeyboardModifier.ControlModifier
        if event.matches(UNDO) and self.edits.can_undo:
            return self._undo
        if event.matches(REDO) and self.edits.can_redo:
            return self._redo
        if control and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return self._go
        return None

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._meet()
        self.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it is narrow, what came of it stands below the image."""
        super().resizeEvent(event)
        direction = QBoxLayout.Direction
        wide = self.width() >= WIDE
        self._halves.setDirection(direction.LeftToRight if wide else direction.TopToBottom)
        self.canvas.setMinimumHeight(160 if wide else 300)


def _file_of(event: QDropEvent) -> Path | None:
    """Return the first local file that is dragged."""
    files = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return files[0] if files else None


SHOWN = shows_moving("edit")


def can_edit(state: AppState) -> bool:
    """Whether the selected run makes images, and its model can edit some."""
    return SHOWN(state) and can_ask(state, TASKS[0].operator)


VIEW = ViewSpec(
    id="edit", lens="samples", title="Edit", order=24, applies=can_edit, factory=EditView
)
