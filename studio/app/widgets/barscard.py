"""Bars of classes with their name, and what is under the mouse."""

from PySide6.QtWidgets import QVBoxLayout

from studio.app.plots.bars import Bars, BarsPlot
from studio.app.plots.export import Picture
from studio.app.plots.paper import bars_picture
from studio.app.widgets.basic import Elided, row
from studio.app.widgets.literal import set_tip
from studio.app.widgets.plotcard import PlotCard
from studio.literal import one_line

__all__ = ["BarsCard"]


class BarsCard(PlotCard):
    """One figure of each class; ``picked`` of its plot is for the owner to link."""

    def __init__(self, title: str, tip: str = "") -> None:
        super().__init__(one_line(title))
        self.plot: BarsPlot = BarsPlot()
        self.plot.setAccessibleName(f"{self.title} by class")
        self.plot.hovered.connect(self._point)
        self._said = Elided("", "small")
        self._whole = ""
        name = Elided(self.title, "strong")
        set_tip(name, tip)
        body = QVBoxLayout(self)
        body.setContentsMargins(12, 8, 8, 4)
        body.setSpacing(2)
        body.addLayout(row(name))
        body.addWidget(self._said)
        body.addWidget(self.plot, 1)

    @property
    def scene(self) -> Bars:
        """What is drawn."""
        assert self.plot.shown is not None
        return self.plot.shown

    def show_bars(self, bars: Bars, said: str) -> None:
        """Show bars; ``said`` stands below the name but for a bar pointed at."""
        self.plot.set_bars(bars)
        self._whole = said
        self._said.set_text(said)
        every = ", ".join(map(bars.said, range(len(bars.names))))
        self.plot.setAccessibleDescription(f"{said}. {every}")

    def _point(self, at: int) -> None:
        self._said.set_text(self.scene.said(at) if at >= 0 else self._whole)

    def export_picture(self) -> Picture:
        """Return the bars for paper."""
        return bars_picture({self.title: self.scene})
