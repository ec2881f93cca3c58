"""The classes of a scene: number and colour, name, how many labels, how many are told right."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.literal import one_line

__all__ = ["ClassRow", "Legend", "called"]

ROW, CHIP = 20, 22
SMALLEST = 14  # pixels of a row where there is little room: its words can still be read
WIDTH = 300
LIGHT = 140  # of 255: numbers on lighter colours are dark


@dataclass(frozen=True)
class ClassRow:
    """One class: its colour, how many pixels have the label, and which share of those that were not
    learned from is told right, None while nobody knows.
    """

    name: str
    ink: tuple[int, int, int]
    pixels: int
    right: float | None = None


def called(number: int, name: str) -> str:
    """Return what a class is called, by its number from 1 on: "12 Soybean", or "class 12" where
    that is all its name says.
    """
    return name if name == f"class {number}" else f"{number} {name}"


class Legend(QWidget):
    """A row a class; the class under the cursor is marked."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: Sequence[ClassRow] = ()
        self._marked = -1
        self.setAccessibleName("Classes")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setFixedWidth(WIDTH)
        repaint_on_theme(self)

    def sizeHint(self) -> QSize:
        """Ask for what can be read: more would push the spectrum beside it out of a low window."""
        return QSize(WIDTH, SMALLEST * (len(self._rows) + 1))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def show_classes(self, rows: Sequence[ClassRow]) -> None:
        """Show these classes, numbered from 1 on."""
        self._rows = rows
        told = (
            f"{called(i + 1, row.name)}, {row.pixels:,} pixels"
            + ("" if row.right is None else f", {100 * row.right:.0f} % right")
            for i, row in enumerate(rows)
        )
        self.setAccessibleDescription("; ".join(told))
        self.updateGeometry()
        self.update()

    def mark(self, index: int) -> None:
        """Mark a class, -1 for none."""
        if index != self._marked:
            self._marked = index
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.colors()
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        middle = Qt.AlignmentFlag.AlignCenter
        height = min(float(ROW), self.height() / (len(self._rows) + 1))
        size = max(8, min(12, int(0.72 * height)))
        with QPainter(self) as painter:
            painter.setFont(font(min(11, size)))
            painter.setPen(QColor(tokens.muted))
            wide = self.width()
            painter.drawText(QRectF(0, 0, 100, height), int(left), "Class")
            painter.drawText(QRectF(wide - 110, 0, 60, height), int(right), "labelled")
            if any(row.right is not None for row in self._rows):
                painter.drawText(QRectF(wide - 46, 0, 46, height), int(right), "right %")
            painter.setFont(font(size))
            for index, row in enumerate(self._rows):
                top = height * (index + 1)
                if index == self._marked:
                    painter.fillRect(QRectF(0, top, wide, height), QColor(tokens.hover))
                chip = QRectF(0, top + 1, CHIP, height - 2)
                painter.fillRect(chip, QColor(*row.ink))
                bright = (299 * row.ink[0] + 587 * row.ink[1] + 114 * row.ink[2]) / 1000 > LIGHT
                painter.setPen(QColor("#16181c" if bright else "#ffffff"))
                painter.drawText(chip, int(middle), str(index + 1))
                painter.setPen(QColor(tokens.text))
                room = wide - CHIP - 8 - 104
                name = painter.fontMetrics().elidedText(
                    one_line(row.name), Qt.TextElideMode.ElideRight, int(room)
                )
                painter.drawText(QRectF(CHIP + 8, top, room, height), int(left), name)
                painter.setPen(QColor(tokens.muted))
                painter.drawText(QRectF(wide - 110, top, 60, height), int(right), f"{row.pixels:,}")
                if row.right is not None:
                    painter.setPen(QColor(tokens.text))
                    said = f"{100 * row.right:.0f}"
                    painter.drawText(QRectF(wide - 46, top, 46, height), int(right), said)
