"""The log of a run, for the drawer: by level, searchable, with the newest line in sight."""

from PySide6.QtCore import QTimer
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QGuiApplication,
    QShowEvent,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import QComboBox, QLineEdit, QPlainTextEdit, QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.design.basic import button, column, label, row
from pushforward.studio.app.design.theme import colors, theme
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.literal import one_line

__all__ = ["LogView", "level_of"]

REDRAW_MS = 150
LOWEST = 90  # pixels of the lines: five of them
LEVELS = (
    ("info", "Everything"),
    ("warning", "Warnings and errors"),
    ("error", "Errors only"),
)
_RANK = {"info": 0, "warning": 1, "error": 2}


def level_of(line: str) -> str:
    """Return the level of a line: "info", "warning" or "error"."""
    head = line[:60].lower()
    for level in ("error", "warning"):
        if head.startswith(f"{level}:") or f" {level}:" in head or f" {level} " in head:
            return level
    return "info"


class LogView(QWidget):
    """Lines of the selected run; a line keeps its level's word, so colour is not the only sign."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state = state
        self._shown: tuple[tuple[str, int, str, str], int] | None = None
        self._level = QComboBox()
        self._level.setAccessibleName("Which lines")
        for value, title in LEVELS:
            self._level.addItem(title, value)
        self._search = QLineEdit()
        self._search.setPlaceholderText("Find in the log")
        self._search.setAccessibleName("Find in the log")
        self._search.setClearButtonEnabled(True)
        self._search.setMaximumWidth(260)
        self._follow = button("Follow", self._follow_now, kind="chip", tip="Follow the newest line")
        self._follow.setCheckable(True)
        self._follow.setChecked(True)
        self._count = label("", "muted")
        copy = button("Copy", self._copy, tip="Copy the lines shown", icon="copy")
        self._text = QPlainTextEdit()
        self._text.setReadOnly(True)
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._text.setAccessibleName("Log of the run")
        self._text.setMinimumHeight(LOWEST)
        mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        mono.setStyleHint(QFont.StyleHint.Monospace)
        mono.setPixelSize(12)
        self._text.setFont(mono)
        head = row(self._level, self._search, self._count, None, self._follow, copy)
        column(head, (self._text, 1), parent=self, margins=(16, 12, 16, 16))
        self.setProperty("surface", "canvas")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REDRAW_MS)
        self._timer.timeout.connect(self._redraw)
        self._level.currentIndexChanged.connect(self._redraw)
        self._search.textChanged.connect(self._redraw)
        self._text.verticalScrollBar().sliderMoved.connect(self._scrolled)
        state.runs.selected.connect(self._later)
        state.runs.logged.connect(self._later)
        theme.changed.connect(self._again)
        self._redraw()

    def lines(self) -> list[str]:
        """Return the lines that pass the filters."""
        run = self._state.runs.current
        least = _RANK[str(self._level.currentData())]
        wanted = self._search.text().strip().lower()
        return [
            line
            for line in (run.log if run else [])
            if _RANK[level_of(line)] >= least and wanted in line.lower()
        ]

    def _later(self, _key: str = "") -> None:
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._redraw()

    def _again(self) -> None:
        self._shown = None
        self._redraw()

    def _redraw(self) -> None:
        """Write all lines, or only those that came since."""
        run = self._state.runs.current
        lines = self.lines()
        which = (
            run.key if run else "",
            run.log_dropped if run else 0,  # its start has moved: all is written anew
            str(self._level.currentData()),
            self._search.text(),
        )
        before, start = self._shown or (None, 0)
        if before != which or start > len(lines):
            self._text.clear()
            start = 0
        self._append(lines[start:])
        self._shown = (which, len(lines))
        total = len(run.log) if run else 0
        words = f"{len(lines):,} of {total:,} lines" if len(lines) != total else f"{total:,} lines"
        self._count.setText(words)
        if run is None or not total:
            self._text.setPlaceholderText(
                "The log of a run appears here. Select a run." if run is None else "Nothing yet."
            )
        if self._follow.isChecked():
            self._follow_now()

    def _append(self, lines: list[str]) -> None:
        if not lines:
            return
        tokens = colors()
        inks = {"info": tokens.text, "warning": tokens.warm, "error": tokens.danger}
        cursor = QTextCursor(self._text.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.beginEditBlock()
        for line in lines:
            form = QTextCharFormat()
            form.setForeground(QColor(inks[level_of(line)]))
            if cursor.position():
                cursor.insertBlock()
            cursor.insertText(one_line(line, None), form)
        cursor.endEditBlock()

    def _follow_now(self) -> None:
        if self._follow.isChecked():
            bar = self._text.verticalScrollBar()
            bar.setValue(bar.maximum())

    def _scrolled(self, value: int) -> None:
        # Who scrolls back wants to read: following would tear the lines away.
        self._follow.setChecked(value >= self._text.verticalScrollBar().maximum() - 1)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText("\n".join(self.lines()))
