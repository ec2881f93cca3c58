"""Quality, for representations: accuracy against σ or the share of real data, each run a dot that
opens.
"""

import math

from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QLineEdit, QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.latest_metrics import newest_figure
from pushforward.studio.app.core.queue_status import queued_job
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.view_spec import ViewSpec
from pushforward.studio.app.design.basic import button, column, label, row, view_bar
from pushforward.studio.app.design.forms.editors import Segments
from pushforward.studio.app.design.table import Column, Table
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.labs.representation.encoder_sweep import (
    AXES,
    FAMILY,
    METRIC,
    SIGMA,
    collect_points,
    describe_sweep,
    is_swept,
    missing_runs,
    swept_runs,
)
from pushforward.studio.app.labs.representation.source_offer import offer_source
from pushforward.studio.app.labs.representation.sweep_plot import SweepPlot
from pushforward.studio.app.text import number_format
from pushforward.studio.counts import format_count
from pushforward.studio.protocol.spec import RunSpec

__all__ = ["VIEW", "SweepLab"]

NARROW = 620
COUNTS = (1, 3, 5)  # seeds
COLUMNS = (
    Column("value", "Of the setting that the runs differ in"),
    Column("accuracy, %", "Mean over seeds, 1 label a class"),
    Column("range, %", "Lowest and highest seed"),
    Column("n", "Number of seeds"),
)
RULE = "Runs that differ from the selected one in this setting and the seed only."
NOT_SWEPT = {
    AXES[0]: "A sweep over σ needs a generator as the source, and Gaussian latent views or none.",
    AXES[1]: "A mix with real data needs a generator as the source, and no inverter.",
}


class SweepLab(LensView):
    """The plot, the verdict in words, and a button that queues what is missing."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self.axis = SIGMA
        self.axes = Segments([each.title for each in AXES], "Setting")
        self.axes.select(0)
        self.axes.widen()
        self.axes.chosen.connect(self._choose)
        self.values = QLineEdit()
        self.values.setAccessibleName("Values to train")
        self.values.textChanged.connect(lambda _: self.refresh())
        self.seeds = Segments([f"{n} seed{'s' * (n > 1)}" for n in COUNTS], "Seeds")
        self.seeds.select(COUNTS.index(3))
        self.seeds.widen()
        self.seeds.chosen.connect(self._choose_seeds)
        self._count = 3
        self.train = button("Train the sweep", self._train)
        self.drop = button("Remove from the queue", self._drop)
        self.bar = view_bar(self, self.axes, None)
        self.plot = SweepPlot()
        self.plot.opened.connect(actions.runs.select)
        self.verdict = label("", "strong", wrap=True)
        self.progress = label("", "muted", wrap=True)
        self._show_values()
        self.table = Table("Accuracy by value", COLUMNS, selectable=False)
        self.table.setMinimumWidth(230)
        self.plan = QWidget()
        column(
            row(label("Values", "muted"), (self.values, 1), self.seeds),
            row(self.train, self.drop, None),
            self.progress,
            parent=self.plan,
        )
        side = column(
            self.verdict,
            self.table,
            label(f"{RULE} ◀ is the mean over seeds.", "small", wrap=True),
            12,
            self.plan,
            None,
        )
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._box.setContentsMargins(16, 10, 16, 12)
        self._box.setSpacing(16)
        self._box.addWidget(self.plot, 5)
        self._box.addLayout(side, 4)
        for signal in (state.runs.selected, state.runs.changed, state.runs.metrics_appended):
            signal.connect(self._follow)
        state.queue_changed.connect(self.refresh)
        self.refresh()

    @property
    def filled(self) -> bool:
        """Whether the runs of a sweep are shown."""
        return bool(self.plot.isVisibleTo(self))

    @property
    def trouble(self) -> str:
        """Why there is nothing to show, "" if there is something."""
        return "" if self.filled else NOT_SWEPT[self.axis]

    def refresh(self) -> None:
        """Show the runs of the sweep as they are now."""
        self._key = self._state.runs.selection
        run, runs = self.run, list(self._state.runs.by_key.values())
        if run is None or run.spec is None or not self.isVisible():
            return
        points = collect_points(run, runs, self.axis)
        swept = is_swept(run, self.axis)
        for widget in (self.plot, self.verdict, self.table):
            widget.setVisible(swept)
        self.plan.setVisible(swept)
        if not swept:
            offer = None if run.spec.inputs else offer_source(self._state, self._actions, run)
            self.empty.tell("No sweep of this run", NOT_SWEPT[self.axis], *(offer or ()))
            return
        self.empty.hide()
        value = newest_figure(run, METRIC)
        floor = value.floors.get(METRIC) if value is not None else None
        line = ("raw values", float(floor)) if floor is not None else None
        self.plot.show_points(self.axis, points, line, self._key)
        self.verdict.setText(describe_sweep(points, self.axis))
        lines = [
            (
                self.axis.format(each.at),
                f"{100 * each.mean:.1f}",
                _range([100 * value for value in each.values.values()]),
                f"{len(each.values)}",
            )
            for each in points
        ]
        self.table.show_rows(lines)
        self.table.fit()
        self._offer(run, runs)

    def _follow(self, key: str) -> None:
        self.refresh()

    def _choose(self, place: int) -> None:
        self.axis = AXES[place]
        self._show_values()
        self.refresh()

    def _choose_seeds(self, place: int) -> None:
        self._count = COUNTS[place]
        self.refresh()

    def _show_values(self) -> None:
        """Show the usual values of the setting in the line."""
        self.values.setText(", ".join(f"{each:g}" for each in self.axis.values))

    def _typed(self) -> list[float] | None:
        """Return the values in the line, None where one of them cannot be one."""
        try:
            values = [float(each) for each in self.values.text().split(",") if each.strip()]
        except ValueError:
            return None
        return values if values and all(0 <= each <= self.axis.most for each in values) else None

    def _missing(self, run: RunState) -> list[RunSpec]:
        values, runs = self._typed(), self._state.runs.by_key.values()
        return missing_runs(run, runs, self.axis, values, self._count) if values else []

    def _queued(self, run: RunState) -> list[str]:
        """Return the jobs of the sweep that wait in the queue."""
        runs = swept_runs(run, self._state.runs.by_key.values(), self.axis)
        jobs = (queued_job(self._state, each) for each in runs)
        return [job for job in jobs if job]

    def _offer(self, run: RunState, runs: list[RunState]) -> None:
        """Offer to train what is missing, with the time that it takes, and to remove what waits."""
        missing, queued = len(self._missing(run)), len(self._queued(run))
        self.train.setVisible(missing > 0)
        took = number_format.duration(max(1.0, math.ceil(run.seconds * missing)))
        self.train.setText(f"Train {format_count(missing, 'run')}, about {took}")
        self.drop.setVisible(queued > 0)
        self.drop.setText(f"Remove {queued} from the queue")
        done = sum(each.state == "finished" for each in swept_runs(run, runs, self.axis))
        waits = f", {queued} in the queue" if queued else ""
        said = f"{format_count(done, 'run')} trained{waits}."
        if self._typed() is None:
            said = f"Type values from 0 to {self.axis.most:g}, separated by commas."
        self.progress.setText(said)

    def _train(self) -> None:
        if self.run is not None:
            self._actions.training.queue(self._missing(self.run))

    def _drop(self) -> None:
        if self.run is not None:
            for job in self._queued(self.run):
                self._actions.operating.cancel(job)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it is narrow, the words lie below the plot."""
        super().resizeEvent(event)
        direction = QBoxLayout.Direction
        wide = self.width() >= NARROW
        self._box.setDirection(direction.LeftToRight if wide else direction.TopToBottom)


def _range(values: list[float]) -> str:
    """Return the lowest and the highest of several values."""
    return f"{min(values):.1f}–{max(values):.1f}" if len(values) > 1 else "–"


def applies(state: AppState) -> bool:
    """Return whether the selected run is a representation."""
    run = state.runs.current
    return run is not None and run.spec is not None and run.spec.family.slug == FAMILY


VIEW = ViewSpec(
    id="sigma-sweep", lens="quality", title="Sweep", order=14, applies=applies,
    factory=SweepLab,
)  # fmt: skip
