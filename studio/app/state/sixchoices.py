"""The six choices of a diffusion in a setup: which named method it is, and which it could be."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from studio.app.state import drafts
from studio.methods import CHOICES, Method
from studio.protocol.catalog import Catalog, EntrySpec, FieldSpec
from studio.protocol.spec import RunSpec

__all__ = ["choice_of", "differing", "filled", "named"]

_SECTIONS: tuple[drafts.Section, ...] = ("family", "sampler")
_FREE = ("steps",)
"""Settings of a sampler that are a matter of time, not of method."""


def choice_of(section: drafts.Section, field: FieldSpec) -> str:
    """Return which of the six choices a setting belongs to, "" for none."""
    if section != "sampler":
        return field.aspect if section == "family" else ""
    head = field.path.split(".")[0]
    if head in _FREE:
        return ""
    return head if head in ("grid", "guidance") else "sampler"


def filled(spec: RunSpec, method: Method, catalog: Catalog) -> RunSpec:
    """Return a spec with the six choices of a method made, and the rest as it was."""
    wanted = _of(method, spec)
    for section in _SECTIONS:
        pick, asked = getattr(spec, section), getattr(wanted, section)
        if pick is None or asked is None or pick.slug != asked.slug:
            spec = msgspec.structs.replace(spec, **{section: asked})
            continue
        for field in _fields(wanted, section, catalog):
            if choice_of(section, field) or drafts.has(asked.config, field):
                value = drafts.value_at(asked.config, field)
                spec = drafts.put(spec, section, field, value)
    return spec


def differing(spec: RunSpec, method: Method, catalog: Catalog) -> list[str]:
    """Return which of the six choices a spec makes otherwise than a method, in their order; all of
    them where it is of another family.
    """
    if spec.family.slug != method.family.slug:
        return list(CHOICES)
    mine, wanted = _sampled(spec, catalog), _sampled(_of(method, spec), catalog)
    found = set(_unlike(mine, wanted, "family", catalog))
    found |= _unlike(mine, wanted, "sampler", catalog)
    return [choice for choice in CHOICES if choice in found]


def named(spec: RunSpec, found: Iterable[Method], catalog: Catalog) -> Method | None:
    """Return the method that a spec is, None for a combination without a name."""
    return next((each for each in found if not differing(spec, each, catalog)), None)


def _of(method: Method, spec: RunSpec) -> RunSpec:
    """Return a spec that is a method and nothing else, on the data of another."""
    return RunSpec(name="", family=method.family, dataset=spec.dataset, sampler=method.sampler)


def _sampled(spec: RunSpec, catalog: Catalog) -> RunSpec:
    """Return a spec with the sampler of its family, where it says none."""
    entry = catalog.get("family", spec.family.slug)
    if spec.sampler is not None or entry is None or not entry.sampler:
        return spec
    return drafts.repick(spec, "sampler", entry.sampler)


def _unlike(mine: RunSpec, wanted: RunSpec, section: drafts.Section, catalog: Catalog) -> set[str]:
    """Return the choices of a section in which two specs differ. Two samplers are compared in what
    both have, the grid and the guidance.
    """
    ours, theirs = _said(mine, section, catalog), _said(wanted, section, catalog)
    both = ours.keys() & theirs.keys()
    found = {choice for choice, path in both if ours[choice, path] != theirs[choice, path]}
    one, other = getattr(mine, section), getattr(wanted, section)
    same = (one.slug if one is not None else "") == (other.slug if other is not None else "")
    return found if same else found | {"sampler"}


def _said(
    spec: RunSpec, section: drafts.Section, catalog: Catalog
) -> Mapping[tuple[str, str], Any]:
    """Return the settings that are choices, by choice and path; None for one that is idle."""
    fields, config = _fields(spec, section, catalog), drafts.config_of(spec, section)
    by_path = {field.path: field for field in fields}

    def value(field: FieldSpec) -> Any:
        found = drafts.value_at(config, field)
        return found or field.meant or found

    def idle(field: FieldSpec) -> bool:
        depends = field.depends
        return depends is not None and (
            value(by_path[depends.path]) not in depends.values or idle(by_path[depends.path])
        )

    told = [(choice, field) for field in fields if (choice := choice_of(section, field))]
    return {(choice, field.path): None if idle(field) else value(field) for choice, field in told}


def _fields(spec: RunSpec, section: drafts.Section, catalog: Catalog) -> list[FieldSpec]:
    entry: EntrySpec | None = drafts.entry_of(spec, section, catalog)
    return entry.fields if entry is not None else []
