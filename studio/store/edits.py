"""The edits of a run in order: those of its spec, and those made during the run."""

from collections.abc import Iterable

import msgspec

from pushforward.studio.protocol.spec import Edit, RunSpec
from pushforward.studio.store.errors import Damaged
from pushforward.studio.store.run import RunFolder

__all__ = ["EDITED", "effective_spec", "in_order", "made_edits"]

EDITED = "edited"
"""Event kind of an `Edit`."""


def in_order(edits: Iterable[Edit]) -> list[Edit]:
    """Return edits by step; those of one step stay in the order in which they were made."""
    return sorted(edits, key=lambda edit: edit.step)


def made_edits(run: RunFolder) -> list[Edit]:
    """Return the edits made during the run, by step.

    Raises:
        Damaged: an event is incomplete, so the run cannot be repeated.
    """
    found: list[Edit] = []
    for event in run.events.read():
        if event.kind != EDITED:
            continue
        try:
            found.append(msgspec.convert(event.data, Edit))
        except msgspec.ValidationError as error:
            raise Damaged(
                f"{run.events.path} has a change that cannot be read: {error}.",
                "It was written by a later version, or the file was modified.",
                kind="data",
            ) from error
    return in_order(found)


def effective_spec(run: RunFolder) -> RunSpec:
    """Return the spec that repeats a run as it really went: as recorded, and with all changes.

    Raises:
        StoreError: the record or a change cannot be read.
    """
    spec = run.record.spec
    return msgspec.structs.replace(spec, edits=in_order([*spec.edits, *made_edits(run)]))
