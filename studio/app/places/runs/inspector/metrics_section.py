"""The figures of a run in the inspector: quality in the groups of its kind, then what the training
says of itself.
"""

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from pushforward.studio.app.core.metric_values import Figure
from pushforward.studio.app.core.run_verdict import Stand
from pushforward.studio.app.design.basic import Elided, clear, label, restyle, row, section
from pushforward.studio.app.design.literal_text import set_tip

__all__ = ["FigureGroups"]

GAP = 8  # pixels between name, value and floor
LEVELS: Mapping[Stand, str] = {"same": "good", "worse": "warm"}
"""The colours of floors, as the verdict and the charts have them."""


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
        self._places: list[int] = []  # the line of the grid that each figure has
        self._laid: tuple[bool, ...] = ()  # whether it is narrow, and which figures have a floor
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(GAP)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(0, 1)

    def show_groups(self, groups: list[tuple[str, list[Figure]]]) -> None:
        """Show the figures as they are now."""
        self.setVisible(bool(groups))
        built = [
            (title, [(each.name, bool(each.context)) for each in rows]) for title, rows in groups
        ]
        if built != self._built:
            self._built = built
            self._build(groups)
        lines = iter(self.lines)
        for head, (_, rows) in zip(self._heads, groups, strict=True):
            whens = [each.when for each in rows]
            most = max(whens, key=whens.count)
            head.set_text(most)
            for figure, (value, floor, when) in zip(rows, lines, strict=False):
                value.setText(figure.value)
                floor.setText(figure.context)
                floor.setVisible(bool(figure.context))
                restyle(value, role="muted" if figure.stale else "")
                restyle(floor, level=LEVELS.get(figure.stand, ""))
                when.setText(figure.when)
                when.setVisible(figure.when != most)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        # What it takes beside each other must not widen the panel: it can go below each other.
        return QSize(0, super().minimumSizeHint().height())

    def _fit(self) -> None:
        """Put floors below their figures where they would else cut a name."""
        needed = [
            name.sizeHint().width() + _wide(value) + _wide(floor) + 2 * GAP
            for name, (value, floor, _) in zip(self._names, self.lines, strict=True)
        ]
        # The columns of the grid are as wide as the widest of each.
        names = max((name.sizeHint().width() for name in self._names), default=0)
        held = [line for line in self.lines if line[1].text()]
        values, floors = (max((_wide(line[k]) for line in held), default=0) for k in (0, 1))
        narrow = max([names + values + floors + 2 * GAP, *needed]) > self.width()
        laid = (narrow, *(bool(floor.text()) for _, floor, _ in self.lines))
        if laid == self._laid:
            return
        self._laid = laid
        for place, least in ((1, 48), (2, 60)):
            self._grid.setColumnMinimumWidth(place, 0 if narrow else least)
        right = Qt.AlignmentFlag.AlignRight
        for place, (value, floor, when) in zip(self._places, self.lines, strict=True):
            # What has no floor may be as long as it is without making names of others shorter.
            alone = narrow or not floor.text()
            self._grid.addWidget(value, place, 1, 1, 2 if alone else 1, right)
            # Below its figure it takes nothing from the name.
            self._grid.addWidget(
                floor, place + narrow, 0 if narrow else 2, 1, 3 if narrow else 1, right
            )
            self._grid.addWidget(when, place + 1 + narrow, 0, 1, 3)

    def _build(self, groups: list[tuple[str, list[Figure]]]) -> None:
        clear(self._grid)
        for line in range(self._grid.rowCount()):
            self._grid.setRowMinimumHeight(line, 0)  # it was that of another heading
        self._heads, self.lines, self._names, self._places = [], [], [], []
        self._laid = ()
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
                for part in parts:
                    part.setParent(self)  # what gets a parent later is hidden by that
                parts[1].setAlignment(Qt.AlignmentFlag.AlignRight)
                self.lines.append(parts)
                self._names.append(name)
                self._places.append(line)
                self._grid.addWidget(name, line, 0)
                line += 3


def _wide(line: QLabel) -> int:
    line.ensurePolished()
    return line.fontMetrics().horizontalAdvance(line.text())
