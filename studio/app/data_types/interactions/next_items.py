"""What may come next: titles with a bar each, and how far each has moved since before a change."""

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.literal import one_line

__all__ = ["NextList", "Suggestion"]

LINE = 34
RANK, MOVE, SHARE = 28, 44, 64  # pixels of the columns


@dataclass(frozen=True)
class Suggestion:
    """An item of a list.

    Attributes:
        share: its probability, 0 to 1.
        moved: how many places it went up (or down, below 0) since the person changed anything;
            None where it was not in the list before.
    """

    title: str
    share: float
    moved: int | None = 0


class NextList(QWidget):
    """Paints suggestions, the likeliest first."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: list[Suggestion] = []
        self._compared = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(260, 10 * 24))
        self.setAccessibleName("What may come next")
        repaint_on_theme(self)

    def show_list(self, suggestions: list[Suggestion], *, compared: bool) -> None:
        """Show a list; ``compared`` says whether moves mean something."""
        self._shown, self._compared = suggestions, compared
        said = (f"{i}: {one_line(s.title)}" for i, s in enumerate(suggestions, 1))
        self.setAccessibleDescription(", ".join(said))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(font(13))
            height = min(LINE, self.height() / max(1, len(self._shown)))
            most = max((s.share for s in self._shown), default=0.0) or 1.0
            for i, suggestion in enumerate(self._shown):
                line = QRectF(0, i * height, self.width(), height)
                self._line(painter, line, i + 1, suggestion, suggestion.share / most)

    def _line(
        self, painter: QPainter, line: QRectF, rank: int, suggestion: Suggestion, part: float
    ) -> None:
        tokens, align = theme.colors(), Qt.AlignmentFlag
        middle = align.AlignVCenter
        painter.setPen(QColor(tokens.muted))
        above = line.adjusted(0, 0, 0, -8)
        place = QRectF(0, above.top(), RANK - 6, above.height())
        painter.drawText(place, middle | align.AlignRight, str(rank))
        left = float(RANK)
        if self._compared:
            words, ink = _moved(suggestion.moved)
            painter.setPen(QColor(getattr(tokens, ink)))
            painter.drawText(QRectF(left, above.top(), MOVE, above.height()), middle, words)
            left += MOVE
        room = line.width() - left - SHARE
        bar = QRectF(left, line.bottom() - 6, max(2.0, room * part), 3)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.accent))
        painter.drawRoundedRect(bar, 1.5, 1.5)
        painter.setPen(QColor(tokens.text))
        metrics = QFontMetricsF(painter.font())
        title = one_line(suggestion.title)
        title = metrics.elidedText(title, Qt.TextElideMode.ElideRight, room - 8)
        painter.drawText(QRectF(left, above.top(), room, above.height()), middle, title)
        painter.setPen(QColor(tokens.muted))
        share = QRectF(line.right() - SHARE, above.top(), SHARE - 4, above.height())
        painter.drawText(share, middle | align.AlignRight, f"{100 * suggestion.share:.1f} %")


def _moved(places: int | None) -> tuple[str, str]:
    """Return the words of a move and the token of their colour."""
    if places is None:
        return "new", "accent"
    if places == 0:
        return "–", "muted"
    return (f"▲ {places}", "good") if places > 0 else (f"▼ {-places}", "warm")
