"""Leaving: at once where nothing is under way, otherwise after one question."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

from PySide6.QtWidgets import QDialog, QWidget

from pushforward.studio.app.core import async_tasks
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.notices import Notice
from pushforward.studio.app.design.basic import button, label
from pushforward.studio.app.design.dialog import Dialog
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.protocol.messages import ErrorInfo, JobInfo

__all__ = ["Leave"]


Closing = Literal["background", "checkpoint", "cancel"]


def ask_close(
    parent: QWidget,
    training: JobInfo | None,
    others: Sequence[JobInfo],
    chosen: Callable[[Closing], None],
) -> QDialog:
    """Ask, once, what becomes of what is under way: of a training or a race, which may be paused,
    and of ``others``, which leave nothing when they are ended.
    """
    paused = training is not None and training.state == "paused"
    goes_on = training is not None and training.kind == "training"  # a race cannot without us
    if training is None:
        proposed: Closing = "cancel"  # whoever quits loses what was done so far
    else:
        proposed = "background" if goes_on and not paused else "checkpoint"
    made = Dialog(parent, _title(training, others), 520)
    for said in (_becomes(training), _lost(training, others)):
        if said:
            made.body.addWidget(label(said, "muted", wrap=True))

    def choose(what: Closing) -> None:
        made.done(1)
        chosen(what)

    titles: dict[Closing, str] = {
        "cancel": "Cancel",
        "checkpoint": "Quit" if training is None else "Checkpoint and quit",
    }
    if goes_on:
        titles["background"] = "Continue in the background" if paused else KEEP
    made.rejected.connect(lambda: chosen("cancel"))
    line = {
        what: button(title, partial(choose, what), kind=_kind(what == proposed))
        for what, title in titles.items()
    }
    made.body.addSpacing(6)
    made.add_buttons(*line.values())
    line[proposed].setFocus()
    made.open()
    return made


KEEP = "Keep training in the background"


def _kind(proposed: bool) -> str:
    return "primary" if proposed else ""


def _title(training: JobInfo | None, others: Sequence[JobInfo]) -> str:
    if training is not None:
        return f"{training.title} is {'paused' if training.state == 'paused' else 'still training'}"
    return f"{others[0].title} is not done" if len(others) == 1 else f"{len(others)} are not done"


def _becomes(training: JobInfo | None) -> str:
    """Say what can become of a training, "" where there is none."""
    if training is None:
        return ""
    if training.kind != "training":
        return "Saves checkpoints of all participants. The race can be resumed."
    goes_on = "In the background it continues without a window; the studio reconnects when opened."
    saved = "a checkpoint; it can be resumed."
    return f"Save {saved} {goes_on}" if training.state == "paused" else f"{goes_on} Or save {saved}"


def _lost(training: JobInfo | None, others: Sequence[JobInfo]) -> str:
    """Say of what nothing is kept, "" where that is nothing."""
    if not others:
        return ""
    if training is None and len(others) == 1:
        return "If the studio quits now, it is lost."
    titles = ", ".join(job.title for job in others)
    return f"If the studio quits now, these are lost: {titles}."


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
        if self._state.computer or (training is None and not others):
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
