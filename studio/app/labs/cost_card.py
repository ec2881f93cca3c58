"""Figures over a number of calls, with the menu of a plot: its picture and its values."""

from pushforward.studio.app.charts.cost_chart import LadderPlot
from pushforward.studio.app.charts.picture_export import Picture
from pushforward.studio.app.charts.plot_card import Curves, PlotCard
from pushforward.studio.app.charts.print_plots import keyed_picture
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.data.chart_export import ask_picture, ask_values
from pushforward.studio.app.design.basic import column
from pushforward.studio.app.text import number_format

__all__ = ["LadderCard"]


class LadderCard(PlotCard):
    """A ladder on the ground of its page."""

    plot: LadderPlot

    def __init__(self, plot: LadderPlot, state: AppState) -> None:
        super().__init__("")
        self.plot = plot
        self.setProperty("surface", "canvas")
        column(plot, parent=self)
        self.picture_wanted.connect(lambda: ask_picture(self, state, self._file))
        self.values_wanted.connect(lambda: ask_values(self, state, self._file))

    @property
    def scene(self) -> Curves:
        """What the plot shows."""
        return self.plot

    def export_picture(self) -> Picture:
        """Return the plot for paper, with which line is which."""
        plot = self.plot
        return keyed_picture({plot.accessibleName(): (plot.on_paper, "")}, lambda: plot.key)

    @property
    def _file(self) -> str:
        return number_format.plain(self.plot.accessibleName())
