"""The stages of a training step, as a list to walk along: each with its formula and its source."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from pushforward.studio.app.design.formula_label import lines_of
from pushforward.studio.app.design.formula_terms import write_terms
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.design.tokens import RADIUS
from pushforward.studio.app.text.formula_markup import maths_font
from pushforward.studio.protocol.catalog import StageSpec

__all__ = ["StageList"]

SPEC = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex
LEFT, EDGE = 42, 10  # pixels before the words of a stage, and around it
TITLE, SOURCE = 17, 15  # the height of their lines
PIXELS, LEADING = 14, 21  # of a formula


class _Rows(QStyledItemDelegate):
    """A number in a disc, a title, a formula; of the stage that is looked at the source as well."""

    width = 260

    def _lines(self, spec: StageSpec) -> list[str]:
        measure = QFontMetricsF(maths_font(PIXELS, slanted=False))
        return lines_of(spec.formula, self.width - LEFT - EDGE, measure)

    def _titles(self, spec: StageSpec) -> float:
        measure = QFontMetricsF(font(13))
        room = QRectF(0, 0, self.width - LEFT - EDGE, 400)
        return measure.boundingRect(room, int(Qt.TextFlag.TextWordWrap), spec.title).height()

    def _sources(self, spec: StageSpec) -> float:
        measure = QFontMetricsF(font(11))
        room = QRectF(0, 0, self.width - LEFT - EDGE, 400)
        wrapped = measure.boundingRect(room, int(Qt.TextFlag.TextWordWrap), spec.source).height()
        return max(SOURCE, wrapped)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        spec: StageSpec = index.data(SPEC)
        formula = LEADING * len(self._lines(spec))
        return QSize(120, round(2 * EDGE + self._titles(spec) + formula + self._sources(spec) + 4))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        spec: StageSpec = index.data(SPEC)
        tokens, area = theme.colors(), QRectF(option.rect)
        now = bool(option.state & QStyle.StateFlag.State_Selected)
        focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if now:
            painter.setPen(QColor(tokens.accent if focused else tokens.line))
            painter.setBrush(QColor(tokens.raised))
            painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        disc = QRectF(area.left() + EDGE, area.top() + EDGE - 1, 20, 20)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.accent if now else tokens.raised))
        painter.drawEllipse(disc)
        painter.setFont(font(11))
        painter.setPen(QColor(tokens.on_accent if now else tokens.muted))
        painter.drawText(disc, int(Qt.AlignmentFlag.AlignCenter), str(index.row() + 1))
        inside = area.adjusted(LEFT, EDGE, -EDGE, -EDGE)
        painter.setFont(font(13))
        painter.setPen(QColor(tokens.text))
        painter.drawText(inside, int(Qt.TextFlag.TextWordWrap), spec.title)
        y = inside.top() + self._titles(spec) + LEADING * 0.74
        ink = tokens.text if now else tokens.muted
        for line in self._lines(spec):
            place = QPointF(inside.left(), y)
            write_terms(painter, place, line, PIXELS, tokens, ink)
            y += LEADING
        painter.setFont(font(11))
        painter.setPen(QColor(tokens.muted))
        wrapped = int(Qt.AlignmentFlag.AlignBottom) | int(Qt.TextFlag.TextWordWrap)
        painter.drawText(inside, wrapped, spec.source)
        painter.restore()


class StageList(QListWidget):
    """One stage is looked at; all arrows go on to the next or back to the one before.

    Signals:
        chosen: the name of another stage.
    """

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._rows = _Rows(self)
        self._specs: list[StageSpec] = []
        self.setItemDelegate(self._rows)
        self.setAccessibleName("Stages of a training step")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setSpacing(1)
        self.currentRowChanged.connect(self._turned)
        theme.changed.connect(self.viewport().update)

    def set_stages(self, specs: list[StageSpec]) -> None:
        """Show the stages of a family; the first is looked at."""
        if specs == self._specs:
            return
        self._specs = list(specs)
        self.blockSignals(True)
        self.clear()
        for spec in specs:
            item = QListWidgetItem(spec.title)
            item.setData(SPEC, spec)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{spec.title}: {spec.formula}")
            set_tip(item, f"{spec.formula}\n{spec.source}")
            self.addItem(item)
        self.setCurrentRow(0)
        self.blockSignals(False)

    @property
    def stage(self) -> StageSpec | None:
        """The stage that is looked at."""
        row = self.currentRow()
        return self._specs[row] if 0 <= row < len(self._specs) else None

    def select(self, name: str) -> None:
        """Look at a stage without saying so."""
        names = [spec.name for spec in self._specs]
        if name in names:
            self.blockSignals(True)
            self.setCurrentRow(names.index(name))
            self.blockSignals(False)
            self.viewport().update()

    def turn(self, by: int) -> bool:
        """Look at the next stage or the one before; False where there is none."""
        row = self.currentRow() + by
        if not 0 <= row < len(self._specs):
            return False
        self.setCurrentRow(row)
        return True

    def _turned(self, row: int) -> None:
        if 0 <= row < len(self._specs):
            self.chosen.emit(self._specs[row].name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        turns = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() in turns:
            self.turn(turns[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # A line of words that just fits is broken by a pixel, and must have been measured so.
        self._rows.width = self.viewport().width() - 2 * self.spacing()
        self.scheduleDelayedItemsLayout()
