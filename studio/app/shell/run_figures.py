"""The figures of a run in the inspector: quality in the groups of its kind, then what the training
says of itself.
"""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from studio.app.state.figures import Figure
from studio.app.widgets.basic import Elided, clear, label, restyle, row, section
from studio.app.widgets.literal import set_tip

__all__ = ["FigureGroups"]

GAP = 8  # pixels between name, value and floor


class FigureGroups(QWidget):
    """A heading a group, with the step that most of its figures are of, and a line a figure; one of
    another step says so below its line, and is dim where it is old.
    """

    def __init__(self) -> None:
        super().__init__()
        self._built: list[tuple[str, list[tuple[str, bool]]]] = []
        self._heads: list[Elided] = []
        self.lines: list[tuple[QLabel, QLabel, QLabel]] = []  # of each figure: value, floor, when
        self._names: list[Elided] = []
        self._floors: list[str] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(GAP)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnMinimumWidth(1, 48)
        self._grid.setColumnMinimumWidth(2, 60)

    def show_groups(self, groups: list[tuple[str, list[Figure]]]) -> None:
        """Show the figures as they are now."""
        self.setVisible(bool(groups))
        built = [
            (title, [(each.name, bool(each.floor)) for each in rows]) for title, rows in groups
        ]
        if built != self._built:
            self._built = built
            self._build(groups)
        lines = iter(self.lines)
        self._floors = [each.floor for _, rows in groups for each in rows]
        for head, (_, rows) in zip(self._heads, groups, strict=True):
            whens = [each.when for each in rows]
            most = max(whens, key=whens.count)
            head.set_text(most)
            for figure, (value, floor, when) in zip(rows, lines, strict=False):
                value.setText(figure.value)
                restyle(value, role="muted" if figure.stale else "")
                restyle(floor, level="good" if figure.near else "")
                when.setText(figure.when)
                when.setVisible(figure.when != most)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Write a floor in two lines where it would else cut a name."""
        held = [
            (name, value, floor, text)
            for name, (value, floor, _), text in zip(
                self._names, self.lines, self._floors, strict=True
            )
            if text
        ]
        names = max((name.sizeHint().width() for name, _, _, _ in held), default=0)
        values = max((_wide(value, value.text()) for _, value, _, _ in held), default=0)
        room = self.width() - names - values - 2 * GAP
        for _, _, floor, text in held:
            floor.ensurePolished()
            floor.setText(text if _wide(floor, text) <= room else text.replace(" ±", "\n±"))

    def _build(self, groups: list[tuple[str, list[Figure]]]) -> None:
        clear(self._grid)
        for line in range(self._grid.rowCount()):
            self._grid.setRowMinimumHeight(line, 0)  # it was that of another heading
        self._heads, self.lines, self._names = [], [], []
        right = Qt.AlignmentFlag.AlignRight
        line = 0
        for title, rows in groups:
            head = Elided("", "small")
            self._heads.append(head)
            self._grid.setRowMinimumHeight(line, 26)
            heading = row(section(title), None, head)
            heading.setAlignment(Qt.AlignmentFlag.AlignBottom)
            self._grid.addLayout(heading, line, 0, 1, 3)
            line += 1
            for figure in rows:
                name = Elided(figure.name)
                set_tip(name, figure.tip)
                parts = (label(), label("", "small"), label("", "small", wrap=True))
                parts[1].setAlignment(right)
                self.lines.append(parts)
                self._names.append(name)
                self._grid.addWidget(name, line, 0)
                # What has no floor may be as long as it is without making names of others shorter.
                self._grid.addWidget(parts[0], line, 1, 1, 1 if figure.floor else 2, right)
                if figure.floor:
                    self._grid.addWidget(parts[1], line, 2, right)
                self._grid.addWidget(parts[2], line + 1, 0, 1, 3)
                line += 2


def _wide(line: QLabel, text: str) -> int:
    return line.fontMetrics().horizontalAdvance(text)
