"""How a run stands: a metric of it with its floor and the verdict, and all its evaluations on one
axis, so that one sees how far it has come and how far it has still to go.
"""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from pushforward.studio import significance
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.comparison_labels import measure_title
from pushforward.studio.app.core.display_names import metric_title
from pushforward.studio.app.core.latest_metrics import first_metric, newest_figure
from pushforward.studio.app.core.run_comparison import samples_at
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.design.basic import column, row
from pushforward.studio.app.design.forms.editors import ChoiceList
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.lenses.quality.headline_metric import Headline
from pushforward.studio.app.text import metric_reference
from pushforward.studio.app.text.number_ticks import number
from pushforward.studio.protocol.curve_names import QUALITY

__all__ = ["StandingCard", "Strip", "marks"]

EDGE, HEAD, BASE = 18, 20, 22  # pixels beside the axis, above it for its name, and below it
WORDS = 30  # pixels that a number on the axis needs
MOST, ARROW = 300, 48  # pixels of the choice of a metric, and of what is beside its words


def marks(low: float, high: float) -> list[float]:
    """Return 1, 2 and 5 times powers of ten within low..high, both positive."""
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    return [m * 10.0**p for p in powers for m in (1, 2, 5) if low <= m * 10.0**p <= high]


class Strip(QWidget):
    """Values along a logarithmic axis, the newest in colour, their floor, and the band in which
    they are not distinguishable from real. Nothing where they are not all positive.
    """

    def __init__(self) -> None:
        super().__init__()
        self._values: NDArray[np.float64] = np.empty(0)
        self._step = 0
        self._floor, self.band, self.title, self._few = 0.0, (0.0, 0.0), "", False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        repaint_on_theme(self)

    def sizeHint(self) -> QSize:
        return QSize(320, 84)

    def show_values(
        self,
        values: NDArray[np.float64],
        step: int,
        floor: float | None,
        band: tuple[float, float] | None,
        name: str = "",
        few: int | None = None,
    ) -> None:
        """Show values of a metric of that name, the last of a step, and a floor with its band, if
        they are known. Of ``few`` samples the band is wide and grey: what lies in it may be noise.
        """
        off = floor is not None and floor <= 0
        drawn = f"; {metric_reference.VERDICT_BAND}" if name and band is not None else ""
        self._few = few is not None
        if drawn and few is not None:
            drawn += f" at n = {few:,}: too few samples to tell"
        self.title = f"{name} (noise floor ≤ 0: not on this axis)" if off else name + drawn
        some = values[np.isfinite(values)]
        positive = bool(len(some)) and bool((some > 0).all())
        self._values = some if positive else np.empty(0)
        self._step = step
        self._floor = floor if floor and floor > 0 else 0.0
        self.band = band if band is not None and self._floor else (self._floor, self._floor)
        self.setAccessibleName(f"{len(some)} evaluations, the newest {number(float(values[-1]))}")
        self.update()

    def _x(self, value: float) -> float:
        """Where a value is on the axis, in pixels."""
        low, high = np.log(self._ends)
        return EDGE + float((np.log(value) - low) / (high - low)) * (self.width() - 2 * EDGE)

    @property
    def _ends(self) -> tuple[float, float]:
        ends = [*self._values.tolist(), *(end for end in (self._floor, *self.band) if end > 0)]
        return min(ends) / 1.25, max(ends) * 1.25

    def paintEvent(self, event: QPaintEvent) -> None:
        if not len(self._values):
            return
        y = self.height() - BASE - 16.0
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(font(11))
            self._paint_axis(painter, y + 16)
            if self._floor:
                self._paint_floor(painter, y + 16)
            self._paint_values(painter, y)

    def _paint_axis(self, painter: QPainter, y: float) -> None:
        tokens = theme.colors()
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.drawLine(QLineF(EDGE, y, self.width() - EDGE, y))
        painter.setPen(QColor(tokens.muted))
        name = painter.fontMetrics().elidedText(
            self.title, Qt.TextElideMode.ElideRight, self.width() - 2 * EDGE
        )
        painter.drawText(QPointF(EDGE, 12), name)
        last = -float(WORDS)
        for mark in marks(*self._ends):
            if self._x(mark) - last >= WORDS:
                last = self._x(mark)
                place = QRectF(last - WORDS, y + 2, 2 * WORDS, 18)
                painter.drawText(place, Qt.AlignmentFlag.AlignCenter, number(mark))

    def _paint_floor(self, painter: QPainter, y: float) -> None:
        tokens = theme.colors()
        band = QColor(tokens.muted if self._few else tokens.good)
        band.setAlphaF(0.25)
        low, high = self._ends
        left, right = (self._x(min(high, max(low, end))) for end in self.band)
        painter.fillRect(QRectF(left, HEAD, max(2.0, right - left), y - HEAD), band)
        painter.setPen(QPen(QColor(tokens.muted if self._few else tokens.good), 1.4))
        at = self._x(self._floor)
        painter.drawLine(QLineF(at, HEAD, at, y))

    def _paint_values(self, painter: QPainter, y: float) -> None:
        tokens = theme.colors()
        shade = QColor(tokens.muted)
        shade.setAlphaF(0.6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shade)
        for value in self._values[:-1].tolist():
            painter.drawEllipse(QPointF(self._x(value), y), 3, 3)
        newest = self._x(float(self._values[-1]))
        painter.setBrush(QColor(tokens.accent))
        painter.drawEllipse(QPointF(newest, y), 4.5, 4.5)
        said = f"step {self._step:,}"
        wide = painter.fontMetrics().horizontalAdvance(said) + 8
        room = QRectF(newest - wide / 2, y - 26, wide, 16)
        room.moveLeft(min(max(room.left(), 0.0), self.width() - room.width()))
        painter.fillRect(room, QColor(tokens.raised))  # else the line of the floor crosses it
        painter.setPen(QColor(tokens.text))
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, said)


class StandingCard(QFrame):
    """The figure and the verdict on the left, the evaluations on the right; another metric may be
    chosen. Hidden before the first evaluation.
    """

    def __init__(self, state: AppState) -> None:
        super().__init__()
        self._state = state
        self._run: RunState | None = None
        self._slugs: list[str] = []
        self.setProperty("surface", "raised")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.choice = ChoiceList([], "Which metric")
        self.choice.activated.connect(lambda _: self._draw())
        self.headline, self.strip = Headline(state), Strip()
        left = column(row(self.choice, None), self.headline, None, gap=4)
        row((left, 2), (self.strip, 3), parent=self, gap=20, margins=(14, 10, 14, 8))
        self.hide()

    def show_run(self, run: RunState | None) -> None:
        """Show how a run stands now."""
        first = first_metric(run) if run is not None else ""
        self.setVisible(bool(first))
        if run is None or not first:
            return
        other = self._run is not run
        self._run = run
        names = [
            name for name, each in run.series.items() if name.startswith(QUALITY) and len(each)
        ]
        slugs = [name.removeprefix(QUALITY) for name in names]
        if slugs != self._slugs or other:
            self._slugs = slugs
            titles = [measure_title(name, self._state) for name in names]
            self.choice.offer(titles)
            widest = max(map(self.choice.fontMetrics().horizontalAdvance, titles))
            self.choice.setFixedWidth(min(MOST, widest + ARROW))
            self.choice.setCurrentIndex(slugs.index(first))
            self.choice.setVisible(len(slugs) > 1)
        self._draw()

    def _draw(self) -> None:
        run, at = self._run, self.choice.currentIndex()
        if run is None or not 0 <= at < len(self._slugs):
            return
        slug = self._slugs[at]
        self.headline.show_run(run, slug)
        self.headline.title.setVisible(len(self._slugs) == 1)
        series, found = run.series[QUALITY + slug], newest_figure(run, slug)
        assert found is not None  # as there is a series of it
        same = [samples_at(run, int(s)) == found.n for s in series.steps]
        catalog = self._state.catalog
        entry = catalog.get("metric", slug) if catalog is not None else None
        band = metric_reference.band(entry, found.floors, slug, found.n)
        values = series.values[np.array(same, bool)]
        if found.asked:
            values = np.append(values, found.value)
        title = metric_title(slug, catalog)
        floor = found.floors.get(slug)
        few = found.n if found.n is not None and found.n < significance.ENOUGH else None
        self.strip.show_values(values.copy(), found.step, floor, band, title, few)
        set_tip(self.strip, metric_reference.explained(entry))
