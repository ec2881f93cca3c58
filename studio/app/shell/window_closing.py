"""Leaving: at once where nothing is under way, otherwise after one question."""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core import async_tasks
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.notices import Notice
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.app.shell.close_dialog import Closing, ask_close
from pushforward.studio.protocol.messages import ErrorInfo

__all__ = ["Leave"]


class Leave:
    """Asks what becomes of a training, does it, and then calls ``done``.

    `request` may be called by every way of quitting; it asks only once at a time.
    """

    def __init__(
        self, state: AppState, actions: Actions, window: QWidget, done: Callable[[], None]
    ) -> None:
        self._state = state
        self._actions = actions
        self._window = window
        self._done = done
        self._asking = False
        self.leaving = False

    def request(self) -> None:
        """Leave, asking first if something trains or would be lost."""
        if self._asking or self.leaving:
            return
        training, others = self._state.under_way, self._state.short
        if training is None and not others:
            self._start("checkpoint")
            return
        self._asking = True
        ask_close(self._window, training, others, self._start)

    def _start(self, what: Closing) -> None:
        self._asking = False
        if what == "cancel" or self.leaving:
            return
        self.leaving = True
        self._state.notices.settle("closing")
        self._window.setEnabled(False)  # a setting that is still being typed is taken by this
        async_tasks.spawn(self._leave(what))

    async def _leave(self, what: Closing) -> None:
        """Save, hand over if so wished, and go; if that fails, stay and say why."""
        job = self._state.under_way
        await self._actions.keeping.now()
        try:
            if what == "background" and job is not None:
                await self._actions.background.leave_behind(job.job, job.run)
            else:
                await self._actions.engine.close()
        except Refused as refused:
            self._stay(refused.error)
        except OSError as error:
            message = f"The training cannot continue in the background: {error}."
            hint = "It is saved. Resume it, or close the window again and choose to quit."
            self._stay(ErrorInfo(kind="engine", message=message, hint=hint))
        else:
            self._done()

    def _stay(self, error: ErrorInfo) -> None:
        self.leaving = False
        self._window.setEnabled(True)
        self._state.notices.post(
            Notice(
                level="error",
                text="The studio stays open",
                why=error.message,
                todo=error.hint or "Close the window again to try once more.",
                details=error.details,
                lasting=True,
                topic="closing",
            )
        )
