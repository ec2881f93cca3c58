"""What the engine offers, as plain data: registries, training settings, devices, problems."""

import contextlib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import torch

from pushforward.models.config import Config, ConfigError, describe
from pushforward.models.contracts.presentation import Line, Stage
from pushforward.models.entries import (
    Entry,
    FamilyEntry,
    Kind,
    KindEntry,
    MetricEntry,
    NetworkEntry,
    OperatorEntry,
    SamplerEntry,
)
from pushforward.models.fields.rescaling import Rescaling
from pushforward.models.fields.rescalings import RESCALINGS
from pushforward.models.nets.offered import kinds_of
from pushforward.models.nets.pick import preferred
from pushforward.models.operators.real_comparison import DISTANCE, is_distance
from pushforward.models.registry import Problem, registry
from pushforward.studio.engine.kinds.base import kind_of
from pushforward.studio.engine.kinds.compatibility import kinds_measured
from pushforward.studio.engine.makers.base import Maker, makers
from pushforward.studio.engine.process.devices import devices
from pushforward.studio.engine.run.settings import TrainingConfig
from pushforward.studio.protocol.catalog import (
    Catalog,
    Choice,
    Dependency,
    EntrySpec,
    FieldSpec,
    InputSpec,
    LayerSpec,
    LineSpec,
    ProblemSpec,
    RescalingSpec,
    SlotSpec,
    StageSpec,
)
from pushforward.studio.protocol.spec import Pick

__all__ = ["build", "described"]

_KINDS: tuple[Kind, ...] = (
    "family",
    "dataset",
    "network",
    "sampler",
    "guidance",
    "metric",
    "operator",
)


def build(problems: list[Problem]) -> Catalog:
    """Describe everything that is registered; a config that cannot be described is a problem."""
    entries, undescribed = described(entry for kind in _KINDS for entry in registry.all(kind))
    found = [ProblemSpec(module=p.module, message=p.message, details=p.details) for p in problems]
    entries.insert(0, _training())
    found += undescribed
    entries += [_maker(each) for each in makers().values()]
    entries += _imported()
    return Catalog(
        entries=entries,
        devices=devices(),
        problems=found,
        rescalings=[_rescaling(h) for h in RESCALINGS.values()],
        conditions={e.slug: dict(e.conditions) for e in registry.all("kind") if e.conditions},
    )


def described(entries: Iterable[Entry]) -> tuple[list[EntrySpec], list[ProblemSpec]]:
    """Describe the entries; entries that fail become problems."""
    told: list[EntrySpec] = []
    found: list[ProblemSpec] = []
    for entry in entries:
        try:
            told.append(_entry(entry))
        except TypeError as error:
            found.append(
                ProblemSpec(
                    module=entry.config.__module__,
                    message=f"{entry.kind} {entry.slug!r} is left out: {error}",
                    details="",
                )
            )
    return told, found


def _rescaling(h: Rescaling) -> RescalingSpec:
    # Beyond a log ratio of 10 either way no critic can be trusted, and no curve tells more.
    u = torch.linspace(-10.0, 10.0, 201, dtype=torch.float64)
    return RescalingSpec(
        name=h.name,
        title=h.title,
        formula=h.formula,
        slope_formula=h.slope_formula,
        source=h.source,
        reading=h.reading,
        monotone=h.monotone,
        reason=h.reason,
        u=u.tolist(),
        h=h.h(u).tolist(),
        slope=h.slope(u).tolist(),
    )


def _training() -> EntrySpec:
    by_kind = {entry.slug: entry.training for entry in registry.all("kind")}
    return EntrySpec(
        kind="training",
        slug="training",
        title="Training",
        summary="Number of steps, data order, device, and intervals of evaluation and saving.",
        source="",
        fields=_fields(TrainingConfig, by_kind),
    )


def _imported() -> list[EntrySpec]:
    """Describe the settings of imported data, by data type."""
    return [
        EntrySpec(
            kind="imported",
            slug=entry.slug,
            title=entry.title,
            summary=entry.summary,
            source="",
            kinds=[entry.slug],
            fields=_fields(config, {}),
        )
        for entry in registry.all("kind")
        if (config := kind_of(entry.slug).run_settings) is not None
    ]


def _maker(maker: Maker[Any]) -> EntrySpec:
    return EntrySpec(
        kind="maker",
        slug=maker.slug,
        title=maker.title,
        summary=maker.summary,
        source=maker.source,
        kinds=[maker.kind],
        lacks=maker.why_not(),
        fields=_fields(maker.config, {}),
    )


_RENAMED = {"bar_is": "bar", "formula": "motion", "update": "motion"}
"""Fields of a registry entry that have another name in the protocol."""


def _copied(entry: Entry) -> dict[str, Any]:
    """Return the fields that a registry entry and the protocol have in common, as plain data."""
    found = {_RENAMED.get(name, name): value for name, value in vars(entry).items()}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in found.items()
        if name in EntrySpec.__struct_fields__ and value is not None
    }


def _entry(entry: Entry) -> EntrySpec:
    common = _copied(entry)
    match entry:
        case FamilyEntry():
            return _family(entry, common)
        case MetricEntry():
            common["kinds"] = list(kinds_measured(entry))
            common["roles"] = [DISTANCE] if is_distance(entry) else []
        case NetworkEntry():
            common["kinds"] = list(kinds_of(entry))
            del common["needs"]
        case KindEntry():
            del common["samplers"]  # described with each family
        case SamplerEntry():
            common["ode"] = entry.order is not None
        case OperatorEntry():
            common["takes"] = [SlotSpec(**vars(slot)) for slot in entry.takes]
    return EntrySpec(**common, fields=_fields(entry.config, {}))


def _family(entry: FamilyEntry, common: Mapping[str, Any]) -> EntrySpec:
    kinds = kinds_of(entry)
    own = {kind: registry.get("kind", kind).families.get(entry.slug, {}) for kind in kinds}
    derived = {
        "needs": [],
        "kinds": list(kinds),
        "capabilities": sorted(entry.abilities),
        "layers": msgspec.convert(entry.make.layers, list[LayerSpec], from_attributes=True),
        "stages": [_stage(stage) for stage in entry.make.stages],
        "samplers": _samplers(entry),
        "inputs": [InputSpec(name=name, **vars(needs)) for name, needs in entry.inputs.items()],
    }
    return EntrySpec(**{**common, **derived}, fields=_fields(entry.config, own))


def _samplers(entry: FamilyEntry) -> dict[str, Pick]:
    """Return the samplers of a family where none is chosen, on kinds of data that prefer one."""
    usual = {kind: registry.get("kind", kind).samplers.get(entry.slug) for kind in kinds_of(entry)}
    found = {kind: pick for kind, pick in usual.items() if pick is not None}
    return {kind: Pick(slug=slug, config=dict(config)) for kind, (slug, config) in found.items()}


def _stage(stage: Stage) -> StageSpec:
    return StageSpec(
        name=stage.name,
        title=stage.title,
        formula=stage.formula,
        source=stage.source,
        layer=stage.layer,
        lines=[_line(line) for line in stage.lines],
    )


def _line(line: Line) -> LineSpec:
    return msgspec.convert(msgspec.to_builtins(line), LineSpec)


def _fields(config: type[Config], defaults: Mapping[str, Mapping[str, Any]]) -> list[FieldSpec]:
    fields = []
    for row in describe(config):
        depends = row["depends"]
        data = {
            **row,
            "depends": Dependency(**depends) if depends else None,
            "choices": [Choice(**choice) for choice in row["choices"]] or _options(row),
            "defaults": _by_kind(row, defaults),
            "always": [kind.slug for kind in registry.all("kind") if row["always"] in kind.gives],
        }
        fields.append(FieldSpec(**data))
    return fields


def _options(row: Mapping[str, Any]) -> list[Choice]:
    """Return the choices of a list setting."""
    if row["kind"] != "list" or not row["of"]:
        return []
    return [Choice(value=entry.slug, title=entry.title) for entry in registry.all(row["of"])]


def _by_kind(row: Mapping[str, Any], defaults: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the defaults of a setting by kind of data; of a network, what it comes to there."""
    found: dict[str, Any] = {}
    for kind, own in defaults.items():
        if row["kind"] == "pick":
            with contextlib.suppress(ConfigError):  # no network can have the role there
                found[kind] = preferred(row, kind, own)
        elif (value := _at(own, row["path"])) is not None:
            found[kind] = value
    return found


def _at(settings: Mapping[str, Any], path: str) -> Any:
    """Return the value at a dotted path, None where there is none."""
    value: Any = settings
    for name in path.split("."):
        if not isinstance(value, Mapping) or name not in value:
            return None
        value = value[name]
    return value
