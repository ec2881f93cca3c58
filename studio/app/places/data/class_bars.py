"""How many data there are of each class: a bar a class, with its name and its count."""

from collections.abc import Mapping

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.literal import one_line

__all__ = ["ClassBars"]

LINE = 20
BAR = 6
NAMES = 0.45  # of the width, at most
GAP = 10


class ClassBars(QWidget):
    """Only to be looked at."""

    def __init__(self) -> None:
        super().__init__()
        self._classes: list[tuple[str, int]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        repaint_on_theme(self)

    def show_classes(self, classes: Mapping[str, int]) -> None:
        """Show how many there are of each, by its name."""
        self._classes = [(one_line(name), count) for name, count in classes.items()]
        said = ", ".join(f"{name} {count:,}" for name, count in self._classes)
        self.setAccessibleName(f"Classes: {said}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(160, LINE * len(self._classes))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._classes:
            return
        tokens, metrics = theme.colors(), QFontMetrics(font(11))
        most = max(count for _, count in self._classes) or 1
        widest = max(metrics.horizontalAdvance(name) for name, _ in self._classes)
        left = min(float(widest), NAMES * self.width())
        right = max(metrics.horizontalAdvance(f"{count:,}") for _, count in self._classes)
        room = max(8.0, self.width() - left - right - 2 * GAP)
        middle = Qt.AlignmentFlag.AlignVCenter
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(font(11))
            for line, (name, count) in enumerate(self._classes):
                top = line * LINE
                painter.setPen(QColor(tokens.text))
                shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(left) + 4)
                painter.drawText(QRectF(0, top, left + 6, LINE), int(middle), shown)
                painter.setPen(QColor(tokens.muted))
                end = QRectF(self.width() - right - 2, top, right + 2, LINE)
                painter.drawText(end, int(middle | Qt.AlignmentFlag.AlignRight), f"{count:,}")
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(tokens.accent))
                bar = QRectF(left + GAP, top + (LINE - BAR) / 2, room * count / most, BAR)
                painter.drawRoundedRect(bar, 2, 2)
