"""The edit lab: an image of the data, of the samples or of a file, painted on and made anew."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from PySide6.QtCore import QEvent, QMimeData, Qt
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QHideEvent,
    QKeyEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QBoxLayout, QFileDialog, QSlider, QVBoxLayout, QWidget
from shiboken6 import isValid

from pushforward.studio.app.core import async_tasks, operator_settings
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import family_of_run, kind_of_run
from pushforward.studio.app.core.operator_results import number_of, operator_of
from pushforward.studio.app.core.operator_settings import Asking
from pushforward.studio.app.core.queue_status import engine_task
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.core.undo_history import Edits, Table
from pushforward.studio.app.data.tile_grid import TileGrid
from pushforward.studio.app.data.views.lab import can_ask
from pushforward.studio.app.data.views.lab_status import LabStatus
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.task_form import TaskForm
from pushforward.studio.app.data.views.view_spec import ViewSpec, shows_moving
from pushforward.studio.app.data_types.images import unsaved_edits
from pushforward.studio.app.data_types.images.edit_canvas import EditCanvas
from pushforward.studio.app.data_types.images.edit_captions import Edited, edited
from pushforward.studio.app.data_types.images.edit_preview import EditPreview, PreviewRequest
from pushforward.studio.app.data_types.images.edit_results import EditResults
from pushforward.studio.app.data_types.images.image_edits import (
    TASKS,
    OperatorInputs,
    Sheet,
    Task,
    no_decoder,
    open_inputs,
    operator_inputs,
    why_no_more,
)
from pushforward.studio.app.data_types.images.image_file import FILTER, ImageRead, carries
from pushforward.studio.app.data_types.images.image_sources import ImageReader, Pictures
from pushforward.studio.app.data_types.images.noise_previews import Question, Strengths
from pushforward.studio.app.data_types.images.paint_tools import PaintTools
from pushforward.studio.app.data_types.images.unsaved_edits import Unapplied
from pushforward.studio.app.design.basic import (
    Elided,
    button,
    column,
    label,
    row,
    scrolled,
    section,
    view_bar,
)
from pushforward.studio.app.design.drop_action import copied
from pushforward.studio.app.design.edit_shortcuts import take_key
from pushforward.studio.app.design.file_dialog import folder_of_files, open_dialog
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.scroll_page import LowPage
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.job import Job, Jobs
from pushforward.studio.app.engine.requests import project_files
from pushforward.studio.app.engine.requests.request_base import Refused

__all__ = ["VIEW", "EditView"]

TARGET = 512  # real images that are fetched to choose from
STEPS = 100  # of the slider between before and after
WIDE = 640  # logical pixels from which image and results stand side by side
COLOURS = 3
DRAWN = "Random latents"
SIDES, ENDS = ("Before", "After"), ("First latent", "Chosen stop")
AS_IT_IS = "As the image is"
OF_IMAGE = "Class that the model is conditioned on; otherwise the image's own, none if unknown."
SIDE = 84  # height of a strip of small images


class EditRequest(NamedTuple):
    """What the model is given, and what for."""

    task: Task
    sheet: Sheet


class EditView(LensView):
    """One image, what is done with it, and what came of it."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self.edits = Edits[Sheet]()
        self._came = WeakKeyDictionary[Sheet, Edited]()  # of each sheet what came of it last
        self.second: Sheet | None = None
        self.pictures = Pictures(state)
        self.reader = ImageReader(self, self._take_read, self._refuse_file, self._wait)
        self._jobs = Jobs[EditRequest](self, state, actions)
        self.preview = EditPreview(self, actions)
        self._unapplied = Unapplied(self)
        self._looked = ""  # the run of which what was painted is on the table again
        self._learned = False  # what the model can do
        self.setAcceptDrops(True)
        self._lay_out()
        self._on_table = Table(self.edits, self.paint.undo)
        self._connect()
        self._select(state.runs.selection)

    # Layout

    def _lay_out(self) -> None:
        tip = "Open an image file (or drop or paste an image)"
        self.open_ = button("Open…", self._open, tip=tip)
        self.real = button("Real one", self.take_real, tip="Next real sample")
        self.go = button("Apply", self._go, kind="primary", tip="Apply (Ctrl+Enter)")
        self.bar = view_bar(self, None, self.real, self.open_, self.go)
        self.page = LowPage()
        self._halves = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._halves.setSpacing(20)
        self._halves.addLayout(self._table(), 5)
        self._halves.addLayout(self._build_form(), 6)
        column(self._halves, parent=self.page, margins=(16, 10, 16, 10))
        column(scrolled(self.page), parent=self)

    def _table(self) -> QVBoxLayout:
        self.title, self.marked = Elided("", "strong", middle=True), label("", "muted")
        self.canvas = EditCanvas()
        self.paint = PaintTools(self.edits, self.canvas)
        self.divider = QSlider(Qt.Orientation.Horizontal)
        self.divider.setRange(0, STEPS)
        self.divider.setValue(STEPS // 2)
        self.divider.setAccessibleName("Before and after")
        set_tip(self.divider, "Blend with the original; right end: original only")
        self.said = label("", "small", wrap=True)
        left = column(
            row(self.title, None, self.marked),
            self.paint,
            (self.canvas, 100),
            self.divider,
            self.said,
            gap=6,
            margins=None,
        )
        self.lacks = label("", "small", wrap=True)
        left.addWidget(self.lacks)
        left.addStretch(1)
        return left

    def _build_form(self) -> QVBoxLayout:
        self.form = TaskForm(self._state, TASKS, "Operation", whole=True, usual=_told_class)
        self.says = label("", "muted", wrap=True)
        self.status = LabStatus()
        self.results = EditResults()
        self.strengths = Strengths(self._actions, lambda: self.edits.now)
        self.other = TileGrid("The second image", strip=True)
        self.other.setFixedHeight(SIDE)
        self._second = QWidget()
        second = column(parent=self._second, gap=4)
        more = button("A real one", self._second_real, kind="chip", tip="Next real sample")
        file = button("Open…", self._open_second, kind="chip", tip="From a file")
        second.addLayout(row(section("Second image"), None, more, file))
        second.addWidget(self.other)
        self.alert = label("", "danger", wrap=True)
        self.alert.hide()
        return column(
            row(self.form.what, None),
            self.says,
            self.alert,
            self.status,
            (self.results, 3),
            self.strengths,
            self._second,
            self.form,
            gap=6,
            margins=None,
        )

    def _connect(self) -> None:
        state = self._state
        state.runs.selected.connect(self._select)
        state.runs.changed.connect(self._changed)
        state.selection.changed.connect(self._take_selected)
        state.result_opened.connect(self._opened)
        self._jobs.changed.connect(self.refresh)
        self._jobs.finished.connect(self._load)
        self._jobs.refused.connect(self._refuse)
        self._jobs.lost.connect(self._lost)
        self.preview.changed.connect(self.refresh)
        state.queue_changed.connect(self._want_preview)
        state.engine_changed.connect(self._meet)
        state.catalog_changed.connect(self._offer)
        self.form.chosen.connect(self._chosen)
        self.form.edited.connect(self._edited)
        self.paint.painted.connect(self._painted)
        self.paint.emptied.connect(self.take)
        self.canvas.divided.connect(self._divided)
        self.divider.valueChanged.connect(lambda value: self.canvas.divide(value / STEPS))
        self.results.picked.connect(self.refresh)
        self.results.wanted.connect(self.go_on)
        self.results.browsed.connect(self._browse)
        self.strengths.chosen.connect(lambda noise: self.form.set("noise", noise))

    # Which run, and which image

    @property
    def filled(self) -> bool:
        """Whether there is a result to show."""
        return self.results.found is not None

    @property
    def trouble(self) -> str:
        """Why the preview was refused, "" where it was not."""
        return str(self.preview.error or "")

    @property
    def task(self) -> Task:
        """What is done."""
        return self.form.task

    @property
    def config(self) -> dict[str, Any]:
        """The settings of the task, as far as they are not the operator's own."""
        return self.form.config

    def _select(self, key: str) -> None:
        self._key, self._learned = key, False
        self.edits.turn_to(key)
        self.second = None
        self.results.take(None)
        self.strengths.clear()
        self.reader.cancel()
        self.pictures.begin_run(key)
        self.form.begin(key)
        mine = self._jobs.latest(key)
        if mine is not None and mine.context.sheet is self.edits.now:
            self.form.choose(mine.context.task)
            self._load(mine)
        self._meet()
        self.refresh()

    def _changed(self, key: str) -> None:
        if key == self._key:
            self._meet()
            self.refresh()

    def _meet(self) -> None:
        """Ask for some of the data, and what the model can do, where somebody looks."""
        run = self.run
        if run is None or not self.isVisible() or not can_edit(self._state):
            return
        self._actions.real_samples.need(run.key, TARGET)
        if not self._learned and run.checkpoints and self._state.engine.ready:
            async_tasks.spawn(self._learn(run.key))
        if run.target is not None and self.edits.now is None:
            if len(self._state.selection.rows):
                self._take_selected()
            if self.edits.now is None:
                self.take_real()
                async_tasks.spawn(self._take_up(run.key, self._kept(run)))

    # What was kept

    def _kept(self, run: RunState) -> list[str]:
        """Return the edits of a run by the names of their results, the one that is to be shown
        first: that which was opened, else the newest.
        """
        opened = self._state.opened.get(run.key, "")
        names = [name for name in reversed(run.results) if _task_of(name) is not None]
        return sorted(names, key=lambda name: name != opened)

    def _opened(self, key: str) -> None:
        """Lay what is opened elsewhere on the table, if it is an edit."""
        name, found = self._state.opened.get(key, ""), self.results.found
        shown = found is not None and found.name == name
        if key == self._key and self.edits.now is not None and not shown and _task_of(name):
            async_tasks.spawn(self._bring_back(key, [name]))

    async def _take_up(self, key: str, names: list[str]) -> None:
        """Lay on the table what was painted last and never applied; else an edit that was kept."""
        empty, left = self.edits.now, await asyncio.to_thread(unsaved_edits.read, key)
        if not isValid(self) or key != self._key or self.edits.now is not empty:
            return
        self._looked = key
        fits = left is not None and left[1].image.shape == self.pictures.shape
        if left is None or not fits or self._state.opened.get(key):
            await self._bring_back(key, names)
            return
        task, sheet = left
        self.form.choose(task)
        self.edits.put(sheet)
        self.refresh()

    def _keep_painted(self) -> None:
        """Keep what is painted while nothing came of it yet."""
        sheet, brush = self.edits.now, self.task.brush
        if self._looked != self._key or sheet is None:
            return
        painted = sheet.marked.any() or (brush == "colour" and self.edits.can_undo)
        new = bool(painted) and sheet not in self._came
        self._unapplied.keep(self._key, self.task, sheet if new else None)

    async def _bring_back(self, key: str, names: list[str]) -> None:
        """Open the first result with a known input in the editor."""
        operating = self._actions.operating
        for name in names:
            task = _task_of(name)
            assert task is not None
            try:
                record, arrays = await operating.read(key, name)
                sheet, second = self.edits.now, None
                if not task.drawn:
                    handed = await operating.read_inputs(key, name)
                    sheet, second = open_inputs(
                        handed, record.given, f"Image of result {number_of(name)}"
                    )
                if sheet is None or not isValid(self) or key != self._key:
                    return
                found = edited(
                    task, sheet, arrays, record.config, record.seconds, record.note, name,
                    record.given, record.step,
                )  # fmt: skip
            except (Refused, KeyError):
                continue  # an earlier version did not keep what was handed
            if sheet is not self.edits.now:
                self.edits.put(sheet)
            self.second = second if second is not None else self.second
            self._came[sheet] = found
            self.form.bring_back(task, record.config)
            self._show_came()
            self.strengths.clear()
            self.refresh()
            return

    async def _learn(self, key: str) -> None:
        try:
            able = await self._actions.operating.able(key)
        except Refused:
            return  # the button says what is missing
        if isValid(self) and key == self._key:
            self._learned = True
            self.form.know(able)
            self.refresh()

    async def _learn_decoder(self, name: str) -> None:
        """Learn which classes the other run knows that decodes."""
        keys = [key for key, run in self._state.runs.by_key.items() if run.name == name]
        try:
            able = await self._actions.operating.able(keys[0]) if keys else None
        except Refused:
            return  # the button says what is missing
        if isValid(self) and able is not None:
            self.form.know_decoder(name, able)

    def take(self, sheet: Sheet, said: str = "") -> None:
        """Work on another image, which can be taken back."""
        self.edits.put(replace(sheet, fitted=said) if said else sheet)
        self.results.take(None)
        self.strengths.clear()
        self._keep_painted()
        self.refresh()

    def _tell_fitted(self) -> None:
        """Say what was done to the files that the images are of: after each undo that of these."""
        second = self.second if self.task.second else None
        said = [each.fitted for each in (self.edits.now, second) if each is not None]
        self.said.setText(" ".join(filter(None, said)))

    def _take_second(self, sheet: Sheet) -> None:
        self.second = sheet
        self.refresh()

    def take_real(self) -> None:
        """Next real sample."""
        sheet = self.pictures.next_real()
        if sheet is not None:
            self.take(sheet)

    def _take_another(self) -> None:
        self.take_real()
        self.canvas.setFocus()  # its Ctrl+Z takes this back

    def _second_real(self) -> None:
        sheet = self.pictures.next_real()
        if sheet is not None:
            self._take_second(sheet)

    def _take_selected(self) -> None:
        """Take what is selected in any lens; of several the second one is the other end."""
        looks = self.isVisible() and not self.task.drawn
        found = self.pictures.selected() if looks else []
        if found:
            self.take(found[0])
        if len(found) > 1:
            self._take_second(found[1])

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
        """Read an image file and open it in the editor, or as the second image."""
        if self._takes_images():
            self.reader.read_file(path, self.pictures.shape, second=second)

    def take_carried(self, mime: QMimeData) -> None:
        """Read the image that was dropped or pasted."""
        if self._takes_images():
            self.reader.read_carried(mime, self.pictures.shape)

    def _takes_images(self) -> bool:
        """Return whether an image can be opened; otherwise say why not."""
        if self.task.drawn:
            self._say(f"{self.task.title} starts from random latents and uses no image.")
        elif not self.pictures.shape:
            self._say("The image size is not known yet. Wait until the data are loaded.")
        else:
            return True
        return False

    def _take_read(self, read: ImageRead, second: bool) -> None:
        self._say("")
        sheet = Sheet(read.image, read.name)
        if second:
            self._take_second(replace(sheet, fitted=read.fitted))
        else:
            self.take(sheet, read.fitted)

    def _refuse_file(self, why: str) -> None:
        self._tell_fitted()
        self._say(why)

    def _wait(self, text: str) -> None:
        self._say("")
        self.said.setText(text)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        takes = bool(self.pictures.shape) and not self.task.drawn
        if takes and carries(event.mimeData()):
            copied(event)
            _, height, width = self.pictures.shape
            self.said.setText(f"Drop to resize to {width} x {height}, the size of the data.")

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._tell_fitted()

    def dropEvent(self, event: QDropEvent) -> None:
        copied(event)
        self._tell_fitted()  # what was dropped may be refused
        self.take_carried(event.mimeData())

    def _painted(self) -> None:
        """Show what came of a sheet that undo has brought back; of a new one nothing has yet."""
        self._looked = self._key
        self._show_came()
        self._keep_painted()
        self.refresh()

    def _show_came(self) -> None:
        """Show what came of the sheet by the task that is chosen, if that was the last."""
        sheet = self.edits.now
        came = None if sheet is None else self._came.get(sheet)
        self.results.take(came if came is not None and came.task == self.task else None)

    # What is done

    def _offer(self) -> None:
        grey = bool(shape := self.pictures.shape) and shape[0] != COLOURS
        self.form.offer(lambda task: "These images are greyscale." if task.colour and grey else "")

    def _chosen(self) -> None:
        self._show_came()
        self._say("")
        self.refresh()

    def _edited(self) -> None:
        self.strengths.forget()
        if self.form.decoder:
            async_tasks.spawn(self._learn_decoder(self.form.decoder))
        self.refresh()

    def _operator_inputs(self) -> OperatorInputs:
        run = self.run
        if run is None or self.form.entry is None:
            return OperatorInputs(wrong="No run is selected.")
        if not run.checkpoints:
            return OperatorInputs(wrong="This run has no checkpoint yet.")
        if not can_ask(self._state, self.task.operator):
            return OperatorInputs(wrong="This model does not support this operation.")
        if lacking := self._lacking():
            return OperatorInputs(wrong=lacking)
        labels = self.form.told_classes
        return operator_inputs(self.task, self.edits.now, self.second, self.config, labels)

    def _lacking(self) -> str:
        """Say that the task needs another run, and there is none that fits; "" where there is."""
        return no_decoder(self.pictures.shape, self.form.other_sets) if self.form.lacks_run else ""

    def _go(self) -> None:
        if self._jobs.running(self._key) is not None:
            self._jobs.cancel(self._key)
            return
        made, sheet = self._operator_inputs(), self.edits.now
        if made.wrong or sheet is None:
            self._say(made.wrong)
            return
        self._say("")
        own = {
            name: value for name, value in self.config.items() if name != operator_settings.GIVEN
        }
        given, asking = EditRequest(self.task, sheet), Asking(own, made.given, made.inputs)
        self._jobs.start(self._key, self.task.operator, given, asking)

    def _refuse(self, job: Job[EditRequest], refused: Refused) -> None:
        if job.run == self._key:
            self._say(self.form.show_refused(refused))

    def _lost(self, job: Job[EditRequest]) -> None:
        if job.run == self._key:
            self._say("The engine stopped while working on this. Apply again.")

    def _load(self, job: Job[EditRequest]) -> None:
        if job.result is not None:
            async_tasks.spawn(self._read(job, job.result))

    async def _read(self, job: Job[EditRequest], place: Path) -> None:
        task, sheet = job.context
        try:
            record, arrays = await asyncio.to_thread(project_files.result, place)
            found = edited(
                task, sheet, arrays, record.config, record.seconds, record.note, place.name,
                record.given, record.step,
            )  # fmt: skip
        except (Refused, KeyError) as error:
            if isValid(self) and job is self._jobs.latest(self._key):
                self._say(f"The result cannot be read: {error}")
            return
        if isValid(self) and job is self._jobs.latest(self._key):
            self._came[sheet] = found
            self._keep_painted()
            if task == self.task:
                self.results.take(found)
            self.refresh()

    def go_on(self) -> None:
        """Edit further what came of it."""
        found, image, sheet = self.results.found, self.results.image, self.edits.now
        if found is None or image is None or sheet is None:
            return
        kept = str(self.config.get("to") or "") if self.results.is_other else sheet.label
        title = f"{found.task.title} of {sheet.title}"
        self.take(Sheet(image.clip(0.0, 1.0), title, kept))
        self.canvas.setFocus()  # its Ctrl+Z takes this back

    def _browse(self) -> None:
        if self.results.found is not None and self.results.found.name:
            self._actions.operating.show(self._key, self.results.found.name)

    def _want_preview(self) -> None:
        """Compute a preview of the task, while nothing was applied and the engine is free."""
        run, sheet, task = self.run, self.edits.now, self.task
        if run is None or sheet is None or not self.isVisible() or not self._can_preview(run):
            return
        entry = self.form.entry
        draws = entry is not None and any(field.path == "draws" for field in entry.fields)
        self.preview.ask(
            PreviewRequest(
                run.key, max(run.checkpoints), task, sheet, self.second if task.second else None,
                dict(self.config), self.form.told_classes, draws,
            )
        )  # fmt: skip

    def _can_preview(self, run: RunState) -> bool:
        applied = self.results.found is not None and not self._is_preview
        free = self._state.engine.ready and not engine_task(self._state)
        busy = self._jobs.running(self._key) is not None
        able = can_ask(self._state, self.task.operator) and self.task.operator != "sdedit"
        needs = self.task.needs[0]
        lacks = bool(needs) and not self.config.get(needs)
        lacks = lacks or bool(self._lacking()) or (self.task.second and self.second is None)
        return bool(run.checkpoints) and free and able and not (applied or busy or lacks)

    @property
    def _is_preview(self) -> bool:
        found = self.preview.answer
        return found is not None and self.results.found is found.result

    def _show_preview(self, sheet: Sheet) -> Sheet:
        """Show the preview of the open sheet where nothing was applied; return what it edits."""
        found = self.preview.answer
        fits = found is not None and found.sheet is sheet and found.result.task == self.task
        if fits and found is not None and self.results.found is None:
            self.results.take(found.result)
        elif self.results.found is not None and not self.results.found.name and not fits:
            self.results.take(None)
        shown = self._is_preview and found is not None
        n = len(found.result.images) if shown and found is not None else 0
        text = "Quick settings. Apply computes all draws and keeps them." if shown else ""
        self.status.show_state(f"Preview, n = {n}" if shown else "", text)
        return found.edited if shown and found is not None else sheet

    def _want_strengths(self, sheet: Sheet) -> None:
        made = self._operator_inputs()
        if self.task.operator != "sdedit" or made.wrong or not self._state.engine.ready:
            return
        config = {
            n: v for n, v in self.config.items() if n not in (operator_settings.GIVEN, "draws")
        }
        kind, noise = kind_of_run(self.run, self._state.catalog), float(self.config["noise"])
        self.strengths.want(Question(self._key, sheet, kind, config, made.given, noise))
        self.strengths.mark(noise)

    # Showing

    def _say(self, wrong: str) -> None:
        """Show an error in place of the hint, without moving the layout."""
        self.alert.setText(wrong)
        self.alert.setVisible(bool(wrong))
        self.says.setVisible(not wrong)

    def _divided(self, share: float) -> None:
        self.divider.blockSignals(True)
        self.divider.setValue(round(share * STEPS))
        self.divider.blockSignals(False)

    def refresh(self) -> None:
        """Show the image, what came of it, and what can be done."""
        sheet, found, run = self.edits.now, self.results.found, self.run
        some = sheet is not None and can_edit(self._state)
        if some:
            self._offer()  # another task may be chosen for it
        self.page.setVisible(some)
        self.go.setVisible(some)
        for control in (self.real, self.open_):
            control.setVisible(some and not self.task.drawn)
        if sheet is None or not some:
            self._tell_empty(run)
            return
        self.empty.hide()
        self._tell_fitted()
        self._want_preview()
        edited_sheet = self._show_preview(sheet)
        found = self.results.found
        kind, waits = kind_of_run(run, self._state.catalog), self._jobs.running(self._key)
        before = sheet.image if found is None else found.before
        marks = self.task.brush == "mask"
        self.canvas.show_images(before, self.results.image, edited_sheet.marked if marks else None)
        self.canvas.setVisible(found is not None or not self.task.drawn)
        self.canvas.name_sides(*(ENDS if self.task.drawn else SIDES))
        self.paint.setVisible(not self.task.drawn)
        self.title.set_text(DRAWN if self.task.drawn else sheet.title)
        self.lacks.setText("" if can_ask(self._state, TASKS[0].operator) else self._why_no_more)
        self.lacks.setVisible(bool(self.lacks.text()))
        self.marked.setText(sheet.words if marks and sheet.marked.any() else "")
        self.paint.show_for(self.task, len(sheet.image), min(sheet.image.shape[1:]))
        self.divider.setVisible(found is not None)
        self.says.setText(self._lacking() or self.task.says)
        self.results.show_tiles(kind, run, awaited=waits.context.task.title if waits else "")
        self._second.setVisible(self.task.second)
        if self.task.second:
            second = None if self.second is None else kind.tiles({"x": self.second.image[None]})
            message = "Choose the end of the path: a real sample or a file."
            title = [] if self.second is None else [self.second.label or "no class"]
            self.other.show_tiles(second, noun=kind.one, message=message, words=title)
        self.strengths.setVisible(self.task.operator == "sdedit")
        self._want_strengths(sheet)
        self.go.setText("Cancel" if waits else "Apply")
        self.go.setEnabled(bool(waits.id) if waits else self.form.is_right)
        wrong = "" if waits else self._operator_inputs().wrong
        ends = f"End {waits.context.task.title} without a result" if waits else ""
        set_tip(self.go, ends or wrong or "Apply (Ctrl+Enter)")

    def _tell_empty(self, run: RunState | None) -> None:
        if run is None:
            return
        if not can_edit(self._state):
            self.empty.tell("This model supports no edits", self._why_no_more)
        elif not self._state.engine.ready:
            self.empty.tell("Nothing to edit yet", "The data load when the engine is ready.")
        else:
            self.empty.tell("Nothing to edit yet", "Loading data…")

    @property
    def _why_no_more(self) -> str:
        family = family_of_run(self.run, self._state.catalog)
        title = family.title if family is not None else "this model"
        return why_no_more(title, drawn=can_edit(self._state))

    def _paste(self) -> None:
        """Take the picture on the clipboard."""
        self.take_carried(QGuiApplication.clipboard().mimeData())

    # Events

    def event(self, event: QEvent) -> bool:
        """Ctrl+Z is about the image here, as long as something of it can be taken back."""
        if isinstance(event, QKeyEvent) and take_key(
            event,
            undo=self.paint.undo if self.edits.can_undo else None,
            redo=self.paint.redo if self.edits.can_redo else None,
            go=self._go,
            paste=self._paste,
        ):
            return True
        return super().event(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._state.table = self._on_table
        self._state.paste = self._paste
        self._meet()
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._unapplied.flush()
        if self._state.table is self._on_table:
            self._state.table = None
        if self._state.paste == self._paste:
            self._state.paste = None

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it is narrow, what came of it stands below the image."""
        super().resizeEvent(event)
        direction = QBoxLayout.Direction
        wide = self.width() >= WIDE
        self._halves.setDirection(direction.LeftToRight if wide else direction.TopToBottom)
        self.canvas.setMinimumHeight(160 if wide else 300)


def _told_class(task: Task) -> tuple[str, str]:
    """Return the default class condition; that of the data for sampling tasks."""
    return ("", "") if task.drawn else (AS_IT_IS, OF_IMAGE)


def _task_of(result: str) -> Task | None:
    """Return the task of the lab that a result came of, by its name; None for none."""
    return next((task for task in TASKS if task.operator == operator_of(result)), None)


def can_edit(state: AppState) -> bool:
    """Whether the model of the selected run can do one of the tasks."""
    return any(can_ask(state, task.operator) for task in TASKS)


VIEW = ViewSpec(
    id="edit", lens="samples", title="Edit", order=24, applies=shows_moving("edit"),
    factory=EditView,
)  # fmt: skip
