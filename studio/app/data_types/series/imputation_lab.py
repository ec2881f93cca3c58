"""Quality, as filling in: fans where series were hidden, and how often the truth is in them."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSlider, QVBoxLayout, QWidget

from pushforward.studio.app.charts.line_plot import LinePlot, LineSeries
from pushforward.studio.app.data.views.lab import Finding, Lab
from pushforward.studio.app.data.views.lab_frame import LabView
from pushforward.studio.app.data_types.series.fan_plot import Fan, FanPlot
from pushforward.studio.app.design.basic import column, discard, label, row
from pushforward.studio.app.design.table import Column, Table
from pushforward.studio.app.text import number_format
from pushforward.studio.counts import format_count

__all__ = ["VIEW", "FilledView"]

LAB = Lab(operator="impute", result="truth", preview={"rows": 8, "draws": 8})
COLUMNS = (
    Column(""),
    Column(
        "CRPS, all (std)",
        "CRPS in standard deviations of a channel; lower is better",
    ),
    Column("this one (std)", "CRPS of the series shown"),
)
WHOSE = (
    ("crps", "Model"),
    ("crps-line", "Straight line"),
    ("crps-law", "Law of the data"),
)


class FilledView(LabView):
    """Imputed series with their quantiles; a slider chooses the series."""

    lab = LAB

    def lay_out(self, page: QWidget) -> None:
        self._at = 0
        self._which = label("", "strong")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Series shown")
        self.slider.setFixedWidth(150)
        self.slider.valueChanged.connect(self._look)
        self.fans, self._channels = FanPlot(), 1
        self.coverage = LinePlot(
            "Coverage", "samples in the fan, %", "truth in the fan, %", marked=True
        )
        self.coverage.setMaximumHeight(280)
        self.table = Table("Imputation quality", COLUMNS, selectable=False)
        side = QWidget()
        column(self.table, self.note, None, parent=side, gap=None)
        self._body = body = QVBoxLayout(page)
        body.setContentsMargins(16, 10, 16, 12)
        body.setSpacing(10)
        body.addLayout(row(label("Shown", "muted"), self.slider, self._which, None))
        body.addWidget(self.fans, 3)
        lower = row((self.coverage, 1), (side, 1), gap=16)
        body.addLayout(lower, 2)

    def take(self, finding: Finding | None) -> None:
        super().take(finding)
        if finding is None:
            return
        draws, n = int(finding.config.get("draws", 0)), self.sample_count
        self.fact = f"{format_count(draws, 'draw')} of each · "
        self._at = min(self._at, n - 1)
        self.slider.blockSignals(True)
        self.slider.setRange(0, n - 1)
        self.slider.setValue(self._at)
        self.slider.blockSignals(False)

    @property
    def sample_count(self) -> int:
        return len(self.arrays.get("truth", ()))

    def _look(self, place: int) -> None:
        self._at = place
        self.refresh()

    def draw(self) -> None:
        at, truth = self._at, self.doubles("truth")
        self._which.setText(f"{at + 1} of {len(truth)}")
        hidden, quantiles = self.arrays["hidden"][at] > 0, self.doubles("quantiles")[:, at]
        channels = truth.shape[2]
        self._make_room(channels)
        self.fans.show_fans(
            [
                Fan(
                    f"Channel {c + 1}" if channels > 1 else "",
                    truth[at, :, c],
                    np.asarray(hidden[:, c]),
                    quantiles[..., c],
                )
                for c in range(channels)
            ]
        )
        levels, coverage = 100 * self.doubles("levels"), 100 * self.doubles("coverage")
        self.coverage.show_lines(
            [LineSeries("model", levels, coverage), LineSeries("calibrated", levels, levels)]
        )
        self.table.show_rows([self._line(*each) for each in WHOSE if each[0] in self.arrays])
        self.table.fit()

    def _make_room(self, channels: int) -> None:
        """Adapt the plot to a number of channels."""
        if self._channels == channels:
            return
        before, self.fans, self._channels = self.fans, FanPlot(channels), channels
        self._body.replaceWidget(before, self.fans)
        self._body.setStretch(self._body.indexOf(self.fans), 3)
        discard(before)

    def _line(self, name: str, title: str) -> tuple[str, str, str]:
        values = self.doubles(name)
        return (
            title,
            number_format.figure(float(values.mean())),
            number_format.figure(float(values[self._at])),
        )


VIEW = LAB.view(FilledView, id="filled", lens="quality", title="Filled in", order=38)
