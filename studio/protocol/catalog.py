"""What an engine offers, as plain data: the screen never imports a model to draw its form."""

from typing import Any

import msgspec

__all__ = [
    "Catalog",
    "Choice",
    "Dependency",
    "Device",
    "EntrySpec",
    "FieldSpec",
    "LayerSpec",
    "ProblemSpec",
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
    """One setting: all that a form, a validator and a help page need (see `models.config`)."""

    path: str
    kind: str
    title: str
    help: str
    default: Any
    optional: bool = False
    group: str = ""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None
    log: bool = False
    advanced: bool = False
    depends: Dependency | None = None
    choices: list[Choice] = []


class LayerSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A field that can be drawn: kind "scalar" or "vector"; ``symbol`` stands in the legend."""

    name: str
    title: str
    kind: str
    symbol: str
    timed: bool


class EntrySpec(msgspec.Struct, frozen=True, kw_only=True):
    """One family, dataset, sampler, metric, or the training settings (kind "training")."""

    kind: str
    slug: str
    title: str
    summary: str
    source: str
    fields: list[FieldSpec]
    modalities: list[str] = []
    capabilities: list[str] = []
    layers: list[LayerSpec] = []


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

    def get(self, kind: str, slug: str) -> EntrySpec | None:
        """Return the entry of a kind with a slug, or None."""
        return next((e for e in self.entries if e.kind == kind and e.slug == slug), None)

    def of(self, kind: str) -> list[EntrySpec]:
        """Return the entries of a kind, in catalogue order."""
        return [e for e in self.entries if e.kind == kind]
