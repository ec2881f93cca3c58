"""Quality, for representations: accuracy against σ or the share of real data, each run a dot that
opens.
"""

import math

from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.latest_metrics import newest_figure
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.view_spec import ViewSpec
from pushforward.studio.app.design.basic import button, column, label, view_bar
from pushforward.studio.app.design.forms.editors import Segments
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.table import Column, Table
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.labs.representation.encoder_sweep import (
    AXES,
    FAMILY,
    METRIC,
    SEEDS,
    SIGMA,
    collect_points,
    describe_sweep,
    is_swept,
    missing_runs,
)
from pushforward.studio.app.labs.representation.source_offer import offer_source
from pushforward.studio.app.labs.representation.sweep_plot import SweepPlot
from pushforward.studio.app.text import number_format

__all__ = ["VIEW", "SweepLab"]

NARROW = 620
COLUMNS = (
    Column("value", "Of the setting that the runs differ in"),
    Column("accuracy", "Mean after one label a class, in %"),
    Column("range", "Lowest and highest seed, in %"),
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
        self.train = button("Train the sweep", self._train)
        self.bar = view_bar(self, self.axes, None, self.train)
        self.plot = SweepPlot()
        self.plot.opened.connect(actions.runs.select)
        self.verdict = label("", "strong", wrap=True)
        self.table = Table("Accuracy by value", COLUMNS, selectable=False)
        self.table.setMinimumWidth(230)
        side = column(
            self.verdict,
            self.table,
            label(f"{RULE} ◀ is the mean over seeds.", "small", wrap=True),
            None,
        )
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._box.setContentsMargins(16, 10, 16, 12)
        self._box.setSpacing(16)
        self._box.addWidget(self.plot, 5)
        self._box.addLayout(side, 4)
        state.runs.selected.connect(lambda _: self.refresh())
        state.runs.changed.connect(lambda _: self.refresh())
        state.runs.metrics_appended.connect(lambda _: self.refresh())
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
        if not swept:
            self.train.hide()
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
                f"{100 * min(each.values.values()):.1f}–{100 * max(each.values.values()):.1f}",
                f"{len(each.values)}",
            )
            for each in points
        ]
        self.table.show_rows(lines)
        self.table.fit()
        self._offer(len(missing_runs(run, runs, self.axis)), run.seconds)

    def _choose(self, place: int) -> None:
        self.axis = AXES[place]
        self.refresh()

    def _offer(self, missing: int, seconds: float) -> None:
        """Offer to train what is missing, with the time that it takes."""
        self.train.setVisible(missing > 0)
        runs = "run" if missing == 1 else "runs"
        self.train.setText(f"Train {missing} more {runs}")
        values = ", ".join(self.axis.format(each) for each in self.axis.values)
        took = number_format.duration(max(1.0, math.ceil(seconds * missing)))
        said = f"Queue {self.axis.symbol} = {values}, {len(SEEDS)} seeds each: about {took}"
        set_tip(self.train, said)

    def _train(self) -> None:
        run = self.run
        if run is not None:
            runs = self._state.runs.by_key.values()
            self._actions.training.queue(missing_runs(run, runs, self.axis))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it is narrow, the words lie below the plot."""
        super().resizeEvent(event)
        direction = QBoxLayout.Direction
        wide = self.width() >= NARROW
        self._box.setDirection(direction.LeftToRight if wide else direction.TopToBottom)


def applies(state: AppState) -> bool:
    """Return whether the selected run is a representation."""
    run = state.runs.current
    return run is not None and run.spec is not None and run.spec.family.slug == FAMILY


VIEW = ViewSpec(
    id="sigma-sweep", lens="quality", title="Sweep", order=14, applies=applies,
    factory=SweepLab,
)  # fmt: skip
