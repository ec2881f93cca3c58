"""All that is known of a set of data, in words and figures, below each other."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from pushforward.studio.app.data.statistics import Column
from pushforward.studio.app.design.basic import Elided, clear, column, label, scrolled, section
from pushforward.studio.app.design.fold import Fold
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.text import number_format
from pushforward.studio.literal import one_line

__all__ = ["DataFacts"]

NOTED = 600  # notes that are shown, such as a line for each picture that was left out
COLUMNS = 12  # columns whose statistics are shown
TINY = 1e-3  # smaller numbers are written with a power of ten
HEADS = ("", "mean", "std", "min", "max", "missing")


LINE = 20
BAR = 6
NAMES = 0.45  # of the width, at most
GAP = 10


class ClassBars(QWidget):
    """Only to be looked at."""

    def __init__(self) -> None:
        super().__init__()
        self._classes: list[tuple[str, int]] = []
        self._inks: list[QColor] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        repaint_on_theme(self)

    def show_classes(
        self, classes: Mapping[str, int], colours: Sequence[tuple[int, int, int]] = ()
    ) -> None:
        """Show how many there are of each, by its name, in its colour where it has one."""
        self._inks = [QColor(*each) for each in colours]
        self._classes = [(one_line(name), count) for name, count in classes.items()]
        said = ", ".join(f"{name} {count:,}" for name, count in self._classes)
        self.setAccessibleName(f"Classes: {said}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(160, LINE * len(self._classes))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._classes:
            return
        tokens, metrics = theme.colors(), QFontMetrics(font(11))
        most = max(count for _, count in self._classes) or 1
        widest = max(metrics.horizontalAdvance(name) for name, _ in self._classes)
        left = min(float(widest), NAMES * self.width())
        right = max(metrics.horizontalAdvance(f"{count:,}") for _, count in self._classes)
        room = max(8.0, self.width() - left - right - 2 * GAP)
        middle = Qt.AlignmentFlag.AlignVCenter
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(font(11))
            for line, (name, count) in enumerate(self._classes):
                top = line * LINE
                painter.setPen(QColor(tokens.text))
                shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(left) + 4)
                painter.drawText(QRectF(0, top, left + 6, LINE), int(middle), shown)
                painter.setPen(QColor(tokens.muted))
                end = QRectF(self.width() - right - 2, top, right + 2, LINE)
                painter.drawText(end, int(middle | Qt.AlignmentFlag.AlignRight), f"{count:,}")
                # Some colours of classes are as dark, or as light, as the page.
                painter.setPen(QColor(tokens.line) if self._inks else Qt.PenStyle.NoPen)
                painter.setBrush(self._inks[line] if self._inks else QColor(tokens.accent))
                bar = QRectF(left + GAP, top + (LINE - BAR) / 2, room * count / most, BAR)
                painter.drawRoundedRect(bar, 2, 2)


class DataFacts(QWidget):
    """Sections of facts; empty ones are hidden."""

    def __init__(self) -> None:
        super().__init__()
        page = QWidget()
        self._body = column(parent=page, gap=4, margins=(0, 0, 8, 16))
        self.texts = {
            title: self._text(title) for title in ("About", "Made", "Split", "Source", "Licence")
        }
        self._table = QWidget()
        self._grid = QGridLayout(self._table)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(4)
        self.statistics_of = label("", "small", wrap=True)
        self._columns = self._section("Columns", self._table, self.statistics_of)
        self.bars = ClassBars()
        self.classes_of = label("", "small", wrap=True)
        self._classes = self._section("Classes", self.bars, self.classes_of)
        self.notes = Fold("Notes of the import")
        self.noted = label("", "muted", wrap=True)
        self.notes.body.addWidget(self.noted)
        self._body.addWidget(self.notes)
        self._body.addStretch(1)
        column(scrolled(page), parent=self)

    def _section(self, title: str, *parts: QWidget) -> QWidget:
        box = QWidget()
        column(section(title), *parts, parent=box, gap=4, margins=(0, 0, 0, 14))
        self._body.addWidget(box)
        return box

    def _text(self, title: str) -> QLabel:
        text = label("", wrap=True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._section(title, text)
        return text

    def say(self, title: str, text: str) -> None:
        """Show ``text`` under a title; "" hides it."""
        self.texts[title].setText(one_line(text, None))
        box = self.texts[title].parentWidget()
        if box is not None:
            box.setVisible(bool(text))

    def show_columns(self, columns: Sequence[Column], of: str) -> None:
        """Show the statistics of columns, and which rows they are ``of``."""
        clear(self._grid)
        looked = any(column.missing is not None for column in columns)
        gaps = looked and any(column.missing != 0 for column in columns)
        heads = HEADS if gaps else HEADS[:-1]
        for place, head in enumerate(heads):
            self._put(0, place, head, "small")
        for line, each in enumerate(columns[:COLUMNS], 1):
            name = Elided(each.name)
            self._grid.addWidget(name, line, 0)
            figures = [*map(_figure, (each.mean, each.std, each.low, each.high))]
            figures += [f"{each.missing:,}"] if gaps and each.missing is not None else []
            for place, figure in enumerate(figures, 1):
                self._put(line, place, figure)
        self._grid.setColumnStretch(0, 1)
        more = len(columns) - COLUMNS
        left_out = f"; the first {COLUMNS} of {len(columns):,}" if more > 0 else ""
        self.statistics_of.setText(f"of {of}{left_out}")
        self._columns.setVisible(bool(columns))

    def _put(self, line: int, place: int, text: str, role: str = "") -> None:
        shown = label(text, role)
        shown.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._grid.addWidget(shown, line, place)

    def show_classes(
        self,
        classes: Mapping[str, int],
        of: str,
        colours: Sequence[tuple[int, int, int]] = (),
    ) -> None:
        """Show how many there are of each class, in its colour, and which rows were counted."""
        self.bars.show_classes(classes, colours)
        self.classes_of.setText(f"of {of}")
        self._classes.setVisible(bool(classes))

    def show_notes(self, notes: Sequence[str]) -> None:
        """Show what an importer noted."""
        more = f"\nand {len(notes) - NOTED:,} more" if len(notes) > NOTED else ""
        self.noted.setText("\n".join(map(one_line, notes[:NOTED])) + more)
        self.notes.setVisible(bool(notes))


def _figure(value: float) -> str:
    """Format a number with few characters, for narrow columns."""
    if value and abs(value) < TINY:
        digits, _, power = f"{value:.1e}".partition("e")
        return f"{digits}e{int(power)}".replace("-", "−")
    return number_format.figure(value)
