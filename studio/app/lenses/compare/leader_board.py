"""The leader board of compared runs: cards that glide to their new rank, and the ranks so far."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from pushforward.studio.app.charts.line_styles import ink
from pushforward.studio.app.core.leader_board import Standing
from pushforward.studio.app.core.memorisation import Memory
from pushforward.studio.app.design.theme import colors, font, theme
from pushforward.studio.app.text import number_format

__all__ = ["LeaderBoard"]

WIDTH, CARD, GAP, HEAD = 196, 44, 6, 26  # pixels
LINES, BELOW = 96, 40  # height of the rank lines, and of the words above them
EDGE = 10
FRAME_MS = 16
GLIDE = 0.22  # of what is left, a frame


class LeaderBoard(QWidget):
    """Shows the ranking by one metric; it is painted, so that a recording has it, too.

    Signals:
        opened: the place of the run whose card was clicked.
    """

    opened = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.standings: list[Standing] = []
        self.title = ""
        self._names: list[str] = []
        self._floor = ""
        self._memories: list[Memory | None] = []
        self._lines: tuple[list[float], list[list[int]]] = ([], [])
        self._y: dict[int, float] = {}  # where a card is, by place of the run
        self._timer = QTimer(self)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._glide)
        self.setFixedWidth(WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Leader board")
        theme.changed.connect(self.update)

    def show_standings(
        self,
        title: str,
        names: Sequence[str],
        standings: list[Standing],
        lines: tuple[list[float], list[list[int]]],
        floor: str = "",
        memories: Sequence[Memory | None] = (),
    ) -> None:
        """Show a ranking; cards whose rank has changed glide to their new place. Runs whose samples
        are copies of training data, or too close to it, say so: their place is worth little.

        Args:
            title: of the metric.
            names: of the runs, by their places.
            standings: as `core.leader_board.standings_at` returns them.
            lines: as `core.leader_board.rank_lines` returns them.
            floor: the noise floor in words, "" where it is unknown.
            memories: the newest metric of memorisation of each run, by its place.
        """
        self._memories = list(memories)
        self.title, self._names, self._floor = title, list(names), floor
        self.standings, self._lines = standings, lines
        known = {each.place for each in standings}
        self._y = {place: y for place, y in self._y.items() if place in known}
        for each in standings:
            self._y.setdefault(each.place, float(self._top(each.rank)))
        self.setAccessibleDescription(", ".join(self._describe(each) for each in standings))
        moves = any(abs(self._y[each.place] - self._top(each.rank)) > 0.5 for each in standings)
        if moves and self.isVisible():
            self._timer.start()
        elif moves:
            self._y = {each.place: float(self._top(each.rank)) for each in standings}
        self.update()

    @staticmethod
    def _top(rank: int) -> int:
        return HEAD + rank * (CARD + GAP)

    def _describe(self, each: Standing) -> str:
        value = "not measured" if each.value is None else number_format.figure(each.value)
        return f"{each.rank + 1} {self._names[each.place]} {value} {self._warning(each)}".rstrip()

    def _memory(self, each: Standing) -> Memory | None:
        return self._memories[each.place] if each.place < len(self._memories) else None

    def _warning(self, each: Standing) -> str:
        memory = self._memory(each)
        return memory.warning if memory is not None else ""

    def _glide(self) -> None:
        left = 0.0
        for each in self.standings:
            away = self._top(each.rank) - self._y[each.place]
            step = away if abs(away) < 0.5 else GLIDE * away
            self._y[each.place] += step
            left = max(left, abs(away - step))
        if left < 0.5:
            self._timer.stop()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, self._top(len(self.standings)) + BELOW + LINES)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = colors()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(font(11, QFont.Weight.Medium))
            painter.setPen(QColor(tokens.muted))
            head = QRectF(EDGE, 4, self.width() - 2 * EDGE, HEAD - 6)
            metrics = QFontMetrics(painter.font())
            wide = int(head.width())
            painter.drawText(
                head, Qt.AlignmentFlag.AlignVCenter,
                metrics.elidedText(self.title, Qt.TextElideMode.ElideRight, wide),
            )  # fmt: skip
            known = [each.value for each in self.standings if each.value is not None]
            most = max((abs(value) for value in known), default=0.0)
            for each in self.standings:
                self._paint_card(painter, each, most)
            self._paint_lines(painter)

    def _paint_card(self, painter: QPainter, each: Standing, most: float) -> None:
        tokens = colors()
        shade = QColor(ink(each.place, tokens))
        box = QRectF(EDGE, self._y[each.place], self.width() - 2 * EDGE, CARD)
        painter.setPen(QPen(QColor(shade if each.change else tokens.line), 1))
        painter.setBrush(QColor(tokens.raised))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shade)
        painter.drawRoundedRect(QRectF(box.left(), box.top() + 5, 3, CARD - 10), 1.5, 1.5)
        painter.setFont(font(12, QFont.Weight.DemiBold))
        painter.setPen(QColor(tokens.text))
        painter.drawText(QPointF(box.left() + 11, box.top() + 18), str(each.rank + 1))
        painter.setFont(font(12))
        room = int(box.width()) - 34
        if warning := self._warning(each):
            wide = QFontMetrics(painter.font()).horizontalAdvance(warning)
            painter.setPen(QColor(tokens.warm))
            painter.drawText(QPointF(box.right() - 10 - wide, box.top() + 18), warning)
            painter.setPen(QColor(tokens.text))
            room -= wide + 8
        name = QFontMetrics(painter.font()).elidedText(
            self._names[each.place], Qt.TextElideMode.ElideRight, room
        )
        painter.drawText(QPointF(box.left() + 26, box.top() + 18), name)
        painter.setFont(font(11))
        if each.change:
            won = each.change > 0
            painter.setPen(QColor(tokens.good if won else tokens.warm))
            painter.drawText(
                QPointF(box.left() + 11, box.top() + 36),
                f"{'▲' if won else '▼'}{abs(each.change)}",
            )
        painter.setPen(QColor(tokens.text if each.value is not None else tokens.muted))
        value = "–" if each.value is None else number_format.figure(each.value)
        line = QRectF(box.left(), box.top() + 24, box.width() - 10, 16)
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, value)
        if each.value is not None and most > 0:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(shade)
            long = (box.width() - 110) * abs(each.value) / most
            painter.drawRoundedRect(QRectF(box.left() + 34, box.top() + 30, long, 4), 2, 2)

    def _paint_lines(self, painter: QPainter) -> None:
        """Draw the rank of each run by its budget, and the noise floor in words."""
        tokens, (shares, ranks) = colors(), self._lines
        top = float(self._top(len(self.standings)))
        painter.setFont(font(11))
        if self._floor:
            painter.setPen(QColor(tokens.good))
            painter.drawText(QPointF(EDGE, top + 14), self._floor)
        area = QRectF(EDGE + 6, top + BELOW, self.width() - 2 * EDGE - 12, LINES - 14)
        if len(shares) < 2 or area.bottom() > self.height():
            return
        painter.setPen(QColor(tokens.muted))
        painter.drawText(QPointF(EDGE, top + BELOW - 9), "Rank by share of the budget")
        first, last, many = shares[0], shares[-1], max(1, len(ranks) - 1)
        for place, line in enumerate(ranks):
            shade = QColor(ink(place, tokens))
            painter.setPen(QPen(shade, 1.6))
            points = [
                QPointF(
                    area.left() + area.width() * (share - first) / max(last - first, 1e-9),
                    area.top() + area.height() * rank / many,
                )
                for share, rank in zip(shares, line, strict=True)
            ]
            painter.drawPolyline(points)
            painter.setBrush(shade)
            painter.drawEllipse(points[-1], 3, 3)
            painter.setBrush(Qt.BrushStyle.NoBrush)

    # Pointer

    def _at(self, y: float) -> Standing | None:
        inside = (e for e in self.standings if 0 <= y - self._y[e.place] < CARD)
        return next(inside, None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self._at(event.position().y())
        if found is not None:
            self.opened.emit(found.place)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            found = self._at(event.pos().y())
            if found is not None:
                at = f", measured at step {found.step:,}" if found.step >= 0 else ""
                memory = self._memory(found)
                lines = [f"{self._names[found.place]}{at}", memory.text if memory else ""]
                QToolTip.showText(event.globalPos(), "\n".join(filter(None, lines)), self)
            return True
        return super().event(event)
