"""All h on offer, by what they come from; those that lead away from the data are flagged."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.design.tokens import RADIUS
from pushforward.studio.app.text.formula_markup import write
from pushforward.studio.protocol.catalog import RescalingSpec

__all__ = ["HList"]

READINGS = {
    "monoflow": "Losses",
    "gradient-flow": "True flows of divergences",
    "plugged-in": "Divergences plugged in",
}
SPEC = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex
HEADING, LINE = 28, 42


class _Rows(QStyledItemDelegate):
    """Two lines: the title with its marks, the formula."""

    current = ""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, HEADING if index.data(SPEC) is None else LINE)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        spec = index.data(SPEC)
        area = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if isinstance(spec, RescalingSpec):
            chosen = bool(option.state & QStyle.StateFlag.State_Selected)
            focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
            self._row(painter, area, spec, chosen, focused)
        else:
            painter.setFont(font(11))
            painter.setPen(QColor(theme.colors().muted))
            flag = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
            painter.drawText(area.adjusted(8, 0, -8, -4), flag, str(index.data()).upper())
        painter.restore()

    def _row(
        self, painter: QPainter, area: QRectF, spec: RescalingSpec, chosen: bool, focused: bool
    ) -> None:
        tokens = theme.colors()
        if chosen:
            painter.setPen(QColor(tokens.accent if focused else tokens.line))
            painter.setBrush(QColor(tokens.raised))
            painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        inside = area.adjusted(8, 3, -8, -4)
        mark, ink = "", tokens.muted
        if spec.name == self.current:
            mark, ink = "in use", tokens.accent
        elif not spec.monotone:
            mark, ink = "▲ not monotone", tokens.warm
        flag = Qt.AlignmentFlag
        painter.setFont(font(11))
        painter.setPen(QColor(ink))
        painter.drawText(inside, flag.AlignRight | flag.AlignTop, mark)
        room = inside.width() - QFontMetrics(painter.font()).horizontalAdvance(mark) - 8
        bold = QFont.Weight.DemiBold if spec.name == self.current else QFont.Weight.Normal
        painter.setFont(font(13, bold))
        painter.setPen(QColor(tokens.text))
        title = painter.fontMetrics().elidedText(
            short(spec), Qt.TextElideMode.ElideRight, int(room)
        )
        painter.drawText(inside, flag.AlignLeft | flag.AlignTop, title)
        painter.setPen(QColor(tokens.muted))
        write(painter, inside.bottomLeft() - QPointF(0, 4), spec.formula, 13)


def short(spec: RescalingSpec) -> str:
    """Return a title without what the group's heading says already."""
    title = spec.title.split(": ", 1)[-1]
    return title[:1].upper() + title[1:]


class HList(QListWidget):
    """The list; arrows walk it, headings are passed over.

    Signals:
        chosen: the name of an h that the person selected.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = _Rows(self)
        self.setItemDelegate(self._rows)
        self.setAccessibleName("Rescalings")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self._offered: list[RescalingSpec] = []
        self.currentItemChanged.connect(self._changed)
        theme.changed.connect(self.viewport().update)

    def offer(self, specs: list[RescalingSpec]) -> None:
        """Fill the list with rescalings, grouped."""
        if specs == self._offered:
            return
        self._offered = list(specs)
        self.blockSignals(True)
        self.clear()
        readings = [*READINGS, *{s.reading for s in specs if s.reading not in READINGS}]
        for reading in readings:
            members = [spec for spec in specs if spec.reading == reading]
            if members:
                heading = QListWidgetItem(READINGS.get(reading, reading))
                heading.setFlags(Qt.ItemFlag.NoItemFlags)
                self.addItem(heading)
            for spec in members:
                self.addItem(_item(spec))
        self.blockSignals(False)

    def show_current(self, name: str) -> None:
        """Mark the h in force."""
        self._rows.current = name
        self.viewport().update()

    def select(self, name: str) -> None:
        """Select an h without saying so; "" for none."""
        self.blockSignals(True)
        if not name:
            self.setCurrentRow(-1)
        for row in range(self.count()):
            spec = self.item(row).data(SPEC)
            if isinstance(spec, RescalingSpec) and spec.name == name:
                self.setCurrentRow(row)
        self.blockSignals(False)

    def _changed(self, item: QListWidgetItem | None) -> None:
        spec = item.data(SPEC) if item is not None else None
        if isinstance(spec, RescalingSpec):
            self.chosen.emit(spec.name)


def _item(spec: RescalingSpec) -> QListWidgetItem:
    made = QListWidgetItem(spec.title)
    made.setData(SPEC, spec)
    set_tip(made, spec.reason or spec.source)
    state = "" if spec.monotone else f", not monotone: {spec.reason}"
    made.setData(
        Qt.ItemDataRole.AccessibleTextRole, f"{spec.title}, h of u is {spec.formula}{state}"
    )
    return made
