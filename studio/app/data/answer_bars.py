"""What a model answers about a sample, as bars of probability."""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from pushforward.studio.app.core.data_type import Arrays, EachTile, TitledTiles
from pushforward.studio.app.design.tokens import Tokens
from pushforward.studio.app.text import number_format
from pushforward.studio.literal import one_line
from pushforward.studio.protocol.extras import ANSWERS, CHANCES, WANTED

__all__ = ["answer", "blend_answers"]

ASPECT = 2.4
NAMES, VALUES = 0.42, 0.12  # of the width
LARGEST = 15  # pixels of a line of text


def answer(arrays: Arrays, name: Callable[[int], str], title: str) -> TitledTiles:
    """Return the answers of a model about one sample as a picture: bars of probability, that of the
    right answer in another colour.
    """

    def paint(painter: QPainter, rect: QRectF, datum: Arrays, palette: Tokens) -> None:
        _paint(painter, rect, datum, name, palette)

    shown = {each: arrays[each][:1] for each in (ANSWERS, CHANCES, WANTED)}
    return TitledTiles(title, EachTile({"x": shown[ANSWERS], **shown}, paint, ASPECT))


def blend_answers(before: Arrays, after: Arrays, share: float) -> Arrays:
    """Return answers between those of two stages, 0 for the first and 1 for the second."""
    known = dict(zip(before[ANSWERS][0].tolist(), before[CHANCES][0].tolist(), strict=True))
    started = np.array([[known.get(each, 0.0) for each in after[ANSWERS][0].tolist()]])
    return {**after, CHANCES: started + share * (after[CHANCES][:1] - started)}


def _paint(
    painter: QPainter, rect: QRectF, datum: Arrays, name: Callable[[int], str], palette: Tokens
) -> None:
    numbers, chances = datum[ANSWERS].tolist(), datum[CHANCES].tolist()
    wanted = int(datum[WANTED])
    lines = [(each, f"{chance:.0%}", chance) for each, chance in zip(numbers, chances, strict=True)]
    if wanted not in numbers:
        lines = [*lines[:-1], (wanted, f"< {number_format.percent(min(chances))}", 0.0)]
    high = rect.height() / len(lines)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    font = painter.font()
    font.setPixelSize(max(1, min(LARGEST, int(0.66 * high))))
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    text, value = NAMES * rect.width(), VALUES * rect.width()
    middle = Qt.AlignmentFlag.AlignVCenter
    for line, (number, said, chance) in enumerate(lines):
        top = rect.top() + line * high
        right = number == wanted
        painter.setPen(QColor(palette.warm if right else palette.text))
        title = metrics.elidedText(one_line(name(number)), Qt.TextElideMode.ElideRight, text - 8)
        painter.drawText(QRectF(rect.left(), top, text, high), middle, title)
        room = QRectF(rect.left() + text, top + 0.2 * high, rect.width() - text - value, 0.6 * high)
        painter.fillRect(room, QColor(palette.raised))
        room.setWidth(room.width() * min(1.0, chance))
        painter.fillRect(room, QColor(palette.warm if right else palette.accent))
        painter.setPen(QColor(palette.muted))
        place = QRectF(rect.right() - value, top, value, high)
        painter.drawText(place, middle | Qt.AlignmentFlag.AlignRight, said)
    painter.restore()
