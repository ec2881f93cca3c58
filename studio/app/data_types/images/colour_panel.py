"""A panel to choose a colour from a palette, or to type it."""

from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QFrame, QGridLayout, QLineEdit, QVBoxLayout, QWidget

from pushforward.studio.app.design.basic import button
from pushforward.studio.app.design.literal_text import set_tip

__all__ = ["ColourPanel"]

HUES, SIDE = 10, 22  # columns of the palette, pixels of a colour
TONES = ((0.35, 1.0), (0.8, 1.0), (1.0, 1.0), (1.0, 0.6), (1.0, 0.35))  # saturation, value


class ColourPanel(QFrame):
    """A popup below its owner; a click or Enter chooses and closes it.

    Signals:
        chosen: the colour.
    """

    chosen = Signal(QColor)

    def __init__(self, owner: QWidget, colour: QColor) -> None:
        super().__init__(owner, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("surface", "raised")
        self.setAccessibleName("Colour")
        self.code = QLineEdit(colour.name())
        self.code.setAccessibleName("Colour code")
        set_tip(self.code, "A name or a code: tomato, #ff6347")
        self.code.returnPressed.connect(self._take_code)
        self.code.textEdited.connect(self._check)
        grid = QGridLayout()
        grid.setSpacing(2)
        for row, tone in enumerate([None, *TONES]):
            for column in range(HUES):
                grid.addWidget(self._cell(row, column, tone), row, column)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 10)
        layout.addLayout(grid)
        layout.addWidget(self.code)

    def open(self) -> None:
        """Show the panel below its owner."""
        owner = self.parentWidget()
        assert owner is not None
        self.adjustSize()
        self.move(owner.mapToGlobal(QPoint(0, owner.height() + 4)))
        self.show()
        self.code.selectAll()
        self.code.setFocus()

    def _cell(self, row: int, column: int, tone: tuple[float, float] | None) -> QWidget:
        grey = QColor.fromHsvF(0.0, 0.0, column / (HUES - 1))
        colour = grey if tone is None else QColor.fromHsvF(column / HUES, *tone)
        cell = button("")
        cell.setFixedSize(SIDE, SIDE)
        cell.setStyleSheet(f"background: {colour.name()}; border: 0; border-radius: 3px;")
        cell.setAccessibleName(colour.name())
        cell.clicked.connect(partial(self._choose, colour))
        return cell

    def _choose(self, colour: QColor) -> None:
        self.chosen.emit(colour)
        self.close()

    def _check(self, text: str) -> None:
        unknown = not QColor.isValidColorName(text.strip())
        set_tip(self.code, "No such colour: type a name, or # and six digits" if unknown else "")

    def _take_code(self) -> None:
        colour = QColor.fromString(self.code.text().strip())
        if colour.isValid():
            self._choose(colour)
