"""What discs and rings of a jet mean, in a line: shares of its pT, and what a denoiser expects."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from pushforward.studio.app.data_types.jets.jet_paint import radii_of, shades_of
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.design.tokens import Tokens

__all__ = ["JetKey"]

SHARES = (0.01, 0.05, 0.2)
TITLE, RINGS = "pT share", "D(x, s)"
GAP, APART, LINE, RING = 6, 14, 22, 3.0  # pixels


class JetKey(QWidget):
    """Discs as large as in a plane of a ``side`` in pixels; with ``rings`` where there are any."""

    def __init__(self) -> None:
        super().__init__()
        self.side, self.rings = 0.0, False
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        repaint_on_theme(self)

    def show_side(self, side: float, *, rings: bool) -> None:
        """Show discs as large as in another plane."""
        if (side, rings) != (self.side, self.rings):
            self.side, self.rings = side, rings
            shares = ", ".join(f"{100 * share:g} %" for share in SHARES)
            self.setAccessibleName(
                f"Discs: share of the pT of the jet, {shares}"
                + ("; rings: denoised estimate" if rings else "")
            )
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetricsF(font(11))
        wide = metrics.horizontalAdvance(TITLE)
        for share, radius in zip(SHARES, self._radii(), strict=True):
            wide += APART + 2 * radius + GAP + metrics.horizontalAdvance(f"{100 * share:g} %")
        if self.rings:
            wide += APART + 2 * RING + GAP + metrics.horizontalAdvance(RINGS)
        return QSize(round(wide) + 2, self._high)

    def minimumSizeHint(self) -> QSize:
        return QSize(1, self._high)  # in a narrow window its end is cut

    @property
    def _high(self) -> int:
        return max(LINE, round(2 * max(self._radii())) + 2)

    def _radii(self) -> list[float]:
        return [float(each) for each in radii_of(np.array(SHARES), self.side)]

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            self.paint_on(painter, theme.colors())

    def paint_on(self, painter: QPainter, tokens: Tokens) -> None:
        """Paint the line from the upper left on."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(11))
        metrics, middle, x = painter.fontMetrics(), self.height() / 2, 0.0

        def write(text: str) -> None:
            nonlocal x
            painter.setPen(QColor(tokens.muted))
            room = QRectF(x, 0, metrics.horizontalAdvance(text) + 1, 2 * middle)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
            x += metrics.horizontalAdvance(text)

        write(TITLE)
        shades = shades_of(np.array(SHARES), tokens)
        for share, radius, ink in zip(SHARES, self._radii(), shades, strict=True):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ink)
            painter.drawEllipse(QPointF(x + APART + radius, middle), radius, radius)
            x += APART + 2 * radius + GAP
            write(f"{100 * share:g} %")
        if self.rings:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tokens.warm), 1.2))
            painter.drawEllipse(QPointF(x + APART + RING, middle), RING, RING)
            x += APART + 2 * RING + GAP
            write(RINGS)
