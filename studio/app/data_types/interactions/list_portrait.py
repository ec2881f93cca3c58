"""The portrait of a recommender: what somebody saw, and what it would show them next."""

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from pushforward.studio.app.core.run_portrait import Portrait
from pushforward.studio.app.data_types.interactions.item_titles import title_of
from pushforward.studio.app.design.tokens import Tokens
from pushforward.studio.literal import one_line

__all__ = ["PORTRAIT"]

SEEN, NEXT = 6, 10  # lines of what was seen, and of what comes next
MARGIN, ARROW, SPACE = 0.06, 0.05, 0.03  # of the width
LARGEST = 22  # pixels of a line of text
LETTERS = 25  # heights of a line that both columns need for titles


def _paint(
    painter: QPainter, rect: QRectF, arrays: Mapping[str, NDArray[Any]], palette: Tokens
) -> None:
    """Paint the last titles of the first history of "x" (n, L) and the first list of "item" (n, k),
    best first; "columns" are the titles of the items, from 1.
    """
    names = [one_line(str(name)) for name in arrays["columns"]]
    seen = [int(item) for item in arrays["x"][0] if item >= 1][-SEEN:]
    wanted = [int(item) for item in arrays["item"][0] if item >= 1][:NEXT]
    margin, arrow, space = (share * rect.width() for share in (MARGIN, ARROW, SPACE))
    column = (rect.width() - 2 * margin - arrow - 2 * space) / 2
    left = QRectF(rect.left() + margin, rect.top(), column, rect.height())
    right = left.translated(column + arrow + 2 * space, 0.0)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    high = rect.height() / NEXT
    font = painter.font()
    font.setPixelSize(max(1, min(LARGEST, int(0.84 * high), int(rect.width() / LETTERS))))
    painter.setFont(font)
    _lines(painter, left, high, [title_of(names, item) for item in seen], palette.muted)
    inks = [palette.accent, *[palette.text] * (len(wanted) - 1)]
    for line, (item, ink) in enumerate(zip(wanted, inks, strict=True)):
        _lines(painter, right, high, [title_of(names, item)], ink, (line, len(wanted)))
    start = left.right() + space
    tip, middle = QPointF(start + arrow, rect.center().y()), rect.center().y()
    painter.setPen(QPen(QColor(palette.muted), max(1.5, 0.008 * rect.height())))
    painter.drawLine(QPointF(start, middle), tip)
    head = 0.3 * arrow
    ends = [QPointF(tip.x() - head, middle + up * head) for up in (-1.0, 1.0)]
    painter.drawPolyline(QPolygonF([ends[0], tip, ends[1]]))
    painter.restore()


def _lines(
    painter: QPainter,
    box: QRectF,
    high: float,
    texts: list[str],
    ink: str,
    place: tuple[int, int] | None = None,
) -> None:
    """Write texts below each other in the middle of a box, or one at its place."""
    first, total = place or (0, len(texts))
    top = box.center().y() - high * total / 2
    metrics = QFontMetricsF(painter.font())
    painter.setPen(QColor(ink))
    for line, text in enumerate(texts, first):
        at = QRectF(box.left(), top + line * high, box.width(), high)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, at.width())
        painter.drawText(at, Qt.AlignmentFlag.AlignVCenter, shown)


PORTRAIT = Portrait(operator="recommend", paint=_paint, hands={"histories": "x"}, rows=1)
