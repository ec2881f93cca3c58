"""Pure functions on the run that is being set up: a `RunSpec` that holds only what was changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from pushforward.studio.protocol.catalog import Catalog, EntrySpec, FieldSpec
from pushforward.studio.protocol.spec import KIND, Pick, RunSpec, project_name

__all__ = [
    "SECTIONS",
    "Section",
    "Typed",
    "base_of",
    "called",
    "changed",
    "cleared",
    "config_of",
    "entry_of",
    "has",
    "idle",
    "put",
    "repick",
    "samplers",
    "unknown",
    "value_at",
]

Section = Literal["dataset", "family", "sampler", "training"]
_NOTHING = object()
SECTIONS: tuple[Section, ...] = ("dataset", "family", "sampler", "training")


@dataclass(frozen=True)
class Typed:
    """What was typed into a setting and cannot be taken; ``why`` completes the setting's title."""

    title: str
    text: str
    why: str


def config_of(spec: RunSpec, section: Section) -> dict[str, Any]:
    """Return the settings of a section as they stand in the spec (defaults are not in it)."""
    if section == "training":
        return spec.training
    pick = getattr(spec, section)
    return pick.config if pick is not None else {}


def entry_of(spec: RunSpec, section: Section, catalog: Catalog | None) -> EntrySpec | None:
    """Return what the catalogue says about the section's choice, with the defaults that it has for
    the run's kind of data, and with the settings of what is picked in it.
    """
    if catalog is None:
        return None
    if section == "training":
        entry = next(iter(catalog.entries_of("training")), None)
    else:
        pick = getattr(spec, section)
        entry = catalog.get(section, pick.slug) if pick is not None else None
        name = project_name(pick.slug) if pick is not None else None
        if section == "dataset" and name is not None:
            own = catalog.get("imported", catalog.kind_of(pick))
            entry = own and msgspec.structs.replace(own, slug=pick.slug, title=name)
    if entry is None:
        return None
    return catalog.opened(entry, config_of(spec, section), catalog.kind_of(spec.dataset))


def samplers(family: EntrySpec | None, catalog: Catalog | None) -> list[EntrySpec]:
    """Return the samplers that a family can be sampled with: their needs are met."""
    if family is None or catalog is None:
        return []
    return [e for e in catalog.entries_of("sampler") if set(e.needs) <= set(family.capabilities)]


def value_at(config: Mapping[str, Any], field: FieldSpec) -> Any:
    """Return a setting's value, or its default; what the data say it is, where they do."""
    if field.fixed:
        return field.default
    value: Any = config
    for name in field.path.split("."):
        if not isinstance(value, Mapping) or name not in value:
            return field.default
        value = value[name]
    return value


def matters(config: Mapping[str, Any], field: FieldSpec, fields: Sequence[FieldSpec]) -> bool:
    """Return whether a setting has an effect with the other settings of ``fields``."""
    depends = field.depends
    other = next((each for each in fields if depends and each.path == depends.path), None)
    if depends is None or other is None:
        return True
    return value_at(config, other) in depends.values and matters(config, other, fields)


def has(config: Mapping[str, Any], field: FieldSpec) -> bool:
    """Whether a setting stands in the config at all."""
    return value_at(config, msgspec.structs.replace(field, default=_NOTHING)) is not _NOTHING


def called(field: FieldSpec, fields: Sequence[FieldSpec]) -> str:
    """Return what a setting is called among others: where two have the same title, as the rates of
    two optimisers have, with what it belongs to.
    """
    alike = any(each.title == field.title and each.path != field.path for each in fields)
    if not alike or not field.group:
        return field.title
    return f"{field.title}, {field.group[:1].lower()}{field.group[1:]}"


def changed(
    config: Mapping[str, Any], field: FieldSpec, base: Mapping[str, Any] | None = None
) -> bool:
    """Whether a setting differs from what it is in another config, or from its default."""
    value, other = value_at(config, field), value_at(base or {}, field)
    if field.kind == "part":
        return (value is None) != (other is None)
    return bool((value or field.meant or value) != (other or field.meant or other))


def base_of(base: RunSpec, spec: RunSpec, section: Section) -> dict[str, Any]:
    """Return the settings of a section that those of a spec are compared with: those of another
    spec, where it has the same thing chosen; none, which stands for the defaults, otherwise.
    """
    if section != "training":
        one, other = getattr(base, section), getattr(spec, section)
        if one is None or other is None or one.slug != other.slug:
            return {}
    return config_of(base, section)


def unknown(spec: RunSpec, section: Section, catalog: Catalog) -> dict[str, Any]:
    """Return the settings of a section, by path, that the catalogue does not know: those of earlier
    versions, or of a plugin that is missing.
    """
    entry = entry_of(spec, section, catalog)
    imported = section == "dataset" and project_name(spec.dataset.slug) is not None
    if entry is None and imported:
        return {}  # its settings are those of the import
    known = {field.path: field for field in entry.fields} if entry is not None else {}

    def strange(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
        for name, value in config.items():
            path = f"{prefix}{name}"
            if path in known and known[path].kind != "part":
                continue
            if isinstance(value, Mapping):
                yield from strange(value, f"{path}.")
            elif path not in known:
                yield path, value

    found = dict(strange(config_of(spec, section)))
    return {path: value for path, value in found.items() if not (imported and path == KIND)}


def put(spec: RunSpec, section: Section, field: FieldSpec, value: Any) -> RunSpec:
    """Return the spec with one setting changed; a default value leaves no trace."""
    config = config_of(spec, section)
    drop = value == field.default
    if field.kind == "part":
        drop = (value is None) == (field.default is None) and value is None
        if value is not None:
            value = value_at(config, field) or {}
    made = _with(config, field.path.split("."), value, drop, keep=field.inside)
    return _with_config(spec, section, made)


def cleared(spec: RunSpec, section: Section) -> RunSpec:
    """Return the spec with all settings of a section at their defaults."""
    if section != "training" and getattr(spec, section) is None:
        return spec
    kept = {}
    if section == "dataset" and project_name(spec.dataset.slug) is not None:
        kept = {name: value for name, value in spec.dataset.config.items() if name == KIND}
    return _with_config(spec, section, kept)


def repick(spec: RunSpec, section: Section, slug: str) -> RunSpec:
    """Return the spec with another family, data set or sampler, at its defaults."""
    pick = Pick(slug=slug) if slug else None
    return msgspec.structs.replace(spec, **{section: pick})


def _with_config(spec: RunSpec, section: Section, config: dict[str, Any]) -> RunSpec:
    if section == "training":
        return msgspec.structs.replace(spec, training=config)
    pick = getattr(spec, section)
    if pick is None:
        raise ValueError(f"the run has no {section} whose settings could change")
    return msgspec.structs.replace(spec, **{section: msgspec.structs.replace(pick, config=config)})


def _with(
    config: Mapping[str, Any], path: list[str], value: Any, drop: bool, keep: str = ""
) -> dict[str, Any]:
    """Return a copy with the value at a path set, or removed with the tables it leaves empty; the
    table at ``keep`` says by being there that a part is not left out.
    """
    head, *rest = path
    copy = dict(config)
    if rest:
        inner = copy.get(head)
        kept = head == keep
        further = keep.removeprefix(f"{head}.") if keep.startswith(f"{head}.") else ""
        below = _with(inner if isinstance(inner, Mapping) else {}, rest, value, drop, further)
        copy[head] = below
        if not below and not kept:
            del copy[head]
    elif drop:
        copy.pop(head, None)
    else:
        copy[head] = value
    return copy


def idle(spec: RunSpec, section: Section) -> set[str]:
    """Return the paths of settings that change nothing: imported data are used whole."""
    whole = section == "training" and project_name(spec.dataset.slug) is not None
    return {"samples", "subset"} if whole else set()
