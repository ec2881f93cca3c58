"""A histogram with its name, how far the model is from real data, and what is under the mouse."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout

from pushforward.studio.app.charts.distribution_bins import (
    LEAST,
    REPEATS,
    RESAMPLES,
    WassersteinDistance,
)
from pushforward.studio.app.charts.histogram import HistogramPlot, HistogramScene
from pushforward.studio.app.charts.picture_export import Picture
from pushforward.studio.app.charts.plot_card import PointedCard
from pushforward.studio.app.charts.print_plots import histograms_picture
from pushforward.studio.app.design.basic import label
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.text import number_format
from pushforward.studio.literal import one_line

__all__ = ["HistogramCard", "Other"]

FAR = (
    "Wasserstein-1 distance between {n:,} generated and {n:,} real data, mean of {draws} "
    "subsamples. ± is one standard deviation of {resamples} bootstrap resamples of both sides. "
    "The floor is the same between two halves of the real data: green up to 1.35 floors, "
    "orange above 2.5; below 200 samples never green, and orange only if the histograms do not "
    "overlap."
)


@dataclass(frozen=True)
class Other:
    """How ``far`` another model is, in words, with its ``ink``, its ``title``, and ``whose`` that
    is, in short.
    """

    ink: str
    title: str
    whose: str
    far: str


class HistogramCard(PointedCard):
    """One measure. ``brushed`` and ``hovered`` of its plot are for the owner to link."""

    def __init__(self, name: str, unit: str = "") -> None:
        title = f"{one_line(name)} ({unit})" if unit else one_line(name)
        super().__init__(title)
        self.name = name
        self.plot: HistogramPlot = HistogramPlot()
        self.plot.setAccessibleName(f"{title}: generated and real")
        self.plot.hovered.connect(
            lambda at: self.say_of(self.scene.describe_bin(at) if at >= 0 else "")
        )
        self.far = ""  # how far the model is from real data, and of how many
        self._others = label("", "small", wrap=True)
        self._others.setTextFormat(Qt.TextFormat.RichText)
        self._others.hide()
        self.lay_out()
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(layout.indexOf(self.plot), self._others)

    @property
    def scene(self) -> HistogramScene:
        """What is drawn."""
        assert self.plot.shown is not None
        return self.plot.shown

    def show_scene(
        self,
        scene: HistogramScene,
        far: WassersteinDistance | None,
        said: str,
        *,
        whose: str = "",
        others: Sequence[Other] = (),
    ) -> None:
        """Show a scene. Below the name is ``said``, otherwise the distance, or the bin under the
        mouse. With several models it names the run ``whose`` distance it is, and lists those of the
        ``others`` with their colours.
        """
        self.plot.set_scene(scene)
        self.far = ""
        text = "" if said else "too few for a distance"
        tip = f"Needs {LEAST} generated and {2 * LEAST} real samples."
        if far is not None:
            text = (
                f"{whose}: W1 {far.format(scene.unit)}" if whose else f"W1 {far.format(scene.unit)}"
            )
            text += ", too few" if far.level == "few" else ""
            self.far = f"{text}, n = {far.n:,} each"
            around = (
                f" The floor varies by ± {number_format.figure(far.spread)}." if far.spread else ""
            )
            told = [f"{other.title}: W1 {other.far}" for other in others]
            protocol = FAR.format(n=far.n, draws=REPEATS, resamples=RESAMPLES)
            tip = "\n".join((*told, protocol + around))
        set_tip(self.plot, scene.outside)
        heard = (f"{text}." if text else "", scene.outside, said)
        self.plot.setAccessibleDescription(" ".join(filter(None, heard)))
        self._said.set_more(tip)
        self._others.setVisible(bool(others))
        lines = (escape(f"{each.whose}: W1 {each.far}") for each in others)
        dots = (f'<span style="color: {each.ink}">●</span> ' for each in others)
        self._others.setText("<br>".join(dot + line for dot, line in zip(dots, lines, strict=True)))
        self.say(said or text, far.level if far is not None and not said else "")

    def export_picture(self) -> Picture:
        """Return the histogram for paper."""
        return histograms_picture({self.title: self.scene}, {self.title: self.far})
