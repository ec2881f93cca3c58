"""The command palette: type a few letters, press Enter."""

from typing import TypeAlias

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from studio.app.commands import Command, Registry
from studio.app.shell.topbar import native
from studio.app.theme import font, theme
from studio.app.tokens import RADIUS
from studio.app.widgets.basic import label
from studio.app.widgets.literal import set_tip

__all__ = ["Palette"]

WIDTH = 560
ROWS = 9
ROLE = Qt.ItemDataRole.UserRole
Index: TypeAlias = QModelIndex | QPersistentModelIndex


class Palette(QFrame):
    """Lies over the window; a click beside it or Escape closes it."""

    def __init__(self, registry: Registry, host: QWidget) -> None:
        super().__init__(host)
        self._registry = registry
        self._host = host
        self._before: QWidget | None = None
        self.setProperty("role", "palette")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Command palette")
        self.line = QLineEdit()
        self.line.setPlaceholderText("Search commands and models")
        self.line.setAccessibleName("Search commands")
        self.line.textChanged.connect(self._search)
        self.line.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName("Commands")
        self.list.setItemDelegate(_Lines(registry, self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(self._do)
        self.nothing = label("Nothing found", "muted")
        self.nothing.setContentsMargins(12, 4, 12, 4)
        self.nothing.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        layout.addWidget(self.line)
        layout.addWidget(self.list)
        layout.addWidget(self.nothing)
        self.hide()

    def open(self) -> None:
        """Show all commands and take the keyboard."""
        self._before = self._host.focusWidget()
        self.line.clear()
        self._search("")
        self.show()
        self.raise_()
        self.line.setFocus(Qt.FocusReason.PopupFocusReason)

    def dismiss(self) -> None:
        """Close and give the keyboard back."""
        if self.isHidden():
            return
        self.hide()
        # What had the keyboard may be gone by now: a form that was made anew, a run that left.
        if self._before is not None and isValid(self._before):
            self._before.setFocus(Qt.FocusReason.PopupFocusReason)

    def _search(self, text: str) -> None:
        self.list.clear()
        for command in self._registry.search(text):
            item = QListWidgetItem(command.title)
            item.setData(ROLE, command.id)
            why = command.why_not()
            spoken = f"{command.title}, {command.menu}"
            if why:
                spoken += f", not now: {why}"
            item.setData(Qt.ItemDataRole.AccessibleTextRole, spoken)
            set_tip(item, why)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        nothing = self.list.count() == 0
        self.list.setVisible(not nothing)
        self.nothing.setVisible(nothing)
        self._fit()

    def _fit(self) -> None:
        """Be as high as what is found."""
        width = min(WIDTH, self._host.width() - 32)
        lines = max(1, min(ROWS, self.list.count()))
        room = self._host.height() - 70
        height = min(room, 58 + lines * _Lines.HEIGHT)
        self.setGeometry((self._host.width() - width) // 2, 54, width, height)

    def _do(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        command: Command = self._registry[item.data(ROLE)]
        if command.why_not():
            return
        self.dismiss()
        command.run()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(Qt.Key(event.key()))
        if event.type() == QEvent.Type.FocusOut and not self.isHidden():
            self.hide()
        return False

    def _key(self, key: Qt.Key) -> bool:
        moves = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: ROWS - 1}
        if key == Qt.Key.Key_Escape:
            self.dismiss()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._do(self.list.currentItem())
        elif key in moves or key == Qt.Key.Key_PageUp:
            by = moves.get(key, 1 - ROWS)
            count = self.list.count()
            at = self.list.currentRow() + by
            wraps = abs(by) == 1 and count > 0
            self.list.setCurrentRow(at % count if wraps else min(max(at, 0), count - 1))
        else:
            return False
        return True


class _Lines(QStyledItemDelegate):
    """Title at the left, menu and shortcut at the right; grey where it cannot be done now."""

    HEIGHT = 32

    def __init__(self, registry: Registry, parent: QObject) -> None:
        super().__init__(parent)
        self._registry = registry

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, self.HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        command = self._registry[index.data(ROLE)]
        tokens = theme.colors()
        area = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.raised))
            painter.drawRoundedRect(area, RADIUS, RADIUS)
        inner = area.adjusted(12, 0, -12, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(font())
        painter.setPen(QColor(tokens.muted if command.why_not() else tokens.text))
        painter.drawText(inner, int(middle | Qt.AlignmentFlag.AlignLeft), command.title)
        painter.setFont(font(11))
        painter.setPen(QColor(tokens.muted))
        keys = native(command.shortcut) if command.shortcut else ""
        right = "   ".join(part for part in (command.menu, keys) if part)
        painter.drawText(inner, int(middle | Qt.AlignmentFlag.AlignRight), right)
        painter.restore()
