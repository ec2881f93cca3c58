"""The table of runs that are compared: a line a run under its picture and number, and the floor."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QHeaderView

from pushforward.studio.app.charts.run_badge import SIDE, paint_badge
from pushforward.studio.app.core.data_type import Tiles
from pushforward.studio.app.core.run_ranking import Cell
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.table import Column, Table
from pushforward.studio.app.design.theme import theme

__all__ = ["PICTURE", "StandingsTable", "badged"]

PICTURE = QSize(56, 46)
TILE, GAP, BESIDE = 48, 4, 8  # pixels of a tile, between two, and on both sides of all
LINE, LAST = PICTURE.height() + 6, 30  # pixels of a run, of the floor
NAMES, NUMBERED = 160, 112  # pixels of a name beside a picture, or beside its number alone
ROOM = 26  # around the texts of a column


def badged(image: QImage | None, place: int, said: str, ratio: float) -> QPixmap:
    """Return the picture of a run with its number, the number alone where there is none."""
    size = PICTURE if image is not None else QSize(SIDE + 4, PICTURE.height())
    made = QPixmap(size * ratio)
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    with QPainter(made) as painter:
        top = (PICTURE.height() - SIDE) / 2.0  # beside the name, where there is no picture
        if image is not None:
            painter.drawImage(QPoint(0, 0), image)
            top = 0.0
        paint_badge(painter, QRectF(0.5, top + 0.5, SIDE - 1, SIDE - 1), place, said)
    return made


def strip(tiles: Tiles, wide: int, ratio: float) -> QPixmap:
    """Return tiles in a line, as many as fit."""
    each = round(TILE * tiles.aspect)
    count = max(1, min(len(tiles), (wide - 2 * BESIDE + GAP) // (each + GAP)))
    made = QPixmap(QSize(count * (each + GAP) - GAP, TILE) * ratio)
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    with QPainter(made) as painter:
        for n in range(count):
            tiles.paint(painter, QRectF(n * (each + GAP), 0, each, TILE), n, theme.colors())
    return made


class StandingsTable(Table):
    """Signals:
    opened: the line of a run that is wanted alone, by Enter or a double click.
    """

    opened = Signal(int)

    def __init__(self) -> None:
        super().__init__("Comparison of the runs", [Column("Model")])
        self.setIconSize(PICTURE)
        header = self.horizontalHeader()
        header.setStretchLastSection(False)  # what is left over is for the names
        header.setDefaultAlignment(header.defaultAlignment() | Qt.TextFlag.TextWordWrap)
        self._each = 1  # lines of a run
        self.activated.connect(lambda index: self.opened.emit(index.row() // self._each))

    def show_runs(
        self,
        columns: Sequence[Column],
        names: Sequence[tuple[str, str]],
        cells: Sequence[Sequence[Cell]],
        floors: Sequence[Cell],
        *,
        tiled: bool = False,
    ) -> None:
        """Show runs by what tells them apart and all of their names, and below them the floors;
        where their data are ``tiled``, each with a line for these.
        """
        self._each = 2 if tiled else 1
        self.set_columns(columns)
        tokens = theme.colors()
        inks: Mapping[str, str] = {"good": tokens.good, "warm": tokens.warm}
        shades: list[dict[int, str]] = []
        for line in cells:
            shades += [{place: inks[c.level] for place, c in enumerate(line, 1) if c.level}]
            shades += [{}] * (self._each - 1)
        shades.append(dict.fromkeys(range(len(columns)), tokens.muted))
        lines: list[list[str]] = []
        for (name, _), line in zip(names, cells, strict=True):
            lines += [[name, *(each.text for each in line)], *[[""]] * (self._each - 1)]
        self.show_rows([*lines, ["Held against", *(each.text for each in floors)]], shades)
        self.clearSpans()
        for run, ((_, name), line) in enumerate(zip(names, cells, strict=True)):
            row = run * self._each
            self.setRowHeight(row, LAST if tiled else LINE)
            if tiled:
                self.setSpan(row + 1, 0, 1, len(columns))
                self.setRowHeight(row + 1, TILE + 10)
            for place, tip in enumerate((name, *(each.tip for each in line))):
                if (item := self.cell(row, place)) is not None:
                    set_tip(item, tip)
        for place, each in enumerate(floors, 1):
            if (item := self.cell(len(lines), place)) is not None:
                set_tip(item, each.tip)
        self.setRowHeight(len(lines), LAST)
        self._share_room(columns)

    def show_picture(self, run: int, picture: QPixmap) -> None:
        """Show the picture of a run."""
        if (item := self.cell(run * self._each, 0)) is not None:
            item.setIcon(QIcon(picture))

    def show_strip(self, run: int, tiles: QPixmap | None) -> None:
        """Show the samples of a run in the line below its figures, where there is one."""
        if self._each > 1 and (item := self.cell(run * self._each + 1, 0)) is not None:
            item.setData(tiles, Qt.ItemDataRole.DecorationRole)

    def _share_room(self, columns: Sequence[Column]) -> None:
        """Make columns as wide as their texts and their titles in two lines; the names have the
        rest.
        """
        header, metrics = self.horizontalHeader(), self.fontMetrics()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setMinimumSectionSize(1)
        header.setFixedHeight(2 * metrics.lineSpacing() + 10)
        for place, column in enumerate(columns[1:], 1):
            texts = [
                item.text()
                for row in range(self.model().rowCount())
                if (item := self.cell(row, place))
            ]
            widest = max(
                map(metrics.horizontalAdvance, [*texts, *_in_two(column.title)]), default=0
            )
            self.setColumnWidth(place, widest + ROOM)
        self._fit_names()

    def _fit_names(self) -> None:
        """Give the names what the figures leave, or so much that the table has to be scrolled."""
        figures = sum(self.columnWidth(place) for place in range(1, self.model().columnCount()))
        left = self.viewport().width() - figures
        least = NAMES if self._each == 1 else NUMBERED
        if (name := max(least, left)) != self.columnWidth(0):
            self.setColumnWidth(0, name)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_names()


def _in_two(title: str) -> tuple[str, str]:
    """Return a title in two lines that are about as long."""
    parts = title.split()
    splits = [(" ".join(parts[:k]), " ".join(parts[k:])) for k in range(1, len(parts) + 1)]
    return min(splits, key=lambda lines: max(map(len, lines)), default=("", ""))
