"""What the engine offers, as plain data: registries, training settings, devices, problems."""

from collections.abc import Mapping
from typing import Any

import torch

from models.config import Config, describe
from models.fields.rescaling import Rescaling
from models.fields.rescalings import RESCALINGS
from models.registry import Entry, Kind, Problem, registry
from studio.engine.data.modality import TRAINING_DEFAULTS
from studio.engine.process.devices import devices
from studio.engine.run.settings import TrainingConfig
from studio.protocol.catalog import (
    Catalog,
    Choice,
    Dependency,
    EntrySpec,
    FieldSpec,
    LayerSpec,
    ProblemSpec,
    RescalingSpec,
    StageSpec,
)

__all__ = ["build"]

_KINDS: tuple[Kind, ...] = ("family", "dataset", "sampler", "metric")


def build(problems: list[Problem]) -> Catalog:
    """Describe everything that is registered; a config that cannot be described is a problem."""
    entries = [_training()]
    found = [ProblemSpec(module=p.module, message=p.message, details=p.details) for p in problems]
    for kind in _KINDS:
        for entry in registry.all(kind):
            try:
                entries.append(_entry(entry))
            except TypeError as error:
                found.append(
                    ProblemSpec(
                        module=entry.config.__module__,
                        message=f"{kind} {entry.slug!r} is left out: {error}",
                        details="",
                    )
                )
    return Catalog(
        entries=entries,
        devices=devices(),
        problems=found,
        rescalings=[_rescaling(h) for h in RESCALINGS.values()],
    )


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
    return EntrySpec(
        kind="training",
        slug="training",
        title="Training",
        summary="Length, data order, device, and how often something is measured or saved.",
        source="",
        fields=_fields(TrainingConfig, TRAINING_DEFAULTS),
    )


def _entry(entry: Entry) -> EntrySpec:
    family = entry.kind == "family"
    layers = getattr(entry.make, "layers", ()) if family else ()
    stages = getattr(entry.make, "stages", ()) if family else ()
    return EntrySpec(
        kind=entry.kind,
        slug=entry.slug,
        title=entry.title,
        summary=entry.summary,
        source=entry.source,
        fields=_fields(entry.config, entry.defaults),
        modalities=list(entry.modalities),
        capabilities=list(entry.capabilities),
        layers=[LayerSpec(**vars(layer)) for layer in layers],
        field=entry.extra.get("field", ""),
        carrier=entry.extra.get("carrier", ""),
        motion=entry.extra.get("motion", ""),
        better=entry.better if entry.kind == "metric" else "",
        stages=[StageSpec(**vars(stage)) for stage in stages],
    )


def _fields(config: type[Config], defaults: Mapping[str, Mapping[str, Any]]) -> list[FieldSpec]:
    fields = []
    for row in describe(config):
        depends = row["depends"]
        data = {
            **row,
            "depends": Dependency(**depends) if depends else None,
            "choices": [Choice(**choice) for choice in row["choices"]],
            "defaults": {m: own[row["path"]] for m, own in defaults.items() if row["path"] in own},
        }
        fields.append(FieldSpec(**data))
    return fields
