"""What guidance gains in fidelity and costs in diversity: as one path, or strength by strength."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from pushforward.studio.app.charts.interactive_plot import Range
from pushforward.studio.app.charts.line_plot import LinePlot, LineSeries
from pushforward.studio.app.charts.tradeoff_chart import SHARE, Stop, TradeoffPlot
from pushforward.studio.app.design.basic import column, row
from pushforward.studio.app.design.forms.editors import Segments

__all__ = ["GuidanceCharts"]

TRADEOFF, BY_STRENGTH = "Trade-off", "By strength"
PATH, LINES = "Fidelity by diversity, each dot a strength", "Fidelity and diversity"


class GuidanceCharts(QWidget):
    """The path is that of Ho and Salimans 2022, arXiv:2207.12598, figure 4: a stop a strength, of
    what is gained by what it costs.

    Signals:
        chosen_at: the strength that was clicked.
    """

    chosen_at = Signal(float)

    def __init__(self, across: str, up: str, both: str, diversity: Range) -> None:
        """``across`` is diversity and ``up`` fidelity, a share; ``both`` what they are counted in,
        and ``diversity`` between what that can be.
        """
        super().__init__()
        self.choice = Segments([TRADEOFF, BY_STRENGTH], "Fidelity and diversity")
        self.choice.select(0)
        self.choice.widen()
        self.tradeoff = TradeoffPlot(PATH, "strength", across, up, (diversity, SHARE))
        self.by_strength = LinePlot(LINES, "strength", both, marked=True)
        self._pages = QStackedWidget()
        for plot in (self.tradeoff, self.by_strength):
            plot.chosen_at.connect(self.chosen_at)
            self._pages.addWidget(plot)
        self.choice.chosen.connect(self._pages.setCurrentIndex)
        column(row(self.choice, None), (self._pages, 1), parent=self, gap=4)

    def call(self, of: str) -> None:
        """Say of how many samples the figures are, "" for nothing."""
        self.tradeoff.name(", ".join(filter(None, [PATH, of])))
        self.by_strength.name(", ".join(filter(None, [LINES, of])))

    def show_both(
        self,
        stops: Sequence[Stop],
        lines: Sequence[LineSeries],
        at: float | None,
        real: tuple[float | None, float | None],
    ) -> None:
        """Show the path and the lines, the strength that is looked at, and real data, across and
        up.
        """
        self.tradeoff.show_stops(stops, at, real)
        self.by_strength.show_lines(lines, at)
