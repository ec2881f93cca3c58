"""The h explorer: the rescaling, the particles on it, and every other h."""

from dataclasses import replace

import numpy as np
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.charts.camera import Bounds
from pushforward.studio.app.charts.picture_export import Picture
from pushforward.studio.app.charts.print_plots import h_picture
from pushforward.studio.app.charts.rescaling_chart import HPlot
from pushforward.studio.app.charts.rescaling_shape import Shape, judge, values_at
from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.rescaling_choice import (
    RESCALING,
    SHIFT,
    ChosenH,
    find_rescaling,
    h_of_run,
    has_rescaling,
)
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.data.chart_export import ask_picture
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.view_spec import ViewSpec
from pushforward.studio.app.design.basic import (
    Elided,
    button,
    column,
    label,
    restyle,
    row,
    separator,
    view_bar,
)
from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.record_follower import Following
from pushforward.studio.app.engine.requests.record_watching import Looking
from pushforward.studio.app.lenses.explain.rescaling_curves import scene_of, shape_of
from pushforward.studio.app.lenses.explain.rescaling_details import HChoice
from pushforward.studio.app.lenses.explain.rescaling_list import HList
from pushforward.studio.protocol.catalog import FieldSpec
from pushforward.studio.protocol.extras import CRITIC
from pushforward.studio.protocol.spec import ChangeSetting

__all__ = ["VIEW", "RescalingView"]

NO_VALUES: np.ndarray = np.empty(0)
PARTICLES = 4096
BOUNDS: Bounds = (-4.0, 4.0, -4.0, 4.0)  # of layers, of which none is asked for


def _looking(run: RunState) -> Looking:
    return Looking(run.job, (), BOUNDS, 2, PARTICLES, extras=(CRITIC,))


def applies(state: AppState) -> bool:
    """Whether the selected run has an h."""
    run = state.runs.current
    if run is None or run.spec is None:
        return False
    return has_rescaling(draft_spec.entry_of(run.spec, "family", state.catalog))


class RescalingView(LensView):
    """Curves over the histogram of the critic's values; the list of all h; the ways to use one."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self.following = Following(self, state, actions, _looking, applies)
        self._key, self._picked = "", ""
        self._shift: float | None = None
        self.verdict = Elided("", "heading")
        self.words = label("", "muted", wrap=True)
        self.plot = HPlot()
        self.list = HList()
        self.choice = HChoice(self._use, self._branch)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        picture = button("Export picture", self._export, tip="PNG or SVG")
        self.bar = view_bar(self, self.verdict, None, picture)
        self.words.setContentsMargins(16, 8, 16, 0)
        left = column(self.words, (self.plot, 1), gap=None, margins=(0, 0, 0, 8))
        self._side = QWidget()
        self._side.setProperty("surface", "panel")
        column(
            (self.list, 1), separator(), self.choice, parent=self._side, gap=0, margins=(8, 8, 8, 0)
        )
        row((left, 1), self._side, parent=self, gap=0)

    def _connect(self) -> None:
        follow, runs = self.following, self._state.runs
        for signal in (follow.selected, follow.changed, follow.shown, follow.moved):
            signal.connect(self._changed)
        for signal in (runs.edited, runs.kept_changed):  # what there is to branch from, and to
            signal.connect(self._changed)
        follow.failed.connect(self._failed)
        self._state.catalog_changed.connect(self.refresh)
        self.list.chosen.connect(self._pick)
        self.choice.shifted.connect(self._set_shift)
        self.plot.painted.connect(self.following.mark_drawn)
        theme.changed.connect(self.refresh)

    @property
    def _run(self) -> RunState | None:
        return self.following.run

    def _failed(self, step: int, why: str) -> None:
        self.words.setText(f"Step {step:,} cannot be shown: {why}")

    def _changed(self, _news: object = None) -> None:
        key = self._run.key if self._run is not None else ""
        if key != self._key:
            self._key, self._picked, self._shift = key, "", None
        self.refresh()

    # Which h

    def _current(self) -> ChosenH | None:
        """Return the h in force at the step shown."""
        record = self.following.record
        return h_of_run(self._run, record.step if record is not None else None, self._state.catalog)

    def _other(self, current: ChosenH | None) -> ChosenH | None:
        """Return the h that was picked to compare, with its shift, if it differs."""
        spec = find_rescaling(self._state.catalog, self._picked)
        if current is None:
            return None
        shift = current.shift if self._shift is None else self._shift
        made = replace(current, spec=spec or current.spec, shift=shift)
        return None if made == current else made

    def _pick(self, name: str) -> None:
        self._picked = name
        self.refresh()

    def _set_shift(self, shift: float) -> None:
        self._shift = shift
        self.refresh()

    def _shift_field(self) -> FieldSpec | None:
        run, catalog = self._run, self._state.catalog
        entry = draft_spec.entry_of(run.spec, "family", catalog) if run and run.spec else None
        return next((f for f in entry.fields if f.path == SHIFT), None) if entry else None

    # Using one

    def _changes(self, step: int) -> list[ChangeSetting]:
        current = self._current()
        other = self._other(current)
        if current is None or other is None:
            return []
        wishes = [
            (RESCALING, other.spec.name, current.spec.name),
            (SHIFT, other.shift, current.shift),
        ]
        return [ChangeSetting(step=step, path=p, value=v) for p, v, now in wishes if v != now]

    def _use(self) -> None:
        run = self._run
        if run is not None:
            for change in self._changes(0):
                self._actions.edits.apply(run.key, change)

    def _branch(self) -> None:
        run, record = self._run, self.following.record
        if run is not None and record is not None:
            self._actions.branching.branch(run.key, record.step, self._changes(record.step))

    # Showing

    def refresh(self) -> None:
        """Bring everything to the run, the record, the clocks and what was picked."""
        if not self.isVisible():
            return
        run, catalog, current = self._run, self._state.catalog, self._current()
        self._tell_empty(current)
        if current is None or catalog is None:
            return
        other = self._other(current)
        d = self._values()
        shape = shape_of(current)
        ghost = shape_of(other) if other is not None else None
        self.plot.set_scene(scene_of(shape, d, ghost))
        self._tell(current, shape, d)
        self.list.offer(list(catalog.rescalings))
        self.list.show_current(current.spec.name)
        self.list.select(other.spec.name if other is not None else current.spec.name)
        shown = other or current
        verdict = judge(shape_of(other), d) if other is not None else None
        self.choice.show_h(shown, verdict)
        self.choice.show_shift(self._shift_field(), shown.shift)
        self._offer(run, current, other)

    def _values(self) -> np.ndarray:
        record = self.following.record
        extra = record.extras.get(CRITIC) if record is not None else None
        if record is None or extra is None:
            return NO_VALUES
        return values_at(extra, record.t, self._state.playback.flow)

    def _tell(self, current: ChosenH, shape: Shape, d: np.ndarray) -> None:
        """Say in words what the picture shows."""
        verdict = judge(shape, d)
        record = self.following.record
        where = f"step {record.step:,}" if record is not None else ""
        if record is not None and len(record.t) > 1:
            where += f", flow time {self._state.playback.flow:.2f}"
        if verdict is not None:
            self.verdict.set_text(f"{verdict.word[:1].upper()}{verdict.word[1:]} at {where}")
            restyle(self.verdict, role="heading", level=verdict.level)
            text = verdict.text
        elif record is None:
            self.verdict.set_text(current.spec.title)
            text = "Particles are shown with the first snapshot."
        else:
            self.verdict.set_text(current.spec.title)
            text = (
                f"The record of {where} has no critic values at the particles: it was saved by an "
                "earlier version. Follow the live run, or scrub to another step."
            )
        if current.fixed:
            text = f"{current.fixed} {text}"
        self.words.setText(text)
        self.plot.setAccessibleName(f"{current.formula} over the critic's values")
        self.plot.setAccessibleDescription(f"{self.verdict.accessibleName()}. {text}")

    def _offer(self, run: RunState | None, current: ChosenH, other: ChosenH | None) -> None:
        if run is None:
            return
        why, use, branch = "", "", ""
        if current.fixed:
            why = current.fixed
        elif other is None:
            why = "Choose another h or shift to compare it."
        else:
            under_way = bool(run.job) and not run.background
            use = "Use from the next step" if under_way else ""
            step = self.following.record.step if self.following.record is not None else None
            kept = step is not None and step in run.kept
            if kept and not (under_way and self._state.playback.live):
                branch = f"Branch from step {step:,} with this h"
            elif not use:
                why = "Scrub to a snapshot to branch from it with this h."
        self.choice.offer(use, branch, why)

    def _tell_empty(self, current: ChosenH | None) -> None:
        some = current is not None
        for part in (self.words, self.plot, self._side):
            part.setVisible(some)
        self.empty.setVisible(not some)
        if not some:
            self.empty.tell("Nothing to explore yet", "The settings of this run are not known yet.")

    def export_picture(self) -> Picture:
        """Return the curves for paper, with the verdict above them."""
        return h_picture(self.plot.shown, self.verdict.accessibleName(), self.words.text())

    def _export(self) -> None:
        ask_picture(self, self._state, "h")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._side.setFixedWidth(max(220, min(300, self.width() // 3)))


VIEW = ViewSpec(
    id="h",
    lens="explain",
    title="h explorer",
    order=20,
    applies=applies,
    factory=RescalingView,
)
