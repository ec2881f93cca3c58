"""What a training step does, stage by stage, where the data are no points that could be drawn; and
beside it what comes of it: the model's motion, its losses, and the newest data that it makes.
"""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from studio.app import words
from studio.app.actions import Actions
from studio.app.help.pages import family_slug
from studio.app.intents.watching import Looking
from studio.app.kinds.kind import Kind, named
from studio.app.kinds.registry import family_of_run, kind_of_run
from studio.app.plots.following import Following
from studio.app.plots.tiles import SHOWN
from studio.app.state.runs import FlowRecord, RunState
from studio.app.state.session import AppState
from studio.app.state.stages import stages_under
from studio.app.viewspec import ViewSpec
from studio.app.widgets.basic import Elided, button, column, label, row, section
from studio.app.widgets.formula import Formula
from studio.app.widgets.runportrait import RunPortrait
from studio.app.widgets.stagelist import StageList
from studio.app.widgets.tilegrid import TileGrid
from studio.app.widgets.trainingcurves import TrainingCurves
from studio.protocol.catalog import EntrySpec

__all__ = ["VIEW", "StepsView"]

FILLING = 100  # of the room below: pictures take all of it
READING = 560  # logical pixels: lines no longer than the eye follows
BESIDE = 560  # what is beside them is no wider
UNBOUNDED = (-1.0, 1.0, -1.0, 1.0)  # tiles have no window; the protocol wants one
REDRAW = 250  # milliseconds between two looks at the losses


def _applies(state: AppState) -> bool:
    """Whether the steps of the selected run have stages which no plane shows."""
    entry = family_of_run(state.runs.current, state.catalog)
    flat = kind_of_run(state.runs.current, state.catalog).layout == "plane"
    return not flat and entry is not None and bool(entry.stages)


class StepsView(QWidget):
    """Left: the stages with their formulas and sources. Right: the model, what moves the data, what
    the training says of itself, and what comes of it.
    """

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state = state
        self.title = label("", "heading")
        self.summary = label("", "muted", wrap=True)
        self.motion, self.source = Formula(18), label("", "small", wrap=True)
        self.note = label("", "small", wrap=True)
        self.stages = StageList()
        self.about = button("About this model", self._tell_more, kind="link")
        self.curves = TrainingCurves(state)
        self.made = TileGrid("The newest data that it makes")
        self.made.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # a picture: Watch lets them be picked
        self.made.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._of = Elided("", "small")
        self.portrait = RunPortrait(actions)
        self._whose = Elided("", "small")
        self._following = Following(self, state, actions, self._looking, _applies)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(REDRAW)
        self._later.timeout.connect(self._show_curves)
        self._lay_out()
        self._connect()
        self.refresh()

    def _lay_out(self) -> None:
        self.setProperty("surface", "canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        told = QWidget()
        told.setMaximumWidth(READING)
        left = column(self.stages, self.note)
        left.insertLayout(0, row(self.title, None, self.about))
        told.setLayout(left)
        self._losses, self._pictures = QWidget(), QWidget()
        self._losses.setLayout(column(section("Training"), self.curves))
        what = row(section("What it makes"), None, self._of)
        pictures = column(self.made)
        pictures.insertLayout(0, what)
        self._pictures.setLayout(pictures)
        self._answer = QWidget()
        answer = column(self.portrait)
        answer.insertLayout(0, row(section("What it answers"), None, self._whose))
        self._answer.setLayout(answer)
        beside = QWidget()
        beside.setMaximumWidth(BESIDE)
        parts = (self.summary, self.motion, self.source, self._losses)
        right = column(*parts, self._answer, self._pictures, gap=12)
        right.setStretch(len(parts) + 1, FILLING)
        right.addStretch(1)  # what is beside the stages stands together at the top
        beside.setLayout(right)
        layout = row(told, beside, None, gap=24, margins=16)
        layout.setStretch(0, 6)
        layout.setStretch(1, 5)
        layout.setStretch(2, 0)  # only what neither needs is left free
        self.setLayout(layout)

    def _connect(self) -> None:
        follow = self._following
        for signal in (follow.selected, follow.changed, self._state.catalog_changed):
            signal.connect(self.refresh)
        follow.shown.connect(self._show)
        follow.moved.connect(self._soon)
        self.portrait.drawn.connect(self._show_answer)
        self._state.runs.metrics_appended.connect(self._soon)

    def _looking(self, run: RunState) -> Looking:
        return Looking(run.job, (), UNBOUNDED, 1, SHOWN, tuple(self._kind.parts))

    @property
    def _kind(self) -> Kind:
        return kind_of_run(self._following.run, self._state.catalog)

    def refresh(self) -> None:
        """Show the model of the selected run, under its settings."""
        run = self._following.run
        entry = family_of_run(run, self._state.catalog)
        if entry is None or run is None or run.spec is None:
            return
        self.title.setText(f"A training step of {entry.title}")
        self.summary.setText(entry.summary)
        self._show_motion(entry)
        self.stages.set_stages(stages_under(entry, run.spec))
        self.note.setText(
            f"On points in a plane each stage is drawn, with what it has at hand at that moment; "
            f"of {self._kind.many} it is only told."
        )
        self._pictures.setVisible(self._following.record is not None)
        self._show_curves()
        self.portrait.show_run(run, self._kind.portrait if self.isVisible() else None)
        self._show_answer()

    def _show_answer(self) -> None:
        """Show what the model answers, where nothing moves that could be seen of it."""
        self._answer.setVisible(self.portrait.there)
        self._whose.set_text(f"step {self.portrait.step:,}, the first of the data")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def _show_motion(self, entry: EntrySpec) -> None:
        self.motion.set_text(entry.motion)
        self.motion.setVisible(bool(entry.motion))
        self.source.setText(entry.source)
        self.source.setVisible(bool(entry.source))

    def _soon(self, _key: str = "") -> None:
        if self.isVisible() and not self._later.isActive():
            self._later.start()

    def _show_curves(self) -> None:
        self.curves.show_run(self._following.run)
        self._losses.setVisible(not self.curves.isHidden())

    def _show(self, record: FlowRecord) -> None:
        """Show the first data of a record as they are at the end of their flow."""
        run, kind = self._following.run, self._kind
        if run is None or not kind.fits(record.x.shape[2:]):
            return
        told = named(record.given, run.classes) if kind.told else {}
        rows = kind.rows(record.x, record.extras, len(record.t) - 1, slice(SHOWN), told)
        self.made.show_tiles(kind.tiles(rows), noun=kind.moving)
        self._of.set_text(words.at_step(record.step, run))
        self._pictures.show()
        self._following.drawn()

    def _tell_more(self) -> None:
        entry = family_of_run(self._state.runs.current, self._state.catalog)
        if entry is not None:
            self._state.show_help(family_slug(entry.slug))


VIEW = ViewSpec(
    id="steps",
    lens="explain",
    title="A training step",
    order=20,
    applies=_applies,
    factory=StepsView,
)
