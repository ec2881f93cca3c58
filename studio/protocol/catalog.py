"""What an engine offers, as plain data: the screen never imports a model to draw its form."""

from collections.abc import Mapping
from typing import Any

import msgspec

__all__ = [
    "Catalog",
    "Choice",
    "Dependency",
    "Device",
    "EntrySpec",
    "FieldSpec",
    "InputSpec",
    "LayerSpec",
    "ProblemSpec",
    "RescalingSpec",
    "SlotSpec",
    "StageSpec",
]


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a choice field, and its title."""

    value: Any
    title: str


class Dependency(msgspec.Struct, frozen=True, kw_only=True):
    """A field matters only while the field at ``path`` has one of ``values``."""

    path: str
    values: list[Any]


class FieldSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One setting: all that a form, a validator and a help page need (see `models.config`).

    ``defaults`` are those for kinds of data where it is not ``default``.
    """

    path: str
    kind: str
    title: str
    help: str
    default: Any
    optional: bool = False
    group: str = ""
    unit: str = ""
    zero: str = ""
    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None
    log: bool = False
    advanced: bool = False
    live: bool = False
    modalities: list[str] = []
    depends: Dependency | None = None
    choices: list[Choice] = []
    defaults: dict[str, Any] = {}
    of: str = ""
    role: str = ""


class LayerSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A field that can be drawn: kind "scalar" or "vector"; ``symbol`` stands in the legend, and
    ``kept`` says whether kept records hold it.
    """

    name: str
    title: str
    kind: str
    symbol: str
    timed: bool
    kept: bool = True


class StageSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A stage of a training step; see `models.contracts.learner.Stage`."""

    name: str
    title: str
    formula: str
    source: str
    layer: str = ""
    by: str = ""
    formulas: dict[str, str] = {}

    def under(self, settings: Mapping[str, Any]) -> "StageSpec":
        """Return the stage with its formula under the settings of a run."""
        formula = self.formulas.get(str(settings.get(self.by)), self.formula)
        return msgspec.structs.replace(self, formula=formula)


class InputSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A trained run that a family learns from; see `models.registry.Needs`."""

    name: str
    ability: str
    title: str
    help: str
    same_data: bool = False


class SlotSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Rows that an operator is handed; see `models.operators.base.Slot`."""

    name: str
    title: str
    help: str


class RescalingSpec(msgspec.Struct, frozen=True, kw_only=True):
    """An h, what particles climb along a critic u, with its curves for the h explorer.

    ``reading``: "monoflow" (a loss of the MonoFlow paper), "gradient-flow" (the true flow of an
    f-divergence) or "plugged-in" (-f(e^u)). ``reason`` says what goes wrong where it is not
    monotone, "" where it is. ``u``, ``h``, ``slope`` have equal lengths; ``h`` and ``slope`` may
    hold infinities.
    """

    name: str
    title: str
    formula: str
    slope_formula: str
    source: str
    reading: str
    monotone: bool
    reason: str
    u: list[float]
    h: list[float]
    slope: list[float]


class EntrySpec(msgspec.Struct, frozen=True, kw_only=True):
    """One family, dataset, network, sampler, metric, operator, or the training settings (kind
    "training").

    Families say what they are made of: ``field`` ("score", "score-difference", "critic",
    "kernel", "exact"; "" where that has no meaning), ``carrier`` ("flow" for particles that move
    along flow time, "particles" for particles that move during the training, "generator"), and
    ``motion``, the formula of what moves how, in Unicode. Metrics say which values are
    ``better``: "lower" or "higher". Networks say in which ``roles`` they can be picked. Samplers
    and operators say which capabilities a model ``needs`` to have; ``takes`` are the rows that an
    operator is handed, ``inputs`` the runs that a family learns from.
    """

    kind: str
    slug: str
    title: str
    summary: str
    source: str
    fields: list[FieldSpec]
    modalities: list[str] = []
    capabilities: list[str] = []
    layers: list[LayerSpec] = []
    field: str = ""
    carrier: str = ""
    motion: str = ""
    better: str = ""
    needs: list[str] = []
    takes: list[SlotSpec] = []
    inputs: list[InputSpec] = []
    stages: list[StageSpec] = []
    roles: list[str] = []

    def fitted(self, modality: str) -> "EntrySpec":
        """Return the entry with the defaults that its settings have for a kind of data."""
        if not any(modality in field.defaults for field in self.fields):
            return self
        fields = [
            msgspec.structs.replace(field, default=field.defaults.get(modality, field.default))
            for field in self.fields
        ]
        return msgspec.structs.replace(self, fields=fields)


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A place to compute. ``name`` is "cpu", "cuda:0", "mps"; ``reason`` says why it is (not)
    offered, in a sentence for people.
    """

    name: str
    title: str
    available: bool
    reason: str
    memory: int | None = None
    threads: int | None = None


class ProblemSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A module that could not be loaded."""

    module: str
    message: str
    details: str


class Catalog(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the engine offers."""

    entries: list[EntrySpec]
    devices: list[Device]
    problems: list[ProblemSpec] = []
    rescalings: list[RescalingSpec] = []

    def get(self, kind: str, slug: str) -> EntrySpec | None:
        """Return the entry of a kind with a slug, or None."""
        return next((e for e in self.entries if e.kind == kind and e.slug == slug), None)

    def modality(self, dataset: str) -> str:
        """Return the kind of a data set by its slug ("points", "images"), "" where it is not known;
        imported ones are points.
        """
        if dataset.startswith("project:"):
            return "points"
        entry = self.get("dataset", dataset)
        return entry.modalities[0] if entry is not None and entry.modalities else ""

    def of(self, kind: str) -> list[EntrySpec]:
        """Return the entries of a kind, in catalogue order."""
        return [e for e in self.entries if e.kind == kind]
