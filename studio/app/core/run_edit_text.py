"""Changes in the middle of a training, as people read them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.text import setting_values
from pushforward.studio.protocol.branching import FIXED
from pushforward.studio.protocol.catalog import Catalog, EntrySpec, FieldSpec
from pushforward.studio.protocol.spec import ChangeSetting, Edit, EditPoints, UndoPoints

__all__ = ["Note", "branch_fields", "edit_notes", "live_fields"]

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


def branch_fields(
    run: RunState, catalog: Catalog | None, section: Literal["family", "training"]
) -> list[FieldSpec]:
    """Return the settings of a section that may change where a branch leaves at a checkpoint, each
    with its value as the default: not those that shape a network, and not those of the particles.
    """
    entry = draft_spec.entry_of(run.spec, section, catalog) if run.spec is not None else None
    if entry is None or run.spec is None:
        return []
    config = run.spec.training if section == "training" else run.spec.family.config
    nets = [f.path.removesuffix(".slug") for f in entry.fields if f.of == "network"]
    kept = FIXED if section == "training" else ()
    return [
        _with_default(field, draft_spec.value_at(config, field))
        for field in entry.fields
        if not (field.live or field.fixed or field.path in kept or field.path in nets)
        and not field.path.startswith(tuple(f"{net}." for net in nets))
        and field.kind not in ("part", "source")
    ]


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
