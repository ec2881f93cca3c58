"""The sheet that writes rows to a file: which, how many, in which format, and where to.

It stands at the foot of a column and covers no picture; while it writes it says how far it is.
"""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIntValidator, QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QProgressBar, QWidget
from shiboken6 import isValid

from pushforward.studio.app.core import async_tasks
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.array_contents import file_bytes, said_bytes
from pushforward.studio.app.core.data_type import FORMATS, Kind
from pushforward.studio.app.core.data_type_registry import kind_of_run, moves_in
from pushforward.studio.app.core.display_names import file_stem
from pushforward.studio.app.core.export_rows import Taken, Taking, free_name, steps
from pushforward.studio.app.core.file_manager import show_in_folder
from pushforward.studio.app.core.operator_results import SEEN
from pushforward.studio.app.core.operator_settings import offered
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.core.selection import Offered, Rows, Source
from pushforward.studio.app.design.basic import Elided, button, column, icon_button, label, row
from pushforward.studio.app.design.file_dialog import folder_of_exports, save_dialog
from pushforward.studio.app.design.forms.editors import ChoiceList, Segments
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.protocol.messages import JobInfo

__all__ = ["ExportSheet"]

TAKEN: tuple[Taken, ...] = ("chosen", "shown", "all", "new")
NEW = 10_000  # rows where nobody says how many
MOST, LARGEST = 10_000_000, 2**31 - 1
NAMES = 76  # pixels of the names of what is asked
THICK = 3
WEIGHED = 256  # rows from which the size of a file is told
# A table of text has no place for how it was made: other formats hold that inside.
BESIDE = dict.fromkeys((".csv", ".tsv"), "Also writes {}.json with the provenance.")
FILMED = "film"
FILM = "Use Samples → Film: any sampler and number of steps, exported as GIF, animated PNG or MP4"
NOT_YET = "It wakes when a file is written."


class ExportSheet(QFrame):
    """What is written follows what is selected and shown.

    Signals:
        closed: the person is done with it.
    """

    closed = Signal()

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state, self._actions = state, actions
        self._job = ""
        self._file = Path()
        self._agreed = False  # to replace the file
        self._chose = False  # whether the person said where to
        self._written: Path | None = None
        self._early: dict[str, JobInfo] = {}  # what has ended since the last was asked for
        self._steps: list[int] = []
        self._followed = False  # whether Selection is chosen because something is selected
        self.setProperty("surface", "sheet")
        self.setAccessibleName("Export samples")
        self.what = Segments(["Selection", "Shown", "All", "New"], "What is written")
        self.taken: Taken = "all"
        self.what.widen()
        self.count, self.seed = _number("How many", NEW, 1, MOST), _number("Seed", 0, 0, LARGEST)
        self.seed.setMaximumWidth(72)
        self.of = label("")
        self.step = ChoiceList([], "Step")
        self.origin = label("", "muted", wrap=True)
        self.format = ChoiceList([], "Format")
        self.into = Elided("", middle=True)
        self.browse = icon_button("folder", "Choose the file", self._choose_file)
        self.beside = label("", "small", wrap=True)
        self.trouble = label("", "danger", wrap=True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(THICK)
        self.bar.setAccessibleName("Export progress")
        self.show_file = button("Show in folder", self._show_file)
        self.go = button("Export", self._go, kind="primary")
        self.cancel = button("Cancel", self._cancel)
        self.film = button("A film of the flow…", self._to_film, kind="link", tip=FILM)
        self.close_ = icon_button("close", "Close (Esc)", self.leave)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        head = row(label("Export samples", "heading"), None, self.close_)
        self._many = _line("Count", self.count, self.of)
        self._when = _line("Seed, step", self.seed, self.step)
        self._whence = _line("From", self.origin)
        body = column(
            head,
            self.what,
            self._many,
            self._when,
            self._whence,
            _line("Format", self.format),
            _line("Into", self.into, self.browse),
            self.beside,
            self.trouble,
            self.bar,
            row(self.film, None),
            parent=self,
            gap=6,
            margins=(14, 10, 14, 12),
        )
        foot = row(self.show_file, self.cancel, (self.go, 1))
        body.addLayout(foot)

    def _connect(self) -> None:
        state = self._state
        self.what.chosen.connect(self._take)
        self.format.currentIndexChanged.connect(self._name_file)
        for field in (self.count, self.seed):
            field.textChanged.connect(self._tell)
            field.returnPressed.connect(self._go)
        self.step.currentIndexChanged.connect(self._tell)
        state.selection.changed.connect(self._selected)
        state.selection.offered.connect(lambda _: self._offered())
        state.selection.filtered.connect(lambda _: self._selected())
        state.place_changed.connect(self._placed)
        state.runs.selected.connect(lambda _: self.begin())
        state.runs.kept_changed.connect(lambda _: self._tell())
        state.runs.changed.connect(lambda _: self._tell())
        state.engine_changed.connect(self._tell)
        state.job_progressed.connect(self._progressed)
        state.job_ended.connect(self._ended)
        state.jobs_lost.connect(self._lost)

    def _placed(self) -> None:
        if self._state.place != "run":
            self.leave()

    # What is written

    @property
    def _run(self) -> RunState | None:
        return self._state.runs.current

    @property
    def _kind(self) -> Kind:
        return kind_of_run(self._run, self._state.catalog)

    def _to_film(self) -> None:
        """Go where films are made, and written as GIF, animated PNG or MP4."""
        self.leave()
        self._state.window.show_lens.emit(SEEN[FILMED])

    def open(self) -> None:
        """Show it, with the keyboard on what is written."""
        self.show()
        self.begin()
        self.what.heir.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def begin(self) -> None:
        """Start with what is selected, or else with what a filter shows, or else with all."""
        self._written, self._agreed = None, False
        able = offered(self._run, self._state.catalog)
        self.film.setVisible(any(each.slug == FILMED for each in able))
        titles = [
            FORMATS.get(each.removeprefix("."), each.upper()) + f" (.{each.removeprefix('.')})"
            for each in self._kind.suffixes
        ]
        self.format.blockSignals(True)
        self.format.offer(titles)
        self.format.setCurrentIndex(0)
        self.format.blockSignals(False)
        self._followed = True
        self._choose(self._best())
        self._name_file()

    @property
    def _picked(self) -> Source | None:
        """What the rows that are selected are rows of, None where none of this run are."""
        run, source = self._run, self._state.selection.source
        return source if run is not None and source is not None and source.run == run.key else None

    def _best(self) -> Taken:
        run = self._run
        if self._picked is not None:
            return "chosen"
        if run is None or self._state.selection.last_of_run(run.key) is None:
            return "new"
        return "all" if self._filtered is None else "shown"

    @property
    def _filtered(self) -> Rows | None:
        """The rows that a filter keeps of what was made, None where none is left out."""
        run, selection = self._run, self._state.selection
        offered = (
            selection.find_offered(selection.last_of_run(run.key)) if run is not None else None
        )
        return offered.shown() if offered is not None else None

    def _selected(self) -> None:
        """Follow what is selected and filtered, until the person says what is meant."""
        if self._followed:
            self._choose(self._best())
        else:
            self._offered()

    def _offered(self) -> None:
        """Leave what is not there any more."""
        gone = {"chosen": self._picked is None, "shown": self._filtered is None}
        if gone.get(self.taken, False):
            self._choose(self._best())
        else:
            self._tell()

    def _take(self, index: int) -> None:
        self._followed = False
        self._choose(TAKEN[index])

    def _choose(self, taken: Taken) -> None:
        self.taken = taken
        self.what.select(TAKEN.index(taken))
        self._tell()

    @property
    def taking(self) -> Taking | None:
        """What would be written, None while something is missing."""
        run, selection = self._run, self._state.selection
        if run is None:
            return None
        source = self._picked if self.taken == "chosen" else selection.last_of_run(run.key)
        known = selection.find_offered(source)
        total = len(known.arrays["x"]) if known is not None else 0
        some = {"chosen": selection.rows, "shown": self._filtered}.get(self.taken)
        if some is not None and known is not None and known.numbers is not None:
            some = known.numbers[some]
        rows = tuple(some.tolist()) if some is not None else ()
        if self.taken != "new" and source is None:
            return None
        if self.taken == "new" and not (
            self.count.hasAcceptableInput() and self.seed.hasAcceptableInput()
        ):
            return None
        count, seed = int(self.count.text() or 0), int(self.seed.text() or 0)
        step = self._steps[self.step.currentIndex()] if self._steps else None
        return Taking(run.key, self.taken, source, rows, total, count, seed, step)

    @property
    def _suffix(self) -> str:
        place = max(0, self.format.currentIndex())
        return self._kind.suffixes[place].removeprefix(".")

    # What is said

    def _tell(self) -> None:
        """Say what would be written, and what is missing."""
        run, selection = self._run, self._state.selection
        if run is None or self.isHidden():
            return
        made = selection.find_offered(selection.last_of_run(run.key))
        total = len(made.arrays["x"]) if made is not None else 0
        chosen, kept = len(selection.of(self._picked)), self._filtered
        nothing = "Nothing of this run is selected."
        self.what.allow(0, "" if chosen else nothing, f"{chosen:,} selected")
        none = "No sample matches the filter." if kept is not None else "No filter is set."
        left = len(kept) if kept is not None else 0
        self.what.allow(1, "" if left else none, f"{left:,} that match the filter")
        self.what.allow(2, "" if total else "Nothing is shown yet.", f"All {total:,}")
        missing = "" if run.checkpoints or run.job else "The run has no checkpoint yet."
        if not moves_in(run, self._state.catalog):
            missing = "The model of this run generates no samples."
        self.what.allow(3, missing, "Generate new samples with the model")
        self._offer_steps(run)
        taking = self.taking
        many = taking.many if taking is not None else 0
        whole = taking.total if taking is not None else 0
        self.of.setText(f"{many:,} of {whole:,}" if many < whole else f"{many:,}")
        source = taking.source if taking is not None else None
        known = selection.find_offered(source) or made
        size = self._size(many, known)
        self.go.setText(", ".join(filter(None, (f"Export {many:,}", size))) if many else "Export")
        self.go.setAccessibleName(self.go.text())
        self._allow(taking)
        self.bar.setVisible(bool(self._job))
        self.cancel.setVisible(bool(self._job))
        self.show_file.setVisible(not self._job)
        self.show_file.setEnabled(self._written is not None)
        set_tip(self.show_file, str(self._written) if self._written else NOT_YET)

    def _allow(self, taking: Taking | None) -> None:
        """Let it be written, or say in the button's tip what is missing."""
        why = ""
        if not self._state.engine.ready:
            why = "The engine is not ready."
        elif self._job:
            why = "An export is running."
        elif taking is None or not taking.many:
            why = "A number is missing." if self.taken == "new" else "Nothing to export."
        self.go.setEnabled(not why)
        set_tip(self.go, why or str(self._file))

    def _size(self, many: int, like: Offered | None) -> str:
        """Return the estimated size of the file, "" if unknown."""
        if like is None or not many:
            return ""
        some = {name: values[:WEIGHED] for name, values in like.arrays.items()}
        size = file_bytes(many, self._kind.filed(some), self._suffix)
        return said_bytes(size) if size is not None else ""

    def _offer_steps(self, run: RunState) -> None:
        """Offer the steps that rows can be of, those shown at first where they are of one alone."""
        source = self._picked if self.taken == "chosen" else None
        source = source or self._state.selection.last_of_run(run.key)
        known = steps(run, self.taken, source)
        before = self.step.currentText()
        titles = [
            f"{each:,} newest" if not place else f"{each:,}" for place, each in enumerate(known)
        ]
        self._steps = known
        self.step.blockSignals(True)
        self.step.offer(titles)
        self.step.setCurrentIndex(max(0, titles.index(before) if before in titles else 0))
        self.step.blockSignals(False)
        new, chooses = self.taken == "new", bool(known)
        self.count.setVisible(new)
        self.of.setVisible(not new)
        self._when.setVisible(chooses or new)
        self.seed.setEnabled(new)
        if not new and chooses and run.spec is not None:
            self.seed.setText(str(run.spec.training.get("seed", 0)))
        set_tip(self.seed, "" if new else "Seed of the run, which fixes its latents.")
        offered = self._state.selection.find_offered(source)
        origin = offered.origin() if offered is not None else ""
        self.origin.setText(origin or (offered.title if offered is not None else ""))
        self._whence.setVisible(not chooses and not new and bool(self.origin.text()))

    # Where to

    def _name_file(self) -> None:
        """Suggest a new file name in the last folder, or in the project."""
        run = self._run
        if run is None:
            return
        folder = self._file.parent if self._chose else folder_of_exports(self._state.project)
        self._set_file(free_name(folder, file_stem(run), self._suffix), agreed=False)

    def _set_file(self, file: Path, *, agreed: bool) -> None:
        self._file, self._agreed = file, agreed
        self.into.set_text(str(file))
        set_tip(self.into, str(file))
        self.beside.setText(BESIDE.get(file.suffix.lower(), "").format(file.name))
        self.beside.setVisible(bool(self.beside.text()))
        self._say("")
        self._tell()

    def _choose_file(self) -> None:
        suffixes = self._kind.files
        dialog = save_dialog(
            self, "Export samples", self._file.name, suffixes, self._suffix, self._file.parent
        )
        dialog.fileSelected.connect(self._file_chosen)
        dialog.open()

    def _file_chosen(self, chosen: str) -> None:
        """Take a file; its suffix says how it is written."""
        file = Path(chosen)
        known = [each.removeprefix(".") for each in self._kind.suffixes]
        if file.suffix.removeprefix(".").lower() in known:
            self.format.blockSignals(True)
            self.format.setCurrentIndex(known.index(file.suffix.removeprefix(".").lower()))
            self.format.blockSignals(False)
        self._chose = True
        self._set_file(file, agreed=True)

    # Writing

    def _go(self) -> None:
        taking = self.taking
        if taking is not None and taking.many and self.go.isEnabled():
            self._say("")
            async_tasks.spawn(self._start(taking))

    async def _start(self, taking: Taking) -> None:
        self.go.setEnabled(False)
        self._early.clear()
        try:
            job = await self._actions.export.rows(taking, str(self._file), overwrite=self._agreed)
        except Refused as refused:
            if isValid(self):
                self._say(f"{refused.error.message} {refused.error.hint}".strip())
                self._tell()
            return
        if isValid(self):
            self._job = job
            self.bar.setRange(0, 0)
            self._tell()
            if job in self._early:  # it was over before its name was known
                self._ended(self._early[job])

    def _progressed(self, job: str) -> None:
        info = self._state.jobs.get(job)
        if job == self._job and info is not None and info.total:
            self.bar.setRange(0, info.total)
            self.bar.setValue(min(info.step, info.total))

    def _ended(self, info: JobInfo) -> None:
        if info.job != self._job:
            self._early[info.job] = info
            return
        self._job = ""
        if info.state == "finished":
            self._written = self._file
            self._name_file()
        elif info.error is not None:
            self._say(f"{info.error.message} {info.error.hint}".strip())
        self._tell()

    def _lost(self, jobs: list[JobInfo]) -> None:
        """The engine is gone, and what it was writing with it."""
        if self._job in {info.job for info in jobs}:
            self._job = ""
            self._say("The engine stopped before the file was complete. Export again.")
            self._tell()

    def _cancel(self) -> None:
        if self._job:
            self._actions.operating.cancel(self._job)

    def _show_file(self) -> None:
        if self._written is not None:
            show_in_folder(self._written)

    def _say(self, trouble: str) -> None:
        self.trouble.setText(trouble)
        self.trouble.setVisible(bool(trouble))

    # Coming and going

    def leave(self) -> None:
        """Close the sheet; what is being written goes on."""
        self.hide()
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        else:
            super().keyPressEvent(event)


def _number(name: str, value: int, low: int, high: int) -> QLineEdit:
    made = QLineEdit(str(value))
    made.setValidator(QIntValidator(low, high))
    made.setAccessibleName(name)
    made.setMinimumWidth(48)
    return made


def _line(name: str, *widgets: QWidget) -> QWidget:
    """Return a line: its name, and what is asked."""
    title = label(name, "muted")
    title.setFixedWidth(NAMES)
    made = QWidget()
    line = row(title, *widgets, gap=6)
    line.setStretch(1 if len(widgets) < 2 else 2, 1)
    if len(widgets) > 1 and isinstance(widgets[0], Elided):
        line.setStretch(1, 1)
        line.setStretch(2, 0)
    made.setLayout(line)
    return made
