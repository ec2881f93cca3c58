"""Another sampler in a setup: the other choices, grid and guidance, stay as they were. Pure."""

from collections.abc import Mapping
from dataclasses import replace

import msgspec

from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.diffusion_choices import sampled
from pushforward.studio.app.core.field_carrier_switch import KeptChoices, Switched, allows
from pushforward.studio.protocol.catalog import Catalog, FieldSpec
from pushforward.studio.protocol.spec import Pick, RunSpec

__all__ = ["followed", "resample"]

_GRID, _GUIDANCE = "grid", "guidance"


def resample(
    spec: RunSpec, catalog: Catalog, slug: str, aside: KeptChoices | None = None
) -> Switched:
    """Take another sampler, on the grid and with the guidance of the one before where it can have
    them. Its own settings are as when it was chosen last, or else its defaults.
    """
    aside, before = aside or KeptChoices(), sampled(spec, catalog).sampler
    if before is None or not slug:
        return Switched(draft_spec.repick(spec, "sampler", slug), aside)
    old = _fields(sampled(spec, catalog), catalog)
    samplers = {**aside.samplers, before.slug: before.config}
    config = dict(samplers.get(slug, {}))
    config.pop(_GUIDANCE, None)
    made = msgspec.structs.replace(spec, sampler=Pick(slug=slug, config=config))
    new = _fields(made, catalog)
    for path, field in old.items():
        if path.startswith(f"{_GRID}.") and path in new:
            value = draft_spec.value_at(before.config, field)
            if allows(new[path], value):
                made = draft_spec.put(made, "sampler", new[path], value)
    led = before.config.get(_GUIDANCE)
    if led and made.sampler is not None and any(path.split(".")[0] == _GUIDANCE for path in new):
        pick = msgspec.structs.replace(made.sampler, config={**made.sampler.config, _GUIDANCE: led})
        made = msgspec.structs.replace(made, sampler=pick)
    return Switched(made, replace(aside, samplers=samplers))


def followed(before: RunSpec, after: RunSpec, catalog: Catalog) -> RunSpec:
    """Return a spec whose grid is even in the time of the path that it has now, where it was in
    that of the path before.
    """
    was, path = (_path_of(each, catalog) for each in (before, after))
    made = sampled(after, catalog)
    grid = _fields(made, catalog).get(f"{_GRID}.path")
    if grid is None or made.sampler is None or was == path or not allows(grid, path):
        return after
    if draft_spec.value_at(made.sampler.config, grid) != was:
        return after
    return draft_spec.put(made, "sampler", grid, path)


def _path_of(spec: RunSpec, catalog: Catalog) -> object:
    entry = draft_spec.entry_of(spec, "family", catalog)
    fields = entry.fields if entry is not None else []
    found = [field for field in fields if field.aspect == "path" and field.path == "path"]
    return draft_spec.value_at(spec.family.config, found[0]) if found else None


def _fields(spec: RunSpec, catalog: Catalog) -> Mapping[str, FieldSpec]:
    entry = draft_spec.entry_of(spec, "sampler", catalog)
    return {field.path: field for field in entry.fields} if entry is not None else {}
