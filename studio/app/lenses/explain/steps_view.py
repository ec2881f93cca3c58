"""Stages of a training step for data other than points, with motion, losses and the newest samples.
Data types that support it show the inputs of each stage and the steps of the flow.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.charts.transition import Transition
from pushforward.studio.app.core import snapshot_text
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type import LABEL, Arrays, Kind, TitledTiles, named
from pushforward.studio.app.core.data_type_registry import family_of_run, kind_of_run
from pushforward.studio.app.core.help_pages import family_slug
from pushforward.studio.app.core.runs import FlowRecord, RunState
from pushforward.studio.app.core.selection import Source
from pushforward.studio.app.core.timers import single_shot
from pushforward.studio.app.core.training_stages import stages_under
from pushforward.studio.app.data.answer_bars import blend_answers
from pushforward.studio.app.data.tile_frames import SHOWN, frame_at
from pushforward.studio.app.data.tile_grid import TileGrid
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.view_spec import ViewSpec
from pushforward.studio.app.design.basic import (
    Elided,
    button,
    column,
    label,
    row,
    section,
    view_bar,
)
from pushforward.studio.app.design.formula_label import Formula
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.record_follower import Following
from pushforward.studio.app.engine.requests.record_watching import Looking
from pushforward.studio.app.lenses.explain.breakdown_controls import Freezing
from pushforward.studio.app.lenses.explain.portrait_view import RunPortrait
from pushforward.studio.app.lenses.explain.stage_list import StageList
from pushforward.studio.app.lenses.explain.step_pictures import StepPictures
from pushforward.studio.app.lenses.explain.training_curves import TrainingCurves
from pushforward.studio.app.text import number_format
from pushforward.studio.app.text.noise_labels import middle_row
from pushforward.studio.protocol.catalog import EntrySpec
from pushforward.studio.protocol.extras import ANSWERS
from pushforward.studio.protocol.records import GIVEN

__all__ = ["VIEW", "StepsView"]

MOTION = 0.9  # seconds from the pictures of a stage to those of the next
LOSS = "loss"  # of a scene: the own loss of each row

MOVING = ("particles", "denoised", "moved")  # of a scene: what is seen to move
FILLING = 100  # of the room below: pictures take all of it
READING = 560  # logical pixels: lines no longer than the eye follows
BESIDE = 560  # what is beside them is no wider
LEFT, ALL = 300, 16_777_215  # where stages are drawn; Qt knows no wider widget
UNBOUNDED = (-1.0, 1.0, -1.0, 1.0)  # tiles have no window; the protocol wants one
REDRAW = 250  # milliseconds between two looks at the losses
OF_A_STAGE = 4  # data: the training waits for the pictures of stages


def _applies(state: AppState) -> bool:
    """Whether the steps of the selected run have stages which no plane shows."""
    entry = family_of_run(state.runs.current, state.catalog)
    flat = kind_of_run(state.runs.current, state.catalog).layout == "plane"
    return not flat and entry is not None and bool(entry.stages)


class StepsView(LensView):
    """Left: stages with formulas and sources. Right: the model, its motion, training values, and
    samples.
    """

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self.title = label("", "heading", wrap=True)
        self.summary = label("", "muted", wrap=True)
        self.motion, self.source = Formula(18), label("", "small", wrap=True)
        self.note = label("", "small", wrap=True)
        self.stages = StageList()
        self.about = button("About this model", self._tell_more, kind="link")
        self.curves = TrainingCurves(state)
        self.made = TileGrid("Newest samples")
        self.made.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # a picture: Watch lets them be picked
        self.made.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._of = Elided("", "small")
        self.portrait = RunPortrait(actions)
        self._whose = Elided("", "small")
        self.steps, self._where = StepPictures(), Elided("", "small")
        self.legend = label("", "small", wrap=True)
        self._following = Following(self, state, actions, self._looking, _applies)
        self._freezing = Freezing(self, state, actions, self._following, self.stages)
        self._later = single_shot(self, self._show_curves, REDRAW)
        self._motion = Transition(self)
        self._stage, self._scene, self._before = "", dict[str, Any](), dict[str, Any]()
        self._lay_out()
        self._connect()
        self.refresh()

    def _lay_out(self) -> None:
        told = QWidget()
        self._left = told
        walk = self._freezing
        self._told = Elided("", "muted")
        self.bar = view_bar(self, self._told, None, walk.frozen, walk.freeze)
        self._walk = QWidget()
        self._walk.setLayout(row(walk.back, walk.next, walk.slowly, None))
        left = column(self.stages, self._walk, self.note)
        head = row((self.title, 1), self.about)
        left.insertLayout(0, head)
        told.setLayout(left)
        self._losses, self._pictures = QWidget(), QWidget()
        self._losses.setLayout(column(section("Training"), self.curves))
        what = row(section("What it makes"), None, self._of)
        pictures = column(self.made)
        pictures.insertLayout(0, what)
        self._pictures.setLayout(pictures)
        self._stepped, self._of_what = QWidget(), section("")
        stepped = column(self.steps)
        stepped.insertLayout(0, row(self._of_what, None, self._where))
        stepped.setStretch(1, 1)
        stepped.addWidget(self.legend)
        self._stepped.setLayout(stepped)
        self._answer = QWidget()
        answer = column(self.portrait)
        answer.insertLayout(0, row(section("What it answers"), None, self._whose))
        self._answer.setLayout(answer)
        beside = QWidget()
        self._beside = beside
        parts = (self.summary, self.motion, self.source, self._losses)
        right = column(*parts, self._answer, self._pictures, self._stepped, gap=12)
        right.setStretch(len(parts) + 1, FILLING)
        right.setStretch(len(parts) + 2, FILLING)
        right.addStretch(1)  # what is beside the stages stands together at the top
        beside.setLayout(right)
        layout = row((told, 6), (beside, 5), None, gap=24, margins=16)
        layout.setStretch(2, 0)  # only what neither needs is left free
        self.setLayout(layout)
        self._share_out(drawn=False)

    def _share_out(self, *, drawn: bool) -> None:
        """Divide the space: pictures get the room if stages are drawn, and the inspector describes
        the model.
        """
        self._left.setMaximumWidth(LEFT if drawn else READING)
        self._beside.setMaximumWidth(ALL if drawn else BESIDE)
        for each in (self.summary, self.motion, self.source, self._losses, self._pictures):
            if drawn:
                each.hide()
        self.note.setHidden(drawn)
        self._walk.setVisible(drawn)
        self.bar.setVisible(drawn)

    def _connect(self) -> None:
        follow = self._following
        for signal in (follow.selected, follow.changed, self._state.catalog_changed):
            signal.connect(self.refresh)
        follow.shown.connect(self._show)
        follow.moved.connect(self._schedule_refresh)
        follow.moved.connect(self._draw_step)
        self._freezing.turned.connect(self._draw_step)
        self._motion.ticked.connect(self._draw_step)
        self._state.selection.changed.connect(self._draw_step)
        self.portrait.drawn.connect(self._show_answer)
        self._state.runs.metrics_appended.connect(self._schedule_refresh)

    def _looking(self, run: RunState) -> Looking:
        n = SHOWN if self._freezing.moment is None else OF_A_STAGE
        return Looking(run.job, (), UNBOUNDED, 1, n, tuple(self._kind.parts))

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
        drawn = self._kind.scene is not None
        self.note.setText(
            ""
            if drawn
            else "For points in the plane each stage is drawn with its inputs; "
            f"for {self._kind.many} it is only listed."
        )
        self._pictures.setVisible(self._following.record is not None)
        self._show_curves()
        self.summary.show()
        self._share_out(drawn=drawn)
        self._draw_step()
        if LABEL in self._kind.told or (drawn and self._kind.portrait is not None):
            self._actions.real_samples.need(run.key)  # with it come the names of classes
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

    def _schedule_refresh(self, _key: str = "") -> None:
        if self.isVisible() and not self._later.isActive():
            self._later.start()

    def _show_curves(self) -> None:
        self.curves.show_run(self._following.run)
        self._losses.setVisible(not self.curves.isHidden() and self._kind.scene is None)

    def _show(self, record: FlowRecord) -> None:
        """Show the first data of a record as they are at the end of their flow."""
        run, kind = self._following.run, self._kind
        if run is None or not kind.fits(record.x.shape[2:]):
            return
        if kind.scene is not None:
            self._draw_step()
            self._has_pictures()
            return
        told = self._told_of(record, run)
        rows = kind.rows(record.x, record.extras, len(record.t) - 1, slice(SHOWN), told)
        self.made.show_tiles(kind.tiles(rows), noun=kind.moving)
        self._of.set_text(snapshot_text.at_snapshot(record, run))
        self._pictures.show()
        self._following.mark_drawn()

    def _has_pictures(self) -> None:
        moment = self._freezing.moment
        if moment is None or moment.walking:
            self._following.mark_drawn()  # while a moment stands still no more pictures are wanted

    def _draw_step(self) -> None:
        """Show what the stage of a frozen moment has at hand; where none is frozen, the step of the
        flow that the flow clock points at, of the datum that is selected.
        """
        run, kind = self._following.run, self._kind
        if run is None or kind.scene is None or not self.isVisible():
            self._stepped.hide()
            return
        self._freezing.tell()
        moment, at = self._freezing.moment, self.stages.currentRow()
        if moment is None:
            pictures, title, where = self._of_the_flow(run, kind)
            why = self._freezing.why_not()
            self._told.set_text(why or "Freeze a step to see the inputs of each stage")
        else:
            stage = self.stages.stage
            record = moment.records.get(stage.name) if stage is not None else None
            row = middle_row(each.scene for each in moment.records.values())
            pictures = ()
            if record is not None:
                assert stage is not None
                scene = self._describe_row(record.scene, run, row)
                pictures = kind.scene(self._between(stage.name, scene))
            title = f"Inputs of stage {at + 1}"
            if record is None:
                left_out = "This step skips this stage"
                title = "It comes" if moment.walking else left_out
            where = f"stage {at + 1} of {self.stages.count()}, {kind.one} {row + 1} of the batch"
            loss = record.scene.get(LOSS) if record is not None else None
            if loss is not None and row < len(loss):
                where = f"{where}, loss {number_format.figure(float(loss[row]))}"
            self._told.set_text(self._freezing.going(run))
        self._of_what.setText(title)
        self._where.set_text(where)
        self.steps.show_pictures(kind, pictures)
        self.legend.setText(kind.legend if moment is None else "")  # what a step of the flow marks
        self.legend.setVisible(bool(self.legend.text()))
        self._stepped.setVisible(bool(pictures) or moment is not None)

    def _between(self, stage: str, scene: Arrays) -> Arrays:
        """Return the scene of a stage on its way from that of the stage before."""
        if stage != self._stage:
            self._before, self._scene, self._stage = self._scene, dict(scene), stage
            if self._before:
                self._motion.start(MOTION)
        return blend(self._before, scene, self._motion.now) if self._motion.active else scene

    def _describe_row(self, scene: Arrays, run: RunState, row: int) -> Arrays:
        """Return a row of a scene with its conditions."""
        some = {name: each[row : row + 1] for name, each in scene.items()}
        given = {k.removeprefix(GIVEN): each for k, each in some.items() if k.startswith(GIVEN)}
        names = (*self._kind.told, *self._kind.marked)
        said = named(given, run.classes, asked=run.learned is not None)
        told = {f"{GIVEN}{name}": said[name] for name in names if name in said}
        names_of = {"classes": np.array(run.classes), "columns": np.array(run.columns)}
        inputs = {k: each for k, each in some.items() if not k.startswith(GIVEN)}
        return {**inputs, **told, **{k: each for k, each in names_of.items() if len(each)}}

    def _told_of(self, record: FlowRecord, run: RunState) -> Arrays:
        if not (kind := self._kind).told:
            return {}
        told = named(record.conditions, run.classes, asked=run.learned is not None)
        return told | kind.holding(run.alike, record.x.shape[1])

    def _of_the_flow(self, run: RunState, kind: Kind) -> tuple[Sequence[TitledTiles], str, str]:
        record = self._following.record
        if record is None or kind.step is None or not kind.fits(record.x.shape[2:]):
            return (), "", ""
        if len(record.t) < 2:
            return (), "", ""
        rows = self._state.selection.of(Source(run.key, "particles"))
        row = int(rows[0]) if len(rows) and rows[0] < record.x.shape[1] else 0
        frame = max(1, frame_at(record.t, self._state.playback.flow))
        # A small graph is complete long before the end: there its last change is the step.
        if frame == len(record.t) - 1:
            frame = last_change(record.x[:, row])
        told = self._told_of(record, run)
        way = kind.way(record.x, record.extras, row, np.array([frame - 1, frame]), told)
        before, after = ({name: each[i : i + 1] for name, each in way.items()} for i in (0, 1))
        times = " to ".join(f"{float(t):.2f}" for t in record.t[frame - 1 : frame + 1])
        where = f"{snapshot_text.at_snapshot(record, run)}, latent {row}, t = {times}"
        return kind.step(before, after), "A step of its flow", where

    def _tell_more(self) -> None:
        entry = family_of_run(self._state.runs.current, self._state.catalog)
        if entry is not None:
            self._state.show_help(family_slug(entry.slug))


def blend(before: Arrays, after: Arrays, share: float) -> Arrays:
    """Return the scene at a ``share`` of the way between two stages: numbers of one shape move,
    all else is that of the second.
    """
    if ANSWERS in before and ANSWERS in after:
        after = blend_answers(before, after, share)
    moving = {
        name: old + np.float32(share) * (new - old)
        for name, new in after.items()
        if name in MOVING and (old := before.get(name)) is not None and old.shape == new.shape
        if np.issubdtype(new.dtype, np.floating) and np.issubdtype(old.dtype, np.floating)
    }
    return {**after, **moving}


def last_change(x: NDArray[Any]) -> int:
    """Return the last frame of one latent (frames, ...) that is another than the one before it, the
    last of all where none is.
    """
    changed = np.flatnonzero((x[1:] != x[:-1]).reshape(len(x) - 1, -1).any(axis=1))
    return int(changed[-1]) + 1 if len(changed) else len(x) - 1


VIEW = ViewSpec(
    id="steps",
    lens="explain",
    title="A training step",
    order=20,
    applies=_applies,
    factory=StepsView,
)
