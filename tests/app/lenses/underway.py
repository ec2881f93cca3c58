"""A job that a view waits for: one that runs, and how far it is."""

import msgspec

from pushforward.studio.protocol.messages import JobInfo


def begins(lens, title: str) -> None:
    """A job of the run begins; it has done 20 of 200."""
    lens.state.jobs["j"] = JobInfo(
        job="j", kind="operator", state="running", title=title, run=lens.run.key, step=20, total=200
    )
    lens.state.left["j"] = 57.0
    lens.state.queue_changed.emit()


def goes_on(lens) -> None:
    """It has done 150."""
    lens.state.jobs["j"] = msgspec.structs.replace(lens.state.jobs["j"], step=150)
    lens.state.left["j"] = 15.0
    lens.state.job_progressed.emit("j")
