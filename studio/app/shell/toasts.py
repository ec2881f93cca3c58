"""Passing messages at the bottom: a word, perhaps an Undo, gone after a while unless hovered."""

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QFrame, QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.notices import Notice, NoticeAction
from pushforward.studio.app.design.basic import button, column, icon_button, label, row
from pushforward.studio.app.places.learn.help_page import PAPER
from pushforward.studio.app.shell.banners import sign
from pushforward.studio.app.shell.inspector import Inspector
from pushforward.studio.app.shell.job_strip import JobStrip

__all__ = ["Toast", "Toasts"]

SECONDS = 5.0
SECONDS_UNDO = 9.0
SHOWN = 3
WIDTH, LEAST = 420, 170
READ = "read"  # how wide a widget is read from its left side: no toast lies there


class Toast(QFrame):
    """One passing message."""

    def __init__(self, notice: Notice, parent: QWidget) -> None:
        super().__init__(parent)
        self.notice = notice
        self.setProperty("role", "toast")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(notice.text)
        text = column(label(notice.text, wrap=True), gap=1)
        for part in (notice.why, notice.todo):
            if part:
                text.addWidget(label(part, "muted", wrap=True))
        layout = row(parent=self, gap=10, margins=(12, 8, 6, 8))
        layout.addWidget(sign(notice, self.devicePixelRatioF()), 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(text, 1)
        acts = [button(action.title, action.run) for action in notice.actions]
        for made in acts:
            made.clicked.connect(self.leave)
        if acts:  # below the words, which have little room beside them in a column
            text.addSpacing(4)
            text.addLayout(row(*acts, None))
        self._dismiss = icon_button("close", "Dismiss", self.leave)
        layout.addWidget(self._dismiss, 0, Qt.AlignmentFlag.AlignTop)
        self.setFixedWidth(WIDTH)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        seconds = SECONDS_UNDO if notice.actions else SECONDS
        self._timer.setInterval(int(1000 * seconds))
        self._timer.timeout.connect(self.leave)
        self._timer.start()

    def event(self, event: QEvent) -> bool:
        """Take the height that its words need, when they come to need another: in another style."""
        asked = event.type() == QEvent.Type.LayoutRequest
        done = super().event(event)  # which may have been its end
        parent = self.parentWidget() if asked else None
        if parent is not None and self.heightForWidth(self.width()) != self.height():
            place(parent)
        return done

    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()

    def leaveEvent(self, event: QEvent) -> None:
        self._timer.start()

    def leave(self) -> None:
        """Go away."""
        self._timer.stop()
        self.hide()
        self.deleteLater()
        parent = self.parent()
        if isinstance(parent, QWidget):
            # The others close the gap.
            QTimer.singleShot(0, parent, lambda: place(parent))


class Toasts(QObject):
    """Places toasts, the newest lowest: at the foot of the column ``beside`` a run if free, else of
    the canvas, next to the text in the help; the ``jobs`` are below them. A lasting message is also
    a toast if its banner is hidden.
    """

    def __init__(self, state: AppState, canvas: QWidget, beside: Inspector, jobs: JobStrip) -> None:
        super().__init__(canvas)
        self._state, self._jobs = state, jobs
        jobs.changed.connect(self._gather)
        self._canvas, self._beside = canvas, beside
        state.notices.posted.connect(self._show)
        state.notices.undone.connect(self._undone)
        for signal in (state.place_changed, beside.foot_changed):
            signal.connect(self._gather)
        for host in (canvas, beside):
            host.installEventFilter(self)

    @property
    def _host(self) -> QWidget:
        seen = self._state.place == "run" and not self._beside.isHidden() and self._beside.foot_free
        return self._beside if seen else self._canvas

    def _gather(self) -> None:
        """Bring the toasts to where they belong now."""
        host = self._host
        self._canvas.setProperty(READ, PAPER if self._state.place == "help" else 0)
        for toast in _alive(self._canvas if host is self._beside else self._beside):
            toast.setParent(host)
            toast.show()
        if self._jobs.parentWidget() is not host:
            self._jobs.setParent(host)
            self._jobs.setVisible(bool(self._jobs.lines))
        place(host)

    def _show(self, notice: Notice) -> None:
        if notice.lasting and self._state.concerns(notice):
            return
        self._gather()
        for other in _alive(self._host):
            if notice.topic and other.notice.topic == notice.topic:
                other.leave()
        toast = Toast(notice, self._host)
        toast.show()
        for old in _alive(self._host)[:-SHOWN]:
            old.leave()
        place(self._host)

    def _undone(self, action: NoticeAction) -> None:
        for toast in _alive(self._host):
            if action in toast.notice.actions:
                toast.leave()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kinds = QEvent.Type
        if event.type() in (kinds.Resize, kinds.Show, kinds.Hide):
            self._gather()
        return False


def _alive(host: QWidget) -> list[Toast]:
    return [toast for toast in host.findChildren(Toast) if not toast.isHidden()]


def place(host: QWidget) -> None:
    """Stack the jobs and the toasts of a widget from its bottom up."""
    bottom = host.height() - 12
    room = host.width() - int(host.property(READ) or 0) - 24
    beside = LEAST <= room < host.width() - 24
    widest = min(WIDTH, room if beside else max(120, host.width() - 24))
    jobs: list[QFrame] = [each for each in host.findChildren(JobStrip) if not each.isHidden()]
    for toast in [*jobs, *reversed(_alive(host))]:
        toast.setFixedWidth(widest)
        toast.adjustSize()
        height = toast.heightForWidth(toast.width())
        if height > 0:
            toast.resize(toast.width(), height)
        bottom -= toast.height()
        middle = (host.width() - toast.width()) // 2
        toast.move(host.width() - toast.width() - 12 if beside else middle, bottom)
        toast.raise_()
        bottom -= 8
