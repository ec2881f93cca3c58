"""The composition root: the only place that knows every part.

Order matters for the start: the frame of the window (`shell.main`), its first page, then the
engine's process, then the lenses.
"""

import asyncio
import logging
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from PySide6.QtCore import QMessageLogContext, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from pushforward.studio import journal, resources
from pushforward.studio.app.core import async_tasks, preferences
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.notices import Notice, NoticeAction
from pushforward.studio.app.core.reduce import reduce
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.engine_link import EngineLink
from pushforward.studio.app.engine.process_transport import EngineProcess
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.app.shell.window import MainWindow
from pushforward.studio.client.client import EngineClient, EngineState
from pushforward.studio.client.transport import Transport
from pushforward.studio.protocol.messages import Event, Ready

__all__ = ["Studio", "run"]

log = logging.getLogger(__name__)

QT_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
}
FATAL = "Fatal Python error"  # begins the interpreter's last words


class Studio:
    """One studio: state, engine, actions and window, wired together."""

    def __init__(
        self,
        kept: preferences.Preferences,
        transport: Callable[[], Transport] = EngineProcess,
        window: MainWindow | None = None,
    ) -> None:
        """Fill a ``window`` that is shown already, or a new one."""
        self.kept = kept
        self.state = AppState()
        self.link = EngineLink(EngineClient(transport))
        self.actions = Actions(self.state, self.link)
        self.actions.looking.watching.allow(kept.view_share / 100)
        watchers = (self.actions.engine.became, self.actions.computers.became, _keep_last_words)
        self.link.listen(self._event, watchers)
        self.state.notices.posted.connect(_note)
        self.closed = asyncio.Event()
        self.window = window or MainWindow(kept)
        self.window.fill(self.state, self.actions, self.closed.set)
        try:
            self.state.recipes = resources.recipes()
        except resources.RecipeError as error:
            self.state.notices.post(
                Notice(
                    level="warning",
                    text="A recipe cannot be read",
                    why=str(error),
                    todo="Reinstall the studio, or fix that file.",
                    lasting=True,
                )
            )
        self.state.recipes_changed.emit()

    @property
    def client(self) -> EngineClient:
        """The client of the engine, here or on another computer."""
        return self.link.client

    def _event(self, event: Event, arrays: Mapping[str, Any]) -> None:
        reduce(self.state, event, arrays)
        if isinstance(event, Ready):
            # The client tells that it is ready for commands right after this event.
            QTimer.singleShot(0, self.window, self.actions.setup.engine_is_ready)

    def show(self) -> None:
        """Show the window."""
        self.window.show()
        self.window.canvas.discover.focus_first()

    async def live(self, path: Path | None = None) -> None:
        """Start everything else, open a project or a run, and wait until the window is closed."""
        async_tasks.on_error(self.report)
        starting = async_tasks.spawn(self._start_engine())
        await asyncio.sleep(0)  # the engine's process is on its way while the lenses load
        self.window.load_lenses()
        if path is not None:
            self.actions.project.open(path)
        elif self.kept.starts_first:
            preferences.change(welcomed=True)
            self.window.welcome()
        else:
            self.actions.project.begin(self.kept)
        async_tasks.spawn(self._show_recent())
        async_tasks.spawn(self.actions.folder.watch())
        async_tasks.spawn(self.actions.computers.watch())
        async_tasks.spawn(asyncio.to_thread(journal.prune))
        await self.closed.wait()
        starting.cancel()
        await self.shut()

    async def _show_recent(self) -> None:
        await self.actions.project.show_recent(self.kept)
        await self.actions.background.find()

    async def _start_engine(self) -> None:
        try:
            await self.link.start()
        except Refused as refused:
            again = NoticeAction("Restart the engine", self.actions.engine.restart)
            self.state.notices.error(
                refused.error, title="Engine failed to start", topic="engine-lost", actions=(again,)
            )

    async def shut(self) -> None:
        """End what still runs and take the window away."""
        await async_tasks.cancel_all()
        self.actions.windows.leave()
        await self.link.hang_up()
        async_tasks.on_error(None)
        self.window.hide()
        self.window.deleteLater()
        # Qt holds the functions that its signals call, where Python's collector does not see them:
        # a state that nobody takes away would hold the whole studio.
        self.state.deleteLater()

    def report(self, error: BaseException) -> None:
        """Show an unexpected internal error. Errors from one place count as one, since a lens may
        repeat it with every record.
        """
        at = traceback.extract_tb(error.__traceback__)[-1:]
        place = ":".join(f"{frame.filename}:{frame.lineno}" for frame in at)
        details = "".join(traceback.format_exception(error))
        log.error("unexpected error", exc_info=error)
        self.state.notices.post(
            Notice(
                level="error",
                text="Internal error",
                why=f"{type(error).__name__}: {error}",
                todo=(
                    "Running jobs are not affected. If it happens again, please report the details."
                ),
                details=details,
                lasting=True,
                topic=f"bug:{type(error).__name__}:{place}",
                once=True,
            )
        )


def _qt_says(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    """Log what Qt says."""
    logging.getLogger("qt").log(QT_LEVELS.get(kind, logging.ERROR), "%s", text)


def _note(notice: Notice) -> None:
    """Log an error notice."""
    if notice.level in ("error", "warning"):
        level = logging.ERROR if notice.level == "error" else logging.WARNING
        log.log(level, "notice: %s", " ".join((notice.text, notice.why, notice.todo)).strip())


def _keep_last_words(state: EngineState) -> None:
    """Keep what the interpreter of an engine said when native code failed."""
    if state.error is not None and FATAL in state.error.details:
        journal.keep_crash("engine", state.error.details)


def run(
    app: QApplication, window: MainWindow, kept: preferences.Preferences, path: Path | None
) -> None:
    """Fill the window and run until it is closed, with a project or a run if ``path`` is one."""
    qInstallMessageHandler(_qt_says)
    loop = QEventLoop(app)
    asyncio.set_event_loop(loop)
    async_tasks.use(loop)
    studio = Studio(kept, window=window)
    _report_to(studio, loop)
    studio.show()
    with loop:
        loop.run_until_complete(studio.live(path))
    async_tasks.use(None)
    qInstallMessageHandler(None)


def _report_to(studio: Studio, loop: asyncio.AbstractEventLoop) -> None:
    """Show errors of slots and of tasks to the person, and log them."""

    def unraised(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            studio.window.close()
        else:
            studio.report(error)

    def unhandled(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if error is not None:
            studio.report(error)
        else:
            log.error("%s", context.get("message"))

    sys.excepthook = unraised
    loop.set_exception_handler(unhandled)
