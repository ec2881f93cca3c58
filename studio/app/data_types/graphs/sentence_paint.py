"""A sentence and its tree, painted: words in a line, and an arc from each to what it hangs on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen

from pushforward.studio.app.data_types.graphs.graph_paint import FAINTEST
from pushforward.studio.app.data_types.graphs.labelled_paint import paint_node
from pushforward.studio.app.design.theme import font
from pushforward.studio.app.design.tokens import Tokens

__all__ = ["Link", "SentencePicture", "relation_tones"]

LARGE, SMALL, SMALLEST = 15, 11, 8  # pixels of a word, beside the names of relations and without
WIDE = 0.62  # of the height of letters: how wide one is, about
NODE = 0.02  # of the width
DASHES = (
    Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine,
)  # fmt: skip


def relation_tones(palette: Tokens) -> tuple[str, ...]:
    """Return the colour of each relation."""
    return (palette.accent, palette.warm, palette.more[0], palette.muted)


@dataclass(frozen=True)
class Link:
    """Two words, by which relation one hangs on the other, from 1, and how certain that is."""

    one: int
    other: int
    relation: int
    certain: float = 1.0


@dataclass(frozen=True)
class SentencePicture:
    """Content of a sentence picture.

    Attributes:
        words: "" for unknown.
        types: class of each, from 0, -1 for unknown.
        links: the arcs.
        below: captions of the words; () for none.
        names: relation names at the arcs; () for none.
        wrong: ringed arcs, and words of a wrong class, by index.
    """

    words: Sequence[str]
    types: Sequence[int]
    links: Sequence[Link]
    below: Sequence[str] = ()
    names: Sequence[str] = ()
    wrong: frozenset[int] = frozenset()

    def paint(self, painter: QPainter, rect: QRectF, palette: Tokens) -> None:
        """Paint it into a rectangle."""
        n = len(self.words)
        if not n:
            return
        painter.save()
        painter.setClipRect(rect)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        apart = rect.width() / n
        longest = max(3, *map(len, self.words))
        tall = min(LARGE if self.names else SMALL, math.floor(apart / (WIDE * longest)))
        written = tall >= SMALLEST and any(self.words)
        lines = (written + bool(self.below)) * (tall + 6 if written else 0)
        radius = max(2.0, min(6.0, NODE * rect.width()))
        floor = rect.bottom() - lines - radius - 4
        places = [QPointF(rect.left() + apart * (k + 0.5), floor) for k in range(n)]
        self._paint_links(painter, rect, places, radius, palette)
        for place, kind in zip(places, self.types, strict=True):
            if kind >= 0:
                paint_node(painter, place, radius, kind, palette)
            else:
                painter.setPen(QPen(QColor(palette.muted), 1.0))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(place, 0.6 * radius, 0.6 * radius)
        if written:
            self._write(painter, places, radius, apart, tall, palette)
        painter.restore()

    def _paint_links(
        self,
        painter: QPainter,
        rect: QRectF,
        places: list[QPointF],
        radius: float,
        palette: Tokens,
    ) -> None:
        room = places[0].y() - rect.top() - radius - (16 if self.names else 6)
        tones = relation_tones(palette)
        farthest = max((abs(link.one - link.other) for link in self.links), default=1)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        named: list[tuple[QPointF, str, str]] = []  # written over all arcs
        for link in self.links:
            if link.certain < FAINTEST:
                continue
            start, end = sorted((link.one, link.other))
            # A curve of Bezier reaches three quarters of where its handles are.
            high = room * (0.25 + 0.75 * (end - start) / farthest)
            up = QPointF(0.0, -high / 0.75)
            one = places[start] + QPointF(0.25 * radius, -1.4 * radius)
            other = places[end] + QPointF(-0.25 * radius, -1.4 * radius)
            path = QPainterPath(one)
            path.cubicTo(one + up, other + up, other)
            ink = QColor(tones[link.relation - 1])
            ink.setAlphaF(min(1.0, link.certain))
            painter.setPen(QPen(ink, 1.6 if self.names else 1.2, DASHES[link.relation - 1]))
            painter.drawPath(path)
            if self.names:
                said = self.names[link.relation - 1]
                said += f" {100 * link.certain:.0f} %" if link.certain < 0.995 else ""
                named.append((path.pointAtPercent(0.5), said, tones[link.relation - 1]))
        painter.setFont(font(11))
        for middle, said, tone in named:
            wide = QFontMetricsF(painter.font()).horizontalAdvance(said)
            box = QRectF(middle.x() - wide / 2 - 3, middle.y() - 15, wide + 6, 13)
            painter.fillRect(box, QColor(palette.background))
            painter.setPen(QColor(tone))
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), said)

    def _write(
        self,
        painter: QPainter,
        places: list[QPointF],
        radius: float,
        apart: float,
        tall: int,
        palette: Tokens,
    ) -> None:
        for place, word in enumerate(self.words):
            top = places[place].y() + radius + 3
            box = QRectF(places[place].x() - apart / 2, top, apart, tall + 4)
            painter.setFont(font(tall))
            painter.setPen(QColor(palette.text))
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), word)
            if self.below:
                painter.setFont(font(max(9, min(11, round(apart / 6.5)))))
                painter.setPen(QColor(palette.warm if place in self.wrong else palette.muted))
                lower = box.translated(0, tall + 4)
                painter.drawText(lower, int(Qt.AlignmentFlag.AlignCenter), self.below[place])
