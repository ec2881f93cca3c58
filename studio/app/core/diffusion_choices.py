"""The six choices of a diffusion in a setup: which named method it is, and which it could be."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.training_stages import stages_of_step
from pushforward.studio.methods import CHOICES, Method
from pushforward.studio.protocol.catalog import Catalog, Choice, EntrySpec, FieldSpec, LineSpec
from pushforward.studio.protocol.spec import Pick, RunSpec

__all__ = [
    "Control",
    "choice_of",
    "controls",
    "coordinates",
    "differing",
    "filled",
    "formulas",
    "guidance_of",
    "named",
    "sampled",
]

_SECTIONS: tuple[draft_spec.Section, ...] = ("family", "sampler")
_FREE = ("steps", "strength")
"""Settings of a sampler that say how much, not how."""


def choice_of(section: draft_spec.Section, field: FieldSpec) -> str:
    """Return which of the six choices a setting belongs to, "" for none."""
    if section != "sampler":
        return field.aspect if section == "family" else ""
    head, *_, last = f"{field.path}.{field.path}".split(".")
    if last in _FREE or field.kind == "run":
        return ""
    return head if head in ("grid", "guidance") else "sampler"


def filled(
    spec: RunSpec, method: Method, catalog: Catalog, before: Method | None = None
) -> RunSpec:
    """Return a spec with the six choices of a method made, and the rest as it was, but for what the
    method that it was ``before`` had brought along.
    """
    wanted = _method_spec(method, spec)
    brought = before.family.config if before is not None else {}
    for section in _SECTIONS:
        pick, asked = getattr(spec, section), getattr(wanted, section)
        if pick is None or asked is None or pick.slug != asked.slug:
            spec = msgspec.structs.replace(spec, **{section: asked})
            continue
        for field in _fields(wanted, section, catalog):
            along = section == "family" and draft_spec.has(brought, field)
            if choice_of(section, field) or along or draft_spec.has(asked.config, field):
                value = draft_spec.value_at(asked.config, field)
                spec = draft_spec.put(spec, section, field, value)
    return spec


def differing(spec: RunSpec, method: Method, catalog: Catalog) -> list[str]:
    """Return which of the six choices a spec makes otherwise than a method, in their order; all of
    them where it is of another family.
    """
    if spec.family.slug != method.family.slug:
        return list(CHOICES)
    mine, wanted = sampled(spec, catalog), sampled(_method_spec(method, spec), catalog)
    found = set(_unlike(mine, wanted, "family", catalog))
    found |= _unlike(mine, wanted, "sampler", catalog)
    if guidance_of(wanted) and not _has_guidance(mine, method, catalog):
        found.add("guidance")
    return [choice for choice in CHOICES if choice in found]


def _has_guidance(spec: RunSpec, method: Method, catalog: Catalog) -> bool:
    """Whether a spec has, by any amount, what the guidance of a method needs of its family: that is
    no choice, and is said by the method all the same.
    """
    brought = [
        field
        for field in _fields(spec, "family", catalog)
        if not field.aspect and draft_spec.has(method.family.config, field)
    ]
    return all(
        bool(draft_spec.value_at(spec.family.config, field))
        == bool(draft_spec.value_at(method.family.config, field))
        for field in brought
    )


def named(spec: RunSpec, found: Iterable[Method], catalog: Catalog) -> Method | None:
    """Return the method that a spec is, None for a combination without a name."""
    mine, kind = _at(sampled(spec, catalog)), catalog.kind_of(spec.dataset)
    return next(
        (
            each
            for each in found
            if each.takes(kind)
            # Most are of another model or sampler, which is seen without reading any setting.
            and mine == _at(sampled(_method_spec(each, spec), catalog))
            and not differing(spec, each, catalog)
        ),
        None,
    )


@dataclass(frozen=True)
class Control:
    """A choice that a person can make in a setup: a setting with some options, its value, and why
    it is ``idle``, "" where it matters. The choice of the sampler itself has the path "".
    """

    choice: str
    section: draft_spec.Section
    field: FieldSpec
    value: Any
    idle: str = ""


def controls(spec: RunSpec, catalog: Catalog) -> list[Control]:
    """Return what can be chosen, in the order of the six choices: the first setting with options of
    each, and those others that matter; what few people touch, only where somebody has.
    """
    spec = sampled(spec, catalog)
    found = [_which_sampler(spec, catalog)] if spec.sampler is not None else []
    for section in _SECTIONS:
        settings = _Settings.of(spec, section, catalog)
        for field in settings.fields.values():
            if (choice := choice_of(section, field)) and field.kind == "choice":
                value, idle = settings.value(field), settings.idle(field)
                found.append(Control(choice, section, _chooser(field), value, idle))
    order = list(CHOICES)
    found.sort(key=lambda each: (order.index(each.choice), each.field.advanced))
    first = {each.choice: each for each in reversed(found)}
    return [each for each in found if each is first[each.choice] or _worth_a_line(each)]


def _worth_a_line(control: Control) -> bool:
    """Return whether a setting next to the first one of its choice is shown."""
    if control.section == "family" and control.field.advanced:
        return bool(control.value != (control.field.meant or control.field.default))
    return not control.idle


def _chooser(field: FieldSpec) -> FieldSpec:
    """Return a setting without the option that stands for another one of them."""
    if not field.meant:
        return field
    own = [choice for choice in field.choices if choice.value]
    return msgspec.structs.replace(field, choices=own)


def _which_sampler(spec: RunSpec, catalog: Catalog) -> Control:
    able = draft_spec.samplers(draft_spec.entry_of(spec, "family", catalog), catalog)
    options = [Choice(value=e.slug, title=e.title, help=e.summary) for e in able]
    field = FieldSpec(
        path="", kind="choice", title="Sampler", default="", choices=options,
        help="How particles move from noise to data.",
    )  # fmt: skip
    return Control("sampler", "sampler", field, spec.sampler.slug if spec.sampler else "")


def formulas(spec: RunSpec, catalog: Catalog) -> dict[str, tuple[str, str]]:
    """Return what the choices of a setup mean and where that stands, by choice: a formula and its
    source, both "" for a choice without one. The first three are those of the training step; a
    family that needs no sampler says itself what moves.
    """
    spec = sampled(spec, catalog)
    said = [line for stage in stages_of_step(spec, catalog) for line in stage.lines]
    found = {
        choice: _joined([line for line in said if line.aspect == choice])
        for choice in ("path", "prediction", "loss")
    }
    moves = draft_spec.entry_of(spec, "sampler", catalog) or catalog.get("family", spec.family.slug)
    found["sampler"] = (moves.motion, moves.source) if moves is not None else ("", "")
    leads = catalog.get("guidance", guidance_of(spec))
    found["guidance"] = (leads.motion, leads.source) if leads is not None else ("", "")
    return found


def coordinates(spec: RunSpec, catalog: Catalog) -> str:
    """Return in which coordinates the noise of a setup is drawn, "" for those of its own path."""
    settings = _Settings.of(spec, "family", catalog)
    path, display = settings.fields.get("path"), settings.fields.get("display")
    if display is None or (path is not None and not settings.idle(path)):
        return ""
    value = settings.value(display)
    return next((c.title for c in display.choices if c.value == value), "").lower()


def guidance_of(spec: RunSpec) -> str:
    """Return what leads the samples of a run, "" for nothing."""
    pick = spec.sampler.config.get("guidance") if spec.sampler is not None else None
    slug = pick.get("slug", "") if isinstance(pick, Mapping) else pick
    return str(slug or "")


def _joined(lines: list[LineSpec]) -> tuple[str, str]:
    sources = dict.fromkeys(line.source for line in lines if line.source)
    return ",  ".join(line.formula for line in lines), "; ".join(sources)


def _at(spec: RunSpec) -> tuple[str, str]:
    """Return the slugs of what a spec trains and samples with."""
    return spec.family.slug, spec.sampler.slug if spec.sampler is not None else ""


def _method_spec(method: Method, spec: RunSpec) -> RunSpec:
    """Return a spec that is a method and nothing else, on the data of another."""
    return RunSpec(name="", family=method.family, dataset=spec.dataset, sampler=method.sampler)


def sampled(spec: RunSpec, catalog: Catalog) -> RunSpec:
    """Return a spec with the sampler of its family on its data, where it says none."""
    entry = catalog.get("family", spec.family.slug)
    if spec.sampler is not None or entry is None or not entry.sampler:
        return spec
    usual = entry.samplers.get(catalog.kind_of(spec.dataset), Pick(slug=entry.sampler))
    return msgspec.structs.replace(spec, sampler=usual)


def _unlike(
    mine: RunSpec, wanted: RunSpec, section: draft_spec.Section, catalog: Catalog
) -> set[str]:
    """Return the choices of a section in which two specs differ. Two samplers are compared in what
    both have, the grid and the guidance.
    """
    ours, theirs = (
        _chosen_settings(mine, section, catalog),
        _chosen_settings(wanted, section, catalog),
    )
    both = ours.keys() & theirs.keys()
    found = {choice for choice, path in both if ours[choice, path] != theirs[choice, path]}
    one, other = getattr(mine, section), getattr(wanted, section)
    same = (one.slug if one is not None else "") == (other.slug if other is not None else "")
    return found if same else found | {"sampler"}


def _chosen_settings(
    spec: RunSpec, section: draft_spec.Section, catalog: Catalog
) -> Mapping[tuple[str, str], Any]:
    """Return the settings that are choices, by choice and path; None for one that is idle."""
    settings = _Settings.of(spec, section, catalog)
    told = [(choice, f) for f in settings.fields.values() if (choice := choice_of(section, f))]
    return {
        (choice, field.path): None if settings.idle(field) else settings.value(field)
        for choice, field in told
    }


@dataclass(frozen=True)
class _Settings:
    """The settings of a section of a spec, by path."""

    fields: Mapping[str, FieldSpec]
    config: Mapping[str, Any]

    @classmethod
    def of(cls, spec: RunSpec, section: draft_spec.Section, catalog: Catalog) -> "_Settings":
        fields = {field.path: field for field in _fields(spec, section, catalog)}
        return cls(fields, draft_spec.config_of(spec, section))

    def value(self, field: FieldSpec) -> Any:
        found = draft_spec.value_at(self.config, field)
        return found or field.meant or found

    def idle(self, field: FieldSpec) -> str:
        """Return why a setting does not matter, "" where it does."""
        depends = field.depends
        if depends is None:
            return ""
        other = self.fields[depends.path]
        if self.value(other) in depends.values:
            return self.idle(other)
        titles = {choice.value: choice.title for choice in other.choices}
        wanted = " or ".join(titles.get(value, str(value)) for value in depends.values)
        return f"Used only if {other.title} is {wanted}."


def _fields(spec: RunSpec, section: draft_spec.Section, catalog: Catalog) -> list[FieldSpec]:
    entry: EntrySpec | None = draft_spec.entry_of(spec, section, catalog)
    return entry.fields if entry is not None else []
