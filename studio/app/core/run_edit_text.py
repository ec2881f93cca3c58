"""Changes in the middle of a training, as people read them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.text import setting_values
from pushforward.studio.protocol.catalog import Catalog, EntrySpec, FieldSpec
from pushforward.studio.protocol.spec import ChangeSetting, Edit, EditPoints, UndoPoints

__all__ = ["Note", "edit_notes", "live_fields"]

POINTS = {"move": "Target points moved", "remove": "Target points removed"}


@dataclass(frozen=True)
class Note:
    """What was changed after a step."""

    step: int
    text: str


def edit_notes(run: RunState, catalog: Catalog | None) -> list[Note]:
    """Return what was changed in a run, in order: "Rescaling h: Vanilla → Logit"."""
    entry = _family(run, catalog)
    values = _values(run, entry)
    notes = []
    for edit in run.edits:
        notes.append(Note(edit.step, _words(edit, entry, values)))
        if isinstance(edit, ChangeSetting):
            values[edit.path] = edit.value
    return notes


def live_fields(run: RunState, catalog: Catalog | None, step: int) -> list[FieldSpec]:
    """Return the settings that may change in a run, each with the value that it has at a step as
    its default, so that a form marks what is made different.
    """
    entry = _family(run, catalog)
    if entry is None:
        return []
    values = _values(run, entry)
    for edit in _settings(run.edits, step):
        values[edit.path] = edit.value
    return [_with_default(field, values[field.path]) for field in entry.fields if field.live]


def _family(run: RunState, catalog: Catalog | None) -> EntrySpec | None:
    return draft_spec.entry_of(run.spec, "family", catalog) if run.spec is not None else None


def _values(run: RunState, entry: EntrySpec | None) -> dict[str, Any]:
    """Return the family's settings by path, as they were at the start."""
    config: Mapping[str, Any] = run.spec.family.config if run.spec is not None else {}
    fields = entry.fields if entry is not None else []
    return {field.path: draft_spec.value_at(config, field) for field in fields}


def _settings(edits: Iterable[Edit], step: int) -> list[ChangeSetting]:
    return [edit for edit in edits if isinstance(edit, ChangeSetting) and edit.step <= step]


def _with_default(field: FieldSpec, value: Any) -> FieldSpec:
    return msgspec.structs.replace(field, default=value)


def _words(edit: Edit, entry: EntrySpec | None, values: Mapping[str, Any]) -> str:
    match edit:
        case EditPoints(action="add"):
            return f"{edit.count:,} target points added"
        case EditPoints():
            return POINTS.get(edit.action, "Target points changed")
        case UndoPoints():
            return "Last point edit undone"
        case ChangeSetting():
            return _setting(edit, entry, values)


def _setting(edit: ChangeSetting, entry: EntrySpec | None, values: Mapping[str, Any]) -> str:
    fields = entry.fields if entry is not None else []
    field = next((f for f in fields if f.path == edit.path), None)
    if field is None:
        return f"{edit.path}: {edit.value}"
    before = setting_values.title_of(field, values.get(edit.path, field.default))
    return f"{field.title}: {before} → {setting_values.title_of(field, edit.value)}"
