"""Which h a run climbs: pure functions on its spec, its edits and the catalogue."""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.protocol.catalog import Catalog, EntrySpec, FieldSpec, RescalingSpec
from pushforward.studio.protocol.spec import ChangeSetting, Edit, RunSpec

__all__ = [
    "RESCALING",
    "SHIFT",
    "ChosenH",
    "chosen_h",
    "edited",
    "find_rescaling",
    "h_of_run",
    "has_rescaling",
]

RESCALING, SHIFT = "rescaling", "shift"
IDENTITY = "logit"  # what particles climb where the critic is not a log ratio


@dataclass(frozen=True)
class ChosenH:
    """An h, the shift C added to the critic, and why it cannot be chosen ("" if it can): a critic
    that is no log-ratio estimate is used unchanged.
    """

    spec: RescalingSpec
    shift: float = 0.0
    fixed: str = ""

    @property
    def formula(self) -> str:
        """The h in Unicode, with its shift."""
        return f"h(u) = {self.spec.formula}{self._argument}"

    @property
    def slope_formula(self) -> str:
        """The slope of the h in Unicode, with its shift."""
        return f"h′(u) = {self.spec.slope_formula}{self._argument}"

    @property
    def _argument(self) -> str:
        if not self.shift:
            return ""
        return f",  u = d {'+' if self.shift > 0 else '−'} {abs(self.shift):g}"


def find_rescaling(catalog: Catalog | None, name: str) -> RescalingSpec | None:
    """Return what the catalogue knows of an h."""
    offered = catalog.rescalings if catalog is not None else ()
    return next((each for each in offered if each.name == name), None)


def has_rescaling(entry: EntrySpec | None) -> bool:
    """Whether a family has a critic whose h is a setting."""
    return (
        entry is not None
        and "critic" in entry.capabilities
        and any(field.path == RESCALING for field in entry.fields)
    )


def chosen_h(spec: RunSpec | None, catalog: Catalog | None) -> ChosenH | None:
    """Return the h of a run, None where its family has none or the catalogue does not know it."""
    entry = draft_spec.entry_of(spec, "family", catalog) if spec is not None else None
    if spec is None or entry is None:
        return None
    fields = {field.path: field for field in entry.fields}
    if RESCALING not in fields:
        return None
    config = spec.family.config
    why = _idle(config, fields, RESCALING)
    name = IDENTITY if why else str(draft_spec.value_at(config, fields[RESCALING]))
    found = find_rescaling(catalog, name)
    if found is None:
        return None
    shifts = SHIFT in fields and not why
    return ChosenH(found, float(draft_spec.value_at(config, fields[SHIFT])) if shifts else 0.0, why)


def h_of_run(run: RunState | None, step: int | None, catalog: Catalog | None) -> ChosenH | None:
    """Return the h of a run at a step, None for the newest; None where it has none."""
    entry = draft_spec.entry_of(run.spec, "family", catalog) if run and run.spec else None
    if run is None or not has_rescaling(entry):
        return None
    at = run.step if step is None else step
    return chosen_h(edited(run.spec, run.edits, at, catalog), catalog)


def _idle(config: dict[str, object], fields: dict[str, FieldSpec], path: str) -> str:
    """Return why a setting has no effect now, "" where it has one."""
    depends = fields[path].depends
    if depends is None or depends.path not in fields:
        return ""
    other = fields[depends.path]
    value = draft_spec.value_at(config, other)
    if value in depends.values:
        return ""
    title = next((c.title for c in other.choices if c.value == value), str(value))
    return (
        f"With {other.title.lower()} “{title}” particles follow the gradient of the critic itself."
    )


def edited(
    spec: RunSpec | None, edits: Iterable[Edit], step: int, catalog: Catalog | None
) -> RunSpec | None:
    """Return a run's spec as its edits have made it by a step."""
    entry = draft_spec.entry_of(spec, "family", catalog) if spec is not None else None
    if spec is None or entry is None:
        return spec
    fields = {field.path: field for field in entry.fields}
    made = msgspec.structs.replace(spec, edits=[])
    for edit in (*spec.edits, *edits):
        if isinstance(edit, ChangeSetting) and edit.step <= step and edit.path in fields:
            made = draft_spec.put(made, "family", fields[edit.path], edit.value)
    return made
