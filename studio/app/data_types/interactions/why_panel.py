"""Why an item is recommended: influence of the history, null models and similar users."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from pushforward.studio.app.data_types.interactions.next_items import Reason, format_change
from pushforward.studio.app.design.basic import Elided, column, label, section
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import font, theme

__all__ = ["Neighbour", "Why", "WhyPanel"]

LINE = 20
MOST = 9  # items of a history that are listed


@dataclass(frozen=True)
class Neighbour:
    """A user with a similar history: items in common, and whether they took the item."""

    name: str
    shared: int
    of: int
    took: bool


@dataclass(frozen=True)
class Why:
    """What is known of one recommended item.

    Attributes:
        title, categories: of the item.
        exact: whether changes are exact shares of the score, and not the effect of leaving out.
        reasons: of the items of the history, the largest first.
        removal: the fall of the first item's score without the three most influential items, the
            last three, and three at random; () if unknown.
    """

    title: str
    categories: str
    exact: bool
    reasons: tuple[Reason, ...]
    removal: tuple[float, ...]
    neighbours: tuple[Neighbour, ...]


class WhyPanel(QWidget):
    """A column of text and bars."""

    def __init__(self) -> None:
        super().__init__()
        self.title, self.categories = Elided("", "strong"), Elided("", "small")
        self.method = label("", "small", wrap=True)
        self.bars = _Bars()
        self.nulls = label("", "small", wrap=True)
        self.near = label("", "", wrap=True)
        self._near_head = section("Nearest histories")
        column(
            self.title,
            self.categories,
            self.method,
            self.bars,
            self.nulls,
            self._near_head,
            self.near,
            None,
            parent=self,
            gap=5,
        )

    def show_why(self, why: Why | None) -> None:
        """Show the reasons for an item, None for none."""
        self.title.set_text(why.title if why is not None else "")
        self.categories.set_text(why.categories if why is not None else "")
        if why is None:
            self.method.setText("Select an item to see why it is recommended.")
            self.bars.show_reasons(())
            self.nulls.setText("")
            self.near.setText("")
            self._near_head.hide()
            return
        method = "Exact share of the score" if why.exact else "Score change if left out"
        self.method.setText(f"{method}, by item of the history" if why.reasons else "Computing…")
        self.bars.show_reasons(why.reasons[:MOST])
        self.nulls.setText(_removal_words(why.removal))
        self._near_head.setVisible(bool(why.neighbours))
        lines = (
            f"{each.name}: {each.shared} of {each.of} shared, "
            f"{'has' if each.took else 'does not have'} this item"
            for each in why.neighbours
        )
        self.near.setText("\n".join(lines))


def _removal_words(removal: Sequence[float]) -> str:
    if len(removal) != 3:
        return ""
    top, last, random = (format_change(value).removeprefix("+") for value in removal)
    return (
        f"Without the 3 most influential items the score falls by {top}. Null models: without the "
        f"last 3 by {last}, without 3 at random by {random}."
    )


class _Bars(QWidget):
    """A bar for each item, to the right if it raises the score, to the left if it lowers it."""

    def __init__(self) -> None:
        super().__init__()
        self._reasons: Sequence[Reason] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Influence of the history")
        repaint_on_theme(self)

    def sizeHint(self) -> QSize:
        return QSize(200, LINE * len(self._reasons))

    def show_reasons(self, reasons: Sequence[Reason]) -> None:
        self._reasons = reasons
        self.setAccessibleDescription(", ".join(f"{r.title} {r.change:+.2f}" for r in reasons))
        self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, middle = theme.colors(), Qt.AlignmentFlag.AlignVCenter
        most = max((abs(r.change) for r in self._reasons), default=0.0) or 1.0
        with QPainter(self) as painter:
            painter.setFont(font(12))
            metrics = QFontMetricsF(painter.font())
            value, bars = 48.0, 64.0
            words = self.width() - value - bars
            for row, reason in enumerate(self._reasons):
                line = QRectF(0, row * LINE, self.width(), LINE)
                painter.setPen(QColor(tokens.text))
                title = metrics.elidedText(reason.title, Qt.TextElideMode.ElideRight, words - 6)
                painter.drawText(QRectF(0, line.top(), words, LINE), middle, title)
                zero = words + bars * 0.3
                end = zero + (0.7 if reason.change > 0 else 0.3) * bars * reason.change / most
                bar = QRectF(min(zero, end), line.center().y() - 3, max(1.0, abs(end - zero)), 6)
                painter.fillRect(bar, QColor(tokens.accent if reason.change > 0 else tokens.warm))
                painter.setPen(QColor(tokens.muted))
                at = QRectF(words + bars, line.top(), value, LINE)
                right = middle | Qt.AlignmentFlag.AlignRight
                painter.drawText(at, right, format_change(reason.change))
