"""A recipe as a step of a learning path: its number, or a check, and why it comes next."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from pushforward.studio.app.design import icons
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.places.discover.recipe_card import RecipeCard
from pushforward.studio.protocol.spec import Recipe

__all__ = ["StepCard"]

SIZE = 22


class StepCard(RecipeCard):
    """``number`` counts from 1."""

    def __init__(self, recipe: Recipe, number: int, why: str) -> None:
        super().__init__(recipe)
        self._summary = why
        self._number = number
        self.done = False  # whether it was trained to its end
        self.describe()

    def set_done(self, done: bool) -> None:
        """Say whether it was trained to its end."""
        self.done = done
        state = "done" if done else "to come"
        self.setAccessibleName(f"Step {self._number}, {state}: {self._title}")
        self.update()

    def draw_picture(self, painter: QPainter, area: QRectF) -> None:
        super().draw_picture(painter, area)
        tokens = theme.colors()
        badge = QRectF(area.left() + 10, area.top() + 4, SIZE, SIZE)
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.setBrush(QColor(tokens.panel))
        painter.drawEllipse(badge)
        if self.done:
            icons.paint(painter, "check", badge.adjusted(5, 5, -5, -5), tokens.good)
            return
        painter.setPen(QColor(tokens.text))
        painter.setFont(font(11, QFont.Weight.DemiBold))
        painter.drawText(badge, int(Qt.AlignmentFlag.AlignCenter), str(self._number))
