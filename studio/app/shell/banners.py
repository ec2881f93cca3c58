"""Lasting messages above the canvas: what happened, why, what to do, with the details folded."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QLabel,
    QPlainTextEdit,
    QWidget,
)

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.notices import Notice, Notices
from pushforward.studio.app.design.basic import button, clear, column, icon_button, label, row
from pushforward.studio.app.design.icons import pixmap
from pushforward.studio.app.design.literal_text import Label
from pushforward.studio.app.design.theme import theme
from pushforward.studio.literal import lines

__all__ = ["Banner", "Banners", "sign"]

ICONS = {"error": "warning", "warning": "warning", "info": "info", "good": "check"}
COLORS = {"error": "danger", "warning": "warm", "info": "accent", "good": "good"}
NARROW = 520
SHOWN = 3  # more would push the canvas away; the history has them all


class Banner(QFrame):
    """One message."""

    def __init__(self, notice: Notice, notices: Notices) -> None:
        super().__init__()
        self.notice = notice
        self.setProperty("role", "banner")
        self.setProperty("level", notice.level)
        self._text = label("", "strong", wrap=True)
        self.show_count(notice)
        text = column(self._text, gap=2)
        for part in (notice.why, notice.todo):
            if part:
                text.addWidget(label(part, "muted", wrap=True))
        self._details: QPlainTextEdit | None = None
        buttons = row()
        for index, action in enumerate(notice.actions):
            kind = "primary" if index == 0 else ""
            made = button(action.title, action.run, kind=kind)
            buttons.addWidget(made)
        if notice.details:
            self.fold = button("Details", self._toggle, kind="quiet")
            self.fold.setCheckable(True)
            buttons.addWidget(self.fold)
            self._details = _details(notice.details)
        self._dismiss = icon_button("close", "Dismiss")
        self._dismiss.clicked.connect(lambda: notices.dismiss(notice.number))
        buttons.addStretch(0)
        self._middle = row((text, 1), buttons, gap=10)
        line = row(gap=10)
        line.addWidget(sign(notice, self.devicePixelRatioF()), 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(self._middle, 1)
        line.addWidget(self._dismiss, 0, Qt.AlignmentFlag.AlignTop)
        layout = column(line, parent=self, gap=None, margins=(14, 10, 10, 10))
        if self._details is not None:
            layout.addWidget(self._details)

    def show_count(self, notice: Notice) -> None:
        """Say what happened, and how often by now; all else stays where it is."""
        self.notice = notice
        self.setAccessibleName(f"{notice.level}: {notice.counted}")
        self._text.setText(notice.counted)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it is narrow the buttons stand below the text."""
        super().resizeEvent(event)
        beside, below = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._middle.setDirection(beside if self.width() >= NARROW else below)

    def _toggle(self) -> None:
        if self._details is not None:
            self._details.setVisible(self.fold.isChecked())


def sign(notice: Notice, ratio: float) -> QLabel:
    """Return the icon that says how grave a message is."""
    made = Label()
    color = getattr(theme.colors(), COLORS[notice.level])
    made.setPixmap(pixmap(ICONS[notice.level], color, 16, ratio))
    return made


def _details(text: str) -> QPlainTextEdit:
    made = QPlainTextEdit(lines(text))
    made.setReadOnly(True)
    made.setMaximumHeight(140)
    made.setAccessibleName("Details")
    made.setProperty("mono", True)
    made.hide()
    return made


class Banners(QWidget):
    """The newest lasting messages about what is on the canvas, above it, never over it."""

    def __init__(self, state: AppState) -> None:
        super().__init__()
        self._state = state
        self.banners: list[Banner] = []
        self.more = label("", "small")
        self.more.setContentsMargins(14, 4, 14, 4)
        self._shown = column(gap=0)
        column(self._shown, self.more, parent=self, gap=0)
        for signal in (state.notices.banners_changed, state.place_changed, state.runs.listed):
            signal.connect(self.refresh)
        state.runs.selected.connect(lambda _: self.refresh())
        theme.changed.connect(self._rebuild)
        self._rebuild()

    def refresh(self) -> None:
        """Show what lasts; the banners that stay keep their folds as they are."""
        wanted = self._wanted()
        if [notice.number for notice in wanted] != [each.notice.number for each in self.banners]:
            self._rebuild()
        for banner, notice in zip(self.banners, wanted, strict=True):
            if banner.notice is not notice:
                banner.show_count(notice)
        self._count()

    def _concerning(self) -> list[Notice]:
        return [each for each in self._state.notices.banners if self._state.concerns(each)]

    def _wanted(self) -> list[Notice]:
        return self._concerning()[-SHOWN:]

    def _rebuild(self) -> None:
        clear(self._shown)
        self.banners = [Banner(notice, self._state.notices) for notice in self._wanted()]
        for banner in self.banners:
            self._shown.addWidget(banner)
        self._count()
        self.setVisible(bool(self.banners))

    def _count(self) -> None:
        """Count the older ones that are not shown: each comes up when a newer one is dismissed."""
        left = len(self._concerning()) - SHOWN
        self.more.setText(f"and {left:,} older: see Messages (bottom right)")
        self.more.setVisible(left > 0)
