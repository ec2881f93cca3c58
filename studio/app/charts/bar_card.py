"""Bars of classes with their name, and what is under the mouse."""

from pushforward.studio.app.charts.bar_chart import Bars, BarsPlot
from pushforward.studio.app.charts.picture_export import Picture
from pushforward.studio.app.charts.plot_card import PointedCard
from pushforward.studio.app.charts.print_plots import bars_picture
from pushforward.studio.literal import one_line

__all__ = ["BarsCard"]


class BarsCard(PointedCard):
    """One figure of each class; ``picked`` of its plot is for the owner to link."""

    def __init__(self, title: str, tip: str = "") -> None:
        super().__init__(one_line(title))
        self.plot: BarsPlot = BarsPlot()
        self.plot.setAccessibleName(f"{self.title} by class")
        self.plot.hovered.connect(
            lambda at: self.say_of(self.scene.describe_bar(at) if at >= 0 else "")
        )
        self.lay_out(tip)

    @property
    def scene(self) -> Bars:
        """What is drawn."""
        assert self.plot.shown is not None
        return self.plot.shown

    def show_bars(self, bars: Bars, said: str) -> None:
        """Show bars; ``said`` stands below the name but for a bar pointed at."""
        self.plot.set_bars(bars)
        self.say(said)
        every = ", ".join(map(bars.describe_bar, range(len(bars.names))))
        self.plot.setAccessibleDescription(f"{said}. {every}")

    def export_picture(self) -> Picture:
        """Return the bars for paper."""
        return bars_picture({self.title: self.scene})
