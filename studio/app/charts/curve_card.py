"""A chart with its title, its legend and its switches."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from pushforward.studio.app.charts.curve_chart import ChartScene, values_at
from pushforward.studio.app.charts.curve_plot import ChartPlot
from pushforward.studio.app.charts.curves import Curve, nearest_index
from pushforward.studio.app.charts.picture_export import Picture
from pushforward.studio.app.charts.plot_card import PlotCard
from pushforward.studio.app.charts.print_plots import charts_picture
from pushforward.studio.app.design.basic import Elided, button, column, label, row
from pushforward.studio.app.design.flow_layout import Wrapping
from pushforward.studio.app.design.theme import colors, theme
from pushforward.studio.app.text.number_ticks import number

__all__ = ["ChartCard", "at_step"]


def at_step(step: float) -> str:
    """Return a place on the axis in words, where that counts training steps."""
    return f"step {int(step):,}"


class ChartCard(PlotCard):
    """A chart of some curves. A click on a legend entry hides or shows its curve.

    ``where`` says a place on the axis in words, a ``note`` below the title how to read it, a
    ``tip`` over it what it shows. An owner may do without the ``heading``, and
    without the newest ``figures`` in the legend where it shows them itself.

    Signals: those of `ChartPlot`, passed on.
    """

    hovered = Signal(object)
    chosen = Signal(float)
    zoomed = Signal(object)

    def __init__(
        self,
        title: str,
        parent: QWidget | None = None,
        *,
        heading: bool = True,
        figures: bool = True,
        note: str = "",
        tip: str = "",
    ) -> None:
        super().__init__(title, parent)
        self._figures = figures
        self.where: Callable[[float], str] = at_step
        self.plot: ChartPlot = ChartPlot()
        self.plot.setAccessibleName(f"{title} over training steps")
        self.plot.hovered.connect(self.hovered)
        self.plot.chosen.connect(self.chosen)
        self.plot.zoomed.connect(self.zoomed)
        self._values = label("", "small")
        self._log = button("log", None, kind="chip", tip=f"{title}: logarithmic axis")
        self._log.setCheckable(True)
        self._log.setAccessibleName(f"{title}: logarithmic axis")
        self._log.toggled.connect(self._refresh)
        self._legend = Wrapping(gap=2, leading=2)  # a name that is cut would be another one
        self._key = QWidget()
        self._key.setLayout(self._legend)
        self._entries: dict[str, QPushButton] = {}
        self._curves: list[Curve] = []
        self.note = Elided(note, "small")
        self.note.setVisible(bool(note))
        # It has what room the others leave.
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        line = row((self.note, 1), self._key, (None, 0), self._values)
        body = column(parent=self, gap=4, margins=(12, 8, 8, 4))
        if heading:  # beside the rest a title is cut
            self.heading = Elided(title, "heading", tip=tip)
            head = row((self.heading, 1), self._log, gap=None)
            body.addLayout(head)
        else:
            line.addWidget(self._log)
        body.addLayout(line)
        body.addWidget(self.plot, 1)
        theme.changed.connect(self._recolour)

    @property
    def scene(self) -> ChartScene:
        """What is drawn, without the hidden curves."""
        return self.plot.shown

    def show_curves(
        self,
        curves: list[Curve],
        extent: tuple[float, float],
        cursor: float | None,
        *,
        zoom: tuple[float, float] | None = None,
        whole: bool = True,
        across: str = "training steps",
    ) -> None:
        """Show curves over the range of all steps, or the part of it that is looked at, with the
        cursor of the training clock. The axis may count something else ``across``, and other than
        in ``whole`` numbers.
        """
        self._curves = curves
        if [c.name for c in curves] != list(self._entries):
            self._rebuild()
        scene = self.plot.shown
        # Who goes back to all steps is shown all values, too.
        height = None if zoom is None and scene.zoom is not None else scene.height
        self.plot.shown = replace(
            scene, extent=extent, zoom=zoom, height=height, cursor=cursor, whole=whole,
            across=across,
        )  # fmt: skip
        self._refresh()

    def set_hover(self, step: float | None) -> None:
        """Show the values at a step, or none."""
        self.plot.set_hover(step)
        self._tell()

    def export_picture(self) -> Picture:
        """Return the chart for paper."""
        return charts_picture({self.title: self.scene})

    def _rebuild(self) -> None:
        hidden = {name for name, entry in self._entries.items() if not entry.isChecked()}
        for entry in self._entries.values():
            self._legend.removeWidget(entry)
            entry.deleteLater()
        self._entries = {}
        for curve in self._curves:
            entry = button(curve.title, None, kind="quiet", tip=f"Show or hide {curve.title}")
            entry.setCheckable(True)
            entry.setChecked(curve.name not in hidden)
            entry.setVisible(len(self._curves) > 1)
            entry.toggled.connect(self._refresh)
            self._legend.addWidget(entry)
            self._entries[curve.name] = entry
        self._recolour()

    def _recolour(self) -> None:
        for curve in self._curves:
            entry = self._entries[curve.name]
            shade = curve.ink if entry.isChecked() else colors().line
            entry.setIcon(_swatch(shade, self.devicePixelRatioF()))

    def _refresh(self, _on: bool = False) -> None:
        shown = [c for c in self._curves if self._entries[c.name].isChecked()]
        self._recolour()
        scene, log = self.plot.shown, self._log.isChecked()
        height = scene.height if log == scene.log else None  # it was of the other axis
        self.plot.set_scene(replace(scene, curves=shown, log=log, height=height))
        self._tell()

    def _tell(self) -> None:
        """Write the values under the mouse, or the newest ones."""
        scene = self.plot.shown
        at = scene.hover if scene.hover is not None else scene.span[1]
        found = values_at(scene, at)
        told = found if self._figures or scene.hover is not None else []
        step = self.where(told[0][1]) if told else ""
        if told and scene.hover is not None:
            step = ", ".join(filter(None, [step, _format_counts(*told[0][:2])]))
        values = [f"{c.title} {number(v)}" for c, _, v in found]
        one = number(found[0][2]) if len(self._curves) == 1 and found else ""
        self._values.setText("   ".join(part for part in (step, one) if part))
        known = {c.name: number(v) for c, _, v in told}
        for curve in self._curves:
            self._entries[curve.name].setText(f"{curve.title} {known.get(curve.name, '')}".strip())
        floors = [f"{c.bar} {number(c.floor)}" for c, _, _ in found if c.floor is not None]
        self.plot.setAccessibleDescription(", ".join([step, *values, *floors]))


def _format_counts(curve: Curve, step: float) -> str:
    """Say of how many samples a value is, where others of its curve are of other numbers."""
    if curve.counts is None or len(np.unique(curve.counts)) < 2:
        return ""
    return f"n\u00a0=\u00a0{int(curve.counts[nearest_index(curve.steps, step)]):,}"


def _swatch(shade: str, ratio: float) -> QIcon:
    picture = QPixmap(round(12 * ratio), round(12 * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    with QPainter(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(shade))
        painter.drawRoundedRect(QRectF(0, 4.5, 12, 3), 1.5, 1.5)
    return QIcon(picture)
