"""What the engine offers, as plain data: registries, training settings, devices, problems."""

from models.config import Config, describe
from models.registry import Entry, Kind, Problem, registry
from studio.engine.devices import devices
from studio.engine.settings import TrainingConfig
from studio.protocol.catalog import (
    Catalog,
    Choice,
    Dependency,
    EntrySpec,
    FieldSpec,
    LayerSpec,
    ProblemSpec,
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
    return Catalog(entries=entries, devices=devices(), problems=found)


def _training() -> EntrySpec:
    return EntrySpec(
        kind="training",
        slug="training",
        title="Training",
        summary="Length, data order, device, and how often something is measured or saved.",
        source="",
        fields=_fields(TrainingConfig),
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
        fields=_fields(entry.config),
        modalities=list(entry.modalities),
        capabilities=list(entry.capabilities),
        layers=[
            LayerSpec(name=la.name, title=la.title, kind=la.kind, symbol=la.symbol, timed=la.timed)
            for la in layers
        ],
        field=entry.extra.get("field", ""),
        carrier=entry.extra.get("carrier", ""),
        motion=entry.extra.get("motion", ""),
        stages=[StageSpec(**vars(stage)) for stage in stages],
    )


def _fields(config: type[Config]) -> list[FieldSpec]:
    fields = []
    for row in describe(config):
        depends = row["depends"]
        data = {
            **row,
            "depends": Dependency(**depends) if depends else None,
            "choices": [Choice(**choice) for choice in row["choices"]],
        }
        fields.append(FieldSpec(**data))
    return fields
