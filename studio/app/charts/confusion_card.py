"""A confusion of classes with its name, and what is under the mouse."""

from pushforward.studio.app.charts.confusion_matrix import Confusion, ConfusionPlot
from pushforward.studio.app.charts.picture_export import Picture
from pushforward.studio.app.charts.plot_card import PointedCard
from pushforward.studio.app.charts.print_plots import confusion_picture

__all__ = ["ConfusionCard"]

HELP = "Rows are true classes, columns predicted ones: the diagonal is correct."


class ConfusionCard(PointedCard):
    """Which classes are taken for which."""

    def __init__(self) -> None:
        super().__init__("Confusion")
        self.plot: ConfusionPlot = ConfusionPlot()
        self.plot.setAccessibleName("Confusion of classes")
        self.plot.hovered.connect(self._point)
        self.lay_out(HELP)

    @property
    def scene(self) -> Confusion:
        """What is drawn."""
        assert self.plot.shown is not None
        return self.plot.shown

    def show_confusion(self, shown: Confusion, said: str) -> None:
        """Show a confusion; ``said`` stands below the name but for a cell pointed at."""
        self.plot.set_confusion(shown)
        self.say(said)
        wrong = [
            (shown.counts[true, told], shown.describe_cell(true, told))
            for true in range(len(shown.names))
            for told in range(len(shown.names))
            if true != told and shown.counts[true, told]
        ]
        worst = [text for _, text in sorted(wrong, reverse=True)[:5]]
        self.plot.setAccessibleDescription(". ".join([said, *worst]))

    def _point(self, true: int, told: int) -> None:
        self.say_of(self.scene.describe_cell(true, told) if true >= 0 else "")

    def export_picture(self) -> Picture:
        """Return the cells for paper."""
        return confusion_picture({self.title: self.scene})
