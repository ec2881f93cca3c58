"""What is asked before the window closes while something is under way."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

from PySide6.QtWidgets import QDialog, QWidget

from pushforward.studio.app.design.basic import button, label
from pushforward.studio.app.design.dialog import Dialog
from pushforward.studio.protocol.messages import JobInfo

__all__ = ["Closing", "ask_close"]

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
