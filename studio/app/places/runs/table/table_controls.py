"""What stands above the table of runs: the filter, how it is grouped, and what it shows."""

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QMenu, QWidget

from pushforward.studio.app.core import preferences
from pushforward.studio.app.core.run_filter import RunFinding
from pushforward.studio.app.core.run_groups import By
from pushforward.studio.app.design.basic import button, icon_button, label, restyle, row
from pushforward.studio.app.design.forms.editors import ChoiceList, Segments
from pushforward.studio.app.design.literal_text import keyless, set_tip
from pushforward.studio.app.places.runs.table.table_model import AXIS, COLUMNS, NAME
from pushforward.studio.counts import format_count

__all__ = ["RunTableHead"]

GROUPS: tuple[tuple[str, By], ...] = (("by data", "data"), ("by model", "model"), ("by tag", "tag"))
LEAST = 280  # pixels
KEYS = (
    "F2 renames, T tags, N notes, B pins a baseline, Space selects, Enter opens, "
    "Delete deletes what is selected."
)
FILTER = "Filter: words, step > 1000, metric < 0.1"


class RunTableHead(QWidget):
    """Signals:
    arranged: the groups, or whether they are trees, are others.
    columns_wanted: the columns that are to be hidden, by what they sort by.
    entered: the keyboard is to go on to the table.
    """

    arranged = Signal()
    columns_wanted = Signal(set)
    entered = Signal()

    def __init__(self, finding: RunFinding) -> None:
        super().__init__()
        self._finding = finding
        self._hidden: set[str] = set()
        self.finder = QLineEdit()
        self.finder.setPlaceholderText(FILTER)
        self.finder.setAccessibleName("Filter the runs")
        self.finder.setClearButtonEnabled(True)
        self.finder.setMaximumWidth(360)
        self.finder.textChanged.connect(finding.seek)
        finding.changed.connect(self._follow)
        finding.typing_wanted.connect(self._type)
        self.grouping = ChoiceList([title for title, _ in GROUPS], "Group the runs")
        self.grouping.setCurrentIndex(0)
        self.grouping.activated.connect(self.arranged)
        self.layout_ = Segments(["Tree", "Flat"], "Layout")
        self.layout_.select(0)
        self.layout_.chosen.connect(self._lay_out)
        self.as_tree = True
        self._group = label("Group", "muted")
        self.counts = label("", "muted")
        set_tip(self.counts, KEYS)
        self.columns = button("Columns", self._open_columns, icon="chevron-down")
        self.columns.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # its icon follows
        export = icon_button("export", "Export the listed runs as CSV", finding.export_wanted.emit)
        made = row(
            self.finder, 8, self._group, self.grouping, self.layout_, None,
            self.counts, 4, self.columns, export,
        )  # fmt: skip
        made.setContentsMargins(16, 10, 12, 10)
        made.setStretch(0, 3)
        self.setLayout(made)
        self.setMinimumWidth(LEAST)

    @property
    def grouping_by(self) -> By:
        """By what the runs are grouped."""
        return GROUPS[max(0, self.grouping.currentIndex())][1]

    def say(self, listed: int, every: int, selected: int, problem: str = "") -> None:
        """Say how many runs are listed and selected, or what is wrong with the filter."""
        restyle(self.counts, role="warm" if problem else "muted")
        set_tip(self.counts, problem or KEYS)
        set_tip(self.finder, problem)
        if problem:
            self.counts.setText(problem.partition(". ")[0])
            return
        said = format_count(every, "run") if listed == every else f"{listed:,} of {every:,} runs"
        self.counts.setText(f"{said}, {selected:,} selected" if selected else said)

    def show_hidden(self, hidden: set[str]) -> None:
        """Take which columns are hidden."""
        self._hidden = set(hidden)

    def _follow(self) -> None:
        if self.finder.text() != self._finding.text:
            self.finder.setText(self._finding.text)

    def _type(self) -> None:
        self.finder.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _lay_out(self, index: int) -> None:
        self.as_tree = index == 0
        self.arranged.emit()

    def _open_columns(self) -> None:
        """Offer each column but that of the names, to be shown or hidden."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for place, (title, column) in enumerate(COLUMNS):
            if place in (NAME, AXIS):
                continue  # the axis goes with the figures
            action = QAction(keyless(title), menu)
            action.setCheckable(True)
            action.setChecked(column not in self._hidden)
            action.triggered.connect(lambda _=False, column=column: self._turn(column))
            menu.addAction(action)
        menu.popup(self.columns.mapToGlobal(QPoint(0, self.columns.height())))

    def _turn(self, column: str) -> None:
        hidden = self._hidden ^ {column}
        kept = preferences.load()
        kept.columns_off = sorted(hidden)
        preferences.save(kept)
        self.columns_wanted.emit(hidden)

    def resizeEvent(self, event: object) -> None:
        """Let go of what there is no room for: all of it is said or done elsewhere, too."""
        for widget, least in ((self._group, 760), (self.layout_, 620), (self.columns, 520)):
            widget.setVisible(self.width() >= least)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Down goes on to the table."""
        if event.key() == Qt.Key.Key_Down and self.finder.hasFocus():
            self.entered.emit()
        else:
            super().keyPressEvent(event)
