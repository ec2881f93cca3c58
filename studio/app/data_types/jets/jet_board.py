"""Jets by type, generated along the flow and real."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from pushforward.studio.app.data.tile_paint import fitting
from pushforward.studio.app.data_types.jets.flow_paint import paint_way
from pushforward.studio.app.data_types.jets.jet_flow import JetWay
from pushforward.studio.app.data_types.jets.jet_paint import Frame
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.design.tokens import Tokens
from pushforward.studio.literal import one_line

__all__ = ["Cell", "JetBoard", "Line"]

HEAD, SIDE, WORDS, GAP, BETWEEN = 22, 20, 15, 6, 14  # pixels around the tiles
NAME = 8  # pixels to the middle of the names of types
# Of what a real jet is the nearest, its tip says.
HEADS = ("Generated", "Nearest real")
SWAPPED = HEADS[::-1]
SMALLEST = 24.0
LETTERS = (12, 11, 10)  # of the name of a type, as there is room


NOISE = 1.0  # the level at which there is as much noise as jet


@dataclass(frozen=True, eq=False)
class Cell:
    """A jet; ``row`` of its source, a real one if ``real``, with its ``number`` in the training
    data.
    """

    way: JetWay
    row: int
    real: bool = False
    number: int = -1

    def words(self, t: float, *, brief: bool = False) -> str:
        """Return its caption: the mass at a flow time, and the number of constituents if there is
        room; "noise" if noise dominates.
        """
        if not self.real and (self.way.level(t) or 0.0) > NOISE:
            return "noise"
        mass = f"{self.way.mass(t):,.0f} GeV"
        return mass if brief else f"m {mass}  N {self.way.many(t)}"


@dataclass(frozen=True, eq=False)
class Line:
    """A jet type: its name, and the same number of generated and real jets."""

    name: str
    made: tuple[Cell, ...]
    real: tuple[Cell | None, ...]


class JetBoard(QWidget):
    """Signals:
    picked: a Cell was clicked, or walked to.
    menu_wanted: what can be done with a Cell is asked, at a place.
    """

    picked = Signal(object)
    menu_wanted = Signal(object, QPoint)

    def __init__(self) -> None:
        super().__init__()
        self.lines: Sequence[Line] = ()
        self.flow = 1.0
        self.trails = True
        self.swapped = False  # real ones stand in the place of generated ones
        self.near_by = ""  # in what real ones are near
        self.chosen: Cell | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(240, 200))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Jets by type, generated next to real")
        repaint_on_theme(self)

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show other jets."""
        self.lines = lines
        said = (f"{line.name}: {len(line.made)} generated" for line in lines)
        self.setAccessibleDescription("; ".join(said))
        self.update()

    def set_flow(self, t: float) -> None:
        """Show all at another flow time."""
        self.flow = t
        self.update()

    @property
    def _in_place(self) -> bool:
        """Whether real jets replace generated ones, once loaded."""
        return self.swapped and any(cell for line in self.lines for cell in line.real)

    def cells(self) -> list[tuple[QRectF, Cell]]:
        """Return where each jet is."""
        across = max((len(line.made) for line in self.lines), default=1)
        many = max(1, len(self.lines))
        wide = self.width() - SIDE - BETWEEN - 2 * GAP * across
        high = self.height() - HEAD - many * (WORDS + GAP)
        side = max(SMALLEST, min(wide / (2 * across), high / many))
        found: list[tuple[QRectF, Cell]] = []
        for y, line in enumerate(self.lines):
            top = HEAD + y * (side + WORDS + GAP)
            for x, (made, real) in enumerate(zip(line.made, line.real, strict=True)):
                left = SIDE + x * (side + GAP)
                other = SIDE + across * (side + GAP) + BETWEEN + x * (side + GAP)
                first, second = (real, made) if self._in_place else (made, real)
                for x0, cell in ((left, first), (other, second)):
                    if cell is not None:
                        found.append((QRectF(x0, top, side, side), cell))
        return found

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            self.paint_on(painter, theme.colors())

    def paint_on(self, painter: QPainter, tokens: Tokens) -> None:
        """Paint all jets."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        cells = self.cells()
        self._paint_heads(painter, cells, tokens)
        for box, cell in cells:
            chosen = self.chosen is not None and (cell.row, cell.real) == (
                self.chosen.row, self.chosen.real
            )  # fmt: skip
            painter.setPen(QPen(QColor(tokens.accent if chosen else tokens.line), 2 - (not chosen)))
            painter.setBrush(QColor(tokens.panel))
            painter.drawRect(box)
            painter.save()
            painter.setClipRect(box)
            paint_way(
                painter,
                Frame(box, cell.way.radius),
                cell.way,
                self.flow,
                tokens,
                trails=self.trails,
            )
            painter.restore()
            painter.setFont(font(10))
            painter.setPen(QColor(tokens.muted))
            below = QRectF(box.left() - 2, box.bottom() + 1, box.width() + 4, WORDS)
            metrics, words = painter.fontMetrics(), cell.words(self.flow)
            if metrics.horizontalAdvance(words) > below.width():
                brief = cell.words(self.flow, brief=True)
                words = fitting(brief, metrics, int(below.width()))
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, words)

    def _paint_heads(
        self, painter: QPainter, cells: list[tuple[QRectF, Cell]], tokens: Tokens
    ) -> None:
        if not cells:
            return
        side = cells[0][0].width()
        across = max(len(line.made) for line in self.lines)
        lefts = (SIDE, SIDE + across * (side + GAP) + BETWEEN)
        painter.setFont(font(12))
        painter.setPen(QColor(tokens.text))
        heads = SWAPPED if self._in_place else HEADS
        told = {}
        for left, title in zip(lefts, heads, strict=True):
            room = QRectF(left, 0, across * (side + GAP), HEAD - 4)
            short = painter.fontMetrics().elidedText(
                title, Qt.TextElideMode.ElideRight, int(room.width())
            )
            painter.drawText(room, Qt.AlignmentFlag.AlignLeft, short)
            told[title] = room, painter.fontMetrics().horizontalAdvance(short)
        self._paint_near_by(painter, *told[HEADS[1]], tokens)
        painter.setFont(font(12))
        painter.setPen(QColor(tokens.text))
        for y, line in enumerate(self.lines):
            painter.save()
            painter.translate(NAME, HEAD + y * (side + WORDS + GAP) + side / 2)
            painter.rotate(-90)
            high = side + WORDS  # beside the words below a tile there is nothing else
            box = QRectF(-high / 2, -8, high, 16)
            said = one_line(line.name)
            for letters in LETTERS:  # a little smaller before it is cut
                painter.setFont(font(letters))
                if painter.fontMetrics().horizontalAdvance(said) <= high:
                    break
            name = painter.fontMetrics().elidedText(said, Qt.TextElideMode.ElideRight, int(high))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, name)
            painter.restore()

    def _paint_near_by(self, painter: QPainter, room: QRectF, taken: int, tokens: Tokens) -> None:
        """Label the real jets with the distance used, if there is room."""
        painter.setFont(font(11))
        painter.setPen(QColor(tokens.muted))
        if taken + GAP + painter.fontMetrics().horizontalAdvance(self.near_by) <= room.width():
            painter.drawText(
                room.adjusted(0, 0, -GAP, 0), Qt.AlignmentFlag.AlignRight, self.near_by
            )

    def cell_at(self, at: QPointF) -> Cell | None:
        """Return the jet at a place, None where there is none."""
        return next((cell for box, cell in self.cells() if box.contains(at)), None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if (found := self.cell_at(event.position())) is not None:
            self.picked.emit(found)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        at = QPointF(event.pos())
        if event.reason() == QContextMenuEvent.Reason.Keyboard:  # of the chosen one
            boxes = (box for box, cell in self.cells() if cell is self.chosen)
            at = next((box.center() for box in boxes), at)
        if (found := self.cell_at(at)) is not None:
            self.menu_wanted.emit(found, at.toPoint())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows walk from jet to jet."""
        keys = Qt.Key
        ways = {
            keys.Key_Right: (1, 0), keys.Key_Left: (-1, 0), keys.Key_Down: (0, 1),
            keys.Key_Up: (0, -1),
        }  # fmt: skip
        way, cells = ways.get(keys(event.key())), self.cells()
        if way is None or not cells:
            event.ignore()
            return
        now = next(
            (box for box, cell in cells if self.chosen is not None
             and (cell.row, cell.real) == (self.chosen.row, self.chosen.real)),
            cells[0][0],
        )  # fmt: skip
        step = QPointF(way[0] * now.width(), way[1] * (now.height() + WORDS))
        ahead = now.center() + step

        def away(box: QRectF) -> float:
            return float((box.center() - ahead).manhattanLength())

        box, cell = min(cells, key=lambda each: away(each[0]))
        if box != now:
            self.picked.emit(cell)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            at = QPointF(event.pos())
            found = self.cell_at(at)
            said = "" if found is None else _cell_caption(found, self.flow, self.near_by)
            QToolTip.showText(event.globalPos(), said, self)
            return True
        return super().event(event)


def _cell_caption(cell: Cell, t: float, near_by: str) -> str:
    if cell.real:
        return (
            f"Training jet {cell.number:,}: of all of its type that are learned the nearest in "
            f"{near_by}. {cell.words(t)}"
        )
    when = f", at t = {t:.2f}" if t < 1.0 else ""
    return f"Latent {cell.row}{when}: {cell.words(t)}"
