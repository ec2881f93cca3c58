"""Points of a data set: two of their columns against each other, and the rows as numbers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QWidget

from pushforward.studio.app.charts.particle_canvas import ParticleCanvas
from pushforward.studio.app.charts.particle_timeline import Timeline
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.design.basic import column, label, row
from pushforward.studio.app.design.forms.editors import ChoiceList
from pushforward.studio.app.design.table import Column, Table
from pushforward.studio.app.design.theme import colors, theme
from pushforward.studio.app.text import number_format
from pushforward.studio.literal import one_line

__all__ = ["PointData"]

ROWS = 200  # that are listed
HIGH, LINE = 190, 24  # pixels of the table, and of a row of it


class PointData(QWidget):
    """Which two columns are drawn can be chosen; the axes have numbers, at the same scale."""

    def __init__(self) -> None:
        super().__init__()
        self._x: NDArray[np.float32] = np.zeros((0, 2), np.float32)
        self.across = ChoiceList([], "Column across")
        self.up = ChoiceList([], "Column up")
        for each in (self.across, self.up):
            each.setMinimumContentsLength(10)
            each.activated.connect(self._draw)
        self.canvas = ParticleCanvas()
        self.canvas.setMinimumHeight(160)
        self.count = label("", "small")
        self.table = Table("Rows", ())
        self.table.setFixedHeight(HIGH)
        self.table.setShowGrid(True)
        self.table.verticalHeader().setVisible(True)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().setDefaultSectionSize(LINE)
        chosen = row(label("Across", "muted"), self.across, label("Up", "muted"), self.up, None)
        column(chosen, (self.canvas, 1), self.count, self.table, parent=self)
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_points(self, x: NDArray[np.float32], columns: Sequence[str]) -> None:
        """Draw points (n, d) by their first two columns, and list the first rows."""
        self._x = x if x.shape[1] > 1 else np.column_stack([x, x])
        d = self._x.shape[1]
        names = [*map(one_line, columns[:d]), *(f"x{i + 1}" for i in range(len(columns), d))]
        for place, each in enumerate((self.across, self.up)):
            each.offer(names)
            each.setCurrentIndex(place)
        self.table.set_columns([Column(name, side=Qt.AlignmentFlag.AlignRight) for name in names])
        listed_rows = self._x[:ROWS].tolist()
        self.table.show_rows([[number_format.figure(v) for v in each] for each in listed_rows])
        wide = QHeaderView.ResizeMode.Stretch if d <= 6 else QHeaderView.ResizeMode.Interactive
        self.table.horizontalHeader().setSectionResizeMode(wide)
        listed = min(ROWS, len(x))
        drawn = f"{len(x):,} samples are shown"
        self.count.setText(f"{drawn}; the first {listed:,} of them:" if listed < len(x) else drawn)
        self._draw()

    def _draw(self, *_: object) -> None:
        """Draw the two columns that are chosen, and all of them."""
        dims = (max(0, self.across.currentIndex()), max(0, self.up.currentIndex()))
        once = np.ones(1, np.float32)
        self.canvas.set_record(Timeline(once, self._x[None], dims) if len(self._x) else None)
        self.canvas.fit()
        said = f"{self.up.currentText()} against {self.across.currentText()}"
        self.canvas.setAccessibleName(f"{len(self._x):,} points, {said}")

    def _restyle(self) -> None:
        self.canvas.set_style(CanvasStyle.of(colors()))
        self.canvas.set_uniform(colors().accent)
