"""Mean images of jets, types across; generated, real and their difference down, with their axes and
what their colours are worth.
"""

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from pushforward.observables.jets import cone
from pushforward.studio.app.charts.backdrop import image_of
from pushforward.studio.app.charts.colour_bar import WIDTH, paint_bar
from pushforward.studio.app.data_types.jets.jet_paint import (
    PIXELS,
    Floats,
    Frame,
    paint_cone,
    paint_image,
)
from pushforward.studio.app.data_types.jets.mean_images import Mean, TypeMeans, pull
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.design.tokens import Tokens
from pushforward.studio.app.text import number_format
from pushforward.studio.literal import one_line

__all__ = ["MeansPicture"]

LOW, HIGH = 1e-5, 0.1  # mean shares of the pT of a jet in a pixel, at the ends of the scale
DECADES = tuple((i / 4, f"{text} %") for i, text in enumerate(("0.001", "0.01", "0.1", "1", "10")))
FULL = 5.0  # deviations by chance at which a pixel has its full colour
DEVIATIONS = ((0.0, f"\N{MINUS SIGN}{FULL:g}"), (0.5, "0"), (1.0, f"+{FULL:g}"))
FAR = ("warm", "background", "accent")  # colours of the theme from too little to too much
ROWS = ("Generated", "Real", "Difference")
TICKS = (-0.75, 0.0, 0.75)  # radii of the cone
GAP, TOP, BELOW = 10, 34, 34  # pixels between images, above them, and below for their axis
NAME, NUMBERS = 18, 44  # left of them: the name of a row, and the axis


class MeansPicture(QWidget):
    """Types across; generated, real and their difference down. The mouse tells the pixel."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[TypeMeans] = []
        self.radius = cone.USUAL
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(320, 240))
        self.setAccessibleName("Mean images of jets by type")
        repaint_on_theme(self)

    def show_means(self, shown: list[TypeMeans], radius: float = cone.USUAL) -> None:
        """Show other means, of jets with a cone of that radius."""
        self.shown, self.radius = shown, radius
        said = (f"{each.name or 'all'}: {_count(each.made)} generated, {_count(each.real)} real"
                for each in shown)  # fmt: skip
        self.setAccessibleDescription("; ".join(said))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            self.paint_on(painter, self.size(), theme.colors())

    def cell(self, place: int, line: int, size: QSize) -> QRectF:
        """Return where an image is, in a picture of a size."""
        columns = max(1, len(self.shown))
        left = NAME + NUMBERS
        room = min(
            (size.width() - left - GAP * columns - WIDTH) / columns,
            (size.height() - TOP - BELOW - GAP * (len(ROWS) - 1)) / len(ROWS),
        )
        return QRectF(left + place * (room + GAP), TOP + line * (room + GAP), room, room)

    def used(self, size: QSize) -> QSize:
        """Return how much of a size is painted: images are square."""
        beyond = self.cell(len(self.shown), len(ROWS) - 1, size)
        return QSize(round(beyond.left() + WIDTH), round(beyond.bottom() + BELOW))

    def _frame(self, box: QRectF) -> Frame:
        return Frame(box, self.radius)

    def paint_on(self, painter: QPainter, size: QSize, tokens: Tokens) -> None:
        """Paint all images."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.shown:
            return
        for line, title in enumerate(ROWS):
            _paint_side(painter, self._frame(self.cell(0, line, size)), title, tokens)
        for place, each in enumerate(self.shown):
            self._paint_type(painter, place, each, size, tokens)
            last = place == len(self.shown) - 1
            below = self._frame(self.cell(place, len(ROWS) - 1, size))
            _paint_below(painter, below, tokens, named=last)
        end = len(self.shown)
        first, second, third = (self.cell(end, line, size) for line in range(len(ROWS)))
        both = QRectF(first.topLeft(), QPointF(first.right(), second.bottom()))
        paint_bar(painter, both, tokens.scale, DECADES, "mean pT share per pixel (log)",
                  tokens)  # fmt: skip
        paint_bar(painter, third, [getattr(tokens, name) for name in FAR], DEVIATIONS,
                  "difference / σ", tokens)  # fmt: skip

    def _paint_type(
        self, painter: QPainter, place: int, each: TypeMeans, size: QSize, tokens: Tokens
    ) -> None:
        head = self.cell(place, 0, size)
        painter.setPen(QColor(tokens.text))
        painter.setFont(font(13))
        above = QRectF(head.left(), 0, head.width(), 16)
        painter.drawText(above, Qt.AlignmentFlag.AlignLeft, one_line(each.name) or "All")
        painter.setPen(QColor(tokens.muted))
        painter.setFont(font(11))
        count = f"n = {_count(each.made)} | {_count(each.real)}"
        painter.drawText(above.translated(0, 16), Qt.AlignmentFlag.AlignLeft, count)
        for line, image in enumerate((each.made, each.real, None)):
            box = self.cell(place, line, size)
            painter.fillRect(box, QColor(tokens.panel))
            if image is not None:
                paint_image(painter, self._frame(box), image.mean, tokens, LOW, HIGH)
            elif line == 2 and each.made is not None and each.real is not None:
                _paint_pull(painter, box, pull(each.made, each.real), tokens)
            paint_cone(painter, self._frame(box), tokens)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            said = self.said_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), said, self)
            return True
        return super().event(event)

    def said_at(self, at: QPointF) -> str:
        """Say the pixel at a point, "" outside of the images."""
        for place, each in enumerate(self.shown):
            for line in range(len(ROWS)):
                box = self.cell(place, line, self.size())
                if box.contains(at):
                    return _pixel_text(each, self._frame(box), at)
        return ""


def _paint_side(painter: QPainter, frame: Frame, title: str, tokens: Tokens) -> None:
    """Name a row of images, and paint its axis up."""
    box = frame.rect
    painter.save()
    painter.setFont(font(12))
    painter.setPen(QColor(tokens.text))
    painter.translate(NAME / 2, box.center().y())
    painter.rotate(-90)
    room = QRectF(-box.height() / 2, -NAME / 2, box.height(), NAME)
    painter.drawText(room, Qt.AlignmentFlag.AlignCenter, title)
    painter.restore()
    painter.setFont(font(11))
    painter.setPen(QPen(QColor(tokens.muted), 1))
    metrics = painter.fontMetrics()
    for tick in _ticks(frame):
        y, text = frame.place(0.0, tick).y(), _written(tick)
        painter.drawLine(QPointF(box.left() - 4, y), QPointF(box.left(), y))
        painter.drawText(QPointF(box.left() - 7 - metrics.horizontalAdvance(text), y + 4), text)
    middle = (frame.place(0.0, 0.0).y() + frame.place(0.0, _ticks(frame)[-1]).y()) / 2
    painter.drawText(QPointF(box.left() - 7 - metrics.horizontalAdvance("Δφ"), middle + 4), "Δφ")


def _paint_below(painter: QPainter, frame: Frame, tokens: Tokens, *, named: bool) -> None:
    """Paint the axis below a column of images; the last one says what it is."""
    box = frame.rect
    painter.setFont(font(11))
    painter.setPen(QPen(QColor(tokens.muted), 1))
    metrics, base = painter.fontMetrics(), box.bottom()
    for tick in _ticks(frame):
        x, text = frame.place(tick, 0.0).x(), _written(tick)
        painter.drawLine(QPointF(x, base), QPointF(x, base + 4))
        painter.drawText(QPointF(x - metrics.horizontalAdvance(text) / 2, base + 17), text)
    if named:
        wide = metrics.horizontalAdvance("Δη")
        painter.drawText(QPointF(box.center().x() - wide / 2, base + 31), "Δη")


def _ticks(frame: Frame) -> list[float]:
    return [tick * frame.radius for tick in TICKS]


def _written(tick: float) -> str:
    return f"{tick:g}".replace("-", "\N{MINUS SIGN}")


def _count(mean: Mean | None) -> str:
    return f"{mean.n:,}" if mean is not None else "none"


def _pixel_text(each: TypeMeans, frame: Frame, at: QPointF) -> str:
    """Say a pixel: where it is, and which share of the pT is there."""
    eta, phi = frame.at(at)
    column = min(PIXELS - 1, max(0, int((eta + frame.reach) / frame.pixel)))
    line = min(PIXELS - 1, max(0, int((frame.reach - phi) / frame.pixel)))
    parts = [f"Δη {eta:.2f}, Δφ {phi:.2f}".replace("-", "\N{MINUS SIGN}")]
    for title, mean in (("generated", each.made), ("real", each.real)):
        if mean is not None:
            share = 100 * float(mean.mean[line, column])
            parts.append(f"{title} {number_format.figure(share)} % of the pT")
    if each.made is not None and each.real is not None:
        off = float(pull(each.made, each.real)[line, column])
        if np.isfinite(off):
            parts.append(f"{off:+.1f} deviations".replace("-", "\N{MINUS SIGN}"))
    return "\n".join(parts)


def _paint_pull(painter: QPainter, box: QRectF, far: Floats, tokens: Tokens) -> None:
    """Paint deviations: blue where there is too much, orange where there is too little."""
    strength = np.nan_to_num(np.clip(np.abs(far) / FULL, 0, 1))[..., None]
    ends = [QColor(each) for each in (tokens.warm, tokens.accent)]
    inks = np.array([[c.red(), c.green(), c.blue()] for c in ends])[(far > 0).astype(int)]
    red, green, blue = np.moveaxis(np.rint(inks * strength).astype(np.uint32), -1, 0)
    alpha = np.rint(255 * strength[..., 0]).astype(np.uint32)
    pixels = alpha << np.uint32(24) | red << np.uint32(16) | green << np.uint32(8) | blue
    image = image_of(pixels.astype(np.uint32))
    painter.drawImage(box, image, QRectF(image.rect()))
