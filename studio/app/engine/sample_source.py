"""What the lenses of samples show of the selected run: the newest particles, or drawn samples."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from pushforward.studio.app.core import snapshot_text
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import fitting, flows_in, kind_of_run
from pushforward.studio.app.core.operator_results import SAMPLES
from pushforward.studio.app.core.runs import FlowRecord, RunState
from pushforward.studio.app.core.sampling_settings import figures_apart, sampled_by
from pushforward.studio.app.core.timers import single_shot
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.query import Query
from pushforward.studio.app.engine.record_follower import Following
from pushforward.studio.app.engine.requests.record_watching import Looking
from pushforward.studio.figures import power
from pushforward.studio.literal import one_line
from pushforward.studio.protocol.messages import JobInfo
from pushforward.studio.protocol.spec import Pick

if TYPE_CHECKING:
    from pushforward.studio.store.samples import SampleSet

__all__ = ["Sampled", "ShownSamples", "read_usual", "shown_of"]

LOOK_MS = 500
CONDITIONED = (
    "These samples have only the chosen conditions, the data next to them have all. The "
    "metrics of the run were measured on samples with all conditions."
)
MADE_OF_OTHERS = (
    "These samples were generated from given inputs: the metrics of the run do not describe them."
)
NOWHERE = (-1.0, 1.0, -1.0, 1.0)  # without layers there is no window; the protocol wants one


@dataclass(frozen=True, eq=False)
class ShownSamples:
    """What was generated, (n, ...) in data units, at which step, and where it comes from, in words.

    ``file`` is where drawn samples are; particles have none. ``given`` are their conditions in
    words, "" for those of the data, and ``seed`` their seed, None if unknown. ``told`` are the
    facts of each by name, and ``classes`` are the names of their classes. ``sampler`` drew them,
    None for the run's own, with weights ``averaged`` over another length than the run's own.
    ``made_of_others``: by an operator that took rows, not by a sampler. ``record`` is the one that
    particles are of.
    """

    x: NDArray[np.float32]
    columns: tuple[str, ...]
    origin: str
    step: int
    file: str = ""
    given: str = ""
    told: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    seed: int | None = None
    sampler: Pick | None = None
    averaged: bool = False
    made_of_others: bool = False
    record: FlowRecord | None = None

    @property
    def note(self) -> str:
        """A remark for comparisons with data, "" for none."""
        if self.made_of_others:
            return MADE_OF_OTHERS
        return CONDITIONED if self.given else ""


def read_usual(key: str) -> ShownSamples | None:
    """Return the newest sample set in a run folder that is of the conditions of the data, of all
    the newest where none is; None where there are none.

    Raises:
        StoreError: a file is damaged.
    """
    return _look(key, "", None, "")[0]


def _look(key: str, shown: str, newest: str | None, opened: str) -> tuple[ShownSamples | None, str]:
    """Look in a run folder for samples other than those ``shown``; return them, None for none, with
    the newest file. If ``newest`` is outdated the newest samples are returned; if it is None, the
    newest ones without chosen conditions, which represent the run. A result ``opened`` by its name
    takes precedence.

    Raises:
        StoreError: a file is damaged.
    """
    from pushforward.studio.store.results import Results
    from pushforward.studio.store.samples import SampleSets

    sets = SampleSets(Path(key))
    paths = sets.paths()
    last = paths[-1] if paths else None
    wanted: Path | None = None
    if opened:
        wanted = Results(Path(key) / "results").get(opened).arrays
    elif newest is None:
        usual = (path for path in reversed(paths) if not sets.attrs(path).get("given"))
        wanted = next(usual, last)
    elif str(last or "") != newest:
        wanted = last
    if wanted is None or str(wanted) == shown:
        return None, str(last or "")
    return shown_of(sets.read(wanted), str(wanted)), str(last or "")


def shown_of(found: "SampleSet", file: str) -> ShownSamples:
    """Return samples of a file as they are shown."""
    step, given = int(found.attrs.get("step", -1)), _format_conditions(found.attrs)
    origin = _origin(found.attrs, len(found.x), given)
    classes = tuple(map(str, found.attrs.get("classes") or ()))
    seed, by = found.attrs.get("seed"), found.attrs.get("sampler")
    return ShownSamples(
        found.x, found.columns, origin, step, file, given, found.beside, classes,
        seed=int(seed) if seed is not None else None,
        sampler=msgspec.convert(by, Pick) if isinstance(by, dict) else None,
        averaged="length" in found.attrs,
        made_of_others=bool(found.attrs.get("handed")),
    )  # fmt: skip


def _format_conditions(attrs: dict[str, Any]) -> str:
    """Say under which conditions rows were drawn: "size = 3, mass = 5,000 GeV"."""
    units = attrs.get("units", {})
    said = []
    for name, value in attrs.get("given", {}).items():
        unit = f" {units[name]}" if name in units else ""
        if isinstance(value, list):
            text, unit = f"{len(value):,} values", ""
        elif isinstance(value, int | float):
            text = power(f"{value:,.6g}")
        else:
            text = one_line(str(value))
        said.append(f"{one_line(str(name))} = {text}{unit}")
    return ", ".join(said)


def _origin(attrs: dict[str, Any], n: int, given: str) -> str:
    to = one_line(str(attrs.get("to") or "")) if attrs.get("handed") else ""
    parts = [f"{n:,} samples", " to ".join(filter(None, (given, to)))]
    parts = [part for part in parts if part]
    if "step" in attrs:
        parts.append(f"step {int(attrs['step']):,}")
    if "seed" in attrs:
        parts.append(f"seed {attrs['seed']}")
    return ", ".join(parts)


class Sampled(QObject):
    """Follows the newest particles at the end of their flow while a lens is visible, and looks for
    drawn samples. Samples that are drawn meanwhile stay until the user dismisses them or the
    training ends; otherwise the newest step is shown.

    Signals:
        selected: another run, or none.
        shown: a `ShownSamples` to draw.
        told: texts and numbers of the run may have changed.
        failed: why the newest samples cannot be read.
    """

    selected = Signal()
    shown = Signal(object)
    told = Signal()
    failed = Signal(str)

    def __init__(
        self,
        lens: QWidget,
        state: AppState,
        actions: Actions,
        particles: int,
        applies: Callable[[AppState], bool],
    ) -> None:
        """``particles`` is how many the lens shows at most; ``applies`` as `Following` has it."""
        super().__init__(lens)
        self._lens, self._particles = lens, particles
        self._now: ShownSamples | None = None
        self.drawn: ShownSamples | None = None
        self._held: bool | None = None  # None: whichever is of the newest step
        self._newest: str | None = None  # the file of the newest there were; None: not looked yet
        self._result = ""  # which of those of the run was opened
        self._query: Query[str, None] = Query(self, self._read)
        self._timer = single_shot(self, self.look, LOOK_MS)
        self._state = state
        self._following = Following(lens, state, actions, self._looking, applies)
        self._key = self.run.key if self.run is not None else ""
        self._following.selected.connect(self.select)
        self._following.shown.connect(self._choose)
        runs = state.runs
        for signal in (runs.changed, runs.metrics_appended, runs.logged, runs.record_arrived):
            signal.connect(self._of_run)
        state.job_ended.connect(self._ended)
        state.result_opened.connect(self._opened)
        lens.installEventFilter(self)

    def _looking(self, run: RunState) -> Looking:
        return Looking(run.job, (), NOWHERE, 1, self._particles)

    @property
    def run(self) -> RunState | None:
        """The run whose samples are shown."""
        return self._following.run

    @property
    def _is_current(self) -> bool:
        """Whether this knows which run is selected: others may have heard before it, and ask."""
        return self._key == (self.run.key if self.run is not None else "")

    @property
    def now(self) -> ShownSamples | None:
        """What is shown of the run, None for nothing."""
        return self._now if self._is_current else None

    @property
    def origin(self) -> str:
        """Say what is shown, and how far the training is where that is older."""
        return self.origin_of(self.now)

    def origin_of(self, shown: ShownSamples | None) -> str:
        """Say the same of something that was shown before."""
        run = self.run
        if run is None or shown is None:
            return ""
        drawn = not shown.made_of_others
        by = sampled_by(run.spec, shown.sampler, self._state.catalog) if drawn else ""
        said = ", ".join(filter(None, (shown.origin, by)))
        return said + (snapshot_text.trained_further(shown.step, run) if shown.file else "")

    @property
    def note(self) -> str:
        """What is to be known where what is shown stands above the figures of the run, "" for
        nothing.
        """
        return self.note_of(self.now)

    def note_of(self, shown: ShownSamples | None) -> str:
        """Return the remark on samples for comparisons with metrics or data."""
        run = self.run
        if run is None or shown is None or shown.note:
            return shown.note if shown is not None else ""
        return figures_apart(run.spec, shown.sampler, self._state.catalog, shown.averaged)

    def hold(self, on: bool) -> None:
        """Show the drawn samples, or the newest particles."""
        self._held = on
        self._choose()
        self.told.emit()

    def select(self) -> None:
        """Start with the run that is selected."""
        run = self.run
        self._key = run.key if run else ""
        self._now = self.drawn = None
        self._held = self._newest = None
        self._result = self._state.opened_in(SAMPLES, self._key)
        self.selected.emit()
        self._choose()
        self.told.emit()
        self.look()

    def look(self) -> None:
        """Look for samples on disk."""
        run = self.run
        if run is None or not self._lens.isVisible():
            return
        self.told.emit()
        self._query.ask(run.key, again=True)

    def _choose(self, _record: object = None) -> None:
        """Show drawn samples that are held or of the newest step, else the particles."""
        run, record, drawn = self.run, self._following.record, self.drawn
        if run is None or not self._is_current:
            return
        newest = drawn is not None and (record is None or drawn.step >= record.step)
        if drawn is not None and (newest if self._held is None else self._held):
            self._show(drawn)
        elif record is not None:
            x = record.x[-1]
            # Without the catalogue nobody knows of what kind the data are, but by their shape.
            what = fitting(kind_of_run(run, self._state.catalog), x.shape[1:]).moving
            # They are finished samples, wherever the flow clock of other lenses stands.
            end = " at t\u00a0=\u00a01" if flows_in(run, self._state.catalog) else ""
            origin = f"{len(x):,} fixed {what}{end}, {snapshot_text.at_snapshot(record, run)}"
            told, classes = record.conditions, run.classes
            self._show(
                ShownSamples(
                    x, run.columns, origin, record.step, told=told, classes=classes, record=record
                )
            )
        self._following.mark_drawn()

    def _show(self, shown: ShownSamples) -> None:
        if shown is not self.now:
            other = self.now is None or self.note_of(self.now) != self.note_of(shown)
            self._now = shown
            self.shown.emit(shown)
            if other:
                self.told.emit()

    def _of_run(self, key: str) -> None:
        if key == self._key and self._lens.isVisible() and not self._timer.isActive():
            self._timer.start()

    def _ended(self, info: JobInfo) -> None:
        if info.run != self._key:
            return
        if info.kind == "training":
            self._held = None  # what was drawn on the way is not what came of it
            self._choose()
        self._of_run(self._key)

    def _opened(self, key: str) -> None:
        """Show another result that was opened, or start anew where that was left, or is gone."""
        if key != self._key:
            return
        before, self._result = self._result, self._state.opened_in(SAMPLES, key)
        gone = self.drawn is not None and not Path(self.drawn.file).exists()
        if self._result:
            self._held = True
            self._choose()
            self.look()
        elif before or gone:
            self.select()

    async def _read(self, key: str) -> None:
        from pushforward.studio.store.errors import StoreError

        opened, newest = self._state.opened_in(SAMPLES, key), self._newest
        shown = self.drawn.file if self.drawn else ""
        try:
            found, last = await asyncio.to_thread(_look, key, shown, newest, opened)
        except (StoreError, OSError) as error:
            if isValid(self):
                self.failed.emit(f"The newest samples cannot be read: {error}")
            return
        if not isValid(self):
            return  # the lens was closed meanwhile
        mine = key == self._key and self._newest == newest  # else it was started anew
        if mine:
            self._newest = last
        if found is not None and mine:
            # Not those that were there before: these somebody has just asked for.
            self._held = True if newest is not None or opened else None
            self.drawn = found
            self._choose()
            self.told.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show:
            self.look()
        return super().eventFilter(watched, event)
