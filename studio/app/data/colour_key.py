"""What the colours of a quantity mean, in a line: its name, and the scale between two values."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.design.tokens import Tokens

__all__ = ["ColourKey"]

BAR, HIGH, GAP = 72, 8, 6  # pixels of the width and the height of the bar, and around it
LINE = 22


class ColourKey(QWidget):
    """A line with a bar, of colours of the theme by their names, or of its scale."""

    def __init__(self) -> None:
        super().__init__()
        self._texts = ("", "", "")
        self._colours: tuple[str, ...] = ()
        # Where there is little room the name goes; it is heard, and hovered.
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        repaint_on_theme(self)
        self.hide()

    def show_scale(self, scale: tuple[str, str, str] | None, colours: tuple[str, ...] = ()) -> None:
        """Show a name with the values at both ends of the bar, None to show nothing; ``colours``
        are names of those of the theme, none for its scale.
        """
        self.setVisible(scale is not None)
        if scale is not None:
            self._texts, self._colours = scale, colours
            title, low, high = scale
            said = f"Colours: {title}, from {low} to {high}"
            self.setAccessibleName(said)
            set_tip(self, said)
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        return self._size_of(self._texts)

    def minimumSizeHint(self) -> QSize:
        return self._size_of(self._texts[1:])

    def _size_of(self, texts: Sequence[str]) -> QSize:
        metrics = QFontMetricsF(font(11))
        wide = sum(metrics.horizontalAdvance(text) for text in texts)
        return QSize(round(wide) + BAR + len(texts) * GAP + 2, LINE)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            named = self.width() >= self.sizeHint().width()
            self.paint_on(painter, theme.colors(), named=named)

    def paint_on(self, painter: QPainter, tokens: Tokens, *, named: bool = True) -> None:
        """Paint the line from the upper left on, without its name where that has no room."""
        colours = [getattr(tokens, name) for name in self._colours] or tokens.scale
        wide = self.sizeHint().width()
        title, low, high = self._texts
        painter.setFont(font(11))
        painter.setPen(QColor(tokens.muted))
        metrics, x = painter.fontMetrics(), 0.0
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        for text in (title, low) if named else (low,):
            painter.drawText(QRectF(x, 0, wide, LINE), middle, text)
            x += metrics.horizontalAdvance(text) + GAP
        gradient = QLinearGradient(x, 0, x + BAR, 0)
        for place, colour in enumerate(colours):
            gradient.setColorAt(place / (len(colours) - 1), QColor(colour))
        painter.fillRect(QRectF(x, (LINE - HIGH) / 2, BAR, HIGH), gradient)
        painter.drawText(QRectF(x + BAR + GAP, 0, wide, LINE), middle, high)
