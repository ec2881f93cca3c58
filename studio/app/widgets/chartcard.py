"""A chart with its title, its legend and its switches."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from studio.app.plots.chart import Axes, ChartScene, paint_chart, values_at
from studio.app.plots.curves import Curve
from studio.app.plots.style import CanvasStyle
from studio.app.plots.ticks import number
from studio.app.theme import colors, font, theme
from studio.app.widgets.basic import Elided, button, label
from studio.app.widgets.literal import set_tip

__all__ = ["ChartCard", "ChartPlot", "at_step"]


def at_step(step: float) -> str:
    """Return a place on the axis in words, where that counts training steps."""
    return f"step {int(step):,}"


class ChartPlot(QWidget):
    """The picture, and where the mouse is on it.

    Signals:
        hovered: the step under the mouse, None when it left.
        chosen: the step that was clicked.
        zoomed: (first, last) step of a range that was dragged; None to show all again.
    """

    hovered = Signal(object)
    chosen = Signal(float)
    zoomed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scene = ChartScene()
        self._axes: Axes | None = None
        self._from: float | None = None
        self._to: float | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(150)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(420, 190)

    def set_scene(self, scene: ChartScene) -> None:
        """Show another scene."""
        self.scene = scene
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = colors()
        with QPainter(self) as painter:
            style = CanvasStyle.of(tokens)
            box = QRectF(self.rect())
            self._axes = paint_chart(painter, box, style, self.scene, font(11))
            if self._from is not None and self._to is not None:
                shade = QColor(tokens.accent)
                shade.setAlphaF(0.15)
                left, right = sorted((self._from, self._to))
                plot = self._axes.plot
                painter.fillRect(QRectF(left, plot.top(), right - left, plot.height()), shade)
            if self.hasFocus():
                painter.setPen(QColor(tokens.accent))
                painter.drawRect(self._axes.plot)

    def _step(self, x: float) -> float | None:
        axes = self._axes
        if axes is None or axes.plot.width() <= 0:
            return None
        return min(axes.x1, max(axes.x0, axes.step(x)))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._from, self._to = event.position().x(), None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if self._from is not None and abs(x - self._from) > 5:
            self._to = x
            self.update()
        self.hovered.emit(self._step(x))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        start, end = self._from, self._to
        self._from, self._to = None, None
        if start is None:
            return
        first = self._step(start)
        last = self._step(end) if end is not None else None
        if first is not None and last is not None:
            low, high = sorted((first, last))
            if high - low >= 1:
                self.zoomed.emit((low, high))
        elif first is not None:
            self.chosen.emit(first)
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._from = None
        self.zoomed.emit(None)

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit(None)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the hover line with Ctrl and the arrows, zoom with + and -, all with 0."""
        low, high = self.scene.span
        ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        at = self.scene.hover if self.scene.hover is not None else (low + high) / 2
        step, key = (high - low) / 50, event.key()
        if ctrl and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            move = step if key == Qt.Key.Key_Right else -step
            self.hovered.emit(min(high, max(low, at + move)))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal) and high - low > 4:
            self.zoomed.emit((at - (at - low) / 2, at + (high - at) / 2))
        elif key in (Qt.Key.Key_Minus, Qt.Key.Key_0):
            self.zoomed.emit(None)
        else:
            super().keyPressEvent(event)


class ChartCard(QFrame):
    """A chart of some curves. A click on a legend entry hides or shows its curve.

    ``where`` says a place on the axis in words, a ``note`` beside the title how to read it, a
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
        super().__init__(parent)
        self.title = title
        self._figures = figures
        self.where: Callable[[float], str] = at_step
        self.setProperty("surface", "panel")
        self.plot = ChartPlot()
        self.plot.setAccessibleName(f"{title} over training steps")
        self.plot.hovered.connect(self.hovered)
        self.plot.chosen.connect(self.chosen)
        self.plot.zoomed.connect(self.zoomed)
        self._values = label("", "small")
        self._log = button("log", None, kind="chip", tip=f"{title}: logarithmic axis")
        self._log.setCheckable(True)
        self._log.setAccessibleName(f"{title}: logarithmic axis")
        self._log.toggled.connect(self._refresh)
        self._legend = QHBoxLayout()
        self._legend.setSpacing(2)
        self._entries: dict[str, QPushButton] = {}
        self._curves: list[Curve] = []
        head = QHBoxLayout()
        head.setSpacing(8)
        if heading:
            name = label(title, "heading")
            set_tip(name, tip)
            head.addWidget(name)
        self.note = Elided(note, "small")
        self.note.setVisible(bool(note))
        head.addWidget(self.note)
        head.addLayout(self._legend)
        head.addStretch(1)
        head.addWidget(self._values)
        head.addWidget(self._log)
        body = QVBoxLayout(self)
        body.setContentsMargins(12, 8, 8, 4)
        body.setSpacing(4)
        body.addLayout(head)
        body.addWidget(self.plot, 1)
        theme.changed.connect(self._recolour)

    @property
    def scene(self) -> ChartScene:
        """What is drawn, without the hidden curves."""
        return self.plot.scene

    def show_curves(
        self,
        curves: list[Curve],
        span: tuple[float, float],
        cursor: float | None,
        *,
        whole: bool = True,
    ) -> None:
        """Show curves over a range of steps, with the cursor of the training clock. What the axis
        counts may be other than ``whole`` steps.
        """
        self._curves = curves
        if [c.name for c in curves] != list(self._entries):
            self._rebuild()
        self.plot.scene = replace(self.plot.scene, span=span, cursor=cursor, whole=whole)
        self._refresh()

    def set_hover(self, step: float | None) -> None:
        """Show the values at a step, or none."""
        self.plot.set_scene(replace(self.plot.scene, hover=step))
        self._tell()

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
        self.plot.set_scene(replace(self.plot.scene, curves=shown, log=self._log.isChecked()))
        self._tell()

    def _tell(self) -> None:
        """Write the values under the mouse, or the newest ones."""
        scene = self.plot.scene
        at = scene.hover if scene.hover is not None else scene.span[1]
        found = values_at(scene, at)
        step = self.where(found[0][1]) if found and scene.hover is not None else ""
        values = [f"{c.title} {number(v)}" for c, _, v in found]
        one = number(found[0][2]) if len(self._curves) == 1 and found else ""
        self._values.setText("   ".join(part for part in (step, one) if part))
        told = found if self._figures or scene.hover is not None else []
        known = {c.name: number(v) for c, _, v in told}
        for curve in self._curves:
            self._entries[curve.name].setText(f"{curve.title} {known.get(curve.name, '')}".strip())
        floors = [f"{c.bar} {number(c.floor)}" for c, _, _ in found if c.floor is not None]
        self.plot.setAccessibleDescription(", ".join([step or "newest", *values, *floors]))


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
