"""Name the step of a snapshot, and what is left of a training, as text."""

from pushforward.studio.app.core.runs import FlowRecord, RunState
from pushforward.studio.app.text.number_format import left

__all__ = [
    "at_snapshot",
    "at_step",
    "between",
    "elsewhere",
    "left_of",
    "name_snapshot",
    "picture_of",
    "trained_further",
]


def picture_of(step: int, run: RunState | None) -> str:
    """Return the step of a snapshot, with the phase of the training."""
    place = run.phase_at(step) if run is not None else -1
    edited = ", after the edit" if run is not None and _changed_at(step, run) else ""
    if run is None or place < 0:
        return f"snapshot of step {step:,}{edited}"
    return f"{run.phases[place].name}, step {step:,}{edited}"


def name_snapshot(record: FlowRecord, run: RunState | None) -> str:
    """Return the name of a snapshot, as `picture_of`, which says so where it is a preview."""
    name = picture_of(record.step, run)
    return f"{name}, preview in {record.preview} network evaluations" if record.preview else name


def between(before: int, after: int) -> str:
    """Return the name of a transition between two snapshots."""
    return f"between step {before:,} and {after:,}"


def at_step(step: int, run: RunState | None) -> str:
    """Return the step of what is shown, as `picture_of`, for use after its name."""
    return picture_of(step, run).removeprefix("snapshot of ")


def at_snapshot(record: FlowRecord, run: RunState | None) -> str:
    """Return the step of a snapshot, as `name_snapshot`, for use after its name."""
    return name_snapshot(record, run).removeprefix("snapshot of ")


def trained_further(step: int, run: RunState | None) -> str:
    """Say of something of a step how far the training is since: "; the training is at step 2,000";
    "" where it is no further.
    """
    further = run is not None and 0 <= step < run.step
    return f"; the training is at step {run.step:,}" if run is not None and further else ""


def _changed_at(step: int, run: RunState) -> bool:
    """Whether a branch made its picture of the step that it left at by settings of its own, so that
    its parent's looks otherwise. What was copied from the parent is the parent's.
    """
    return run.branch_start < step == run.branch_step and any(e.step == step for e in run.edits)


def elsewhere(run: RunState) -> str:
    """Return where another process trains a run, to follow what it does; "" if none does."""
    if not run.background:
        return ""
    return " in another window or command" if run.elsewhere else " in the background"


def left_of(run: RunState) -> str:
    """Return how long a training still takes, or its present phase; "" if that is not known."""
    if run.seconds_left is not None or run.phase_left is None:
        return left(run.seconds_left)
    place, count = run.phase_at(run.step), len(run.phases)
    return f"{left(run.phase_left)} of phase {place + 1} of {count}"
