"""From one kind of data to another: a setup keeps what its person chose and still applies; what
it came with was chosen for the other kind, and goes back to the defaults. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.field_carrier_switch import KeptChoices, allows
from pushforward.studio.protocol.catalog import Catalog, EntrySpec, FieldSpec
from pushforward.studio.protocol.spec import Pick, RunSpec

__all__ = ["SAMPLER", "Moved", "move"]

SAMPLER = "Sampler"
"""What the sampler is called among what went back to its default."""


@dataclass(frozen=True)
class Moved:
    """The setup on its new data; ``reset`` are the titles of what went back to its default."""

    spec: RunSpec
    aside: KeptChoices
    reset: tuple[str, ...] = ()


def move(
    spec: RunSpec, came: RunSpec, catalog: Catalog, dataset: Pick, aside: KeptChoices | None = None
) -> Moved:
    """Change the data set of a setup.

    Args:
        spec: the current run.
        came: the run when its setup began; equal settings were not changed by hand.
        catalog: gives the data type and its defaults.
        dataset: the new data.
        aside: settings of other families.
    """
    aside = aside or KeptChoices()
    made = msgspec.structs.replace(spec, dataset=dataset)
    before, after = catalog.kind_of(spec.dataset), catalog.kind_of(dataset)
    if not before or not after or before == after:
        return Moved(made, aside)
    reset: list[str] = []
    for section in ("family", "training"):
        made, titles = _carry(spec, came, made, catalog, section, after)
        reset += titles
    if spec.sampler is not None and spec.sampler == came.sampler:
        made = msgspec.structs.replace(made, sampler=None)
        reset.append(SAMPLER)
    if spec.metrics == came.metrics:
        made = msgspec.structs.replace(made, metrics=[])
    if spec.edits and spec.edits == came.edits:
        made = msgspec.structs.replace(made, edits=[])
        reset.append("Changes on the way")
    return Moved(made, _without(aside, came), tuple(reset))


def _carry(
    spec: RunSpec,
    came: RunSpec,
    made: RunSpec,
    catalog: Catalog,
    section: draft_spec.Section,
    kind: str,
) -> tuple[RunSpec, list[str]]:
    """Return the spec with a section's settings as they are on the new data, and the titles of
    those that went back.
    """
    old = draft_spec.entry_of(spec, section, catalog)
    config, inherited = draft_spec.config_of(spec, section), draft_spec.config_of(came, section)
    made = draft_spec.cleared(made, section)
    reset = []
    for chosen in (True, False):  # what can be set follows from what is picked
        new = {
            _place(field): field for field in _fields(draft_spec.entry_of(made, section, catalog))
        }
        for field in _fields(old):
            if field.chooses != chosen or not draft_spec.has(config, field):
                continue
            value, there = draft_spec.value_at(config, field), new.get(_place(field))
            by_hand = (
                not draft_spec.has(inherited, field)
                or draft_spec.value_at(inherited, field) != value
            )
            if there is not None and by_hand and _applies(there, value, kind):
                made = draft_spec.put(made, section, there, value)
            elif draft_spec.changed(config, field) and (there is None or value != there.default):
                reset.append(field.title)
    return made, reset


def _place(field: FieldSpec) -> tuple[str, str]:
    """Return where a setting stands: that of another network is another one."""
    return field.path, field.under


def _fields(entry: EntrySpec | None) -> list[FieldSpec]:
    return entry.fields if entry is not None else []


def _applies(field: FieldSpec, value: Any, kind: str) -> bool:
    return (not field.kinds or kind in field.kinds) and allows(field, value)


def _without(aside: KeptChoices, came: RunSpec) -> KeptChoices:
    """Forget what was set aside and had come along: it must not return with another family."""
    settings = {
        key: value
        for key, value in aside.settings.items()
        if _at(came.family.config, key[0]) != value
    }
    sampler = None if aside.sampler == came.sampler else aside.sampler
    return replace(aside, settings=settings, sampler=sampler)


def _at(config: Mapping[str, Any], path: str) -> Any:
    value: Any = config
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
