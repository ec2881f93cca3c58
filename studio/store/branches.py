"""What a branch does again of its parent's steps."""

from pushforward.studio.store.run import RunFolder

__all__ = ["BRANCHED", "replayed"]

BRANCHED = "branched"
"""The kind of event that a branch begins with, at the step of the checkpoint it starts from."""


def replayed(run: RunFolder) -> tuple[int, int] | None:
    """Return the steps (after, up to) that a branch repeats before anything in it is new; None for
    a run that is no branch, or begins where it leaves.

    Raises:
        StoreError: the record cannot be read.
    """
    to = run.record.branch_step
    if to is None:
        return None
    start = next((event.step for event in run.events.read() if event.kind == BRANCHED), 0)
    return (start, to) if start < to else None
