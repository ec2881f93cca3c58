"""The changes of a run in their order: those of its spec, and those that a person made in it."""

from collections.abc import Iterable

import msgspec

from pushforward.studio.protocol.spec import Edit, RunSpec
from pushforward.studio.store.errors import Damaged
from pushforward.studio.store.run import RunFolder

__all__ = ["EDITED", "effective_spec", "in_order", "made_edits"]

EDITED = "edited"
"""The kind of event whose data are an `Edit`."""


def in_order(edits: Iterable[Edit]) -> list[Edit]:
    """Return edits by step; those of one step stay in the order in which they were made."""
    return sorted(edits, key=lambda edit: edit.step)


def made_edits(run: RunFolder) -> list[Edit]:
    """Return what a person changed while the run was going, by step.

    Raises:
        Damaged: an event does not say what was changed, so that the run cannot be repeated.
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
