"""One who takes part in a race that is being set up: name, family, motion."""

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.charts.run_badge import Badge
from pushforward.studio.app.design.basic import Elided, column, icon_button, row
from pushforward.studio.app.design.formula_label import FormulaLine
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.design.tokens import RADIUS_PANEL

__all__ = ["RaceCard"]


class RaceCard(QWidget):
    """A click, or Enter, opens the settings; Delete takes the card away.

    Signals:
        chosen: its settings are wanted.
        copied: a copy is wanted; the owner asks of what kind.
        removed: it shall not take part.
    """

    chosen = Signal()
    copied = Signal()
    removed = Signal()

    def __init__(self, place: int) -> None:
        super().__init__()
        self._chosen = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMinimumWidth(120)
        self._name = Elided("", "strong")
        self._family = Elided("", "muted")
        self._motion = FormulaLine()
        self.copy = icon_button("copy", "Duplicate", self.copied.emit)
        self.remove = icon_button("close", "Remove from the race", self.removed.emit)
        head = row(Badge(place), (self._name, 1), self.copy, self.remove, gap=4)
        column(head, self._family, self._motion, parent=self, gap=1, margins=(10, 6, 6, 8))
        repaint_on_theme(self)

    def show_facts(self, name: str, family: str, motion: str, chosen: bool) -> None:
        """Say who it is, and whether its settings are open."""
        self._name.set_text(name)
        self._family.set_text(f"Editing · {family}" if chosen else family)
        self._motion.set_text(motion)
        self.copy.setAccessibleName(f"Duplicate {name}")
        self.remove.setAccessibleName(f"Remove {name} from the race")
        state = "its settings are open" if chosen else "open its settings"
        self.setAccessibleName(f"{name}, {family}, {state}")
        self._chosen = chosen
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.rect().contains(event.position().toPoint()):
            self.chosen.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.colors()
        edge = tokens.accent if self._chosen else tokens.line
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(QColor(tokens.hover if self.underMouse() else tokens.raised))
            painter.setPen(QPen(QColor(tokens.text if self.hasFocus() else edge), 1.5))
            area = QRectF(self.rect()).adjusted(1, 1, -1, -1)
            painter.drawRoundedRect(area, RADIUS_PANEL, RADIUS_PANEL)
